//! `agent login`: a key or tokens from the user, checked, kept, and said where. Never shows one.

use super::args::Login;
use super::secret::{self, Person, Typed};
use super::{model, print, say};
use crate::auth::check::{Verdict, check};
use crate::auth::oauth::device::Device;
use crate::auth::oauth::{Client, flow};
use crate::auth::stored::{Stored, What, origin};
use crate::auth::vault::{Kept, Vault};
use crate::base::secret::Secret;
use crate::base::{Error, Kind, Result};
use crate::config::Config;
use crate::config::logins::Place;
use crate::config::paths::Environment;
use crate::config::providers::{self, Provider, shown};
use crate::disk::Disk;
use crate::net::http::host;
use crate::process::browser;
use crate::text::sanitise::sanitise;

/// Providers whose access is no key of ours to keep, and where it comes from.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    (
        "bedrock",
        "AWS credentials: AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and its companions, or ~/.aws",
        "aws sso login, or aws configure, or export AWS_BEARER_TOKEN_BEDROCK=…",
    ),
    ("vertex", "Google Cloud credentials", "gcloud auth application-default login"),
];

/// What there is to be stored.
struct Got {
    what: What,
    /// Shown with "stored".
    checked: String,
}

/// How it went: a thing to store, or an end with this exit code.
enum Way {
    Store(Got),
    End(u8),
}

pub fn main(args: &Login, environment: &Environment) -> Result<u8> {
    let config = Config::load(environment, false, &args.config)?;
    let mut person = Person::here()?;
    let name = match (&args.provider, person.as_mut()) {
        (Some(name), _) => name.clone(),
        (None, Some(person)) => match choose(person, &config, environment)? {
            Ok(name) => name,
            Err(code) => return Ok(code),
        },
        (None, None) => {
            return Err(Error::usage(format!("whose key? one of {}", names(&config).join(", ")))
                .hint("echo \"$KEY\" | agent login PROVIDER"));
        }
    };
    if let Some((name, what, how)) = ELSEWHERE.iter().find(|(known, _, _)| *known == name) {
        print(&format!("`{name}` uses your {what}; agent stores none\nto get them: {how}"))?;
        return Ok(0);
    }
    let provider = providers::find(&name, &config, environment)?;
    let client = Client::of(&name, &config)?;
    if provider.local && client.is_none() {
        print(&format!("`{name}` runs on this machine, at {}, and needs no key", shown(&provider.base_url)))?;
        print(&format!("if yours wants one: providers.{name}.key_env = \"A_NAME\" in the configuration"))?;
        return Ok(0);
    }
    // Looked at before the user does anything, so that nothing is asked for in vain.
    let vault = Vault::open(&config, environment, Disk::default())?;
    vault.names()?;
    match get(args, &provider, client.as_ref(), person, &config, environment)? {
        Way::Store(got) => {
            let stored = Stored { what: got.what, origin: Some(origin(&provider.base_url)) };
            let kept = vault.put(&name, &stored, &crate::store::log::now())?;
            tell(&provider, &got.checked, &kept, &vault, environment)?;
            Ok(0)
        }
        Way::End(code) => Ok(code),
    }
}

/// Gets it the way that the user asked for, or the one that this provider has.
fn get(
    args: &Login,
    provider: &Provider,
    client: Option<&Client>,
    mut person: Option<Person>,
    config: &Config,
    environment: &Environment,
) -> Result<Way> {
    let browses = provider.name == "openrouter" && args.browser;
    if !browses && client.is_none() {
        if args.browser || args.device {
            let flag = if args.browser { "--browser" } else { "--device" };
            return Err(Error::usage(format!("`{}` has no login for {flag}; it takes a key", provider.name))
                .hint(format!("agent login {}", provider.name)));
        }
        return typed(args, provider, person, config);
    }
    let runtime = super::run::runtime()?;
    let login = async {
        match client {
            Some(client) if !browses => tokens(args, client, config, environment).await,
            _ => openrouter(provider, config, environment).await,
        }
    };
    let way = runtime.block_on(async {
        match person.as_mut() {
            Some(person) => tokio::select! {
                got = login => got.map(Way::Store),
                Some(signal) = person.signals().recv() => Ok(Way::End(signal.exit())),
            },
            None => login.await.map(Way::Store),
        }
    });
    runtime.shutdown_background();
    way
}

/// A key that is typed or piped in.
fn typed(args: &Login, provider: &Provider, mut person: Option<Person>, config: &Config) -> Result<Way> {
    let name = &provider.name;
    let text = match person.as_mut() {
        Some(person) => match person.hidden(&question(provider))? {
            Typed::Text(text) => text,
            Typed::Left(signal) => return Ok(Way::End(signal.exit())),
        },
        None => secret::piped(name)?,
    };
    let key = secret::key(&text)?;
    if args.no_check {
        return Ok(Way::Store(Got { what: What::Key(key), checked: "not checked".into() }));
    }
    let runtime = super::run::runtime()?;
    let network = model::network(config);
    let verdict = runtime.block_on(async {
        let look = check(provider, &key, &network);
        match person.as_mut() {
            Some(person) => tokio::select! {
                verdict = look => Ok(verdict),
                Some(signal) = person.signals().recv() => Err(signal),
            },
            None => Ok(look.await),
        }
    });
    runtime.shutdown_background();
    match verdict {
        Ok(Verdict::Good) => Ok(Way::Store(Got { what: What::Key(key), checked: "checked".into() })),
        Ok(Verdict::Unknown(why)) => {
            Ok(Way::Store(Got { what: What::Key(key), checked: format!("not checked: {}", sanitise(&why)) }))
        }
        Ok(Verdict::Rejected(why)) => Err(Error::new(Kind::Auth, format!("{why}; it was not stored"))
            .hint(format!("make a new one where `{name}` gives them out, or use --no-check"))),
        Err(signal) => Ok(Way::End(signal.exit())),
    }
}

