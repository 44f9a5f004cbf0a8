//! A run on a terminal of its own: what it shows there is read as it comes, and keys are typed as a person would, each
//! answer after its question. Standard output can be kept apart in a file.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Nothing that is waited for takes longer, unless it never comes.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    /// Keeps the terminal there.
    _master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    shown: Arc<Mutex<Vec<u8>>>,
    /// Bytes that were waited for already.
    seen: usize,
}

impl Terminal {
    /// Starts a prepared command, the environment of which was made from nothing; standard output goes to `output`.
    #[track_caller]
    pub fn start(command: &Command, output: &Path) -> Terminal {
        let pair = native_pty_system().openpty(PtySize { rows: 24, cols: 80, ..PtySize::default() }).expect("a pty");
        let mut builder = CommandBuilder::new("/bin/sh");
        builder.env_clear();
        builder.args(["-c", "out=$1; shift; exec \"$@\" > \"$out\"", "sh"]);
        builder.arg(output);
        builder.arg(command.get_program());
        builder.args(command.get_args());
        builder.cwd(command.get_current_dir().expect("a folder"));
        for (name, value) in command.get_envs() {
            builder.env(name, value.expect("only set variables"));
        }
        let child = pair.slave.spawn_command(builder).expect("the command starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let shown = Arc::new(Mutex::new(Vec::new()));
        std::thread::spawn({
            let shown = Arc::clone(&shown);
            move || {
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = reader.read(&mut buffer) {
                    shown.lock().expect("no holder of this lock panics").extend_from_slice(&buffer[..count]);
                }
            }
        });
        let keys = pair.master.take_writer().expect("a writer");
        Terminal { child, _master: pair.master, keys, shown, seen: 0 }
    }

    /// All that was shown so far, with plain line ends.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().expect("no holder of this lock panics")).replace("\r\n", "\n")
    }

    /// Waits until `text` is shown after what was waited for before; gives what came in between, with it.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let all = self.text();
            let rest = &all[self.seen.min(all.len())..];
            if let Some(at) = rest.find(text) {
                let until = at + text.len();
                self.seen += until;
                return rest[..until].to_owned();
            }
            assert!(Instant::now() < deadline, "{text:?} was never shown after byte {} of\n{all}", self.seen);
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Types keys as they are; a line ends with a line feed.
    pub fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("the terminal is there");
    }

    /// Waits for a question and types an answer.
    #[track_caller]
    pub fn answer(&mut self, question: &str, answer: &str) -> String {
        let shown = self.wait_for(question);
        // The prompt ends here; it is written in one piece with its keys.
        let shown = shown + &self.wait_for("] ");
        self.keys(&format!("{answer}\n"));
        shown
    }

    /// Waits for the end: the exit code.
    #[track_caller]
    pub fn end(&mut self) -> i32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return i32::try_from(status.exit_code()).expect("an exit code");
            }
            assert!(Instant::now() < deadline, "it never ends\n{}", self.text());
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
