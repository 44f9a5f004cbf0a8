//! What stands within a paragraph: stress, code, links. Text to the spans of its lines.

use crate::text::sanitise::{one_line, sanitise};
use crate::tui::theme::{Role, Theme};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;

/// Stands for a line break while the text is read. Foreign text cannot hold it: the sanitiser takes it for unsafe.
const BREAK: char = '\u{2028}';

pub(super) type Spans = Vec<Span<'static>>;

/// The spans of each line of a text; at least one line.
pub(super) fn inline(text: &str, base: Style, theme: &Theme) -> Vec<Spans> {
    let mut clean = String::with_capacity(text.len() + 8);
    // A heading is the one block that holds nothing but inline text, whatever it begins with.
    clean.push_str("# ");
    for (number, line) in sanitise(text).lines().enumerate() {
        if number > 0 {
            clean.push(BREAK);
        }
        let line = line.trim();
        clean.push_str(line.strip_suffix('\\').filter(|rest| !rest.ends_with('\\')).unwrap_or(line));
    }
    let mut writer = Writer { theme, base, lines: vec![Vec::new()], styles: Vec::new(), links: Vec::new() };
    if !clean.contains(['\\', '`', '*', '_', '[', '<', '&', '~']) {
        writer.text(clean.get(2..).unwrap_or_default(), base);
        return writer.lines;
    }
    clean.push(BREAK);
    for event in Parser::new_ext(&clean, Options::ENABLE_STRIKETHROUGH) {
        writer.event(event);
    }
    if writer.lines.len() > 1 && writer.lines.last().is_some_and(Vec::is_empty) {
        writer.lines.pop();
    }
    writer.lines
}

/// The same on one line.
pub(super) fn on_one_line(text: &str, base: Style, theme: &Theme) -> Spans {
    let mut spans = Vec::new();
    for line in inline(text, base, theme) {
        if !spans.is_empty() {
            spans.push(Span::styled(" ", base));
        }
        spans.extend(line);
    }
    spans
}

struct Writer<'a> {
    theme: &'a Theme,
    base: Style,
    lines: Vec<Spans>,
    styles: Vec<Style>,
    /// Where links lead, and the text they have had so far.
    links: Vec<(String, String)>,
}

impl Writer<'_> {
    fn style(&self) -> Style {
        self.styles.last().copied().unwrap_or(self.base)
    }

    fn event(&mut self, event: Event<'_>) {
        let style = self.style();
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Code(code) => self.code(&code),
            Event::Text(text) | Event::InlineHtml(text) | Event::Html(text) => self.text(&text, style),
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.text(&text, style)
            }
            Event::SoftBreak | Event::HardBreak => self.lines.push(Vec::new()),
            Event::Rule | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        let style = self.style();
        match tag {
            Tag::Emphasis => self.styles.push(style.add_modifier(Modifier::ITALIC)),
            Tag::Strong => self.styles.push(style.add_modifier(Modifier::BOLD)),
            Tag::Strikethrough => self.styles.push(style.add_modifier(Modifier::CROSSED_OUT)),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.links.push((address(&dest_url), String::new()));
                self.styles.push(self.theme.style(Role::Accent).patch(style));
            }
            _ => self.styles.push(style),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        self.styles.pop();
        if !matches!(tag, TagEnd::Link | TagEnd::Image) {
            return;
        }
        if let Some((address, text)) = self.links.pop() {
            let same = text == address || address.strip_prefix("mailto:") == Some(&text);
            if !same && !address.is_empty() {
                self.text(&format!(" ({address})"), self.theme.style(Role::Dim));
            }
        }
    }

    /// Without colours, code keeps its backticks.
    fn code(&mut self, code: &str) {
        let look = self.theme.style(Role::Code);
        let style = look.patch(Style { add_modifier: self.style().add_modifier, ..Style::new() });
        let bare = look == self.theme.style(Role::Text);
        let code = code.replace(BREAK, " ");
        if bare { self.text(&format!("`{code}`"), style) } else { self.text(&code, style) }
    }

    fn text(&mut self, text: &str, style: Style) {
        for (_, shown) in &mut self.links {
            shown.push_str(text);
        }
        for (number, piece) in text.split(BREAK).enumerate() {
            if number > 0 {
                self.lines.push(Vec::new());
            }
            // A reference to a character can name any, so what comes out is looked at once more.
            let piece = sanitise(piece).replace(['\n', '\t'], " ");
            let Some(line) = self.lines.last_mut().filter(|_| !piece.is_empty()) else { continue };
            match line.last_mut() {
                Some(last) if last.style == style => last.content.to_mut().push_str(&piece),
                _ => line.push(Span::styled(piece, style)),
            }
        }
    }
}

fn address(url: &CowStr<'_>) -> String {
    one_line(&url.replace(BREAK, ""))
}
