//! How surfaces and sessions talk: one writer, any number of readers, from any point.

use super::Result;
use super::command::Command;
use super::event::Record;
use super::model::Delta;
use futures_core::Stream;
use futures_core::future::BoxFuture;
use std::pin::Pin;
use std::sync::Arc;

/// A session, wherever it runs.
pub trait Port: Send + Sync {
    fn send(&self, command: Command) -> BoxFuture<'_, Result<()>>;

    /// The records after `after`, first those of the past, then live, with the text that streams between them.
    fn read(&self, after: u64) -> Reader;
}

/// Ends when the session has ended.
pub type Reader = Pin<Box<dyn Stream<Item = Result<Item>> + Send>>;

/// What a reader gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    Record(Arc<Record>),
    /// Live only. A reader that falls more than one message behind misses these, never a record.
    Delta(Delta),
}
