//! Defects of the tools that were found by reading the code, each as a test that is named for what broke.

use super::bench::Bench;
use agent::base::model::Family;
use serde_json::{Value, json};

fn write(path: &str) -> Value {
    json!({"path": path, "content": "mine\n"})
}

#[test]
fn a_patch_whose_operations_meet_in_one_target_lost_one_of_them() {
    let move_a = "*** Update File: a.txt\n*** Move to: z.txt\n@@\n-one\n+eins\n";
    let move_c = "*** Update File: c.txt\n*** Move to: z.txt\n@@\n-three\n+drei\n";
    let move_c_otherwise = "*** Update File: c.txt\n*** Move to: ./z.txt\n@@\n-three\n+drei\n";
    let add_z = "*** Add File: z.txt\n+new\n";
    let cases = [
        ("two moves", move_a, move_c),
        ("two moves, spelt in two ways", move_a, move_c_otherwise),
        ("an add and a move", add_z, move_c),
        ("a move and an add", move_c, add_z),
    ];
    for (name, first, second) in cases {
        let bench = Bench::new(Family::Openai).file("a.txt", "one\n").file("c.txt", "three\n");
        let output = bench.call("apply_patch", format!("*** Begin Patch\n{first}{second}*** End Patch\n"), true);
        assert!(output.failed && output.text.contains("`z.txt`"), "{name}: {}", output.text);
        assert_eq!((bench.text("a.txt"), bench.text("c.txt")), ("one\n".into(), "three\n".into()), "{name}");
        let names = std::fs::read_dir(bench.path("")).unwrap().count();
        assert_eq!(names, 2, "{name}: something new lies in the folder");
    }
}

#[test]
fn one_line_that_was_read_stood_for_the_whole_file() {
    let bench = Bench::new(Family::Claude).file("a.txt", "one\ntwo\nthree\nfour\n");
    let read = |offset: u32, limit: u32| bench.says("read", json!({"path": "a.txt", "offset": offset, "limit": limit}));
    read(1, 1);
    assert!(bench.fails("write", write("a.txt")).contains("read it first"));
    read(3, 2);
    assert!(bench.fails("write", write("a.txt")).contains("read it first"), "the second line was never shown");
    assert_eq!(bench.text("a.txt"), "one\ntwo\nthree\nfour\n");
}

#[test]
fn parts_that_were_read_one_after_the_other_were_no_whole() {
    let bench = Bench::new(Family::Claude).file("a.txt", "one\ntwo\nthree\nfour\n");
    for offset in [1, 2, 4] {
        bench.says("read", json!({"path": "a.txt", "offset": offset, "limit": 2}));
    }
    assert_eq!(bench.says("write", write("a.txt")), "done: a.txt (+1 -4)");
}

#[test]
fn a_read_that_failed_counted_as_seen() {
    let bench = Bench::new(Family::Claude).file("tool.bin", b"\x7fELF\0\0").file("paper.pdf", "%PDF-1.7\n");
    for name in ["tool.bin", "paper.pdf"] {
        bench.fails("read", json!({"path": name}));
        assert!(bench.fails("write", write(name)).contains("read it first"), "{name}");
    }
    assert_eq!(std::fs::read(bench.path("tool.bin")).unwrap(), b"\x7fELF\0\0");
}

#[test]
fn a_long_line_that_was_cut_counted_as_seen() {
    let bench = Bench::new(Family::Claude).file("wide.txt", "x".repeat(5000));
    bench.says("read", json!({"path": "wide.txt"}));
    assert!(bench.fails("write", write("wide.txt")).contains("read it first"));
}

/// The whole of it was read into memory for a few lines; this shows that the part is still the right one.
#[test]
fn a_part_of_a_large_output_took_all_of_it() {
    let bench = Bench::new(Family::Claude);
    let output = bench.call("shell", json!({"command": "seq 1 1000000"}), false);
    let name = output.spill.expect("it is spilled");
    let part = bench.says("read", json!({"path": format!("output:{name}"), "offset": 900_000, "limit": 2}));
    assert_eq!(part, "900000\t900000\n900001\t900001\n(99999 more lines; go on with offset 900002)");
}

/// It was held in memory, however long; now such a file is passed over, which is said, and the others are searched.
#[test]
fn one_huge_line_was_held_by_a_search() {
    let huge = format!("{} needle\n", "x".repeat(20_000_000));
    let bench = Bench::new(Family::Claude).file("bundle.js", huge).file("z.txt", "a needle\n");
    let said = bench.says("search", json!({"pattern": "needle"}));
    assert_eq!(said, "z.txt\n1\ta needle\n(not searched, unreadable or with lines too long: bundle.js)");
}

#[test]
fn a_job_killed_right_after_its_start_went_on() {
    let bench = Bench::new(Family::Claude);
    bench.says("shell", json!({"command": "exec sleep 60", "background": true}));
    assert_eq!(bench.says("shell", json!({"job": 1, "kill": true})), "[ended on request]");
}
