//! `agent sandbox hosts`: the lists there are, what is allowed now, and what was denied lately with what would allow it.

use super::args::Jail;
use super::print;
use crate::base::access::Network;
use crate::base::{Error, Kind, Result};
use crate::config::Config;
use crate::config::hosts::{self, NamedList, Opening, Way};
use crate::config::paths::Environment;
use crate::policy::hosts::{HostRule, Remedy};
use crate::store::denials::{self, Denial};
use crate::text::host::{Host, Target};
use crate::text::sanitise::one_line;
use crate::workspace::place::Place;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Denied hosts that are shown.
const MOST: usize = 30;

/// A denied host, and what can be done about it now.
struct Row {
    denial: Denial,
    allowed_now: bool,
    way: Option<Way>,
}

pub fn main(args: &Jail, as_json: bool, environment: &Environment) -> Result<u8> {
    let config = Config::load(environment, false, &args.config)?;
    let opening = hosts::resolve(&config, args.net.as_deref())?;
    let lists = hosts::lists(&config)?;
    let project = project(args.cd.as_deref(), environment)?;
    let denied = denials::lately(&environment.state_folder()?, &project, MOST);
    let rows: Vec<Row> = denied.into_iter().map(|denial| row(denial, &config, &opening)).collect();
    if as_json {
        print(&in_json(&lists, &opening, &rows).to_string())?;
        return Ok(0);
    }
    print_lists(&lists)?;
    print_allowed(&opening, &config, args.net.is_some())?;
    print_denied(&rows)?;
    Ok(0)
}

fn project(cd: Option<&Path>, environment: &Environment) -> Result<PathBuf> {
    let here = Environment::working_folder()?;
    let folder = cd.map_or_else(|| here.clone(), |cd| here.join(cd));
    let place = Place::new(&folder, &[], environment.home().ok().as_deref())
        .map_err(|error| Error::io("open", folder.display(), &error).kind(Kind::Usage))?;
    Ok(place.roots().first().map_or(folder, PathBuf::clone))
}

fn row(denial: Denial, config: &Config, opening: &Opening) -> Row {
    let target = Host::parse(&denial.host).ok().map(|host| Target { host, port: denial.port });
    let remedy = Remedy::of(&denial.why);
    let rule = target.as_ref().and_then(|target| opening.rules.find(target));
    let allowed_now = opening.network == Network::Full
        || rule.is_some_and(|rule| remedy == Remedy::Rule || (remedy == Remedy::PrivateRule && rule.private));
    let way = target.filter(|_| !allowed_now).and_then(|target| hosts::way(config, &target, remedy));
    Row { denial, allowed_now, way }
}

fn print_lists(lists: &[NamedList]) -> Result<()> {
    print("lists, for network.allow and --net:")?;
    let width = lists.iter().map(|list| list.name.len()).max().unwrap_or(0);
    for list in lists {
        let hosts: Vec<String> = list.rules.iter().map(HostRule::to_string).collect();
        let private = list.rules.iter().any(|rule| rule.private);
        let note = match (list.built_in, private) {
            (true, _) => format!(" ({})", list.help),
            (false, true) => " (yours, private addresses too)".into(),
            (false, false) => " (yours)".into(),
        };
        print(&format!("  {:width$}  {}{note}", list.name, hosts.join(", ")))?;
    }
    Ok(())
}

fn print_allowed(opening: &Opening, config: &Config, flagged: bool) -> Result<()> {
    let source = match config.source("network.allow") {
        Some(source) if !flagged => format!("network.allow, {source}"),
        Some(_) | None => "--net".into(),
    };
    let asked = if opening.ask { "; what is not on it is asked for" } else { "" };
    match opening.network {
        Network::Off => print(&format!("\nallowed now ({source}): nothing, the network of commands is off"))?,
        Network::Full => print(&format!("\nallowed now ({source}): everything"))?,
        Network::Hosts => print(&format!("\nallowed now ({source}){asked}:"))?,
    }
    for rule in opening.rules.iter() {
        let private = if rule.private { ", private addresses too" } else { "" };
        print(&format!("  {rule}  ({}{private})", rule.from))?;
    }
    Ok(())
}

fn print_denied(rows: &[Row]) -> Result<()> {
    if rows.is_empty() {
        return print("\ndenied lately in this project: nothing");
    }
    print("\ndenied lately in this project:")?;
    for Row { denial, allowed_now, way } in rows {
        let when = denial.time.get(..16).unwrap_or_default().replace('T', " ");
        let times = if denial.times > 1 { format!(", {} times", denial.times) } else { String::new() };
        let host = one_line(&denial.host);
        let place = if denial.port == 0 { host } else { format!("{host}:{}", denial.port) };
        print(&format!("  {when}  {place}: {}{times}", one_line(&denial.why)))?;
        match way {
            Some(way) => {
                print(&format!("    for one run:  {}", way.flags))?;
                for (number, line) in way.lines.iter().enumerate() {
                    print(&format!("    {}  {line}", if number == 0 { "for good:   " } else { "            " }))?;
                }
            }
            None if *allowed_now => print("    it is allowed now")?,
            None => print("    no setting for this name allows it")?,
        }
    }
    Ok(())
}

fn in_json(lists: &[NamedList], opening: &Opening, rows: &[Row]) -> Value {
    let texts = |rules: &[HostRule]| rules.iter().map(HostRule::to_string).collect::<Vec<_>>();
    let lists = lists.iter().map(|list| {
        let private = list.rules.iter().any(|rule| rule.private);
        json!({"name": list.name, "allow": texts(&list.rules), "private": private, "built_in": list.built_in})
    });
    let allowed = opening.rules.iter().map(
        |rule| json!({"host": rule.pattern.to_string(), "port": rule.port, "private": rule.private, "from": rule.from}),
    );
    let denied = rows.iter().map(|Row { denial, allowed_now, way }| {
        json!({
            "host": denial.host,
            "port": denial.port,
            "why": denial.why,
            "time": denial.time,
            "session": denial.session,
            "times": denial.times,
            "allowed_now": allowed_now,
            "flags": way.as_ref().map(|way| &way.flags),
            "lines": way.as_ref().map(|way| &way.lines),
        })
    });
    json!({
        "network": opening.network.name(),
        "ask": opening.ask,
        "lists": lists.collect::<Vec<_>>(),
        "allowed": allowed.collect::<Vec<_>>(),
        "denied": denied.collect::<Vec<_>>(),
    })
}
