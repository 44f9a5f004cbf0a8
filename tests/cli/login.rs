//! `agent login`, `agent logout` and `agent login --status` as their users meet them: what is stored where, what is never shown,
//! and that a machine without a keyring, or with one that hangs, works.

use crate::auth::office::{Asked, Office};
use crate::support::*;
use agent::text::form;
use base64::Engine;
use serde_json::{Value, json};
use sha2::Digest;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

const KEY: &str = "sk-login-0123456789";

/// What a command of a project printed, given this on standard input.
#[track_caller]
fn piped(project: &Project, args: &[&str], input: &str) -> Outcome {
    let path = project.home().join("input");
    std::fs::write(&path, input).unwrap();
    let mut command = project.command(args);
    command.stdin(std::fs::File::open(&path).unwrap());
    let outcome = run_command(command, LONGEST_RUN);
    for secret in [KEY, "sk-other"] {
        assert!(!outcome.stdout.contains(secret) && !outcome.stderr.contains(secret), "a key is shown\n{outcome}");
    }
    outcome
}

fn keys(project: &Project) -> String {
    std::fs::read_to_string(project.home().join(".config/agent/keys.json")).unwrap_or_default()
}

/// A vendor that answers a request for its models like this.
fn vendor(status: u16, body: &'static str) -> (Office, Project) {
    let office = Office::open(move |_| (status, body.to_owned()));
    let project = Project::new().env("OPENAI_BASE_URL", &format!("{}/v1", office.url));
    (office, project)
}

#[test]
fn a_piped_key_is_checked_stored_and_used() {
    let server = Server::respond_with(Wire::Responses, |_| Step::Reply(Reply::text("hello")));
    let project = Project::new().env("OPENAI_BASE_URL", &server.base_url());
    let outcome = piped(&project, &["login", "openai"], &format!("  {KEY}\n")).code(0);
    let outcome = outcome
        .stdout_has("openai: checked; stored in ")
        .stdout_has("keys.json, which only you can read")
        .stdout_has("the keyring was not used: ")
        .stdout_has("to remove it: agent logout openai");
    assert!(outcome.took.as_secs() < 10, "no keyring is no reason to wait\n{outcome}");
    assert!(keys(&project).contains(KEY));
    let mode = |path: &str| std::fs::metadata(project.home().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(".config/agent/keys.json"), mode(".config/agent")), (0o600, 0o700));
    // Used for what it was stored for, by itself, and known to the redactor.
    let project = project.file("leak.txt", &format!("key = {KEY}\n"));
    let outcome = project.run(&["--json", "say hello"]).code(0);
    assert_eq!(outcome.json()[0]["data"]["model"], "openai/gpt-6-sol", "the stored key chooses the provider");
    let request = server.requests().remove(0);
    assert_eq!(request.header("authorization"), Some(format!("Bearer {KEY}")));
    project.agent(&["models"]).code(0).stdout_has("openai/gpt-6-sol").stdout_lacks("anthropic/");
    project.agent(&["doctor"]).stdout_has("stored: openai (file)").stdout_has("key from file ").stdout_lacks(KEY);
    server.assert_no_violations();
}

#[test]
fn a_stored_key_never_reaches_the_model_or_the_log() {
    let server = Server::start(
        Wire::Responses,
        vec![
            Step::Reply(Reply::call("shell", json!({"command": "cat leak.txt ~/.config/agent/keys.json; env"}))),
            Step::Reply(Reply::text("Done.")),
        ],
    );
    // Of a provider that this run does not ask. The jail keeps a command from the file of keys, but not from this one.
    let other = "gsk-another-0123456789";
    let project = Project::new().env("OPENAI_BASE_URL", &server.base_url());
    let project = project.file("leak.txt", &format!("key = {KEY}\nother = {other}\n"));
    piped(&project, &["login", "openai", "--no-check"], KEY).code(0).stdout_has("openai: not checked; stored");
    piped(&project, &["login", "groq", "--no-check"], other).code(0);
    let outcome = project.run(&["--json", "look"]).code(0).stdout_lacks(KEY).stdout_lacks(other);
    let outcome = outcome.stdout_has("[secret provider key]").stdout_has("[secret stored key of groq]");
    assert_eq!(server.requests().len(), 2, "{outcome}");
    let requests = server.requests().into_iter().map(|request| String::from_utf8_lossy(&request.raw).into_owned());
    let logs = project.sessions().into_iter().map(|log| std::fs::read_to_string(log).unwrap());
    for text in requests.chain(logs) {
        assert!(!text.contains(KEY) && !text.contains(other), "{text}");
    }
}

