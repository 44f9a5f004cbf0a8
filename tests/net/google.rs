//! Google's credentials: where they are looked for, what is sent for a token, how long one is kept, and what is said when there are
//! none. The token endpoint is a transport of the test's own, and once a socket on loopback.

use agent::auth::Clock;
use agent::auth::google::authorize_at;
use agent::base::secret::Secret;
use agent::base::{Error, Kind, Result};
use agent::config::paths::Environment;
use agent::net::http::{Http, Limits};
use agent::net::{Authorize, Header, HttpRequest, HttpResponse, Method, Transport};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_core::future::BoxFuture;
use futures_util::stream;
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};
use tempfile::TempDir;

/// The inside of a key that was made for these tests with `openssl genpkey` and opens nothing; see [`key`].
const KEY: &str = include_str!("../fixtures/rsa-test-key.b64");

/// As Google writes it into the file.
fn key() -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{KEY}-----END PRIVATE KEY-----\n")
}

/// What `openssl dgst -sha256 -sign` makes of the same header and claims with that key.
const STATEMENT: &str = include_str!("../fixtures/rsa-test-statement.jwt");

const NOW: u64 = 1_750_000_000;

/// Gives each request the next answer and remembers what was asked.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<(u16, String)>>,
    asked: Mutex<Vec<HttpRequest>>,
}

impl Script {
    fn new(answers: &[(u16, Value)]) -> Arc<Script> {
        let answers = answers.iter().map(|(status, body)| (*status, body.to_string())).collect();
        Arc::new(Script { answers: Mutex::new(answers), ..Script::default() })
    }

    fn asked(&self) -> Vec<HttpRequest> {
        self.asked.lock().unwrap().clone()
    }
}

impl Transport for Script {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse>> {
        self.asked.lock().unwrap().push(request);
        let next = self.answers.lock().unwrap().pop_front();
        Box::pin(async move {
            let (status, body) = next.ok_or_else(|| Error::new(Kind::Network, "the script is over"))?;
            let body = stream::iter([Ok(Bytes::from(body))]);
            Ok(HttpResponse { status, retry_after: None, body: Box::pin(body) })
        })
    }
}

/// A home and the variables of a test.
struct Home {
    folder: TempDir,
    variables: Vec<(String, OsString)>,
    /// Seconds since 1970.
    time: Arc<AtomicU64>,
}

impl Home {
    fn new() -> Home {
        let folder = tempfile::tempdir().unwrap();
        let variables = vec![("HOME".to_owned(), folder.path().as_os_str().to_owned())];
        Home { folder, variables, time: Arc::new(AtomicU64::new(NOW)) }
    }

    fn env(mut self, name: &str, value: &str) -> Home {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// As `gcloud` leaves it.
    fn file(self, content: &str) -> Home {
        let folder = self.folder.path().join(".config/gcloud");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("application_default_credentials.json"), content).unwrap();
        self
    }

    /// Named in the variable.
    fn named(self, content: &Value) -> Home {
        let path = self.folder.path().join("named.json");
        std::fs::write(&path, content.to_string()).unwrap();
        let path = path.display().to_string();
        self.env("GOOGLE_APPLICATION_CREDENTIALS", &path)
    }

    fn authorize(&self, transport: Arc<dyn Transport>) -> Result<Arc<dyn Authorize>> {
        let time = self.time.clone();
        let clock: Clock = Arc::new(move || UNIX_EPOCH + Duration::from_secs(time.load(Ordering::SeqCst)));
        authorize_at(&Environment::from_made(&self.variables), transport, clock)
    }

