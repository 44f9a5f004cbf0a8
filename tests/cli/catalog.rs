//! `agent models --refresh`: a catalog in the format of models.dev, fetched, checked, used and dated.

use crate::support::{Answers, Outcome, Project};
use serde_json::{Value, json};

fn model(input: f64, output: f64) -> Value {
    json!({
        "id": "x", "name": "X", "reasoning": true, "tool_call": true,
        "modalities": { "input": ["text", "image"], "output": ["text"] },
        "limit": { "context": 400_000, "output": 64_000 },
        "cost": { "input": input, "output": output, "cache_read": input / 10.0 },
    })
}

fn catalog() -> Value {
    let with = |field: &str, value: Value| {
        let mut changed = model(1.0, 2.0);
        changed[field] = value;
        changed
    };
    json!({
        "anthropic": { "id": "anthropic", "models": {
            "claude-sonnet-5": model(9.0, 45.0),
            "claude-next": with("cost", json!({
                "input": 1.5, "output": 7.5, "context_over_200k": { "input": 3, "output": 11.25 },
            })),
            "claude-unpriced": with("cost", Value::Null),
            "claude-negative": model(-1.0, 2.0),
            "claude-absurd": model(1e9, 2.0),
            "claude no id": model(1.0, 2.0),
            "claude-boundless": with("limit", json!({ "context": 1_u64 << 40, "output": 5 })),
            "claude-draws": with("modalities", json!({ "input": ["text"], "output": ["image"] })),
            "claude-mute": with("tool_call", json!(false)),
        } },
        "lab": { "models": { "lab-1": model(0.5, 1.0) } },
        "nobody-we-know": { "models": { "x": model(1.0, 2.0) } },
    })
}

fn served(text: String) -> (Answers, Project) {
    let server =
        Answers::start(move |asked| if asked.path == "/api.json" { (200, text.clone()) } else { (404, "{}".into()) });
    let config = format!(
        "models.url = \"{}/api.json\"\nproviders.lab = {{ wire = \"chat\", base_url = \"https://lab.example/v1\" }}\n",
        server.url()
    );
    let project = Project::new().config(&config);
    (server, project)
}

fn list(shown: &Outcome) -> Vec<Value> {
    serde_json::from_str(&shown.stdout).expect("a JSON list")
}

fn entry<'a>(list: &'a [Value], name: &str) -> &'a Value {
    list.iter().find(|model| model["model"] == name).unwrap_or(&Value::Null)
}

#[test]
fn a_fetched_catalog_is_checked_and_used_above_the_embedded_one() {
    let (server, project) = served(catalog().to_string());
    // Nothing is fetched that was not asked for.
    let before = list(&project.agent(&["models", "--all", "--json"]).code(0));
    assert_eq!(entry(&before, "anthropic/claude-sonnet-5")["price_source"], "embedded");
    assert_eq!(entry(&before, "anthropic/claude-sonnet-5")["price_date"], "2026-11");
    assert!(server.asked().is_empty());

    let shown = project
        .agent(&["models", "--all", "--json", "--refresh"])
        .code(0)
        .stderr_has("5 models from http://127.0.0.1")
        .stderr_has("a price that is not the embedded one: anthropic/claude-sonnet-5: $9.0000 in")
        .stderr_has("left out: anthropic/claude-negative: its price cannot be")
        .stderr_has("left out: anthropic/claude-absurd: its price cannot be")
        .stderr_has("left out: anthropic/claude no id: its id cannot be one")
        .stderr_has("left out: anthropic/claude-boundless: its limits cannot be");
    let after = list(&shown);
    let sonnet = entry(&after, "anthropic/claude-sonnet-5");
    assert_eq!(sonnet["usd_per_million"]["input"], "9.0000");
    assert_eq!(sonnet["usd_per_million"]["cache_read"], "0.9000");
    assert_eq!(sonnet["price_source"], "refreshed");
    assert!(sonnet["price_date"].as_str().is_some_and(|date| date.len() == 10), "{sonnet}");
    // Unknown is unknown, never 0.
    assert_eq!(entry(&after, "anthropic/claude-unpriced")["usd_per_million"], Value::Null);
    assert_eq!(entry(&after, "anthropic/claude-unpriced")["price_source"], Value::Null);
    assert_eq!(entry(&after, "anthropic/claude-mute")["tools"], false);
    assert_eq!(entry(&after, "lab/lab-1")["context"], 400_000);
    assert_eq!(entry(&after, "anthropic/claude-draws"), &Value::Null);
    // What it does not have is still known.
    assert_eq!(entry(&after, "openai/gpt-6-sol")["price_source"], "embedded");

    // It stays, without another request, and the user's own price wins.
    let asked = server.asked().len();
    let shown = project.agent(&["models", "anthropic"]).code(0).stdout_has("anthropic/claude-next");
    shown.stdout_has("limits and prices: fetched on 20").stdout_has("embedded, of 2026-11");
    assert_eq!(server.asked().len(), asked);
    let project = project.config("[models.\"anthropic/claude-sonnet-5\"]\ninput = \"4\"\noutput = \"8\"\n");
    let own = list(&project.agent(&["models", "anthropic", "--json"]).code(0));
    assert_eq!(entry(&own, "anthropic/claude-sonnet-5")["usd_per_million"]["input"], "4.0000");
    assert_eq!(entry(&own, "anthropic/claude-sonnet-5")["price_source"], "configuration");
}

