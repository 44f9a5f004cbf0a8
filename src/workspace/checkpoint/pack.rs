//! Contents under their hashes, in a few append-only files: one for each checkpoint that brought something new.
//!
//! A pack is the contents one behind the other, then an index of 48 bytes a content (hash, place, size), then the number
//! of contents and a mark. It is written under another name first, so one that is there is whole.

use super::entry::Hash;
use crate::base::{Error, Kind, Result};
use crate::disk::Disk;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const MARK: &[u8; 8] = b"agentpk1";
const ROW: usize = 48;
/// From so many packs on, those of fewer bytes than this are put together when there is time.
const MANY: usize = 64;
const SMALL: u64 = 16 * 1024 * 1024;
/// Bytes that are written at once.
const BUFFER: usize = 1024 * 1024;

/// All packs of a folder.
#[derive(Debug)]
pub struct Packs {
    folder: PathBuf,
    disk: Disk,
    known: HashMap<Hash, Place>,
    /// Where each pack is.
    packs: Vec<PathBuf>,
    last: u64,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    pack: usize,
    at: u64,
    size: u64,
}

impl Packs {
    /// Reads the indexes. A pack that is damaged is passed over: what was in it is not known.
    pub fn open(folder: PathBuf, disk: Disk) -> Self {
        let mut all = Self { disk, known: HashMap::new(), packs: Vec::new(), last: 0, folder };
        let entries = std::fs::read_dir(&all.folder).into_iter().flatten().flatten();
        let mut paths: Vec<(u64, PathBuf)> =
            entries.filter_map(|entry| Some((number(&entry.file_name().into_string().ok()?)?, entry.path()))).collect();
        paths.sort();
        for (number, path) in paths {
            all.last = number;
            let pack = all.packs.len();
            if let Ok(rows) = index(&path) {
                all.known.extend(rows.into_iter().map(|(hash, at, size)| (hash, Place { pack, at, size })));
                all.packs.push(path);
            }
        }
        all
    }

    pub fn has(&self, hash: &Hash) -> bool {
        self.known.contains_key(hash)
    }

    /// Bytes of a content that is there.
    pub fn size(&self, hash: &Hash) -> Option<u64> {
        self.known.get(hash).map(|place| place.size)
    }

    /// A whole content.
    pub fn get(&self, hash: &Hash) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read(hash, &mut |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(bytes)
    }

    /// A content, piece by piece. It is an error, at the end, if it is not what its hash says.
    pub fn read(&self, hash: &Hash, to: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> Result<()> {
        let missing = || {
            Error::new(Kind::Io, format!("a content of the checkpoint is missing or damaged: {hash}"))
                .hint("`agent undo --list` shows other checkpoints")
        };
        let place = *self.known.get(hash).ok_or_else(missing)?;
        let path = self.packs.get(place.pack).ok_or_else(missing)?;
        let fail = |error: io::Error| Error::io("read", path.display(), &error);
        let file = File::open(path).map_err(fail)?;
        let mut digest = Sha256::new();
        let (mut at, end) = (place.at, place.at + place.size);
        let mut buffer = vec![0; usize::try_from(place.size).unwrap_or(BUFFER).min(BUFFER)];
        while at < end {
            let wanted = usize::try_from(end - at).unwrap_or(BUFFER).min(buffer.len());
            let piece = buffer.get_mut(..wanted).unwrap_or_default();
            file.read_exact_at(piece, at).map_err(fail)?;
            digest.update(&*piece);
            to(piece).map_err(|error| Error::io("write", "a restored file", &error))?;
            at += wanted as u64;
        }
        if Hash(digest.finalize().into()) == *hash { Ok(()) } else { Err(missing()) }
    }

    /// A new pack, made when something is put into it.
    pub fn writer(&self) -> Writer<'_> {
        Writer { packs: self, file: None, buffer: Vec::new(), at: 0, rows: Vec::new(), fresh: HashSet::new() }
    }

    /// Are there so many packs that reading their indexes takes its time?
    pub fn are_many(&self) -> bool {
        self.packs.len() > MANY
    }

    /// Removes all that is not `live`: packs with something dead in them are written anew, and small ones where they are many.
    pub fn keep_only(self, live: &HashSet<Hash>) -> Result<()> {
        let mut dead: HashMap<usize, bool> = HashMap::new();
        for (hash, place) in &self.known {
            *dead.entry(place.pack).or_default() |= !live.contains(hash);
        }
        if self.are_many() {
            for (pack, path) in self.packs.iter().enumerate() {
                let is_small = std::fs::metadata(path).is_ok_and(|meta| meta.len() < SMALL);
                *dead.entry(pack).or_default() |= is_small;
            }
        }
        let mut writer = self.writer();
        for (hash, place) in &self.known {
            if live.contains(hash) && dead.get(&place.pack) == Some(&true) {
                writer.copy(*hash)?;
            }
        }
        writer.finish()?;
        for (pack, path) in self.packs.iter().enumerate() {
            // One whose contents are all in other packs too is not in the map.
            if dead.get(&pack).copied().unwrap_or(true) {
                self.disk.remove_file(path).map_err(|error| Error::io("delete", path.display(), &error))?;
            }
        }
        Ok(())
    }
}

