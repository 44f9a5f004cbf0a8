//! The only place that starts programs.
//!
//! A child gets no standard input, no controlling terminal, an environment made from nothing, and a session of its own, so
//! that it can be ended with all its children. It dies with the thread that started it, which lives as long as the session.
//! The user's own editor, the user's own helpers (see [`helper`]), what reads the clipboard ([`paste`]) and `agent sandbox`
//! ([`attached`]) are the exceptions.

pub mod attached;
pub mod browser;
pub mod capture;
pub mod editor;
pub mod environment;
pub mod helper;
pub mod jobs;
pub mod paste;
pub mod trial;
pub mod watch;

#[expect(unsafe_code, reason = "what runs between fork and exec, and the adoption of orphans, have no safe interface")]
pub mod spawn;
