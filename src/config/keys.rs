//! The one table of configuration keys: it makes the errors, `agent config show` and `docs/configuration.md`.

use super::units;
use crate::base::money::Usd;
use std::time::Duration;

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Text,
    List,
    Number,
    Flag,
    /// `"90s"`, `"20m"`, `"1h30m"`; a bare number is seconds.
    Duration,
    /// `"0.50"` or 0.5, in US dollars.
    Money,
    /// `"2GB"`; a bare number is bytes.
    Bytes,
    Choice(&'static [&'static str]),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    List(Vec<String>),
    /// Also bytes.
    Number(u64),
    Flag(bool),
    Duration(Duration),
    Money(Usd),
}

/// One key. `*` in its name stands for a name of the user's.
pub struct Key {
    pub name: &'static str,
    pub kind: Type,
    pub default: Option<&'static str>,
    pub help: &'static str,
}

const fn key(name: &'static str, kind: Type, default: Option<&'static str>, help: &'static str) -> Key {
    Key { name, kind, default, help }
}

const WIRES: &[&str] = &["responses", "chat", "messages", "gemini", "converse"];
const MODES: &[&str] = &["read", "ask", "auto", "full"];
const EFFORTS: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh", "max"];
const BACKENDS: &[&str] = &["auto", "namespaces", "landlock", "none"];
const KEYRING: &[&str] = &["auto", "off"];
const FAMILIES: &[&str] = &["openai", "claude", "other"];

