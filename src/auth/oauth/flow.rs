//! Logins from their beginning to their end: what `code` and `device` decide is sent and waited for here.

use super::code::{Attempt, refused};
use super::device::{Device, Step};
use super::reply::Reply;
use super::{Client, Clock};
use crate::auth::stored::{Tokens, is_one_word};
use crate::base::secret::Secret;
use crate::base::{Error, Kind, Result};
use crate::net::http::read_refusal;
use crate::net::loopback::Loopback;
use crate::net::{HttpRequest, Transport};
use std::time::Duration;
use tokio::time::Instant;

/// How long a person may take in the browser.
pub const BROWSER: Duration = Duration::from_secs(5 * 60);

/// Sends one request and reads the whole of its bounded answer.
pub(super) async fn ask(transport: &dyn Transport, request: HttpRequest) -> Result<(u16, Vec<u8>)> {
    let response = transport.send(request).await?;
    let status = response.status;
    Ok((status, read_refusal(response.body).await))
}

/// 64 bytes that nobody can foresee.
fn chance() -> Result<[u8; 64]> {
    let mut bytes = [0; 64];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes)
        .map_err(|_| Error::new(Kind::Io, "the system gives no random numbers"))?;
    Ok(bytes)
}

/// A login in a browser; `show` is given the address to open.
pub async fn browser(
    client: &Client,
    authorize_url: &str,
    transport: &dyn Transport,
    clock: &Clock,
    show: impl FnOnce(&str),
) -> Result<Tokens> {
    let socket = Loopback::bind().await?;
    let attempt = std::sync::Arc::new(Attempt::new(&chance()?, socket.port()));
    show(&attempt.address(client, authorize_url));
    let waiting = std::sync::Arc::clone(&attempt);
    let answer = socket.receive(BROWSER, move |target| waiting.answer(target)).await?;
    let code = answer.code(&client.provider)?;
    let (status, body) = ask(transport, attempt.exchange(client, &code)).await?;
    granted(client, Reply::read(status, &body, clock()))
}

fn granted(client: &Client, reply: Reply) -> Result<Tokens> {
    match reply {
        Reply::Tokens(tokens) => Ok(tokens),
        Reply::Refused { code, words } => Err(refused(&client.provider, &code, &words)),
        Reply::Broken(why) => {
            Err(Error::new(Kind::Auth, format!("the login server of `{}` sent {why}", client.provider)))
        }
    }
}

/// A login on another device; `show` is given what the user has to know.
pub async fn device(
    client: &Client,
    device_url: &str,
    transport: &dyn Transport,
    clock: &Clock,
    show: impl FnOnce(&Device),
) -> Result<Tokens> {
    let (status, body) = ask(transport, Device::request(client, device_url)).await?;
    let mut device = Device::begin(client, status, &body)?;
    let begin = Instant::now();
    show(&device);
    let mut wait = device.wait(Duration::ZERO)?;
    loop {
        tokio::time::sleep(wait).await;
        let step = match ask(transport, device.question()).await {
            Ok((status, body)) if status < 500 => {
                device.answer(Reply::read(status, &body, clock()), begin.elapsed())?
            }
            Ok(_) => device.unanswered(begin.elapsed())?,
            Err(error) if error.kind.retryable() => device.unanswered(begin.elapsed())?,
            Err(error) => return Err(error),
        };
        match step {
            Step::Wait(next) => wait = next,
            Step::Done(tokens) => return Ok(tokens),
        }
    }
}

/// A login at OpenRouter, which gives a key. `base` is its address without the path of its API.
pub async fn openrouter(base: &str, transport: &dyn Transport, show: impl FnOnce(&str)) -> Result<Secret> {
    let socket = Loopback::bind().await?;
    let attempt = std::sync::Arc::new(Attempt::for_openrouter(&chance()?, socket.port()));
    show(&attempt.openrouter_address(&format!("{base}/auth")));
    let waiting = std::sync::Arc::clone(&attempt);
    let answer = socket.receive(BROWSER, move |target| waiting.answer(target)).await?;
    let code = answer.code("openrouter")?;
    let request = attempt.openrouter_exchange(&format!("{base}/api/v1/auth/keys"), &code);
    let (status, body) = ask(transport, request).await?;
    let key = serde_json::from_slice::<serde_json::Value>(&body)
        .ok()
        .filter(|_| status == 200)
        .and_then(|value| value.get("key")?.as_str().map(str::to_owned))
        .filter(|key| is_one_word(key));
    key.map(Secret::new).ok_or_else(|| {
        Error::new(Kind::Auth, format!("openrouter gave no key: status {status}"))
            .hint("agent login openrouter --browser")
    })
}
