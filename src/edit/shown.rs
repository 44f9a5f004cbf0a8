//! The hunks of a shown diff, read back from its text: a surface has no more of a change than that.

/// A file's diff.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Shown {
    pub hunks: Vec<Hunk>,
    /// What is said in the place of hunks: `Binary files differ`.
    pub notes: Vec<String>,
    /// Does every line end with CR LF?
    pub carriage_returns: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hunk {
    /// `@@ -1,3 +1,3 @@`.
    pub header: String,
    pub lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// ` `, `-` or `+`.
    pub sign: char,
    /// Without its line feed.
    pub text: String,
    /// False for a last line without a line feed.
    pub ends: bool,
}

/// Reads a diff. What stands above the first hunk are headers; only there can a line begin with anything but a sign.
pub fn parse(diff: &str) -> Shown {
    let mut shown = Shown::default();
    for text in diff.split_terminator('\n') {
        let mut chars = text.chars();
        match (chars.next(), shown.hunks.last_mut()) {
            (Some('@'), _) => shown.hunks.push(Hunk { header: text.into(), lines: Vec::new() }),
            (Some('\\'), Some(hunk)) => {
                if let Some(last) = hunk.lines.last_mut() {
                    last.ends = false;
                }
            }
            (Some(sign), Some(hunk)) => hunk.lines.push(Line { sign, text: chars.as_str().into(), ends: true }),
            (None, Some(_)) => {}
            (_, None) => {
                if text == "Binary files differ" {
                    shown.notes.push(text.into());
                }
            }
        }
    }
    let mut lines = shown.hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.ends);
    shown.carriage_returns = lines.all(|line| line.text.ends_with('\r'));
    shown
}

impl Hunk {
    /// The old lines, with their context.
    pub fn old_text(&self) -> String {
        self.side('-')
    }

    /// The new lines, with their context.
    pub fn new_text(&self) -> String {
        self.side('+')
    }

    /// A hunk of this one's own lines, with numbers that count from the beginning of the file.
    pub fn moved(self, into: &Hunk) -> Hunk {
        let (Some(own), Some(base)) = (self.start(), into.start()) else { return self };
        let add = |own: usize, base: usize| (own + base).saturating_sub(1);
        Hunk { header: format!("@@ -{} +{} @@", add(own.0, base.0), add(own.1, base.1)), ..self }
    }

    /// The first old and the first new line, counted from 1; `None` where the header cannot be read.
    pub fn start(&self) -> Option<(usize, usize)> {
        let mut words = self.header.strip_prefix("@@ -")?.split(' ');
        let first = |range: &str| range.split(',').next()?.parse().ok();
        Some((first(words.next()?)?, first(words.next()?.strip_prefix('+')?)?))
    }

    fn side(&self, sign: char) -> String {
        let lines = self.lines.iter().filter(|line| line.sign == ' ' || line.sign == sign);
        lines.fold(String::new(), |mut text, line| {
            text.push_str(&line.text);
            text.push_str(if line.ends { "\n" } else { "" });
            text
        })
    }
}

/// What came out of an editor, with the last line's end as it went in: many editors add one.
pub fn with_end_of(shown: &str, edited: String) -> String {
    if !shown.is_empty() && !shown.ends_with('\n') {
        let cut = edited.strip_suffix('\n').unwrap_or(&edited);
        return cut.strip_suffix('\r').unwrap_or(cut).to_owned();
    }
    if edited.ends_with('\n') {
        return edited;
    }
    edited + if shown.ends_with("\r\n") { "\r\n" } else { "\n" }
}
