//! What the screen looks up: how a session would be, files and symbols, sessions, models, git, pages of words.

use super::desk::{bare, desk, run, worked};
use crate::support::*;
use agent::base::access::{Mode, Network};
use agent::base::desk::*;
use agent::base::event::Event;
use agent::base::model::Effort;
use agent::cli::desk::Local;
use serde_json::json;
use std::fs;

async fn standing(desk: &Local, settings: Settings) -> Standing {
    let Found::Standing(standing) = desk.look(Look::Standing(settings)).await.unwrap() else { panic!() };
    *standing
}

async fn hits(desk: &Local, query: &str) -> Vec<String> {
    let look = Look::Files { query: query.into(), most: 5 };
    let Found::Files(of, hits) = desk.look(look).await.unwrap() else { panic!() };
    assert_eq!(of, query);
    hits.into_iter().map(|hit| hit.text).collect()
}

#[test]
fn a_standing_says_what_a_session_would_be() {
    let project = bare().reply(Reply::text("x"));
    run(async {
        let desk = desk(&project);
        let found = standing(&desk, Settings::default()).await;
        assert_eq!(
            (found.model.as_str(), found.mode, found.sandbox.as_str()),
            ("anthropic/test-model", Some(Mode::Ask), "none")
        );
        assert_eq!((found.network, found.problem), (Network::Full, None));
        assert!(
            found.notices.iter().any(|notice| notice.contains("every command is asked for")),
            "{:?}",
            found.notices
        );
        let chosen = Settings {
            model: Some("anthropic/claude-sonnet-5".into()),
            mode: Some(Mode::Auto),
            effort: Some(Effort::High),
        };
        let found = standing(&desk, chosen).await;
        assert_eq!((found.model.as_str(), found.mode), ("anthropic/claude-sonnet-5", Some(Mode::Auto)));
        assert_eq!(found.effort, Some(Effort::High));
        assert!(found.window > 100_000 && found.efforts.contains(&Effort::High), "{found:?}");
        let wrong = Settings { model: Some("antropic/x".into()), ..Settings::default() };
        let problem = standing(&desk, wrong).await.problem.expect("no such provider");
        assert!(problem.contains("did you mean `anthropic`"), "{problem}");
    });
}

#[test]
fn a_standing_says_what_keeps_a_session_from_being_opened() {
    for (name, project, words) in [
        ("no key", Project::new().env("AGENT_MODEL", "openai/gpt-6-sol"), "/login openai"),
        (
            "no price",
            Project::new()
                .env("AGENT_MODEL", "openai/new")
                .env("OPENAI_API_KEY", "k-123")
                .config("budget.day = \"1\"\n"),
            "price",
        ),
        ("bad file", Project::new().config("modle = \"x\"\n"), "did you mean `model`?"),
        ("no jail", bare().config("sandbox.backend = \"none\"\nsandbox.require = true\n"), "there is no sandbox"),
    ] {
        let problem = run(async { standing(&desk(&project), Settings::default()).await.problem });
        assert!(problem.as_ref().is_some_and(|problem| problem.contains(words)), "{name}: {problem:?}");
    }
}

#[test]
fn files_are_found_by_letters_in_their_order() {
    let project = bare()
        .git()
        .file("src/parser/lexer.rs", "")
        .file("src/parser/mod.rs", "")
        .file("README.md", "")
        .file("target/lexer.rs", "")
        .file("größe.txt", "")
        .file(".gitignore", "target/\n");
    run(async {
        let desk = desk(&project);
        assert_eq!(hits(&desk, "lex").await, ["src/parser/lexer.rs"]);
        assert_eq!(hits(&desk, "lexer.rs").await, ["src/parser/lexer.rs"], "goes on from the answer before");
        assert_eq!(hits(&desk, "parser/").await[0], "src/parser/");
        assert_eq!(hits(&desk, "grosse").await, Vec::<String>::new());
        assert_eq!(hits(&desk, "grö").await, ["größe.txt"]);
        assert_eq!(hits(&desk, "READ").await, ["README.md"]);
        assert_eq!(hits(&desk, "rEAD").await, Vec::<String>::new(), "an upper-case letter is one");
        assert!(hits(&desk, "").await.contains(&"README.md".to_owned()), "the top first");
        let Found::Files(_, hits) = desk.look(Look::Files { query: "mod".into(), most: 5 }).await.unwrap() else {
            panic!()
        };
        assert_eq!((hits[0].text.as_str(), hits[0].fits.as_slice()), ("src/parser/mod.rs", &[11, 12, 13][..]));
    });
}

