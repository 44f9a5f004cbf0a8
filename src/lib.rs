//! `agent`: a coding agent for the terminal that works with any model.
//!
//! The event log is the truth. Everything shown is a fold of it. Every decision is a pure function. Every effect happens in
//! a named file. Imports go down only. `ARCHITECTURE.md` is the map; `tests/floors.rs` reads this tree and fails where one
//! of these does not hold:
//!
//! 1. Only `net/` names reqwest and rustls.
//! 2. Only `config/paths.rs` reads the environment or knows the home folder.
//! 3. Only `store/log.rs` writes session logs.
//! 4. Only `process/` starts programs.
//! 5. Only `tool/gate.rs` makes a `Grant`.
//! 6. `keyring` is named in `auth/` alone, `git2` in `workspace/git.rs` and `workspace/commits.rs`, `similar` in `edit/diff.rs`, `ignore` in `workspace/walk.rs` and
//!    `workspace/ignored.rs`, grep's crates in `workspace/walk.rs`, `toml` in `config/file.rs`, `jsonschema` in
//!    `session/answer.rs`.
//! 7. `clap` is named in `cli/` alone, `ratatui` and `crossterm` in `tui/` alone.
//! 8. There are no mutable statics.
//! 9. Standard output and standard error are written by surfaces and `cli/` alone.
//! 10. `unsafe` stands in `process/` and `sandbox/` alone.
//! 11. Every write to the user's files or to our state goes through one `disk::Disk`, which tests make fail.

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
pub mod sandbox;
pub mod session;
pub mod store;
pub mod text;
pub mod tool;
pub mod transcript;
pub mod tui;
pub mod workspace;
