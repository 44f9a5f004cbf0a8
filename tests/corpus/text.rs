//! The texts that are changed, all written for this corpus, and the changes made to them, each from before to after.

use std::sync::LazyLock;

use super::changes::CHANGES;
use super::line::{self, Mark};

/// A text, where it stands, and how it is indented: by so many spaces, or 0 for tabs.
pub struct Text {
    pub name: &'static str,
    pub path: &'static str,
    pub indent: usize,
    content: &'static str,
}

macro_rules! text {
    ($name:literal, $path:literal, $indent:literal, $file:literal) => {
        Text { name: $name, path: $path, indent: $indent, content: include_str!(concat!("texts/", $file)) }
    };
}

pub const TEXTS: &[Text] = &[
    text!("rust", "src/till.rs", 4, "till.rs"),
    text!("python", "plan/ferry.py", 4, "ferry.py"),
    text!("go", "relay/relay.go", 0, "relay.go"),
    text!("typescript", "web/basket.ts", 2, "basket.ts"),
    text!("c", "src/queue.c", 4, "queue.c"),
    text!("java", "src/org/example/Garden.java", 4, "Garden.java"),
    text!("yaml", "deploy/harbour.yaml", 2, "harbour.yaml"),
    text!("markdown", "docs/guide to the mill.md", 4, "guide.md"),
    text!("html", "site/page.html", 2, "page.html"),
    text!("make", "Makefile", 0, "lamp.mk"),
    text!("sql", "db/ledger.sql", 4, "ledger.sql"),
    text!("shell", "bin/backup.sh", 4, "backup.sh"),
    text!("json", "data/routes.json", 2, "routes.json"),
    text!("toml", "weather.toml", 4, "weather.toml"),
    text!("css", "site/look.css", 2, "look.css"),
    text!("prose", "letters/aalto.txt", 2, "letter.txt"),
    text!("unicode", "reise/größe.txt", 2, "notes.txt"),
];

/// One file before and after a change.
#[derive(Clone)]
pub struct Pair {
    /// `text-change`, which is the end of a case's name.
    pub name: String,
    pub text: &'static Text,
    pub before: Vec<u8>,
    pub after: Vec<u8>,
}

/// A text by its name.
pub fn text(name: &str) -> &'static Text {
    TEXTS.iter().find(|text| text.name == name).unwrap_or_else(|| panic!("no text `{name}`"))
}

impl Text {
    pub fn content(&self) -> &'static str {
        self.content
    }
}

/// Every change of the table.
pub fn pairs() -> Vec<Pair> {
    static PAIRS: LazyLock<Vec<Pair>> = LazyLock::new(make_pairs);
    PAIRS.clone()
}

fn make_pairs() -> Vec<Pair> {
    CHANGES
        .iter()
        .map(|(name, change, swaps)| {
            let text = text(name);
            let mut after = text.content.to_owned();
            for (old, new) in *swaps {
                after = match *old {
                    "" => after + new,
                    old => {
                        assert_eq!(after.matches(old).count(), 1, "{name}-{change}: {old:?} does not stand there once");
                        after.replace(old, new)
                    }
                };
            }
            let before = text.content.as_bytes().to_vec();
            Pair { name: format!("{name}-{change}"), text, before, after: after.into_bytes() }
        })
        .collect()
}

impl Pair {
    /// Both texts with every line rewritten: kept lines alike in both, added lines by their partner, if they have one.
    pub fn map_lines(&self, rewrite: impl Fn(usize, Mark, &[u8], &str) -> Vec<u8>) -> Pair {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let mut number = 0;
        for line in line::script(&self.before, &self.after) {
            if line.mark != Mark::Add {
                number += 1;
            }
            let bytes = rewrite(number, line.mark, &line.text, line.end);
            if line.mark != Mark::Add {
                before.extend_from_slice(&bytes);
            }
            if line.mark != Mark::Remove {
                after.extend_from_slice(&bytes);
            }
        }
        Pair { before, after, ..self.clone() }
    }

    /// With CR LF for every line ending.
    pub fn crlf(&self) -> Pair {
        self.map_lines(|_, _, text, _| [text, b"\r\n"].concat())
    }

    /// With a byte order mark.
    pub fn marked(&self) -> Pair {
        let mark = |bytes: &[u8]| ["\u{feff}".as_bytes(), bytes].concat();
        Pair { before: mark(&self.before), after: mark(&self.after), ..self.clone() }
    }

    /// Without the newline at the end.
    pub fn open_end(&self) -> Pair {
        let cut = |bytes: &[u8]| bytes.strip_suffix(b"\n").unwrap_or(bytes).to_vec();
        Pair { before: cut(&self.before), after: cut(&self.after), ..self.clone() }
    }

    /// With blanks at the end of every third line, where the change keeps it.
    pub fn trailing(&self) -> Pair {
        self.map_lines(|number, mark, text, end| match mark == Mark::Keep && number % 3 == 0 {
            true => [text, b"  ", end.as_bytes()].concat(),
            false => [text, end.as_bytes()].concat(),
        })
    }

    /// With CR LF from a line on and LF before it; added lines take the ending of the line above them.
    pub fn mixed(&self, from: usize) -> Pair {
        self.map_lines(|number, _, text, _| [text, if number >= from { b"\r\n" as &[u8] } else { b"\n" }].concat())
    }
}
