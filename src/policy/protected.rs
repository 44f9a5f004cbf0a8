//! The paths that configure other programs: to write them is a way to run code later, outside of any jail. The one table;
//! the file tools, the jail and the guard ask here.

/// Below a git folder, also of a submodule or of a further work tree. The rest of it stays writable, or nothing could be
/// committed. `commondir` leads git to another folder's configuration and hooks, `gitdir` to a work tree.
pub const GIT_PARTS: &[&str] = &["hooks", "config", "config.worktree", "info/attributes", "commondir", "gitdir"];

/// Files, and folders with all that is in them, at any depth of the workspace.
pub const NAMES: &[&str] =
    &[".agent", ".claude", ".codex", ".gemini", ".mcp.json", ".vscode", ".idea", ".devcontainer", ".envrc", ".husky"];

/// Files with this end.
pub const SUFFIX: &str = ".code-workspace";

/// Does this path, relative or absolute, configure other programs? Letters count as equal in both cases, since some disks
/// take them so. A path that ends in `.git` is one: as a file it says where the repository is.
pub fn is_protected(path: &str) -> bool {
    let parts = parts(path);
    parts.last().is_some_and(|name| name.ends_with(SUFFIX))
        || parts.iter().enumerate().any(|(index, part)| {
            let below = parts.get(index + 1..).unwrap_or_default();
            NAMES.contains(&part.as_str()) || (part == ".git" && in_git(below))
        })
}

/// Is it a repository's own folder, or in one?
pub fn is_in_git(path: &str) -> bool {
    parts(path).iter().any(|part| part == ".git")
}

/// `.env` and its kin (`.env.local`, `.env-test`, `.envrc`), but not the examples that are made to be read.
pub fn holds_secrets(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let example = ["example", "sample", "template", "dist"].iter().any(|end| name.ends_with(end));
    let rest = name.strip_prefix(".env").map(|rest| rest.strip_prefix("rc").unwrap_or(rest));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_'])) && !example
}

fn in_git(below: &[String]) -> bool {
    let below = match below {
        // Each worktree has a part of its own.
        [first, _] if first == "worktrees" => return false,
        [first, _, rest @ ..] if first == "worktrees" => rest,
        all => all,
    };
    if below.is_empty() {
        return true;
    }
    let below = below.join("/");
    // Those of submodules are written by git as a whole, and by nobody else.
    GIT_PARTS
        .iter()
        .chain(&["modules"])
        .any(|name| below.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// The parts of a path as a disk may compare them, `..` taken back.
fn parts(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in path.split('/') {
        let part = fold(part);
        match part.as_str() {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            // The short name that a Windows disk gives it.
            "git~1" => parts.push(".git".into()),
            _ => parts.push(part),
        }
    }
    parts
}

/// A name as a disk may compare it that takes upper and lower case for the same, without the characters that HFS+ passes over.
pub fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let passed_over = |char: &char| !matches!(char, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    // Upper case first: `ſ` and the Kelvin sign are small and large forms of letters that names here are made of.
    name.chars().filter(passed_over).flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}
