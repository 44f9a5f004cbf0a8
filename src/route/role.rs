//! Which model does what is not the work itself: summaries, plans, reviews.

use super::estimate::Estimates;
use super::offer::{Evidence, Offer};
use super::price;
use super::task::{Size, Task, TaskKind};
use crate::base::event::Role;

/// A model for a role, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleChoice {
    /// `provider/id`.
    pub model: String,
    pub reason: String,
}

/// The model of a role. `configured` is what the user said, and wins where it can be asked. `executor` is the model that does the
/// work: it is the one for [`Role::Main`], and a review prefers another provider's. `None`: no offer can be asked, or one that is
/// configured cannot.
pub fn role(
    role: Role,
    offers: &[Offer],
    evidence: &[Evidence],
    configured: Option<&str>,
    executor: Option<&str>,
) -> Option<RoleChoice> {
    let usable = |offer: &&Offer| offer.key && offer.cooling.is_none();
    if let Some(name) = configured {
        let offer = offers.iter().filter(usable).find(|offer| offer.model == name)?;
        return Some(RoleChoice { model: offer.model.clone(), reason: format!("`roles.{}` says so", role.name()) });
    }
    let offers: Vec<&Offer> = offers.iter().filter(usable).collect();
    match role {
        Role::Main => main(&offers, executor),
        Role::Fast => fast(&offers, executor),
        Role::Plan => strongest(&offers, evidence, TaskKind::Feature, None),
        Role::Review => strongest(&offers, evidence, TaskKind::Review, executor),
    }
}

fn main(offers: &[&Offer], executor: Option<&str>) -> Option<RoleChoice> {
    let offer = offers.iter().find(|offer| Some(offer.model.as_str()) == executor)?;
    Some(RoleChoice { model: offer.model.clone(), reason: "it does the work".into() })
}

/// The cheapest for a few thousand tokens; on this machine where the executor is. An unknown price is none.
fn fast(offers: &[&Offer], executor: Option<&str>) -> Option<RoleChoice> {
    const TITLE: (u64, u64) = (4_000, 300);
    let local = offers.iter().any(|offer| offer.local && Some(offer.model.as_str()) == executor);
    let cost = |offer: &Offer| price::request(offer, TITLE.0, 0, TITLE.1);
    let cheapest = offers
        .iter()
        .filter(|offer| offer.local == local || !local)
        .filter_map(|offer| Some((cost(offer)?, *offer)))
        .min_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.model.cmp(&b.1.model)));
    match cheapest {
        Some((cost, offer)) => Some(RoleChoice {
            model: offer.model.clone(),
            reason: format!("the cheapest: {} for a summary", price::dollars(cost)),
        }),
        None => main(offers, executor),
    }
}

/// The one expected to do it best, of two that are as good the cheaper; of another provider than `other_than`, where there is one.
fn strongest(offers: &[&Offer], evidence: &[Evidence], kind: TaskKind, other_than: Option<&str>) -> Option<RoleChoice> {
    let provider = |model: &str| model.split_once('/').map(|(provider, _)| provider.to_owned());
    let avoided = other_than.and_then(provider);
    let others: Vec<&Offer> =
        offers.iter().copied().filter(|offer| Some(&offer.provider) != avoided.as_ref()).collect();
    let apart = avoided.is_some() && !others.is_empty();
    let pool: Vec<Offer> = if apart { &others } else { offers }.iter().map(|offer| (*offer).clone()).collect();
    let task = Task { kind, size: Size::Medium, ..Task::default() };
    let estimates = Estimates::new(&pool, evidence);
    let rank = |at: usize| estimates.of(at, &task, 0).success;
    let dearness = |offer: &Offer| price::task(offer, &task, 0).map_or(u64::MAX, |cost| cost.0);
    let best = (0..pool.len()).filter_map(|at| Some((rank(at), pool.get(at)?))).max_by(|a, b| {
        a.0.total_cmp(&b.0).then_with(|| dearness(b.1).cmp(&dearness(a.1))).then_with(|| b.1.model.cmp(&a.1.model))
    })?;
    let reason = format!("expected to do {} of 100 `{}` tasks", super::plan::percent(best.0), kind.name());
    let apart = if apart { ", and another provider's than the one that did the work" } else { "" };
    Some(RoleChoice { model: best.1.model.clone(), reason: format!("{reason}{apart}") })
}