/// A pack that is being written.
pub struct Writer<'a> {
    packs: &'a Packs,
    file: Option<(File, PathBuf)>,
    buffer: Vec<u8>,
    at: u64,
    rows: Vec<(Hash, u64, u64)>,
    fresh: HashSet<Hash>,
}

impl Writer<'_> {
    pub fn has(&self, hash: &Hash) -> bool {
        self.packs.has(hash) || self.fresh.contains(hash)
    }

    /// Adds a content, unless it is there.
    pub fn put(&mut self, hash: Hash, bytes: &[u8]) -> Result<()> {
        if self.has(&hash) {
            return Ok(());
        }
        self.push(bytes)?;
        self.close(hash, bytes.len() as u64);
        Ok(())
    }

    /// Adds a long content piece by piece. False, and nothing is added, if it is not what its hash says.
    pub fn put_from(&mut self, hash: Hash, from: &mut impl Read) -> Result<bool> {
        if self.has(&hash) {
            return Ok(true);
        }
        let (mut digest, mut size, mut piece) = (Sha256::new(), 0, vec![0; BUFFER]);
        loop {
            let count = from.read(&mut piece).map_err(|error| Error::io("read", "a file", &error))?;
            let bytes = piece.get(..count).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            digest.update(bytes);
            size += count as u64;
            self.push(bytes)?;
        }
        let whole = Hash(digest.finalize().into()) == hash;
        if whole {
            self.close(hash, size);
        } else {
            // The bytes stay as a gap between two contents.
            self.at += size;
        }
        Ok(whole)
    }

    fn copy(&mut self, hash: Hash) -> Result<()> {
        let packs = self.packs;
        let mut size = 0;
        packs.read(&hash, &mut |bytes| {
            size += bytes.len() as u64;
            self.push(bytes).map_err(|error| io::Error::other(error.message))
        })?;
        self.close(hash, size);
        Ok(())
    }

    fn close(&mut self, hash: Hash, size: u64) {
        self.rows.push((hash, self.at, size));
        self.fresh.insert(hash);
        self.at += size;
    }

    fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let disk = &self.packs.disk;
        if self.file.is_none() {
            let path = self.packs.folder.join(format!("{}.tmp", uuid::Uuid::now_v7().simple()));
            let make = || {
                disk.create_private_folder(&self.packs.folder)?;
                disk.create_private_file(&path)
            };
            let file = make().map_err(|error| Error::io("write", path.display(), &error))?;
            self.file = Some((file, path));
        }
        if let Some((file, path)) = &mut self.file {
            disk.write(file, &self.buffer).map_err(|error| Error::io("write", path.display(), &error))?;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Puts the pack in place. Nothing that was put is there before.
    pub fn finish(mut self) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        for (hash, at, size) in &self.rows {
            self.buffer.extend_from_slice(&hash.0);
            self.buffer.extend_from_slice(&at.to_le_bytes());
            self.buffer.extend_from_slice(&size.to_le_bytes());
        }
        self.buffer.extend_from_slice(&(self.rows.len() as u64).to_le_bytes());
        self.buffer.extend_from_slice(MARK);
        self.flush()?;
        let Some((file, path)) = &self.file else { return Ok(()) };
        let target = self.packs.folder.join(format!("{:012}.pack", self.packs.last + 1));
        let disk = &self.packs.disk;
        disk.sync(file)
            .and_then(|()| disk.rename(path, &target))
            .map_err(|error| Error::io("write", target.display(), &error))
    }
}

impl Drop for Writer<'_> {
    /// A pack that was not finished goes; after it was, there is nothing under that name.
    fn drop(&mut self) {
        if let Some((_, path)) = &self.file
            && path.exists()
        {
            let _ = self.packs.disk.remove_file(path);
        }
    }
}

fn number(name: &str) -> Option<u64> {
    name.strip_suffix(".pack")?.parse().ok()
}

/// Hash, place and size of each content.
fn index(path: &Path) -> io::Result<Vec<(Hash, u64, u64)>> {
    let damaged = || io::Error::from(io::ErrorKind::InvalidData);
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut end = [0; 16];
    let foot = length.checked_sub(16).ok_or_else(damaged)?;
    file.read_exact_at(&mut end, foot)?;
    let (count, mark) = end.split_at(8);
    let count = u64::from_le_bytes(count.try_into().map_err(|_| damaged())?);
    let bytes = count.checked_mul(ROW as u64).filter(|bytes| *bytes <= foot && mark == MARK).ok_or_else(damaged)?;
    let mut rows = vec![0; usize::try_from(bytes).map_err(|_| damaged())?];
    file.read_exact_at(&mut rows, foot - bytes)?;
    let word =
        |row: &[u8], at: usize| row.get(at..at + 8).and_then(|word| word.try_into().ok()).map(u64::from_le_bytes);
    rows.chunks_exact(ROW)
        .map(|row| {
            let hash = row.get(..32).and_then(|hash| hash.try_into().ok()).map(Hash).ok_or_else(damaged)?;
            let (at, size) = word(row, 32).zip(word(row, 40)).ok_or_else(damaged)?;
            let fits = at.checked_add(size).is_some_and(|end| end <= foot);
            if fits { Ok((hash, at, size)) } else { Err(damaged()) }
        })
        .collect()
}
