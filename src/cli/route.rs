//! `agent route explain`: which model a task would get, for what price, and why. No model is asked.

use super::args::{Route, RouteAction};
use super::{print, print_json};
use crate::base::event::Role;
use crate::base::money::Usd;
use crate::base::{Error, Result};
use crate::config::choose::{Choice, named};
use crate::config::paths::Environment;
use crate::config::{Config, offers};
use crate::route::choose::choose;
use crate::route::offer::{EXPLORE, Evidence, Offer, State, TARGET};
use crate::route::plan::{Plan, percent};
use crate::route::price::dollars;
use crate::route::role::{RoleChoice, role};
use crate::route::task::{Facts, Task, features};
use crate::store::ledger::{self, Ledger};
use crate::store::{log, moment};

pub fn main(args: Route, environment: &Environment) -> Result<u8> {
    let RouteAction::Explain { task, checked, image, local, max_cost, config, json } = args.action;
    let config = Config::load(environment, false, &config)?;
    let budget_left = max_cost.map(|text| text.parse::<Usd>()).transpose().map_err(Error::usage)?;
    let text = task.join(" ");
    let task = features(&text, &Facts { images: usize::from(image), checked, ..Facts::default() });
    let choices = offers::choices(&config, environment)?;
    let key = |choice: &Choice| offers::can_be_asked(&choice.provider, &config, environment);
    let mut offers: Vec<Offer> = choices.iter().map(|choice| offers::offer(choice, key(choice))).collect();
    let state_folder = environment.state_folder().ok().filter(|state| ledger::path(state).exists());
    // A ledger that cannot be read is no reason not to explain what is known without it.
    let ledger = state_folder.and_then(|state| Ledger::open(&state).ok());
    let evidence = ledger.as_ref().map(evidence).unwrap_or_default();
    let cooling = ledger.as_ref().and_then(|ledger| ledger.cooling(moment::now()).ok()).unwrap_or_default();
    for offer in &mut offers {
        let cold = cooling.iter().find(|cooling| cooling.key == offer.provider);
        offer.cooling = cold.map(|cooling| format!("until {}: {}", log::time_text(cooling.until), cooling.reason));
    }
    // What is shown is the choice by what is known; whether a task is one of those that try something out depends on the task's id.
    let state = State { budget_left, local_only: local, explore: 0, ..state(&config) };
    let plan = choose(&task, &offers, &evidence, &state);
    let executor = plan.candidates.first().map(|candidate| candidate.model.as_str());
    let helpers = helpers(&config, environment, &offers, &evidence, executor)?;
    if json {
        print_json(&as_json(&task, &plan, &helpers).to_string())?;
    } else {
        show(&task, &plan)?;
        show_helpers(&helpers)?;
    }
    Ok(u8::from(plan.candidates.is_empty()))
}

/// Who does what is not the work itself, and why that one or nobody.
struct Helper {
    role: Role,
    model: Option<String>,
    reason: String,
}

/// The models for summaries, plans and reviews where `executor` does the work.
fn helpers(
    config: &Config,
    environment: &Environment,
    offers: &[Offer],
    evidence: &[Evidence],
    executor: Option<&str>,
) -> Result<Vec<Helper>> {
    let mut helpers = Vec::new();
    for kind in [Role::Fast, Role::Plan, Role::Review] {
        let mut offers = offers.to_vec();
        let mut configured = None;
        // Who is named for a role need not be among those that do the work.
        if let Some(name) = config.text(&format!("roles.{}", kind.name())) {
            let choice = named(name, config, environment)?;
            let name = choice.model.name();
            if offers.iter().all(|offer| offer.model != name) {
                offers.push(offers::offer(&choice, offers::can_be_asked(&choice.provider, config, environment)));
            }
            configured = Some(name);
        }
        // As in a run, summaries go by price alone.
        let executor = executor.filter(|_| kind != Role::Fast);
        helpers.push(match (role(kind, &offers, evidence, configured.as_deref(), executor), configured) {
            (Some(RoleChoice { model, reason }), _) => Helper { role: kind, model: Some(model), reason },
            (None, Some(name)) => Helper { role: kind, model: None, reason: format!("{name} cannot be asked now") },
            (None, None) => {
                Helper { role: kind, model: None, reason: "no model with a known price can be asked".into() }
            }
        });
    }
    Ok(helpers)
}

