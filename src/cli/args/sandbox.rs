//! The arguments of the jail.

use super::Mode;
use clap::{Args, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(override_usage = "agent sandbox [OPTIONS] -- CMD...\n       agent sandbox [OPTIONS] explain [--json]")]
pub struct Sandbox {
    #[command(subcommand)]
    pub action: Option<SandboxAction>,
    #[command(flatten)]
    pub jail: Jail,
    /// The command and its arguments
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// What decides on the jail.
#[derive(Debug, Args)]
pub struct Jail {
    /// Set a configuration value for this command; repeatable, wins over files
    #[arg(short, long, value_name = "KEY=VALUE", global = true)]
    pub config: Vec<String>,
    /// `read` writes temporary files alone; `ask` and `auto` write in the workspace; `full` has no jail
    #[arg(long, value_enum, global = true)]
    pub mode: Option<Mode>,
    /// The network: `off`, `ask`, `full`, or a list of hosts; without it, off
    #[arg(long, value_name = "off|ask|full|LIST", global = true)]
    pub net: Option<String>,
    /// Let it write in this folder too; repeatable
    #[arg(long, value_name = "PATH", global = true)]
    pub add_dir: Vec<PathBuf>,
    /// Run it in this folder
    #[arg(short = 'C', long, value_name = "DIR", global = true)]
    pub cd: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum SandboxAction {
    /// Say what a jail here allows and denies, what enforces it, and what is left at risk
    Explain {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the hosts that commands may reach, and those that were denied lately with what would allow them
    Hosts {
        /// Print one JSON line
        #[arg(long)]
        json: bool,
    },
}
