//! `agent apply`: an edit from standard input onto files, by the engine that the tools use.

use super::args::{Apply, EditFormat};
use super::{print, report};
use crate::base::change::{Cause, FileChange};
use crate::base::{Error, Kind, Result};
use crate::disk::Disk;
use crate::edit::{Format, Refusal, change_set};
use crate::text::sanitise::one_line;
use crate::workspace::files::Files;
use crate::workspace::place::Place;
use crate::workspace::tree::WorkTree;
use serde::Serialize;
use std::io::{IsTerminal, Read};

/// Bytes that an edit may have.
const MAX_EDIT: u64 = 256 * 1024 * 1024;

/// What `--json` prints: one line.
#[derive(Debug, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
enum Report<'r> {
    Applied { schema: u32, files: &'r [FileChange] },
    WouldApply { schema: u32, files: &'r [FileChange] },
    Refused { schema: u32, cause: Cause, path: Option<&'r str>, line: Option<usize>, message: &'r str },
}

const SCHEMA: u32 = 1;

pub fn main(args: &Apply) -> Result<u8> {
    let here = crate::config::paths::Environment::working_folder()?;
    let root = args.root.as_ref().map_or(here.clone(), |root| here.join(root));
    if !root.is_dir() {
        return Err(
            Error::usage(format!("there is no folder `{}`", root.display())).hint("--root takes a folder that exists")
        );
    }
    let place =
        Place::within(&root, &root).map_err(|error| Error::io("open", root.display(), &error).kind(Kind::Usage))?;
    let text = edit()?;
    let files = Files::new(Disk::default());
    let tree = WorkTree { place: &place, files: &files, overwrite: args.overwrite, spare_git: true };
    let made = change_set(format(args.format), &text, &tree).and_then(|change| {
        let summary = change.summary();
        let made = if args.check { files.check_all(&place, &change) } else { files.apply(&place, &change) };
        made.map_err(|words| Refusal::new(Cause::Content, words))?;
        Ok(summary)
    });
    match made {
        Ok(summary) => {
            applied(args, &summary)?;
            Ok(0)
        }
        Err(refusal) => {
            refused(args, &refusal)?;
            Ok(1)
        }
    }
}

fn edit() -> Result<Vec<u8>> {
    let input = std::io::stdin();
    if input.is_terminal() {
        return Err(Error::usage("there is no edit on standard input").hint("agent apply < edit"));
    }
    let mut text = Vec::new();
    input
        .lock()
        .take(MAX_EDIT + 1)
        .read_to_end(&mut text)
        .map_err(|error| Error::io("read", "standard input", &error))?;
    if text.len() as u64 > MAX_EDIT {
        return Err(Error::usage(format!("the edit has more than {} MiB", MAX_EDIT >> 20)).hint("send it in parts"));
    }
    Ok(text)
}

fn format(format: EditFormat) -> Format {
    match format {
        EditFormat::Edit => Format::Edit,
        EditFormat::Patch => Format::Patch,
        EditFormat::Udiff => Format::Udiff,
        EditFormat::Blocks => Format::Blocks,
        EditFormat::Whole => Format::Whole,
        EditFormat::Auto => Format::Auto,
    }
}

fn applied(args: &Apply, files: &[FileChange]) -> Result<()> {
    if args.json {
        let report = if args.check {
            Report::WouldApply { schema: SCHEMA, files }
        } else {
            Report::Applied { schema: SCHEMA, files }
        };
        return json(&report);
    }
    let verb = if args.check { "would change" } else { "changed" };
    files.iter().try_for_each(|file| {
        let from = file.from.as_ref().map(|from| format!(" (was {})", one_line(from))).unwrap_or_default();
        print(&format!("{verb} {}{from} (+{} -{})", one_line(&file.path), file.added, file.removed))
    })
}

fn refused(args: &Apply, refusal: &Refusal) -> Result<()> {
    if args.json {
        return json(&Report::Refused {
            schema: SCHEMA,
            cause: refusal.cause,
            path: refusal.path.as_deref(),
            line: refusal.line,
            message: &refusal.words,
        });
    }
    let error = Error::new(Kind::Incomplete, refusal.words.clone());
    let error = if refusal.words.contains("nothing was changed") { error } else { error.hint("nothing was changed") };
    report(&if refusal.cause == Cause::Exists {
        error.hint("--overwrite lets new and moved files replace what is there")
    } else {
        error
    });
    Ok(())
}

fn json(report: &Report<'_>) -> Result<()> {
    let text =
        serde_json::to_string(report).map_err(|error| Error::new(Kind::Io, format!("cannot write JSON: {error}")))?;
    print(&text)
}
