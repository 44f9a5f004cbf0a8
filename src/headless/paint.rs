//! Colours, and changes to files as people see them. Foreign text is made safe here, before a colour is put around it.

use crate::base::change::{ChangeKind, FileChange};
use crate::edit::shown;
use crate::text::sanitise::{one_line, sanitise};

/// Paints where colour is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(pub bool);

impl Paint {
    fn paint(self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub fn red(self, text: &str) -> String {
        self.paint("31", text)
    }

    pub fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub fn yellow(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// The hunks of a file's diff, indented; without the headers, which say nothing that the file's own line does not.
    pub fn diff(self, file: &FileChange) -> Vec<String> {
        let shown = shown::parse(&file.diff);
        let notes = shown.notes.iter().map(|note| format!("  {}", sanitise(note)));
        notes.chain(shown.hunks.iter().flat_map(|hunk| self.hunk(hunk, shown.carriage_returns))).collect()
    }

    /// One hunk, indented. Where every line ends with CR LF nobody needs to be told; else a CR is shown.
    pub fn hunk(self, hunk: &shown::Hunk, carriage_returns: bool) -> Vec<String> {
        let head = (!hunk.header.is_empty()).then(|| format!("  {}", self.dim(&sanitise(&hunk.header))));
        let lines = hunk.lines.iter().flat_map(move |line| {
            let text = if carriage_returns { line.text.strip_suffix('\r').unwrap_or(&line.text) } else { &line.text };
            let clean = format!("{}{}", line.sign, sanitise(text));
            let shown = match line.sign {
                '+' => self.green(&clean),
                '-' => self.red(&clean),
                _ => clean,
            };
            let end = (!line.ends).then(|| "  \\ No newline at end of file".to_owned());
            [Some(format!("  {shown}")), end].into_iter().flatten()
        });
        head.into_iter().chain(lines).collect()
    }
}

/// What happens or happened to a file, on one line: ``changed a.txt (+1 -1)``.
pub(super) fn headline(file: &FileChange, done: bool) -> String {
    let verb = match (file.kind, done) {
        (ChangeKind::Create, true) => "created",
        (ChangeKind::Create, false) => "create",
        (ChangeKind::Modify, true) => "changed",
        (ChangeKind::Modify, false) => "change",
        (ChangeKind::Delete, true) => "deleted",
        (ChangeKind::Delete, false) => "delete",
        (ChangeKind::Rename, true) => "renamed",
        (ChangeKind::Rename, false) => "rename",
    };
    let from = file.from.as_ref().map(|from| format!("{} to ", one_line(from))).unwrap_or_default();
    format!("{verb} {from}{} (+{} -{})", one_line(&file.path), file.added, file.removed)
}
