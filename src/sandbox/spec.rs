//! What the helper is told, as JSON in a file that is nowhere on disk: the jail, and what of it is its part.

use super::jail::Jail;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    pub jail: Jail,
    /// Is it in namespaces of its own already? Then they hide what is denied, and the network is its own unless it is full.
    pub namespaces: bool,
    /// Must Landlock hold? False only in namespaces, on a kernel without it.
    pub landlock: bool,
    /// Where the listening socket of the proxy goes: a Unix socket that is open under this number.
    pub proxy: Option<i32>,
}

impl Spec {
    /// Is the network that sockets reach one of its own, or meant to be reached?
    pub fn reaches_network(&self) -> bool {
        match self.jail.network {
            crate::base::access::Network::Full => true,
            crate::base::access::Network::Off | crate::base::access::Network::Hosts => self.namespaces,
        }
    }
}
