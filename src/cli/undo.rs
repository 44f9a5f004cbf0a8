//! `agent undo` and `agent redo`: what would happen, whether it may, and then all of it or nothing.

use super::args::{Redo, Undo};
use super::{print, print_json, report, wire};
use crate::base::{Error, Kind as ErrorKind, Result};
use crate::config::Config;
use crate::config::paths::Environment;
use crate::store::ledger::{self, Ledger};
use crate::text::sanitise::one_line;
use crate::workspace::checkpoint::Store;
use crate::workspace::checkpoint::entry::Kind;
use crate::workspace::checkpoint::plan::{Action, Goal, Plan};
use crate::workspace::checkpoint::row::{Cause, Row};
use crate::workspace::place::Place;
use serde_json::json;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Lines of a list of paths that are shown.
const LINES: usize = 200;
/// Lines of what is left out that are shown.
const NOTES: usize = 10;

/// How it is to be done.
pub(super) struct Manner<'a> {
    pub dry_run: bool,
    pub force: bool,
    pub json: bool,
    /// Where the ledger is, which is told.
    pub state: PathBuf,
    /// What takes each line.
    pub say: &'a dyn Fn(&str) -> Result<()>,
}

pub fn main(args: Undo, environment: &Environment) -> Result<u8> {
    if args.git {
        let here = Environment::working_folder()?;
        let folder = args.cd.map_or(here.clone(), |cd| here.join(cd));
        return super::recoveries::list(&folder, args.json);
    }
    if args.turns == Some(0) {
        return Err(Error::usage("--turns takes a number from 1 on").hint("`agent undo` takes back the last task"));
    }
    let (store, place) = open(args.cd.as_deref(), environment)?;
    if args.list {
        return list(&store, args.json);
    }
    let goal = match args.to {
        Some(id) => Goal::To { id },
        None => Goal::Undo { turns: args.turns.unwrap_or(1) },
    };
    let only = args.files.iter().map(|path| below_root(path, &place, store.root())).collect::<Result<Vec<_>>>()?;
    let state = environment.state_folder()?;
    let manner = Manner { dry_run: args.dry_run, force: args.force, json: args.json, state, say: &print };
    told(carry_out(&store, place.folder(), &goal, &only, &manner)?)
}

pub fn redo(args: Redo, environment: &Environment) -> Result<u8> {
    let (store, place) = open(args.cd.as_deref(), environment)?;
    let state = environment.state_folder()?;
    let manner = Manner { dry_run: args.dry_run, force: args.force, json: args.json, state, say: &print };
    told(carry_out(&store, place.folder(), &Goal::Redo, &[], &manner)?)
}

/// The exit code, with the refusal on standard error.
fn told(refusal: Option<Error>) -> Result<u8> {
    refusal.iter().for_each(report);
    Ok(u8::from(refusal.is_some()))
}

fn open(cd: Option<&Path>, environment: &Environment) -> Result<(Store, Place)> {
    let folder = Environment::working_folder()?.join(cd.unwrap_or(Path::new("")));
    let place = Place::new(&folder, &[], environment.home().ok().as_deref()).map_err(|error| {
        Error::io("open", folder.display(), &error).kind(ErrorKind::Usage).hint("-C takes a folder that exists")
    })?;
    Ok((store(&place, environment)?, place))
}

/// The checkpoints of a place.
pub(super) fn store(place: &Place, environment: &Environment) -> Result<Store> {
    let config = Config::load(environment, false, &[])?;
    let root = place.roots().first().map_or(place.folder(), PathBuf::as_path).to_path_buf();
    // A task may have removed the `.git` that made a folder further up the root.
    let is_repository = root.join(".git").exists();
    let candidates = place.folder().ancestors().take_while(|folder| !is_repository || folder.starts_with(&root));
    let mut found: Option<(u64, Store)> = None;
    for folder in candidates {
        let store = wire::checkpoint_store(&config, environment, folder)?;
        let newest = store.rows().last().map_or(0, |row| row.time_ms);
        if newest > found.as_ref().map_or(0, |(time, _)| *time) {
            found = Some((newest, store));
        }
    }
    match found {
        Some((_, store)) => Ok(store),
        None => wire::checkpoint_store(&config, environment, &root),
    }
}

/// A path of the user's, relative to the root of the workspace; it need not exist.
fn below_root(path: &Path, place: &Place, root: &Path) -> Result<Box<[u8]>> {
    let mut clean = PathBuf::new();
    for part in place.folder().join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => clean.push(part),
        }
    }
    let below = clean.strip_prefix(root).map_err(|_| {
        Error::usage(format!("`{}` is not in the workspace `{}`", path.display(), root.display()))
            .hint("--files takes paths in the workspace")
    })?;
    Ok(below.as_os_str().as_bytes().into())
}

