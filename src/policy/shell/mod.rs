//! What a command line would touch, read from the whole of its tree, or that it cannot be told.
//!
//! It reads what the line says. What a program does that the line only names (`make`, `./build.sh`) is said to be code that
//! runs; the jail holds it. Any text is read within bounds of size, depth and steps, and what is beyond them is unclear.

mod around;
mod calls;
pub mod effect;
mod programs;
mod reader;
mod scope;
mod words;

pub use effect::{Code, Effect, GitEffect, Place, ProcessEffect, Target};

use reader::Reader;
use scope::Scope;
use serde::Serialize;

/// Where the line would run. Both are absolute; empty where it is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The working folder, which is the workspace.
    pub folder: String,
    pub home: String,
}

/// What a line says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// Every program that is called, those within others' arguments too, in the order in which they are met.
    pub calls: Vec<Call>,
    /// What would be touched, each thing once.
    pub effects: Vec<Effect>,
    /// Does the line say all that it does, but for what the named programs do by themselves?
    pub understood: bool,
    /// Why not, in words for people.
    pub unclear: Vec<String>,
    /// Variables it sets that change what programs do: `PATH`, `LD_PRELOAD`, `GIT_SSH_COMMAND`.
    pub altered: Vec<String>,
}

/// One program with its arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Call {
    /// As it stands there: `git`, `/usr/bin/git`, `./git`.
    pub program: String,
    pub words: Vec<Word>,
    /// Where it runs, as paths of effects are written; `None` where that is not known.
    pub folder: Option<String>,
    pub effects: Vec<Effect>,
    /// It does nothing by itself: `cd`, `echo`, `timeout` around another call.
    pub idle: bool,
}

/// One word, as the program would see it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Word {
    pub text: String,
    /// False where a part of it is only known when it runs; the part stands there as it is written.
    pub known: bool,
}

/// Reads a command line.
pub fn read(command: &str, surroundings: &Surroundings) -> Reading {
    let mut reader = Reader::new(surroundings);
    let mut scope = Scope { folder: Some(String::new()), ..Scope::default() };
    reader.line(command, &mut scope);
    reader.reading
}

impl Call {
    /// The name of the program without its folder.
    pub fn name(&self) -> &str {
        self.program.rsplit('/').next().unwrap_or_default()
    }

    /// Program and arguments in one line.
    pub fn line(&self) -> String {
        let words = self.words.iter().map(|word| word.text.as_str());
        std::iter::once(self.program.as_str()).chain(words).collect::<Vec<_>>().join(" ")
    }
}
