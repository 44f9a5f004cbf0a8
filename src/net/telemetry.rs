//! Sends traces where the user wants them: one `POST` of JSON, whose failure is told and never tried again.

use super::http::{Http, Limits, host};
use crate::base::secret::Secret;
use crate::base::{Error, Kind, Result};
use std::time::Duration;

/// Posts `bodies` to `url`, one after the other; an error when one is not taken, or when they are not all taken within `time`.
pub async fn send(url: &str, headers: &[(String, Secret)], bodies: Vec<Vec<u8>>, time: Duration) -> Result<()> {
    let http = Http::new(Limits { connect: time, idle: time });
    let all = async {
        for body in bodies {
            let status = http.post_json(url, headers, body).await?;
            if !(200..300).contains(&status) {
                return Err(Error::new(Kind::Provider, format!("{} answered {status}", host(url))));
            }
        }
        Ok(())
    };
    let late = || Error::new(Kind::Network, format!("{} took longer than {} s", host(url), time.as_secs_f32()));
    tokio::time::timeout(time, all).await.unwrap_or_else(|_| Err(late()))
}
