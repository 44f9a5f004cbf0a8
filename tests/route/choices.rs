//! Whom does a task go to? Choosing, handing up, switching, roles.

use agent::base::event::Role;
use agent::base::model::Price;
use agent::base::money::Usd;
use agent::route::choose::choose;
use agent::route::escalate::{Trouble, escalate};
use agent::route::offer::{Evidence, Offer, State, age_bucket};
use agent::route::plan::Plan;
use agent::route::price::{dollars, request, switch};
use agent::route::role::role;
use agent::route::task::{Size, Task, TaskKind};

/// A healthy model at these dollars per million tokens of input; output costs five times, what is cached a tenth.
fn offer(model: &str, input: f64) -> Offer {
    let micro = (input * 1e6) as u64;
    let price = Price { input: micro, output: micro * 5, cached: micro / 10, cache_written: micro };
    Offer {
        model: model.into(),
        provider: model.split('/').next().unwrap_or_default().into(),
        price: Some(price),
        tiers: Vec::new(),
        max_input: 200_000,
        reasoning: true,
        images: true,
        tools: true,
        local: false,
        key: true,
        cooling: None,
    }
}

fn market() -> Vec<Offer> {
    vec![offer("a/large", 5.0), offer("b/middle", 1.0), offer("c/small", 0.1)]
}

fn task(checked: bool) -> Task {
    Task { kind: TaskKind::Fix, size: Size::Medium, checked, ..Task::default() }
}

fn record(model: &str, tasks: u64, succeeded: u64) -> Evidence {
    Evidence {
        kind: TaskKind::Fix,
        size: Size::Medium,
        model: model.into(),
        handed_over: false,
        tasks,
        succeeded,
        cost_micro: tasks * 50_000,
        refused: 0,
        retried: 0,
        undone: 0,
        age_days: 2,
    }
}

fn sure() -> State {
    State { explore: 0, ..State::default() }
}

fn chosen(plan: &Plan) -> &str {
    plan.chosen().map_or("nobody", |candidate| &candidate.model)
}

type Change = fn(&mut Offer);

/// What makes `c/small`, which would be chosen, no candidate; and a word of the reason.
const UNFIT: &[(&str, Change, &str)] = &[
    ("cooling", |offer| offer.cooling = Some("asked too often".into()), "asked too often"),
    ("no key", |offer| offer.key = false, "no key"),
    ("no tools", |offer| offer.tools = false, "tools"),
    ("no images", |offer| offer.images = false, "images"),
    ("too small", |offer| offer.max_input = 8_000, "room"),
    ("unknown price under a budget", |offer| offer.price = None, "price is not known"),
    (
        "dearer than what is left",
        |offer| {
            offer.price =
                Some(Price { input: 90_000_000, output: 90_000_000, cached: 90_000_000, cache_written: 90_000_000 })
        },
        "are left",
    ),
];

#[test]
fn who_cannot_take_the_task_is_passed_over_with_the_reason() {
    let state = State { budget_left: Some(Usd(3_000_000)), ..sure() };
    let pictured = Task { images: true, ..task(true) };
    assert_eq!(chosen(&choose(&pictured, &market(), &[], &state)), "c/small");
    for (name, change, word) in UNFIT {
        let mut offers = market();
        change(&mut offers[2]);
        for seed in 0..50 {
            let plan = choose(&pictured, &offers, &[], &State { seed, explore: 100, ..state.clone() });
            assert!(plan.candidate("c/small").is_none(), "{name}");
            assert!(plan.candidates.iter().all(|one| !one.escalation.contains(&"c/small".to_owned())), "{name}");
            let passed = plan.passed_over.iter().find(|passed| passed.model == "c/small").unwrap();
            assert!(passed.reason.contains(word), "{name}: {}", passed.reason);
        }
    }
}

