//! The command line as types. Their doc comments are the help, the man page and the completions.

mod audit;
mod export;
mod models;
mod policy;
mod sandbox;
mod trust;

pub use audit::{Audit, AuditAction};
pub use export::{Export, ExportFormat};
pub use models::{Cost, CostBy, Login, Logout, Models, ModelsAction, Route, RouteAction};
pub use policy::{Policy, PolicyAction, PolicyCheck};
pub use sandbox::{Jail, Sandbox, SandboxAction};
pub use trust::Trust;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// A coding agent for your terminal: any model, your machine, your rules, your money in plain sight.
#[derive(Debug, Parser)]
#[command(
    name = "agent",
    version,
    propagate_version = false,
    max_term_width = 100,
    args_conflicts_with_subcommands = true,
    after_help = "Without a command the screen opens, with PROMPT as its first task. `agent demo` shows a whole run without a key. `agent doctor` says what is found and what is missing."
)]
pub struct Cli {
    #[command(subcommand)]
    pub action: Option<Action>,
    #[command(flatten)]
    pub screen: Screen,
}

/// The interactive screen.
#[derive(Debug, Default, Args)]
pub struct Screen {
    /// The first task
    #[arg(value_name = "PROMPT")]
    pub task: Vec<String>,
    #[command(flatten)]
    pub common: Common,
    /// Plain text, one thing after the other: for screen readers
    #[arg(long)]
    pub plain: bool,
}

/// A session that goes on, on the screen.
#[derive(Debug, Args)]
pub struct Resume {
    /// The session, by the first digits of its id; without it, the screen lists them
    #[arg(value_name = "ID")]
    pub id: Option<String>,
    #[command(flatten)]
    pub common: Common,
    /// Plain text, one thing after the other: for screen readers
    #[arg(long)]
    pub plain: bool,
}

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Work on one task and exit; the exit code says how it ended
    Run(Box<Run>),
    /// Go on with an earlier session on the screen; without a terminal, as `agent run --continue`
    Resume(Box<Resume>),
    /// Apply an edit from standard input to files, all of it or nothing; exit code 1 when it is refused
    Apply(Apply),
    /// Watch a recorded model mend a failing test in a scratch folder; needs no key
    Demo(Demo),
    /// Take back all that the last task did to the workspace, edits and commands alike
    Undo(Undo),
    /// Take the last undo back
    Redo(Redo),
    /// Store a provider's key: it is checked, then kept in the system's keyring, else in a file that only you can read
    Login(Login),
    /// Forget stored keys
    Logout(Logout),
    /// List, delete or prune sessions
    Sessions(Sessions),
    /// Write a session as a file to read and to send: Markdown, HTML or JSON, with secrets redacted
    Export(Export),
    /// Say what was spent: money, tokens, cached share, cost per finished task, cache misses
    Cost(Cost),
    /// Say what was done in a session: for whom, by which rule, in which jail; prove that its log is what was written
    Audit(Audit),
    /// List models with their limits and prices; find local ones, probe endpoints
    Models(Models),
    /// Say which models a task would go to, for what price, and why
    Route(Route),
    /// Run a command in the jail that the model's commands get, or say what that jail is
    Sandbox(Sandbox),
    /// Show what a project wants to bring (configuration, hooks, MCP servers, skills), and ask whether you trust it
    Trust(Trust),
    /// Say what policy makes of a command line, and why; list remembered answers and rules, forget answers
    Policy(Policy),
    /// Show the configuration, each value with its source
    Config(Config),
    /// Say what is found, what is missing, and how to mend it
    Doctor(Doctor),
    /// Print completions for a shell
    Completions { shell: Shell },
    /// Print the man page
    Man,
}

/// What every way of working takes.
#[derive(Debug, Clone, Default, Args)]
pub struct Common {
    /// The model, as PROVIDER/MODEL; several with commas: where one fails, the next goes on; or `auto`
    #[arg(short, long, value_name = "NAME")]
    pub model: Option<String>,
    /// Set a configuration value for this run; repeatable, wins over files
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub config: Vec<String>,
    /// What may happen without a question
    #[arg(long, value_enum)]
    pub mode: Option<Mode>,
    /// What commands may reach: nothing, everything, or these hosts and lists; with `ask` others are asked for
    #[arg(long, value_name = "off|ask|full|LIST")]
    pub net: Option<String>,
    /// Read the provider's key from a file; of several models, it is the first one's
    #[arg(long, value_name = "PATH")]
    pub key_file: Option<PathBuf>,
    /// Let nothing run outside of the sandbox, by no answer and no rule; exit code 7 where there is none
    #[arg(long)]
    pub require_sandbox: bool,
    /// Trust what the project brings for this run, if its hash, as `agent trust --show` prints it, is this one
    #[arg(long, value_name = "HASH")]
    pub trust_project: Option<String>,
    /// Let edits and commands write in this folder too; repeatable
    #[arg(long, value_name = "PATH")]
    pub add_dir: Vec<PathBuf>,
    /// Work in this folder
    #[arg(short = 'C', long, value_name = "DIR")]
    pub cd: Option<PathBuf>,
    /// Show the model an image (PNG, JPEG, GIF, WebP); repeatable
    #[arg(short, long, value_name = "PATH")]
    pub image: Vec<PathBuf>,
}

