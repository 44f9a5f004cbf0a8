//! Floor 1, edits as values: from what a model wrote and the bytes that are there to the bytes that shall be there.
//!
//! Nothing here reads or writes a file. Bytes nobody asked to change come out as they went in. A refusal is words for
//! the model: what was wrong, what is there instead, what to send next.

pub mod change;
pub mod diff;
pub mod lines;
pub mod nearest;
pub mod patch;
pub mod replace;

pub use change::{ChangeSet, FileEdit};