#[test]
fn among_many_files_that_fit_the_best_are_found_letter_by_letter() {
    let project = bare();
    for folder in 0..20 {
        let path = project.path().join(format!("component_{folder:03}"));
        fs::create_dir(&path).unwrap();
        (0..300).for_each(|file| fs::write(path.join(format!("part_{file:03}.rs")), "").unwrap());
    }
    let project = project.file("component_007/deep/compass.rs", "");
    run(async {
        let desk = desk(&project);
        let mut typed = String::new();
        for letter in "compa".chars() {
            typed.push(letter);
            assert_eq!(hits(&desk, &typed).await.len(), 5, "{typed}");
        }
        assert_eq!(hits(&desk, "compass").await, ["component_007/deep/compass.rs"]);
        assert_eq!(hits(&desk, "compas").await[0], "component_007/deep/compass.rs", "a letter was taken back");
        assert_eq!(hits(&desk, "019 part_299").await[0], "component_019/part_299.rs", "several words");
    });
}

#[test]
fn only_the_last_question_is_answered() {
    let project = bare().file("a.txt", "").file("ab.txt", "");
    run(async {
        let desk = desk(&project);
        let ask = |query: &str| desk.look(Look::Files { query: query.into(), most: 5 });
        let (first, second) = (ask("a"), ask("ab"));
        // Polled in their order: the first is old when its turn comes.
        let (first, second) = tokio::join!(first, second);
        let texts = |found| match found {
            Ok(Found::Files(_, hits)) => hits.into_iter().map(|hit| hit.text).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        assert!(texts(first).len() <= 2);
        assert_eq!(texts(second), ["ab.txt"]);
    });
}

#[test]
fn symbols_are_found_where_they_are_defined() {
    let project = bare()
        .file(
            "src/lib.rs",
            "pub(crate) async fn parse_line(x: u8) {}\nstruct Parser;\n// fn parse_comment\nlet parse = 1;\n",
        )
        .file("app.py", "class ParseError(Exception):\n    def parse_more(self):\n        pass\n")
        .file("main.go", "func (s *Server) ParseRequest(x int) error {\ntype ParseTree struct {\n")
        .file("a.ts", "export default function parseTs() {}\nexport const parseArrow = () => 1\n")
        .file("notes.md", "fn parse_notes() {}\n")
        .file(".env", "fn parse_secret() {}\n");
    run(async {
        let desk = desk(&project);
        let look = Look::Symbols { query: "parse".into(), most: 50 };
        let Found::Symbols(_, hits) = desk.look(look).await.unwrap() else { panic!() };
        let mut found: Vec<String> = hits.iter().map(|hit| format!("{} {}", hit.text, hit.detail)).collect();
        found.sort();
        assert_eq!(
            found,
            [
                "ParseError app.py:1",
                "ParseRequest main.go:1",
                "ParseTree main.go:2",
                "Parser src/lib.rs:2",
                "parseArrow a.ts:2",
                "parseTs a.ts:1",
                "parse_line src/lib.rs:1",
                "parse_more app.py:2",
            ]
        );
    });
}

#[test]
fn sessions_are_found_by_what_was_said() {
    let project = bare().reply(Reply::text("the answer is a pelican")).reply(Reply::text("nothing"));
    project.run(&["look for birds", "--mode", "full"]).code(0);
    project.run(&["count the fish", "--mode", "full"]).code(0);
    run(async {
        let desk = desk(&project);
        let find = |query: &str| {
            let look = Look::Sessions { query: query.into(), most: 10 };
            let found = desk.look(look);
            async move {
                let Found::Sessions(_, rows) = found.await.unwrap() else { panic!() };
                rows
            }
        };
        let titles = |rows: Vec<SessionRow>| rows.into_iter().map(|row| row.title).collect::<Vec<_>>();
        let all = find("").await;
        assert!(all.iter().all(|row| row.here && row.bytes > 0 && row.started.ends_with('Z')), "{all:?}");
        assert_eq!(titles(all), ["count the fish", "look for birds"]);
        assert_eq!(titles(find("BIRDS").await), ["look for birds"]);
        assert_eq!(titles(find("pelican look").await), ["look for birds"], "the title and what was said");
        assert_eq!(titles(find("whale").await), Vec::<String>::new());
    });
}

#[test]
fn models_are_those_that_a_key_is_there_for() {
    let project = bare().env("OPENAI_API_KEY", "sk-test-0123456789");
    run(async {
        let Found::Models(rows) = desk(&project).look(Look::Models).await.unwrap() else { panic!() };
        let find = |name: &str| rows.iter().find(|row| row.name == name);
        let sol = find("openai/gpt-6-sol").expect("there is a key");
        assert!(sol.window > 100_000 && sol.price.contains(" / "), "{sol:?}");
        assert_eq!(find("anthropic/claude-sonnet-5"), None);
    });
}

#[test]
fn the_head_is_the_branch_and_what_is_not_committed() {
    let project = bare().git().file("a.txt", "a\n").file("b.txt", "b\n");
    project.command(&[]);
    run(async {
        let desk = desk(&project);
        let Found::Head(head) = desk.look(Look::Head).await.unwrap() else { panic!() };
        assert_eq!((head.branch.as_deref(), head.dirty), (Some("main"), 0));
        fs::write(project.path().join("a.txt"), "changed\n").unwrap();
        fs::create_dir(project.path().join("new")).unwrap();
        fs::write(project.path().join("new/x"), "x").unwrap();
        fs::write(project.path().join("new/y"), "y").unwrap();
        let Found::Head(head) = desk.look(Look::Head).await.unwrap() else { panic!() };
        assert_eq!(head.dirty, 2, "one file, and one folder");
    });
    let bare = bare();
    let elsewhere = desk(&bare).look(Look::Head);
    let Found::Head(head) = run(elsewhere).unwrap() else { panic!() };
    assert_eq!(head, Head::default());
}

#[test]
fn pages_are_the_words_of_the_commands() {
    let project = bare().reply(Reply::text("x")).env("OPENAI_API_KEY", "sk-secret-0123456789");
    run(async {
        let desk = desk(&project);
        let opened = desk
            .open(Open { which: Which::New, settings: Settings { mode: Some(Mode::Auto), ..Settings::default() } })
            .await
            .unwrap();
        let session = opened.session.clone();
        worked(opened, "count").await;
        desk.close().await;
        for (page, words) in [
            (Page::Cost { session: None }, "anthropic/test-model"),
            (Page::Cost { session: Some(session) }, "task 1"),
            (Page::Doctor, "configuration"),
            (Page::Trust, "brings nothing"),
            (Page::Net, "hosts that commands may reach"),
            (Page::Jobs, "there are none"),
            (Page::Policy, "no answer is remembered"),
            (Page::Config, "sandbox.backend = \"none\""),
        ] {
            let Found::Page(text) = desk.look(Look::Page(page.clone())).await.unwrap() else { panic!() };
            assert!(text.contains(words), "{page:?}: {text}");
            assert!(!text.contains("sk-secret"), "{page:?}");
            if let Page::Cost { .. } = page {
                assert!(text.lines().all(|line| line.chars().count() <= 80), "wider than a small screen: {text}");
            }
        }
    });
}

#[test]
fn a_command_in_the_background_is_shown_and_ended() {
    let start = json!({"command": "echo it serves; exec sleep 600", "background": true});
    let project = bare().reply(Reply::call("shell", start)).reply(Reply::text("It runs."));
    run(async {
        let desk = desk(&project);
        let settings = Settings { mode: Some(Mode::Full), ..Settings::default() };
        let opened = desk.open(Open { which: Which::New, settings }).await.unwrap();
        let port = opened.port.clone();
        worked(opened, "serve").await;
        let running = || async {
            let Found::Head(head) = desk.look(Look::Head).await.unwrap() else { panic!() };
            head.running
        };
        let page = || async {
            let Found::Page(text) = desk.look(Look::Page(Page::Jobs)).await.unwrap() else { panic!() };
            text
        };
        assert_eq!(running().await, Some(1));
        let mut text = page().await;
        while !text.contains("   it serves\n") {
            tokio::task::yield_now().await;
            text = page().await;
        }
        assert!(text.contains("1  runs for ") && text.contains("exec sleep 600"), "{text}");
        let Done::Said(said) = desk.act(Act::EndJob { number: 1 }).await.unwrap() else { panic!() };
        assert!(said.starts_with("job 1: ended"), "{said}");
        assert_eq!(running().await, Some(0));
        assert!(desk.act(Act::EndJob { number: 7 }).await.is_err());
        drop(port);
        desk.close().await;
        assert_eq!(running().await, None);
    });
}

#[test]
fn without_checkpoints_undo_and_diff_say_so() {
    let edit = json!({"command": "echo more >> a.txt"});
    let project = bare().config("sandbox.backend = \"none\"\ncheckpoints.enabled = false\n").file("a.txt", "one\n");
    let project = project.reply(Reply::call("shell", edit)).reply(Reply::text("Done."));
    run(async {
        let desk = desk(&project);
        let settings = Settings { mode: Some(Mode::Full), ..Settings::default() };
        let opened = desk.open(Open { which: Which::New, settings }).await.unwrap();
        let session = opened.session.clone();
        worked(opened, "add a line").await;
        for error in [
            desk.act(Act::Undo { session: session.clone(), before: None }).await.unwrap_err(),
            desk.look(Look::Changes { session: session.clone() }).await.unwrap_err(),
        ] {
            assert!(error.message.contains("no checkpoints are taken here"), "{error}");
        }
        desk.close().await;
        let asking = Settings { mode: Some(Mode::Ask), ..Settings::default() };
        let opened = desk.open(Open { which: Which::New, settings: asking }).await.unwrap();
        project.model_server().push(Reply::text("Nothing to do."));
        let events = worked(opened, "look").await;
        let told =
            |event: &Event| matches!(event, Event::Notice { text } if text.contains("neither shown nor put back"));
        assert!(events.iter().any(told), "{events:?}");
        desk.close().await;
    });
}
