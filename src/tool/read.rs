//! `read`: text with line numbers, images, folders, and outputs that were too long to show.

use super::{Hands, Job, Output, Run, Tool, arguments};
use crate::base::access::Access;
use crate::base::call::{ToolCall, ToolInput, ToolSpec};
use crate::workspace::walk;
use serde::Deserialize;
use serde_json::json;
use std::fmt::Write as _;
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

    fn prepare(&self, call: &ToolCall, hands: &Hands) -> Result<Job, String> {
        let Arguments { path, offset, limit } =
            arguments(call, r#"{"path": "src/main.rs"}, with "offset" and "limit" for a part"#)?;
        let range = (offset.unwrap_or(1).max(1), limit.unwrap_or(LINES).max(1));
        if let Some(name) = path.strip_prefix("output:") {
            let name = name.to_owned();
            let run: Run = Box::new(move |grant| {
                Box::pin(async move {
                    match grant.hands.outputs.read(&name) {
                        Some(text) => Output::text(numbered(&text, range)),
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
        let run: Run =
            Box::new(move |grant| Box::pin(async move { read(&grant.hands, &found.absolute, &found.shown, range) }));
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
        return list(path, shown);
    }
    let bytes = match hands.files.read(path, shown) {
        Ok(bytes) => bytes,
        Err(words) => return Output::failed(with_neighbours(hands, path, words)),
    };
    hands.files.saw(path, &bytes);
    if bytes.is_empty() {
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
    Output::text(numbered(&String::from_utf8_lossy(&bytes), range))
}

/// The lines from `offset` on, numbered, with a note of what is left.
fn numbered(text: &str, (offset, limit): (usize, usize)) -> String {
    let total = text.lines().count();
    if offset > total {
        return format!("(there are only {total} lines)");
    }
    let mut out = String::new();
    let mut next = offset;
    for line in text.lines().skip(offset - 1).take(limit) {
        if out.len() + line.len().min(WIDTH) > BYTES && next > offset {
            break;
        }
        let end = line.floor_char_boundary(WIDTH);
        let _ = write!(out, "{next}\t{}", line.get(..end).unwrap_or_default());
        out.push_str(if end < line.len() { " … (line cut)\n" } else { "\n" });
        next += 1;
    }
    if next <= total {
        let _ = write!(out, "({} more lines; go on with offset {next})", total - next + 1);
    }
    out
}

fn list(path: &Path, shown: &str) -> Output {
    match walk::list(path, NAMES) {
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
    let near: Vec<String> = walk::list(folder, NAMES)
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
