//! The program on a terminal of its own, with somebody looking: what it writes goes through an emulator, keys are typed,
//! the window changes its size, signals come.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal};
use std::io::{Read, Write};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Nothing that is waited for takes longer, unless it never comes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Rows that the emulator keeps above the screen.
const KEPT: usize = 20_000;

pub struct Screen {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    seen: Arc<Mutex<Seen>>,
    /// The window goes away: nobody reads from it any more.
    closing: Arc<AtomicBool>,
}

struct Seen {
    parser: vt100::Parser,
    bytes: Vec<u8>,
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Screen {
    /// Starts a prepared command, the environment of which was made from nothing, on so many rows and columns. The terminal
    /// says that it wraps nothing anew, for the emulator does not.
    #[track_caller]
    pub fn start(command: &Command, rows: u16, columns: u16) -> Screen {
        let size = PtySize { rows, cols: columns, ..PtySize::default() };
        let pair = native_pty_system().openpty(size).expect("a pty");
        let mut builder = CommandBuilder::new(command.get_program());
        builder.env_clear();
        builder.args(command.get_args());
        builder.cwd(command.get_current_dir().expect("a folder"));
        for (name, value) in command.get_envs() {
            builder.env(name, value.expect("only set variables"));
        }
        builder.env("TERM", "xterm-256color");
        builder.env("XTERM_VERSION", "XTerm(390)");
        let child = pair.slave.spawn_command(builder).expect("the command starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let parser = vt100::Parser::new(rows, columns, KEPT);
        let seen = Arc::new(Mutex::new(Seen { parser, bytes: Vec::new() }));
        let closing = Arc::new(AtomicBool::new(false));
        std::thread::spawn({
            let (seen, closing) = (Arc::clone(&seen), Arc::clone(&closing));
            move || {
                let mut buffer = [0; 16 * 1024];
                while let Ok(count @ 1..) = reader.read(&mut buffer) {
                    if closing.load(Ordering::SeqCst) {
                        break;
                    }
                    let mut seen = lock(&seen);
                    let new = buffer.get(..count).unwrap_or_default();
                    seen.parser.process(new);
                    seen.bytes.extend_from_slice(new);
                }
            }
        });
        let keys = pair.master.take_writer().expect("a writer");
        Screen { child, master: Some(pair.master), keys: Some(keys), seen, closing }
    }

    /// What the screen shows, without blank ends of rows.
    pub fn text(&self) -> String {
        trimmed(&lock(&self.seen).parser.screen().contents())
    }

    /// What was pushed above the screen, and then the screen.
    pub fn all(&self) -> String {
        let mut seen = lock(&self.seen);
        let screen = seen.parser.screen_mut();
        let width = screen.size().1;
        screen.set_scrollback(KEPT);
        let above = screen.scrollback();
        let mut rows = Vec::new();
        for back in (1..=above).rev() {
            screen.set_scrollback(back);
            rows.extend(screen.rows(0, width).next());
        }
        screen.set_scrollback(0);
        rows.push(screen.contents());
        trimmed(&rows.join("\n"))
    }

    /// Row and column of the cursor, counted from 0.
    pub fn cursor(&self) -> (u16, u16) {
        lock(&self.seen).parser.screen().cursor_position()
    }

    /// Is the other screen in front?
    pub fn is_full(&self) -> bool {
        lock(&self.seen).parser.screen().alternate_screen()
    }

    /// Every byte so far.
    pub fn bytes(&self) -> Vec<u8> {
        lock(&self.seen).bytes.clone()
    }

    /// Waits until the screen shows `text`.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> &Self {
        self.wait(&format!("{text:?} is never shown"), |screen| screen.text().contains(text))
    }

    /// Waits until the screen no longer shows `text`.
    #[track_caller]
    pub fn wait_gone(&self, text: &str) -> &Self {
        self.wait(&format!("{text:?} is shown for ever"), |screen| !screen.text().contains(text))
    }

    #[track_caller]
    pub fn wait(&self, what: &str, until: impl Fn(&Screen) -> bool) -> &Self {
        let deadline = Instant::now() + PATIENCE;
        while !until(self) {
            assert!(Instant::now() < deadline, "{what}; the screen is\n{}\n", self.text());
            std::thread::sleep(Duration::from_millis(3));
        }
        self
    }

    /// Types keys as they are.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        let writer = self.keys.as_mut().expect("the terminal is there");
        writer.write_all(keys.as_bytes()).and_then(|()| writer.flush()).expect("the terminal takes keys");
        self
    }

    /// Changes the size of the window.
    pub fn resize(&mut self, rows: u16, columns: u16) -> &mut Self {
        lock(&self.seen).parser.screen_mut().set_size(rows, columns);
        let size = PtySize { rows, cols: columns, ..PtySize::default() };
        self.master.as_ref().expect("the terminal is there").resize(size).expect("a new size");
        self
    }

    /// Answers the question that is shown, whether it has been there for long or not: alt-a turns to it.
    #[track_caller]
    pub fn answer(&mut self, letter: &str) -> &mut Self {
        self.keys(&format!("\u{1b}a{letter}"))
    }

    /// Waits until nothing was written for so long.
    #[track_caller]
    pub fn wait_quiet(&self, still: Duration) -> &Self {
        let deadline = Instant::now() + PATIENCE;
        let mut since = (Instant::now(), lock(&self.seen).bytes.len());
        while since.0.elapsed() < still {
            assert!(Instant::now() < deadline, "it never rests; the screen is\n{}\n", self.text());
            std::thread::sleep(Duration::from_millis(3));
            let written = lock(&self.seen).bytes.len();
            if written != since.1 {
                since = (Instant::now(), written);
            }
        }
        self
    }

    /// Does the terminal show what is typed by itself, as it does for a shell's plain programs?
    pub fn echoes(&self) -> bool {
        let termios = self.master.as_ref().and_then(|master| master.get_termios()).expect("the terminal is there");
        termios.local_flags.bits() & rustix::termios::LocalModes::ECHO.bits() != 0
    }

    pub fn id(&self) -> u32 {
        self.child.process_id().expect("it runs")
    }

    pub fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.id().cast_signed()).expect("a process");
        rustix::process::kill_process(id, signal).expect("the process takes it");
    }

    /// Closes the window. Whoever reads from it holds it open, and is woken by what another size has the program write.
    pub fn close(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        let (rows, columns) = lock(&self.seen).parser.screen().size();
        self.resize(rows + 1, columns);
        self.keys = None;
        self.master = None;
    }

    /// Waits until the program has ended; gives its exit code.
    #[track_caller]
    pub fn wait_exit(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("its end can be asked for") {
                return status.exit_code();
            }
            assert!(Instant::now() < deadline, "it never ends; the screen is\n{}\n", self.text());
            std::thread::sleep(Duration::from_millis(3));
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn trimmed(text: &str) -> String {
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}
