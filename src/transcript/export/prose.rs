//! A model's Markdown as HTML that can do nothing: no raw HTML, no images, and links to the web alone.

use super::html::escape;
use pulldown_cmark::{Alignment, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// What a model may lead a reader to.
const SCHEMES: &[&str] = &["https://", "http://", "mailto:"];

pub fn html(markdown: &str) -> String {
    let mut writer = Writer::default();
    for event in Parser::new_ext(markdown, options()) {
        writer.event(event);
    }
    writer.html
}

/// The Markdown that models write.
pub fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS
}

#[derive(Default)]
struct Writer {
    html: String,
    /// Is the link that is open one that may be followed?
    links: Vec<bool>,
    columns: Vec<Alignment>,
    column: usize,
    in_head: bool,
}

impl Writer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.html.push_str(&escape(&text)),
            Event::Code(text) => self.html.push_str(&format!("<code>{}</code>", escape(&text))),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.html.push_str(&escape(&text)),
            Event::FootnoteReference(name) => self.html.push_str(&format!("[{}]", escape(&name))),
            Event::SoftBreak => self.html.push('\n'),
            Event::HardBreak => self.html.push_str("<br>\n"),
            Event::Rule => self.html.push_str("<hr>\n"),
            Event::TaskListMarker(done) => self.html.push_str(if done { "[x] " } else { "[ ] " }),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.html.push_str("<p>"),
            // Below the headings of the page itself.
            Tag::Heading { level, .. } => self.html.push_str(&format!("<h{}>", (level as usize + 2).min(6))),
            Tag::BlockQuote(_) => self.html.push_str("<blockquote>\n"),
            Tag::CodeBlock(kind) => self.code(&kind),
            Tag::HtmlBlock => self.html.push_str("<pre>"),
            Tag::List(Some(first)) => self.html.push_str(&format!("<ol start=\"{first}\">\n")),
            Tag::List(None) => self.html.push_str("<ul>\n"),
            Tag::Item => self.html.push_str("<li>"),
            Tag::Table(columns) => {
                self.columns = columns;
                self.html.push_str("<table>\n");
            }
            Tag::TableHead => {
                (self.in_head, self.column) = (true, 0);
                self.html.push_str("<tr>");
            }
            Tag::TableRow => {
                self.column = 0;
                self.html.push_str("<tr>");
            }
            Tag::TableCell => self.table_cell(),
            Tag::Emphasis => self.html.push_str("<em>"),
            Tag::Strong => self.html.push_str("<strong>"),
            Tag::Strikethrough => self.html.push_str("<del>"),
            Tag::Link { dest_url, .. } => self.link(&dest_url),
            Tag::Image { dest_url, .. } => self.html.push_str(&format!("[image {}: ", escape(&dest_url))),
            Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => {}
        }
    }

    fn code(&mut self, kind: &CodeBlockKind<'_>) {
        if let CodeBlockKind::Fenced(language) = kind
            && !language.trim().is_empty()
        {
            self.html.push_str(&format!("<p class=\"language\">{}</p>", escape(language.trim())));
        }
        self.html.push_str("<pre>");
    }

    fn table_cell(&mut self) {
        let name = if self.in_head { "th" } else { "td" };
        let class = match self.columns.get(self.column) {
            Some(Alignment::Right) => " class=\"right\"",
            Some(Alignment::Center) => " class=\"center\"",
            Some(Alignment::Left | Alignment::None) | None => "",
        };
        self.column += 1;
        self.html.push_str(&format!("<{name}{class}>"));
    }

    /// Where a link leads is always to be seen, and nothing is sent along.
    fn link(&mut self, to: &str) {
        let may = SCHEMES.iter().any(|scheme| to.to_ascii_lowercase().starts_with(scheme));
        self.links.push(may);
        if may {
            self.html.push_str(&format!("<a rel=\"noreferrer nofollow\" title=\"{0}\" href=\"{0}\">", escape(to)));
        }
    }

    fn end(&mut self, tag: TagEnd) {
        let closing = match tag {
            TagEnd::Paragraph => "</p>\n",
            TagEnd::Heading(level) => return self.html.push_str(&format!("</h{}>\n", (level as usize + 2).min(6))),
            TagEnd::BlockQuote(_) => "</blockquote>\n",
            TagEnd::CodeBlock | TagEnd::HtmlBlock => "</pre>\n",
            TagEnd::List(true) => "</ol>\n",
            TagEnd::List(false) => "</ul>\n",
            TagEnd::Item => "</li>\n",
            TagEnd::Table => "</table>\n",
            TagEnd::TableHead => {
                self.in_head = false;
                "</tr>\n"
            }
            TagEnd::TableRow => "</tr>\n",
            TagEnd::TableCell if self.in_head => "</th>",
            TagEnd::TableCell => "</td>",
            TagEnd::Emphasis => "</em>",
            TagEnd::Strong => "</strong>",
            TagEnd::Strikethrough => "</del>",
            TagEnd::Link if self.links.pop() == Some(true) => "</a>",
            TagEnd::Image => "]",
            TagEnd::Link
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => "",
        };
        self.html.push_str(closing);
    }
}
