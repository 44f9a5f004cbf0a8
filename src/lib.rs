//! `agent`: a coding agent for the terminal that works with any model.

pub mod auth;
pub mod base;
pub mod cli;
pub mod config;
pub mod disk;
pub mod edit;
pub mod headless;
pub mod net;
pub mod policy;
pub mod process;
pub mod prompt;
pub mod provider;
pub mod route;
pub mod session;
pub mod store;
pub mod text;
pub mod tool;
pub mod transcript;
pub mod workspace;
