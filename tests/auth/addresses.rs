//! Providers whose address has to be completed, and whose models are served in different places.

use crate::support::{self, Project, Reply, Server, TokenUse};
use agent::base::Kind;
use agent::base::message::Message;
use agent::base::model::{Family, ModelCall, Thinking, Wire};
use agent::base::secret::Secret;
use agent::config::choose::choose;
use agent::config::keys;
use agent::config::paths::Environment;
use agent::config::providers::{self, Credentials};
use agent::config::{Config, Source, catalog, families};
use agent::net::Header;
use agent::provider::{Endpoint, codec};
use std::collections::BTreeMap;
use std::ffi::OsString;

/// Names and values.
type Pairs = Vec<(&'static str, &'static str)>;

fn environment(pairs: &[(&str, &str)]) -> Environment {
    let pairs: Vec<(String, OsString)> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
    Environment::from_made(&pairs)
}

fn config(pairs: &[(&str, &str)]) -> Config {
    let mut config = Config::default();
    for (key, value) in pairs {
        let value = keys::find(key).unwrap().parse_text(value).unwrap();
        config.set(key, value, Source::CommandLine);
    }
    config
}

fn address(name: &str, own: &[(&str, &str)], variables: &[(&str, &str)]) -> agent::base::Result<String> {
    providers::find(name, &config(own), &environment(variables)).map(|provider| provider.base_url)
}

