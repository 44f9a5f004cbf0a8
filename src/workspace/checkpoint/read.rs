//! Contents of what a walk has seen: of unchanged files from the checkpoint before, of the others from the disk.

use super::entry::{Entry, Hash, Kind, Stamp};
use super::left_out::{LeftOut, Why};
use super::manifest::Manifest;
use super::pack::Writer;
use super::scan::Scan;
use super::stat;
use crate::base::{Error, Kind as ErrorKind, Result};
use rustix::fs::{CWD, Mode, OFlags, openat};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Files up to so many bytes are read at once, larger ones in pieces.
pub const WHOLE: u64 = 8 * 1024 * 1024;
const THREADS: usize = 2;
/// A file that changed so shortly before it was read may change again within the same tick of its file system's clock.
const TICK: i64 = 20_000_000;
/// The same for file systems that count whole seconds.
const LONG_TICK: i64 = 2_000_000_000;

/// Where contents go; `None` where they are only looked at.
pub type Sink<'a, 'b> = Option<&'a Mutex<Writer<'b>>>;

/// Takes the hashes of what is as it was in an earlier manifest; gives the bytes of what has to be read, `None` for nothing.
pub fn recognise(scan: &mut Scan, previous: &Manifest) -> Option<u64> {
    reuse(&mut scan.files, &previous.files);
    reuse(&mut scan.git, &previous.git);
    let unread = scan.files.iter().chain(&scan.git).filter(|entry| is_unread(entry));
    unread.map(|entry| entry.stamp.size).reduce(|sum, size| sum + size)
}

/// Turns what was seen into a manifest, reading what was not recognised.
pub fn settle(root: &Path, scan: Scan, sink: Sink<'_, '_>) -> Result<Manifest> {
    let started = now();
    let mut left_out = scan.left_out;
    let files = read_all(root, scan.files, started, sink, &mut left_out)?;
    let git = read_all(root, scan.git, started, sink, &mut left_out)?;
    left_out.sort();
    Ok(Manifest { files, git, left_out })
}

/// Nanoseconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// Takes the hashes of entries that are as they were.
fn reuse(entries: &mut [Entry], known: &[Entry]) {
    let mut known = known.iter().peekable();
    for entry in entries {
        while known.next_if(|old| old.path < entry.path).is_some() {}
        if let Some(old) = known.next_if(|old| old.path == entry.path)
            && old.kind == entry.kind
            && old.stamp == entry.stamp
        {
            entry.hash = old.hash;
        }
    }
}

fn is_unread(entry: &Entry) -> bool {
    entry.kind != Kind::Folder && entry.hash == Hash::default()
}

