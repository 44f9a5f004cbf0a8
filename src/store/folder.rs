//! One session's folder: `log.jsonl`, `blobs/` for images, `spill/` for outputs too long for the model.

use crate::base::message::{ImageRef, media_type};
use crate::base::{Error, Kind, Result};
use crate::disk::{Disk, Writer};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Bytes that one image may have.
pub const MAX_IMAGE: u64 = 5 * 1024 * 1024;
/// Pixels of its longer side, as the strictest of the vendors has it.
const MAX_SIDE: usize = 8000;

#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    disk: Disk,
}

impl Folder {
    /// Makes the folder, 0700.
    pub fn create(path: PathBuf, disk: Disk) -> Result<Self> {
        disk.create_private_folder(&path).map_err(|error| {
            Error::io("create", path.display(), &error)
                .kind(Kind::Config)
                .hint("set AGENT_STATE_DIR to a folder that can be written, or use --ephemeral")
        })?;
        Ok(Self { path, disk })
    }

    pub fn open(path: PathBuf, disk: Disk) -> Self {
        Self { path, disk }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn log_path(&self) -> PathBuf {
        self.path.join("log.jsonl")
    }

    /// Where a change's plan is while it is carried out.
    pub fn journal_path(&self) -> PathBuf {
        self.path.join("change.json")
    }

    /// Keeps an image once, under its hash.
    pub fn put_image(&self, bytes: &[u8]) -> Result<ImageRef> {
        let media_type = check_image(bytes)?;
        let blob = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let path = self.path.join("blobs").join(&blob);
        if !path.exists() {
            self.disk
                .create_private_folder(&self.path.join("blobs"))
                .and_then(|()| self.disk.replace_private(&path, bytes))
                .map_err(|error| Error::io("write", path.display(), &error))?;
        }
        Ok(ImageRef { blob, media_type: media_type.into(), bytes: bytes.len() as u64 })
    }

    pub fn image(&self, image: &ImageRef) -> Result<Vec<u8>> {
        let path = self.path.join("blobs").join(&image.blob);
        std::fs::read(&path).map_err(|error| Error::io("read", path.display(), &error))
    }

    /// A new 0600 file for the output called `id`.
    pub fn spill(&self, id: &str) -> Result<Writer> {
        let folder = self.path.join("spill");
        let path = folder.join(id);
        self.disk
            .create_private_folder(&folder)
            .and_then(|()| self.disk.create_private_file(&path))
            .map(|file| self.disk.writer(file))
            .map_err(|error| Error::io("write", path.display(), &error))
    }

    /// Where the output called `id` lies, if it does.
    pub fn spilled(&self, id: &str) -> Option<PathBuf> {
        let plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        Some(self.path.join("spill").join(id)).filter(|path| plain && path.exists())
    }
}

/// The media type of an image that may be kept.
pub fn check_image(bytes: &[u8]) -> Result<&'static str> {
    let media_type = media_type(bytes).ok_or_else(|| Error::usage("not a PNG, JPEG, GIF or WebP image"))?;
    if bytes.len() as u64 > MAX_IMAGE {
        return Err(Error::usage(format!("the image has {} bytes, more than {} MiB", bytes.len(), MAX_IMAGE >> 20)));
    }
    // An image stays in the conversation, so one that a provider refuses would end the session for good.
    let size = imagesize::blob_size(bytes).map_err(|_| Error::usage(format!("the {media_type} image is damaged")))?;
    if size.width == 0 || size.height == 0 || size.width.max(size.height) > MAX_SIDE {
        return Err(Error::usage(format!(
            "the image has {} x {} pixels; 1 to {MAX_SIDE} a side can be shown",
            size.width, size.height
        )));
    }
    Ok(media_type)
}