#[test]
fn a_check_lets_a_cheap_model_begin_and_names_who_takes_over() {
    let plan = choose(&task(true), &market(), &[], &sure());
    assert_eq!(chosen(&plan), "c/small");
    assert!(plan.escalation().contains(&"a/large".to_owned()), "{plan:?}");
    assert!(plan.chosen().unwrap().total > plan.chosen().unwrap().cost);
    let alone = choose(&task(false), &market(), &[], &sure());
    assert!(alone.candidates.iter().all(|one| one.escalation.is_empty()), "nobody would notice a failure");
}

#[test]
fn what_was_measured_overrules_the_price() {
    let bad = [record("c/small", 30, 2), record("b/middle", 30, 29)];
    assert_eq!(chosen(&choose(&task(false), &market(), &bad, &sure())), "b/middle");
    let good = [record("c/small", 60, 59)];
    let plan = choose(&task(false), &market(), &good, &sure());
    assert_eq!(chosen(&plan), "c/small");
    assert!(plan.chosen().unwrap().reason.contains("did 59 of 60 `fix` tasks here"), "{}", plan.reason);
}

#[test]
fn a_high_target_takes_the_better_model_a_low_one_the_cheaper() {
    let evidence = [record("a/large", 60, 59), record("c/small", 60, 46)];
    let at = |target| choose(&task(false), &market(), &evidence, &State { target, ..sure() });
    assert_eq!(chosen(&at(99)), "a/large");
    assert_eq!(chosen(&at(20)), "c/small");
}

#[test]
fn cheaper_and_better_always_wins() {
    for seed in 0..200u64 {
        let odd = |salt: u64| (seed * 7 + salt * 13) % 23;
        let offers = [offer("x/better", 0.2 + odd(1) as f64 / 10.0), offer("y/worse", 3.0 + odd(2) as f64)];
        let mut evidence = [record("x/better", 40, 36 + odd(3) % 4), record("y/worse", 40, 5 + odd(4))];
        evidence[1].cost_micro = 40 * 900_000;
        for checked in [false, true] {
            let plan = choose(&task(checked), &offers, &evidence, &State { seed, ..sure() });
            assert_eq!(chosen(&plan), "x/better", "seed {seed}");
        }
    }
}

#[test]
fn more_successes_never_lower_what_is_expected() {
    let mut before = 0.0;
    for succeeded in 0..=20 {
        let plan = choose(&task(false), &market(), &[record("b/middle", 20, succeeded)], &sure());
        let now = plan.candidate("b/middle").unwrap().success;
        assert!(now > before, "{succeeded} of 20: {now} after {before}");
        before = now;
    }
}

#[test]
fn undone_and_retried_tasks_are_no_successes() {
    let expected = |evidence: Evidence| {
        choose(&task(false), &market(), &[evidence], &sure()).candidate("b/middle").unwrap().success
    };
    let clean = expected(record("b/middle", 20, 20));
    assert!(expected(Evidence { undone: 8, ..record("b/middle", 20, 20) }) < clean);
    assert!(expected(Evidence { retried: 8, ..record("b/middle", 20, 20) }) < clean);
    assert!(expected(Evidence { undone: 90, ..record("b/middle", 20, 20) }) > 0.0, "nonsense does no harm");
}

#[test]
fn a_model_that_got_worse_is_left() {
    let old = Evidence { age_days: 16, ..record("c/small", 100, 97) };
    let now = Evidence { age_days: 0, ..record("c/small", 12, 1) };
    let steady = [record("b/middle", 30, 29)];
    let plan = choose(&task(false), &market(), &[vec![old.clone()], steady.to_vec()].concat(), &sure());
    assert_eq!(chosen(&plan), "c/small");
    let plan = choose(&task(false), &market(), &[vec![old, now], steady.to_vec()].concat(), &sure());
    assert_eq!(chosen(&plan), "b/middle");
    assert!(plan.candidate("c/small").unwrap().reason.contains("newer tasks end differently"));
}

