//! `agent models`: what is known, what it holds, what it costs.

use super::args::Models;
use super::print;
use crate::base::Result;
use crate::base::money::Usd;
use crate::config::Config;
use crate::config::catalog::{self, Row};
use crate::config::paths::Environment;
use crate::config::providers::{self, PRESETS};

pub fn main(args: Models, environment: &Environment) -> Result<u8> {
    let config = Config::load(environment, false, &[])?;
    if let Some(name) = &args.provider {
        providers::find(name, &config, environment)?;
    }
    let has_key = |provider: &str| {
        PRESETS.iter().any(|preset| preset.name == provider && providers::has_key(preset, environment))
    };
    let any_key = PRESETS.iter().any(|preset| providers::has_key(preset, environment));
    let rows: Vec<Row> = catalog::rows()
        .filter(|row| match &args.provider {
            Some(name) => row.provider == name,
            None => args.all || has_key(row.provider) || !any_key,
        })
        .collect();
    if args.json {
        let list: Vec<serde_json::Value> = rows.iter().map(as_json).collect();
        return print(&serde_json::Value::from(list).to_string()).map(|()| 0);
    }
    if rows.is_empty() {
        let name = args.provider.as_deref().unwrap_or("PROVIDER");
        return print(&format!("the catalog has no models of `{name}`; any of its models works as {name}/MODEL"))
            .map(|()| 0);
    }
    print(&format!("{:<52} {:>9} {:>9} {:>11} {:>11}", "MODEL", "CONTEXT", "OUTPUT", "$/M IN", "$/M OUT"))?;
    for row in &rows {
        let name = format!("{}/{}", row.provider, row.id);
        print(&format!(
            "{name:<52} {:>9} {:>9} {:>11} {:>11}",
            row.context,
            row.max_output,
            dollars(row.price.input),
            dollars(row.price.output)
        ))?;
    }
    if args.provider.is_none() && !args.all && any_key {
        print("only providers with a key; --all lists the others")?;
    }
    Ok(0)
}

fn dollars(micro: u64) -> String {
    let text = Usd(micro).to_string();
    let text = text.trim_end_matches('0');
    text.strip_suffix('.').unwrap_or(text).to_owned()
}

fn as_json(row: &Row) -> serde_json::Value {
    serde_json::json!({
        "model": format!("{}/{}", row.provider, row.id),
        "context": row.context,
        "max_output": row.max_output,
        "usd_per_million": {
            "input": Usd(row.price.input), "output": Usd(row.price.output),
            "cache_read": Usd(row.price.cached), "cache_write": Usd(row.price.cache_written),
        },
        "images": row.images,
        "reasoning": row.reasoning,
    })
}
