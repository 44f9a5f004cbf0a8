//! The output of a command, bounded in memory: its head, its tail, and all of it in a file once it is long.

use std::collections::VecDeque;
use std::io::Write;

/// Bytes of a spill file; what comes after is counted and dropped.
const MAX_SPILL: u64 = 256 * 1024 * 1024;

/// The file that a long output goes to.
pub type Spill = Box<dyn Write + Send>;

/// Opens the file when the output turns out long, and says what it is called.
pub type OpenSpill = Box<dyn FnOnce() -> Option<(String, Spill)> + Send>;

pub struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    keep: usize,
    total: u64,
    open: Option<OpenSpill>,
    spill: Option<Spill>,
    spilled: Option<String>,
}

/// What was said, as far as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// All of it, or its head.
    pub head: Vec<u8>,
    /// Its tail, when there is something left out between.
    pub tail: Vec<u8>,
    pub total: u64,
    /// The name of the file that holds all of it.
    pub spilled: Option<String>,
}

impl Capture {
    /// Keeps `keep` bytes of head and as many of tail.
    pub fn new(keep: usize, open: OpenSpill) -> Self {
        Self { head: Vec::new(), tail: VecDeque::new(), keep, total: 0, open: Some(open), spill: None, spilled: None }
    }

    pub fn push(&mut self, bytes: &[u8]) {
        let before = self.total;
        self.total += bytes.len() as u64;
        if self.total > 2 * self.keep as u64 {
            self.write_spill(bytes, before);
        }
        let room = self.keep.saturating_sub(self.head.len()).min(bytes.len());
        let (first, rest) = bytes.split_at(room);
        self.head.extend_from_slice(first);
        self.tail.extend(rest.iter().skip(rest.len().saturating_sub(self.keep)));
        let excess = self.tail.len().saturating_sub(self.keep);
        self.tail.drain(..excess);
    }

    /// Writes what came before when the file is opened, and then everything. A file that cannot be written holds nothing.
    fn write_spill(&mut self, bytes: &[u8], before: u64) {
        if let Some((name, mut file)) = self.open.take().and_then(|open| open()) {
            let (front, back) = self.tail.as_slices();
            if [&self.head, front, back].into_iter().all(|part| file.write_all(part).is_ok()) {
                (self.spill, self.spilled) = (Some(file), Some(name));
            }
        }
        if let Some(file) = &mut self.spill
            && before < MAX_SPILL
            && file.write_all(bytes).is_err()
        {
            (self.spill, self.spilled) = (None, None);
        }
    }

    /// Nothing more will come: what the file's writer holds back is written.
    pub fn finish(&mut self) {
        if self.spill.take().is_some_and(|mut file| file.flush().is_err()) {
            self.spilled = None;
        }
    }

    pub fn said(&self) -> Said {
        let left_out = self.total > (self.head.len() + self.tail.len()) as u64;
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        if left_out {
            Said { head: self.head.clone(), tail, total: self.total, spilled: self.spilled.clone() }
        } else {
            Said {
                head: [self.head.as_slice(), &tail].concat(),
                tail: Vec::new(),
                total: self.total,
                spilled: self.spilled.clone(),
            }
        }
    }
}
