//! Where secrets come from, where they are kept, and how tokens are got and renewed. No secret is ever in an error's words.

pub mod aws;
pub mod check;
pub mod google;
mod google_key;
pub mod keychain;
pub mod keyfile;
pub mod keys;
pub mod known;
pub mod oauth;
pub mod stored;
pub mod vault;

use std::sync::Arc;
use std::time::SystemTime;

/// What time it is, for whoever signs and renews; passed in, so that signatures can be compared with known ones.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;
