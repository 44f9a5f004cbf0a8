//! Support for black-box tests: a scripted fake of the model vendors' servers and a throwaway project to run the
//! binary in. Nothing here uses the agent's own code, so a misreading of a wire format cannot hide by being shared.
//!
//! [`Server`] speaks one of the streaming wires and refuses what the real vendor refuses; [`Project`] prepares a
//! folder and a home of its own and runs the binary there. Per wire, the file named after it renders answers and its
//! `_rules` neighbour judges requests.

mod answers;
mod chat;
mod chat_rules;
mod converse;
mod converse_rules;
mod event;
pub mod eventstream;
mod gemini;
mod gemini_rules;
pub mod http;
mod memory;
mod messages;
mod messages_rules;
mod outcome;
mod project;
pub mod random;
mod reply;
mod responses;
mod responses_rules;
mod screen;
#[cfg(test)]
mod selftest;
mod server;
mod serving;
mod shape;
mod terminal;
mod tools;
mod vendor;

pub use answers::{Answers, Asked};
pub use outcome::{LONGEST_RUN, Outcome, run as run_command};
pub use project::Project;
pub use reply::{Reply, Say, Step, TokenUse, Wire};
pub use screen::Screen;
pub use server::{Request, Server};
pub use terminal::Terminal;