#[test]
fn the_same_question_has_the_same_answer_and_chance_comes_from_the_seed() {
    let ask = |seed| choose(&task(true), &market(), &[], &State { seed, explore: 100, ..State::default() });
    assert_eq!(ask(7), ask(7));
    assert!((0..100).any(|seed| ask(seed).exploring), "somebody is tried out");
    assert!((0..100).all(|seed| !choose(&task(true), &market(), &[], &State { seed, ..sure() }).exploring));
    let unchecked = |seed| choose(&task(false), &market(), &[], &State { seed, explore: 100, ..State::default() });
    assert!((0..100).all(|seed| !unchecked(seed).exploring), "without a check there is nothing to learn");
}

#[test]
fn only_models_on_this_machine() {
    let mut offers = market();
    let state = State { local_only: true, ..sure() };
    let plan = choose(&task(true), &offers, &[], &state);
    assert!(plan.candidates.is_empty());
    assert_eq!(plan.reason, "no model on offer can take the task");
    offers.push(Offer { local: true, price: Some(Price::default()), ..offer("ollama/own", 1.0) });
    assert_eq!(chosen(&choose(&task(true), &offers, &[], &state)), "ollama/own");
}

#[test]
fn an_unknown_price_is_asked_last_and_never_counts_as_free() {
    let mut offers = market();
    offers.push(Offer { price: None, ..offer("d/unknown", 1.0) });
    let plan = choose(&task(true), &offers, &[], &sure());
    assert_eq!(plan.candidates.last().unwrap().model, "d/unknown");
    assert_eq!(plan.candidates.last().unwrap().cost, None);
    let alone = choose(&task(true), &offers[3..], &[], &sure());
    assert_eq!(chosen(&alone), "d/unknown");
}

#[test]
fn the_log_gets_names_prices_and_reasons() {
    let routed = choose(&task(true), &market(), &[], &sure()).routed(Role::Main);
    assert_eq!((routed.kind.as_str(), routed.candidates.len()), ("fix", 3));
    assert!(routed.reason.starts_with("the cheapest way to a task that is done: $"), "{}", routed.reason);
    assert!(routed.candidates.iter().all(|one| one.expected_usd.is_some() && one.success_percent > 0));
}

const NONE: Trouble = Trouble { checks_failed: 0, edits_refused: 0, loop_noticed: false, cut: 0 };

/// Name, what happened, and what the reason says; `None`: the model goes on.
const TROUBLES: &[(&str, Trouble, Option<&str>)] = &[
    ("nothing", NONE, None),
    ("one failed check", Trouble { checks_failed: 1, ..NONE }, None),
    ("two failed checks", Trouble { checks_failed: 2, ..NONE }, Some("checks failed 2 times")),
    ("two refused edits", Trouble { edits_refused: 2, ..NONE }, None),
    ("three refused edits", Trouble { edits_refused: 3, ..NONE }, Some("3 edits in a row were refused")),
    ("a loop", Trouble { loop_noticed: true, ..NONE }, Some("again and again")),
    ("one cut answer", Trouble { cut: 1, ..NONE }, None),
    ("two cut answers", Trouble { cut: 2, ..NONE }, Some("2 answers were cut")),
];

#[test]
fn a_task_is_handed_up_where_there_is_reason_to() {
    let plan = choose(&task(true), &market(), &[], &sure());
    for (name, trouble, words) in TROUBLES {
        let found = escalate(trouble, &plan, "c/small");
        assert_eq!(found.is_some(), words.is_some(), "{name}");
        if let (Some(found), Some(words)) = (found, words) {
            assert!(found.reason.contains(words), "{name}: {}", found.reason);
            assert!(plan.candidate(&found.to).unwrap().success > plan.candidate("c/small").unwrap().success);
        }
        assert_eq!(escalate(trouble, &plan, "a/large"), None, "{name}: nobody is above the strongest");
    }
}

#[test]
fn handing_up_comes_to_an_end_and_never_asks_one_twice() {
    let plan = choose(&task(true), &market(), &[], &sure());
    let (mut now, mut asked) = (chosen(&plan).to_owned(), Vec::new());
    while let Some(next) = escalate(&Trouble { checks_failed: 2, ..NONE }, &plan, &now) {
        assert!(!asked.contains(&next.to), "{asked:?}");
        asked.push(next.to.clone());
        now = next.to;
    }
    assert_eq!(now, "a/large");
}

