//! A change that is killed between any two of its steps is carried to its end when its session goes on.

use agent::disk::Disk;
use agent::workspace::journal::recover;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A plan of one modified, one created, one moved and one deleted file, staged and written down, with no step done.
struct Planned {
    folder: TempDir,
}

impl Planned {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let planned = Planned { folder };
        for (name, text) in [
            ("modified", "old"),
            ("moved", "old place"),
            ("deleted", "gone soon"),
            (".agent-1.tmp", "new"),
            (".agent-2.tmp", "made"),
            (".agent-3.tmp", "new place"),
        ] {
            fs::write(planned.at(name), text).unwrap();
        }
        let step = |staged: Option<&str>, target: &str, removed: Option<&str>, kept: &str, before: Option<&str>| {
            json!({
                "staged": staged.map(|name| planned.at(name)), "target": planned.at(target),
                "removed": removed.map(|name| planned.at(name)), "kept": planned.at(kept), "before": before.map(hash),
            })
        };
        let plan = json!([
            step(Some(".agent-1.tmp"), "modified", None, ".agent-1.old", Some("old")),
            step(Some(".agent-2.tmp"), "created", None, ".agent-2.old", None),
            step(Some(".agent-3.tmp"), "target", Some("moved"), ".agent-3.old", Some("old place")),
            step(None, "deleted", Some("deleted"), ".agent-4.old", Some("gone soon")),
        ]);
        fs::write(planned.journal(), plan.to_string()).unwrap();
        planned
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn journal(&self) -> PathBuf {
        self.at("change.json")
    }

    /// The first `count` of the steps that a change takes, in its order.
    fn carry_out(&self, count: usize) {
        let steps: [&dyn Fn(); 7] = [
            &|| fs::hard_link(self.at("modified"), self.at(".agent-1.old")).unwrap(),
            &|| fs::rename(self.at(".agent-1.tmp"), self.at("modified")).unwrap(),
            &|| fs::rename(self.at(".agent-2.tmp"), self.at("created")).unwrap(),
            &|| fs::rename(self.at(".agent-3.tmp"), self.at("target")).unwrap(),
            &|| fs::rename(self.at("moved"), self.at(".agent-3.old")).unwrap(),
            &|| fs::rename(self.at("deleted"), self.at(".agent-4.old")).unwrap(),
            &|| fs::remove_file(self.at(".agent-1.old")).unwrap(),
        ];
        steps.iter().take(count).for_each(|step| step());
    }

    fn files(&self) -> BTreeMap<String, String> {
        let entries = fs::read_dir(self.folder.path()).unwrap().flatten();
        entries
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
            .collect()
    }
}

fn tree(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn a_change_killed_after_any_step_is_carried_to_its_end() {
    for count in 0..=7 {
        let planned = Planned::new();
        planned.carry_out(count);
        let words = recover(&planned.journal(), &Disk::default()).expect("it says so");
        assert!(words.contains("carried to its end"), "{words}");
        let expected = tree(&[("created", "made"), ("modified", "new"), ("target", "new place")]);
        assert_eq!(planned.files(), expected, "killed after {count} steps");
        assert_eq!(recover(&planned.journal(), &Disk::default()), None, "once is enough");
    }
}

#[test]
fn what_the_user_changed_in_the_meantime_is_left_alone() {
    let planned = Planned::new();
    planned.carry_out(2);
    fs::write(planned.at("moved"), "the user's own").unwrap();
    let words = recover(&planned.journal(), &Disk::default()).expect("it says so");
    assert!(words.contains("left as it is"), "{words}");
    let expected = tree(&[("deleted", "gone soon"), ("modified", "new"), ("moved", "the user's own")]);
    assert_eq!(planned.files(), expected);
}

#[test]
fn a_plan_that_was_torn_had_not_begun() {
    let folder = TempDir::new().unwrap();
    let journal: &Path = &folder.path().join("change.json");
    fs::write(journal, "[{\"staged\":").unwrap();
    assert_eq!(recover(journal, &Disk::default()), None);
    assert!(!journal.exists());
}