pub const KEYS: &[Key] = &[
    key(
        "model",
        Type::List,
        None,
        "The model to use, as `provider/model`, or several: where one fails, the next goes on. `auto` chooses. `-m` and AGENT_MODEL win over it.",
    ),
    key("effort", Type::Choice(EFFORTS), None, "How hard the model thinks. Unset: the vendor's default."),
    key(
        "mode",
        Type::Choice(MODES),
        None,
        "What may happen without a question. `agent run` uses `auto` where it is unset.",
    ),
    key("max_output", Type::Number, Some("32000"), "The most tokens one answer may have, reasoning included."),
    key("limits.max_turns", Type::Number, None, "The most requests of one run."),
    key("limits.max_cost", Type::Money, None, "The most money one run may spend."),
    key("limits.timeout", Type::Duration, None, "The longest one run may take."),
    key("limits.check_rounds", Type::Number, Some("3"), "How many times a failed check goes back to the model."),
    key("limits.loop_warn", Type::Number, Some("4"), "After so many equal calls with equal results the model is told."),
    key("limits.loop_stop", Type::Number, Some("8"), "After so many equal calls with equal results the run ends."),
    key("budget.session", Type::Money, None, "The most money one session may spend, with all that goes on with it."),
    key("budget.day", Type::Money, None, "The most money all work may spend a day."),
    key("budget.project", Type::Money, None, "The most money all work in a project may spend a calendar month."),
    key("budget.warn", Type::Number, Some("80"), "A budget that is used up to so many percent is said."),
    key(
        "budget.then",
        Type::Choice(&["stop", "degrade", "ask"]),
        Some("stop"),
        "What follows when a budget is used up: the end, a cheaper model of those named, or a question where somebody answers.",
    ),
    key(
        "failover.patience",
        Type::Duration,
        Some("5s"),
        "How long a model that fails is tried again before the next one goes on.",
    ),
    key(
        "context.full",
        Type::Choice(&["compact", "larger"]),
        Some("compact"),
        "What makes room in a full window: a summary, or a model with a larger one, where one is named.",
    ),
    key(
        "route.candidates",
        Type::List,
        Some(""),
        "The models among which `auto` chooses, as `provider/model`. Empty: the sensible ones of every provider with a key.",
    ),
    key(
        "route.target",
        Type::Number,
        Some("95"),
        "How much of the best model's success to keep, in percent: the higher, the more a failure counts against a low price.",
    ),
    key(
        "route.explore",
        Type::Number,
        Some("10"),
        "Of a hundred tasks with a check, so many may go to a model of which little is known.",
    ),
    key(
        "roles.fast",
        Type::Text,
        None,
        "The model for summaries of a long history. Unset: the one at work; with `auto`, the cheapest.",
    ),
    key(
        "roles.plan",
        Type::Text,
        None,
        "The model for plans, shown by `agent route explain`; no command asks it yet. Unset: the one that is expected to do best.",
    ),
    key(
        "roles.review",
        Type::Text,
        None,
        "The model for reviews, shown by `agent route explain`; no command asks it yet. Unset: the best one, of another provider than the one that did the work where there is one.",
    ),
    key("network.connect_timeout", Type::Duration, Some("10s"), "The longest wait for a connection."),
    key("network.idle_timeout", Type::Duration, Some("60s"), "The longest wait for the next byte of an answer."),
    key(
        "network.local_timeout",
        Type::Duration,
        Some("300ms"),
        "The longest wait for each answer of a model server on this machine, when it is looked for.",
    ),
    key(
        "network.retry_budget",
        Type::Duration,
        Some("2m"),
        "How long a request is tried again after failures that may pass.",
    ),
    key(
        "network.allow",
        Type::List,
        Some(""),
        "The hosts that commands may reach: `host`, `host:port`, `*.host` and names of lists. Empty: no network. `--net` wins over it.",
    ),
    key(
        "hosts.*.allow",
        Type::List,
        None,
        "The hosts of a list of yours, as in `network.allow`, but without names of lists.",
    ),
    key("hosts.*.private", Type::Flag, None, "May the hosts of this list have private addresses?"),
    key(
        "network.max",
        Type::Choice(&["off", "hosts", "full"]),
        None,
        "The most that commands may have of the network, whatever `--net` says. Unset: no bound.",
    ),
    key(
        "sandbox.require",
        Type::Flag,
        Some("false"),
        "Refuse to work without a sandbox, as `--require-sandbox`? Then nothing runs outside of it.",
    ),
    key("shell.timeout", Type::Duration, Some("2m"), "How long a command may run where the model does not say."),
    key(
        "shell.max_timeout",
        Type::Duration,
        Some("30m"),
        "The most time the model may give a command, and each check.",
    ),
    key("env.pass", Type::List, Some(""), "Names of environment variables that commands get besides the usual ones."),
    key(
        "sandbox.backend",
        Type::Choice(BACKENDS),
        Some("auto"),
        "What enforces the jail of commands. `auto` takes the strongest that works here; with a name there is that or none.",
    ),
    key(
        "sandbox.deny",
        Type::List,
        Some(""),
        "Files and folders that commands and tools do not read, besides the known places of secrets.",
    ),
    key(
        "sandbox.allow_read",
        Type::List,
        Some(""),
        "Known places of secrets that are read all the same, such as `~/.npmrc`.",
    ),
    key("sandbox.write", Type::List, Some(""), "Folders that commands write, besides the workspace."),
    key("sandbox.memory", Type::Bytes, Some("16GiB"), "The most memory of a command with all its children."),
    key("sandbox.processes", Type::Number, Some("4096"), "The most processes and threads of a command."),
    key("sandbox.file_size", Type::Bytes, Some("8GiB"), "The largest file a command may write."),
    key("sandbox.disk_free", Type::Bytes, Some("1GiB"), "What a command leaves free on the disk of the workspace."),
    key(
        "secrets.allow",
        Type::List,
        Some(""),
        "Secrets that models may see after all: by the mark that stands for one, by kind, or by the name of a variable.",
    ),
    key(
        "auth.keyring",
        Type::Choice(KEYRING),
        Some("auto"),
        "`auto` keeps the keys of `agent login` in the system's keyring where there is one; `off` never asks it.",
    ),
    key(
        "git.trailers",
        Type::Flag,
        Some("true"),
        "Do commits that commands make say in their message which agent, session and model made them?",
    ),
    key("sessions.keep", Type::Duration, Some("90d"), "Sessions not written for so long are deleted."),
    key("sessions.cap", Type::Bytes, Some("2GB"), "The most room all sessions take; the oldest go first."),
    key(
        "checkpoints.enabled",
        Type::Flag,
        Some("true"),
        "Keep the workspace before and after each task, so that it can be undone?",
    ),
    key("checkpoints.keep", Type::Duration, Some("30d"), "Checkpoints older than that are deleted."),
    key(
        "checkpoints.cap",
        Type::Bytes,
        Some("5GB"),
        "The most room all checkpoints take; the oldest go first. A workspace with more than that to keep gets none.",
    ),
    key(
        "telemetry.endpoint",
        Type::Text,
        None,
        "Where traces of each run are sent (OTLP over HTTP, in JSON), such as `http://localhost:4318`. Unset: nowhere.",
    ),
    key(
        "telemetry.headers_env",
        Type::Text,
        None,
        "The environment variable that holds headers for it, as `name=value,name=value`.",
    ),
    key(
        "telemetry.content",
        Type::Flag,
        Some("false"),
        "Do traces hold what was said: the task, answers, calls and their results?",
    ),
    key("providers.*.wire", Type::Choice(WIRES), None, "The protocol the server speaks."),
    key("providers.*.base_url", Type::Text, None, "Where the server is, such as `http://localhost:8080/v1`."),
    key(
        "providers.*.key_env",
        Type::Text,
        None,
        "The environment variable that holds the key. Unset: only one that `agent login` stored is sent.",
    ),
    key(
        "providers.*.oauth_client_id",
        Type::Text,
        None,
        "The name under which `agent login` asks this server for tokens.",
    ),
    key("providers.*.oauth_authorize_url", Type::Text, None, "Where a browser is sent to log in."),
    key("providers.*.oauth_device_url", Type::Text, None, "Where a code for a login on another device comes from."),
    key("providers.*.oauth_token_url", Type::Text, None, "Where tokens are fetched and renewed."),
    key("providers.*.oauth_scopes", Type::List, None, "What the tokens are asked to allow."),
    key(
        "providers.*.project",
        Type::Text,
        None,
        "What `{project}` stands for in the address: for `vertex` the Google Cloud project.",
    ),
    key(
        "providers.*.location",
        Type::Text,
        None,
        "What `{location}` stands for in the address: for `vertex` the Google Cloud location.",
    ),
    key("providers.*.region", Type::Text, None, "The AWS region of `bedrock` and `bedrock-openai`."),
    key("providers.*.resource", Type::Text, None, "The name of the Azure resource of `azure`."),
    key(
        "models.url",
        Type::Text,
        None,
        "Where `agent models --refresh` fetches a catalog: an `api.json` in the format of models.dev.",
    ),
    key("models.*.context", Type::Number, None, "Tokens of input and output together."),
    key("models.*.max_output", Type::Number, None, "The most tokens of one answer."),
    key("models.*.input", Type::Money, None, "Dollars per million tokens of input."),
    key("models.*.output", Type::Money, None, "Dollars per million tokens of output."),
    key(
        "models.*.cache_read",
        Type::Money,
        None,
        "Dollars per million tokens read from the provider's cache. Unset: as `input`.",
    ),
    key(
        "models.*.cache_write",
        Type::Money,
        None,
        "Dollars per million tokens written to the provider's cache. Unset: as `input`.",
    ),
    key("models.*.images", Type::Flag, None, "Does it take images?"),
    key("models.*.reasoning", Type::Flag, None, "Does it think before it answers?"),
    key("models.*.family", Type::Choice(FAMILIES), None, "Whose tools and prompt it gets."),
    key("tui.theme", Type::Text, None, "The theme of the screen, built in or from `tui.themes`. Unset: `default`."),
    key("tui.full", Type::Flag, Some("false"), "Does the screen begin as a full one?"),
    key("tui.vim", Type::Flag, Some("false"), "Vim's keys where text is typed?"),
    key(
        "tui.plain",
        Type::Flag,
        Some("false"),
        "Plain text, one thing after the other, for screen readers, as with `--plain`?",
    ),
    key(
        "tui.notify",
        Type::Choice(&["bell", "osc9", "osc777", "off"]),
        None,
        "How the screen calls when it waits for you. Unset: the bell.",
    ),
    key("tui.status", Type::List, Some(""), "What the status line shows, in this order. Empty: all."),
    key(
        "tui.keys.*",
        Type::List,
        None,
        "The keys of an action, in place of the usual ones; `/keys` lists the actions.",
    ),
    key(
        "tui.themes.*.*",
        Type::Text,
        None,
        "The colour of a role in a theme of yours: a name, a number of the palette, or `#rrggbb`.",
    ),
];