#[derive(Debug, Default, Args)]
pub struct Run {
    /// The task; `-` appends standard input, waiting for its end
    #[arg(value_name = "TASK")]
    pub task: Vec<String>,
    #[command(flatten)]
    pub common: Common,
    /// Print one JSON line per event; the last line is the outcome
    #[arg(long)]
    pub json: bool,
    /// With --json, print the answer's pieces too, as they come
    #[arg(long, requires = "json")]
    pub json_deltas: bool,
    /// The answer must be JSON that fits this schema, or the run fails
    #[arg(long, value_name = "FILE")]
    pub output_schema: Option<PathBuf>,
    /// Write the answer to a file
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Print only the answer and errors
    #[arg(long)]
    pub quiet: bool,
    /// A command that must succeed before the run counts as done; repeatable
    #[arg(long, value_name = "CMD")]
    pub check: Vec<String>,
    /// How many times a failed check goes back to the model
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub check_rounds: Option<u32>,
    /// The most requests to the model
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub max_turns: Option<u64>,
    /// The most money to spend, in US dollars
    #[arg(long, value_name = "USD", allow_negative_numbers = true)]
    pub max_cost: Option<String>,
    /// The longest the run may take, such as 90s or 20m
    #[arg(long, value_name = "DURATION", allow_negative_numbers = true)]
    pub timeout: Option<String>,
    /// Show each edit before it is written, and what each command changed, and ask; needs a terminal
    #[arg(long)]
    pub review: bool,
    /// Work in a copy of the folder, change nothing here, and print what was changed there as a patch
    #[arg(long, conflicts_with_all = ["review", "again", "resume"])]
    pub propose: bool,
    /// Go on with the newest session of this folder
    #[arg(long = "continue", conflicts_with = "resume")]
    pub again: bool,
    /// Go on with this session
    #[arg(long, value_name = "ID")]
    pub resume: Option<String>,
    /// Keep nothing of this session
    #[arg(long, conflicts_with_all = ["again", "resume"])]
    pub ephemeral: bool,
    /// Use no configuration file and no instruction files
    #[arg(long)]
    pub bare: bool,
    /// Record the model's answers to a file that --replay plays
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Play a recording in the place of a model; its tools run for real
    #[arg(long, value_name = "FILE", conflicts_with = "record")]
    pub replay: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Apply {
    /// How the edit is written
    #[arg(long, value_enum, default_value = "auto")]
    pub format: EditFormat,
    /// The folder that the edit's paths begin in and do not leave; without it, the working folder
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Only say whether it would apply
    #[arg(long)]
    pub check: bool,
    /// New, moved and whole files may replace what is there
    #[arg(long)]
    pub overwrite: bool,
    /// Print one JSON line
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EditFormat {
    /// JSON with `edits`: old_string, new_string
    Edit,
    /// *** Begin Patch … *** End Patch
    Patch,
    /// A unified diff
    Udiff,
    /// SEARCH/REPLACE blocks
    Blocks,
    /// JSON with `files`: path, content
    Whole,
    /// Whichever of these it looks like
    Auto,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// Make the scratch folder here, and keep it
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Show it on the screen, where you are asked before an edit is written and can try everything
    #[arg(long)]
    pub screen: bool,
}

#[derive(Debug, Args)]
pub struct Undo {
    /// Take back so many tasks
    #[arg(long, value_name = "N", conflicts_with = "to")]
    pub turns: Option<usize>,
    /// Go back to this checkpoint
    #[arg(long, value_name = "CHECKPOINT")]
    pub to: Option<u64>,
    /// Touch only these files and folders
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub files: Vec<PathBuf>,
    /// List the checkpoints, the newest first
    #[arg(long)]
    pub list: bool,
    /// Say what would happen, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Also over what was changed since
    #[arg(long)]
    pub force: bool,
    /// List what was saved in git before commands that may lose work there, with the commands that bring it back
    #[arg(long, conflicts_with_all = ["turns", "to", "files", "list", "dry_run", "force"])]
    pub git: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// In this folder
    #[arg(short = 'C', long, value_name = "DIR")]
    pub cd: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Redo {
    /// Say what would happen, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Also over what was changed since
    #[arg(long)]
    pub force: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// In this folder
    #[arg(short = 'C', long, value_name = "DIR")]
    pub cd: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Sessions {
    #[command(subcommand)]
    pub action: Option<SessionAction>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum SessionAction {
    /// Delete sessions by id; the first digits do
    Delete {
        #[arg(required = true)]
        id: Vec<String>,
    },
    /// Delete sessions that are older or take more room than the configuration allows
    Prune {
        /// Delete those not written for so long, such as 30d
        #[arg(long, value_name = "DURATION")]
        keep: Option<String>,
        /// The most room the rest may take, such as 500MB
        #[arg(long, value_name = "SIZE")]
        cap: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct Config {
    #[command(subcommand)]
    pub action: ConfigAction,
}

#[derive(Debug, Subcommand)]
pub enum ConfigAction {
    /// Every value that is set, and where it comes from
    Show {
        /// As -c of `agent run`
        #[arg(short, long, value_name = "KEY=VALUE")]
        config: Vec<String>,
    },
    /// Every key there is, with what it takes
    Keys,
}

#[derive(Debug, Args)]
pub struct Doctor {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// No edits; commands run in a sandbox that writes temporary files alone
    Read,
    /// Edits are asked for, in `run` by --review, else it is a no; commands run in the sandbox
    Ask,
    /// Edits of the workspace are made; commands run in the sandbox
    Auto,
    /// No questions and no sandbox
    Full,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}
