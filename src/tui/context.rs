//! What fills the model's window, as a page of words.

use crate::base::money::Usd;
use crate::text::sanitise::one_line;
use crate::transcript::view::{Fill, Spent};

/// Cells of the widest bar.
const BAR: u64 = 30;

/// Each part of the context with its tokens and a bar; `window` in tokens, 0 where it is not known.
pub fn page(spent: &Spent, window: u64) -> String {
    let parts = spent.fills();
    let used: u64 = parts.iter().map(|(_, tokens)| tokens).sum();
    let most = parts.iter().map(|(_, tokens)| *tokens).max().unwrap_or(0).max(1);
    let head = match window {
        0 => format!("{} tokens", thousands(used)),
        window => {
            format!("{} of {} tokens ({} %)", thousands(used), thousands(window), used.saturating_mul(100) / window)
        }
    };
    let mut text = format!("{head}\n\n");
    for (fill, tokens) in parts {
        let name = name(&fill);
        let bar = "=".repeat((tokens * BAR / most) as usize);
        text.push_str(&format!("{:>9}  {name:<24} {bar}\n", thousands(tokens)));
    }
    text.push_str("\nthe sum is the provider's count; the parts are estimates\n");
    text
}

fn name(fill: &Fill) -> String {
    match fill {
        Fill::System => "instructions and tools".into(),
        Fill::Instructions => "surroundings, AGENTS.md".into(),
        Fill::Words => "your words".into(),
        Fill::Answers => "answers".into(),
        Fill::Tool(tool) => format!("outputs of {}", one_line(tool)),
        Fill::Summary => "summary of earlier work".into(),
    }
}

/// `12345` as `12.3k`.
pub fn thousands(tokens: u64) -> String {
    match tokens {
        0..1_000 => tokens.to_string(),
        1_000..100_000 => format!("{}.{}k", tokens / 1_000, tokens % 1_000 / 100),
        100_000..1_000_000 => format!("{}k", tokens / 1_000),
        _ => format!("{}.{}M", tokens / 1_000_000, tokens % 1_000_000 / 100_000),
    }
}

/// With as many digits as say something: `$0.0031`, `$0.42`, `$12.10`.
pub fn dollars(usd: Usd) -> String {
    let micro = usd.0;
    match micro {
        0 => "$0".into(),
        1..100_000 => format!("$0.{:04}", micro.div_ceil(100)),
        _ => format!("${}.{:02}", micro / 1_000_000, micro % 1_000_000 / 10_000),
    }
}
