//! Runs the corpus through the program: `cargo test --test all corpus -- --nocapture` prints the table of three columns,
//! correct, refused (should have been applied) and wrong (another tree than the right one, or applied where it had to be
//! refused), by kind and format. A quiet run prints failures only.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::support::{Project, run_command};

use super::case::Case;
use super::render::Format;
use super::tree::{self, Tree};
use super::{cut, files, legit, places, reference, right, wrong, wrong_mistakes};

/// Processes at once. Most of a case is waiting for the program and the file system.
const THREADS: usize = 4;

/// What the failures of one run may fill.
const MOST_WORDS: usize = 200_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Correct,
    Refused,
    Wrong,
}

struct Judged {
    verdict: Verdict,
    /// What was expected and what came, for a failure.
    words: String,
}

fn cases() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
        [
            right::cases(),
            wrong::cases(),
            wrong_mistakes::cases(),
            cut::cases(),
            files::cases(),
            places::cases(),
            legit::cases(),
        ]
        .concat()
    });
    &CASES
}

/// The tree of the root, and beside it what must not be reached.
fn seen(project: &Project) -> Tree {
    let mut tree = tree::read(&project.path());
    let beside = project.path().with_file_name("beside");
    if beside.exists() {
        tree.extend(tree::read(&beside).into_iter().map(|(path, node)| (format!("../beside/{path}"), node)));
    }
    tree
}

fn judge(case: &Case) -> Judged {
    let project = Project::new();
    tree::write(&project.path(), &case.before);
    let edit = project.home().join("edit");
    fs::write(&edit, &case.edit).expect("the edit as a file");
    let mut arguments = vec!["apply"];
    if !case.flags.contains(&"auto") {
        arguments.extend(["--format", case.format.name()]);
    }
    arguments.extend(case.flags.iter().filter(|flag| **flag != "auto"));
    let mut command = project.command(&arguments);
    command.stdin(File::open(&edit).expect("the edit as a file"));
    let outcome = run_command(command, crate::support::LONGEST_RUN);
    let found = seen(&project);
    let expected = case.expected.as_ref().unwrap_or(&case.before);
    let difference = tree::difference(&case.before, expected, &found);
    let code = if case.expected.is_some() { 0 } else { 1 };
    let untouched = tree::difference(&case.before, &case.before, &found).is_none();
    let verdict = match (difference.is_none(), outcome.code == code) {
        (true, true) => Verdict::Correct,
        _ if untouched && outcome.code == 1 => Verdict::Refused,
        _ => Verdict::Wrong,
    };
    let words = match verdict {
        Verdict::Correct => String::new(),
        Verdict::Refused | Verdict::Wrong => {
            let asked = if case.expected.is_some() { "apply" } else { "refuse" };
            let said: String = outcome.stderr.lines().take(6).map(|line| format!("    | {line}\n")).collect();
            format!(
                "  it had to {asked}, and ended with {}\n{}{said}{}",
                outcome.code,
                difference.unwrap_or_default(),
                excerpt(&case.edit)
            )
        }
    };
    Judged { verdict, words }
}

/// The first lines of an edit.
fn excerpt(edit: &[u8]) -> String {
    let text = String::from_utf8_lossy(edit);
    let lines = text.lines().take(24).map(|line| format!("    > {}\n", line.chars().take(160).collect::<String>()));
    lines.collect()
}

fn judge_all(cases: &[Case]) -> Vec<Judged> {
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<Judged>>> = cases.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let judged = judge(case);
                    let at = cases.iter().position(|other| std::ptr::eq(other, case)).expect("a case of the list");
                    *results[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(judged);
                }
            });
        }
    });
    let taken = |result: Mutex<Option<Judged>>| result.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.into_iter().map(|result| taken(result).expect("every case was judged")).collect()
}

