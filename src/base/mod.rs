//! Floor 0: the types and the few traits that cross floors.
//!
//! Nothing here touches a file, the environment, the clock or a socket, and nothing here knows a
//! provider's wire format. Every other floor may use these names; they may use none of the others.

pub mod access;
pub mod call;
pub mod change;
pub mod command;
pub mod desk;
pub mod error;
pub mod event;
pub mod message;
pub mod model;
pub mod money;
pub mod port;
pub mod quirks;
pub mod secret;

pub use error::{Error, Kind, Result};
