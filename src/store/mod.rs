//! What is kept: session logs, images and long outputs, one folder a session.

pub mod folder;
pub mod log;
pub mod reader;
pub mod sessions;
