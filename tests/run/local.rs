//! Without a key: a local server is found, or what to do is said at once.

use crate::support::*;

/// A busy machine must not make a server that is there look as if it were not.
const PATIENT: &str = "network.local_timeout = \"60s\"\n";

#[test]
fn a_local_server_is_found_and_costs_nothing() {
    let server = Server::respond_with(Wire::Chat, |_| Step::Reply(Reply::text("hello from here")));
    let project =
        Project::new().config(&format!("{PATIENT}[providers.ollama]\nbase_url = \"{}\"\n", server.base_url()));
    let outcome = project.run(&["--json", "say hello"]).code(0);
    assert_eq!(outcome.outcome()["summary"], "hello from here");
    assert_eq!(outcome.outcome()["cost_usd"], "0.0000");
    let started = &outcome.json()[0];
    assert_eq!(started["data"]["model"], "ollama/test-model");
}

#[test]
fn a_machine_without_certificates_talks_to_a_server_that_needs_none() {
    let project = Project::new().env("SSL_CERT_FILE", "/no/such/file.pem").env("SSL_CERT_DIR", "/no/such/folder");
    project.reply(Reply::text("hello from here")).run(&["say hello"]).code(0).stdout_has("hello from here");
}

#[test]
fn without_key_and_server_it_says_what_to_do_at_once() {
    let project = Project::new().config("providers.ollama.base_url = \"http://127.0.0.1:9/v1\"\nproviders.lmstudio.base_url = \"http://127.0.0.1:9/v1\"\nproviders.llamacpp.base_url = \"http://127.0.0.1:9/v1\"\nproviders.vllm.base_url = \"http://127.0.0.1:9/v1\"\n");
    project
        .run(&["say hello"])
        .code(3)
        .stderr_has("none is named")
        .stderr_has("ANTHROPIC_API_KEY")
        .stderr_has("agent demo");
}

/// A server of one kind that answers these paths, and chats.
fn local(paths: &'static [(&'static str, &'static str)]) -> Answers {
    Answers::start(move |asked| {
        let path = match asked.body["model"].as_str() {
            Some(model) if asked.path == "/api/show" => format!("/api/show {model}"),
            _ => asked.path.clone(),
        };
        match paths.iter().find(|(known, _)| *known == path) {
            Some((_, text)) => (200, (*text).to_owned()),
            None if asked.path == "/v1/chat/completions" => (200, Server::render(Wire::Chat, &Reply::text("hello"), 0)),
            None => (404, "{}".into()),
        }
    })
}

const OLLAMA: &[(&str, &str)] = &[
    ("/api/tags", r#"{"models":[{"name":"qwen3:latest"},{"name":"gemma:2b"},{"name":"nomic-embed-text:latest"}]}"#),
    ("/api/ps", r#"{"models":[{"name":"qwen3:latest","context_length":4096}]}"#),
    (
        "/api/show qwen3:latest",
        r#"{"model_info":{"general.architecture":"qwen3","qwen3.context_length":262144},"capabilities":["completion","tools","thinking"],"parameters":"stop \"x\""}"#,
    ),
    (
        "/api/show gemma:2b",
        r#"{"model_info":{"gemma.context_length":8192},"capabilities":["completion","vision"],"parameters":"num_ctx                        2048"}"#,
    ),
];

const LM_STUDIO: &[(&str, &str)] = &[(
    "/api/v0/models",
    r#"{"object":"list","data":[
        {"id":"qwen2-vl-7b","type":"vlm","state":"not-loaded","max_context_length":32768},
        {"id":"text-embedding-x","type":"embeddings","state":"not-loaded","max_context_length":2048},
        {"id":"qwen3-8b","type":"llm","state":"loaded","max_context_length":131072,"loaded_context_length":8192,"capabilities":["tool_use"]}
    ]}"#,
)];

const LLAMA: &[(&str, &str)] = &[
    (
        "/v1/models",
        r#"{"object":"list","data":[{"id":"qwen.gguf","owned_by":"llamacpp","meta":{"n_ctx_train":131072}}]}"#,
    ),
    (
        "/props",
        r#"{"default_generation_settings":{"n_ctx":16384},"modalities":{"vision":true},"chat_template_caps":{"supports_tools":true}}"#,
    ),
];

