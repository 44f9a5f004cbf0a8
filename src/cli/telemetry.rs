//! OpenTelemetry: a run's trace, sent at its end to where the user's configuration says, and nowhere otherwise.
//!
//! The endpoint is the user's alone: no project and no variable of the ecosystem sets it, since those are there for the programs
//! that are worked on.

use crate::base::event::{Event, Record};
use crate::base::secret::Secret;
use crate::base::{Error, Result};
use crate::config::Config;
use crate::config::paths::Environment;
use crate::config::providers;
use crate::net::telemetry;
use crate::store::moment;
use crate::text::sanitise::one_line;
use crate::transcript::trace;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::time::Duration;

/// The longest that the end of a run waits.
const PATIENCE: Duration = Duration::from_secs(2);
/// Spans of one request: with what was said in them, well below what collectors take.
const MOST: usize = 256;

/// Where traces go.
pub struct Target {
    url: String,
    headers: Vec<(String, Secret)>,
    content: bool,
}

/// `None`: nowhere. An error where what the configuration says cannot be used.
pub fn target(config: &Config, environment: &Environment) -> Result<Option<Target>> {
    let Some(endpoint) = config.text("telemetry.endpoint").filter(|text| !text.is_empty()) else { return Ok(None) };
    let shown = providers::shown(endpoint);
    if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
        return Err(Error::config(format!("telemetry.endpoint is no address: `{shown}`"))
            .hint("it begins with http:// or https://, such as http://localhost:4318"));
    }
    let base = endpoint.trim_end_matches('/');
    let url = if base.ends_with("/v1/traces") { base.to_owned() } else { format!("{base}/v1/traces") };
    let headers = headers(config, environment)?;
    if !headers.is_empty() && !providers::is_safe(&url) {
        return Err(Error::config(format!("the headers of telemetry.headers_env would go to `{shown}` unencrypted"))
            .hint("use https://, or a collector on this machine"));
    }
    Ok(Some(Target { url, headers, content: config.flag("telemetry.content") == Some(true) }))
}

/// `name=value,name=value`, values percent-encoded where they need to be, as the ecosystem's own variable has it.
fn headers(config: &Config, environment: &Environment) -> Result<Vec<(String, Secret)>> {
    let Some(variable) = config.text("telemetry.headers_env").filter(|name| !name.is_empty()) else {
        return Ok(Vec::new());
    };
    let wrong = |what: &str| {
        Err(Error::config(format!("`{variable}`, named by telemetry.headers_env, {what}"))
            .hint(format!("export {variable}='name=value,name=value'")))
    };
    let Some(text) = environment.get(variable) else { return wrong("is not set") };
    let mut headers = Vec::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let Some((name, value)) = pair.split_once('=') else { return wrong("holds no `name=value`") };
        let name = name.trim();
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            return wrong("holds a name that is none of a header");
        }
        headers.push((name.to_owned(), Secret::new(decoded(value.trim()))));
    }
    Ok(headers)
}

/// `%20` and its like as what they stand for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok()).filter(|_| *first == b'%');
        match code.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Sends the trace of the run that wrote the records after `after`. Where that fails, it is said on standard error, and nothing else
/// comes of it.
pub async fn export(target: Option<&Target>, log: &Path, after: u64) {
    let Some(target) = target else { return };
    if let Err(error) = send(target, log, after).await {
        let _ = writeln!(std::io::stderr(), "the trace of this run was not sent: {}", one_line(&error.message));
    }
}

/// What a recording plays is not sent.
async fn send(target: &Target, log: &Path, after: u64) -> Result<()> {
    let file = File::open(log).map_err(|error| Error::io("read", log.display(), &error))?;
    let lines = BufReader::new(file).split(b'\n').map_while(std::io::Result::ok);
    let records: Vec<Record> = lines
        .filter_map(|line| serde_json::from_slice::<Record>(&line).ok())
        .filter(|record| record.seq > after)
        .collect();
    let is_played = |record: &Record| matches!(&record.event, Event::SessionStarted(started) if started.replayed);
    if records.iter().any(is_played) {
        return Ok(());
    }
    let spans = trace::spans(&records, target.content, moment::parse);
    let body = |spans: &[Value]| trace::request(env!("CARGO_PKG_VERSION"), spans).to_string().into_bytes();
    telemetry::send(&target.url, &target.headers, spans.chunks(MOST).map(body).collect(), PATIENCE).await
}
