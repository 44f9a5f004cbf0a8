//! A session as a file to read, keep and send: Markdown, HTML or JSON; `docs/export.md`.
//!
//! Pure, and in pieces: what is exported never lies whole in memory. All that is foreign goes through [`clean`] and is escaped
//! by the format's own rules.

mod clean;
mod diff;
mod facts;
mod html;
mod json;
mod markdown;
mod page;
mod prose;
mod words;

pub use facts::Facts;

use super::view::{Cell, View};
use crate::base::desk::Format;
use crate::base::event::Record;
use crate::text::redact::{Found, Redactor};
use clean::Clean;
use std::collections::BTreeMap;

/// The version of the JSON's shape. Fields are only ever added.
pub const SCHEMA: u32 = 1;

/// What an export says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Of this program.
    pub version: String,
    /// When it was made, RFC 3339.
    pub time: String,
    /// The user's home folder, shown as `~`; empty: nothing is.
    pub home: String,
    /// Lines of the log that could not be read.
    pub unread: u64,
}

/// An export in the making: `begin`, each record once, `end`; the pieces that these give are the file.
pub struct Export<'a> {
    format: Format,
    about: &'a About,
    facts: &'a Facts,
    clean: Clean,
    view: View,
    /// Cells that were written.
    written: usize,
    /// When records were made whose cells are still to be written.
    times: BTreeMap<u64, String>,
}

impl<'a> Export<'a> {
    /// `facts` are those of all records that will be pushed; `redactor` takes out what looks like a secret, and what it knows.
    pub fn new(format: Format, about: &'a About, facts: &'a Facts, redactor: Redactor) -> Self {
        let clean = Clean::new(redactor, &about.home);
        Self { format, about, facts, clean, view: View::default(), written: 0, times: BTreeMap::new() }
    }

    /// What stands above the first cell.
    pub fn begin(&self) -> String {
        match self.format {
            Format::Markdown => markdown::begin(self.facts, &self.clean),
            Format::Html => page::begin(self.facts, &self.clean),
            Format::Json => json::begin(self.facts, self.about, &self.clean),
        }
    }

    /// One more record: the cells that are settled by it.
    pub fn push(&mut self, record: &Record) -> String {
        self.times.insert(record.seq, record.time.clone());
        self.view.push(record);
        self.settled(self.view.settled())
    }

    /// What is open still, and what stands below the last cell.
    pub fn end(&mut self) -> String {
        let mut text = self.settled(self.view.cells().len());
        let found = self.clean.found();
        text.push_str(&match self.format {
            Format::Markdown => markdown::end(self.about, &found),
            Format::Html => page::end(self.about, &found),
            Format::Json => json::end(self.about, &found),
        });
        text
    }

    /// Secrets that were found by their looks and are not in what was written, each once.
    pub fn secrets(&self) -> Vec<Found> {
        self.clean.found()
    }

    /// How many cells were written.
    pub fn cells(&self) -> usize {
        self.written
    }

    fn settled(&mut self, until: usize) -> String {
        let mut text = String::new();
        for (index, cell) in self.view.cells().iter().enumerate().take(until).skip(self.written) {
            let time = self.times.get(&cell.seq).map_or("", String::as_str);
            text.push_str(&self.cell(index, cell, time));
        }
        self.written = self.written.max(until);
        let open = self.view.cells().get(self.written..).unwrap_or_default();
        let needed = open.iter().map(|cell| cell.seq).filter(|seq| *seq > 0).min();
        self.times = needed.map_or_else(BTreeMap::new, |needed| self.times.split_off(&needed));
        text
    }

    fn cell(&self, index: usize, cell: &Cell, time: &str) -> String {
        match self.format {
            Format::Markdown => markdown::cell(cell, time, &self.clean),
            Format::Html => html::cell(cell, time, &self.clean),
            Format::Json => json::cell(index, cell, time, &self.clean),
        }
    }
}

/// All of it at once.
pub fn export(records: &[Record], format: Format, about: &About) -> String {
    let mut facts = Facts::default();
    records.iter().for_each(|record| facts.push(record));
    let mut export = Export::new(format, about, &facts, Redactor::default());
    let mut text = export.begin();
    for record in records {
        text.push_str(&export.push(record));
    }
    text + &export.end()
}
