//! Where long outputs and images go: the session's folder, and the log itself for what is whole in there.

use crate::base::event::{Event, Record};
use crate::base::message::ImageRef;
use crate::process::capture::Spill;
use crate::store::folder::Folder;
use crate::tool::Outputs;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor};
use std::sync::atomic::{AtomicU32, Ordering};

pub struct SessionOutputs {
    folder: Folder,
    last: AtomicU32,
}

impl SessionOutputs {
    pub fn new(folder: Folder) -> Self {
        Self { folder, last: AtomicU32::new(0) }
    }

    /// The output of a call, by the call's id, out of the log.
    fn logged(&self, call: &str) -> Option<Box<dyn BufRead + Send>> {
        let log = BufReader::new(File::open(self.folder.log_path()).ok()?);
        for line in log.lines().map_while(std::io::Result::ok).filter(|line| line.contains(call)) {
            let Ok(record) = serde_json::from_str::<Record>(&line) else { continue };
            if let Event::ToolFinished(finished) = record.event
                && finished.result.call == call
            {
                let whole = finished.spill.and_then(|name| self.spilled(&name));
                return whole.or(Some(Box::new(Cursor::new(finished.result.output))));
            }
        }
        None
    }

    fn spilled(&self, name: &str) -> Option<Box<dyn BufRead + Send>> {
        Some(Box::new(BufReader::new(File::open(self.folder.spilled(name)?).ok()?)))
    }
}

impl Outputs for SessionOutputs {
    fn open(&self) -> Option<(String, Spill)> {
        // An earlier run of the same session may have used the first numbers.
        (0..10_000).find_map(|_| {
            let name = format!("o{}", self.last.fetch_add(1, Ordering::Relaxed) + 1);
            if self.folder.spilled(&name).is_some() {
                None
            } else {
                self.folder.spill(&name).ok().map(|file| (name, Box::new(file) as Spill))
            }
        })
    }

    fn read(&self, name: &str) -> Option<Box<dyn BufRead + Send>> {
        self.spilled(name).or_else(|| self.logged(name))
    }

    fn keep_image(&self, bytes: &[u8]) -> Result<ImageRef, String> {
        self.folder.put_image(bytes).map_err(|error| error.message)
    }
}
