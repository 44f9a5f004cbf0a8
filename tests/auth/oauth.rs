//! OAuth without a network: PKCE and its answers, each error of a device login, and tokens that are renewed once, before their end.

use agent::auth::oauth::code::{Answer, Attempt};
use agent::auth::oauth::device::Device;
use agent::auth::oauth::reply::Reply;
use agent::auth::oauth::{Client, Clock, Renewing, flow};
use agent::auth::stored::{Stored, Tokens, What};
use agent::auth::vault::Vault;
use agent::base::secret::Secret;
use agent::base::{Error, Kind, Result};
use agent::config::Config;
use agent::config::paths::Environment;
use agent::disk::Disk;
use agent::net::{Authorize, Header, HttpRequest, HttpResponse, Method, Transport};
use agent::text::form;
use bytes::Bytes;
use futures_core::future::BoxFuture;
use futures_util::stream;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

const NOW: u64 = 1_800_000_000;

fn client() -> Client {
    Client {
        provider: "corp".into(),
        id: "agent-at-corp".into(),
        authorize_url: Some("https://login.example.com/authorize?tenant=1".into()),
        device_url: Some("https://login.example.com/device".into()),
        token_url: "https://login.example.com/token".into(),
        scopes: "models offline_access".into(),
    }
}

/// Answers in order; `None` is a broken connection.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Option<(u16, String)>>>,
    bodies: Mutex<Vec<String>>,
}

impl Script {
    fn of(answers: &[Option<(u16, &str)>]) -> Script {
        let answers = answers.iter().map(|answer| answer.map(|(status, body)| (status, body.to_owned()))).collect();
        Script { answers: Mutex::new(answers), ..Script::default() }
    }

    fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }
}

impl Transport for Script {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse>> {
        self.bodies.lock().unwrap().push(String::from_utf8(request.body).unwrap());
        let next = self.answers.lock().unwrap().pop_front().expect("the script goes on");
        Box::pin(async move {
            // Others get a turn, so that two who ask at once would show.
            tokio::task::yield_now().await;
            let (status, body) = next.ok_or_else(|| Error::new(Kind::Network, "connection reset"))?;
            let body = Box::pin(stream::iter([Ok(Bytes::from(body))]));
            Ok(HttpResponse { status, retry_after: None, body })
        })
    }
}

/// A runtime whose clock jumps to the next thing that is waited for.
fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(work)
}

