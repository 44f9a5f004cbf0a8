//! `agent sandbox hosts`: the lists there are, what is allowed now, and what was denied lately with what would allow it.

use super::args::Jail;
use super::print;
use crate::base::access::Network;
use crate::base::{Error, Kind, Result};
use crate::config::Config;
use crate::config::approvals::Approvals;
use crate::config::hosts::{self, NamedList, Opening, Way};
use crate::config::paths::Environment;
use crate::disk::Disk;
use crate::policy::hosts::{HostRule, Remedy};
use crate::policy::meaning::Meaning;
use crate::store::denials::{self, Denial};
use crate::text::host::{Host, Pattern, Target};
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
    let opening = answered(opening, &config, &project, environment)?;
    let rows: Vec<Row> = denied.into_iter().map(|denial| row(denial, &config, &opening)).collect();
    if as_json {
        print(&in_json(&lists, &opening, &rows).to_string())?;
        return Ok(0);
    }
    print_lists(&lists)?;
    let lines = allowed(&opening, &config, args.net.is_some()).into_iter().chain(denied_lines(&rows));
    lines.into_iter().try_for_each(|line| print(&line))?;
    Ok(0)
}

/// The hosts that commands may reach, and those that were denied lately, for a screen. `net` is what `--net` says.
pub(super) fn page(config: &Config, net: Option<&str>, project: &Path, environment: &Environment) -> Result<String> {
    let opening = hosts::resolve(config, net)?;
    let denied = denials::lately(&environment.state_folder()?, project, MOST);
    let opening = answered(opening, config, project, environment)?;
    let rows: Vec<Row> = denied.into_iter().map(|denial| row(denial, config, &opening)).collect();
    let mut lines = vec!["hosts that commands may reach".to_owned()];
    lines.extend(allowed(&opening, config, net.is_some()));
    if opening.ask {
        lines.push("and what you allowed for this session".into());
    }
    lines.extend(denied_lines(&rows));
    lines.extend([String::new(), "`agent sandbox hosts` lists the named lists too".into()]);
    Ok(lines.join("\n"))
}

fn project(cd: Option<&Path>, environment: &Environment) -> Result<PathBuf> {
    let here = Environment::working_folder()?;
    let folder = cd.map_or_else(|| here.clone(), |cd| here.join(cd));
    let place = Place::new(&folder, &[], environment.home().ok().as_deref())
        .map_err(|error| Error::io("open", folder.display(), &error).kind(Kind::Usage))?;
    Ok(place.roots().first().map_or(folder, PathBuf::clone))
}

/// With the hosts that earlier answers opened, where those count.
fn answered(mut opening: Opening, config: &Config, project: &Path, environment: &Environment) -> Result<Opening> {
    if !opening.ask || !config.limits().remember {
        return Ok(opening);
    }
    let approvals = Approvals::load(environment, project, Disk::default())?;
    for answer in approvals.answers() {
        if let Meaning::Connect { host, port } = &answer.meaning
            && config.managed().permits_host(host, *port)
            && let Ok(host) = Host::parse(host)
        {
            let pattern = Pattern::Host(host);
            opening.rules.push(HostRule { pattern, port: *port, private: false, from: "an answer of yours".into() });
        }
    }
    Ok(opening)
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

fn allowed(opening: &Opening, config: &Config, flagged: bool) -> Vec<String> {
    let source = match config.source("network.allow") {
        Some(source) if !flagged => format!("network.allow, {source}"),
        Some(_) | None => "--net".into(),
    };
    let asked = if opening.ask { "; what is not on it is asked for" } else { "" };
    let is_empty = opening.rules.iter().next().is_none();
    let all = match opening.network {
        Network::Off => format!("allowed now ({source}): nothing, the network of commands is off"),
        Network::Full => format!("allowed now ({source}): everything"),
        Network::Hosts if is_empty && opening.ask => {
            format!("allowed now ({source}): nothing; each host is asked for")
        }
        Network::Hosts => format!("allowed now ({source}){asked}:"),
    };
    let rule = |rule: &HostRule| {
        let private = if rule.private { ", private addresses too" } else { "" };
        format!("  {rule}  ({}{private})", rule.from)
    };
    [String::new(), all].into_iter().chain(opening.rules.iter().map(rule)).collect()
}

fn denied_lines(rows: &[Row]) -> Vec<String> {
    if rows.is_empty() {
        return vec![String::new(), "denied lately in this project: nothing".into()];
    }
    let mut lines = vec![String::new(), "denied lately in this project:".to_owned()];
    for Row { denial, allowed_now, way } in rows {
        let when = denial.time.get(..16).unwrap_or_default().replace('T', " ");
        let times = if denial.times > 1 { format!(", {} times", denial.times) } else { String::new() };
        let host = one_line(&denial.host);
        let place = if denial.port == 0 { host } else { format!("{host}:{}", denial.port) };
        lines.push(format!("  {when}  {place}: {}{times}", one_line(&denial.why)));
        match way {
            Some(way) => {
                lines.push(format!("    for one run:  {}", way.flags));
                for (number, line) in way.lines.iter().enumerate() {
                    lines.push(format!("    {}  {line}", if number == 0 { "for good:   " } else { "            " }));
                }
            }
            None if *allowed_now => lines.push("    it is allowed now".into()),
            None => lines.push("    no setting for this name allows it".into()),
        }
    }
    lines
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
