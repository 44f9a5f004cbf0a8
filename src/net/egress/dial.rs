//! From a host that a rule allows to a connection: looked up once, each address checked, and the checked address dialled, so that a
//! second answer of the name server (DNS rebinding) has no say.

use super::address::{Reach, reach};
use super::moved::Duplex;
use super::upstream::Hop;
use super::{Egress, Limits};
use crate::base::error::reason;
use crate::policy::hosts::{HostRule, Refusal};
use crate::text::host::{Host, Pattern, Target};
use futures_core::future::BoxFuture;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// The least time that each of several addresses gets.
const EACH: Duration = Duration::from_secs(2);

/// Looks a name up: all its addresses, the best first.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> + Send + Sync>;

/// The system's own way to look up a name.
pub fn system() -> Lookup {
    Arc::new(|name| {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect()) })
    })
}

/// Why there is no connection.
pub(super) enum Failure {
    /// It may not be.
    Refused(Refusal),
    /// It cannot be: in words.
    Unreachable(String),
    /// It was waited for too long.
    Late(String),
}

/// A connection, and how a request goes over it.
pub(super) struct Line {
    pub(super) stream: Box<dyn Duplex>,
    /// The user's proxy at the other end, where a plain request goes to it.
    pub(super) hop: Option<Hop>,
}

impl Egress {
    /// A connection to `target`, which `rule` allows. `tunnel`: for a tunnel, else for one request of plain HTTP.
    pub(super) async fn dial(&self, target: &Target, rule: &HostRule, tunnel: bool) -> Result<Line, Failure> {
        if let Host::Address(address) = &target.host {
            check(*address, rule).map_err(Failure::Refused)?;
        }
        if let Some(hop) = self.upstream.hop(if tunnel { "https" } else { "http" }, target) {
            if tunnel {
                let stream = hop.tunnel(target, &self.limits).await.map_err(Failure::Unreachable)?;
                return Ok(Line { stream, hop: None });
            }
            let stream = Box::new(hop.connect(&self.limits).await.map_err(Failure::Unreachable)?);
            return Ok(Line { stream, hop: Some(hop) });
        }
        let addresses = self.addresses(target, rule).await?;
        let stream = connect(target, &addresses, &self.limits).await?;
        // Small writes of a handshake must not wait for each other; without it things are slow, not wrong.
        let _ = stream.set_nodelay(true);
        Ok(Line { stream: Box::new(stream), hop: None })
    }

    /// The addresses of a host that may be dialled; a refusal where it has none of that kind.
    async fn addresses(&self, target: &Target, rule: &HostRule) -> Result<Vec<SocketAddr>, Failure> {
        let found = match &target.host {
            Host::Address(address) => vec![*address],
            Host::Name(name) => {
                let looking = (self.lookup)(name.clone());
                match tokio::time::timeout(self.limits.connect, looking).await {
                    Ok(Ok(found)) => found,
                    Ok(Err(error)) => {
                        return Err(Failure::Unreachable(format!("cannot look up {name}: {}", reason(&error))));
                    }
                    Err(_) => return Err(Failure::Late(format!("looking up {name} took too long"))),
                }
            }
        };
        let mut refused = None;
        let mut allowed = Vec::new();
        for address in found {
            match check(address, rule) {
                Ok(()) => allowed.push(SocketAddr::new(address, target.port)),
                Err(refusal) => refused = Some(refused.unwrap_or(refusal)),
            }
        }
        match refused {
            Some(refusal) if allowed.is_empty() => Err(Failure::Refused(refusal)),
            _ if allowed.is_empty() => Err(Failure::Unreachable(format!("{} has no address", target.host))),
            _ => Ok(allowed),
        }
    }
}

/// May this address be dialled under this rule?
fn check(address: IpAddr, rule: &HostRule) -> Result<(), Refusal> {
    let is_itself = matches!(&rule.pattern, Pattern::Host(Host::Address(named)) if *named == address.to_canonical());
    match reach(address) {
        Reach::Public => Ok(()),
        Reach::Private | Reach::Special if rule.private && is_itself => Ok(()),
        Reach::Private if rule.private => Ok(()),
        Reach::Private => Err(Refusal::Private(address)),
        Reach::Special => Err(Refusal::Never(address)),
    }
}

/// The first address that answers.
async fn connect(target: &Target, addresses: &[SocketAddr], limits: &Limits) -> Result<TcpStream, Failure> {
    let count = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let each = (limits.connect / count).max(EACH.min(limits.connect));
    let mut failure = Failure::Late(format!("{target} did not answer in time"));
    let trying = async {
        for address in addresses {
            match tokio::time::timeout(each, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Some(stream),
                Ok(Err(error)) => {
                    failure = Failure::Unreachable(format!("cannot connect to {target}: {}", reason(&error)))
                }
                Err(_) => {}
            }
        }
        None
    };
    let connected = tokio::time::timeout(limits.connect, trying).await;
    connected.ok().flatten().ok_or(failure)
}
