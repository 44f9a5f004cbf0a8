//! What kind and size of task is it? Texts as users write them.

use agent::route::task::{Facts, Size, Task, TaskKind, features};

/// Name of the case, text, kind, size.
const CASES: &[(&str, &str, &str, &str)] = &[
    ("a plain bug", "fix the off-by-one in src/pager.rs", "fix", "small"),
    ("a crash", "The app crashes with a nil pointer when the config file is empty", "fix", "medium"),
    ("a failing test", "fix the failing test", "fix", "medium"),
    ("a test that fails, first", "test_parse_date fails on leap years, please fix it", "fix", "medium"),
    ("a complaint", "login does not work any more since yesterday", "fix", "medium"),
    ("a race", "there is a race condition between flush and close in writer.go, repair it", "fix", "small"),
    ("a leak", "Find out why the worker leaks memory and fix it", "fix", "medium"),
    ("a wrong result", "the total is wrong when a discount is applied twice", "fix", "medium"),
    ("an issue number", "Fix #1423: unexpected EOF while uploading", "fix", "medium"),
    ("a hang", "the CLI hangs on exit when stdin is a pipe", "fix", "medium"),
    ("debugging", "debug the websocket reconnect loop", "fix", "medium"),
    ("a flag", "add a --json flag to the list command", "feature", "medium"),
    ("an endpoint", "implement a /healthz endpoint in server.ts", "feature", "small"),
    ("support", "support TOML besides YAML in the config loader", "feature", "medium"),
    ("from scratch", "build a kanban board from scratch with drag and drop and a database", "feature", "large"),
    ("a new module", "create a module for rate limiting with token buckets", "feature", "medium"),
    (
        "oauth",
        "Implement OAuth login with PKCE, refresh tokens and a database schema for sessions",
        "feature",
        "medium",
    ),
    (
        "tenants",
        "make the application multi-tenant: every table gets a tenant id, implement it in all modules",
        "feature",
        "large",
    ),
    ("an undo", "let users undo the last delete", "feature", "medium"),
    ("dark mode", "add dark mode", "feature", "medium"),
    ("refactor", "refactor the parser so that errors carry spans", "refactor", "medium"),
    ("split", "split utils.py into smaller modules", "refactor", "medium"),
    ("migrate", "migrate the whole codebase from callbacks to async/await", "refactor", "large"),
    ("simplify", "simplify the nested matches in src/eval.rs", "refactor", "small"),
    ("extract", "extract the retry logic into its own class", "refactor", "medium"),
    ("dedupe", "deduplicate the three date formatters", "refactor", "medium"),
    ("optimise", "optimize the hot loop in matcher.c", "refactor", "small"),
    ("dead code", "clean up dead code in the billing package", "refactor", "medium"),
    ("rewrite", "rewrite the scheduler with a priority queue", "refactor", "large"),
    ("unit tests", "write unit tests for the cart", "test", "medium"),
    ("coverage", "raise test coverage of the auth module to 90%", "test", "medium"),
    ("a regression test", "add a test that reproduces the crash in issue 12", "test", "medium"),
    ("property tests", "add property tests for the encoder", "test", "medium"),
    ("fuzzing", "fuzz the header parser", "test", "medium"),
    ("mocks", "write tests with mocks for the payment client", "test", "medium"),
    ("explain a file", "explain how the tests are organised", "explain", "medium"),
    ("what is", "what does `debounce` in hooks.ts do?", "explain", "small"),
    ("where", "where is the user's time zone stored?", "explain", "medium"),
    ("why", "why does the build take so long?", "explain", "medium"),
    ("how", "How does the cache decide what to evict?", "explain", "medium"),
    ("overview", "give me an overview of this repository", "explain", "medium"),
    ("summary", "summarize what changed in the last release", "explain", "medium"),
    ("compare", "which function calls save_user?", "explain", "medium"),
    ("review", "review my changes", "review", "medium"),
    ("audit", "audit the upload handler for security holes", "review", "medium"),
    ("a diff", "check this diff for mistakes before I push", "review", "medium"),
    ("opinion", "look over src/api.rs and give me feedback", "review", "small"),
    ("readme", "update the README with the new install steps", "docs", "medium"),
    ("a typo", "fix the typo in the README", "docs", "small"),
    ("doc comments", "write doc comments for all public functions", "docs", "medium"),
    ("changelog", "add a changelog entry for 2.3", "docs", "medium"),
    ("document", "document the wire protocol in docs/protocol.md", "docs", "small"),
    ("bump", "bump serde to 1.0.200", "chore", "small"),
    ("upgrade", "upgrade all dependencies", "chore", "medium"),
    ("rename", "rename getUser to fetchUser", "chore", "small"),
    ("lint", "make clippy happy", "chore", "medium"),
    ("ci", "run the linter in the CI pipeline", "chore", "medium"),
    ("commit", "commit what is staged with a good message", "chore", "medium"),
    ("conflicts", "resolve the merge conflicts", "chore", "medium"),
    ("gitignore", "put target into .gitignore", "chore", "medium"),
    ("German fix", "Behebe den Fehler beim Laden der Einstellungen", "fix", "medium"),
    ("German feature", "Füge einen Export nach CSV hinzu", "feature", "medium"),
    ("German question", "Erkläre, wie die Anmeldung funktioniert", "explain", "medium"),
    ("German tests", "Schreibe Tests für den Warenkorb", "test", "medium"),
    ("German broken", "Die Suche funktioniert nicht mehr", "fix", "medium"),
    ("French fix", "Corrige le bogue dans le calcul de la TVA", "fix", "medium"),
    ("French feature", "Ajoute une page de profil", "feature", "medium"),
    ("French question", "Pourquoi le serveur redémarre-t-il ?", "explain", "medium"),
    ("Spanish fix", "Arregla el error en el formulario de pago", "fix", "medium"),
    ("Spanish feature", "Agrega un botón para exportar a PDF", "feature", "medium"),
    ("Spanish question", "¿Cómo funciona la caché?", "explain", "medium"),
    ("Chinese fix", "修复登录页面的错误", "fix", "medium"),
    ("Chinese feature", "添加导出功能", "feature", "medium"),
    ("Chinese question", "解释一下这个项目的结构", "explain", "medium"),
    ("Chinese refactor", "重构支付模块", "refactor", "medium"),
    ("Japanese fix", "ログインのバグを直して", "fix", "medium"),
    ("Russian fix", "Исправь ошибку при сохранении", "fix", "medium"),
    ("unknown words", "Gwnewch y peth yn well", "other", "medium"),
    ("nothing at all", "", "other", "medium"),
    ("a greeting", "hello there", "other", "medium"),
    (
        "a pasted trace does not decide",
        "explain this output\n```\nerror: panic, crash, bug, fix, failing\n```",
        "explain",
        "medium",
    ),
];

