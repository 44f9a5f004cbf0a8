//! `agent export`: a session as a file to read and to send. The log is read twice, record by record, and written in pieces, so that a
//! session of any size needs little memory.

use super::args;
use super::say;
use crate::base::desk::Format;
use crate::base::event::{Record, SCHEMA};
use crate::base::{Error, Kind, Result};
use crate::config::paths::Environment;
use crate::disk::Disk;
use crate::sandbox::harden;
use crate::store::{log, sessions};
use crate::text::redact::{Found, Redactor};
use crate::transcript::export::{About, Export, Facts};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// How many names are tried where none was given.
const NAMES: u32 = 100;

pub fn main(args: args::Export, environment: &Environment) -> Result<u8> {
    let session = chosen(&args.session, environment)?;
    let format = args.format.map_or_else(|| by_name(args.output.as_deref()), Format::from);
    let (found, file) = match &args.output {
        None => {
            let found = pieces(environment, &session, format, &mut std::io::stdout().lock());
            // A reader that has gone away wants no more, and that is no error.
            (found.or_else(|failure| failure.unless_gone())?, None)
        }
        Some(path) => (to_file(environment, &session, format, path, args.force)?, Some(path)),
    };
    if let Some(path) = file {
        say(&format!("wrote `{}`\n", path.display()));
    }
    if !found.is_empty() {
        let words = if found.len() == 1 { "1 secret was" } else { &format!("{} secrets were", found.len()) };
        say(&format!("{words} found in it by their looks, and replaced by a name\n"));
    }
    Ok(0)
}

/// Writes a session, whose whole id this is, to a new file and gives its path; without one, a name is made up in the working folder.
///
/// # Errors
///
/// The session cannot be read, the file is there already, or it cannot be written.
pub fn write(environment: &Environment, session: &str, format: Format, path: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = path {
        to_file(environment, session, format, path, false)?;
        return Ok(path.to_owned());
    }
    let folder = Environment::working_folder()?;
    let id = session.get(..13).unwrap_or(session);
    let end = match format {
        Format::Markdown => "md",
        Format::Html => "html",
        Format::Json => "json",
    };
    let name = |number: u32| match number {
        1 => format!("session-{id}.{end}"),
        more => format!("session-{id}-{more}.{end}"),
    };
    let free = (1..NAMES).map(|number| folder.join(name(number))).find(|path| path.symlink_metadata().is_err());
    let path = free.unwrap_or_else(|| folder.join(name(NAMES)));
    to_file(environment, session, format, &path, false)?;
    Ok(path)
}

fn chosen(session: &str, environment: &Environment) -> Result<String> {
    let state = environment.state_folder()?;
    if session != "last" {
        return sessions::resolve(&state, session);
    }
    let here = Environment::working_folder()?;
    Ok(sessions::latest(&state, &here.canonicalize().unwrap_or(here))?.session)
}

/// The format that a file's name asks for.
fn by_name(path: Option<&Path>) -> Format {
    match path.and_then(Path::extension).and_then(|end| end.to_str()) {
        Some("html" | "htm") => Format::Html,
        Some("json") => Format::Json,
        _ => Format::Markdown,
    }
}

/// The file is there with all of it, or is not there at all.
fn to_file(environment: &Environment, session: &str, format: Format, path: &Path, force: bool) -> Result<Vec<Found>> {
    let there = || {
        Error::usage(format!("`{}` is there already", path.display()))
            .hint("name another file, or say --force to replace it")
    };
    match path.symlink_metadata() {
        Ok(_) if !force => return Err(there()),
        Ok(meta) if !meta.is_file() => {
            return Err(Error::usage(format!("`{}` is not a file", path.display())).hint("name another one"));
        }
        Ok(_) | Err(_) => {}
    }
    let failed = |error: &std::io::Error| Error::io("write", path.display(), error).kind(Kind::Io);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let disk = Disk::default();
    let mut staged = disk.stage(folder).map_err(|error| failed(&error))?;
    let written = {
        let mut to = Through { disk: &disk, file: staged.as_file_mut() };
        pieces(environment, session, format, &mut to)
    };
    let found = written.map_err(|failure| failure.of(path))?;
    disk.place(staged, path, force)
        .map_err(|error| if error.kind() == ErrorKind::AlreadyExists { there() } else { failed(&error) })?;
    Ok(found)
}

/// Each write to the file goes through the one disk.
struct Through<'a> {
    disk: &'a Disk,
    file: &'a mut File,
}

impl Write for Through<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.disk.write(self.file, bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What went wrong: the session, or the place it is written to.
enum Failure {
    Session(Error),
    Write(std::io::Error),
}

impl Failure {
    fn of(self, path: &Path) -> Error {
        match self {
            Failure::Session(error) => error,
            Failure::Write(error) => Error::io("write", path.display(), &error).kind(Kind::Io),
        }
    }

    fn unless_gone(self) -> Result<Vec<Found>> {
        match self {
            Failure::Write(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Vec::new()),
            other => Err(other.of(Path::new("standard output"))),
        }
    }
}

/// Writes the export, and gives the secrets that were found in it.
fn pieces(
    environment: &Environment,
    session: &str,
    format: Format,
    to: &mut dyn Write,
) -> std::result::Result<Vec<Found>, Failure> {
    let path = sessions::folder(&environment.state_folder().map_err(Failure::Session)?, session).join("log.jsonl");
    let mut facts = Facts::default();
    let unread = each(&path, u64::MAX, &mut |record| {
        facts.push(record);
        Ok(())
    })?;
    if facts.last == 0 {
        let error = Error::new(Kind::Io, format!("there is nothing to read in `{}`", path.display()));
        return Err(Failure::Session(error.hint("`agent sessions` lists what can be read")));
    }
    let home = environment.home().map(|home| home.display().to_string()).unwrap_or_default();
    let about = About { version: env!("CARGO_PKG_VERSION").into(), time: log::now(), home, unread };
    let mut export = Export::new(format, &about, &facts, redactor(environment));
    let mut put = |piece: String| write!(to, "{piece}").map_err(Failure::Write);
    put(export.begin())?;
    each(&path, facts.last, &mut |record| put(export.push(record)))?;
    put(export.end())?;
    Ok(export.secrets())
}

/// The secrets that the environment holds are known by value, all others by their looks.
fn redactor(environment: &Environment) -> Redactor {
    let names = harden::secret_names(environment);
    let known = names.into_iter().filter_map(|name| Some((name.clone(), environment.get(&name)?.to_owned())));
    Redactor::new(known.collect())
}

/// Each record of a log up to `last`, and how many lines are none. The last line is still being written where it has no end.
fn each(
    path: &Path,
    last: u64,
    take: &mut dyn FnMut(&Record) -> std::result::Result<(), Failure>,
) -> std::result::Result<u64, Failure> {
    let failed = |error: std::io::Error| Failure::Session(Error::io("read", path.display(), &error).kind(Kind::Io));
    let mut reader = BufReader::new(File::open(path).map_err(failed)?);
    let (mut line, mut unread) = (Vec::new(), 0);
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line).map_err(failed)? == 0 || !line.ends_with(b"\n") {
            return Ok(unread);
        }
        match serde_json::from_slice::<Record>(&line) {
            Ok(record) if record.schema > SCHEMA => return Err(Failure::Session(newer(path))),
            Ok(record) if record.seq > last => return Ok(unread),
            Ok(record) => take(&record)?,
            Err(_) => unread += 1,
        }
    }
}

fn newer(path: &Path) -> Error {
    Error::new(Kind::Io, format!("`{}` was written by a newer version of agent", path.display()))
        .hint("export it with that version")
}