#[test]
fn a_broken_copy_falls_back_to_the_embedded_one_and_is_said() {
    let (_server, project) = served(catalog().to_string());
    project.agent(&["models", "anthropic", "--refresh"]).code(0).stdout_has("anthropic/claude-next");
    let path = project.home().join(".cache/agent/models.tsv");
    let whole = std::fs::read(&path).unwrap();
    for broken in [&whole[..whole.len() - 9], b"".as_slice(), b"\xff\xfe\n\n", &[b"x", whole.as_slice()].concat()] {
        std::fs::write(&path, broken).unwrap();
        project
            .agent(&["models", "anthropic"])
            .code(0)
            .stderr_has("the fetched catalog")
            .stderr_has("is broken, so the embedded one is used")
            .stdout_has("anthropic/claude-sonnet-5")
            .stdout_lacks("claude-next");
    }
    for endless in ["/dev/zero", "/dev/tty"] {
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(endless, &path).unwrap();
        project.agent(&["models", "anthropic"]).code(0).stderr_has("is broken, so the embedded one is used");
    }
    project.agent(&["models", "anthropic", "--refresh"]).code(0).stdout_has("claude-next").stderr_lacks("is broken");
}

#[test]
fn what_is_no_catalog_is_refused_and_the_former_one_stays() {
    let (_server, project) = served(catalog().to_string());
    project.agent(&["models", "anthropic", "--refresh"]).code(0);
    let cases: &[(&str, &str)] = &[
        ("<html>not here</html>", "is no catalog"),
        ("[]", "is no catalog"),
        ("{}", "has no model of a known provider"),
        ("{\"anthropic\": {\"models\": {\"x\": 7}}}", "has no model of a known provider"),
    ];
    for (text, words) in cases {
        let (_other, broken) = served((*text).to_owned());
        broken.agent(&["models", "--refresh"]).code(1).stderr_has(words);
        assert!(!broken.home().join(".cache/agent/models.tsv").exists(), "{text}");
    }
    let refused = Answers::start(|_| (500, "{}".into()));
    let project = project.config(&format!("models.url = \"{}/api.json\"\n", refused.url()));
    project.agent(&["models", "anthropic", "--refresh"]).code(1).stderr_has("answered 500");
    project.agent(&["models", "anthropic"]).code(0).stdout_has("claude-next");
}

#[test]
fn an_address_has_to_be_set_and_safe() {
    Project::new()
        .agent(&["models", "--refresh"])
        .code(2)
        .stderr_has("`models.url` is not set")
        .stderr_has("models.dev");
    let project = Project::new().config("models.url = \"http://user:word@prices.example/api.json\"\n");
    project
        .agent(&["models", "--refresh"])
        .code(2)
        .stderr_has("is not an https address: `http://prices.example/api.json`");
}

#[test]
fn what_is_fetched_is_bounded() {
    use agent::net::http::{Http, Limits};
    use agent::net::{HttpRequest, Method};
    let server = Answers::start(|asked| match asked.path.as_str() {
        "/moved" => (302, String::new()),
        _ => (200, "0123456789".into()),
    });
    let fetch = |path: &str, most: usize| {
        let request =
            HttpRequest { method: Method::Get, url: format!("{}{path}", server.url()), headers: vec![], body: vec![] };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let patience = std::time::Duration::from_secs(60);
        let http = Http::new(Limits { connect: patience, idle: patience });
        runtime.block_on(http.fetch(request, patience, most))
    };
    assert_eq!(fetch("/", 10).unwrap(), b"0123456789");
    assert!(fetch("/", 9).unwrap_err().message.contains("sent more than"));
    assert!(fetch("/moved", 10).unwrap_err().message.contains("redirects to"));
}
