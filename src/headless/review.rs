//! Questions to the person at the terminal: what would be done is shown whole, and nothing but a clear yes is one.
//!
//! It talks on standard error; standard output stays data. What it shows is what the events say, and what it answers is an
//! [`Answer`] like that of any other surface.

use super::keys::{self, CHANGE, FILE, HUNK, Key, PLAIN, Row, Typed};
use super::lines::Lines;
use super::paint::{Paint, headline};
use crate::base::access::{Access, Answer, Ask, Remember};
use crate::base::change::FileChange;
use crate::edit::diff::Diff;
use crate::edit::shown::{self, Hunk, Shown};
use crate::edit::verdict::Verdict;
use crate::text::sanitise::{one_line, sanitise};
use futures_core::future::BoxFuture;
use std::io::{BufRead, Write};

/// Lets the user edit a text of the file at this path; an error is words for the user.
pub type Edit = Box<dyn Fn(&str, String) -> BoxFuture<'static, Result<String, String>> + Send>;

/// The terminal of a review.
pub struct Terminal {
    pub input: Box<dyn BufRead + Send>,
    pub output: Box<dyn Write + Send>,
    /// Drops what was typed before a question was there to be read.
    pub forget: Box<dyn Fn() + Send>,
    pub edit: Edit,
    pub color: bool,
}

/// Asks on a terminal.
pub struct Review {
    lines: Lines,
    output: Box<dyn Write + Send>,
    forget: Box<dyn Fn() + Send>,
    edit: Edit,
    paint: Paint,
    /// What a yes does with a change: `write`, or `keep` where it is made already.
    verb: &'static str,
}

/// A changed file with its hunks.
struct File<'a> {
    change: &'a FileChange,
    shown: Shown,
}

impl File<'_> {
    /// Is there a new text to edit?
    fn is_editable(&self, number: usize) -> bool {
        self.shown.hunks.get(number).is_some_and(|hunk| !hunk.new_text().is_empty())
    }

    fn is_one_text(&self) -> bool {
        self.shown.hunks.len() == 1 && self.is_editable(0)
    }
}

impl Review {
    pub fn new(terminal: Terminal) -> Self {
        let Terminal { input, output, forget, edit, color } = terminal;
        Self { lines: Lines::of(input), output, forget, edit, paint: Paint(color), verb: "write" }
    }

    /// Shows what is asked for, and asks until there is an answer.
    pub async fn answer(&mut self, ask: &Ask) -> Answer {
        (self.forget)();
        self.say("");
        if ask.change.is_empty() { self.plain(ask).await } else { self.change(ask).await }
    }

    /// A question was open when the run ended: what follows begins on a line of its own.
    pub fn leave(&mut self) {
        self.say("");
    }

    /// Nobody may be reading any more; then nobody answers either.
    fn say(&mut self, text: &str) {
        let _ = writeln!(self.output, "{text}").and_then(|()| self.output.flush());
    }

    fn say_all(&mut self, lines: impl IntoIterator<Item = String>) {
        lines.into_iter().for_each(|line| self.say(&line));
    }

    /// A command, or a read of something that is not read without a word.
    async fn plain(&mut self, ask: &Ask) -> Answer {
        self.say(&self.paint.bold(&format!("{} asks: {}", one_line(&ask.tool), one_line(&ask.why))));
        let mut question = "allow it?";
        for access in &ask.access {
            match access {
                Access::Exec { command } => {
                    question = "run it?";
                    let marks = std::iter::once("$").chain(std::iter::repeat(" "));
                    let lines = command.split('\n').zip(marks);
                    self.say_all(lines.map(|(line, mark)| format!("  {mark} {}", sanitise(line))));
                }
                Access::Leave { command, reason } => {
                    question = "run it outside of the jail?";
                    self.say_all(command.split('\n').map(|line| format!("  $ {}", sanitise(line))));
                    self.say(&format!("  because: {}", one_line(reason)));
                }
                Access::Connect { host, port } => self.say(&format!("  connect to {}:{port}", one_line(host))),
                Access::Read { path } => self.say(&format!("  read {}", one_line(path))),
                Access::Write { path } => self.say(&format!("  write {}", one_line(path))),
            }
        }
        // What is no access, such as more money, has no meaning to remember it by.
        let offered = |key| !matches!(key, Key::Remember(_)) || !ask.access.is_empty();
        match self.key(question, PLAIN, offered).await {
            (Key::Yes, _) => Answer::Allow { remember: Remember::Once },
            (Key::Remember(remember), _) => Answer::Allow { remember },
            (_, comment) => Answer::Deny { comment },
        }
    }

