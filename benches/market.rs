//! What the router is worth in a market of models: `cargo bench --bench market [-- FROM TO]`. Prints tables; asserts nothing.
//!
//! The router was tuned on the seeds 1 to 200; these are others. It sees what a user sees: prices, and how its own tries ended where a
//! check said so. The best fixed model is known in hindsight only, and no user has it.

#![expect(clippy::print_stdout, reason = "tables on standard output are all that this makes")]
#![expect(clippy::unwrap_used, reason = "a failing bench is a panic")]

#[path = "../tests/route/market.rs"]
mod market;
#[path = "../tests/route/play.rs"]
mod play;

use agent::route::offer::State;
use market::Market;
use play::{Score, TRIES};

const TASKS: u64 = 2_000;
/// How much skill, in log-odds, the model loses that was relied on most.
const LOST: f64 = 3.0;

/// Success and cost beside those of the best fixed model.
type Share = (f64, f64);
type Rows = Vec<(&'static str, Vec<Share>)>;

fn main() {
    let given: Vec<u64> = std::env::args().filter_map(|text| text.parse().ok()).collect();
    let last = if cfg!(debug_assertions) { 1010 } else { 1100 };
    let (from, to) = (given.first().copied().unwrap_or(1001), given.get(1).copied().unwrap_or(last));
    println!("A market is drawn from these ranges (skill in log-odds), {TASKS} tasks each, seeds {from} to {to}:");
    for range in market::ALL {
        println!("  {:<52} {:>6} to {}", range.0, range.1, range.2);
    }
    let mut steady: Rows = Vec::new();
    let mut changed: Rows = Vec::new();
    for seed in from..=to {
        for (name, share) in play_all(seed, &mut changed) {
            add(&mut steady, name, share);
        }
    }
    println!("\nBeside the best fixed model in hindsight, which tries {TRIES} times where a check fails:");
    table(&steady);
    println!(
        "\nThe model that was relied on most gets worse half-way. Last quarter, beside the best fixed model of that quarter:"
    );
    table(&changed);
}

fn play_all(seed: u64, changed: &mut Rows) -> Vec<(&'static str, Share)> {
    let mut market = Market::draw(seed, TASKS);
    let state = State::default();
    let scores = play::all_fixed(&market, TRIES);
    let single = play::all_fixed(&market, 1);
    let at = play::best(&scores);
    let cheapest = play::cheapest(&market);
    let ours = play::ours(&market, &state);
    let beside = |score: &Score| (score.success() / scores[at].success(), score.cost() / scores[at].cost());
    let rows = vec![
        ("agent", beside(&ours)),
        ("agent, if all were measured already", beside(&play::informed(&market, &state))),
        ("always the best", beside(&scores[at])),
        ("always the best, one try", beside(&single[play::best(&single)])),
        ("always the cheapest", beside(&scores[cheapest])),
        ("random", beside(&play::random(&market))),
        ("most successful so far, 10 % random", beside(&play::greedy(&market))),
    ];
    let most = (0..ours.first.len()).max_by_key(|at| ours.first[*at]).unwrap();
    market.worse = Some((TASKS / 2, most, LOST));
    let after: Vec<Score> = play::all_fixed(&market, TRIES).iter().map(Score::last_quarter).collect();
    let oracle = &after[play::best(&after)];
    let beside = |score: &Score| (score.success() / oracle.success(), score.cost() / oracle.cost());
    add(changed, "agent", beside(&play::ours(&market, &state).last_quarter()));
    add(changed, "stays with the best of before", beside(&after[at]));
    add(changed, "stays with the one that got worse", beside(&play::fixed(&market, most, TRIES).last_quarter()));
    add(changed, "most successful so far, 10 % random", beside(&play::greedy(&market).last_quarter()));
    rows
}

fn add(rows: &mut Rows, name: &'static str, share: Share) {
    match rows.iter_mut().find(|row| row.0 == name) {
        Some(row) => row.1.push(share),
        None => rows.push((name, vec![share])),
    }
}

/// Means, quantiles over the seeds, and the share of seeds with at least 95 % of the success and at most half of the cost.
fn table(rows: &[(&str, Vec<Share>)]) {
    println!(
        "{:<38} {:>8} {:>20} {:>8} {:>26} {:>6} {:>6} {:>6}",
        "", "success", "5 % / half / 95 %", "cost", "5 % / half / 75 % / 95 %", ">=95%", "<=50%", "both"
    );
    for (name, shares) in rows {
        let count = shares.len() as f64;
        let of = |part: fn(&Share) -> f64| shares.iter().map(part).collect::<Vec<f64>>();
        let (success, cost) = (of(|share| share.0), of(|share| share.1));
        let mean = |values: &[f64]| values.iter().sum::<f64>() / count;
        let seeds = |fits: fn(&Share) -> bool| shares.iter().filter(|share| fits(share)).count() as f64 / count * 100.0;
        println!(
            "{name:<38} {:>8.3} {:>20} {:>8.3} {:>26} {:>5.0}% {:>5.0}% {:>5.0}%",
            mean(&success),
            quantiles(&success, &[0.05, 0.5, 0.95]),
            mean(&cost),
            quantiles(&cost, &[0.05, 0.5, 0.75, 0.95]),
            seeds(|share| share.0 >= 0.95),
            seeds(|share| share.1 <= 0.5),
            seeds(|share| share.0 >= 0.95 && share.1 <= 0.5)
        );
    }
}

fn quantiles(values: &[f64], at: &[f64]) -> String {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let one = |at: &f64| format!("{:.2}", sorted[((sorted.len() - 1) as f64 * at).round() as usize]);
    at.iter().map(one).collect::<Vec<_>>().join(" / ")
}
