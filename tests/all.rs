//! All tests, in one binary: each floor through its front door, and the program as its users meet it.

#![expect(clippy::unwrap_used, reason = "a failing test is a panic")]

mod floors;
mod support;

mod auth {
    mod addresses;
    mod aws;
    mod oauth;
    pub mod office;
    mod vault;
}
mod codec {
    mod chat;
    mod converse;
    mod gemini;
    mod messages;
    mod quirks;
    mod responses;
}
mod conformance {
    mod aws;
    mod bodies;
    mod eventstream;
    mod history;
    mod otlp;
    mod proxy;
    mod python;
    mod validators;
}
mod corpus {
    mod case;
    mod changes;
    mod changes_more;
    mod cut;
    mod files;
    mod legit;
    mod line;
    mod mistakes;
    mod places;
    mod reference;
    mod render;
    mod right;
    mod right_text;
    mod run;
    mod text;
    mod tree;
    mod wrong;
    mod wrong_mistakes;
}
mod edit {
    mod bench;
    mod blocks;
    mod change;
    mod conventions;
    mod document;
    mod elisions;
    mod json;
    mod open;
    mod patch;
    mod properties;
    mod seek;
    mod slips;
    mod udiff;
    mod verdict;
    mod words;
}
mod net {
    mod egress;
    mod eventstream;
    mod every_byte;
    mod faults;
    mod google;
    mod hosts;
    mod http;
    mod lab;
    mod overflow;
    mod replay;
    mod retry;
    mod sse;
    pub mod talk;
    pub mod telemetry;
}
mod prompt;
mod policy {
    mod alarms;
    mod check;
    mod decisions;
    mod destructive;
    mod meanings;
    mod rules;
    mod shell;
}
mod route {
    mod cache;
    mod choices;
    mod cli;
    mod failover;
    mod market;
    mod play;
    mod simulation;
    mod tasks;
}
mod run {
    mod accounts;
    mod address;
    mod auto;
    mod bad_input;
    mod budgets;
    pub mod ending;
    mod exits;
    mod failover;
    mod family;
    mod handover;
    mod instructions;
    mod limits;
    mod local;
    mod policy;
    mod propose;
    mod recovery;
    mod regression;
    mod regression_wire;
    mod review;
    mod review_terminal;
    mod secrets;
    mod several;
    mod signals;
    mod stdin;
    pub mod steering;
    mod surfaces;
    mod switching;
    mod terminal;
    mod trailers;
    mod undo;
    mod vendors;
    mod windows;
    mod wires;
}
mod cli {
    mod apply;
    mod catalog;
    mod commands;
    mod cost;
    mod demo;
    mod desk;
    mod desk_looks;
    mod export;
    mod generated;
    mod hosts;
    mod install;
    mod login;
    mod presets;
    mod probe;
}
mod safety {
    mod approvals;
    #[cfg(target_os = "linux")]
    mod attack {
        mod abuses;
        mod calls;
        mod environment;
        mod greed;
        mod led;
        mod lessons;
        mod links;
        mod others;
        mod own;
        mod processes;
        mod project;
        mod protected;
        mod reads;
        mod recovery;
        mod scripted;
        mod setting;
        mod sockets;
        mod writes;
    }
    mod audit;
    mod caches;
    mod escapes;
    mod files;
    mod guard;
    mod harden;
    mod home;
    mod jail;
    mod layout;
    mod limits;
    mod managed;
    mod mirror;
    mod redact;
    mod survey;
    mod trust;
    mod work;
}
mod session {
    mod back;
    mod between;
    mod call_ids;
    mod compaction;
    mod resume;
    mod running;
    mod size;
    mod talk;
}
mod store {
    mod disk;
    mod events;
    mod fork;
    pub mod hand;
    mod journal;
    pub mod ledger;
    mod log;
    mod pages;
    mod rebuild;
    mod sessions;
}
mod tools {
    pub mod bench;
    mod edits;
    mod read;
    mod regression;
    mod search;
    mod shell;
}
mod transcript {
    mod export;
}
mod tui;
mod workspace {
    mod checkpoint;
    pub mod hand;
    mod undo;
}
