//! Amazon's credentials in temporary homes, and signatures against known ones.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use agent::auth::Clock;
use agent::auth::aws::{authorize_at, region};
use agent::base::{Error, Kind, Result};
use agent::config::paths::Environment;
use agent::net::{Authorize, Header, HttpRequest, HttpResponse, Method, Transport};
use bytes::Bytes;
use futures_core::future::BoxFuture;
use futures_util::stream;
use std::ffi::OsString;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};
use tempfile::TempDir;

/// 2015-08-30T12:36:00Z, the moment of the published examples.
const NOW: u64 = 1_440_938_160;
const NOVA: &str = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/us.amazon.nova-lite-v1%3A0/converse-stream";

/// A portal that gives each request the next answer, and remembers what was asked.
#[derive(Default)]
struct Portal {
    answers: Mutex<Vec<(u16, String)>>,
    asked: Mutex<Vec<String>>,
}

impl Portal {
    fn of(answers: &[(u16, &str)]) -> Arc<Portal> {
        let answers = answers.iter().rev().map(|(status, body)| (*status, (*body).to_owned())).collect();
        Arc::new(Portal { answers: Mutex::new(answers), asked: Mutex::default() })
    }
}

impl Transport for Portal {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse>> {
        let token = request.headers.iter().find_map(|(name, value)| match value {
            Header::Secret("", secret) if *name == "x-amz-sso_bearer_token" => Some(secret.expose().to_owned()),
            Header::Secret(..) | Header::Plain(_) => None,
        });
        self.asked.lock().unwrap().push(format!("{:?} {} {}", request.method, request.url, token.unwrap_or_default()));
        let (status, body) = self.answers.lock().unwrap().pop().expect("the script is over");
        let body = stream::iter([Ok(Bytes::from(body))]);
        Box::pin(async move { Ok(HttpResponse { status, retry_after: None, body: Box::pin(body) }) })
    }
}

/// A home with these files, and variables besides.
struct Home {
    folder: TempDir,
    variables: Vec<(String, OsString)>,
    time: Arc<AtomicU64>,
    portal: Arc<Portal>,
}

impl Home {
    fn new(files: &[(&str, &str)]) -> Home {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let variables = vec![
            ("HOME".to_owned(), folder.path().into()),
            ("PATH".to_owned(), std::env::var_os("PATH").unwrap_or_default()),
        ];
        Home { folder, variables, time: Arc::new(AtomicU64::new(NOW)), portal: Portal::of(&[]) }
    }

    fn with(mut self, name: &str, value: &str) -> Home {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    fn portal(mut self, answers: &[(u16, &str)]) -> Home {
        self.portal = Portal::of(answers);
        self
    }

    fn environment(&self) -> Environment {
        Environment::from_made(&self.variables)
    }

    fn authorize(&self) -> Result<Arc<dyn Authorize>> {
        let time = self.time.clone();
        let clock: Clock = Arc::new(move || UNIX_EPOCH + Duration::from_secs(time.load(Ordering::SeqCst)));
        authorize_at(&self.environment(), self.portal.clone(), "eu-west-1", clock)
    }

    /// The id of the key that a request is signed with.
    fn key(&self) -> Result<String> {
        let signed = prove(&self.authorize()?)?;
        let authorization = header(&signed, "authorization").unwrap();
        Ok(authorization.split_once("Credential=").unwrap().1.split('/').next().unwrap().to_owned())
    }
}

fn request(url: &str) -> HttpRequest {
    HttpRequest {
        method: Method::Post,
        url: url.to_owned(),
        headers: vec![
            ("content-type", Header::Plain("application/json".into())),
            ("accept", Header::Plain("application/vnd.amazon.eventstream".into())),
        ],
        body: b"{\"messages\":[]}".to_vec(),
    }
}

fn prove_at(proof: &Arc<dyn Authorize>, mut request: HttpRequest) -> Result<HttpRequest> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(proof.authorize(&mut request)).map(|()| request)
}

fn prove(proof: &Arc<dyn Authorize>) -> Result<HttpRequest> {
    prove_at(proof, request(NOVA))
}

fn header(request: &HttpRequest, name: &str) -> Option<String> {
    let mut values = request.headers.iter().filter(|(known, _)| *known == name).map(|(_, value)| match value {
        Header::Plain(value) => value.clone(),
        Header::Secret(before, value) => format!("{before}{}", value.expose()),
    });
    let value = values.next();
    assert_eq!(values.next(), None, "`{name}` is there once");
    value
}

const ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// The answers were made with botocore 1.43, another implementation, from the same requests.
#[test]
fn signatures_are_those_of_another_implementation() {
    let signed = "accept;content-type;host;x-amz-date";
    let with_token = "accept;content-type;host;x-amz-date;x-amz-security-token";
    let mantle = "https://bedrock-mantle.eu-west-1.api.aws/v1/chat/completions";
    let table = [
        (NOVA, None, "bedrock", signed, "9a8e2d87ed20ed707126d82a223660de444f90158fc24bf78546145ddfb9119a"),
        (
            NOVA,
            Some("SESSION+TOKEN/=="),
            "bedrock",
            with_token,
            "208375a06b378d93448a8edd3f9e966c3c6d1531afac878a5a934e4d7f35a758",
        ),
        (mantle, None, "bedrock-mantle", signed, "7c1f5708951e977f4df08c71c39dfa96e44f8ef0a32e3367ee061ad45af861d3"),
    ];
    for (url, token, service, headers, signature) in table {
        let mut home = Home::new(&[]).with("AWS_ACCESS_KEY_ID", ID).with("AWS_SECRET_ACCESS_KEY", SECRET);
        if let Some(token) = token {
            home = home.with("AWS_SESSION_TOKEN", token);
        }
        let proof = home.authorize().unwrap();
        let once = prove_at(&proof, request(url)).unwrap();
        let expected = format!(
            "AWS4-HMAC-SHA256 Credential={ID}/20150830/eu-west-1/{service}/aws4_request, SignedHeaders={headers}, Signature={signature}"
        );
        assert_eq!(header(&once, "authorization").as_deref(), Some(&*expected));
        assert_eq!(header(&once, "x-amz-date").as_deref(), Some("20150830T123600Z"));
        assert_eq!(header(&once, "x-amz-security-token").as_deref(), token);
        // An attempt that is made again is signed anew, and not twice.
        let again = prove_at(&proof, once).unwrap();
        assert_eq!(header(&again, "authorization").as_deref(), Some(&*expected));
        home.time.fetch_add(60, Ordering::SeqCst);
        let later = prove_at(&proof, again).unwrap();
        assert_ne!(header(&later, "authorization").as_deref(), Some(&*expected));
        let shown = format!("{:?}", later.headers);
        assert!(!shown.contains("Signature") && !shown.contains("TOKEN"), "{shown}");
    }
}

#[test]
fn a_bearer_token_wins_and_is_there_once() {
    let home = Home::new(&[]).with("AWS_BEARER_TOKEN_BEDROCK", " bedrock-api-key-x\n").with("AWS_ACCESS_KEY_ID", ID);
    let proof = home.authorize().unwrap();
    let twice = prove_at(&proof, prove(&proof).unwrap()).unwrap();
    assert_eq!(header(&twice, "authorization").as_deref(), Some("Bearer bedrock-api-key-x"));
    assert_eq!(header(&twice, "x-amz-date"), None);
}

const CREDENTIALS: &str = "# mine
[default]
aws_access_key_id = AKIDDEFAULT
aws_secret_access_key = one   ; a comment

[work]
AWS_ACCESS_KEY_ID=AKIDWORK
aws_secret_access_key=a=b#c
aws_session_token = token
";

const CONFIG: &str = "[default]
region = us-east-1
s3 =
  addressing_style = path
