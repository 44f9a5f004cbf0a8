//! Bytes both ways between a command and a host. A TLS greeting in them has to ask for the host that was allowed.

use super::Limits;
use super::moved::Counted;
use crate::policy::hosts::Refusal;
use crate::text::client_hello::{Greeting, greeting};
use crate::text::host::{Host, Target};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Carries bytes until both sides are done, one of them breaks off, or nothing moves any more. The error is that the greeting asked
/// for another host: then the host has got nothing.
pub(super) async fn carry<C>(client: C, host: Counted, target: &Target, limits: &Limits) -> Result<(), Refusal>
where
    C: AsyncRead + AsyncWrite + Unpin,
{
    let moved = host.moved.clone();
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_host, mut to_host) = tokio::io::split(host);
    let up = async {
        // Only this way waits for the greeting: with some protocols the host speaks first.
        let first = first(&mut from_client).await.map_err(|_| None)?;
        check(&greeting(&first), target).map_err(Some)?;
        to_host.write_all(&first).await.map_err(|_| None)?;
        tokio::io::copy(&mut from_client, &mut to_host).await.map_err(|_| None)?;
        to_host.shutdown().await.map_err(|_| None)
    };
    let down = async {
        tokio::io::copy(&mut from_host, &mut to_client).await.map_err(|_| None)?;
        to_client.shutdown().await.map_err(|_| None)
    };
    let both = async { tokio::try_join!(up, down).map(|_| ()) };
    tokio::select! {
        // A side that broke off, or went silent, is no verdict.
        ended = both => match ended {
            Err(Some(refusal)) => Err(refusal),
            Ok(()) | Err(None) => Ok(()),
        },
        () = moved.idle(limits.idle) => Ok(()),
    }
}

/// The first bytes of a client, as many as it takes to tell what they are, or all there are.
async fn first(client: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let count = client.read_buf(&mut bytes).await?;
        if count == 0 || greeting(&bytes) != Greeting::Unfinished {
            return Ok(bytes);
        }
    }
}

fn check(greeting: &Greeting, target: &Target) -> Result<(), Refusal> {
    match greeting {
        // A client that went away in the middle of it has said nothing that could be used.
        Greeting::Other | Greeting::Unfinished => Ok(()),
        Greeting::Broken => Err(Refusal::Unreadable),
        Greeting::Names(names) => {
            let another = names.iter().find(|name| {
                let Host::Name(own) = &target.host else { return false };
                Host::parse(name).ok().as_ref().and_then(Host::name) != Some(own.as_str())
            });
            another.map_or(Ok(()), |name| Err(Refusal::Fronted(name.escape_default().take(80).collect())))
        }
    }
}
