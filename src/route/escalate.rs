//! Does the work on this task go on with a stronger model? At the next task the choice begins anew, so the way down is free.

use super::plan::Plan;

/// What went wrong in this task with the model that works on it now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trouble {
    /// Rounds of checks that ended with a failed one.
    pub checks_failed: u32,
    /// Edits refused one after the other; one that is made sets it back to 0.
    pub edits_refused: u32,
    /// The same call gave the same result again and again, and the model was told.
    pub loop_noticed: bool,
    /// Answers that ended at their length limit, or were empty.
    pub cut: u32,
}

/// A check that failed so often does not pass by the same model's next try.
pub const CHECKS_FAILED: u32 = 2;
/// So many refused edits in a row: the model does not know the file, or the format.
pub const EDITS_REFUSED: u32 = 3;
/// So many answers that were cut or empty.
pub const CUT: u32 = 2;

/// The model that goes on, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// `provider/id`.
    pub to: String,
    /// In plain words, with numbers.
    pub reason: String,
}

/// The next stronger model of the plan, where there is reason to hand the task up; `None` where there is no reason, or nobody
/// stronger.
pub fn escalate(trouble: &Trouble, plan: &Plan, current: &str) -> Option<Escalation> {
    let what = cause(trouble)?;
    let chain = plan.escalation();
    let strength = |model: &str| plan.candidate(model).map_or(0.0, |candidate| candidate.success);
    let to = match chain.iter().position(|model| model == current) {
        Some(at) => chain.get(at + 1),
        None => chain.iter().find(|model| *model != current && strength(model) > strength(current)),
    };
    let to = to.cloned().or_else(|| strongest_above(plan, current))?;
    Some(Escalation { reason: format!("{what}: `{to}` goes on"), to })
}

/// The strongest candidate, where it is stronger than `current`.
fn strongest_above(plan: &Plan, current: &str) -> Option<String> {
    let now = plan.candidate(current)?.success;
    let best = plan.candidates.iter().max_by(|a, b| a.success.total_cmp(&b.success))?;
    (best.success > now && best.model != current).then(|| best.model.clone())
}

fn cause(trouble: &Trouble) -> Option<String> {
    if trouble.checks_failed >= CHECKS_FAILED {
        Some(format!("checks failed {} times", trouble.checks_failed))
    } else if trouble.edits_refused >= EDITS_REFUSED {
        Some(format!("{} edits in a row were refused", trouble.edits_refused))
    } else if trouble.loop_noticed {
        Some("the same call was made again and again".into())
    } else if trouble.cut >= CUT {
        Some(format!("{} answers were cut or empty", trouble.cut))
    } else {
        None
    }
}
