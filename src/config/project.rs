//! A project's own configuration, `.agent/config.toml`: what it may set, and in which direction. It is effective only where the
//! user trusts the project, only to narrow, and never against what the user says for this run.

use super::file::{self, Entry};
use super::keys::Value;
use super::managed::{MayTrust, looseness};
use super::paths::Environment;
use super::rules;
use super::trust::{Looked, Standing, Trust};
use super::{Config, Source};
use crate::base::access::Mode;
use crate::base::{Error, Result};
use crate::disk::Disk;
use crate::policy::rule::Rule;
use crate::policy::trust::{Brought, Question, Sort};
use crate::text::sanitise::one_line;
use std::path::Path;

/// Where it lies in a project.
pub const PATH: &str = ".agent/config.toml";
/// Lines without effect that are said in a run.
const SAID: usize = 5;

/// How a value of a project's counts against one of the user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The stricter mode.
    Stricter,
    /// The lower number, duration or amount.
    Lower,
    /// Only on.
    On,
    /// The one that is first in the list of choices.
    Earlier(&'static [&'static str]),
    /// Added to what is there.
    More,
}

/// All that a project may set; nothing else ever.
pub const NARROWING: &[(&str, Direction)] = &[
    ("mode", Direction::Stricter),
    ("max_output", Direction::Lower),
    ("limits.max_turns", Direction::Lower),
    ("limits.max_cost", Direction::Lower),
    ("limits.timeout", Direction::Lower),
    ("limits.check_rounds", Direction::Lower),
    ("limits.loop_warn", Direction::Lower),
    ("limits.loop_stop", Direction::Lower),
    ("budget.session", Direction::Lower),
    ("budget.project", Direction::Lower),
    ("network.max", Direction::Earlier(&["off", "hosts", "full"])),
    ("shell.timeout", Direction::Lower),
    ("shell.max_timeout", Direction::Lower),
    ("sandbox.require", Direction::On),
    ("sandbox.deny", Direction::More),
    ("sandbox.memory", Direction::Lower),
    ("sandbox.processes", Direction::Lower),
    ("sandbox.file_size", Direction::Lower),
];

/// What a project's file asks for.
#[derive(Debug, Default)]
pub struct Wishes {
    entries: Vec<(Entry, Direction)>,
    rules: Vec<Rule>,
    /// What it may not, or nobody could: `path:line:column: why`.
    pub refused: Vec<String>,
}

impl Wishes {
    /// Reads the file of a project, if it brings one.
    pub fn of(brought: &Brought) -> Self {
        let Some(item) = brought.get(PATH) else { return Self::default() };
        match std::str::from_utf8(&item.bytes) {
            Ok(text) => Self::parse(text),
            Err(_) => Self { refused: vec![format!("{PATH}:1:1: it is not UTF-8")], ..Self::default() },
        }
    }

    fn parse(text: &str) -> Self {
        let mut wishes = Self::default();
        match file::parse_each(PATH, text) {
            Ok(entries) => entries.into_iter().for_each(|entry| wishes.entry(entry)),
            Err(error) => {
                wishes.refused.push(error.message);
                return wishes;
            }
        }
        match rules::parse(PATH, text) {
            Ok(rules) => {
                let (loose, strict): (Vec<Rule>, Vec<Rule>) = rules.into_iter().partition(|rule| rule.then.loosens());
                let refuse = |rule: Rule| {
                    format!("{}: a project's rules say `ask` or `deny`, not `{}`", rule.source, rule.then.name())
                };
                wishes.refused.extend(loose.into_iter().map(refuse));
                wishes.rules = strict;
            }
            Err(error) => wishes.refused.push(error.message),
        }
        wishes
    }

    fn entry(&mut self, entry: Result<Entry>) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return self.refused.push(error.message),
        };
        let direction = NARROWING.iter().find(|(key, _)| *key == entry.key).map(|(_, direction)| *direction);
        let never = match direction {
            None => Some("is not for a project to set"),
            Some(Direction::Stricter) if entry.value == Value::Text(Mode::Full.name().into()) => {
                Some("cannot be `full` in a project")
            }
            Some(Direction::On) if entry.value == Value::Flag(false) => Some("can only be switched on by a project"),
            Some(_) => None,
        };
        match (never, direction) {
            (Some(why), _) => self.refused.push(format!("{}: `{}` {why}", entry.place, entry.key)),
            (None, Some(direction)) => self.entries.push((entry, direction)),
            (None, None) => {}
        }
    }

    /// Narrows a configuration. What the user said for this run stays.
    pub fn narrow(&self, config: &mut Config) {
        for (entry, direction) in &self.entries {
            if config.source(&entry.key).is_some_and(Source::is_said_now) {
                continue;
            }
            let value = match config.values.get(&entry.key) {
                Some((own, _)) => narrower(*direction, own, &entry.value),
                // The mode that nobody sets is `ask` on the screen, so `auto` would loosen it.
                None if entry.value == Value::Text(Mode::Auto.name().into()) => None,
                None => Some(entry.value.clone()),
            };
            if let Some(value) = value {
                config.set(&entry.key, value, Source::Project { path: PATH.into(), line: entry.line });
            }
        }
        config.rules.extend(self.rules.iter().cloned());
    }
}

