//! `agent`: a coding agent for the terminal that works with any model.

pub mod auth;
pub mod base;
pub mod net;
pub mod provider;
pub mod text;