/// What the configuration says of choices.
pub fn state(config: &Config) -> State {
    let percent = |key: &str, default: u8| config.number(key).map_or(default, |number| number.min(100) as u8);
    State { target: percent("route.target", TARGET), explore: percent("route.explore", EXPLORE), ..State::default() }
}

/// How far back this user's own tasks are looked at: what is older counts next to nothing.
const RECORD: u64 = 90 * 24 * 3600 * 1000;

/// What this user's own tasks showed. A ledger that cannot be read shows nothing.
pub fn evidence(ledger: &Ledger) -> Vec<Evidence> {
    let now = moment::now();
    ledger.evidence(now.saturating_sub(RECORD), now).unwrap_or_default()
}

fn show(task: &Task, plan: &Plan) -> Result<()> {
    let language = task.language.map_or(String::new(), |language| format!(", {language}"));
    let checked = if task.checked { "with a check" } else { "without a check" };
    print(&format!("{} `{}` task{language}, {checked}", task.size.name(), task.kind.name()))?;
    print(&plan.reason)?;
    if plan.candidates.is_empty() && plan.passed_over.is_empty() {
        print("no provider has a key: `agent doctor` says what is looked for")?;
    }
    if !plan.candidates.is_empty() {
        print("")?;
        print(&format!("{:<44} {:>10} {:>10} {:>8}", "MODEL", "COST", "WITH NEXT", "SUCCESS"))?;
    }
    let money = |amount: Option<Usd>| amount.map_or("unknown".into(), dollars);
    for candidate in &plan.candidates {
        print(&format!(
            "{:<44} {:>10} {:>10} {:>7}%",
            candidate.model,
            money(candidate.cost),
            money(candidate.total),
            percent(candidate.success)
        ))?;
        print(&format!("    {}", candidate.reason))?;
    }
    if !plan.escalation().is_empty() {
        print(&format!("\nwhere the first fails, {} takes over", plan.escalation().join(", then ")))?;
    }
    for passed in &plan.passed_over {
        print(&format!("left out: {}: {}", passed.model, passed.reason))?;
    }
    Ok(())
}

fn show_helpers(helpers: &[Helper]) -> Result<()> {
    if helpers.iter().all(|helper| helper.model.is_none()) {
        return Ok(());
    }
    print("\nother roles (`fast` writes summaries; no command asks `plan` and `review` yet)")?;
    for Helper { role, model, reason } in helpers {
        print(&format!("  {:<8}{}: {reason}", role.name(), model.as_deref().unwrap_or("nobody")))?;
    }
    Ok(())
}

fn as_json(task: &Task, plan: &Plan, helpers: &[Helper]) -> serde_json::Value {
    let roles: Vec<serde_json::Value> = helpers
        .iter()
        .map(|Helper { role, model, reason }| {
            serde_json::json!({ "role": role.name(), "model": model, "reason": reason })
        })
        .collect();
    let candidates: Vec<serde_json::Value> = plan
        .candidates
        .iter()
        .map(|candidate| {
            serde_json::json!({
                "model": candidate.model,
                "expected_usd": candidate.cost,
                "total_usd": candidate.total,
                "success_percent": percent(candidate.success),
                "reached_percent": percent(candidate.reached),
                "measured": candidate.measured,
                "escalation": candidate.escalation,
                "reason": candidate.reason,
            })
        })
        .collect();
    let passed: Vec<serde_json::Value> = plan
        .passed_over
        .iter()
        .map(|passed| serde_json::json!({ "model": passed.model, "reason": passed.reason }))
        .collect();
    serde_json::json!({
        "kind": task.kind.name(), "size": task.size.name(), "language": task.language, "checked": task.checked,
        "reason": plan.reason, "candidates": candidates, "passed_over": passed,
        "roles": roles,
    })
}
