//! The arguments of `agent trust`.

use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Trust {
    /// Only show what the project brings, and its hash
    #[arg(long, conflicts_with = "revoke")]
    pub show: bool,
    /// Trust it no more
    #[arg(long)]
    pub revoke: bool,
    /// Print JSON; asks nothing
    #[arg(long)]
    pub json: bool,
    /// The project in this folder
    #[arg(short = 'C', long, value_name = "DIR")]
    pub cd: Option<PathBuf>,
}
