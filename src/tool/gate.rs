//! The gate: every effect passes here, and only here is a [`Grant`] made.

use super::{Hands, Job};
use crate::base::access::{Answer, Ask, Verdict};
use crate::base::change::Review;
use crate::edit::change::ChangeSet;
use crate::policy::{Policy, decide};

/// Leave to act: the hands, and of the change what was accepted.
#[expect(clippy::manual_non_exhaustive, reason = "the private field keeps the rest of this crate from making one, too")]
pub struct Grant {
    pub hands: Hands,
    pub change: Option<ChangeSet>,
    /// What the person said beside their yes, for the model.
    pub note: Option<String>,
    _made_here: (),
}

/// What policy says of a job.
pub enum Pass {
    Granted(Grant),
    /// Somebody has to be asked first, for this reason.
    Ask(String),
    /// No, in words for the model.
    Denied(String),
}

/// Decides a job: the strictest of its accesses wins.
pub fn pass(policy: &Policy, job: &Job, hands: &Hands) -> Pass {
    let mut reasons = Vec::new();
    for access in &job.access {
        match decide(policy, access) {
            Verdict::Allow => {}
            Verdict::Ask(why) => reasons.push(why),
            Verdict::Deny(why) => return Pass::Denied(format!("not allowed: {why}")),
        }
    }
    if reasons.is_empty() {
        Pass::Granted(Grant { hands: hands.clone(), change: job.change.clone(), note: None, _made_here: () })
    } else {
        Pass::Ask(reasons.join("; "))
    }
}

/// The question that a job asks.
pub fn question(id: u64, call: &str, tool: &str, why: String, job: &Job) -> Ask {
    let change = job.change.as_ref().map(ChangeSet::summary).unwrap_or_default();
    Ask { id, call: call.into(), tool: tool.into(), why, access: job.access.clone(), change, made: false }
}

/// What an answer gives: a grant, or words for the model.
pub fn answered(answer: &Answer, job: &Job, hands: &Hands) -> Result<Grant, String> {
    match answer {
        Answer::Allow { .. } => {
            Ok(Grant { hands: hands.clone(), change: job.change.clone(), note: None, _made_here: () })
        }
        Answer::Deny { comment } => Err(refusal(comment.as_deref())),
        Answer::Review(review) => {
            let accepted = job.change.as_ref().map(|change| accepted(answer, change, hands));
            match accepted.filter(|change| !change.is_empty()) {
                Some(change) => {
                    let note = partly(&change, job, review.comment.as_deref());
                    Ok(Grant { hands: hands.clone(), change: Some(change), note, _made_here: () })
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
