//! The user's folder: where paths may lead, reading, atomic writing, walking, checkpoints, and the little we read of `.git`.

pub mod beneath;
pub mod checkpoint;
pub mod commits;
pub mod files;
pub mod git;
mod ignored;
pub mod instructions;
pub mod journal;
pub mod led;
pub mod place;
mod take_back;
pub mod trailers;
pub mod tree;
pub mod walk;