    #[track_caller]
    fn refused(&self) -> Error {
        match self.authorize(Script::new(&[])) {
            Ok(_) => panic!("credentials were found"),
            Err(error) => error,
        }
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The headers that a request gets, secrets shown.
fn headers(authorize: &dyn Authorize) -> Result<Vec<String>> {
    let mut request =
        HttpRequest { method: Method::Post, url: "https://x.test".into(), headers: Vec::new(), body: Vec::new() };
    wait(authorize.authorize(&mut request))?;
    Ok(shown(&request))
}

fn shown(request: &HttpRequest) -> Vec<String> {
    let line = |(name, value): &(&str, Header)| match value {
        Header::Plain(text) => format!("{name}: {text}"),
        Header::Secret(prefix, secret) => format!("{name}: secret {prefix}{}", secret.expose()),
    };
    request.headers.iter().map(line).collect()
}

fn user() -> Value {
    json!({
        "type": "authorized_user", "client_id": "id.apps", "client_secret": "s&c", "refresh_token": "1//r=",
        "quota_project_id": "payer", "universe_domain": "googleapis.com", "account": "",
    })
}

fn robot(address: &str) -> Value {
    json!({
        "type": "service_account", "project_id": "p", "private_key_id": "key-1", "private_key": key(),
        "client_email": "robot@p.iam.gserviceaccount.com", "client_id": "1", "token_uri": address,
    })
}

fn token(text: &str, seconds: u64) -> (u16, Value) {
    (200, json!({ "access_token": text, "expires_in": seconds, "token_type": "Bearer" }))
}

#[test]
fn a_ready_token_is_used_as_it_is_and_nobody_is_asked() {
    for name in ["GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"] {
        let home =
            Home::new().file("not even JSON").env(name, "ya29.ready\n").env("GOOGLE_CLOUD_QUOTA_PROJECT", "payer");
        let script = Script::new(&[]);
        let authorize = home.authorize(script.clone()).unwrap();
        let expected = ["authorization: secret Bearer ya29.ready", "x-goog-user-project: payer"];
        assert_eq!(headers(&*authorize).unwrap(), expected);
        assert!(script.asked().is_empty());
    }
}

#[test]
fn a_refresh_token_is_changed_for_a_token_that_is_kept_until_its_end() {
    let home = Home::new().file(&user().to_string());
    let script = Script::new(&[token("one", 3600), token("two", 3600)]);
    let authorize = home.authorize(script.clone()).unwrap();
    let at = |time: u64| {
        home.time.store(NOW + time, Ordering::SeqCst);
        headers(&*authorize).unwrap()
    };
    assert_eq!(at(0), ["authorization: secret Bearer one", "x-goog-user-project: payer"]);
    // Renewed 225 s before its end.
    for (time, expected) in [(1, "one"), (3374, "one"), (3375, "two"), (3600, "two"), (6749, "two")] {
        assert_eq!(at(time)[0], format!("authorization: secret Bearer {expected}"), "after {time} s");
    }
    let asked = script.asked();
    assert_eq!((asked.len(), asked[0].url.as_str()), (2, "https://oauth2.googleapis.com/token"));
    assert_eq!(shown(&asked[0]), ["content-type: application/x-www-form-urlencoded", "accept: application/json"]);
    let form = "grant_type=refresh_token&client_id=id.apps&client_secret=s%26c&refresh_token=1%2F%2Fr%3D";
    assert_eq!(String::from_utf8_lossy(&asked[0].body), form);
}

#[test]
fn a_service_account_signs_what_openssl_signs() {
    let home = Home::new().named(&robot("https://oauth2.googleapis.com/token"));
    let script = Script::new(&[token("one", 3600)]);
    assert_eq!(headers(&*home.authorize(script.clone()).unwrap()).unwrap(), ["authorization: secret Bearer one"]);
    let form = String::from_utf8(script.asked()[0].body.clone()).unwrap();
    let expected =
        format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={}", STATEMENT.trim());
    assert_eq!(form, expected);
}

/// Reads one request and gives it the answer.
fn serve(listener: TcpListener, answer: &'static str) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a visitor");
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).expect("a line");
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("a body");
        let answer =
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}", answer.len());
        reader.get_mut().write_all(answer.as_bytes()).expect("a reader");
        String::from_utf8(body).expect("a form")
    })
}

#[test]
fn a_statement_for_a_real_endpoint_verifies_with_the_public_key() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}/token", listener.local_addr().expect("an address"));
    let endpoint = serve(listener, r#"{"access_token":"ya29.real","expires_in":3599,"token_type":"Bearer"}"#);
    let home = Home::new().named(&robot(&address));
    let patience = Duration::from_secs(60);
    let authorize = home.authorize(Arc::new(Http::new(Limits { connect: patience, idle: patience }))).unwrap();
    assert_eq!(headers(&*authorize).unwrap(), ["authorization: secret Bearer ya29.real"]);
    let form = endpoint.join().expect("a served request");
    let statement = form.split("assertion=").nth(1).expect("a statement");
    let (signed, signature) = statement.rsplit_once('.').expect("three parts");
    let pem: String = KEY.lines().collect();
    let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(pem).unwrap()).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref());
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    public.verify(signed.as_bytes(), &signature).expect("a valid signature");
    public.verify(b"something else", &signature).expect_err("only of this statement");
    let claims = URL_SAFE_NO_PAD.decode(signed.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!((&claims["aud"], &claims["exp"]), (&json!(address), &json!(NOW + 3600)));
}

#[test]
fn the_metadata_server_is_asked_only_when_it_is_named() {
    let error = Home::new().refused();
    assert_eq!((error.kind, error.message.as_str()), (Kind::Auth, "there are no Google credentials"));
    let hints = error.hints.concat();
    for way in ["gcloud auth application-default login", "GOOGLE_APPLICATION_CREDENTIALS", "GCE_METADATA_HOST"] {
        assert!(hints.contains(way), "{hints}");
    }
    let home = Home::new().env("GCE_METADATA_HOST", "metadata.google.internal");
    let script = Script::new(&[token("of the machine", 3600)]);
    assert_eq!(
        headers(&*home.authorize(script.clone()).unwrap()).unwrap(),
        ["authorization: secret Bearer of the machine"]
    );
    let asked = &script.asked()[0];
    assert_eq!(asked.method, Method::Get);
    assert_eq!(asked.url, "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token");
    assert_eq!(shown(asked), ["metadata-flavor: Google"]);
}

