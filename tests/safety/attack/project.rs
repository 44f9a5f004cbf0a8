//! What a vendor's server, a file's name and a command's words can do from afar: take the key elsewhere, or speak to the terminal.

use super::scripted::{KEY, calls, run};
use super::setting::*;
use crate::support::*;
use serde_json::json;

#[test]
fn a_redirect_takes_no_key_to_another_host() {
    let scene = Scene::new(Setting::Nothing);
    for code in [301, 302, 303, 307, 308] {
        let evil = Server::start(Wire::Messages, vec![Step::Reply(Reply::text("stolen"))]);
        let headers = vec![("Location".to_owned(), format!("{}/v1/messages", evil.url()))];
        let step = || Step::Status { code, headers: headers.clone(), body: String::new() };
        let own = Server::start(Wire::Messages, vec![step(), step()]);
        let mut command = scene.command(&["run", "--mode", "read", "go on"]);
        command.env("ANTHROPIC_BASE_URL", own.base_url()).env("ANTHROPIC_API_KEY", KEY);
        command.env("AGENT_MODEL", "anthropic/test-model");
        let outcome = run_command(command, LONGEST_RUN);
        assert_eq!(evil.connections(), 0, "{code}\n{outcome}");
        assert!(!own.requests().is_empty(), "{code}\n{outcome}");
        outcome.code(4).stdout_lacks("stolen");
    }
}

/// A title, a link, a colour, another way to say it, a turn of direction.
const ESCAPES: &str = "\u{1b}]0;evil\u{7}\u{1b}]8;;http:x\u{1b}\\\u{1b}[31m\u{9b}2J\u{202e}";

#[test]
fn names_of_files_that_are_put_back_do_not_speak_to_the_terminal() {
    in_each_jail(|scene| {
        let script = format!("mkdir -p .vscode && echo x > '.vscode/{ESCAPES}' && echo x > '{ESCAPES}.code-workspace'");
        let silent = |outcome: Outcome| {
            let spoken = outcome.stderr.chars().find(|char| matches!(char, '\u{1b}' | '\u{7}' | '\u{9b}' | '\u{202e}'));
            assert!(spoken.is_none(), "{:?} {spoken:?}\n{outcome}", scene.setting);
            assert!(outcome.stderr.contains("evil"), "the names were not said\n{outcome}");
        };
        scene.plain(&format!("{script}; rm -r .vscode *.code-workspace")).code(0);
        silent(scene.jailed(&script));
        silent(run(scene, &[], calls(scene, &[("shell", json!({ "command": script }))])));
        assert!(scene.state("{work}/.vscode").is_empty(), "{:?}", scene.setting);
    });
}
