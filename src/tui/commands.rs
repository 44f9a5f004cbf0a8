//! The one table of commands that begin with a slash: the popup, `/help` and the docs come from it.

/// A command of the composer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// Without the slash.
    pub name: &'static str,
    /// How what comes after it is written; empty where it takes nothing.
    pub args: &'static str,
    pub help: &'static str,
    /// What can be offered there.
    pub arguments: Arguments,
}

/// What a command's argument is completed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arguments {
    None,
    Files,
    Models,
    Modes,
    Efforts,
    Sessions,
    Themes,
    Formats,
    Providers,
    Words(&'static [&'static str]),
}

const fn command(name: &'static str, args: &'static str, arguments: Arguments, help: &'static str) -> Command {
    Command { name, args, help, arguments }
}

pub const COMMANDS: &[Command] = &[
    command("model", "[model]", Arguments::Models, "show or change the model"),
    command("mode", "[mode]", Arguments::Modes, "show or change what may happen without a question"),
    command("effort", "[effort]", Arguments::Efforts, "show or change how hard the model thinks"),
    command("cost", "", Arguments::None, "what this session has cost, by task"),
    command("context", "", Arguments::None, "what fills the context window"),
    command("diff", "", Arguments::None, "show what the last task changed"),
    command("undo", "", Arguments::None, "take back what the last task did to the files"),
    command("redo", "", Arguments::None, "take the last undo back"),
    command("review", "", Arguments::None, "keep or put back the last task's changes, hunk by hunk"),
    command("compact", "[what to keep]", Arguments::None, "replace the history by a summary"),
    command("new", "", Arguments::None, "begin a new session"),
    command("resume", "[session]", Arguments::Sessions, "go on with an earlier session"),
    command("fork", "", Arguments::None, "go on in a copy of this session"),
    command("sessions", "[words]", Arguments::Sessions, "look through earlier sessions"),
    command("jobs", "[end number]", Arguments::Words(&["end"]), "what runs in the background; ends a command of it"),
    command("plan", "", Arguments::None, "show the plan of this task"),
    command(
        "copy",
        "[what]",
        Arguments::Words(&["answer", "code", "command"]),
        "copy the last answer, or a part of it",
    ),
    command("export", "[format]", Arguments::Formats, "write this session as a file"),
    command("theme", "[theme]", Arguments::Themes, "show or change the colours"),
    command("keys", "", Arguments::None, "what each key does"),
    command("login", "[provider]", Arguments::Providers, "store a provider's key"),
    command("trust", "", Arguments::None, "what this project brings, and whether it may"),
    command("mcp", "", Arguments::None, "the servers whose tools the model has"),
    command("doctor", "", Arguments::None, "check the set-up"),
    command("btw", "question", Arguments::None, "ask beside the work; the history never sees it"),
    command("net", "", Arguments::None, "which hosts commands may reach"),
    command("full", "", Arguments::None, "switch between inline and full screen"),
    command("status", "", Arguments::None, "model, mode, jail, money and folder at one glance"),
    command("help", "", Arguments::None, "all commands and the main keys"),
    command("quit", "", Arguments::None, "leave; the session is kept"),
];