#[test]
fn an_address_is_completed_from_configuration_and_environment() {
    let runtime = |region: &str| format!("https://bedrock-runtime.{region}.amazonaws.com");
    let table: Vec<(&str, Pairs, Pairs, String)> = vec![
        (
            "bedrock",
            vec![],
            vec![("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "us-east-1")],
            runtime("eu-west-1"),
        ),
        ("bedrock", vec![], vec![("AWS_DEFAULT_REGION", "us-east-1")], runtime("us-east-1")),
        (
            "bedrock",
            vec![("providers.bedrock.region", "sa-east-1")],
            vec![("AWS_REGION", "eu-west-1")],
            runtime("sa-east-1"),
        ),
        (
            "bedrock",
            vec![],
            vec![("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://localhost:1/")],
            "http://localhost:1".into(),
        ),
        ("azure", vec![], vec![("AZURE_OPENAI_RESOURCE", "mine")], "https://mine.openai.azure.com/openai/v1".into()),
        ("azure", vec![("providers.azure.resource", "our")], vec![], "https://our.openai.azure.com/openai/v1".into()),
        (
            "azure",
            vec![],
            vec![("AZURE_OPENAI_ENDPOINT", "https://x.openai.azure.com/")],
            "https://x.openai.azure.com/openai/v1".into(),
        ),
        (
            "azure",
            vec![],
            vec![("AZURE_OPENAI_ENDPOINT", "https://x.services.ai.azure.com/openai/v1/")],
            "https://x.services.ai.azure.com/openai/v1".into(),
        ),
        (
            "azure",
            vec![("providers.azure.base_url", "https://proxy/openai/v1")],
            vec![("AZURE_OPENAI_ENDPOINT", "https://x")],
            "https://proxy/openai/v1".into(),
        ),
    ];
    for (name, own, variables, expected) in table {
        assert_eq!(address(name, &own, &variables).unwrap(), expected, "{name} {own:?} {variables:?}");
    }
}

#[test]
fn a_hole_that_stays_open_says_how_to_fill_it() {
    let table = [
        ("bedrock", vec![], "the address of `bedrock` needs a region", "AWS_REGION", "providers.bedrock.region"),
        (
            "azure",
            vec![],
            "the address of `azure` needs a resource",
            "AZURE_OPENAI_RESOURCE",
            "providers.azure.resource",
        ),
        ("bedrock", vec![("AWS_REGION", "evil.example/x")], "is not a name", "AWS_REGION", "region"),
        ("azure", vec![("AZURE_OPENAI_RESOURCE", "a@b")], "is not a name", "AZURE", "resource"),
    ];
    for (name, variables, message, variable, key) in table {
        let error = address(name, &[], &variables).unwrap_err();
        assert_eq!(error.kind, Kind::Config);
        assert!(error.message.contains(message), "{error}");
        assert!(error.hints[0].contains(variable) && error.hints[0].contains(key), "{:?}", error.hints);
    }
}

#[test]
fn keys_and_credentials_go_where_the_provider_wants_them() {
    let region = [("AWS_REGION", "eu-west-1")];
    let azure = providers::find("azure", &Config::default(), &environment(&[("AZURE_OPENAI_RESOURCE", "r")])).unwrap();
    assert_eq!((azure.key_header, azure.credentials), (Some("api-key"), Credentials::Key));
    let bedrock = providers::find("bedrock", &Config::default(), &environment(&region)).unwrap();
    assert_eq!((bedrock.key_header, bedrock.credentials), (None, Credentials::Aws));
    // Without a bearer token requests are signed, so there is no error; with one, it is the key.
    assert!(agent::auth::keys::find(&bedrock, None, &Config::default(), &environment(&region)).unwrap().is_none());
    let token = environment(&[("AWS_BEARER_TOKEN_BEDROCK", "t")]);
    assert!(agent::auth::keys::find(&bedrock, None, &Config::default(), &token).unwrap().is_some());
    assert!(agent::auth::keys::find(&azure, None, &Config::default(), &environment(&[])).is_err());
}

#[test]
fn a_key_is_sent_in_the_header_of_its_provider() {
    let endpoint = Endpoint {
        provider: "azure".into(),
        base_url: "https://r.openai.azure.com/openai/v1".into(),
        key: Some(Secret::new("sesame")),
        key_header: Some("api-key"),
        official: false,
        ..Endpoint::default()
    };
    let own = config(&[("model", "azure/our-deployment")]);
    let model = choose(&own, &environment(&[("AZURE_OPENAI_RESOURCE", "r")])).unwrap().remove(0).model;
    let call = ModelCall {
        model: &model,
        system: "",
        tools: &[],
        messages: &[Message::user("hi")],
        max_output: 100,
        effort: None,
        cache_key: "",
        images: &BTreeMap::new(),
    };
    let request = codec(Wire::Responses, endpoint).encode(&call).unwrap();
    assert_eq!(request.url, "https://r.openai.azure.com/openai/v1/responses");
    let secrets: Vec<String> = request
        .headers
        .iter()
        .filter_map(|(name, value)| match value {
            Header::Secret(before, key) => Some(format!("{name}: {before}{}", key.expose())),
            Header::Plain(_) => None,
        })
        .collect();
    assert_eq!(secrets, ["api-key: sesame"]);
    assert!(String::from_utf8(request.body).unwrap().contains(r#""model":"our-deployment""#));
}

/// With a Bedrock API key a task runs to its end on the preset, at the prices of the catalog.
#[test]
fn a_task_runs_on_bedrock_with_a_bearer_token() {
    let usage = TokenUse { input: 1_000_000, cached: 0, cache_written: 0, output: 0, reasoning: 0 };
    let server = Server::start(support::Wire::Converse, vec![Reply::text("All said.").usage(usage).into()]);
    let url = server.url();
    let project = Project::new()
        .server(server)
        .env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", &url)
        .env("AWS_BEARER_TOKEN_BEDROCK", "bedrock-api-key-123")
        .env("AGENT_MODEL", "bedrock/us.anthropic.claude-sonnet-5");
    let outcome = project.run(&["--json", "say it"]).code(0);
    project.model_server().assert_no_violations();
    let requests = project.model_server().requests();
    assert_eq!(requests[0].path, "/model/us.anthropic.claude-sonnet-5/converse-stream");
    assert_eq!(requests[0].header("authorization").as_deref(), Some("Bearer bedrock-api-key-123"));
    assert_eq!(
        (&outcome.outcome()["summary"], &outcome.outcome()["cost_usd"]),
        (&"All said.".into(), &"2.2000".into())
    );
}

#[test]
fn secrets_go_over_tls_or_no_further_than_this_machine() {
    let safe =
        ["https://a.example", "http://localhost", "http://127.0.0.1:1/x", "http://[::1]:1", "http://me@localhost/"];
    let open = [
        "http://a.example",
        "http://localhost.example",
        "http://localhost@a.example/",
        "http://a.example?@localhost/",
        "http://a.example#@localhost/",
        "http://a.example\\@localhost/",
        "ftp://localhost",
    ];
    assert_eq!(safe.map(providers::is_safe), [true; 5]);
    assert_eq!(open.map(providers::is_safe), [false; 7]);
}

/// The whole way: that the preset names a header was not enough once.
#[test]
fn a_task_on_azure_sends_the_key_in_azures_own_header() {
    let server = Server::respond_with(support::Wire::Responses, |_| Reply::text("All said.").into());
    let url = server.url();
    let project = Project::new()
        .server(server)
        .env("AZURE_OPENAI_ENDPOINT", &url)
        .env("AZURE_OPENAI_API_KEY", "key-of-azure-1")
        .env("AGENT_MODEL", "azure/our-deployment");
    project.run(&["say it"]);
    let requests = project.model_server().requests();
    assert_eq!(requests[0].header("api-key").as_deref(), Some("key-of-azure-1"));
    assert_eq!(requests[0].header("authorization"), None);
}

#[test]
fn a_model_of_bedrocks_openai_endpoint_is_asked_where_it_is_served() {
    let mantle = |path: &str| format!("https://bedrock-mantle.eu-west-1.api.aws{path}");
    let runtime = || "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1".to_owned();
    let table = [
        ("openai.gpt-oss-120b", Wire::Chat, mantle("/v1")),
        ("openai.gpt-oss-120b-1:0", Wire::Chat, runtime()),
        ("us-gov.openai.gpt-oss-20b-1:0", Wire::Chat, runtime()),
        ("openai.gpt-5.5", Wire::Responses, mantle("/openai/v1")),
        ("openai.gpt-6-sol", Wire::Responses, mantle("/openai/v1")),
        ("global.openai.gpt-6-sol", Wire::Responses, runtime()),
        ("xai.grok-4.3", Wire::Chat, mantle("/openai/v1")),
        ("us.xai.grok-4.6", Wire::Chat, runtime()),
        ("zai.glm-5", Wire::Chat, mantle("/v1")),
    ];
    for (id, wire, base_url) in table {
        let environment = environment(&[("AWS_REGION", "eu-west-1")]);
        let choice = choose(&config(&[("model", &format!("bedrock-openai/{id}"))]), &environment).unwrap().remove(0);
        assert_eq!((choice.provider.wire, choice.model.wire, choice.provider.base_url), (wire, wire, base_url), "{id}");
        assert!(choice.model.known && choice.model.price.is_some(), "{id}: the prices of `bedrock`");
        let own = config(&[
            ("providers.bedrock-openai.base_url", "http://localhost:4000/v1"),
            ("providers.bedrock-openai.wire", "chat"),
        ]);
        let moved = providers::find_for("bedrock-openai", id, &own, &environment).unwrap();
        assert_eq!(
            (moved.wire, &*moved.base_url),
            (Wire::Chat, "http://localhost:4000/v1"),
            "what the user says holds"
        );
    }
}

#[test]
fn a_family_is_seen_through_region_and_maker() {
    let table = [
        ("anthropic.claude-sonnet-5", Family::Claude, Thinking::Adaptive),
        ("us.anthropic.claude-opus-4-6-v1", Family::Claude, Thinking::Adaptive),
        ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", Family::Claude, Thinking::Budget),
        (
            "arn:aws:bedrock:us-east-1:1:inference-profile/eu.anthropic.claude-haiku-4-5-20251001-v1:0",
            Family::Claude,
            Thinking::Budget,
        ),
        ("openai.gpt-oss-120b-1:0", Family::Openai, Thinking::Unset),
        ("us-gov.openai.gpt-oss-20b-1:0", Family::Openai, Thinking::Unset),
        ("global.openai.gpt-6-sol", Family::Openai, Thinking::Unset),
        ("us.amazon.nova-pro-v1:0", Family::Other, Thinking::Unset),
        ("notopenai.gpt-x", Family::Other, Thinking::Unset),
    ];
    for (id, family, thinking) in table {
        assert_eq!((families::family(id), families::thinking(id, true)), (family, thinking), "{id}");
    }
    let row = catalog::find(&Config::default(), "bedrock", "us.anthropic.claude-sonnet-5").unwrap().0;
    let price = row.price.unwrap();
    assert_eq!((row.context, price.input, price.cached), (1_000_000, 2_200_000, 220_000));
    assert!(catalog::find(&Config::default(), "azure", "gpt-6-sol").is_some());
}
