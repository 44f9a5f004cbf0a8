//! `agent trust`, and what of a project takes effect in a run.

use super::args::{Common, Run, Trust as Args};
use super::print;
use super::secret::{Person, Typed};
use crate::base::{Error, Kind, Result};
use crate::config::Config;
use crate::config::paths::Environment;
use crate::config::project;
use crate::config::trust::{Looked, Standing, Trust};
use crate::disk::Disk;
use crate::headless::trust as text;
use crate::policy::trust::{Sort, content_hash};
use crate::workspace::place::Place;
use serde_json::json;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};

pub fn main(args: &Args, environment: &Environment) -> Result<u8> {
    let folder = Environment::working_folder()?.join(args.cd.as_deref().unwrap_or(Path::new("")));
    let place = Place::new(&folder, &[], environment.home().ok().as_deref()).map_err(|error| {
        Error::io("open", folder.display(), &error).kind(Kind::Usage).hint("-C takes a folder that exists")
    })?;
    let root = root(&place);
    if args.revoke {
        return revoke(root, args.json, environment);
    }
    let config = Config::load(environment, false, &[])?;
    let looked = project::look(root, &config, environment, None)?;
    if args.json {
        print(&as_json(&looked).to_string())?;
        return Ok(0);
    }
    let asks = !args.show && matches!(looked.standing, Standing::New | Standing::Changed);
    let person = if asks { Person::here()? } else { None };
    show(&looked, person.is_some())?;
    match &looked.standing {
        _ if args.show => Ok(0),
        Standing::Nothing | Standing::Trusted { .. } | Standing::Once => Ok(0),
        Standing::New | Standing::Changed => ask(&looked, person, environment),
        Standing::Never { .. } => Err(config.managed().forbids("trust in a project", "trust")),
    }
}

/// Where somebody is asked, on standard error: they have to see what they say yes to.
fn show(looked: &Looked, asks: bool) -> Result<()> {
    let shown = shown(looked);
    if let Some(trouble) = &looked.trouble {
        super::report(trouble);
    }
    match asks {
        true => stderr().write_all(shown.as_bytes()).map_err(|error| Error::io("write", "standard error", &error)),
        false => print(shown.trim_end()),
    }
}

/// How a project stands, and what it brings.
pub(super) fn shown(looked: &Looked) -> String {
    let mut shown = text::standing(&looked.root.to_string_lossy(), &said(looked));
    if looked.standing != Standing::Nothing || !looked.brought.passed.is_empty() {
        shown.push_str(&text::question(&looked.question()));
    }
    shown
}

/// The root that a project's files are looked for at.
pub(super) fn root(place: &Place) -> &Path {
    place.roots().first().map_or(place.folder(), PathBuf::as_path)
}

fn said(looked: &Looked) -> String {
    match &looked.standing {
        Standing::Nothing => "brings nothing that needs your trust".into(),
        Standing::Trusted { time } => format!("trusted as it is, since {time}"),
        Standing::Once => "trusted for this run".into(),
        Standing::New => "not trusted: nothing of this takes effect".into(),
        Standing::Changed => "changed since you trusted it: nothing of this takes effect".into(),
        Standing::Never { policy } => format!("not trusted: {policy} lets nobody trust projects"),
    }
}

fn ask(looked: &Looked, person: Option<Person>, environment: &Environment) -> Result<u8> {
    let trust = Trust::of(environment, Disk::default())?;
    trust.check(&looked.root, &looked.brought)?;
    let Some(mut person) = person else {
        return Err(Error::usage("trust is given at a terminal, and standard input or standard error is none")
            .hint("`agent run --trust-project HASH` trusts for one run what has exactly this hash"));
    };
    let question = "Trust this project, as it is shown here? Any later change asks again. [y/N] ";
    let yes = match person.line(question)? {
        Typed::Text(text) => matches!(text.to_ascii_lowercase().as_str(), "y" | "yes"),
        Typed::Left(signal) => return Ok(signal.exit()),
    };
    if !yes {
        print("not trusted")?;
        return Ok(1);
    }
    // What was shown, not what may lie there by now.
    trust.trust(&looked.root, &looked.brought, &crate::store::log::now())?;
    print("trusted; `agent trust --revoke` takes it back")?;
    Ok(0)
}

fn revoke(root: &Path, json: bool, environment: &Environment) -> Result<u8> {
    let revoked = Trust::of(environment, Disk::default())?.revoke(root)?;
    if json {
        print(&json!({ "root": root.to_string_lossy(), "revoked": revoked }).to_string())?;
    } else {
        print(if revoked { "trusted no more" } else { "it was not trusted" })?;
    }
    Ok(0)
}

fn as_json(looked: &Looked) -> serde_json::Value {
    let question = looked.question();
    let change = |path: &str| question.changes.iter().find(|change| change.path == path);
    let files: Vec<_> = looked
        .brought
        .items
        .iter()
        .map(|item| {
            json!({
                "path": item.path,
                "kind": Sort::of(&item.path).name(),
                "executable": item.executable,
                "bytes": item.bytes.len(),
                "sha256": content_hash(&item.bytes),
                "change": change(&item.path).map(text::word),
            })
        })
        .collect();
    let gone = question.changes.iter().filter(|change| looked.brought.get(&change.path).is_none());
    json!({
        "root": looked.root.to_string_lossy(),
        "standing": looked.standing.name(),
        "since": match &looked.standing {
            Standing::Trusted { time } => Some(time),
            Standing::Nothing | Standing::Once | Standing::New | Standing::Changed | Standing::Never { .. } => None,
        },
        "hash": question.hash,
        "files": files,
        "removed": gone.map(|change| change.path.as_str()).collect::<Vec<_>>(),
        "passed": looked.brought.passed.iter().map(|passed| json!({ "path": passed.path, "what": passed.what })).collect::<Vec<_>>(),
        "obstacles": question.obstacles,
        "refused": question.refused,
        "trouble": looked.trouble.as_ref().map(|error| error.message.as_str()),
    })
}

/// Lets a trusted project narrow the configuration of a run, and gives what the user should know of it. Nobody is asked here.
pub fn bring(
    common: &Common,
    bare: bool,
    place: &Place,
    config: &mut Config,
    environment: &Environment,
) -> Result<Vec<String>> {
    let mut notices = Vec::new();
    if !bare {
        let looked = project::look(root(place), config, environment, common.trust_project.as_deref())?;
        notices = looked.take_effect(config, environment)?;
    }
    // The mode may have been set since it was loaded.
    config.constrain(environment)?;
    notices.extend(config.notices().iter().cloned());
    Ok(notices)
}

/// The same in the working folder, for `agent config show`.
pub fn here(config: &mut Config, environment: &Environment) -> Result<Vec<String>> {
    let mut notices = Vec::new();
    if let Ok(place) = Place::new(&Environment::working_folder()?, &[], environment.home().ok().as_deref()) {
        notices = project::look(root(&place), config, environment, None)?.take_effect(config, environment)?;
    }
    notices.extend(config.notices().iter().cloned());
    Ok(notices)
}

/// A managed policy may want every session kept.
pub fn keep_sessions(args: &Run, config: &Config) -> Result<()> {
    if args.ephemeral && config.managed().keeps_sessions() {
        return Err(config.managed().forbids("--ephemeral", "audit"));
    }
    Ok(())
}