/// Asks for a key, and says where it will go.
fn question(provider: &Provider) -> String {
    format!("the key for {} at {} (it is not shown): ", provider.name, host(&provider.base_url))
}

/// Tokens from a server of the user's.
async fn tokens(args: &Login, client: &Client, config: &Config, environment: &Environment) -> Result<Got> {
    let (network, clock) = (model::network(config), model::clock());
    let here = !args.device && (args.browser || browser::is_possible(environment) || client.device_url.is_none());
    let tokens = match (client.authorize_url.as_deref().filter(|_| here), &client.device_url) {
        (Some(url), _) => flow::browser(client, url, &network, &clock, |address| open(address, environment)).await?,
        (None, Some(url)) if !args.browser => {
            flow::device(client, url, &network, &clock, |device| guide(device, environment)).await?
        }
        (None, _) => {
            let (flag, field) = if args.device { ("--device", "device") } else { ("--browser", "authorize") };
            let what = format!("{flag} needs `providers.{}.oauth_{field}_url`", client.provider);
            return Err(Error::usage(what).hint("agent config keys"));
        }
    };
    Ok(Got { what: What::Tokens(tokens), checked: "logged in".into() })
}

async fn openrouter(provider: &Provider, config: &Config, environment: &Environment) -> Result<Got> {
    let network = model::network(config);
    // The page and the API are on one server, wherever it was moved to.
    let base = provider.base_url.trim_end_matches("/api/v1");
    let key: Secret = flow::openrouter(base, &network, |address| open(address, environment)).await?;
    Ok(Got { what: What::Key(key), checked: "given by openrouter".into() })
}

/// Opens an address, or shows it where that is not possible.
fn open(address: &str, environment: &Environment) {
    let opened = browser::open(address, environment);
    let how =
        if opened { "your browser opens; if it does not, open" } else { "open this in a browser on this machine" };
    say(&format!("{how}:\n  {}\nwaiting for it…\n", sanitise(address)));
}

/// What to do on the other device.
fn guide(device: &Device, environment: &Environment) {
    let (address, code) = (sanitise(&device.address), sanitise(&device.user_code));
    say(&format!("open {address} on any device, and type this code:\n\n  {code}\n\nwaiting for it…\n"));
    browser::open(device.complete_address.as_ref().unwrap_or(&device.address), environment);
}

/// Says what was stored where, and how to get rid of it.
fn tell(provider: &Provider, checked: &str, kept: &Kept, vault: &Vault, environment: &Environment) -> Result<()> {
    let name = &provider.name;
    let place = match kept.place {
        Place::Keyring => "in the system's keyring".to_owned(),
        Place::File => format!("in {}, which only you can read", vault.file().display()),
    };
    print(&format!("{name}: {checked}; stored {place}"))?;
    if let Some(why) = &kept.refused {
        print(&format!("the keyring was not used: {}", sanitise(why)))?;
    }
    if kept.left_behind {
        print(&format!("an older key of {name} is still in the keyring, under `agent`; remove it there"))?;
    }
    if let Some(variable) = provider.key_env.as_deref().filter(|variable| environment.get(variable).is_some()) {
        print(&format!("{variable} is set and wins over it"))?;
    }
    print(&format!("to remove it: agent logout {name}"))
}

/// All that may have a key.
pub(super) fn names(config: &Config) -> Vec<String> {
    providers::names(config)
        .into_iter()
        .filter(|name| providers::preset(name).is_none_or(|preset| !preset.key_env.is_empty()))
        .collect()
}

/// A list to choose from; the exit code where the user leaves.
fn choose(person: &mut Person, config: &Config, environment: &Environment) -> Result<std::result::Result<String, u8>> {
    let names = names(config);
    for (index, name) in names.iter().enumerate() {
        let variable = providers::find(name, config, environment).ok().and_then(|provider| provider.key_env);
        let set = variable.filter(|variable| environment.get(variable).is_some());
        let note = match (set, config.logins().get(name)) {
            (Some(variable), _) => format!("{variable} is set"),
            (None, Some(login)) => format!("stored in the {}", login.place.name()),
            (None, None) => String::new(),
        };
        say(&format!("{:>4}  {name:<16} {note}\n", index + 1));
    }
    loop {
        let text = match person.line("whose key? a number or a name: ")? {
            Typed::Text(text) => text,
            Typed::Left(signal) => return Ok(Err(signal.exit())),
        };
        let by_number = text.parse::<usize>().ok().and_then(|number| names.get(number.checked_sub(1)?));
        match by_number.or_else(|| names.iter().find(|name| **name == *text)) {
            Some(name) => return Ok(Ok(name.clone())),
            None if text.is_empty() => return Err(Error::usage("no provider was chosen")),
            None => say("there is none of that number or name\n"),
        }
    }
}