fn read(text: &str) -> Task {
    features(text, &Facts::default())
}

#[test]
fn every_task_is_seen_as_what_it_is() {
    let wrong: Vec<String> = CASES
        .iter()
        .filter_map(|(name, text, kind, size)| {
            let task = read(text);
            let seen = (task.kind.name(), task.size.name());
            (seen != (*kind, *size))
                .then(|| format!("{name}: {text:?} is {kind} {size}, seen as {} {}", seen.0, seen.1))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_are_read_back() {
    for kind in TaskKind::ALL {
        assert_eq!(TaskKind::from_name(kind.name()), Some(kind));
    }
    for size in Size::ALL {
        assert_eq!(Size::from_name(size.name()), Some(size));
    }
    assert_eq!(TaskKind::from_name("Fix"), None);
}

#[test]
fn paths_give_files_and_language() {
    for (text, files, language) in [
        ("fix src/a.rs:12:5 and src/a.rs", 1, Some("rust")),
        ("move `lib/x.py` to (lib/y.py).", 2, Some("python")),
        ("see https://example.com/index.html", 0, None),
        ("merge a.ts, b.ts and c.go", 3, Some("typescript")),
        ("version 1.2 is out", 0, None),
    ] {
        let task = read(text);
        assert_eq!((task.files, task.language), (files, language), "{text}");
    }
    let facts = Facts { extension: Some("kt".into()), ..Facts::default() };
    assert_eq!(features("fix it", &facts).language, Some("kotlin"));
}

#[test]
fn facts_make_a_task_larger() {
    let size = |text: &str, facts: Facts| features(text, &facts).size;
    let vast = Facts { repository_files: Some(90_000), ..Facts::default() };
    assert_eq!(size("rename the system module everywhere", vast), Size::Large);
    let dirty = Facts { dirty_files: Some(60), repository_files: Some(90_000), ..Facts::default() };
    assert_eq!(size("review my changes", dirty), Size::Large);
    let stuck = Facts { checks_failed: 2, ..Facts::default() };
    assert_eq!(size("fix the date in src/pager.rs", Facts::default()), Size::Small);
    assert_eq!(size("fix the date in src/pager.rs", stuck), Size::Medium);
    assert_eq!(size(&"and then ".repeat(90), Facts::default()), Size::Large);
}
