//! Our signatures against botocore's: the same requests at the same time have the same headers.

use super::python::Python;
use agent::auth::aws::{Credentials, sign};
use agent::base::secret::Secret;
use agent::net::{Header, HttpRequest, Method};
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};

/// 2026-11-21T12:00:00Z in seconds of Unix.
const NOW: u64 = 1_795_262_400;

const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// What differs between requests: the rest of the path, the body, a session token.
const CASES: [(&str, &str, Option<&str>); 5] = [
    ("anthropic.claude-sonnet-5-v1%3A0/converse-stream", "{}", None),
    ("amazon.nova-pro-v1%3A0/converse-stream", "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"Grüße ✓\"}]}]}", None),
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

#[test]
fn our_signatures_are_botocores() {
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
        let credentials = Credentials { key: KEY.into(), secret: Secret::new(SECRET), token: token.map(Secret::new) };
        sign(&mut ours, &credentials, "eu-west-1", "bedrock", UNIX_EPOCH + Duration::from_secs(NOW)).expect("a signature");
        for name in ["x-amz-date", "x-amz-security-token"] {
            assert_eq!(header(&ours, name).as_deref(), theirs[name].as_str(), "{rest}: {name}");
        }
        let authorization = header(&ours, "authorization").expect("a signature");
        assert_eq!(pieces(&authorization), pieces(theirs["authorization"].as_str().expect("a signature")), "{rest}");
    }
}
