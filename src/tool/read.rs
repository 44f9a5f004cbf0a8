//! `read`: text with line numbers, images, folders, and outputs that were too long to show.

use super::search::off_thread;
use super::{Hands, Job, Output, Run, Tool, Unfit, arguments};
use crate::base::access::Access;
use crate::base::call::{ToolCall, ToolInput, ToolSpec};
use crate::text::redact;
use crate::workspace::walk;
use serde::Deserialize;
use serde_json::json;
use std::fmt::Write as _;
use std::io::BufRead;
use std::path::Path;

/// Lines where the model does not say, bytes in any case, bytes of one line.
const LINES: usize = 2000;
const BYTES: usize = 48 * 1024;
const WIDTH: usize = 2000;
const NAMES: usize = 500;

pub struct Read(ToolSpec);

#[derive(Deserialize)]
struct Arguments {
    #[serde(alias = "file_path")]
    path: String,
    offset: Option<usize>,
    limit: Option<usize>,
}

impl Default for Read {
    fn default() -> Self {
        Self(ToolSpec {
            name: "read",
            description: crate::prompt::tool("read"),
            input: ToolInput::Json(json!({
                "type": "object",
                "properties": {
                    "path": {"type": "string"},
                    "offset": {"type": "integer", "description": "first line, from 1"},
                    "limit": {"type": "integer", "description": "lines"},
                },
                "required": ["path"],
            })),
        })
    }
}

