//! What is asked of the past: what was done, and whether its record is what was written.

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Audit {
    #[command(subcommand)]
    pub action: Option<AuditAction>,
    /// The session, by the first digits of its id; without it, the newest of this folder
    #[arg(value_name = "SESSION")]
    pub session: Option<String>,
    /// All sessions: what was done from this local day on, such as 2026-11-01, or for so long, such as 7d
    #[arg(long, value_name = "DAY|DURATION")]
    pub since: Option<String>,
    /// All sessions of this folder's project
    #[arg(long, conflicts_with = "session")]
    pub project: bool,
    /// Print one JSON line per effect
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum AuditAction {
    /// Prove that session logs are what was written, against the heads kept in the index; exit code 1 when one is not
    Verify {
        /// The session, by the first digits of its id; without it, the newest of this folder
        #[arg(value_name = "SESSION", conflicts_with = "all")]
        session: Option<String>,
        /// Every session, and those whose log is missing
        #[arg(long)]
        all: bool,
        /// Print one JSON line per session
        #[arg(long)]
        json: bool,
    },
}
