//! An image that is on the clipboard, as a file that can be attached. It lies in a scratch folder until the end.

use super::{Office, locked};
use crate::base::desk::Done;
use crate::base::{Error, Result};
use crate::disk::Disk;
use crate::process::paste::paste;
use crate::store::folder::{MAX_IMAGE, check_image};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// How long a program may take to say what is on the clipboard.
const LIMIT: Duration = Duration::from_secs(5);
/// What reads images from a clipboard: program, arguments, and the variable without which it has no clipboard to read.
const READERS: &[(&str, &[&str], Option<&str>)] = &[
    ("wl-paste", &["--no-newline", "--type", "image/png"], Some("WAYLAND_DISPLAY")),
    ("xclip", &["-selection", "clipboard", "-target", "image/png", "-out"], Some("DISPLAY")),
    ("pngpaste", &["-"], None),
];

pub(super) async fn image(office: Arc<Office>) -> Result<Done> {
    let environment = &office.environment;
    let pairs: Vec<_> = environment.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    let mut any = false;
    for (name, arguments, needed) in READERS {
        let has_clipboard = needed.is_none_or(|needed| environment.get(needed).is_some());
        let Some(program) = environment.find_program(name).filter(|_| has_clipboard) else { continue };
        any = true;
        let bytes = paste(&program, arguments, &pairs, MAX_IMAGE, LIMIT).await?;
        if !bytes.is_empty() {
            check_image(&bytes)?;
            return keep(&office, &bytes);
        }
    }
    Err(match any {
        true => Error::usage("there is no image on the clipboard").hint("the path of an image file works too"),
        false => Error::usage("there is no program here that reads images from the clipboard")
            .hint("install wl-clipboard (Wayland), xclip (X11) or pngpaste (macOS), or give the path of an image file"),
    })
}

fn keep(office: &Office, bytes: &[u8]) -> Result<Done> {
    let failed = |error: std::io::Error| Error::io("keep", "the image of the clipboard", &error);
    let mut scratch = locked(&office.scratch);
    let folder = match scratch.take() {
        Some(folder) => folder,
        None => TempDir::with_prefix("agent-").map_err(failed)?,
    };
    let path = folder.path().join(format!("clipboard-{}.png", super::super::wire::new_id()));
    *scratch = Some(folder);
    let disk = Disk::default();
    let mut file = disk.create_private_file(&path).map_err(failed)?;
    disk.write(&mut file, bytes).map_err(failed)?;
    Ok(Done::Image(path.display().to_string()))
}
