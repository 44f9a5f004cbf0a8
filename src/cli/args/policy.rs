//! The arguments of `agent policy`.

use super::Mode;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Policy {
    #[command(subcommand)]
    pub action: PolicyAction,
}

#[derive(Debug, Subcommand)]
pub enum PolicyAction {
    /// Say what a command line would touch, what policy says of it, and what the jail would refuse; nothing is run
    Check(PolicyCheck),
    /// List the answers that are remembered, of all projects, and the rules that hold
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Forget remembered answers by their numbers
    Forget {
        #[arg(value_name = "N", required_unless_present = "all")]
        number: Vec<u64>,
        /// All of them
        #[arg(long, conflicts_with = "number")]
        all: bool,
    },
}

#[derive(Debug, Args)]
pub struct PolicyCheck {
    /// The command line, as one word
    #[arg(value_name = "CMD", required_unless_present = "file")]
    pub command: Option<String>,
    /// As if in this mode; without it, `auto`
    #[arg(long, value_enum)]
    pub mode: Option<Mode>,
    /// As if no jail held commands
    #[arg(long)]
    pub no_jail: bool,
    /// As if the jail opened the whole network
    #[arg(long)]
    pub net: bool,
    /// Check each line of a file; `#` in front, or behind two blanks, begins a comment
    #[arg(long, value_name = "LIST", conflicts_with = "command")]
    pub file: Option<PathBuf>,
    /// Print JSON, one line for each command line
    #[arg(long)]
    pub json: bool,
}
