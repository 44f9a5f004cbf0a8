//! What is asked of models apart from work: keys, lists, choices, and what they cost.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Default, Args)]
pub struct Login {
    /// Whose key it is; without it there is a list to choose from
    pub provider: Option<String>,
    /// Say which key is used for each provider, and which others there are; shows no key
    #[arg(long, conflicts_with_all = ["provider", "no_check", "browser", "device"])]
    pub status: bool,
    /// With --status, print JSON
    #[arg(long, requires = "status")]
    pub json: bool,
    /// Store the key without trying it
    #[arg(long)]
    pub no_check: bool,
    /// Log in with a browser on this machine: OpenRouter, and providers with `oauth_authorize_url`
    #[arg(long, conflicts_with = "device")]
    pub browser: bool,
    /// Log in with a browser on any device: providers with `oauth_device_url`
    #[arg(long)]
    pub device: bool,
    /// As -c of `agent run`
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub config: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Logout {
    /// Whose key
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub provider: Option<String>,
    /// Every stored key
    #[arg(long)]
    pub all: bool,
    /// As -c of `agent run`
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub config: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Cost {
    /// Sum by this; without it, today and seven days, and these by model
    #[arg(long, value_enum)]
    pub by: Option<CostBy>,
    /// From this local day on, such as 2026-11-01, or for so long, such as 7d; default: 7d
    #[arg(long, value_name = "DAY|DURATION")]
    pub since: Option<String>,
    /// Print one JSON line
    #[arg(long)]
    pub json: bool,
    /// Print comma-separated values, with a header
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// First make the ledger again from the session logs
    #[arg(long)]
    pub rebuild: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CostBy {
    Day,
    Project,
    Branch,
    Model,
    Session,
    Task,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Models {
    #[command(subcommand)]
    pub action: Option<ModelsAction>,
    /// Only this provider's
    pub provider: Option<String>,
    /// Also those of providers without a key
    #[arg(long)]
    pub all: bool,
    /// Fetch limits and prices anew from `models.url` first
    #[arg(long)]
    pub refresh: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum ModelsAction {
    /// List the models of servers on this machine, with the windows they really have
    Local {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Find out with a few tiny requests what an endpoint really does, and remember it
    Probe {
        /// PROVIDER, or PROVIDER/MODEL
        #[arg(value_name = "NAME")]
        name: String,
        /// Read the provider's key from a file
        #[arg(long, value_name = "PATH")]
        key_file: Option<PathBuf>,
        /// Forget what was found, and ask nothing
        #[arg(long)]
        forget: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub struct Route {
    #[command(subcommand)]
    pub action: RouteAction,
}

#[derive(Debug, Subcommand)]
pub enum RouteAction {
    /// The candidates among which `auto` chooses for a task, with prices and reasons; no model is asked
    Explain {
        /// The task, as for `agent run`
        #[arg(value_name = "TASK", required = true)]
        task: Vec<String>,
        /// As with --check of `agent run`: a failure would be noticed
        #[arg(long)]
        checked: bool,
        /// As if the task came with an image
        #[arg(long)]
        image: bool,
        /// Only models on this machine
        #[arg(long)]
        local: bool,
        /// As if so much money were left, in US dollars
        #[arg(long, value_name = "USD")]
        max_cost: Option<String>,
        /// As -c of `agent run`
        #[arg(short, long, value_name = "KEY=VALUE")]
        config: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}
