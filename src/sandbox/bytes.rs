//! The content of a protected file: kept in memory, kept as a copy, or only compared.

use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

/// The content of a file.
#[derive(Debug, Clone)]
pub(super) enum Bytes {
    Here(Arc<[u8]>),
    /// A copy with this SHA-256.
    Copied(PathBuf, [u8; 32]),
    /// Not kept: it was only compared. Its SHA-256 where its size alone did not tell.
    Seen(Option<[u8; 32]>),
}

/// The SHA-256 of a file of this many bytes.
pub(super) fn digest(file: &mut File, size: u64) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    // One that grew meanwhile is another.
    let mut file = file.take(size.saturating_add(1));
    let mut buffer = vec![0; 128 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            count => hash.update(buffer.get(..count).unwrap_or_default()),
        }
    }
}

impl Bytes {
    fn digest(&self) -> Option<[u8; 32]> {
        match self {
            Bytes::Here(bytes) => Some(Sha256::digest(bytes).into()),
            Bytes::Copied(_, hash) => Some(*hash),
            Bytes::Seen(hash) => *hash,
        }
    }

    pub(super) fn same(&self, other: &Bytes) -> bool {
        match (self, other) {
            (Bytes::Here(one), Bytes::Here(other)) => one == other,
            (Bytes::Here(_) | Bytes::Copied(..) | Bytes::Seen(_), _) => {
                self.digest().is_some_and(|digest| other.digest() == Some(digest))
            }
        }
    }
}