    async fn change(&mut self, ask: &Ask) -> Answer {
        let files: Vec<File<'_>> =
            ask.change.iter().map(|change| File { change, shown: shown::parse(&change.diff) }).collect();
        let what = if files.len() == 1 { "a file".into() } else { format!("{} files", files.len()) };
        let (verb, words) = if ask.made { ("keep", "has changed") } else { ("write", "asks to change") };
        self.verb = verb;
        self.say(&self.paint.bold(&format!("{} {words} {what}", one_line(&ask.tool))));
        for why in ask.why.split("; ").filter(|why| !why.starts_with("writes `")) {
            self.say(&self.paint.yellow(&one_line(why)));
        }
        files.iter().for_each(|file| self.show(file));
        let count: usize = files.iter().map(|file| file.shown.hunks.len()).sum();
        let one_text = files.len() == 1 && files.iter().all(File::is_one_text);
        let offered = |key| match key {
            Key::Files => files.len() > 1,
            Key::Hunks => count > 1,
            Key::Edit => one_text,
            Key::Yes | Key::No | Key::Rest | Key::Skip | Key::Quit | Key::Remember(_) => true,
        };
        let question = if files.len() == 1 { format!("{verb} it?") } else { format!("{verb} all of it?") };
        let (key, words) = self.key(&question, CHANGE, offered).await;
        let mut verdict = Verdict::default();
        verdict.says(None, words);
        match key {
            Key::Yes | Key::Rest => files.iter().for_each(|file| verdict.whole(&file.change.path, true)),
            Key::No | Key::Skip | Key::Quit | Key::Remember(_) => {}
            Key::Files => self.by_file(&files, &mut verdict).await,
            Key::Hunks | Key::Edit => {
                for file in &files {
                    if !self.by_hunk(file, key == Key::Edit, &mut verdict).await {
                        break;
                    }
                }
            }
        }
        verdict.answer(&ask.change)
    }

    fn show(&mut self, file: &File<'_>) {
        self.say(&self.paint.bold(&headline(file.change, false)));
        self.say_all(self.paint.diff(file.change));
    }

