//! Effects for people: a calm table of at most 80 columns, and below each line what does not fit into it.

use crate::base::access::Answer;
use crate::base::event::Tampering;
use crate::base::money::Usd;
use crate::text::sanitise::one_line;
use crate::transcript::audit::{Effect, Host, Question, What};

/// Columns of the whole, and of what was done.
const WIDTH: usize = 80;
const DONE: usize = 31;

/// The lines of one session; there is at least one effect.
pub(super) fn text(effects: &[Effect]) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(first) = effects.first() {
        lines.extend(head(first));
    }
    lines.push(row(["TIME", "DONE", "RULE", "JAIL", "END"]));
    for effect in effects {
        match effect.what {
            What::Request => {}
            What::Session | What::Call | What::Denied | What::Check | What::Found => lines.extend(effect_lines(effect)),
        }
    }
    lines.push(String::new());
    lines.extend(wrapped("", &totals(effects)));
    lines
}

/// Whose session it was, and in what it was confined.
fn head(first: &Effect) -> Vec<String> {
    let or_dash = |text: &Option<String>| text.as_deref().map_or("-".into(), one_line);
    let day = first.time.get(..10).unwrap_or_default();
    let who = format!("for {} by {}, {}", or_dash(&first.user), or_dash(&first.agent), or_dash(&first.model));
    let how =
        format!("mode {}, jail {}, network {}", or_dash(&first.mode), or_dash(&first.jail), or_dash(&first.network));
    [format!("session {} of {day}", one_line(&first.session)), who, how, or_dash(&first.project)]
        .iter()
        .flat_map(|line| wrapped("", line))
        .chain([String::new()])
        .collect()
}

fn effect_lines(effect: &Effect) -> Vec<String> {
    let time = effect.time.get(11..19).unwrap_or_default();
    let dash = |text: &Option<String>| text.as_deref().map_or("-".into(), one_line);
    let (rule, jail) = match effect.what {
        What::Session => (String::new(), String::new()),
        What::Request | What::Call | What::Denied | What::Check | What::Found => {
            (dash(&effect.rule), dash(&effect.jail))
        }
    };
    let mut lines = vec![row([time, &one_line(&effect.summary), &rule, &jail, &end(effect)])];
    let mut add = |line: String| lines.extend(wrapped("          ", &line));
    effect.questions.iter().for_each(|question| add(asked(question)));
    for file in &effect.edited {
        add(format!("{} +{} -{}", one_line(&file.path), file.added, file.removed));
    }
    effect.hosts_allowed.iter().for_each(|host| add(format!("host allowed: {}", named(host))));
    for host in &effect.hosts_denied {
        add(format!("host denied: {} ({})", named(host), one_line(&host.why)));
    }
    for file in &effect.quarantined {
        let what = match file.what {
            Tampering::Added => "added, and taken away",
            Tampering::Changed => "changed, and put back",
            Tampering::Removed => "removed, and put back",
        };
        add(format!("protected: {} {what}", one_line(&file.path)));
    }
    for commit in &effect.commits {
        let id = commit.id.get(..12).unwrap_or(&commit.id);
        let mark = if commit.marked { "" } else { " (without true trailers)" };
        add(format!("commit {id}{mark}: {}", one_line(&commit.subject)));
    }
    lines
}

fn named(host: &Host) -> String {
    one_line(&format!("{}:{}", host.host, host.port))
}

fn asked(question: &Question) -> String {
    let by = question.by.as_deref().map_or("-".into(), one_line);
    let answer = match &question.answer {
        Some(Answer::Allow { .. }) => format!("allowed by {by}"),
        Some(Answer::Review(_)) => format!("allowed in part by {by}"),
        Some(Answer::Deny { .. }) => format!("denied by {by}"),
        None => "not answered".into(),
    };
    format!("asked: {}: {answer}", one_line(&question.why))
}

fn end(effect: &Effect) -> String {
    match (&effect.limit, effect.exit, &effect.status) {
        (Some(limit), ..) => format!("limit: {limit}"),
        (None, Some(code), _) if code != 0 => format!("exit {code}"),
        (None, _, Some(status)) => status.clone(),
        (None, _, None) if effect.what == What::Session || effect.what == What::Found => String::new(),
        (None, _, None) => "unknown".into(),
    }
}

/// Cells in columns; the last one takes what is left.
fn row(cells: [&str; 5]) -> String {
    let [time, done, rule, jail, end] = cells;
    let rule = cut(rule, 14);
    let (done, jail) = (cut(done, DONE), cut(jail, 10));
    let line = format!("{time:<8}  {done:<DONE$}  {rule:<14}  {jail:<10}  {}", cut(end, 9));
    line.trim_end().to_owned()
}

fn cut(text: &str, width: usize) -> String {
    match text.chars().count() > width {
        true => text.chars().take(width - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

/// A line of words, broken at the width; a word that is too long is cut into pieces.
fn wrapped(indent: &str, text: &str) -> Vec<String> {
    let width = WIDTH - indent.len();
    let mut lines = vec![String::new()];
    let pieces = text.split(' ').flat_map(|word| {
        let letters: Vec<char> = word.chars().collect();
        letters.chunks(width).map(|piece| piece.iter().collect::<String>()).collect::<Vec<_>>()
    });
    for piece in pieces {
        let Some(last) = lines.last_mut() else { break };
        if last.is_empty() {
            *last = piece;
        } else if last.chars().count() + 1 + piece.chars().count() <= width {
            last.push(' ');
            last.push_str(&piece);
        } else {
            lines.push(piece);
        }
    }
    lines.into_iter().map(|line| format!("{indent}{line}")).collect()
}

fn totals(effects: &[Effect]) -> String {
    let count = |what: What| effects.iter().filter(|effect| effect.what == what).count();
    let edited = || effects.iter().flat_map(|effect| &effect.edited);
    let (added, removed) = edited().fold((0, 0), |sum, file| (sum.0 + file.added, sum.1 + file.removed));
    let sum = |count: fn(&Effect) -> usize| effects.iter().map(count).sum::<usize>();
    let mut words = vec![format!("{} calls", count(What::Call))];
    let mut say = |number: usize, one: &str| {
        if number > 0 {
            words.push(format!("{number} {one}"));
        }
    };
    say(count(What::Denied), "denied");
    say(count(What::Check), "checks");
    say(sum(|effect| effect.questions.len()), "questions");
    say(sum(|effect| effect.hosts_denied.len()), "hosts denied");
    say(sum(|effect| effect.quarantined.len()), "protected paths put back");
    say(sum(|effect| effect.commits.len()), "commits");
    say(sum(|effect| effect.commits.iter().filter(|commit| !commit.marked).count()), "of them without true trailers");
    if edited().next().is_some() {
        words.push(format!("{} edits +{added} -{removed}", edited().count()));
    }
    words.push(format!("{} requests, {}", count(What::Request), money(effects)));
    words.join(", ")
}

fn money(effects: &[Effect]) -> String {
    let requests = || effects.iter().filter(|effect| effect.what == What::Request);
    let known =
        requests().filter_map(|effect| effect.cost_usd).fold(Usd(0), |sum, cost| Usd(sum.0.saturating_add(cost.0)));
    match requests().any(|effect| effect.cost_usd.is_none()) {
        true if known.0 == 0 => "of which no price is known".into(),
        true => format!("${known} and what is not known"),
        false => format!("${known}"),
    }
}
