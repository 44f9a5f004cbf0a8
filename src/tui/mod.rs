//! The surface with a screen: what the user types becomes commands, what the log says becomes cells.
//!
//! `state` is pure: (state, input) to (state, effects). `draw` is pure: state to lines. `term` alone writes to the terminal, and
//! `run` alone waits.

pub mod age;
pub mod approval;
pub mod cell;
pub mod commands;
pub mod composer;
pub mod context;
pub mod diff;
pub mod draw;
pub mod field;
pub mod flow;
pub mod here;
mod host;
pub mod input;
pub mod keys;
mod linear;
pub mod pager;
pub mod pages;
pub mod picker;
pub mod plain;
pub mod preferences;
pub mod review;
mod run;
mod setup;
pub mod state;
pub mod status;
pub mod term;
pub mod theme;
pub mod transcript;
pub mod words;

pub use run::run;
pub use setup::Setup;
