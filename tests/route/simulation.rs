//! The router in markets it was not tuned on: a small part of `benches/market.rs`, which prints the whole table.

use super::market::{ALL, Market};
use super::play::{Score, TRIES, all_fixed, best, cheapest, fixed, greedy, informed, ours, random};
use agent::route::offer::State;

/// The bench reports on the seeds from 1001 on; tuned was on 1 to 200.
const SEEDS: std::ops::RangeInclusive<u64> = 1001..=1010;
const TASKS: u64 = 2_000;

/// Every market on a thread of its own.
fn each<T: Send + 'static>(play: fn(Market) -> T) -> Vec<T> {
    let threads: Vec<_> = SEEDS.map(|seed| std::thread::spawn(move || play(Market::draw(seed, TASKS)))).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
    sum / count
}

#[test]
fn nearly_the_success_of_the_best_model_at_half_its_cost() {
    let shares = each(|market| {
        let scores = all_fixed(&market, TRIES);
        let (best, ours) = (&scores[best(&scores)], ours(&market, &State::default()));
        (ours.success() / best.success(), ours.cost() / best.cost())
    });
    let (success, cost) = (mean(shares.iter().map(|share| share.0)), mean(shares.iter().map(|share| share.1)));
    assert!(success >= 0.95, "{success:.3} of the best model's success: {shares:.2?}");
    assert!(cost <= 0.50, "{cost:.3} of the best model's cost: {shares:.2?}");
}

#[test]
fn a_model_that_gets_worse_half_way_is_left() {
    let shares = each(|mut market| {
        let relied = ours(&market, &State::default()).first;
        let most = (0..relied.len()).max_by_key(|at| relied[*at]).unwrap();
        market.worse = Some((TASKS / 2, most, 3.0));
        let after: Vec<Score> = all_fixed(&market, TRIES).iter().map(Score::last_quarter).collect();
        let kept = fixed(&market, most, TRIES).last_quarter();
        let oracle = after[best(&after)].success();
        (ours(&market, &State::default()).last_quarter().success() / oracle, kept.success() / oracle)
    });
    let (adapted, kept) = (mean(shares.iter().map(|share| share.0)), mean(shares.iter().map(|share| share.1)));
    assert!(adapted >= 0.90, "{adapted:.3} of the best model's success after the change: {shares:.2?}");
    assert!(kept <= adapted - 0.2, "whoever stays with it has {kept:.3}: {shares:.2?}");
}

#[test]
fn what_others_do_in_the_same_markets() {
    let scores = each(|market| {
        let state = State::default();
        let all = [
            ours(&market, &state),
            informed(&market, &state),
            fixed(&market, cheapest(&market), TRIES),
            random(&market),
            greedy(&market),
        ];
        all.map(|score| (score.success(), score.cost()))
    });
    let success = |at: usize| mean(scores.iter().map(|score| score[at].0));
    let cost = |at: usize| mean(scores.iter().map(|score| score[at].1));
    assert!(success(1) > success(0), "to know all helps");
    assert!(success(2) < success(0) - 0.1, "the cheapest does much less");
    assert!(success(3) < success(0) && cost(3) > cost(0), "chance does less for more");
    assert!(cost(4) > 1.5 * cost(0), "success alone is dear");
}

#[test]
fn a_market_is_the_same_for_the_same_seed_and_within_its_ranges() {
    let (one, two) = (Market::draw(5, 50), Market::draw(5, 50));
    assert_eq!(one.offers(), two.offers());
    for job in &one.jobs {
        let (first, second) = (one.attempt(job, 0, &[]), two.attempt(job, 0, &[]));
        assert_eq!((first.done, first.cost.to_bits()), (second.done, second.cost.to_bits()));
    }
    assert!((1..200).all(|seed| (5..=14).contains(&Market::draw(seed, 1).suppliers.len())));
    assert!(ALL.iter().all(|range| range.1 < range.2 && !range.0.is_empty()));
}
