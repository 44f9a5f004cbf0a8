//! All tests, in one binary: each floor through its front door, and the program as its users meet it.

mod floors;
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
    mod instructions;
    mod local;
    mod wires;
}
mod cli {
    mod commands;
    mod demo;
    mod generated;
    mod install;
}
