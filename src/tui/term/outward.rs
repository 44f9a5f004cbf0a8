//! What goes past the screen to the window around it: its title, its clipboard, its notices.

use crate::text::sanitise::one_line;
use base64::Engine as _;

/// Longer titles and notices are cut: characters.
const LONGEST: usize = 160;

/// Sets the title. Source: xterm's `ctlseqs`, OSC 2.
pub fn title(text: &str) -> Vec<u8> {
    format!("\x1b]2;{}\x07", short(text)).into_bytes()
}

/// Sets the clipboard. Source: xterm's `ctlseqs`, OSC 52. tmux takes it itself where `set-clipboard` is `on`, or hands it through
/// where `allow-passthrough` is; which of them nobody says, so both are asked.
pub fn copy(text: &str, tmux: bool) -> Vec<u8> {
    let inner = format!("\x1b]52;c;{}\x07", base64::engine::general_purpose::STANDARD.encode(text));
    if tmux { format!("{inner}{}", through(&inner)) } else { inner }.into_bytes()
}

/// Calls the user. Sources: iTerm2's OSC 9, urxvt's OSC 777.
pub fn call(kind: &str, text: &str, tmux: bool) -> Vec<u8> {
    let text = short(text);
    let inner = match kind {
        "off" => return Vec::new(),
        // What begins with a number is a command to some terminals.
        "osc9" if text.starts_with(|first: char| first.is_ascii_digit()) => format!("\x1b]9; {text}\x07"),
        "osc9" => format!("\x1b]9;{text}\x07"),
        "osc777" => format!("\x1b]777;notify;agent;{}\x07", text.replace(';', ",")),
        _ => return b"\x07".to_vec(),
    };
    if tmux { through(&inner) } else { inner }.into_bytes()
}

/// Through tmux to the terminal behind it. Source: tmux(1), `allow-passthrough`.
fn through(inner: &str) -> String {
    format!("\x1bPtmux;{}\x1b\\", inner.replace('\x1b', "\x1b\x1b"))
}

fn short(text: &str) -> String {
    one_line(text).chars().take(LONGEST).collect()
}
