//! What is kept: session logs, images and long outputs, one folder a session; and the ledger of all of them.

pub mod chain;
pub mod costs;
pub mod denials;
pub mod folder;
mod fork;
mod index;
pub mod ledger;
mod load;
pub mod log;
pub mod moment;
mod pages;
pub mod reader;
pub mod rebuild;
pub mod sessions;
pub mod tally;
