//! What a surface looks up, or has done, outside of a session; `cli` answers. A surface imports nothing that has effects.

use super::Result;
use super::access::{Mode, Network};
use super::change::{FileChange, Review};
use super::event::Record;
use super::message::ImageRef;
use super::model::Effort;
use super::money::Usd;
use super::port::Port;
use futures_core::future::BoxFuture;
use std::sync::Arc;

/// Opens sessions, looks things up, does things. Nothing here blocks the thread that asks.
pub trait Desk: Send + Sync {
    /// A session to talk to. The one that was opened before must have been let go of: this waits for its end.
    fn open(&self, open: Open) -> BoxFuture<'static, Result<Opened>>;
    fn look(&self, look: Look) -> BoxFuture<'static, Result<Found>>;
    /// An act that [needs the terminal](Act::needs_terminal) has it for itself until it is done.
    fn act(&self, act: Act) -> BoxFuture<'static, Result<Done>>;
    /// Waits for the end of the session that was opened last; nothing outlives this.
    fn close(&self) -> BoxFuture<'static, ()>;
}

/// Which session, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    pub which: Which,
    pub settings: Settings,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    New,
    /// The session with this whole id goes on.
    Resume(String),
    /// A new session with the records of another one up to and with `through`.
    Fork {
        session: String,
        through: u64,
    },
}

/// What was chosen in the surface; it wins over flags and files. `None`: as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// As after `-m`.
    pub model: Option<String>,
    pub mode: Option<Mode>,
    pub effort: Option<Effort>,
}

/// A session that can be talked to. When the last handle of `port` is dropped, it ends.
pub struct Opened {
    pub port: Arc<dyn Port>,
    /// Its whole id.
    pub session: String,
    /// The last record of its past: what comes after it is new.
    pub past: u64,
}

/// What can be looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// What a session that is opened now would be like.
    Standing(Settings),
    /// Paths of the workspace that fit, the best first.
    Files { query: String, most: usize },
    /// Names that the workspace's source defines, the best first.
    Symbols { query: String, most: usize },
    /// Sessions whose title or text holds all words of `query`, the newest first.
    Sessions { query: String, most: usize },
    /// The last records of a session.
    Records { session: String, most: usize },
    /// All records of a session after `after`, those of a log of any size in pieces.
    Past { session: String, after: u64, most: usize },
    /// Models that a key is there for.
    Models,
    /// Branch, and how many paths are not as they were committed.
    Head,
    /// What the last task of this session changed, and what of it is still so.
    Changes { session: String },
    /// What was asked in this project before, the newest first.
    History,
    /// A page of words.
    Page(Page),
}

/// Words of other commands, to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    Cost {
        session: Option<String>,
    },
    Doctor,
    Trust,
    Policy,
    Config,
    /// Hosts that commands may reach.
    Net,
    /// Commands in the background, and what they printed last.
    Jobs,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    Standing(Box<Standing>),
    /// What was asked for, and what was found.
    Files(String, Vec<Hit>),
    Symbols(String, Vec<Hit>),
    Sessions(String, Vec<SessionRow>),
    Records(String, Vec<Arc<Record>>),
    /// The next piece, and whether there is more.
    Past(Vec<Arc<Record>>, bool),
    Models(Vec<ModelRow>),
    Head(Head),
    Changes(Vec<FileChange>),
    History(Vec<String>),
    Page(String),
}

/// What a session that is opened now would be like.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standing {
    /// `provider/model`; empty where none can be asked, which `problem` says.
    pub model: String,
    pub effort: Option<Effort>,
    /// Efforts that this model has.
    pub efforts: Vec<Effort>,
    pub mode: Option<Mode>,
    /// `namespaces`, `landlock`, `seatbelt`, or `none`.
    pub sandbox: String,
    pub network: Network,
    /// Tokens that the model's window has.
    pub window: u64,
    /// The lowest limit on this session's money.
    pub budget: Option<Usd>,
    /// Why no session can be opened, and the way out.
    pub problem: Option<String>,
    /// Providers that a key can be stored for.
    pub providers: Vec<String>,
    /// What the user should know.
    pub notices: Vec<String>,
    /// What this project wants to bring, where the user was not asked yet.
    pub trust: Option<Trust>,
}

/// What a project wants to bring, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    pub project: String,
    /// One line each: what it brings, or what of it changed.
    pub brings: Vec<String>,
    pub hash: String,
}

/// Something that fits what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What is put into the text.
    pub text: String,
    /// Beside it, where there is something to say: where a symbol is.
    pub detail: String,
    /// Which characters of `text` fit, counted from 0.
    pub fits: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SessionRow {
    pub session: String,
    pub title: String,
    /// RFC 3339.
    pub started: String,
    pub root: String,
    pub model: String,
    pub bytes: u64,
    pub cost: Option<Usd>,
    /// Did it work in this folder?
    pub here: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ModelRow {
    /// `provider/model`.
    pub name: String,
    pub window: u64,
    /// Dollars for a million tokens of input and of output, as text; empty where nobody knows.
    pub price: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    pub branch: Option<String>,
    /// Paths that are not as they were committed.
    pub dirty: usize,
    /// Commands in the background that still run, where somebody knows.
    pub running: Option<usize>,
}

/// What can be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Take back what the last task did to the workspace, or all since the task that began after the record `before`.
    Undo { session: String, before: Option<u64> },
    /// Take the last undo back.
    Redo,
    /// Keep what was accepted of [`Look::Changes`] and put the rest back as it was.
    Settle { session: String, review: Review },
    /// Write a session as a file; without a path, one is made up in the working folder.
    Export { session: String, format: Format, path: Option<String> },
    /// Have the user edit this text; `name` ends as a file of its kind would.
    Edit { text: String, name: String },
    /// Run a command line as the user's own, outside of the jail.
    Run { command: String },
    /// Keep images beside the session, to be sent with a message.
    Attach { session: String, paths: Vec<String> },
    /// Put the image that is on the clipboard into a file.
    Clipboard,
    /// Keep a line of the composer for another time.
    Remember { text: String },
    /// Answer what a project wants to bring.
    Trust { hash: String, yes: bool },
    /// Store a provider's key.
    Login { provider: Option<String> },
    /// End a command in the background.
    EndJob { number: u32 },
}

impl Act {
    /// Does it draw on the terminal, or read from it?
    pub fn needs_terminal(&self) -> bool {
        matches!(self, Act::Edit { .. } | Act::Login { .. })
    }
}

/// How a session is written as a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Markdown,
    Html,
    Json,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Done {
    /// What happened, in words.
    Said(String),
    Edited(String),
    Ran {
        command: String,
        output: String,
        exit: Option<i32>,
    },
    Attached(Vec<ImageRef>),
    Image(String),
    /// There is nothing to say.
    Quietly,
}
