//! Where secrets come from.

pub mod google;
mod google_key;
pub mod keys;
