//! What the user named for a run, looked at before a session is made, so that a mistake leaves nothing behind.

use crate::base::message::ImageRef;
use crate::base::{Error, Kind, Result};
use crate::config::paths::Environment;
use crate::disk::Disk;
use crate::store::folder::{Folder, check_image};
use crate::workspace::place::Place;
use std::path::{Path, PathBuf};

/// The images by their path, looked at before a session is made for them.
pub fn images(paths: &[PathBuf]) -> Result<Vec<(&Path, Vec<u8>)>> {
    let read = |path| {
        let bytes =
            std::fs::read(path).map_err(|error| unusable(path, Error::usage(crate::base::error::reason(&error))))?;
        check_image(&bytes).map_err(|error| unusable(path, error))?;
        Ok((path, bytes))
    };
    paths.iter().map(PathBuf::as_path).map(read).collect()
}

/// The images in the session's folder.
pub fn keep(images: &[(&Path, Vec<u8>)], folder: &Folder) -> Result<Vec<ImageRef>> {
    let keep = |(path, bytes): &(&Path, Vec<u8>)| folder.put_image(bytes).map_err(|error| unusable(path, error));
    images.iter().map(keep).collect()
}

fn unusable(path: &Path, error: Error) -> Error {
    Error { message: format!("cannot use the image `{}`: {}", path.display(), error.message), ..error }
        .hint("-i takes the path of a PNG, JPEG, GIF or WebP image")
}

/// Where the answer goes, and the checks: will they be there?
pub fn check(output: Option<&Path>, checks: &[String], place: &Place, environment: &Environment) -> Result<()> {
    check_output(output)?;
    checks.iter().try_for_each(|check| check_command(check, place, environment))
}

/// `-o` is looked at before a model is paid for an answer that could not be kept.
fn check_output(path: Option<&Path>) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.is_dir() || !folder.is_dir() {
        return Err(Error::usage(format!(
            "cannot write `{}`: it is a folder, or its folder does not exist",
            path.display()
        ))
        .hint("-o takes the path of a file in a folder that exists"));
    }
    Disk::default().try_user_file(path).map_err(|error| {
        Error::io("write", path.display(), &error)
            .kind(Kind::Usage)
            .hint("-o takes the path of a file in a folder that can be written")
    })
}

/// A check whose program does not exist would fail for ever; where its first word can be read plainly, it is looked for.
fn check_command(check: &str, place: &Place, environment: &Environment) -> Result<()> {
    const BUILTIN: &[&str] = &[
        "cd", "test", "true", "false", "exit", "export", "set", "eval", "exec", "if", "for", "while", "case", "until",
        "command", "type", "ulimit", "umask", "echo", "printf", "source", "time", "trap", "wait", "read", "local",
        "unset", "shift", "return", "alias", "declare", "let", "function", "select",
    ];
    let first = check.split_whitespace().find(|word| !word.contains('=')).unwrap_or_default();
    let plain = |word: &str| word.chars().all(|char| char.is_alphanumeric() || "_-./+".contains(char));
    let found = match first {
        "" => false,
        "." => true,
        word if !plain(word) || BUILTIN.contains(&word) => true,
        word if word.contains('/') => place.folder().join(word).exists(),
        word => environment.find_program(word).is_some(),
    };
    if found {
        return Ok(());
    }
    Err(Error::usage(format!("the command of --check was not found: `{first}`"))
        .hint("--check takes a command line that runs in the working folder, such as \"cargo test\""))
}
