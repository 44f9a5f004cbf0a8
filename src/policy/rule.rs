//! Rules over calls of programs: a prefix of words, and what then holds. The strictest that applies wins.
//!
//! A rule that loosens must fit exactly; one that tightens also fits where flags stand in between, where the program has
//! a folder in front, and where what is only known at run time could be what it names.

use super::protected::holds_secrets;
use super::shell::{Call, Effect, Place, Reading, Surroundings, Word, read};
use crate::base::{Error, Result};
use serde::{Deserialize, Serialize};

/// One rule of the user's, of the machine's administrator, or of the project's (those may only tighten).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Words that a call begins with, the program first; `*` stands for any one word.
    pub prefix: Vec<String>,
    pub then: Then,
    /// Why, shown where it decides; may be empty.
    #[serde(default)]
    pub why: String,
    /// Where it stands, as it is shown: `/etc/agent/policy.toml`.
    #[serde(default)]
    pub source: String,
    /// Command lines to which it must apply, and to which it must not; checked when it is loaded.
    #[serde(default, rename = "match")]
    pub matches: Vec<String>,
    #[serde(default, rename = "not_match")]
    pub not_matches: Vec<String>,
}

/// What a rule says, the strictest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// Without a question, where it would run anyhow: in the jail if there is one.
    Allow,
    /// Without a question, and outside of the jail. Only for rules of the user's or of the administrator's.
    Outside,
    Ask,
    Deny,
}

impl Then {
    pub const ALL: [Then; 4] = [Then::Allow, Then::Outside, Then::Ask, Then::Deny];

    pub fn name(self) -> &'static str {
        match self {
            Then::Allow => "allow",
            Then::Outside => "outside",
            Then::Ask => "ask",
            Then::Deny => "deny",
        }
    }

    /// Does it take a question away?
    pub fn loosens(self) -> bool {
        match self {
            Then::Allow | Then::Outside => true,
            Then::Ask | Then::Deny => false,
        }
    }
}

/// What the rules say of a whole line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling<'a> {
    pub then: Then,
    pub rule: &'a Rule,
    /// It may be what the rule names; it cannot be told.
    pub perhaps: bool,
}

/// How far a call is what a rule names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    No,
    /// Only if what is not known before it runs turns out so.
    Perhaps,
    Yes,
}

impl Rule {
    /// As it is shown where it decides: `` `git push` (deny, ~/.config/agent/config.toml) ``.
    pub fn name(&self) -> String {
        let from = if self.source.is_empty() { String::new() } else { format!(", {}", self.source) };
        format!("`{}` ({}{from})", self.prefix.join(" "), self.then.name())
    }

    /// Does it say something of this line?
    pub fn applies(&self, command: &str) -> bool {
        let reading = read(command, &Surroundings::default());
        let fits = |call: &Call| match self.then.loosens() {
            true => self.fits_exactly(call),
            false => self.fits(call) == Fit::Yes,
        };
        reading.calls.iter().any(fits)
    }

    fn fits_exactly(&self, call: &Call) -> bool {
        let program = standard(&call.program);
        let mut words = std::iter::once(Some(program)).chain(call.words.iter().map(known));
        self.prefix.iter().all(|token| match words.next() {
            Some(Some(word)) => token == "*" || token == word,
            Some(None) | None => false,
        })
    }

    /// Also with flags in between, and from any folder.
    fn fits(&self, call: &Call) -> Fit {
        let (flags, names): (Vec<&String>, Vec<&String>) =
            self.prefix.iter().partition(|token| token.starts_with('-') && token.len() > 1);
        let flags = flags.iter().map(|flag| has_flag(call, flag)).min().unwrap_or(Fit::Yes);
        let readings = [all_words(call), without_flags(call, false), without_flags(call, true)];
        let names = readings.iter().map(|words| begins(&names, call, words)).max().unwrap_or(Fit::No);
        flags.min(names)
    }
}

/// Checks the examples of rules; the error names the rule and the example.
pub fn check(rules: &[Rule]) -> Result<()> {
    for rule in rules {
        if rule.prefix.is_empty() || rule.prefix.iter().any(String::is_empty) {
            return Err(Error::usage(format!("a rule of {} names no program", place(rule)))
                .hint("prefix = [\"git\", \"push\"] names one"));
        }
        if rule.prefix.first().is_some_and(|first| first == "*") && rule.then.loosens() {
            return Err(Error::usage(format!("the rule {} would let every program through", rule.name()))
                .hint("name the program; only `ask` and `deny` may be for all of them"));
        }
        for (examples, wanted) in [(&rule.matches, true), (&rule.not_matches, false)] {
            if let Some(example) = examples.iter().find(|example| rule.applies(example) != wanted) {
                let says = if wanted { "does not apply to its example" } else { "applies to what it says it does not" };
                return Err(Error::usage(format!("the rule {} {says}: `{example}`", rule.name()))
                    .hint("change its prefix, or the example under `match` or `not_match`"));
            }
        }
    }
    Ok(())
}