#[test]
fn the_file_that_is_named_wins_over_the_one_that_gcloud_left() {
    let home = Home::new().file(&user().to_string()).named(&robot("https://oauth2.googleapis.com/token"));
    let script = Script::new(&[token("one", 3600)]);
    headers(&*home.authorize(script.clone()).unwrap()).unwrap();
    assert!(String::from_utf8_lossy(&script.asked()[0].body).contains("assertion="));
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::write(elsewhere.path().join("application_default_credentials.json"), user().to_string()).unwrap();
    let home = Home::new().env("CLOUDSDK_CONFIG", &elsewhere.path().display().to_string());
    assert!(home.authorize(Script::new(&[])).is_ok());
}

#[test]
fn credentials_that_cannot_be_used_are_refused_with_a_way_out() {
    let with = |key: &str, value: &str| {
        let mut file = robot("https://oauth2.googleapis.com/token");
        file[key] = json!(value);
        file
    };
    let cases = [
        ("no JSON", json!("secret words"), "does not hold Google credentials"),
        ("no type", json!({}), "does not hold Google credentials"),
        ("no refresh token", json!({ "type": "authorized_user" }), "has no refresh token"),
        (
            "no key",
            with("private_key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"),
            "does not hold an RSA key",
        ),
        ("no PEM", with("private_key", "secret words"), "does not hold an RSA key"),
        ("no email", with("client_email", ""), "does not hold an RSA key"),
        ("an open endpoint", with("token_uri", "http://evil.test/token"), "names a token endpoint that is not https"),
        ("an endpoint in disguise", with("token_uri", "http://localhost@evil.test/token"), "not https"),
        ("another kind", json!({ "type": "external_account" }), "of type `external_account`, which are not supported"),
    ];
    for (name, file, words) in cases {
        let error = Home::new().named(&file).refused();
        assert_eq!(error.kind, Kind::Auth, "{name}");
        assert!(error.message.contains(words) && error.message.contains("named.json"), "{name}: {error}");
        assert!(!error.message.contains("secret words"), "{name}: {error}");
        assert!(error.hints.concat().contains("gcloud auth application-default login"), "{name}: {error:?}");
    }
    let gone = Home::new().env("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json").refused();
    assert_eq!(
        (gone.kind, gone.message.as_str()),
        (Kind::Auth, "cannot read `/nowhere/key.json`: no such file or directory")
    );
}

#[test]
fn an_endpoint_that_gives_no_token_is_an_error_that_tells_what_to_do() {
    let revoked = json!({ "error": "invalid_grant", "error_description": "Token has been expired or revoked." });
    let cases = [
        (
            400,
            revoked,
            Kind::Auth,
            "Google gave no token: it answered 400: invalid_grant: Token has been expired or revoked.",
        ),
        (401, json!({ "error": { "code": 401 } }), Kind::Auth, "Google gave no token: it answered 401"),
        (404, json!("not found"), Kind::Auth, "Google gave no token: it answered 404"),
        (429, json!({}), Kind::Transient, "Google gave no token: it answered 429"),
        (503, json!({}), Kind::Transient, "Google gave no token: it answered 503"),
        (200, json!({ "id_token": "x" }), Kind::Transient, "Google gave no token: it answered 200"),
    ];
    for (status, body, kind, message) in cases {
        let home = Home::new().file(&user().to_string());
        let script = Script::new(&[(status, body), token("next", 3600)]);
        let authorize = home.authorize(script).unwrap();
        let error = headers(&*authorize).unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (kind, message));
        assert_eq!(error.hints.concat().contains("gcloud auth application-default login"), kind == Kind::Auth);
        // A failure is not kept.
        assert_eq!(headers(&*authorize).unwrap()[0], "authorization: secret Bearer next");
    }
}

#[test]
fn a_token_without_a_length_of_life_is_not_kept_for_long() {
    let forever = json!({ "access_token": "two", "expires_in": 1e300 });
    let home = Home::new().file(&user().to_string());
    let script = Script::new(&[(200, json!({ "access_token": "one" })), (200, forever), token("three", 3600)]);
    let authorize = home.authorize(script.clone()).unwrap();
    for (time, expected) in [(0, "one"), (74, "one"), (75, "two"), (150, "three")] {
        home.time.store(NOW + time, Ordering::SeqCst);
        assert_eq!(
            headers(&*authorize).unwrap()[0],
            format!("authorization: secret Bearer {expected}"),
            "after {time} s"
        );
    }
}

#[test]
fn requests_at_the_same_time_wait_for_one_token() {
    let home = Home::new().file(&user().to_string());
    let script = Script::new(&[token("one", 3600)]);
    let authorize = home.authorize(script.clone()).unwrap();
    let one = || async {
        let mut request =
            HttpRequest { method: Method::Post, url: String::new(), headers: Vec::new(), body: Vec::new() };
        authorize.authorize(&mut request).await.map(|()| shown(&request))
    };
    let (first, second) = wait(async { tokio::join!(one(), one()) });
    assert_eq!(first.unwrap(), second.unwrap());
    assert_eq!(script.asked().len(), 1);
}

#[test]
fn a_secret_is_not_printed() {
    assert_eq!(format!("{:?}", Header::Secret("Bearer ", Secret::new("ya29.x"))), "Secret(\"Bearer \", [secret])");
}
