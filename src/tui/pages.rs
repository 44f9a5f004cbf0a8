//! Pages of words that the tables make: `/help` and `/keys`.

use super::commands::COMMANDS;
use super::keys::Keys;

/// Every slash command, and what else the composer takes.
pub fn help() -> String {
    let mut text = String::from(
        "enter sends · shift-enter begins a new line · @ names a file, @@ a symbol · ! runs a command of yours\n\n",
    );
    for command in COMMANDS {
        let usage = format!("/{} {}", command.name, command.args);
        text.push_str(&format!("{:<24} {}\n", usage.trim_end(), command.help));
    }
    text + "\n/keys lists all keys\n"
}

/// Every key.
pub fn keys(keys: &Keys) -> String {
    let mut text = String::new();
    let mut place = None;
    for row in keys.help() {
        if place.replace(row.place) != Some(row.place) {
            let gap = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}{}\n", row.place.title()));
        }
        text.push_str(&format!("  {:<24} {:<22} {}\n", row.keys, row.name, row.help));
    }
    text + "\n[tui.keys] in the configuration changes them: send = [\"ctrl-enter\"]\n"
}

/// The command whose name is nearest to what was typed.
pub fn nearest(name: &str) -> Option<&'static str> {
    let shared = |other: &str| name.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let best = COMMANDS.iter().map(|command| command.name).max_by_key(|other| shared(other))?;
    (shared(best) >= 2).then_some(best)
}