/// What the rules say of a line: deny before ask before outside before allow. A line that is not understood, or in which
/// something stands that no rule lets through, is not loosened; one that may hide what a rule forbids is asked for.
pub fn ruling<'a>(rules: &'a [Rule], reading: &Reading) -> Option<Ruling<'a>> {
    for then in [Then::Deny, Then::Ask] {
        let mut of_kind = rules.iter().filter(|rule| rule.then == then);
        if let Some(rule) = of_kind.find(|rule| best(rule, reading) == Fit::Yes) {
            return Some(Ruling { then, rule, perhaps: false });
        }
    }
    let tightening = || rules.iter().filter(|rule| !rule.then.loosens());
    let hidden = tightening().find(|rule| best(rule, reading) == Fit::Perhaps);
    if let Some(rule) = hidden.or_else(|| tightening().next().filter(|_| !reading.understood)) {
        return Some(Ruling { then: Then::Ask, rule, perhaps: true });
    }
    if !can_be_loosened(reading) {
        return None;
    }
    let plain = only_the_calls(reading);
    let outside = if plain { loosened(rules, reading, |then| then == Then::Outside) } else { None };
    outside.or_else(|| loosened(rules, reading, Then::loosens)).map(|rule| Ruling {
        then: if outside.is_some() { Then::Outside } else { Then::Allow },
        rule,
        perhaps: false,
    })
}

fn best(rule: &Rule, reading: &Reading) -> Fit {
    reading.calls.iter().map(|call| rule.fits(call)).max().unwrap_or(Fit::No)
}

/// The first rule by which every call of the line that does something is let through.
fn loosened<'a>(rules: &'a [Rule], reading: &Reading, kind: impl Fn(Then) -> bool) -> Option<&'a Rule> {
    let mut first = None;
    for call in reading.calls.iter().filter(|call| !call.idle) {
        let secret = call.effects.iter().any(is_secret);
        let lets = |rule: &&Rule| {
            kind(rule.then)
                && rule.fits_exactly(call)
                && (!secret || rule.prefix.iter().any(|token| holds_secrets(token)))
        };
        let rule = rules.iter().find(lets)?;
        first.get_or_insert(rule);
    }
    first
}

/// Is the line what it seems to be? What is written around the calls, such as `> file`, has to stay in the workspace.
fn can_be_loosened(reading: &Reading) -> bool {
    let in_workspace = |call: &Call| {
        call.folder.as_ref().is_some_and(|folder| !folder.starts_with(['/', '~']) && !folder.starts_with(".."))
    };
    let within_a_call = |effect: &Effect| reading.calls.iter().any(|call| !call.idle && call.effects.contains(effect));
    reading.understood
        && reading.altered.is_empty()
        && reading.calls.iter().all(in_workspace)
        && reading.effects.iter().all(|effect| within_a_call(effect) || effect.stays())
}

/// What may stand beside a call that leaves the jail: nothing that sets a variable, an option of the shell or what a name stands for.
const BESIDE: &[&str] =
    &["cd", "echo", "pwd", "true", "false", ":", "exit", "command", "exec", "nice", "nohup", "time", "timeout"];

/// Out there no kernel holds what the reading has missed. So nothing is written around the calls, not even in the workspace, where a
/// link may lead out of it; and of the shell's own there is only what changes nothing.
fn only_the_calls(reading: &Reading) -> bool {
    let runs = |word: &Word| word.text.contains(['`', '$']);
    let beside = |call: &Call| BESIDE.contains(&call.program.as_str()) && !call.words.iter().any(runs);
    let within_a_call = |effect: &Effect| reading.calls.iter().any(|call| !call.idle && call.effects.contains(effect));
    reading.calls.iter().all(|call| !call.idle || beside(call)) && reading.effects.iter().all(within_a_call)
}

fn is_secret(effect: &Effect) -> bool {
    matches!(effect, Effect::Read(target) if target.holds_secrets() && target.place == Place::Workspace)
}

fn known(word: &Word) -> Option<&str> {
    word.known.then_some(word.text.as_str())
}

/// A program in the system's own folders is the one that its name says.
fn standard(program: &str) -> &str {
    let stripped = program.strip_prefix("/usr/bin/").or_else(|| program.strip_prefix("/bin/"));
    stripped.filter(|name| !name.contains('/')).unwrap_or(program)
}

fn all_words(call: &Call) -> Vec<&Word> {
    call.words.iter().collect()
}

/// The words that are no flags; with `values` the word behind a flag is taken for its value.
fn without_flags(call: &Call, values: bool) -> Vec<&Word> {
    let mut words = Vec::new();
    let mut value = false;
    for word in &call.words {
        let flag = word.text.starts_with('-') && word.text.len() > 1;
        if !(flag || values && value) {
            words.push(word);
        }
        value = flag && !word.text.contains('=');
    }
    words
}

fn begins(names: &[&String], call: &Call, words: &[&Word]) -> Fit {
    let Some((program, rest)) = names.split_first() else { return Fit::Yes };
    let unknown = call.program.contains(['$', '`']);
    let mut fit = match program.as_str() {
        "*" => Fit::Yes,
        name if name == call.program || name == call.name() => Fit::Yes,
        _ if unknown => Fit::Perhaps,
        _ => return Fit::No,
    };
    let mut words = words.iter();
    for token in rest {
        fit = fit.min(match words.next() {
            Some(word) if !word.known => return fit.min(Fit::Perhaps),
            Some(word) if *token == "*" || **token == word.text => Fit::Yes,
            Some(_) | None => return Fit::No,
        });
    }
    fit
}

/// `-rf` is there where `-r` and `-f` are, in whatever company.
fn has_flag(call: &Call, flag: &str) -> Fit {
    let long = flag.starts_with("--");
    let written = |word: &Word| word.text == flag || word.text.split('=').next() == Some(flag);
    let short = |letter: char| {
        let has =
            |word: &&Word| word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains(letter);
        call.words.iter().any(|word| has(&word))
    };
    if call.words.iter().any(written) || (!long && flag.chars().skip(1).all(short)) {
        Fit::Yes
    } else if call.words.iter().any(|word| !word.known) {
        Fit::Perhaps
    } else {
        Fit::No
    }
}

fn place(rule: &Rule) -> &str {
    if rule.source.is_empty() { "the configuration" } else { &rule.source }
}
