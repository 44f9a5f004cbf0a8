//! Where secrets come from.

pub mod keys;