/// Does a name fit a row that ends with the user's own parts?
fn fits(row: &str, name: &str) -> bool {
    let of_two = row.strip_suffix("*.*").and_then(|before| name.strip_prefix(before));
    let of_one =
        row.strip_suffix('*').filter(|before| !before.contains('*')).and_then(|before| name.strip_prefix(before));
    let is_pair = |rest: &str| rest.rsplit_once('.').is_some_and(|(first, last)| !first.is_empty() && !last.is_empty());
    of_two.is_some_and(is_pair) || of_one.is_some_and(|rest| !rest.is_empty())
}

/// A dotted key of two or three parts; the middle one may be quoted and may hold dots and slashes.
pub fn split(key: &str) -> Option<(&str, &str, &str)> {
    let (first, rest) = key.split_once('.')?;
    let (middle, last) = rest.rsplit_once('.')?;
    Some((first, middle.trim_matches('"'), last))
}

/// The row for a key as the user wrote it.
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name || fits(key.name, name)).or_else(|| {
        let (first, middle, last) = split(name)?;
        let wild = format!("{first}.*.{last}");
        KEYS.iter().find(|key| !middle.is_empty() && key.name == wild)
    })
}

/// The name nearest to what was written, where one is near. A wrong last part keeps the user's own middle part.
pub fn nearest(name: &str) -> Option<String> {
    let named = KEYS.iter().filter(|key| !key.name.ends_with('*'));
    let candidates = named.map(|key| match (key.name.split_once('*'), split(name)) {
        (Some((first, last)), Some((_, middle, _))) => format!("{first}{middle}{last}"),
        _ => key.name.to_owned(),
    });
    closest(name, candidates)
}

