//! Text to lines of a width: wrapping, Markdown while it streams, source code, the output of commands.
//!
//! All of it takes foreign text, so all of it goes through the sanitiser here: a span that comes out can be drawn as it is.

pub mod ansi;
mod blocks;
pub mod code;
mod inline;
pub mod markdown;
mod marks;
mod piece;
mod render;
mod scopes;
mod table;
pub mod wrap;
