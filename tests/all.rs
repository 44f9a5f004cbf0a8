//! All tests, in one binary: each floor through its front door, and the program as its users meet it.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failing test is a panic")]

mod support;

mod codec {
    mod chat;
    mod messages;
    mod responses;
}
mod edit {
    mod change;
    mod patch;
    mod replace;
}
mod run {
    mod wires;
}