    async fn by_file(&mut self, files: &[File<'_>], verdict: &mut Verdict) {
        let mut yes_to_all = false;
        for (number, file) in files.iter().enumerate() {
            let path = &file.change.path;
            if yes_to_all {
                verdict.whole(path, true);
                continue;
            }
            self.show(file);
            let offered = |key| match key {
                Key::Hunks => file.shown.hunks.len() > 1,
                Key::Edit => file.is_one_text(),
                Key::Yes | Key::No | Key::Files | Key::Rest | Key::Skip | Key::Quit | Key::Remember(_) => true,
            };
            let question = format!("({}/{}) {} {}?", number + 1, files.len(), self.verb, one_line(path));
            let (key, words) = self.key(&question, FILE, offered).await;
            verdict.says(Some(path), words);
            match key {
                Key::Yes | Key::Files => verdict.whole(path, true),
                Key::Rest => {
                    yes_to_all = true;
                    verdict.whole(path, true);
                }
                Key::No | Key::Skip | Key::Remember(_) => verdict.whole(path, false),
                Key::Quit => return,
                Key::Hunks | Key::Edit => {
                    if !self.by_hunk(file, key == Key::Edit, verdict).await {
                        return;
                    }
                }
            }
        }
    }

    /// Goes through the hunks of a file; false when the user wants no more of the whole change.
    async fn by_hunk(&mut self, file: &File<'_>, edit: bool, verdict: &mut Verdict) -> bool {
        let path = &file.change.path;
        let count = file.shown.hunks.len();
        if count == 0 {
            self.show(file);
            let offered = |key| matches!(key, Key::Yes | Key::No | Key::Quit);
            let (key, words) = self.key(&format!("{} {}?", self.verb, one_line(path)), FILE, offered).await;
            verdict.says(Some(path), words);
            verdict.whole(path, key == Key::Yes);
            return key != Key::Quit;
        }
        for (number, hunk) in file.shown.hunks.iter().enumerate() {
            let (key, words, mine) = self.hunk(file, number, hunk, edit).await;
            verdict.says(Some(&format!("{path}, hunk {}", number + 1)), words);
            match key {
                Key::Yes | Key::Rest => {
                    let last = if key == Key::Rest { count } else { number + 1 };
                    (number..last).for_each(|taken| verdict.hunk(path, taken, count));
                    if let Some(text) = mine {
                        verdict.edited(path, number, text);
                    }
                    if key == Key::Rest {
                        return true;
                    }
                }
                Key::No | Key::Files | Key::Hunks | Key::Edit | Key::Remember(_) => {}
                Key::Skip => return true,
                Key::Quit => return false,
            }
        }
        true
    }

    /// One hunk: the key, words for the model, and the user's own text of it.
    async fn hunk(
        &mut self,
        file: &File<'_>,
        number: usize,
        hunk: &Hunk,
        mut edit: bool,
    ) -> (Key, Option<String>, Option<String>) {
        let path = one_line(&file.change.path);
        let place = format!("({}/{}) {path}", number + 1, file.shown.hunks.len());
        let mut mine: Option<String> = None;
        if !edit {
            self.say(&self.paint.bold(&place));
            self.say_all(self.paint.hunk(hunk, file.shown.carriage_returns));
        }
        loop {
            if edit {
                let shown = mine.clone().unwrap_or_else(|| hunk.new_text());
                if let Some(text) = self.edited(file, shown).await {
                    self.say(&self.paint.bold(&format!("{place}, as you edited it")));
                    let diff = Diff::of(hunk.old_text().as_bytes(), text.as_bytes()).text();
                    let own = shown::parse(&diff);
                    if own.hunks.is_empty() {
                        self.say("  as it was: nothing would change");
                    }
                    let bare = own.hunks.into_iter().map(|own| Hunk { header: String::new(), ..own });
                    self.say_all(
                        bare.flat_map(|own| self.paint.hunk(&own, file.shown.carriage_returns)).collect::<Vec<_>>(),
                    );
                    mine = Some(text);
                }
            }
            let what = if mine.is_some() { "it as you edited it" } else { "this hunk" };
            let question = format!("{} {what}?", self.verb);
            let offered = |key| key != Key::Edit || file.is_editable(number);
            let (key, words) = self.key(&question, HUNK, offered).await;
            edit = key == Key::Edit;
            if !edit {
                return (key, words, mine);
            }
        }
    }

    /// The user's own text, if there is one: an editor that fails, or leaves all as it is, changes nothing.
    async fn edited(&mut self, file: &File<'_>, shown: String) -> Option<String> {
        self.say("your editor has the new text with the lines around it; what you save is what would be");
        self.say("written in their place");
        let words = match (self.edit)(&file.change.path, shown.clone()).await {
            Ok(text) if text.trim().is_empty() => {
                "the saved text is empty, so it is not taken; n leaves the hunk out".into()
            }
            Ok(text) => {
                let text = shown::with_end_of(&shown, text);
                if text != shown {
                    return Some(text);
                }
                "nothing was changed in the editor".into()
            }
            Err(words) => words,
        };
        self.say(&self.paint.yellow(&one_line(&words)));
        None
    }

    /// Asks until one of the offered keys comes. The end of the input is a no to this one.
    async fn key(&mut self, question: &str, rows: &[Row], offered: impl Fn(Key) -> bool) -> Typed {
        loop {
            let prompt = format!("{question} [{}] ", keys::letters(rows, &offered));
            let _ = write!(self.output, "{}", self.paint.bold(&prompt)).and_then(|()| self.output.flush());
            let Some(line) = self.lines.next().await else {
                self.say("\nend of input: that is a no to this one");
                return (Key::No, None);
            };
            match keys::parse(&line, rows, &offered) {
                Some(typed) => return typed,
                None => self.say_all(keys::help(rows, &offered)),
            }
        }
    }
}