[profile  work]
region=eu-central-1
[profile \"odd one\"]
aws_access_key_id = AKIDODD
aws_secret_access_key = three
[profile half]
aws_access_key_id = AKIDHALF
[profile role]
role_arn = arn:aws:iam::1:role/a
source_profile = default
[profile empty]
region = eu-north-1
";

fn files() -> Home {
    Home::new(&[
        (".aws/credentials", CREDENTIALS),
        (".aws/config", CONFIG),
        ("elsewhere", "[default]\naws_access_key_id = AKIDELSE\naws_secret_access_key = x\n"),
    ])
}

#[test]
fn credentials_are_found_in_their_order() {
    assert_eq!(files().key().unwrap(), "AKIDDEFAULT");
    assert_eq!(files().with("AWS_PROFILE", "work").key().unwrap(), "AKIDWORK");
    assert_eq!(files().with("AWS_PROFILE", "odd one").key().unwrap(), "AKIDODD");
    let both = files().with("AWS_PROFILE", "work").with("AWS_ACCESS_KEY_ID", ID).with("AWS_SECRET_ACCESS_KEY", SECRET);
    assert_eq!(both.key().unwrap(), ID);
    let home = files();
    let elsewhere = home.folder.path().join("elsewhere").display().to_string();
    assert_eq!(home.with("AWS_SHARED_CREDENTIALS_FILE", &elsewhere).key().unwrap(), "AKIDELSE");
    let work = files().with("AWS_PROFILE", "work");
    let signed = prove(&work.authorize().unwrap()).unwrap();
    assert_eq!(header(&signed, "x-amz-security-token").as_deref(), Some("token"));
}

/// Other tools write the file anew while a session runs.
#[test]
fn a_file_that_changes_is_read_again() {
    let home = files();
    let proof = home.authorize().unwrap();
    let key = |proof| header(&prove(proof).unwrap(), "authorization").unwrap();
    assert!(key(&proof).contains("AKIDDEFAULT"));
    fs::write(home.folder.path().join(".aws/credentials"), CREDENTIALS.replace("AKIDDEFAULT", "AKIDNEW")).unwrap();
    assert!(key(&proof).contains("AKIDNEW"));
}

fn refused(home: &Home) -> Error {
    let error = home.key().unwrap_err();
    assert_eq!(error.kind, Kind::Auth, "{error}");
    assert!(!error.hints.is_empty(), "{error}");
    error
}

#[test]
fn what_is_missing_or_not_supported_is_said_with_a_way_out() {
    let table: Vec<(Home, &str, &str)> = vec![
        (Home::new(&[]), "there are no AWS credentials", "AWS_BEARER_TOKEN_BEDROCK"),
        (files().with("AWS_PROFILE", "nobody"), "there is no AWS profile `nobody`", "list-profiles"),
        (files().with("AWS_PROFILE", "empty"), "the profile `empty`", "aws configure"),
        (files().with("AWS_PROFILE", "half"), "has no whole credentials", "aws configure --profile half"),
        (
            files().with("AWS_PROFILE", "role"),
            "takes a role, which is not supported",
            "export-credentials --profile role",
        ),
        (
            files().with("AWS_ACCESS_KEY_ID", ID),
            "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not",
            "export both",
        ),
        (
            files().with("AWS_SECRET_ACCESS_KEY", ID),
            "AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not",
            "export both",
        ),
        (
            Home::new(&[]).with("AWS_WEB_IDENTITY_TOKEN_FILE", "/x"),
            "AWS_WEB_IDENTITY_TOKEN_FILE names credentials that another service gives",
            "export-credentials",
        ),
    ];
    for (home, message, hint) in table {
        let error = refused(&home);
        assert!(error.message.contains(message), "{error}");
        assert!(error.hints.iter().any(|said| said.contains(hint)), "{error}: {:?}", error.hints);
    }
}

#[test]
fn the_region_is_found_in_its_order() {
    assert_eq!(region(&Home::new(&[]).environment()), None);
    assert_eq!(region(&files().environment()).as_deref(), Some("us-east-1"));
    assert_eq!(region(&files().with("AWS_PROFILE", "work").environment()).as_deref(), Some("eu-central-1"));
    let named = files().with("AWS_DEFAULT_REGION", "ap-south-1");
    assert_eq!(region(&named.environment()).as_deref(), Some("ap-south-1"));
    assert_eq!(region(&named.with("AWS_REGION", "sa-east-1").environment()).as_deref(), Some("sa-east-1"));
}

// ---- credential_process ----

fn process(command: &str) -> Home {
    Home::new(&[(".aws/config", &format!("[default]\ncredential_process = {command}\n"))])
}

/// It says who it is the how-manieth time, and until when that holds.
const HELPER: &str = r#"#!/bin/sh
echo run >> "$HOME/runs"
echo "talk that is no credential" >&2
n=$(wc -l < "$HOME/runs" | tr -d ' ')
test -e "$HOME/broken" && { echo "the vault is closed" >&2; exit 3; }
printf '{"Version":1,"AccessKeyId":"AKID%s","SecretAccessKey":"s","SessionToken":"t","Expiration":"2015-08-30T13:36:00Z"}' "$n"
"#;

#[test]
fn a_helper_is_asked_once_until_its_credentials_end() {
    let home = process("sh \"$HOME/helper.sh\" --for 'agent'");
    fs::write(home.folder.path().join("helper.sh"), HELPER).unwrap();
    let proof = home.authorize().unwrap();
    let key = || header(&prove(&proof).unwrap(), "authorization").unwrap();
    assert!(key().contains("AKID1/") && key().contains("AKID1/"), "asked once");
    home.time.store(NOW + 3600 - 299, Ordering::SeqCst);
    assert!(key().contains("AKID2/"), "renewed five minutes before the end");
    // A helper that fails early does not take away what still holds; after the end it does.
    fs::write(home.folder.path().join("broken"), "").unwrap();
    assert!(key().contains("AKID2/"));
    home.time.store(NOW + 3601, Ordering::SeqCst);
    let error = prove(&proof).unwrap_err();
    assert_eq!(error.kind, Kind::Auth);
    assert!(error.message.contains("failed with exit code 3: the vault is closed"), "{error}");
}

#[test]
fn a_helper_that_says_something_else_is_no_credential() {
    let table = [
        ("echo hello SECRET", "did not print credentials"),
        (r#"echo '{"Version":2,"AccessKeyId":"a","SecretAccessKey":"SECRET"}'"#, "version 2, which is not known"),
        (r#"echo '{"Version":1,"AccessKeyId":"SECRET"}'"#, "did not print credentials"),
        (
            r#"echo '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b","Expiration":"soon"}'"#,
            "printed a time that is none",
        ),
        ("exit 7", "failed with exit code 7: it said nothing"),
        ("/no/such/helper", "failed with exit code 127"),
    ];
    for (command, words) in table {
        let error = refused(&process(command));
        assert!(error.message.contains(words), "{command}: {error}");
        assert!(!error.message.replace(command, "").contains("SECRET"), "{error}");
    }
    assert_eq!(process(r#"echo '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b"}'"#).key().unwrap(), "a");
}

// ---- single sign-on ----

const SSO: &str = "[default]
sso_session = work
sso_account_id = 123456789012
sso_role_name = Dev/Ops
[sso-session work]
sso_region = eu-west-2
sso_start_url = https://x.awsapps.com/start
[profile legacy]
sso_start_url = https://x.awsapps.com/start
sso_region = us-east-1
sso_account_id = 1
sso_role_name = r
[profile torn]
sso_account_id = 1
sso_session = gone
";
/// The SHA-1 of `work`, and of the start URL.
const BY_SESSION: &str = ".aws/sso/cache/e274eeff768c6396088ec6eb091f4bf4d47ab1e0.json";
const BY_URL: &str = ".aws/sso/cache/3947de8b16688092197fa616c34e01335f21d256.json";
const GIVEN: &str = r#"{"roleCredentials":{"accessKeyId":"ASIAROLE","secretAccessKey":"s","sessionToken":"t","expiration":1440941760000}}"#;

fn token(expires: &str) -> String {
    format!("{{\"accessToken\":\"sso-token\",\"expiresAt\":\"{expires}\",\"region\":\"eu-west-2\"}}")
}

#[test]
fn a_sign_on_is_exchanged_for_a_roles_credentials() {
    let good = token("2015-08-30T20:00:00Z");
    let home = Home::new(&[(".aws/config", SSO), (BY_SESSION, &good)]).portal(&[(200, GIVEN), (200, GIVEN)]);
    let proof = home.authorize().unwrap();
    let first = prove(&proof).unwrap();
    assert!(header(&first, "authorization").unwrap().contains("ASIAROLE/"));
    assert_eq!(header(&first, "x-amz-security-token").as_deref(), Some("t"));
    prove(&proof).unwrap();
    let url =
        "https://portal.sso.eu-west-2.amazonaws.com/federation/credentials?account_id=123456789012&role_name=Dev%2FOps";
    assert_eq!(*home.portal.asked.lock().unwrap(), [format!("Get {url} sso-token")], "asked once while they hold");
    home.time.store(NOW + 3600, Ordering::SeqCst);
    prove(&proof).unwrap();
    assert_eq!(home.portal.asked.lock().unwrap().len(), 2);
    let old = token("2015-08-30T20:00:00UTC");
    let legacy =
        Home::new(&[(".aws/config", SSO), (BY_URL, &old)]).portal(&[(200, GIVEN)]).with("AWS_PROFILE", "legacy");
    assert_eq!(legacy.key().unwrap(), "ASIAROLE");
}

#[test]
fn a_sign_on_that_does_not_hold_says_what_to_do() {
    let good = token("2015-08-30T20:00:00Z");
    let ended = token("2015-08-30T12:35:59Z");
    let log_in = "aws sso login --profile default";
    let of = |file: Option<&str>| match file {
        Some(text) => Home::new(&[(".aws/config", SSO), (BY_SESSION, text)]),
        None => Home::new(&[(".aws/config", SSO)]),
    };
    let table: Vec<(Home, &str, &str)> = vec![
        (of(None), "is not there", log_in),
        (of(Some("{}")), "cannot be read", log_in),
        (of(Some(&ended)), "has expired", log_in),
        (of(Some(&token("some day"))), "has expired", log_in),
        (of(Some(&good)).portal(&[(401, "{}")]), "is no longer valid", log_in),
        (of(Some(&good)).portal(&[(403, "{}")]), "answered 403 for the role `Dev/Ops`", "123456789012"),
        (of(None).with("AWS_PROFILE", "torn"), "without `[sso-session gone]`", "aws configure sso"),
    ];
    for (home, message, hint) in table {
        let error = refused(&home);
        assert!(error.message.contains(message), "{error}");
        assert!(error.hints.iter().any(|said| said.contains(hint)), "{error}: {:?}", error.hints);
        assert!(!error.message.contains("sso-token"), "{error}");
    }
    let busy = of(Some(&good)).portal(&[(503, "")]);
    assert_eq!(busy.key().unwrap_err().kind, Kind::Transient);
}
