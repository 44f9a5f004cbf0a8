//! `agent __jail`: what the harness starts in the place of a command. It confines itself and becomes that command; where one part of the
//! jail cannot be had, it says which and the command does not run.

use super::{landlock, limits, privileges, seccomp};
use crate::base::access::Network;
use crate::config::paths::Environment;
use crate::process::spawn::PATIENT;
use crate::sandbox::spec::Spec;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use std::convert::Infallible;
use std::ffi::{CString, OsStr, OsString};
use std::io::{self, IoSlice, Read, Seek};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;

/// The hidden command, and what it is asked when somebody wants to know whether it can be started at all.
pub const COMMAND: &str = "__jail";
pub const PROBE: &str = "--probe";
pub const SPEC: &str = "--spec-fd";

/// The exit code where the jail cannot be set up. Programs that wrap others use it so (`env`, `timeout`).
pub const NO_JAIL: u8 = 125;
/// The exit codes of shells where a program cannot be started, and where there is none.
const NOT_STARTED: u8 = 126;
const NOT_FOUND: u8 = 127;

/// Why nothing was run: an exit code, and words for standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub code: u8,
    pub message: String,
}

fn refusal(message: impl Into<String>) -> Refusal {
    Refusal { code: NO_JAIL, message: format!("agent: the jail could not be set up: {}", message.into()) }
}

fn failed<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Refusal {
    move |error| refusal(format!("{what}: {error}"))
}

/// `arguments` are those after `__jail`. Comes back only where the command does not run, or for a probe, whose code is 0.
pub fn main(arguments: &[OsString]) -> Refusal {
    if arguments.first().is_some_and(|first| first == PROBE) {
        return Refusal { code: 0, message: String::new() };
    }
    match confine(arguments) {
        Ok(never) => match never {},
        Err(refusal) => refusal,
    }
}

fn confine(arguments: &[OsString]) -> Result<Infallible, Refusal> {
    let usage = || refusal("it is started by agent alone; `agent sandbox -- COMMAND` runs a command in it");
    let [flag, number, dashes, program, rest @ ..] = arguments else { return Err(usage()) };
    if flag != SPEC || dashes != "--" {
        return Err(usage());
    }
    let number: RawFd =
        number.to_str().and_then(|number| number.parse().ok()).filter(|number| *number > 2).ok_or_else(usage)?;
    let spec = read(number).map_err(failed("its description"))?;
    close_with_exec().map_err(failed("open files"))?;
    let proxy = listen(&spec).map_err(failed("the way to the proxy"))?;
    let environment = environment(proxy).map_err(failed("the environment"))?;
    let command = Program::new(program, rest, environment).map_err(failed("the command"))?;
    let filters = seccomp::programs(&spec).map_err(failed("seccomp"))?;
    limits::apply(&spec).map_err(failed("limits"))?;
    hear_again();
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL)).map_err(failed("its end"))?;
    if spec.landlock {
        landlock::apply(&spec).map_err(refusal)?;
    }
    privileges::drop_all().map_err(failed("privileges"))?;
    seccomp::apply(&filters).map_err(failed("seccomp"))?;
    let error = command.exec();
    let code = if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_STARTED };
    let reason = crate::base::error::reason(&error);
    Err(Refusal { code, message: format!("agent: cannot start `{}`: {reason}", program.display()) })
}

/// A handle that was handed down to us by its number.
fn inherited(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: the call asks for the flags of a number, whether it is open or not.
    if unsafe { libc::fcntl(number, libc::F_GETFD) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the number is open, was made for us alone and is asked for once, so nothing else here owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// The spec, from its beginning: whoever started the same command before may have read it too.
fn read(number: RawFd) -> io::Result<Spec> {
    let mut file = std::fs::File::from(inherited(number)?);
    let mut text = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut text)?;
    serde_json::from_slice(&text).map_err(io::Error::other)
}

/// Whatever was left open by mistake does not get into the command.
fn close_with_exec() -> io::Result<()> {
    const FIRST: libc::c_uint = 3;
    // SAFETY: the call takes three numbers; it marks open files and closes none before the exec.
    let marked = unsafe { libc::syscall(libc::SYS_close_range, FIRST, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if marked == 0 {
        return Ok(());
    }
    // Before Linux 5.11.
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let number: Option<RawFd> = entry?.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some(number) = number.filter(|number| *number > 2) {
            // SAFETY: marking a number that is not open any more fails and does nothing.
            unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }
    Ok(())
}

/// Listens in the network of the jail for the harness's proxy to answer; the port.
fn listen(spec: &Spec) -> io::Result<Option<u16>> {
    let (Network::Hosts, true, Some(number)) = (spec.jail.network, spec.namespaces, spec.proxy) else {
        return match spec.jail.network {
            Network::Hosts => Err(io::Error::other("hosts can be told apart only in a network of its own")),
            Network::Off | Network::Full => Ok(None),
        };
    };
    let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
    // It is closed at the end of this function: the command cannot send anything over it.
    let socket = inherited(number)?;
    send(socket.as_fd(), &listener)?;
    Ok(Some(listener.local_addr()?.port()))
}

fn send(socket: BorrowedFd<'_>, listener: &TcpListener) -> io::Result<()> {
    let handles = [listener.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&handles));
    rustix::net::sendmsg(socket, &[IoSlice::new(&[1])], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Our own environment was made for the command; only the harness cannot know the proxy's port.
fn environment(proxy: Option<u16>) -> io::Result<Vec<CString>> {
    let pair = |name: &str, value: &OsStr| {
        let mut bytes = format!("{name}=").into_bytes();
        bytes.extend_from_slice(value.as_bytes());
        CString::new(bytes).map_err(io::Error::other)
    };
    let set = proxy.map(crate::sandbox::proxy::variables).unwrap_or_default();
    let own = Environment::read();
    let own = own.iter().filter(|(name, _)| !set.iter().any(|(other, _)| other == name));
    let own = own.map(|(name, value)| pair(name, value));
    own.chain(set.iter().map(|(name, value)| pair(name, OsStr::new(value)))).collect()
}

/// The wrapper around us ignores signals that are meant for the command, and our own runtime one that pipes need.
fn hear_again() {
    for signal in PATIENT.iter().chain(&[libc::SIGPIPE]) {
        // SAFETY: sets a constant disposition for a signal that exists.
        unsafe { libc::signal(*signal, libc::SIG_DFL) };
    }
}

/// A program with all that the exec needs, made while memory and files may still be asked for.
struct Program {
    program: CString,
    arguments: Vec<CString>,
    environment: Vec<CString>,
}

impl Program {
    fn new(program: &OsStr, rest: &[OsString], environment: Vec<CString>) -> io::Result<Self> {
        let text = |text: &OsStr| CString::new(text.as_bytes()).map_err(io::Error::other);
        let program = text(program)?;
        let rest: Vec<CString> = rest.iter().map(|word| text(word)).collect::<io::Result<_>>()?;
        Ok(Self { arguments: [program.clone()].into_iter().chain(rest).collect(), program, environment })
    }

    /// Becomes the program; comes back only with an error.
    fn exec(&self) -> io::Error {
        let pointers = |list: &[CString]| -> Vec<*const libc::c_char> {
            list.iter().map(|text| text.as_ptr()).chain([std::ptr::null()]).collect()
        };
        let (arguments, environment) = (pointers(&self.arguments), pointers(&self.environment));
        // SAFETY: all three point to texts that end with a null byte and live in `self`; the lists end with a null pointer.
        unsafe { libc::execvpe(self.program.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
        io::Error::last_os_error()
    }
}