#[test]
fn a_rejected_key_is_not_stored() {
    for (status, body) in [
        (401, r#"{"error":{"message":"Incorrect API key provided: sk-login-0123456789"}}"#),
        (403, "{}"),
        (400, r#"{"error":{"status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#),
    ] {
        let (office, project) = vendor(status, body);
        piped(&project, &["login", "openai"], KEY)
            .code(1)
            .stderr_has(&format!("rejects the key ({status}); it was not stored"))
            .stderr_has("--no-check");
        assert_eq!(keys(&project), "");
        let asked: Vec<Asked> = office.asked();
        assert_eq!((asked.len(), asked[0].method.as_str(), asked[0].path.as_str()), (1, "GET", "/v1/models"));
        assert_eq!(asked[0].header("authorization"), format!("Bearer {KEY}"));
    }
}

#[test]
fn what_cannot_be_checked_is_stored_and_said() {
    for (status, body, words) in [
        (403, r#"{"error":"Missing scopes: api.model.read"}"#, "lets it not list models"),
        (404, "", "has no list of models"),
        (500, "", "answered 500"),
        (429, "", "answered 429"),
        (302, "", "redirects"),
        (200, "<!doctype html><title>Sign in</title>", "answered with a web page"),
    ] {
        let (_office, project) = vendor(status, body);
        piped(&project, &["login", "openai"], KEY).code(0).stdout_has("openai: not checked: ").stdout_has(words);
        assert!(keys(&project).contains(KEY));
    }
    let project = Project::new().env("OPENAI_BASE_URL", "http://127.0.0.1:9/v1");
    piped(&project, &["login", "openai"], KEY).code(0).stdout_has("not checked: cannot connect to 127.0.0.1:9");
}

#[test]
fn each_wire_is_asked_in_its_own_words() {
    let office = Office::open(|_| (200, "{}".into()));
    let config = ["messages", "gemini", "chat"].map(|wire| {
        format!("providers.my-{wire} = {{ wire = \"{wire}\", base_url = \"{}\", key_env = \"MY_KEY\" }}\n", office.url)
    });
    let project = Project::new().config(&format!(
        "{}providers.openrouter.base_url = \"{}/api/v1\"\n",
        config.concat(),
        office.url
    ));
    for (name, path, header, value) in [
        ("my-messages", "/v1/models", "x-api-key", KEY.to_owned()),
        ("my-gemini", "/v1beta/models", "x-goog-api-key", KEY.to_owned()),
        ("my-chat", "/models", "authorization", format!("Bearer {KEY}")),
        ("openrouter", "/api/v1/key", "authorization", format!("Bearer {KEY}")),
    ] {
        piped(&project, &["login", name], KEY).code(0).stdout_has("checked; stored");
        let asked = office.asked().pop().unwrap();
        assert_eq!((asked.method.as_str(), asked.path.as_str(), asked.header(header)), ("GET", path, value));
    }
}

#[test]
fn what_is_no_key_is_refused() {
    let project = Project::new();
    let long = "k".repeat(20_000);
    for input in ["", "  \n", "two words\n", "two\nlines\n", "sk\u{1b}[31m", "sk-abc…", long.as_str()] {
        piped(&project, &["login", "openai", "--no-check"], input).code(2).stderr_has("key");
        assert_eq!(keys(&project), "");
    }
    let outcome = project.agent(&["login"]).code(2).stderr_has("whose key? one of anthropic, openai, ");
    outcome.stderr_has("| agent login PROVIDER").stderr_lacks("ollama");
    project.agent(&["login", "opnai"]).code(2).stderr_has("did you mean `openai`?");
    project.agent(&["login", "openai", "--browser"]).code(2).stderr_has("it takes a key");
    project.agent(&["login", "ollama"]).code(0).stdout_has("needs no key");
    project.agent(&["login", "bedrock"]).code(0).stdout_has("AWS credentials").stdout_has("aws sso login");
    project.agent(&["login", "vertex"]).code(0).stdout_has("gcloud auth application-default login");
}

#[test]
fn the_status_says_which_key_is_in_force() {
    let project = Project::new().env("GROQ_API_KEY", "sk-other");
    project.agent(&["logout", "--all"]).code(0).stdout_has("no key is stored");
    for name in ["openai", "groq"] {
        piped(&project, &["login", name, "--no-check"], KEY).code(0);
    }
    let shown = project.agent(&["login", "--status", "--json"]).code(0).stdout_lacks(KEY).stdout_lacks("sk-other");
    let status: Value = serde_json::from_str(&shown.stdout).unwrap();
    let sources = |name: &str| {
        let all = status["providers"].as_array().unwrap();
        all.iter().find(|held| held["provider"] == name).expect("it has a key")["sources"].clone()
    };
    assert_eq!(sources("openai")[0]["kind"], "file");
    assert_eq!(sources("openai")[0]["in_force"], true);
    let groq = sources("groq");
    assert_eq!(groq[0], json!({"kind": "environment", "name": "GROQ_API_KEY", "in_force": true}));
    assert_eq!((&groq[1]["kind"], &groq[1]["in_force"]), (&json!("file"), &json!(false)));
    let text = project.agent(&["login", "--status"]).code(0).stdout_lacks(KEY).stdout_lacks("sk-other");
    assert!(text.stdout_has("in force").stdout.contains("not used: the one above wins"));
    // And leaving: what is still there is said.
    project
        .agent(&["logout", "groq"])
        .code(0)
        .stdout_has("removed from ")
        .stdout_has("GROQ_API_KEY is set and still used");
    project.agent(&["logout", "--all"]).code(0).stdout_has("openai: removed from ");
    project.agent(&["logout", "openai"]).code(0).stdout_has("no key was stored");
    project.agent(&["logout", "opnai"]).code(2).stderr_has("did you mean");
    project.agent(&["login", "--status"]).code(0).stdout_has("environment GROQ_API_KEY").stdout_lacks("openai");
}

#[test]
fn a_key_goes_to_the_server_it_was_given_for_alone() {
    let project = Project::new().env("OPENAI_BASE_URL", "http://127.0.0.1:9/v1");
    piped(&project, &["login", "openai", "--no-check"], KEY).code(0);
    let elsewhere = Server::respond_with(Wire::Responses, |_| Step::Reply(Reply::text("give me the key")));
    let project = project.env("OPENAI_BASE_URL", &elsewhere.base_url());
    project
        .run(&["-m", "openai/test-model", "x"])
        .code(3)
        .stderr_has(
            "the stored key of `openai` is for http://127.0.0.1:9, and its requests would go to http://127.0.0.1:",
        )
        .stderr_has("hint: if that is right, agent login openai");
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn a_key_file_that_others_read_is_said_and_not_used() {
    let project = Project::new();
    piped(&project, &["login", "openai", "--no-check"], KEY).code(0);
    let path = project.home().join(".config/agent/keys.json");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let chmod = format!("hint: chmod 600 {}", path.display());
    project.run(&["-m", "openai/test-model", "x"]).code(3).stderr_has("(mode 0644)").stderr_has(&chmod);
    project.agent(&["login", "--status"]).code(1).stderr_has(&chmod);
    project.agent(&["doctor"]).code(1).stdout_has("stored keys").stdout_has(&chmod);
    // The environment still works.
    project
        .env("OPENAI_API_KEY", KEY)
        .env("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
        .agent(&["doctor"])
        .stdout_has("key from environment variable OPENAI_API_KEY");
}

/// A session bus that takes calls and never answers: a desktop that waits for somebody who is not there.
#[test]
fn a_keyring_that_hangs_is_given_up() {
    let project = Project::new();
    let path = project.home().join("bus");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let bus = format!("unix:path={}", path.display());
    let held = std::thread::spawn(move || listener.accept().map(|(stream, _)| stream));
    let project = project.env("DBUS_SESSION_BUS_ADDRESS", &bus);
    let outcome = piped(&project, &["login", "openai", "--no-check"], KEY).code(0);
    let outcome = outcome.stdout_has("the keyring was not used: it did not answer for 3 s").stdout_has("stored in ");
    assert!(outcome.took.as_secs() < 20, "{outcome}");
    assert!(held.join().unwrap().is_ok(), "it was asked");
    // And the key is found without asking it again.
    let outcome = project.agent(&["login", "--status"]).code(0).stdout_has("in force");
    assert!(outcome.took.as_secs() < 3, "{outcome}");
    // `off` never asks.
    let project = project.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
    let outcome = piped(&project, &["login", "groq", "--no-check", "-c", "auth.keyring=off"], KEY).code(0);
    outcome.stdout_lacks("keyring");
}

/// On a terminal of its own: `agent login ARGS`, and then what the terminal is like.
fn at_a_terminal(project: &Project, args: &str) -> Terminal {
    let agent = project.command(&[]);
    let mut command = std::process::Command::new("/bin/sh");
    let script = format!("trap : INT; \"$0\" login {args}; echo \"code $?\" >&2; stty -a >&2");
    command.args(["-c", &script]).arg(agent.get_program()).current_dir(project.path()).env_clear();
    command.envs(agent.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Terminal::start(&command, &project.home().join("stdout"))
}

#[test]
fn a_typed_key_is_not_shown() {
    let (_office, project) = vendor(200, "{}");
    let mut terminal = at_a_terminal(&project, "");
    let list = terminal.wait_for("whose key? a number or a name: ");
    assert!(list.contains("1  anthropic") && list.contains("openrouter"), "{list}");
    terminal.keys("nobody\n");
    terminal.wait_for("none of that number or name");
    terminal.wait_for("a number or a name: ");
    terminal.keys("openai\n");
    terminal.wait_for("the key for openai at 127.0.0.1:");
    terminal.wait_for(" (it is not shown): ");
    terminal.keys(&format!("{KEY}\n"));
    terminal.wait_for("code 0");
    let after = terminal.wait_for("echoke");
    assert!(after.contains(" echo ") && !after.contains("-echo "), "{after}");
    terminal.end();
    assert!(!terminal.text().contains(KEY), "{}", terminal.text());
    assert!(keys(&project).contains(KEY));
}

#[test]
fn a_long_key_was_cut_by_the_terminal_and_stored() {
    let project = Project::new();
    let mut terminal = at_a_terminal(&project, "openai --no-check");
    terminal.wait_for("(it is not shown): ");
    terminal.keys(&format!("{}\n", "k".repeat(5_000)));
    terminal.wait_for("the end of it is lost");
    terminal.wait_for("code 2");
    terminal.end();
    assert_eq!(keys(&project), "");
}

#[test]
fn leaving_puts_the_terminal_back() {
    let project = Project::new();
    let mut terminal = at_a_terminal(&project, "openai");
    terminal.wait_for("(it is not shown): ");
    terminal.keys("half a k\u{3}");
    terminal.wait_for("code 130");
    let after = terminal.wait_for("echoke");
    assert!(after.contains(" echo ") && !after.contains("-echo "), "{after}");
    terminal.end();
    assert!(!terminal.text().contains("half"), "{}", terminal.text());
    assert_eq!(keys(&project), "");
}

#[test]
fn a_key_is_not_asked_for_where_the_question_is_not_seen() {
    let project = Project::new();
    let mut terminal = at_a_terminal(&project, "openai 2> said");
    terminal.wait_for("code 2");
    terminal.end();
    assert!(project.read("said").contains("standard error is no terminal"), "{}", project.read("said"));
}

/// Asks an address as a browser does: the status line and the page.
fn browse(url: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host.replace("localhost", "127.0.0.1")).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}

/// Runs a login in a browser: `visit` gets the address that is shown. What was said besides, and the exit code.
fn in_a_browser(project: &Project, args: &[&str], visit: impl FnOnce(&str)) -> (String, i32) {
    let mut command = project.command(args);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while errors.read_line(&mut said).unwrap() > 0 {
        if let Some(address) = said.lines().last().and_then(|line| line.strip_prefix("  http")) {
            visit(&format!("http{address}"));
            break;
        }
    }
    errors.read_to_string(&mut said).unwrap();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    (said, child.wait().unwrap().code().unwrap())
}

fn challenge(verifier: &str) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(verifier))
}

/// A company's gateway and its login server, on one address.
fn corp(project: Project, gateway: &Server, office: &Office, more: &str) -> Project {
    project.config(&format!(
        "[providers.corp]\nwire = \"chat\"\nbase_url = \"{}\"\noauth_client_id = \"agent-at-corp\"\noauth_token_url = \"{}/token\"\n{more}",
        gateway.base_url(),
        office.url
    ))
}

#[test]
fn a_login_in_a_browser_gives_tokens_that_are_renewed() {
    let office = Office::open(|asked| match asked.field("grant_type").as_str() {
        "authorization_code" if asked.field("code") == "the-code" => {
            // The end has come already, so that the first request needs new ones.
            (200, r#"{"access_token":"access-1","refresh_token":"refresh-1","expires_in":0}"#.into())
        }
        "refresh_token" if asked.field("refresh_token") == "refresh-1" => {
            (200, r#"{"access_token":"access-2","refresh_token":"refresh-2","expires_in":3600}"#.into())
        }
        _ => (400, r#"{"error":"invalid_grant"}"#.into()),
    });
    let gateway = Server::respond_with(Wire::Chat, |_| Step::Reply(Reply::text("hello")));
    let authorize = format!("oauth_authorize_url = \"{}/authorize\"\noauth_scopes = [\"models\"]\n", office.url);
    let project = corp(Project::new(), &gateway, &office, &authorize);
    project
        .run(&["-m", "corp/test-model", "x"])
        .code(3)
        .stderr_has("there is no login for `corp`")
        .stderr_has("hint: agent login corp");
    let mut verifier = String::new();
    let (said, code) = in_a_browser(&project, &["login", "corp"], |address| {
        let query = address.split_once('?').unwrap().1;
        let value = |name: &str| form::value(query, name).unwrap();
        assert_eq!((value("client_id").as_str(), value("scope").as_str()), ("agent-at-corp", "models"));
        verifier = value("code_challenge");
        let (back, state) = (value("redirect_uri"), value("state"));
        // A connection that says nothing, somebody else's answer, and a picture disturb nothing.
        let _silent = TcpStream::connect(back.strip_prefix("http://").unwrap().split('/').next().unwrap()).unwrap();
        assert!(browse(&format!("{back}?code=wrong&state=x{state}")).starts_with("HTTP/1.1 404 "));
        assert!(browse(&back.replace("/callback", "/favicon.ico")).starts_with("HTTP/1.1 404 "));
        let page = browse(&format!("{back}?code=the-code&state={state}"));
        assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("You can close this page"), "{page}");
    });
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("corp: logged in; stored in ") && !said.contains("access-1"), "{said}");
    let exchange = office.asked().remove(0);
    assert_eq!(challenge(&exchange.field("code_verifier")), verifier);
    assert_eq!(exchange.field("client_id"), "agent-at-corp");
    assert!(keys(&project).contains("refresh-1"));
    project.run(&["-m", "corp/test-model", "x"]).code(0).stdout_has("hello").stdout_lacks("access-");
    assert_eq!(gateway.requests()[0].header("authorization").as_deref(), Some("Bearer access-2"));
    assert!(keys(&project).contains("refresh-2") && !keys(&project).contains("refresh-1"), "{}", keys(&project));
    project.run(&["-m", "corp/test-model", "x"]).code(0);
    assert_eq!(office.asked().len(), 2, "no renewal before its time");
    project.agent(&["login", "--status"]).code(0).stdout_has("corp").stdout_has("in force").stdout_lacks("access-");
}

#[test]
fn a_declined_login_stores_nothing() {
    let office = Office::open(|_| (500, String::new()));
    let gateway = Server::start(Wire::Chat, vec![]);
    let more = format!("oauth_authorize_url = \"{}/authorize\"\n", office.url);
    let project = corp(Project::new(), &gateway, &office, &more);
    let (said, code) = in_a_browser(&project, &["login", "corp"], |address| {
        let query = address.split_once('?').unwrap().1;
        let value = |name: &str| form::value(query, name).unwrap();
        browse(&format!("{}?error=access_denied&state={}", value("redirect_uri"), value("state")));
    });
    assert_eq!(code, 1);
    assert!(said.contains("error: the login for `corp` was declined"), "{said}");
    assert!(office.asked().is_empty() && keys(&project).is_empty());
    project
        .agent(&["login", "corp", "--device"])
        .code(2)
        .stderr_has("--device needs `providers.corp.oauth_device_url`");
}

#[test]
fn a_login_on_another_device_shows_its_code() {
    let office = Office::open(|asked| match asked.path.as_str() {
        "/device" => (
            200,
            format!(
                r#"{{"device_code":"d","user_code":"WDJB-MJHT","verification_uri":"http://{}/d","expires_in":600,"interval":1}}"#,
                asked.header("host")
            ),
        ),
        _ => (200, r#"{"access_token":"access-1","token_type":"Bearer"}"#.into()),
    });
    let gateway = Server::start(Wire::Chat, vec![]);
    let project = corp(Project::new(), &gateway, &office, &format!("oauth_device_url = \"{}/device\"\n", office.url));
    let outcome = project.agent(&["login", "corp"]).code(0).stderr_has("WDJB-MJHT").stderr_has("on any device");
    outcome.stdout_has("corp: logged in; stored in ").stdout_lacks("access-1");
    assert!(keys(&project).contains("access-1"));
}

#[test]
fn openrouter_gives_a_key_in_a_browser() {
    let office = Office::open(|asked| {
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        match (asked.path.as_str(), body["code"].as_str()) {
            ("/api/v1/auth/keys", Some("the-code")) => (200, format!(r#"{{"key":"{KEY}","user_id":"u"}}"#)),
            _ => (403, r#"{"error":"Invalid code or code_verifier"}"#.into()),
        }
    });
    let project = Project::new().config(&format!("providers.openrouter.base_url = \"{}/api/v1\"\n", office.url));
    let mut wanted = String::new();
    let (said, code) = in_a_browser(&project, &["login", "openrouter", "--browser"], |address| {
        assert!(address.starts_with(&format!("{}/auth?", office.url)), "{address}");
        let value = |name: &str| form::value(address.split_once('?').unwrap().1, name).unwrap();
        wanted = value("code_challenge");
        let back = value("callback_url");
        assert!(browse(&format!("{back}0?code=the-code")).starts_with("HTTP/1.1 404 "));
        browse(&format!("{back}?code=the-code"));
    });
    assert!(code == 0 && said.contains("openrouter: given by openrouter; stored in ") && !said.contains(KEY), "{said}");
    let body: Value = serde_json::from_str(&office.asked()[0].body).unwrap();
    assert_eq!(challenge(body["code_verifier"].as_str().unwrap()), wanted);
    assert_eq!(body["code_challenge_method"], "S256");
    assert!(keys(&project).contains(KEY));
    let (said, code) = in_a_browser(&project, &["login", "openrouter", "--browser"], |address| {
        let back = form::value(address.split_once('?').unwrap().1, "callback_url").unwrap();
        browse(&format!("{back}?code=another"));
    });
    assert!(code == 1 && said.contains("openrouter gave no key: status 403"), "{said}");
}

/// Where there is a screen the browser is opened: with the address, and with nothing secret in its environment.
#[test]
fn a_browser_gets_the_address_and_no_secret() {
    let office = Office::open(|_| (403, "{}".into()));
    let project = Project::new()
        .config(&format!("providers.openrouter.base_url = \"{}/api/v1\"\n", office.url))
        .file("bin/xdg-open", "#!/bin/sh\n(printf '%s\\n' \"$1\"; env) > opened.new && mv opened.new opened\n");
    let bin = project.path().join("bin");
    std::fs::set_permissions(bin.join("xdg-open"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var_os("PATH").unwrap().display());
    let project = project.env("PATH", &path).env("DISPLAY", ":99").env("GROQ_API_KEY", "sk-other");
    let mut shown = String::new();
    let (said, code) = in_a_browser(&project, &["login", "openrouter", "--browser"], |address| {
        shown = address.to_owned();
        let begin = std::time::Instant::now();
        while !project.exists("opened") {
            assert!(begin.elapsed() < LONGEST_RUN, "no browser was opened");
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        browse(&format!("{}?code=x", form::value(address.split_once('?').unwrap().1, "callback_url").unwrap()));
    });
    assert!(code == 1 && said.contains("your browser opens"), "{said}");
    let opened = project.read("opened");
    assert_eq!(opened.lines().next(), Some(shown.as_str()));
    assert!(opened.contains("DISPLAY=:99") && !opened.contains("sk-other"), "{opened}");
}
