//! Which rule holds where: the paths of a jail as a list in which a deeper one wins over those above it. Pure.

use super::jail::Jail;
use std::path::{Path, PathBuf};

/// What holds for a path and all below it. Of two at the same path the later one here wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    Read,
    Write,
    Protected,
    Denied,
}

/// The rules of a jail from the top down, without those that change nothing. Everywhere else is [`Rule::Read`].
pub fn layout(jail: &Jail) -> Vec<(PathBuf, Rule)> {
    let rules = |paths: &[PathBuf], rule: Rule| paths.iter().map(|path| (path.clone(), rule)).collect::<Vec<_>>();
    let mut all = rules(&jail.readable, Rule::Read);
    all.extend(rules(&jail.writable, Rule::Write));
    all.push((jail.temporary.clone(), Rule::Write));
    all.extend(rules(&jail.protected, Rule::Protected));
    all.extend(rules(&jail.denied, Rule::Denied));
    // By components, so that a folder stands before what is in it; at one path the strongest first.
    all.sort_by(|(a, rule_a), (b, rule_b)| a.cmp(b).then(rule_b.cmp(rule_a)));
    all.dedup_by(|(later, _), (kept, _)| later == kept);
    let mut kept: Vec<(PathBuf, Rule)> = Vec::new();
    for (path, rule) in all {
        let changes = match (rule, rule_at(&kept, &path)) {
            // What is not writable needs no protection.
            (Rule::Protected, around) => around == Rule::Write,
            (rule, around) => rule != around,
        };
        if changes {
            kept.push((path, rule));
        }
    }
    kept
}

/// What holds at a path: the rule of the nearest folder around it, or its own.
pub fn rule_at(layout: &[(PathBuf, Rule)], path: &Path) -> Rule {
    let nearest = layout.iter().filter(|(at, _)| path.starts_with(at)).max_by_key(|(at, _)| at.components().count());
    nearest.map_or(Rule::Read, |(_, rule)| *rule)
}
