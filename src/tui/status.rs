//! The status line: what would be asked, how much may happen, and what it has cost. One row that is never wider than its words.

use super::context::{dollars, thousands};
use super::state::State;
use super::theme::Role;
use super::words::wrap;
use crate::base::access::{Mode, Network};
use crate::text::sanitise::one_line;
use ratatui::text::{Line, Span};

/// An item of the line: its name in `tui.status`, and what it says.
type Item = (&'static str, fn(&State) -> Option<(Role, String)>);

/// The items in their order.
pub const ITEMS: &[Item] = &[
    ("model", model),
    ("mode", mode),
    ("context", context),
    ("cost", cost),
    ("cached", cached),
    ("branch", branch),
    ("jobs", jobs),
];

/// Are these names of items? The error is in words.
pub fn check(names: &[String]) -> Result<(), String> {
    let known: Vec<&str> = ITEMS.iter().map(|(name, _)| *name).collect();
    let unknown = names.iter().find(|name| !known.contains(&name.as_str()));
    unknown.map_or(Ok(()), |name| {
        Err(format!("`tui.status` has no item `{}`\nhint: the items are {}", one_line(name), known.join(", ")))
    })
}

/// The line, cut to `width`.
pub fn line(state: &State, width: u16) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut left = usize::from(width);
    for (role, text) in items(state) {
        let text = if spans.is_empty() { text } else { format!(" · {text}") };
        let text = wrap::clip(&text, left);
        left = left.saturating_sub(wrap::width(&text));
        spans.push(Span::styled(text, state.theme.style(role)));
    }
    Line::from(spans)
}

fn items(state: &State) -> Vec<(Role, String)> {
    let chosen = &state.preferences.status;
    let shown = |name: &str| ITEMS.iter().find(|(item, _)| *item == name);
    let items: Vec<&Item> =
        if chosen.is_empty() { ITEMS.iter().collect() } else { chosen.iter().filter_map(|name| shown(name)).collect() };
    items.into_iter().filter_map(|(_, say)| say(state)).map(|(role, text)| (role, one_line(&text))).collect()
}

fn model(state: &State) -> Option<(Role, String)> {
    let named = state.session.model.as_ref().filter(|_| state.session.open);
    let model = named.or(state.settings.model.as_ref()).unwrap_or(&state.standing.model);
    let short = model.rsplit_once('/').map_or(model.as_str(), |(_, id)| id);
    let effort = state.settings.effort.or(state.standing.effort);
    let effort = effort.map(|effort| format!(" {}", effort.name())).unwrap_or_default();
    if short.is_empty() {
        // At first nobody knows yet, and there is nothing to say.
        state.standing.problem.as_ref().map(|_| (Role::Warning, "no model".into()))
    } else {
        Some((Role::Dim, format!("{short}{effort}")))
    }
}

/// What commands run in, in words: `namespaces, network off`.
pub fn jail(state: &State) -> String {
    let started = state.session.started.as_deref().filter(|_| state.session.open);
    let sandbox = started.map_or(state.standing.sandbox.as_str(), |started| started.sandbox.as_str());
    let network = started.map_or(state.standing.network, |started| started.network);
    if sandbox == "none" {
        "none: commands are not confined".into()
    } else {
        format!("{sandbox}, network {}", network.name())
    }
}

fn mode(state: &State) -> Option<(Role, String)> {
    let mode = state.mode();
    let started = state.session.started.as_deref().filter(|_| state.session.open);
    let sandbox = started.map_or(state.standing.sandbox.as_str(), |started| started.sandbox.as_str());
    let network = started.map_or(state.standing.network, |started| started.network);
    let jail = match sandbox {
        "" => String::new(),
        "none" => ", no sandbox".into(),
        _ => match network {
            Network::Off => ", jailed".into(),
            Network::Hosts => ", jailed, hosts".into(),
            Network::Full => ", jailed, network".into(),
        },
    };
    let role = if mode == Mode::Full || sandbox == "none" { Role::Warning } else { Role::Dim };
    Some((role, format!("{}{jail}", mode.name())))
}

fn context(state: &State) -> Option<(Role, String)> {
    let used = state.session.view.spent().context;
    let window = state.window();
    if used == 0 {
        return None;
    }
    if window == 0 {
        return Some((Role::Dim, format!("{} tokens", thousands(used))));
    }
    let percent = used.saturating_mul(100) / window;
    let role = if percent >= 80 { Role::Warning } else { Role::Dim };
    Some((role, format!("{percent} % of {}", thousands(window))))
}

fn cost(state: &State) -> Option<(Role, String)> {
    let spent = state.session.view.spent();
    if spent.turn == 0 {
        return None;
    }
    let budget = state.standing.budget;
    let Some(session) = spent.session_cost.map(|cost| cost.plus(state.session.before)) else {
        return Some((Role::Dim, "price unknown".into()));
    };
    let task = spent.task_cost.filter(|task| *task != session);
    let turn = task.map(|task| format!("{} of ", dollars(task))).unwrap_or_default();
    let of = budget.map(|budget| format!(" / {}", dollars(budget))).unwrap_or_default();
    let near = budget.is_some_and(|budget| session.0.saturating_mul(5) >= budget.0.saturating_mul(4));
    Some((if near { Role::Warning } else { Role::Dim }, format!("{turn}{}{of}", dollars(session))))
}

fn cached(state: &State) -> Option<(Role, String)> {
    let percent = state.session.view.spent().cached_percent();
    (percent > 0).then(|| (Role::Dim, format!("{percent} % cached")))
}

fn branch(state: &State) -> Option<(Role, String)> {
    let branch = state.head.branch.as_ref()?;
    let dirty = if state.head.dirty > 0 { format!(" +{}", state.head.dirty) } else { String::new() };
    Some((Role::Dim, format!("{branch}{dirty}")))
}

fn jobs(state: &State) -> Option<(Role, String)> {
    let jobs = state.session.view.jobs().len();
    // Some have ended since the model looked at them.
    let jobs = state.head.running.map_or(jobs, |running| running.min(jobs));
    (jobs > 0).then(|| (Role::Accent, format!("{jobs} in the background")))
}

/// All of it, as a page.
pub fn page(state: &State) -> String {
    let mut text = String::new();
    let mut say = |name: &str, value: String| text.push_str(&format!("{name:<10} {value}\n"));
    let session = state.session.id.clone().unwrap_or_else(|| "none yet: the first task begins one".into());
    say("session", session);
    say("folder", state.folder.clone());
    let model = state.session.model.clone().unwrap_or_else(|| state.standing.model.clone());
    say("model", model);
    for (name, item) in ITEMS.iter().filter(|(name, _)| *name != "model") {
        if let Some((_, value)) = item(state) {
            say(name, value);
        }
    }
    if let Some(problem) = &state.standing.problem {
        say("problem", problem.clone());
    }
    text
}
