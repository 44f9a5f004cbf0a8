//! Our signatures against botocore's: the same requests at the same time have the same headers. And the streams of our test server,
//! as botocore reads them.

use super::python::Python;
use crate::support::{Reply, Server, Wire};
use agent::auth::aws::authorize_at;
use agent::base::Result;
use agent::config::paths::Environment;
use agent::net::{Authorize, Header, HttpRequest, HttpResponse, Method, Transport};
use futures_core::future::BoxFuture;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// 2026-11-21T12:00:00Z in seconds of Unix.
const NOW: u64 = 1_795_262_400;

const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// What differs between requests: the rest of the path, the body, a session token.
const CASES: [(&str, &str, Option<&str>); 5] = [
    ("anthropic.claude-sonnet-5-v1%3A0/converse-stream", "{}", None),
    (
        "amazon.nova-pro-v1%3A0/converse-stream",
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"Grüße ✓\"}]}]}",
        None,
    ),
    ("us.anthropic.claude-opus-5/converse-stream", "", Some("session/token+with=signs")),
    ("arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-profile%2Fx/converse-stream", "{}", None),
    ("meta.llama/converse", "{\"a\":\"a b\"}", Some("t")),
];

fn request(rest: &str, body: &str) -> HttpRequest {
    HttpRequest {
        method: Method::Post,
        url: format!("https://bedrock-runtime.eu-west-1.amazonaws.com/model/{rest}"),
        headers: vec![("content-type", Header::Plain("application/json".into()))],
        body: body.as_bytes().to_vec(),
    }
}

/// Credentials in the environment need no network.
struct NoNetwork;

impl Transport for NoNetwork {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse>> {
        panic!("asked {}", request.url);
    }
}

fn signer(token: Option<&str>) -> Arc<dyn Authorize> {
    let mut variables = vec![("AWS_ACCESS_KEY_ID", KEY), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    variables.extend(token.map(|token| ("AWS_SESSION_TOKEN", token)));
    let variables: Vec<(String, OsString)> =
        variables.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    let clock = Arc::new(|| UNIX_EPOCH + Duration::from_secs(NOW));
    authorize_at(&Environment::from_made(&variables), Arc::new(NoNetwork), "eu-west-1", clock).expect("a signer")
}

fn header(request: &HttpRequest, name: &str) -> Option<String> {
    request.headers.iter().find(|(each, _)| each.eq_ignore_ascii_case(name)).map(|(_, value)| match value {
        Header::Plain(value) => value.clone(),
        Header::Secret(prefix, value) => format!("{prefix}{}", value.expose()),
    })
}

/// The pieces of an authorization header that have to agree: scope, signed headers, signature.
fn pieces(authorization: &str) -> Vec<String> {
    authorization.split([' ', ',']).filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
}

#[tokio::test]
async fn our_signatures_are_botocores() {
    let Some(python) = Python::find() else { return };
    let line = |(rest, body, token): &(&str, &str, Option<&str>)| {
        json!({
            "method": "POST", "url": request(rest, body).url, "headers": { "content-type": "application/json" }, "body": body,
            "key": KEY, "secret": SECRET, "token": token, "region": "eu-west-1", "service": "bedrock",
            "time": "2026-11-21T12:00:00Z",
        })
    };
    let theirs = python.ask("sigv4.py", &[], &CASES.iter().map(line).collect::<Vec<Value>>());
    for ((rest, body, token), theirs) in CASES.iter().zip(theirs) {
        let mut ours = request(rest, body);
        signer(*token).authorize(&mut ours).await.expect("a signature");
        for name in ["x-amz-date", "x-amz-security-token"] {
            assert_eq!(header(&ours, name).as_deref(), theirs[name].as_str(), "{rest}: {name}");
        }
        let authorization = header(&ours, "authorization").expect("a signature");
        assert_eq!(pieces(&authorization), pieces(theirs["authorization"].as_str().expect("a signature")), "{rest}");
    }
}

/// The streams of our test server, of which the codec is proven against every byte.
#[test]
fn botocore_reads_the_streams_of_our_test_server() {
    let Some(python) = Python::find() else { return };
    let reply = Reply::default().think("Hm — ✓").and_text("I look.\n").and_call("read", json!({ "path": "a.rs" }));
    let hex: String =
        Server::render_bytes(Wire::Converse, &reply, 0).iter().map(|byte| format!("{byte:02x}")).collect();
    let read = python.ask("eventstream.py", &["parse"], &[json!({ "hex": hex })]).remove(0);
    let events = read["events"].as_array().unwrap_or_else(|| panic!("botocore reads nothing: {read}"));
    let name = |event: &Value| event.as_object().and_then(|fields| fields.keys().next().cloned()).unwrap_or_default();
    assert_eq!(events.first().map(name).as_deref(), Some("messageStart"), "{read}");
    assert_eq!(events.last().map(name).as_deref(), Some("metadata"), "{read}");
    let deltas = |pointer: &str| {
        let texts = events.iter().filter_map(|event| event.pointer(&format!("/contentBlockDelta/delta/{pointer}")));
        texts.filter_map(Value::as_str).collect::<String>()
    };
    assert_eq!((deltas("reasoningContent/text"), deltas("text")), ("Hm — ✓".to_owned(), "I look.\n".to_owned()));
    let input: Value = serde_json::from_str(&deltas("toolUse/input")).expect("a whole input");
    assert_eq!(input, json!({ "path": "a.rs" }));
    assert!(!deltas("reasoningContent/signature").is_empty(), "thoughts are signed");
}
