//! The user's folder: where paths may lead, reading, atomic writing, walking, and the little we read of `.git`.

pub mod files;
pub mod git;
pub mod instructions;
pub mod journal;
pub mod place;
pub mod tree;
pub mod walk;