/// The candidate that is at most a third of its letters away; of two that are as near, the one as long as the name.
pub fn closest(name: &str, candidates: impl Iterator<Item = String>) -> Option<String> {
    candidates
        .map(|candidate| (distance(name, &candidate), candidate))
        .min_by_key(|(far, candidate)| (*far, candidate.chars().count().abs_diff(name.chars().count())))
        .filter(|(far, candidate)| *far * 3 <= candidate.len().max(3))
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, in characters, where two neighbours that changed places count once.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (mut before, mut above): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    for i in 0..a.len() {
        let mut row = vec![i + 1; b.len() + 1];
        for j in 0..b.len() {
            row[j + 1] = (above[j] + usize::from(a[i] != b[j])).min(row[j] + 1).min(above[j + 1] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

impl Key {
    /// Reads a value written as plain text (a default, a flag).
    pub fn parse_text(&self, text: &str) -> Result<Value, String> {
        match self.kind {
            Type::Text => Ok(Value::Text(text.into())),
            Type::List => Ok(Value::List(
                text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect(),
            )),
            Type::Number => text.parse().map(Value::Number).map_err(|_| self.expected(text)),
            Type::Flag => text.parse().map(Value::Flag).map_err(|_| self.expected(text)),
            Type::Duration => units::duration(text).map(Value::Duration).ok_or_else(|| self.expected(text)),
            Type::Money => text.parse().map(Value::Money).map_err(|_| self.expected(text)),
            Type::Bytes => units::bytes(text).map(Value::Number).ok_or_else(|| self.expected(text)),
            Type::Choice(choices) if choices.contains(&text) => Ok(Value::Text(text.into())),
            Type::Choice(_) => Err(self.expected(text)),
        }
    }

    /// The words for a value of the wrong kind.
    pub fn expected(&self, found: &str) -> String {
        format!("`{}` takes {}, not `{found}`", self.name, self.kind)
    }
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Type::Text => f.write_str("a text"),
            Type::List => f.write_str("a list of texts"),
            Type::Number => f.write_str("a whole number"),
            Type::Flag => f.write_str("true or false"),
            Type::Duration => f.write_str("a duration such as \"90s\", \"20m\" or \"1h30m\""),
            Type::Money => f.write_str("an amount in US dollars such as \"0.50\""),
            Type::Bytes => f.write_str("a size such as \"500MB\" or \"2GB\""),
            Type::Choice(choices) => write!(f, "one of {}", choices.join(", ")),
        }
    }
}

impl std::fmt::Display for Value {
    /// As TOML.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Text(text) => write!(f, "{text:?}"),
            // A list is also taken as one text.
            Value::List(list) => match list.as_slice() {
                [one] => write!(f, "{one:?}"),
                list => write!(f, "{list:?}"),
            },
            Value::Number(number) => write!(f, "{number}"),
            Value::Flag(flag) => write!(f, "{flag}"),
            Value::Duration(duration) => write!(f, "\"{}\"", units::show_duration(*duration)),
            Value::Money(amount) => write!(f, "\"{amount}\""),
        }
    }
}
