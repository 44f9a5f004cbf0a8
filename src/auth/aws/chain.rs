//! Where credentials are found, in the order of Amazon's own tools: the environment, then the profile: a single sign-on, the file of
//! credentials, a helper program, the file of configuration.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers", as far as it needs no other service than the
//! single sign-on.

use super::Keys;
use super::sso::Login;
use crate::base::secret::Secret;
use crate::base::{Error, Kind, Result};
use crate::config::aws::{self, Section, Shared};
use crate::config::paths::Environment;
use crate::process::helper::Helper;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::Deserialize;
use std::time::{Duration, SystemTime};

/// The longest a helper may take: some ask another service, or a person.
const HELPER_LIMIT: Duration = Duration::from_secs(60);

/// Where the credentials come from.
pub(super) enum Source {
    Environment(Keys),
    /// A profile that holds them.
    Files,
    /// A profile's `credential_process`.
    Process(Helper),
    Sso(Login),
}

/// The first place that has credentials.
pub(super) fn find(environment: &Environment) -> Result<Source> {
    if let Some(keys) = from_environment(environment)? {
        return Ok(Source::Environment(keys));
    }
    let (shared, profile) = (Shared::read(environment)?, aws::profile(environment));
    let (config, credentials) = (shared.config(profile), shared.credentials(profile));
    if config.is_none() && credentials.is_none() && environment.get("AWS_PROFILE").is_some() {
        return Err(Error::new(Kind::Auth, format!("there is no AWS profile `{profile}`"))
            .hint("AWS_PROFILE names one of ~/.aws/config; `aws configure list-profiles` lists them"));
    }
    for (name, what) in [("role_arn", "takes a role"), ("credential_source", "takes credentials from its machine")] {
        if shared.setting(profile, name).is_some() {
            return Err(unsupported(&format!("the AWS profile `{profile}` {what}"), profile));
        }
    }
    if let Some(config) = config.filter(|config| config.contains_key("sso_account_id")) {
        return Ok(Source::Sso(Login::of(profile, config, &shared, environment)?));
    }
    let holds = |section: Option<&Section>| section.is_some_and(|section| section.contains_key("aws_access_key_id"));
    if holds(credentials) {
        return Ok(Source::Files);
    }
    if let Some(command) = shared.setting(profile, "credential_process") {
        return helper(command, environment).map(Source::Process);
    }
    if holds(config) {
        return Ok(Source::Files);
    }
    Err(nothing(environment, profile))
}

fn from_environment(environment: &Environment) -> Result<Option<Keys>> {
    let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    match names.map(|name| environment.get(name)) {
        [None, None] => Ok(None),
        [Some(id), Some(secret)] => Ok(Some(Keys {
            id: id.trim().to_owned(),
            secret: Secret::new(secret.trim()),
            session: environment.get("AWS_SESSION_TOKEN").map(|token| Secret::new(token.trim())),
            expires: None,
        })),
        [id, _] => {
            let [first, second] = names;
            let (there, missing) = if id.is_some() { (first, second) } else { (second, first) };
            Err(Error::new(Kind::Auth, format!("{there} is set and {missing} is not")).hint("export both, or neither"))
        }
    }
}

/// What a profile holds itself, as the files are now.
pub(super) fn from_files(environment: &Environment) -> Result<Keys> {
    let (shared, profile) = (Shared::read(environment)?, aws::profile(environment));
    let holder = [shared.credentials(profile), shared.config(profile)]
        .into_iter()
        .flatten()
        .find(|section| section.contains_key("aws_access_key_id"));
    let text = |name: &str| holder.and_then(|section| section.get(name)).filter(|value| !value.is_empty());
    match (text("aws_access_key_id"), text("aws_secret_access_key")) {
        (Some(id), Some(secret)) => Ok(Keys {
            id: id.clone(),
            secret: Secret::new(secret.clone()),
            session: text("aws_session_token").map(|token| Secret::new(token.clone())),
            expires: None,
        }),
        _ => Err(Error::new(Kind::Auth, format!("the AWS profile `{profile}` has no whole credentials")).hint(
            format!("aws_access_key_id and aws_secret_access_key belong together: `aws configure --profile {profile}`"),
        )),
    }
}

fn helper(command: &str, environment: &Environment) -> Result<Helper> {
    let shell = environment.find_program("sh").ok_or_else(|| {
        Error::new(Kind::Auth, "there is no `sh` on PATH to run the credential_process of the AWS profile")
            .hint("put it on PATH, or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    })?;
    let environment = environment.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    Ok(Helper { shell, command: command.to_owned(), environment })
}

/// What a `credential_process` prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    version: u32,
    access_key_id: String,
    secret_access_key: String,
    #[serde(default)]
    session_token: Option<String>,
    #[serde(default)]
    expiration: Option<String>,
}

pub(super) async fn from_process(helper: &Helper) -> Result<Keys> {
    let printed = helper.ask(HELPER_LIMIT).await?;
    let bad = |why: &str| {
        Error::new(Kind::Auth, format!("the credential_process `{}` {why}", helper.command))
            .hint("it prints {\"Version\": 1, \"AccessKeyId\": …, \"SecretAccessKey\": …}")
    };
    // The parser's own words could quote a secret.
    let printed: Printed = serde_json::from_slice(&printed).map_err(|_| bad("did not print credentials"))?;
    if printed.version != 1 {
        return Err(bad(&format!("printed version {}, which is not known", printed.version)));
    }
    let expires =
        printed.expiration.map(|text| time(&text).ok_or_else(|| bad("printed a time that is none"))).transpose()?;
    Ok(Keys {
        id: printed.access_key_id,
        secret: Secret::new(printed.secret_access_key),
        session: printed.session_token.map(Secret::new),
        expires,
    })
}

/// A time as Amazon's tools write it (RFC 3339; older ones end it in `UTC`).
pub(super) fn time(text: &str) -> Option<SystemTime> {
    let text = text.trim().strip_suffix("UTC").map_or(text.trim().to_owned(), |text| format!("{text}Z"));
    SystemTime::try_from(DateTime::from_str(&text, Format::DateTimeWithOffset).ok()?).ok()
}

fn nothing(environment: &Environment, profile: &str) -> Error {
    let elsewhere =
        ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    if let Some(name) = elsewhere.into_iter().find(|name| environment.get(name).is_some()) {
        return unsupported(&format!("{name} names credentials that another service gives"), profile);
    }
    Error::new(
        Kind::Auth,
        format!("there are no AWS credentials: neither the environment nor the profile `{profile}` has any"),
    )
    .hint(format!("export {}=…, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", super::BEARER))
    .hint("or set up a profile with `aws configure` or `aws configure sso`, and name it in AWS_PROFILE")
}

/// Roles, web identities, containers and machines take a call of another service, which is not there.
fn unsupported(what: &str, profile: &str) -> Error {
    Error::new(Kind::Auth, format!("{what}, which is not supported"))
        .hint(format!("let the AWS command line fetch them: eval \"$(aws configure export-credentials --profile {profile} --format env)\""))
        .hint("or make a profile with credential_process = aws configure export-credentials --profile …")
}
