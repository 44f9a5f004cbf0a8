//! A writer that remembers what did not get through. The task goes on when its output fails, so it is said at the end; that a
//! reader has gone away is no failure.

use std::cell::RefCell;
use std::io::{Error, ErrorKind, Result, Write};
use std::rc::Rc;

/// The first failure of an [`Output`]; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Failure(Rc<RefCell<Option<Error>>>);

impl Failure {
    pub fn take(&self) -> Option<Error> {
        self.0.take()
    }

    fn note<T>(&self, result: Result<T>) -> Result<T> {
        if let Err(error) = &result
            && !matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::Interrupted)
        {
            let copy = error.raw_os_error().map_or_else(|| Error::from(error.kind()), Error::from_raw_os_error);
            self.0.borrow_mut().get_or_insert(copy);
        }
        result
    }
}

#[derive(Debug)]
pub struct Output<W: Write> {
    to: W,
    failure: Failure,
}

impl<W: Write> Output<W> {
    pub fn new(to: W, failure: Failure) -> Self {
        Self { to, failure }
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let written = self.to.write(bytes);
        self.failure.note(written)
    }

    fn flush(&mut self) -> Result<()> {
        let flushed = self.to.flush();
        self.failure.note(flushed)
    }
}
