//! A session as a file to read and to send.

use crate::base::desk::Format;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Export {
    /// The session, by the first digits of its id, or `last`: the newest of this folder
    #[arg(value_name = "SESSION")]
    pub session: String,
    /// How it is written; without it, by the end of the file's name, else md
    #[arg(long, value_enum)]
    pub format: Option<ExportFormat>,
    /// Write to this file, which only you can read; without it, to standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace the file where it is there already
    #[arg(long, requires = "output")]
    pub force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// Markdown
    Md,
    /// One page that needs nothing else
    Html,
    /// For programs; docs/export.md describes it
    Json,
}

impl From<ExportFormat> for Format {
    fn from(format: ExportFormat) -> Self {
        match format {
            ExportFormat::Md => Format::Markdown,
            ExportFormat::Html => Format::Html,
            ExportFormat::Json => Format::Json,
        }
    }
}