#[test]
fn the_challenge_is_the_hash_of_the_verifier() {
    // RFC 7636, appendix B: these 32 bytes make the verifier dBjft… and the challenge E9Mel….
    let known = [
        116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
        240, 91, 88, 5, 88, 83, 132, 141, 121,
    ];
    let mut chance = [7; 64];
    chance[..32].copy_from_slice(&known);
    let attempt = Attempt::new(&chance, 4711);
    let address = attempt.address(&client(), "https://login.example.com/authorize?tenant=1");
    let (page, query) = address.split_once('?').unwrap();
    assert_eq!(page, "https://login.example.com/authorize");
    for (name, value) in [
        ("tenant", "1"),
        ("response_type", "code"),
        ("client_id", "agent-at-corp"),
        ("redirect_uri", "http://127.0.0.1:4711/callback"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("scope", "models offline_access"),
    ] {
        assert_eq!(form::value(query, name).as_deref(), Some(value), "{name} in {address}");
    }
    let request = attempt.exchange(&client(), "a code+&");
    let body = String::from_utf8(request.body).unwrap();
    assert_eq!(request.url, "https://login.example.com/token");
    assert_eq!(form::value(&body, "code_verifier").as_deref(), Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
    assert_eq!(form::value(&body, "code").as_deref(), Some("a code+&"));
    assert_eq!(form::value(&body, "redirect_uri").as_deref(), Some("http://127.0.0.1:4711/callback"));
}

#[test]
fn only_the_answer_to_this_attempt_is_taken() {
    let attempt = Attempt::new(&[1; 64], 4711);
    let address = attempt.address(&client(), "https://login.example.com/authorize");
    let state = form::value(&address, "state").unwrap();
    let code = |text: &str| Some(Answer::Code(text.into()));
    let denied = Answer::Refused { code: "access_denied".into(), words: "not today".into() };
    for (target, expected) in [
        (format!("/callback?code=abc&state={state}"), code("abc")),
        (format!("/callback?state={state}&code=a%2Fb"), code("a/b")),
        (format!("/callback?state={state}&error=access_denied&error_description=not+today"), Some(denied)),
        ("/callback?code=abc".into(), None),
        ("/callback?code=abc&state=".into(), None),
        (format!("/callback?code=abc&state={state}x"), None),
        (format!("/callback?state={state}"), None),
        (format!("/callback/{state}?code=abc"), None),
        (format!("/?code=abc&state={state}"), None),
        ("/favicon.ico".into(), None),
    ] {
        assert_eq!(attempt.answer(&target), expected, "{target}");
    }
    // OpenRouter knows no state, so the address holds it.
    let attempt = Attempt::for_openrouter(&[1; 64], 4711);
    let address = attempt.openrouter_address("https://openrouter.ai/auth");
    let back = form::value(address.split_once('?').unwrap().1, "callback_url").unwrap();
    assert_eq!(back, format!("http://localhost:4711/callback/{state}"));
    assert_eq!(attempt.answer(&format!("/callback/{state}?code=abc")), code("abc"));
    assert_eq!(attempt.answer(&format!("/callback/{state}x?code=abc")), None);
    assert_eq!(attempt.answer(&format!("/callback?state={state}&code=abc")), None);
}

#[test]
fn what_a_token_server_may_answer() {
    let read = |status, body: &str| Reply::read(status, body.as_bytes(), NOW);
    match read(200, r#"{"access_token":"a","token_type":"bearer","refresh_token":"r","expires_in":"3600"}"#) {
        Reply::Tokens(tokens) => {
            assert_eq!(tokens.access.expose(), "a");
            assert_eq!(tokens.refresh.unwrap().expose(), "r");
            assert_eq!(tokens.expires, Some(NOW + 3600));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(read(200, r#"{"access_token":"a"}"#), Reply::Tokens(Tokens { expires: None, refresh: None, .. })));
    assert!(matches!(read(200, r#"{"error":"slow_down"}"#), Reply::Refused { code, .. } if code == "slow_down"));
    for (status, body) in [
        (200, "<html>"),
        (200, "{}"),
        (200, r#"{"access_token":"a b"}"#),
        (200, r#"{"access_token":""}"#),
        (200, r#"{"access_token":"a","token_type":"mac"}"#),
        (302, ""),
        (500, r#"{"access_token":"a"}"#),
    ] {
        assert!(matches!(read(status, body), Reply::Broken(_)), "{status} {body}");
    }
}

proptest::proptest! {
    #![proptest_config(crate::support::random::cases(256))]

    /// What goes into an address comes out of it, and what others put there harms nobody.
    #[test]
    fn forms_keep_what_they_are_given(name in "\\PC{1,8}", one in "\\PC*", two in "\\PC*", foreign in "[%+&=a-f0-9]*") {
        let text = form::encode(&[("other", &one), (&format!("n{name}"), &two)]);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%&=".contains(&byte)), "{text}");
        assert_eq!(form::value(&text, "other").as_deref(), Some(one.as_str()));
        assert_eq!(form::value(&text, &format!("n{name}")).as_deref(), Some(two.as_str()));
        let _ = form::value(&foreign, "a");
    }
}

#[test]
fn what_is_no_escape_stays() {
    for (form, expected) in
        [("a=%", "%"), ("a=%4", "%4"), ("a=%zz", "%zz"), ("a=%+1", "% 1"), ("a=1%2B+%2f&a=2", "1+ /")]
    {
        assert_eq!(form::value(form, "a").as_deref(), Some(expected), "{form}");
    }
    assert_eq!(form::value("a", "a").as_deref(), Some(""));
    assert_eq!(form::value("b=1", "a"), None);
}

const BEGUN: &str = r#"{"device_code":"dev","user_code":"ABCD-EFGH","verification_uri":"https://login.example.com/d","expires_in":600}"#;
const PENDING: Option<(u16, &str)> = Some((400, r#"{"error":"authorization_pending"}"#));
const SLOW: Option<(u16, &str)> = Some((400, r#"{"error":"slow_down"}"#));
const TOKENS: Option<(u16, &str)> = Some((200, r#"{"access_token":"new","refresh_token":"r2","expires_in":3600}"#));

/// A device login by these answers: how it ended, after how many seconds, and what was asked.
fn device(answers: &[Option<(u16, &str)>]) -> (Result<Tokens>, u64, Vec<String>) {
    let script = Script::of(answers);
    let clock: Clock = Arc::new(|| NOW);
    let (ended, took) = run(async {
        let begin = tokio::time::Instant::now();
        let shown = |device: &Device| assert_eq!(device.user_code, "ABCD-EFGH");
        let ended = flow::device(&client(), "https://login.example.com/device", &script, &clock, shown).await;
        (ended, begin.elapsed().as_secs())
    });
    (ended, took, script.bodies())
}

#[test]
fn a_device_login_waits_as_it_is_told() {
    let (ended, took, bodies) = device(&[Some((200, BEGUN)), PENDING, SLOW, PENDING, None, TOKENS]);
    assert_eq!(ended.unwrap().access.expose(), "new");
    // 5, 5, then 10 and 10 after slow_down, then twice that after a broken connection.
    assert_eq!(took, 5 + 5 + 10 + 10 + 20);
    assert_eq!(form::value(&bodies[0], "client_id").as_deref(), Some("agent-at-corp"));
    assert_eq!(form::value(&bodies[0], "scope").as_deref(), Some("models offline_access"));
    for body in &bodies[1..] {
        assert_eq!(form::value(body, "device_code").as_deref(), Some("dev"));
        assert_eq!(
            form::value(body, "grant_type").as_deref(),
            Some("urn:ietf:params:oauth:grant-type:device_code"),
            "RFC 8628, 3.4"
        );
    }
}

#[test]
fn a_device_login_ends_with_each_refusal_in_words() {
    let begun = Some((200, BEGUN));
    for (answers, words) in [
        (vec![begun, PENDING, Some((400, r#"{"error":"access_denied"}"#))], "was declined"),
        (vec![begun, Some((400, r#"{"error":"expired_token"}"#))], "has expired"),
        (vec![begun, Some((400, r#"{"error":"invalid_client","error_description":"who?"}"#))], "invalid_client (who?)"),
        (vec![begun, Some((200, "<html>"))], "not JSON"),
        (vec![Some((401, r#"{"error":"unauthorized_client"}"#))], "unauthorized_client"),
        (vec![Some((404, "not here"))], "gave no code: status 404"),
        (vec![Some((200, &BEGUN.replace("https:", "http:")))], "no https address"),
    ] {
        let (ended, _, _) = device(&answers);
        let error = ended.expect_err(words);
        assert_eq!(error.kind, Kind::Auth);
        assert!(error.message.contains(words), "{words:?} in {:?}", error.message);
    }
}

#[test]
fn a_device_login_ends_when_its_code_does() {
    let mut answers = vec![Some((200, BEGUN))];
    answers.extend(std::iter::repeat_n(PENDING, 200));
    let (ended, took, bodies) = device(&answers);
    assert!(ended.expect_err("it ends").message.contains("has expired"));
    assert_eq!((took, bodies.len()), (600, 121));
    // A server that is down is not asked more and more often.
    let mut answers = vec![Some((200, BEGUN))];
    answers.extend(std::iter::repeat_n(Some((503, "busy")), 200));
    let (ended, _, bodies) = device(&answers);
    assert!(ended.is_err());
    assert!(bodies.len() < 16, "{}", bodies.len());
}

/// A login that is stored in a file, and what renews it.
struct Login {
    _home: TempDir,
    vault: Vault,
    script: Arc<Script>,
    now: Arc<AtomicU64>,
    renewing: Arc<Renewing>,
}

fn tokens(access: &str, refresh: Option<&str>, expires: u64) -> Tokens {
    Tokens { access: Secret::new(access), refresh: refresh.map(Secret::new), expires: Some(expires) }
}

fn login(tokens: Tokens, answers: &[Option<(u16, &str)>]) -> Login {
    let home = TempDir::new().unwrap();
    let environment = Environment::from_made(&[("HOME".into(), home.path().into())]);
    let config = Config::load(&environment, true, &["auth.keyring=off".into()]).unwrap();
    let vault = Vault::open(&config, &environment, Disk::default()).unwrap();
    let stored = Stored { what: What::Tokens(tokens.clone()), origin: Some("https://models.example.com".into()) };
    vault.put("corp", &stored, "2026-11-21T00:00:00Z").unwrap();
    let script = Arc::new(Script::of(answers));
    let now = Arc::new(AtomicU64::new(NOW));
    let clock: Clock = {
        let now = Arc::clone(&now);
        Arc::new(move || now.load(Ordering::SeqCst))
    };
    let transport: Arc<dyn Transport> = script.clone();
    let renewing = Arc::new(Renewing::new(client(), tokens, stored.origin, vault.clone(), transport, clock));
    Login { _home: home, vault, script, now, renewing }
}

impl Login {
    /// The token that a request gets.
    async fn token(&self) -> Result<String> {
        let plain = ("authorization", Header::Plain("Bearer old".into()));
        let mut request =
            HttpRequest { method: Method::Post, url: String::new(), headers: vec![plain], body: Vec::new() };
        self.renewing.authorize(&mut request).await?;
        match request.headers.as_slice() {
            [("authorization", Header::Secret("Bearer ", token))] => Ok(token.expose().to_owned()),
            other => panic!("{other:?}"),
        }
    }

    fn stored(&self) -> Tokens {
        match self.vault.get("corp").unwrap().unwrap().0.what {
            What::Tokens(tokens) => tokens,
            What::Key(_) => panic!("a key"),
        }
    }
}

#[test]
fn tokens_are_renewed_once_before_they_end() {
    let login = login(tokens("first", Some("r1"), NOW + 3600), &[TOKENS]);
    run(async {
        assert_eq!(login.token().await.unwrap(), "first");
        assert!(login.script.bodies().is_empty(), "nothing is due");
        login.now.store(NOW + 3600 - 60, Ordering::SeqCst);
        let all = futures_util::future::join_all((0..10).map(|_| login.token())).await;
        assert!(all.into_iter().all(|token| token.unwrap() == "new"));
    });
    let bodies = login.script.bodies();
    assert_eq!(bodies.len(), 1, "one request for ten who wait");
    assert_eq!(form::value(&bodies[0], "grant_type").as_deref(), Some("refresh_token"));
    assert_eq!(form::value(&bodies[0], "refresh_token").as_deref(), Some("r1"));
    assert_eq!(login.stored().refresh.unwrap().expose(), "r2", "the rotated one is kept");
}

#[test]
fn what_another_run_has_renewed_is_taken() {
    let login = login(tokens("first", Some("r1"), NOW), &[]);
    let theirs = Stored { what: What::Tokens(tokens("theirs", Some("r9"), NOW + 3600)), origin: None };
    login.vault.renew("corp", &theirs).unwrap();
    assert_eq!(run(login.token()).unwrap(), "theirs");
    assert!(login.script.bodies().is_empty());
}

/// Between the server's answer and the file there is a moment, in which our own tokens are worth nothing.
#[test]
fn what_another_run_renews_at_the_same_time_is_waited_for() {
    let login = login(tokens("first", Some("r1"), NOW), &[Some((400, r#"{"error":"invalid_grant"}"#))]);
    let theirs = Stored { what: What::Tokens(tokens("theirs", Some("r9"), NOW + 3600)), origin: None };
    let kept = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        login.vault.renew("corp", &theirs).unwrap();
    };
    assert_eq!(run(async { tokio::join!(login.token(), kept).0 }).unwrap(), "theirs");
}

#[test]
fn a_renewal_that_fails_is_said_or_waited_out() {
    let gone = Some((400, r#"{"error":"invalid_grant"}"#));
    for (end, refresh, answer, expected) in [
        // Still good for a while: the old one is used.
        (NOW + 30, Some("r1"), None, Ok("first")),
        (NOW + 30, Some("r1"), Some((503, "busy")), Ok("first")),
        (NOW + 30, None, TOKENS, Ok("first")),
        // Over.
        (NOW, None, TOKENS, Err((Kind::Auth, "the login for `corp` is over"))),
        (NOW, Some("r1"), gone, Err((Kind::Auth, "the login for `corp` is over"))),
        (NOW, Some("r1"), Some((400, r#"{"error":"invalid_client"}"#)), Err((Kind::Auth, "invalid_client"))),
        (NOW, Some("r1"), Some((503, "busy")), Err((Kind::Transient, "status 503"))),
        (NOW, Some("r1"), None, Err((Kind::Network, "connection reset"))),
        // No new refresh token: the old one goes on.
        (NOW, Some("r1"), Some((200, r#"{"access_token":"next"}"#)), Ok("next")),
    ] {
        let login = login(tokens("first", refresh, end), &[answer]);
        match (run(login.token()), expected) {
            (Ok(token), Ok(wanted)) => assert_eq!(token, wanted),
            (Err(error), Err((kind, words))) => {
                assert_eq!(error.kind, kind, "{error}");
                assert!(error.message.contains(words), "{words:?} in {error}");
            }
            (found, wanted) => panic!("{found:?}, not {wanted:?}"),
        }
        assert_eq!(login.stored().refresh.map(|token| token.expose().to_owned()).as_deref(), refresh);
    }
}

#[test]
fn a_login_server_is_configured_whole_and_safe() {
    let environment = Environment::default();
    let load = |pairs: &[(&str, &str)]| {
        let texts: Vec<String> =
            pairs.iter().map(|(key, value)| format!("providers.corp.oauth_{key}={value}")).collect();
        Client::of("corp", &Config::load(&environment, true, &texts).unwrap())
    };
    assert_eq!(load(&[("token_url", "https://a/t")]).unwrap(), None);
    let whole =
        [("client_id", "x"), ("token_url", "https://a/t"), ("device_url", "http://127.0.0.1:8/d"), ("scopes", "a,b")];
    assert_eq!(load(&whole).unwrap().unwrap().scopes, "a b");
    for (pairs, words) in [
        (&[("client_id", "x")][..], "oauth_token_url"),
        (&[("client_id", "x"), ("token_url", "https://a/t")], "oauth_authorize_url"),
        (&[("client_id", "x"), ("token_url", "http://a/t"), ("device_url", "https://a/d")], "not an https address"),
        (
            &[("client_id", "x"), ("token_url", "https://a/t"), ("device_url", "http://localhost.example.com/d")],
            "not an",
        ),
        (&[("client_id", "x"), ("token_url", "https://a/t"), ("device_url", "http://127.0.0.1@a/d")], "not an https"),
    ] {
        let error = load(pairs).expect_err(words);
        assert!(error.kind == Kind::Config && error.message.contains(words), "{error}");
    }
}

#[test]
fn nobody_waits_for_ever_at_the_loopback() {
    let (error, port) = run(async {
        let socket = agent::net::loopback::Loopback::bind().await.unwrap();
        let port = socket.port();
        (socket.receive(Duration::from_secs(300), |_| Some(())).await.unwrap_err(), port)
    });
    assert!(error.message.contains("within 300 s"), "{error}");
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "the socket is gone");
}