const VLLM: &[(&str, &str)] =
    &[("/v1/models", r#"{"object":"list","data":[{"id":"Qwen/Qwen3","owned_by":"vllm","max_model_len":40960}]}"#)];

#[test]
fn local_servers_are_listed_with_all_their_models_and_real_windows() {
    let servers = [("ollama", OLLAMA), ("lmstudio", LM_STUDIO), ("llamacpp", LLAMA), ("vllm", VLLM)]
        .map(|(name, paths)| (name, local(paths)));
    let config: String =
        servers.iter().map(|(name, server)| format!("providers.{name}.base_url = \"{}/v1\"\n", server.url())).collect();
    let project = Project::new().config(&format!("{PATIENT}{config}"));
    let shown = project.agent(&["models", "local", "--json"]).code(0);
    let list: Vec<serde_json::Value> = serde_json::from_str(&shown.stdout).unwrap();
    let found: Vec<String> = list
        .iter()
        .map(|model| {
            format!(
                "{} {} {} {} {}",
                model["model"], model["context"], model["max_context"], model["tools"], model["images"]
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            r#""ollama/qwen3:latest" 4096 262144 true false"#,
            r#""ollama/gemma:2b" 2048 8192 false true"#,
            r#""lmstudio/qwen2-vl-7b" null 32768 true true"#,
            r#""lmstudio/qwen3-8b" 8192 131072 true false"#,
            r#""llamacpp/qwen.gguf" 16384 131072 true true"#,
            r#""vllm/Qwen/Qwen3" 40960 null true false"#,
        ]
    );
    assert!(list.iter().all(|model| model["price_source"] == "local" && model["usd_per_million"]["input"] == "0.0000"));
    project
        .agent(&["models", "local"])
        .code(0)
        .stdout_has("vllm/Qwen/Qwen3")
        .stdout_has("OLLAMA_CONTEXT_LENGTH=65536 ollama serve");
    project.agent(&["models", "vllm"]).code(0).stdout_has("vllm/Qwen/Qwen3").stdout_lacks("llamacpp/");
    project.agent(&["models"]).code(0).stdout_has("ollama/gemma:2b").stdout_has("anthropic/claude-sonnet-5");
}

#[test]
fn a_model_of_a_local_server_could_set_the_title_of_the_terminal() {
    let server = local(&[(
        "/v1/models",
        r#"{"data":[{"id":"evil\u001b]0;owned\u0007\nsecond"},{"id":"rtl\u202e"},{"id":""},{"id":5},{"id":"good"}]}"#,
    )]);
    let project = Project::new().config(&format!("{PATIENT}providers.vllm.base_url = \"{}/v1\"\n", server.url()));
    for args in [&["models", "local"][..], &["models", "vllm"], &["models", "vllm", "--json"]] {
        let outcome = project.agent(args).code(0).stdout_has("vllm/good");
        outcome.stdout_lacks("evil").stdout_lacks("rtl").stdout_lacks("second").stdout_lacks("\u{1b}");
    }
}

#[test]
fn without_a_local_server_that_is_said() {
    let nobody: String = ["ollama", "lmstudio", "llamacpp", "vllm"]
        .map(|name| format!("providers.{name}.base_url = \"http://127.0.0.1:9/v1\"\n"))
        .concat();
    Project::new().config(&nobody).agent(&["models", "local"]).code(0).stdout_has("no local server answers");
}

#[test]
fn the_window_of_ollama_is_the_one_it_really_has_and_a_small_one_is_said() {
    let server = local(OLLAMA);
    let project = Project::new().config(&format!("{PATIENT}providers.ollama.base_url = \"{}/v1\"\n", server.url()));
    let run = project.run(&["--json", "-m", "ollama/qwen3", "say hello"]);
    let notices: Vec<String> = run
        .json()
        .iter()
        .filter(|line| line["type"] == "notice")
        .filter_map(|line| line["data"]["text"].as_str().map(str::to_owned))
        .collect();
    let said = "ollama serves `qwen3:latest` with a window of 4096 tokens, and it could have 262144";
    assert!(notices.iter().any(|text| text.starts_with(said)), "{notices:?}");
    assert!(!server.asked().iter().any(|asked| asked.path == "/api/generate"), "it is in memory already");
    // The answer is bounded by the window that is there.
    let sent = server.asked().into_iter().find(|asked| asked.path == "/v1/chat/completions").unwrap();
    assert!(sent.body["max_tokens"].as_u64().unwrap() <= 1024, "{}", sent.body["max_tokens"]);

    // What the user says of the window is not asked for, and not doubted.
    let project = Project::new().config(&format!(
        "{PATIENT}providers.ollama.base_url = \"{}/v1\"\n[models.\"ollama/qwen3\"]\ncontext = 65536\n",
        server.url()
    ));
    let run = project.run(&["--json", "-m", "ollama/qwen3", "say hello"]).code(0);
    assert!(!run.stdout.contains("with a window of"), "{}", run.stdout);
}

#[test]
fn a_model_of_ollama_that_is_not_in_memory_is_brought_there_to_know_its_window() {
    let loaded = std::sync::atomic::AtomicBool::new(false);
    let server = Answers::start(move |asked| match asked.path.as_str() {
        "/api/generate" => {
            loaded.store(true, std::sync::atomic::Ordering::SeqCst);
            (200, r#"{"done":true,"done_reason":"load"}"#.into())
        }
        "/api/ps" if loaded.load(std::sync::atomic::Ordering::SeqCst) => {
            (200, r#"{"models":[{"name":"qwen3:latest","context_length":65536}]}"#.into())
        }
        "/api/ps" => (200, r#"{"models":[]}"#.into()),
        "/api/tags" => (200, r#"{"models":[{"name":"qwen3:latest"}]}"#.into()),
        "/api/show" => (200, r#"{"model_info":{"qwen3.context_length":262144},"capabilities":["tools"]}"#.into()),
        _ => (200, Server::render(Wire::Chat, &Reply::text("hello"), 0)),
    });
    let project = Project::new().config(PATIENT).env("OLLAMA_HOST", server.url().trim_start_matches("http://"));
    let run = project.run(&["--json", "-m", "ollama/qwen3", "say hello"]).code(0);
    assert!(!run.stdout.contains("with a window of"), "{}", run.stdout);
    let paths: Vec<String> = server.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(paths.iter().filter(|path| *path == "/api/generate").count(), 1, "{paths:?}");
}

#[test]
fn a_local_model_without_tools_is_sent_none_and_that_is_said() {
    let server = local(OLLAMA);
    let project = Project::new().config(&format!(
        "{PATIENT}providers.ollama.base_url = \"{}/v1\"\n[models.\"ollama/gemma:2b\"]\ncontext = 65536\n",
        server.url()
    ));
    let run = project.run(&["--json", "-m", "ollama/gemma:2b", "say hello"]).code(0);
    assert!(run.stdout.contains("ollama says that `gemma:2b` takes no tools"), "{}", run.stdout);
    let sent = server.asked().into_iter().find(|asked| asked.path == "/v1/chat/completions").unwrap();
    assert!(sent.body.get("tools").is_none(), "{}", sent.body);
}
