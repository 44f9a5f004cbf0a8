//! Several vendors at once: their models and servers, the projects that ask them in an order, and what the ledger says after.

use crate::support::*;
use agent::base::event::Scope;
use agent::base::money::Usd;
use agent::store::ledger::{Budget, Cooling, Entry, Ledger, Standing};
use agent::store::moment;
use serde_json::Value;
use std::path::PathBuf;

/// Nothing is tried again: the next vendor is asked at once.
pub const AT_ONCE: &str = "failover.patience = \"0s\"\nnetwork.retry_budget = \"0s\"\n";

/// A model of each wire with a known price: $2, $10 and $0.20 for a million tokens of input, output and cached input, and for
/// Chat $0.30, $1.70 and $0.10.
pub fn model(wire: Wire) -> &'static str {
    match wire {
        Wire::Responses => "openai/gpt-6-sol",
        Wire::Messages => "anthropic/claude-sonnet-5",
        Wire::Chat => "lab/test-model",
        Wire::Gemini => "google/gemini-3.8-flash",
        Wire::Converse => "bedrock/us.anthropic.claude-sonnet-5",
    }
}

/// A project whose models are those of these vendors' servers, in this order. `settings` are lines of its configuration.
pub fn asking(vendors: &[(Wire, &str)], settings: &str) -> Project {
    let names: Vec<&str> = vendors.iter().map(|(wire, _)| model(*wire)).collect();
    knowing(vendors, &format!("model = {names:?}\n{settings}"))
}

/// A project that knows these vendors' servers and has their keys.
pub fn knowing(vendors: &[(Wire, &str)], settings: &str) -> Project {
    let mut config = format!("{settings}\n");
    let mut project = Project::new().file("a.txt", "one\n");
    for (wire, url) in vendors {
        match wire {
            Wire::Messages => project = project.env("ANTHROPIC_API_KEY", "key-of-one-1").env("ANTHROPIC_BASE_URL", url),
            Wire::Responses => project = project.env("OPENAI_API_KEY", "key-of-two-2").env("OPENAI_BASE_URL", url),
            Wire::Gemini => {
                project = project.env("GEMINI_API_KEY", "key-of-three-3").env("GOOGLE_GEMINI_BASE_URL", url);
            }
            Wire::Converse => {
                let names = [("AWS_BEARER_TOKEN_BEDROCK", "key-of-four-4"), ("AWS_REGION", "us-east-1")];
                project = names.into_iter().fold(project, |project, (name, value)| project.env(name, value));
                project = project.env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", url);
            }
            // With a key it is no server of this machine, which would be asked for its models first.
            Wire::Chat => {
                project = project.env("LAB_API_KEY", "key-of-five-5");
                config.push_str(&format!("providers.lab.wire = \"chat\"\nproviders.lab.key_env = \"LAB_API_KEY\"\nproviders.lab.base_url = \"{url}\"\nmodels.\"lab/test-model\".input = 0.3\nmodels.\"lab/test-model\".output = 1.7\nmodels.\"lab/test-model\".cache_read = 0.1\n"));
            }
        }
    }
    project.config(&config)
}

/// What an answer used.
pub fn paid() -> TokenUse {
    TokenUse { input: 4000, cached: 1000, cache_written: 0, output: 321, reasoning: 0 }
}

/// Micro-dollars.
pub fn micro(value: &Value) -> u64 {
    let text = value.as_str().unwrap_or_else(|| panic!("no amount: {value}"));
    let (whole, decimals) = text.split_once('.').expect("an amount with decimals");
    whole.parse::<u64>().expect("digits") * 1_000_000 + format!("{decimals:0<6}").parse::<u64>().expect("digits")
}

/// `agent cost --json ARGS`.
#[track_caller]
pub fn costs(project: &Project, args: &[&str]) -> Value {
    let outcome = project.agent(&[&["cost", "--json"], args].concat()).code(0);
    serde_json::from_str(&outcome.stdout).expect("JSON")
}

pub fn state(project: &Project) -> PathBuf {
    project.home().join(".local/state/agent")
}

pub fn ledger(project: &Project) -> Ledger {
    Ledger::open(&state(project)).expect("a ledger")
}

/// What is known of a provider's failures.
pub fn cooling(project: &Project, provider: &str) -> Option<Cooling> {
    ledger(project).last_cooling(provider).expect("a ledger that can be read")
}

/// The time in which a provider is left alone is over; its strikes stay.
pub fn let_time_pass(project: &Project, provider: &str) {
    let cooling = cooling(project, provider).expect("it is left alone");
    ledger(project).cool(provider, 1, cooling.strikes, &cooling.reason).expect("a ledger that can be written");
}

/// What stands against a budget of this day.
pub fn today(project: &Project, limit: u64) -> Standing {
    let local_day = moment::day(moment::now());
    let entry = Entry { local_month: moment::month(&local_day), local_day, ..Entry::default() };
    ledger(project).standings(&entry, &[Budget { scope: Scope::Day, limit: Usd(limit) }]).expect("a ledger")[0]
}