impl Tool for Read {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(&self, call: &ToolCall, hands: &Hands) -> Result<Job, Unfit> {
        let Arguments { path, offset, limit } =
            arguments(call, r#"{"path": "src/main.rs"}, with "offset" and "limit" for a part"#)?;
        let range = (offset.unwrap_or(1).max(1), limit.unwrap_or(LINES).max(1));
        if let Some(name) = path.strip_prefix("output:") {
            let name = name.to_owned();
            let run: Run = Box::new(move |grant| {
                Box::pin(async move {
                    match grant.hands.outputs.read(&name) {
                        Some(mut text) => Output::text(numbered(&mut text, range).text),
                        None => Output::failed(format!("there is no output called `{name}`")),
                    }
                })
            });
            return Ok(Job {
                summary: format!("read {path}"),
                access: Vec::new(),
                change: None,
                reads_only: true,
                run,
            });
        }
        let found = hands.place.resolve(&path)?;
        let shown = found.shown.clone();
        let run: Run = Box::new(move |grant| {
            Box::pin(async move {
                let hands = grant.hands;
                let reading = off_thread(move |_| Ok(read(&hands, &found.absolute, &found.shown, range)));
                reading.await.unwrap_or_else(Output::failed)
            })
        });
        Ok(Job {
            summary: format!("read {shown}"),
            access: vec![Access::Read { path: shown }],
            change: None,
            reads_only: true,
            run,
        })
    }
}

fn read(hands: &Hands, path: &Path, shown: &str, range: (usize, usize)) -> Output {
    if path.is_dir() {
        return list(hands, path, shown);
    }
    let bytes = match hands.files.read(&hands.place, path, shown) {
        Ok(bytes) => bytes,
        Err(words) => return Output::failed(with_neighbours(hands, path, words)),
    };
    if bytes.is_empty() {
        hands.files.saw(path, &bytes);
        return Output::text("(empty file)");
    }
    if crate::base::message::media_type(&bytes).is_some() {
        return match hands.outputs.keep_image(&bytes) {
            Ok(image) => Output {
                text: format!("image, {}, {} bytes", image.media_type, image.bytes),
                images: vec![image],
                ..Output::default()
            },
            Err(words) => Output::failed(words),
        };
    }
    if bytes.starts_with(b"%PDF-") {
        return Output::failed(format!(
            "`{shown}` is a PDF, which cannot be read as text; try `pdftotext {shown} -` with `shell`"
        ));
    }
    if crate::edit::diff::is_binary(&bytes) {
        return Output::failed(format!("`{shown}` is binary ({} bytes); use `shell` to look into it", bytes.len()));
    }
    // Before lines are cut, and where what goes over several lines is whole; lines keep their numbers.
    let clean = hands.redactor.bytes(&bytes);
    let notices = redact::words(&hands.redactor.news(), &format!("`{shown}`"));
    let part = numbered(&mut &*clean, range);
    if part.whole_lines {
        hands.files.saw_lines(path, &bytes, range.0, part.next, part.total);
    }
    Output { notices, ..Output::text(part.text) }
}

/// A part of a text as the model sees it.
struct Part {
    text: String,
    /// The first line that is not in it.
    next: usize,
    total: usize,
    /// No line was cut.
    whole_lines: bool,
}

/// The lines from `offset` on, numbered, with a note of what is left. Holds no more of the text than it shows.
fn numbered(text: &mut dyn BufRead, (offset, limit): (usize, usize)) -> Part {
    let mut part = Part { text: String::new(), next: offset, total: 0, whole_lines: true };
    let (mut line, mut full) = (Vec::new(), false);
    while let Some(length) = next_line(text, &mut line) {
        part.total += 1;
        full |= part.text.len() + length.min(WIDTH) > BYTES && part.next > offset;
        if part.total < offset || part.total - offset >= limit || full {
            continue;
        }
        let shown = String::from_utf8_lossy(&line);
        let shown = shown.trim_end_matches('\r');
        let end = shown.floor_char_boundary(WIDTH);
        let _ = write!(part.text, "{}\t{}", part.total, shown.get(..end).unwrap_or_default());
        let cut = length > WIDTH && end < length;
        part.text.push_str(if cut { " … (line cut)\n" } else { "\n" });
        part.whole_lines &= !cut;
        part.next = part.total + 1;
    }
    if offset > part.total {
        part.text = format!("(there are only {} lines)", part.total);
        part.whole_lines = false;
    } else if part.next <= part.total {
        let _ = write!(part.text, "({} more lines; go on with offset {})", part.total - part.next + 1, part.next);
    }
    part
}

/// The next line without its end: its first bytes in `line`, its whole length as the result.
fn next_line(text: &mut dyn BufRead, line: &mut Vec<u8>) -> Option<usize> {
    line.clear();
    let mut length = 0;
    loop {
        let buffer = text.fill_buf().ok()?;
        if buffer.is_empty() {
            return (length > 0).then_some(length);
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let body = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
        line.extend(body.iter().take((WIDTH + 4).saturating_sub(line.len())));
        length += body.len();
        let used = body.len() + usize::from(end.is_some());
        text.consume(used);
        if end.is_some() {
            return Some(length);
        }
    }
}

fn list(hands: &Hands, path: &Path, shown: &str) -> Output {
    match walk::list(&hands.place, path, NAMES) {
        Ok(found) if found.items.is_empty() => Output::text("(empty folder)"),
        Ok(found) => {
            let note = if found.more { format!("\n(more than {NAMES} names; use `find`)") } else { String::new() };
            Output::text(found.items.join("\n") + &note)
        }
        Err(error) => Output::failed(format!("cannot list `{shown}`: {}", crate::base::error::reason(&error))),
    }
}

/// A missing file's error names what is there instead.
fn with_neighbours(hands: &Hands, path: &Path, words: String) -> String {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return words };
    let name = name.to_string_lossy().to_lowercase();
    let stem = name.split('.').next().unwrap_or_default();
    let near: Vec<String> = walk::list(&hands.place, folder, NAMES)
        .map(|found| found.items)
        .unwrap_or_default()
        .into_iter()
        .filter(|other| !stem.is_empty() && other.to_lowercase().contains(stem))
        .take(5)
        .map(|other| hands.place.show(&folder.join(other)))
        .collect();
    if path.exists() || near.is_empty() {
        format!("{words}; `find` looks for files by name")
    } else {
        format!("{words}; there is {}", near.join(", "))
    }
}
