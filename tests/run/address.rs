//! Addresses of providers that depend on the user: project and location, from the configuration or the environment.

use agent::config::paths::Environment;
use agent::config::providers::{self, Credentials};
use agent::config::{Config, Source, keys};

/// The address of a provider with these variables and these keys of the configuration.
fn address(provider: &str, variables: &[(&str, &str)], config: &[(&str, &str)]) -> Result<String, agent::base::Error> {
    let pairs: Vec<_> = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    let mut known = Config::default();
    for (key, value) in config {
        known.set(key, keys::Value::Text((*value).to_owned()), Source::CommandLine);
    }
    providers::find(provider, &known, &Environment::from_made(&pairs)).map(|provider| provider.base_url)
}

#[test]
fn an_address_is_filled_from_the_configuration_or_the_environment() {
    let vertex =
        |host: &str, location: &str| format!("https://{host}/v1/projects/p-1/locations/{location}/publishers/google");
    let project = ("GOOGLE_CLOUD_PROJECT", "p-1");
    let near = ("GOOGLE_CLOUD_LOCATION", "europe-west1");
    let own = ("providers.vertex.project", "p-1");
    type Pairs<'a> = &'a [(&'a str, &'a str)];
    let cases: [(&str, Pairs<'_>, Pairs<'_>, String); 7] = [
        ("a region", &[project, near], &[], vertex("europe-west1-aiplatform.googleapis.com", "europe-west1")),
        ("no location", &[project], &[], vertex("aiplatform.googleapis.com", "global")),
        (
            "a continent",
            &[project, ("GOOGLE_CLOUD_LOCATION", "eu")],
            &[],
            vertex("aiplatform.eu.rep.googleapis.com", "eu"),
        ),
        ("the older variable", &[("GCLOUD_PROJECT", "p-1")], &[], vertex("aiplatform.googleapis.com", "global")),
        ("the configuration", &[], &[own], vertex("aiplatform.googleapis.com", "global")),
        (
            "the configuration wins",
            &[("GOOGLE_CLOUD_PROJECT", "p-2"), near],
            &[own],
            vertex("europe-west1-aiplatform.googleapis.com", "europe-west1"),
        ),
        (
            "an address of one's own",
            &[project],
            &[("providers.vertex.base_url", "https://gate.example.com/{project}/x/")],
            "https://gate.example.com/p-1/x".into(),
        ),
    ];
    for (name, variables, config, expected) in cases {
        assert_eq!(address("vertex", variables, config).unwrap(), expected, "{name}");
    }
}

#[test]
fn an_address_that_cannot_be_filled_says_what_is_missing() {
    let error = address("vertex", &[], &[]).unwrap_err();
    assert_eq!(
        error.message,
        "the address of `vertex` needs a project: GOOGLE_CLOUD_PROJECT or GCLOUD_PROJECT is not set"
    );
    assert_eq!(error.hints, ["export GOOGLE_CLOUD_PROJECT=…, or set providers.vertex.project in the configuration"]);
    let own = [("providers.mine.wire", "chat"), ("providers.mine.base_url", "https://{region}.example.com/v1")];
    let error = address("mine", &[], &own).unwrap_err();
    assert_eq!(error.message, "the address of `mine` needs a region");
    assert_eq!(error.hints, ["set providers.mine.region in the configuration"]);
    for bad in ["p/../q", "evil.test/", "a@b", "a b", "ä"] {
        let error = address("vertex", &[("GOOGLE_CLOUD_PROJECT", bad)], &[]).unwrap_err();
        assert_eq!(error.message, format!("the project of `vertex` is not a name: `{bad}`"));
    }
}

#[test]
fn googles_own_address_may_come_with_or_without_its_version() {
    let moved = |value| address("google", &[("GOOGLE_GEMINI_BASE_URL", value)], &[]).unwrap();
    assert_eq!(address("google", &[], &[]).unwrap(), "https://generativelanguage.googleapis.com/v1beta");
    assert_eq!(moved("https://gate.example.com"), "https://gate.example.com/v1beta");
    assert_eq!(moved("https://gate.example.com/"), "https://gate.example.com/v1beta");
    assert_eq!(moved("https://gate.example.com/google/v1"), "https://gate.example.com/google/v1");
}

#[test]
fn either_variable_may_hold_googles_key() {
    let key_env = |variables: &[(&str, &str)]| {
        let pairs: Vec<_> = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        providers::find("google", &Config::default(), &Environment::from_made(&pairs)).unwrap().key_env
    };
    assert_eq!(key_env(&[]).as_deref(), Some("GEMINI_API_KEY"));
    assert_eq!(key_env(&[("GOOGLE_API_KEY", "k")]).as_deref(), Some("GOOGLE_API_KEY"));
    assert_eq!(key_env(&[("GOOGLE_API_KEY", "k"), ("GEMINI_API_KEY", "k")]).as_deref(), Some("GEMINI_API_KEY"));
}

#[test]
fn vertex_is_not_local_wherever_it_points_and_has_googles_credentials() {
    let mut config = Config::default();
    let base = keys::Value::Text("http://127.0.0.1:9/v1".to_owned());
    config.set("providers.vertex.base_url", base, Source::CommandLine);
    let vertex = providers::find("vertex", &config, &Environment::default()).unwrap();
    assert_eq!((vertex.credentials, vertex.local, vertex.key_env), (Credentials::Google, false, None));
}

#[test]
fn the_models_of_vertex_are_listed_without_a_project() {
    use crate::support::Project;
    Project::new().agent(&["models", "vertex"]).code(0).stdout_has("vertex/gemini-2.5-pro");
}