#[test]
fn a_switch_counts_the_cache_it_throws_away() {
    let (large, small) = (offer("a/large", 2.0), offer("c/small", 1.0));
    // With a long history and one more turn, half the price is not worth reading it all again; with many turns it is.
    let short = switch(&large, &small, 150_000, 150_000, 1).unwrap();
    assert!(!short.worthwhile && short.reason.starts_with("stays with `a/large`"), "{}", short.reason);
    assert!(short.cache_lost > Usd(100_000), "{short:?}");
    assert!(switch(&large, &small, 150_000, 150_000, 40).unwrap().worthwhile);
    assert!(switch(&large, &small, 0, 0, 1).unwrap().worthwhile);
    assert_eq!(switch(&large, &small, 0, 0, 5).unwrap().cache_lost, Usd(0));
    assert_eq!(switch(&large, &Offer { price: None, ..small }, 0, 0, 5), None);
}

#[test]
fn a_session_that_goes_on_counts_its_history_for_all_but_the_model_that_has_it() {
    let offers = [offer("a/one", 1.0), offer("b/two", 1.0)];
    let going_on = Task { history: 100_000, ..task(false) };
    let plan = choose(&going_on, &offers, &[], &State { current: Some("b/two".into()), ..sure() });
    assert_eq!(chosen(&plan), "b/two");
    assert!(plan.candidate("a/one").unwrap().cost > plan.candidate("b/two").unwrap().cost);
}

#[test]
fn requests_are_priced_by_tier_and_cache() {
    let mut model = offer("a/large", 2.0);
    model.tiers =
        vec![(100_000, Price { input: 4_000_000, output: 20_000_000, cached: 400_000, cache_written: 5_000_000 })];
    for (name, input, cached, output, micro) in [
        ("all fresh", 10_000, 0, 1_000, 30_000),
        ("half cached", 10_000, 5_000, 1_000, 21_000),
        ("on the edge", 100_000, 0, 0, 200_000),
        ("beyond it, written to the cache", 100_001, 0, 0, 500_005),
        ("more cached than there is", 10_000, 99_999, 0, 2_000),
    ] {
        assert_eq!(request(&model, input, cached, output), Some(Usd(micro)), "{name}");
    }
    assert_eq!(request(&Offer { price: None, ..model }, 1, 0, 1), None);
    for (micro, words) in [(0, "$0"), (43_210, "$0.043"), (1_234_567, "$1.2"), (71, "$0.000071"), (9_999, "$0.01")] {
        assert_eq!(dollars(Usd(micro)), words);
    }
}

#[test]
fn roles_go_to_whom_they_suit() {
    let pick = |which, configured, offers: &[Offer]| {
        role(which, offers, &[], configured, Some("a/large")).map(|choice| choice.model)
    };
    let offers = market();
    assert_eq!(pick(Role::Main, None, &offers).as_deref(), Some("a/large"));
    assert_eq!(pick(Role::Fast, None, &offers).as_deref(), Some("c/small"));
    assert_eq!(pick(Role::Plan, None, &offers).as_deref(), Some("a/large"));
    assert_eq!(pick(Role::Review, None, &offers).as_deref(), Some("b/middle"), "another provider's");
    assert_eq!(pick(Role::Review, None, &offers[..1]).as_deref(), Some("a/large"), "there is no other");
    assert_eq!(pick(Role::Review, Some("c/small"), &offers).as_deref(), Some("c/small"));
    let mut cooling = market();
    cooling[2].cooling = Some("busy".into());
    assert_eq!(pick(Role::Fast, None, &cooling).as_deref(), Some("b/middle"));
    assert_eq!(pick(Role::Fast, Some("c/small"), &cooling), None);
}

#[test]
fn ages_fall_into_buckets() {
    for (days, bucket) in [(0, 0), (1, 1), (3, 2), (7, 4), (31, 16), (64, 64), (4_000, 64)] {
        assert_eq!(age_bucket(days), bucket);
    }
}