/// Correct, refused and wrong, by kind and format, and their sums.
fn table(cases: &[Case], judged: &[Judged]) -> String {
    let mut rows: BTreeMap<&str, BTreeMap<Format, [usize; 3]>> = BTreeMap::new();
    let mut sums: BTreeMap<Format, [usize; 3]> = BTreeMap::new();
    for (case, judged) in cases.iter().zip(judged) {
        let column = match judged.verdict {
            Verdict::Correct => 0,
            Verdict::Refused => 1,
            Verdict::Wrong => 2,
        };
        rows.entry(case.kind).or_default().entry(case.format).or_default()[column] += 1;
        sums.entry(case.format).or_default()[column] += 1;
    }
    let row = |name: &str, cells: &BTreeMap<Format, [usize; 3]>| {
        let mut all = [0; 3];
        let mut line = format!("{name:<34}");
        for format in Format::ALL {
            match cells.get(&format) {
                Some(counts) => {
                    all.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
                    line.push_str(&format!("{:>13}", format!("{}/{}/{}", counts[0], counts[1], counts[2])));
                }
                None => line.push_str(&format!("{:>13}", "")),
            }
        }
        format!("{line}{:>9}{:>9}{:>7}\n", all[0], all[1], all[2])
    };
    let mut text = format!("{:<34}", "correct/refused/wrong");
    Format::ALL.iter().for_each(|format| text.push_str(&format!("{:>13}", format.name())));
    text.push_str(&format!("{:>9}{:>9}{:>7}\n", "correct", "refused", "wrong"));
    rows.iter().for_each(|(kind, cells)| text.push_str(&row(kind, cells)));
    text + &row("all", &sums)
}

#[test]
fn every_edit_is_right_or_refused() {
    let cases = cases();
    let judged = judge_all(cases);
    eprintln!("\n{}{} cases", table(cases, &judged), cases.len());
    let mut words = String::new();
    let mut failures = 0;
    for (case, judged) in cases.iter().zip(&judged).filter(|(_, judged)| judged.verdict != Verdict::Correct) {
        failures += 1;
        let kind = if judged.verdict == Verdict::Refused { "refused" } else { "wrong" };
        if words.len() < MOST_WORDS {
            words.push_str(&format!("{kind}: {}\n{}\n", case.name, judged.words));
        } else {
            words.push_str(&format!("{kind}: {}\n", case.name));
        }
    }
    assert!(failures == 0, "{failures} of {} cases failed\n\n{words}", cases.len());
}

#[test]
fn the_corpus_is_large_and_every_name_is_its_own() {
    let cases = cases();
    assert!(cases.len() >= 1500, "{} cases", cases.len());
    let mut names = BTreeSet::new();
    for case in cases {
        assert!(names.insert(&case.name), "`{}` stands there twice", case.name);
        assert!(
            case.expected.as_ref() != Some(&case.before) || case.kind == "check",
            "`{}` changes nothing",
            case.name
        );
    }
    for format in Format::ALL {
        let count = |refused: bool| {
            cases.iter().filter(|case| case.format == format && case.expected.is_none() == refused).count()
        };
        assert!(count(true) >= 30 && count(false) >= 50, "{}: {} and {}", format.name(), count(true), count(false));
    }
}

#[test]
fn edits_without_a_mistake_are_what_they_say() {
    let mut cases = Vec::new();
    right::clean(&mut cases);
    assert!(cases.len() > 300, "{} cases", cases.len());
    for case in cases {
        let found = reference::apply(case.format, &case.before, &case.edit);
        assert!(
            found == case.expected,
            "`{}` does not give its result:\n{}",
            case.name,
            String::from_utf8_lossy(&case.edit)
        );
    }
}

#[test]
fn the_simplest_reading_takes_nothing_that_is_to_be_refused_for_its_place() {
    for case in cases().iter().filter(|case| case.expected.is_none()) {
        let place = ["stale", "near", "twice", "deleted", "one-bad"].iter().any(|start| case.kind.starts_with(start));
        let found = reference::apply(case.format, &case.before, &case.edit);
        assert!(!place || found.is_none(), "`{}` can be applied to the letter", case.name);
    }
}