/// Does it, or says why not.
pub(super) fn carry_out(
    store: &Store,
    folder: &Path,
    goal: &Goal,
    only: &[Box<[u8]>],
    manner: &Manner<'_>,
) -> Result<Option<Error>> {
    let plan = store.plan(goal, only)?;
    let refusal = refusal(&plan, manner.force);
    let goes = refusal.is_none() && !manner.dry_run && !plan.is_empty();
    if !manner.json {
        show(store, &plan, folder, manner.say)?;
    }
    let (checkpoint, mut notes) = if goes { store.carry_out(&plan, !only.is_empty())? } else { (0, Vec::new()) };
    // A task of which some files are taken back is still done.
    if goes
        && only.is_empty()
        && let Err(error) = tell_ledger(&manner.state, store, &plan)
    {
        notes.push(format!("the costs still count it as before: {}", error.message));
    }
    if manner.json {
        print_json(&document(store, &plan, goes, checkpoint, &notes).to_string())?;
    } else {
        end(&plan, manner, goes, &notes)?;
    }
    Ok(refusal)
}

/// Tells the ledger, if there is one, which tasks were taken back or brought back.
fn tell_ledger(state: &Path, store: &Store, plan: &Plan) -> Result<()> {
    if !ledger::path(state).exists() {
        return Ok(());
    }
    let ledger = Ledger::open(state)?;
    let rows = store.rows();
    let again: Vec<u64> = plan.work.iter().flat_map(|unit| unit.before.undid.iter().copied()).collect();
    let (tasks, undone): (Vec<&Row>, bool) = match plan.cause {
        Cause::Undo | Cause::Task => (plan.work.iter().map(|unit| &unit.before).collect(), true),
        Cause::Redo => (rows.iter().filter(|row| again.contains(&row.id)).collect(), false),
    };
    tasks.into_iter().try_for_each(|row| ledger.set_undone(&row.session, row.time_ms, undone).map(drop))
}

/// Why it may not be done.
fn refusal(plan: &Plan, force: bool) -> Option<Error> {
    if !plan.blocked.is_empty() {
        let names: Vec<&str> = plan.blocked.iter().map(String::as_str).collect();
        return Some(
            Error::new(ErrorKind::Incomplete, format!("nothing was changed: {} would have to go", some(&names)))
                .hint("it is in no checkpoint; move it away first"),
        );
    }
    if plan.newer.is_empty() || force {
        return None;
    }
    let names: Vec<String> =
        plan.newer.iter().map(|path| format!("`{}`", one_line(&String::from_utf8_lossy(path)))).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if let Some(id) = plan.cut_off {
        let error = Error::new(ErrorKind::Incomplete, "nothing was changed: an earlier undo or redo was cut off")
            .hint(format!("`agent undo --to {id} --force` brings back the tree as it was before it"));
        return Some(error);
    }
    let cut_off = plan.cause == Cause::Undo && plan.work.first().is_some_and(|unit| unit.after.is_none());
    let why = if cut_off { "the task was cut off, and it is not known who changed" } else { "changed since" };
    Some(
        Error::new(ErrorKind::Incomplete, format!("nothing was changed: {why}: {}", some(&names)))
            .hint("--force goes over it, --files takes back only what you name"),
    )
}

/// The first few names, and how many more there are.
fn some(names: &[&str]) -> String {
    const FEW: usize = 8;
    let shown = names.iter().take(FEW).copied().collect::<Vec<&str>>().join(", ");
    if names.len() > FEW { format!("{shown} and {} more", names.len() - FEW) } else { shown }
}

fn verb(action: &Action) -> &'static str {
    match (&action.now, &action.target) {
        (None, _) => "bring back",
        (Some(_), None) => "delete",
        (Some(now), Some(target)) if now.kind == target.kind && now.hash == target.hash => "permissions",
        (Some(_), Some(_)) => "restore",
    }
}

fn name(path: &[u8], action: &Action) -> String {
    let is_folder = action.target.as_ref().or(action.now.as_ref()).is_some_and(|entry| entry.kind == Kind::Folder);
    format!("{}{}", one_line(&String::from_utf8_lossy(path)), if is_folder { "/" } else { "" })
}

fn show(store: &Store, plan: &Plan, folder: &Path, print: &dyn Fn(&str) -> Result<()>) -> Result<()> {
    if store.root() != folder {
        print(&format!("in {}", one_line(&store.root().display().to_string())))?;
    }
    work(store, plan, print)?;
    let lines = store.action_lines(plan.actions.values().take(LINES));
    for ((path, action), (added, removed)) in plan.actions.iter().zip(lines) {
        let counts = if added + removed > 0 { format!(" (+{added} -{removed})") } else { String::new() };
        print(&format!("  {:<11} {}{counts}", verb(action), name(path, action)))?;
    }
    if plan.actions.len() > LINES {
        print(&format!("  … and {} more", plan.actions.len() - LINES))?;
    }
    for path in &plan.revived {
        print(&format!("  bring back  {}/ (the repository)", one_line(&String::from_utf8_lossy(path))))?;
    }
    for path in &plan.refilled {
        print(&format!("  bring back  {}/ (all objects)", one_line(&String::from_utf8_lossy(path))))?;
    }
    Ok(())
}

