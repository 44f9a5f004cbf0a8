//! The gate: every effect passes here, and only here is a [`Grant`] made.

use super::{Hands, Job};
use crate::base::access::{Access, Answer, Ask, Verdict};
use crate::base::change::Review;
use crate::edit::change::ChangeSet;
use crate::policy::{Policy, decide, runs_outside};

/// Leave to act: the hands, and of the change what was accepted.
#[expect(clippy::manual_non_exhaustive, reason = "the private field keeps the rest of this crate from making one, too")]
pub struct Grant {
    pub hands: Hands,
    pub change: Option<ChangeSet>,
    /// What the person said beside their yes, for the model.
    pub note: Option<String>,
    /// Its command may run outside of the jail: by the user's answer or rule, or by mode `full`.
    pub outside: bool,
    _made_here: (),
}

/// What policy says of a job.
pub enum Pass {
    /// It may, and by which rule.
    Granted(Grant, String),
    /// Somebody has to be asked first, for this reason.
    Ask(String),
    /// No, in words for the model.
    Denied(String),
}

/// Decides a job: the strictest of its accesses wins.
pub fn pass(policy: &Policy, job: &Job, hands: &Hands) -> Pass {
    let (mut reasons, mut rules) = (Vec::new(), Vec::new());
    for access in &job.access {
        let decision = decide(policy, access);
        match decision.verdict {
            Verdict::Allow => {}
            Verdict::Ask(why) => reasons.push(why),
            Verdict::Deny(why) => return Pass::Denied(format!("not allowed: {why}")),
        }
        if !rules.contains(&decision.rule) {
            rules.push(decision.rule);
        }
    }
    if !reasons.is_empty() {
        return Pass::Ask(reasons.join("; "));
    }
    let outside =
        job.access.iter().any(leaves) || job.access.iter().any(|access| runs_outside(policy, access).is_some());
    Pass::Granted(grant(job.change.clone(), None, outside, hands), rules.join("; "))
}

fn leaves(access: &Access) -> bool {
    matches!(access, Access::Leave { .. })
}

fn grant(change: Option<ChangeSet>, note: Option<String>, outside: bool, hands: &Hands) -> Grant {
    Grant { hands: hands.clone(), change, note, outside, _made_here: () }
}

/// The question that a job asks.
pub fn question(id: u64, call: &str, tool: &str, why: String, job: &Job) -> Ask {
    let change = job.change.as_ref().map(ChangeSet::summary).unwrap_or_default();
    Ask { id, call: call.into(), tool: tool.into(), why, access: job.access.clone(), change, made: false }
}

/// What an answer gives: a grant, or words for the model.
pub fn answered(answer: &Answer, job: &Job, hands: &Hands) -> Result<Grant, String> {
    let outside = job.access.iter().any(leaves);
    match answer {
        Answer::Allow { .. } => Ok(grant(job.change.clone(), None, outside, hands)),
        Answer::Deny { comment } => Err(refusal(comment.as_deref())),
        Answer::Review(review) => {
            let accepted = job.change.as_ref().map(|change| accepted(answer, change, hands));
            match accepted.filter(|change| !change.is_empty()) {
                Some(change) => {
                    let note = partly(&change, job, review.comment.as_deref());
                    Ok(grant(Some(change), note, outside, hands))
                }
                None => Err(refusal(review.comment.as_deref())),
            }
        }
    }
}

/// What an answer accepts of a change.
pub fn accepted(answer: &Answer, change: &ChangeSet, hands: &Hands) -> ChangeSet {
    match answer {
        Answer::Allow { .. } => change.clone(),
        Answer::Deny { .. } => ChangeSet::default(),
        Answer::Review(review) => change.accept(&revealed(review, change, hands)),
    }
}

/// A person edits what was shown, where secrets have only names.
fn revealed(review: &Review, change: &ChangeSet, hands: &Hands) -> Review {
    let reveal = |path: &str, text: &mut String| {
        let sides = change.files.iter().filter(|file| file.path == path).flat_map(|file| [&file.before, &file.after]);
        let sides: Vec<&[u8]> = sides.flatten().map(|bytes| &**bytes).collect();
        *text = hands.redactor.reveal(std::mem::take(text), &sides);
    };
    let mut review = review.clone();
    review.edited.iter_mut().for_each(|file| reveal(&file.path, &mut file.text));
    review.edited_hunks.iter_mut().for_each(|hunk| reveal(&hunk.path, &mut hunk.text));
    review
}

fn refusal(comment: Option<&str>) -> String {
    match comment {
        Some(comment) => format!("the user said no: {comment}"),
        None => "the user said no; do something else, or end with what you have".into(),
    }
}

/// The words for a change that was not accepted as it was proposed, or came with a comment.
fn partly(accepted: &ChangeSet, job: &Job, comment: Option<&str>) -> Option<String> {
    let whole = job.change.as_ref() == Some(accepted);
    match (whole, comment) {
        (true, None) => None,
        (true, Some(comment)) => Some(format!("the user said: {comment}")),
        (false, None) => {
            Some("the user accepted only a part of the change, or changed it; read the files before you go on".into())
        }
        (false, Some(comment)) => {
            Some(format!("the user accepted only a part of the change, or changed it, and said: {comment}"))
        }
    }
}
