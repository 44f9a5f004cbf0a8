//! Answers that count again: for the project and for always in `approvals.toml` in the state folder, for the session in memory.

use super::file;
use super::paths::Environment;
use super::statefile::{StateFile, brought_along};
use crate::base::access::Remember;
use crate::base::{Error, Result};
use crate::disk::Disk;
use crate::policy::meaning::{Meaning, Remembered};
use serde::{Deserialize, Serialize};
use std::path::Path;

const NAME: &str = "approvals.toml";

/// An answer as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// By which `agent policy forget` knows it; never given twice while the file is there.
    pub number: u64,
    /// The session in which it was given.
    pub session: String,
    pub answer: Remembered,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// The number of the next answer, less one.
    #[serde(default)]
    last: u64,
    #[serde(default)]
    answers: Vec<Approval>,
}

/// All answers that count for one project.
#[derive(Clone)]
pub struct Approvals {
    file: StateFile,
    /// The project's real path.
    project: String,
    /// Could the project have written the file?
    inside: bool,
    /// Those that count here.
    answers: Vec<Remembered>,
}

impl Approvals {
    /// Reads what counts for the project at `root`, a real path.
    pub fn load(environment: &Environment, root: &Path, disk: Disk) -> Result<Self> {
        let file = StateFile::of(environment, NAME, disk)?;
        let inside = brought_along(environment, root);
        let project = root.to_string_lossy().into_owned();
        let kept = if inside { Vec::new() } else { read(&file)?.answers };
        let counts = |answer: &Remembered| match answer.remember {
            Remember::Always => true,
            Remember::Project => answer.project.as_deref() == Some(project.as_str()),
            Remember::Once | Remember::Session => false,
        };
        let answers = kept.into_iter().map(|approval| approval.answer).filter(counts).collect();
        Ok(Self { file, project, inside, answers })
    }

    /// What counts now, for `policy::Policy`.
    pub fn answers(&self) -> &[Remembered] {
        &self.answers
    }

    /// Remembers a yes. `session` is where it was given, `at` when, in milliseconds since 1970.
    pub fn remember(&mut self, meaning: Meaning, remember: Remember, session: &str, at: u64) -> Result<()> {
        let project = (remember == Remember::Project).then(|| self.project.clone());
        let answer = Remembered { meaning, remember, project, at };
        if remember == Remember::Once || self.answers.iter().any(|known| covers(known, &answer)) {
            return Ok(());
        }
        // In memory first: the user said yes, also where the disk is full.
        self.answers.push(answer.clone());
        if remember == Remember::Session {
            return Ok(());
        }
        if self.inside {
            let what = format!("this answer counts for this session only: the state folder lies in `{}`", self.project);
            return Err(Error::config(what).hint("set AGENT_STATE_DIR to a folder outside of the project"));
        }
        change(&self.file, |document| {
            document.last += 1;
            document.answers.push(Approval { number: document.last, session: session.to_owned(), answer });
        })
    }
}

/// All kept answers, of all projects, in the order in which they were given.
pub fn list(environment: &Environment) -> Result<Vec<Approval>> {
    Ok(read(&StateFile::of(environment, NAME, Disk::default())?)?.answers)
}

/// Forgets the answers with these numbers, and gives them back. Where one is not there, all stay.
pub fn forget(environment: &Environment, numbers: &[u64], disk: Disk) -> Result<Vec<Approval>> {
    let file = StateFile::of(environment, NAME, disk)?;
    let alone = file.alone()?;
    let mut document = read(&file)?;
    if let Some(unknown) = numbers.iter().find(|number| !document.answers.iter().any(|known| known.number == **number))
    {
        return Err(Error::usage(format!("there is no remembered answer {unknown}"))
            .hint("`agent policy list` lists them with their numbers"));
    }
    let (gone, stay) = document.answers.into_iter().partition(|known| numbers.contains(&known.number));
    document.answers = stay;
    file.write(&alone, &file::encode(&document)?)?;
    Ok(gone)
}

/// Does the first let through whatever the second does?
fn covers(known: &Remembered, answer: &Remembered) -> bool {
    let wide = |remember| match remember {
        Remember::Once => 0,
        Remember::Session => 1,
        Remember::Project => 2,
        Remember::Always => 3,
    };
    known.meaning == answer.meaning && wide(known.remember) >= wide(answer.remember)
}

fn read(file: &StateFile) -> Result<Document> {
    let Some(text) = file.read()? else { return Ok(Document::default()) };
    file::decode(&file.path().display().to_string(), &text).map_err(|error| file.unreadable(error))
}

fn change(file: &StateFile, change: impl FnOnce(&mut Document)) -> Result<()> {
    let alone = file.alone()?;
    let mut document = read(file)?;
    change(&mut document);
    file.write(&alone, &file::encode(&document)?)
}