/// What is undone; of a redo, what it brings again.
fn work(store: &Store, plan: &Plan, print: &dyn Fn(&str) -> Result<()>) -> Result<()> {
    let rows = store.rows();
    for unit in &plan.work {
        let again: Vec<&Row> = match plan.cause {
            Cause::Undo | Cause::Task => Vec::new(),
            Cause::Redo => rows.iter().filter(|row| unit.before.undid.contains(&row.id)).collect(),
        };
        match plan.cause {
            Cause::Redo if again.is_empty() => print(&format!("redo what was undone ({})", age(&unit.before)))?,
            Cause::Redo => {
                again.into_iter().try_for_each(|row| print(&format!("redo {} ({})", words(row), age(row))))?;
            }
            Cause::Undo | Cause::Task => print(&format!("undo {} ({})", words(&unit.before), age(&unit.before)))?,
        }
    }
    Ok(())
}

fn end(plan: &Plan, manner: &Manner<'_>, goes: bool, notes: &[String]) -> Result<()> {
    let print = manner.say;
    let all: Vec<&String> = notes.iter().chain(&plan.notes).collect();
    for note in all.iter().take(NOTES) {
        print(&format!("note: {}", one_line(note)))?;
    }
    if all.len() > NOTES {
        print(&format!("note: … and {} more of these; --json lists all", all.len() - NOTES))?;
    }
    let count = plan.actions.len() + plan.revived.len() + plan.refilled.len();
    let paths = if count == 1 { "1 path".to_owned() } else { format!("{count} paths") };
    if plan.is_empty() {
        print("nothing to do: all is as it was")
    } else if goes {
        let back = match plan.cause {
            Cause::Undo | Cause::Task => "agent redo",
            Cause::Redo => "agent undo",
        };
        print(&format!("done: {paths}; `{back}` takes it back"))
    } else if manner.dry_run {
        print(&format!("{paths} would be changed; nothing was (--dry-run)"))
    } else {
        Ok(())
    }
}

fn document(store: &Store, plan: &Plan, done: bool, checkpoint: u64, notes: &[String]) -> serde_json::Value {
    let text = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
    let lines = if done { Vec::new() } else { store.action_lines(plan.actions.values()) };
    let counts = lines.into_iter().map(Some).chain(std::iter::repeat(None));
    let actions: Vec<serde_json::Value> = plan
        .actions
        .iter()
        .zip(counts)
        .map(|((path, action), counts)| {
            let mut row = json!({"path": text(path), "action": verb(action).replace(' ', "_")});
            if let (Some((added, removed)), Some(row)) = (counts, row.as_object_mut()) {
                row.insert("added".into(), added.into());
                row.insert("removed".into(), removed.into());
            }
            row
        })
        .collect();
    json!({
        "done": done,
        "work": plan.work.iter().map(|unit| &unit.before).collect::<Vec<&Row>>(),
        "paths": actions,
        "newer": plan.newer.iter().map(|path| text(path)).collect::<Vec<String>>(),
        "blocked": plan.blocked,
        "repositories": plan.revived.iter().chain(&plan.refilled).map(|path| text(path)).collect::<Vec<String>>(),
        "notes": notes.iter().chain(&plan.notes).collect::<Vec<&String>>(),
        "checkpoint": done.then_some(checkpoint),
    })
}

fn list(store: &Store, json: bool) -> Result<u8> {
    let rows = store.rows();
    for row in rows.iter().rev() {
        if json {
            print_json(&serde_json::to_string(row).unwrap_or_default())?;
            continue;
        }
        let phase = if row.is_before() { "before" } else { "after" };
        let changed = match (row.is_before(), row.changed) {
            (true, _) => String::new(),
            (false, 1) => "1 change".into(),
            (false, many) => format!("{many} changes"),
        };
        print(&format!("{:>5}  {phase:<6}  {:<12}  {changed:<12}  {}", row.id, age(row), words(row)))?;
    }
    if rows.is_empty() && !json {
        print("there are no checkpoints of this folder yet; each task that changes something makes two")?;
    }
    Ok(0)
}

fn words(row: &Row) -> String {
    match row.cause {
        Cause::Task => format!("\"{}\"", one_line(&row.words)),
        Cause::Undo => "an undo".into(),
        Cause::Redo => "a redo".into(),
    }
}

/// How long ago, in words.
fn age(row: &Row) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let seconds = now.saturating_sub(u128::from(row.time_ms)) / 1000;
    match seconds {
        0..60 => "just now".into(),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}
