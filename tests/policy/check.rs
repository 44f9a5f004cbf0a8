//! `agent policy check`, as its users meet it.

use crate::support::Project;

#[test]
fn it_explains() {
    let project = Project::new();
    let said = project.agent(&["policy", "check", "rm -rf build && git push"]).code(0).stdout;
    assert!(said.starts_with("runs in the jail, by mode auto\n"), "{said}");
    assert!(said.contains("  deletes `build`\n") && said.contains("  pushes to another repository\n"), "{said}");
    assert!(said.contains("uses the network  [the jail refuses: the network is off]"), "{said}");
    let said = project.agent(&["policy", "check", "--no-jail", "--mode", "ask", "eval \"$X\""]).code(0).stdout;
    assert!(said.starts_with("asks without a jail") && said.contains("not understood: "), "{said}");
    let json = project.agent(&["policy", "check", "--net", "--json", "npm publish"]).code(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json["verdict"].as_str(), json["calls"][0]["program"].as_str()), (Some("asks"), Some("npm")));
}

#[test]
fn it_prints_the_table_of_a_list() {
    let project = Project::new().file("list", "# comment\nls\n\ncat .env  # why\nrm -rf /  # worse\n");
    let said = project.agent(&["policy", "check", "--file", "list"]).code(0).stdout;
    let last = said.lines().last().unwrap();
    assert!(last.starts_with("3 lines: 2 run, 1 ask (33.3 %), 0 denied; 0 outside of the jail;"), "{said}");
    assert!(said.lines().any(|line| line.starts_with("asks") && line.ends_with("cat .env")), "{said}");
    project.agent(&["policy", "check", "--file", "missing"]).code(1);
    project.agent(&["policy", "check"]).code(2);
}