/// The project's value where it is the narrower one.
fn narrower(direction: Direction, own: &Value, project: &Value) -> Option<Value> {
    let take = match (direction, own, project) {
        (Direction::Stricter, Value::Text(own), Value::Text(project)) => {
            let rank = |name: &str| Mode::ALL.into_iter().find(|mode| mode.name() == name).map(looseness);
            rank(project) < rank(own)
        }
        (Direction::Lower, Value::Number(own), Value::Number(project)) => project < own,
        (Direction::Lower, Value::Duration(own), Value::Duration(project)) => project < own,
        (Direction::Lower, Value::Money(own), Value::Money(project)) => project < own,
        (Direction::On, Value::Flag(own), Value::Flag(project)) => *project && !own,
        (Direction::Earlier(choices), Value::Text(own), Value::Text(project)) => {
            let rank = |name: &str| choices.iter().position(|choice| *choice == name);
            rank(project) < rank(own)
        }
        (Direction::More, Value::List(own), Value::List(project)) => {
            let more = project.iter().filter(|item| !own.contains(item));
            return Some(Value::List(own.iter().chain(more).cloned().collect()));
        }
        (
            Direction::Stricter | Direction::Lower | Direction::On | Direction::Earlier(_) | Direction::More,
            Value::Text(_) | Value::List(_) | Value::Number(_) | Value::Flag(_) | Value::Duration(_) | Value::Money(_),
            _,
        ) => false,
    };
    take.then(|| project.clone())
}

/// Looks at the project at `root`, a real path, and at what the user said of it. `once` is the hash of `--trust-project`: an error
/// where it is another one than that of what lies there.
pub fn look(root: &Path, config: &Config, environment: &Environment, once: Option<&str>) -> Result<Looked> {
    let trust = Trust::of(environment, Disk::default());
    let mut looked = match trust {
        Ok(trust) => trust.look(root),
        // Without a state folder nothing is remembered, and so nothing trusted.
        Err(error) => Looked::unknown(root, error),
    };
    if config.managed().may_trust() == MayTrust::Never && looked.standing != Standing::Nothing {
        if once.is_some() {
            return Err(config.managed().forbids("--trust-project", "trust"));
        }
        looked.standing = Standing::Never { policy: config.managed().path().to_owned() };
        return Ok(looked);
    }
    let Some(once) = once else { return Ok(looked) };
    let hash = looked.brought.hash();
    if once != hash {
        return Err(Error::usage(format!(
            "--trust-project is for another state of the project: it says `{once}`, and what lies in `{}` is `{hash}`",
            root.display()
        ))
        .hint("look at what was changed with `agent trust --show`, and pass its hash if that is right"));
    }
    if let Some(why) = looked.brought.obstacles.first() {
        return Err(Error::usage(format!("`{}` cannot be trusted as a whole: {why}", root.display()))
            .hint("remove it from the project, or leave --trust-project out"));
    }
    if looked.standing != Standing::Nothing {
        looked.standing = Standing::Once;
    }
    Ok(looked)
}

impl Looked {
    /// Narrows a configuration by what a trusted project brings, and says what the user should know.
    pub fn take_effect(&self, config: &mut Config, environment: &Environment) -> Result<Vec<String>> {
        let mut notices: Vec<String> = self.trouble.iter().map(|error| error.message.clone()).collect();
        if !self.standing.is_trusted() {
            notices.extend(self.without_effect());
            return Ok(notices);
        }
        let wishes = Wishes::of(&self.brought);
        wishes.narrow(config);
        config.constrain(environment)?;
        let more = wishes.refused.len().saturating_sub(SAID);
        notices.extend(wishes.refused.iter().take(SAID).map(|line| format!("no effect: {}", one_line(line))));
        if more > 0 {
            notices.push(format!("no effect: {more} more lines of {PATH}; `agent trust --show` lists them"));
        }
        Ok(notices)
    }

    /// Why what the project brings has no effect, in one line.
    fn without_effect(&self) -> Option<String> {
        let what = self.what();
        match &self.standing {
            Standing::Nothing | Standing::Trusted { .. } | Standing::Once => None,
            Standing::New => Some(format!(
                "this project brings {what}, without effect: you have not trusted it; `agent trust` shows it and asks"
            )),
            Standing::Changed => Some(format!(
                "this project brings {what}, without effect: something was changed since you trusted it; `agent trust` shows what, and asks"
            )),
            Standing::Never { policy } => {
                Some(format!("this project brings {what}, without effect: `{policy}` lets nobody trust projects"))
            }
        }
    }

    /// In numbers: `a configuration file and 2 hooks`.
    fn what(&self) -> String {
        let count = |sort| self.brought.items.iter().filter(|item| Sort::of(&item.path) == sort).count();
        let said = |sort, one: &str, many: &str| match count(sort) {
            0 => None,
            1 => Some(one.to_owned()),
            several => Some(format!("{several} {many}")),
        };
        let parts: Vec<String> = [
            said(Sort::Config, "a configuration file", "configuration files"),
            said(Sort::Hook, "a hook", "hooks"),
            said(Sort::Server, "a list of MCP servers", "lists of MCP servers"),
            said(Sort::Skill, "a file of skills", "files of skills"),
            said(Sort::Other, "another file", "other files"),
        ]
        .into_iter()
        .flatten()
        .collect();
        match parts.as_slice() {
            [] => "what cannot be read".into(),
            [one] => one.clone(),
            [many @ .., last] => format!("{} and {last}", many.join(", ")),
        }
    }

    /// What a person is to be asked before it takes effect.
    pub fn question(&self) -> Question {
        let root = self.root.to_string_lossy();
        Question::new(&root, &self.brought, self.former.as_deref(), Wishes::of(&self.brought).refused)
    }
}