/// Reads what is not known yet. What went away is not there; what cannot be read is left out.
fn read_all(
    root: &Path,
    mut entries: Vec<Entry>,
    started: i64,
    sink: Sink<'_, '_>,
    left_out: &mut Vec<LeftOut>,
) -> Result<Vec<Entry>> {
    let unread: Vec<usize> =
        entries.iter().enumerate().filter(|(_, entry)| is_unread(entry)).map(|(at, _)| at).collect();
    if unread.is_empty() {
        return Ok(entries);
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(at) = unread.get(next.fetch_add(1, Ordering::Relaxed)) {
            let Some(entry) = entries.get(*at) else { continue };
            match content(root, entry, started, sink) {
                Ok(read) => done.push((*at, read)),
                // The disk that is written to is broken; what is read only decides about one file.
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    };
    let read = std::thread::scope(|scope| {
        let others: Vec<_> = (1..THREADS.min(unread.len())).map(|_| scope.spawn(work)).collect();
        let mut all = work()?;
        for other in others {
            all.extend(other.join().map_err(|_| Error::new(ErrorKind::Io, "reading broke; this is a bug"))??);
        }
        Ok::<_, Error>(all)
    })?;
    let mut gone = Vec::new();
    for (at, read) in read {
        let Some(entry) = entries.get_mut(at) else { continue };
        match read {
            Content::Read(stamp, mode, hash) => (entry.stamp, entry.mode, entry.hash) = (stamp, mode, hash),
            Content::Gone => gone.push(at),
            Content::Unreadable => {
                left_out.push(LeftOut::new(&entry.path, Why::Unreadable));
                gone.push(at);
            }
        }
    }
    gone.sort_unstable();
    let mut at = 0;
    entries.retain(|_| {
        at += 1;
        gone.binary_search(&(at - 1)).is_err()
    });
    Ok(entries)
}

enum Content {
    Read(Stamp, u32, Hash),
    Gone,
    Unreadable,
}

/// Reads one content and puts it into the sink. An error is one of the sink.
fn content(root: &Path, entry: &Entry, started: i64, sink: Sink<'_, '_>) -> Result<Content> {
    let path = root.join(entry.path());
    let of = |error: &io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Content::Gone,
        _ => Content::Unreadable,
    };
    if entry.kind == Kind::Link {
        return match std::fs::read_link(&path) {
            Ok(target) => {
                let bytes = target.into_os_string().into_vec();
                let hash = Hash::of(&bytes);
                keep(sink, hash, &bytes)?;
                Ok(Content::Read(settled(entry.stamp, started), entry.mode, hash))
            }
            Err(error) => Ok(of(&error)),
        };
    }
    let opened = open(&path).and_then(|file| Ok((stat::of_file(&file)?, file)));
    let (seen, mut file) = match opened {
        Ok((seen, file)) if seen.kind == Some(Kind::File) => (seen, file),
        Ok(_) => return Ok(Content::Gone),
        Err(error) => return Ok(of(&error)),
    };
    let stamp = settled(seen.stamp, started);
    if seen.stamp.size <= WHOLE {
        let mut bytes = Vec::with_capacity(usize::try_from(seen.stamp.size).unwrap_or(0) + 1);
        if let Err(error) = file.read_to_end(&mut bytes) {
            return Ok(of(&error));
        }
        let hash = Hash::of(&bytes);
        keep(sink, hash, &bytes)?;
        return Ok(Content::Read(stamp, seen.mode, hash));
    }
    let hash = match hash_of(&mut file) {
        Ok(hash) => hash,
        Err(error) => return Ok(of(&error)),
    };
    if let Some(sink) = sink {
        let mut writer = sink.lock().unwrap_or_else(PoisonError::into_inner);
        // A file that is being written to is not the same twice.
        if file.rewind().is_err() || !writer.put_from(hash, &mut file)? {
            return Ok(Content::Unreadable);
        }
    }
    Ok(Content::Read(stamp, seen.mode, hash))
}

/// Opens a file that is one; a pipe in its place does not hold us.
pub fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(File::from(openat(CWD, path, flags, Mode::empty())?))
}

fn hash_of(file: &mut File) -> io::Result<Hash> {
    let mut digest = Sha256::new();
    let mut piece = vec![0; 1024 * 1024];
    loop {
        let count = file.read(&mut piece)?;
        match piece.get(..count) {
            None | Some([]) => return Ok(Hash(digest.finalize().into())),
            Some(bytes) => digest.update(bytes),
        }
    }
}

fn keep(sink: Sink<'_, '_>, hash: Hash, bytes: &[u8]) -> Result<()> {
    match sink {
        Some(sink) => sink.lock().unwrap_or_else(PoisonError::into_inner).put(hash, bytes),
        None => Ok(()),
    }
}

/// The stamp by which the content is known the next time; none, if the file may change again without the stamp changing.
fn settled(stamp: Stamp, started: i64) -> Stamp {
    let tick = if stamp.changed % 1_000_000_000 == 0 { LONG_TICK } else { TICK };
    let racy = stamp.changed >= started.saturating_sub(tick);
    Stamp { changed: if racy { 0 } else { stamp.changed }, ..stamp }
}
