//! Which key does what: the table with the user's own keys laid over it. `/keys` and the docs come from here.

mod press;
mod table;

pub use press::Press;
pub use table::{Action, Place, Row, TABLE};

use crossterm::event::KeyEvent;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The keys as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    rows: Vec<Bound>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Bound {
    row: &'static Row,
    keys: Vec<Vec<Press>>,
}

/// What a press comes to, with those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    Action(Action),
    /// A sequence begins: what it means is not known yet.
    Begins,
    /// No action has it.
    Free,
}

/// A row of `/keys`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpRow {
    pub place: Place,
    pub name: &'static str,
    /// `ctrl-p, up`; empty where the user took the keys away.
    pub keys: String,
    pub help: &'static str,
}

impl Default for Keys {
    fn default() -> Self {
        Self { rows: TABLE.iter().map(|row| Bound { row, keys: read(row.keys.iter().copied()) }).collect() }
    }
}

fn read<'a>(keys: impl Iterator<Item = &'a str>) -> Vec<Vec<Press>> {
    keys.filter_map(Press::sequence).collect()
}

impl Keys {
    /// The table with the user's keys in the place of its own. An action with an empty list has no key.
    ///
    /// # Errors
    /// An action or a key that does not exist, a key that would be typed as text, a key for two actions of one place.
    pub fn new(own: &BTreeMap<String, Vec<String>>) -> Result<Self, String> {
        let mut keys = Self::default();
        for (name, wanted) in own {
            let bound = keys.rows.iter_mut().find(|bound| bound.row.name == name).ok_or_else(|| unknown(name))?;
            bound.keys = wanted.iter().map(|text| own_key(bound.row, text)).collect::<Result<_, _>>()?;
        }
        keys.clash().map_or(Ok(keys), Err)
    }

    /// The action of a single key.
    pub fn action(&self, place: Place, event: KeyEvent) -> Option<Action> {
        let press = Press::of(event)?;
        self.find(place, &[press])
    }

    /// The action of a key with those pressed before it, which `held` remembers for the caller. `esc` acts at once though `esc esc`
    /// is another action.
    pub fn press(&self, place: Place, held: &mut Vec<Press>, event: KeyEvent) -> Pressed {
        let Some(press) = Press::of(event) else { return Pressed::Free };
        held.push(press);
        if held.len() > 1 && self.find(place, held).is_none() && !self.begins(place, held) {
            held.clear();
            held.push(press);
        }
        let action = self.find(place, held);
        let begins = self.begins(place, held);
        if !begins {
            held.clear();
        }
        match action {
            Some(action) => Pressed::Action(action),
            None if begins => Pressed::Begins,
            None => Pressed::Free,
        }
    }

    /// For a part that reads the keys of the table itself: the key as the table has it. `None` where the user took it away.
    pub fn as_in_table(&self, place: Place, event: KeyEvent) -> Option<KeyEvent> {
        let press = Press::of(event)?;
        if let Some(action) = self.find(place, &[press]) {
            let row = TABLE.iter().find(|row| row.action == action)?;
            let mut defaults = read(row.keys.iter().copied());
            if defaults.iter().any(|keys| keys == &[press]) {
                return Some(event);
            }
            defaults.retain(|keys| keys.len() == 1);
            return defaults.first().and_then(|keys| keys.first()).map(|press| press.event());
        }
        let taken = Self::default().find(place, &[press]).is_some();
        (!taken).then_some(event)
    }

    /// The keys of an action, for a hint: `ctrl-o`. Empty where it has none.
    pub fn hint(&self, action: Action) -> String {
        let bound = self.rows.iter().find(|bound| bound.row.action == action);
        bound.and_then(|bound| bound.keys.first()).map(|keys| shown(keys)).unwrap_or_default()
    }

    /// What the user presses in place of this key of the table, for a hint. Empty where it was taken away.
    pub fn in_place_of(&self, place: Place, key: &str) -> String {
        let Some(row) = TABLE.iter().find(|row| row.place == place && row.keys.contains(&key)) else {
            return key.to_owned();
        };
        let bound = self.rows.iter().find(|bound| bound.row.action == row.action);
        let own = bound.is_some_and(|bound| bound.keys != read(row.keys.iter().copied()));
        if own { self.hint(row.action) } else { key.to_owned() }
    }

    /// All actions with their keys, in the order of the table.
    pub fn help(&self) -> Vec<HelpRow> {
        let row = |bound: &Bound| HelpRow {
            place: bound.row.place,
            name: bound.row.name,
            keys: bound.keys.iter().map(|keys| shown(keys)).collect::<Vec<_>>().join(", "),
            help: bound.row.help,
        };
        self.rows.iter().map(row).collect()
    }

    /// The table as `docs/tui.md` has it.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        let mut place = None;
        for row in self.help() {
            if place.replace(row.place) != Some(row.place) {
                let break_before = if text.is_empty() { "" } else { "\n" };
                let _ = write!(
                    text,
                    "{break_before}**{}**\n\n| Keys | Action | What it does |\n|---|---|---|\n",
                    row.place.title()
                );
            }
            let keys: Vec<String> = row
                .keys
                .split(", ")
                .filter(|keys| !keys.is_empty())
                .map(|keys| format!("`{}`", keys.replace('|', "\\|")))
                .collect();
            let _ = writeln!(text, "| {} | `{}` | {} |", keys.join(", "), row.name, row.help);
        }
        text
    }

    fn find(&self, place: Place, held: &[Press]) -> Option<Action> {
        self.of(place).find(|bound| bound.keys.iter().any(|keys| keys == held)).map(|bound| bound.row.action)
    }

    fn begins(&self, place: Place, held: &[Press]) -> bool {
        self.of(place).flat_map(|bound| &bound.keys).any(|keys| keys.len() > held.len() && keys.starts_with(held))
    }

    fn of(&self, place: Place) -> impl Iterator<Item = &Bound> {
        self.rows.iter().filter(move |bound| bound.row.place == place || bound.row.place == Place::Everywhere)
    }

    /// Two actions that one key would stand for.
    fn clash(&self) -> Option<String> {
        for (index, one) in self.rows.iter().enumerate() {
            for other in self.rows.iter().skip(index + 1) {
                let (here, there) = (one.row.place, other.row.place);
                if here != there && here != Place::Everywhere && there != Place::Everywhere {
                    continue;
                }
                if let Some(keys) = one.keys.iter().find(|keys| other.keys.contains(keys)) {
                    let (keys, one, other) = (shown(keys), one.row.name, other.row.name);
                    return Some(format!(
                        "the key `{keys}` stands for both `{one}` and `{other}`\nhint: give one of them other keys under `[tui.keys]`, or none: `{other} = []`"
                    ));
                }
            }
        }
        None
    }
}

fn shown(keys: &[Press]) -> String {
    keys.iter().map(Press::to_string).collect::<Vec<_>>().join(" ")
}

fn own_key(row: &Row, text: &str) -> Result<Vec<Press>, String> {
    let name = row.name;
    let keys = Press::sequence(text).ok_or_else(|| {
        format!("`{text}` for `{name}` is not a key\nhint: keys are written as `ctrl-r`, `alt-enter`, `shift-tab`, `f2`, `esc esc`")
    })?;
    let writes = matches!(row.place, Place::Composer | Place::Everywhere);
    if row.place != Place::Composer && keys.len() > 1 {
        return Err(format!("`{text}` cannot be a key of `{name}`: only the composer's keys come one after the other"));
    }
    match keys.first() {
        Some(first) if writes && first.typed().is_some() => Err(format!(
            "`{text}` cannot be a key of `{name}`: it is typed as text\nhint: hold `ctrl` or `alt` with it"
        )),
        _ => Ok(keys),
    }
}

fn unknown(name: &str) -> String {
    let near = TABLE.iter().map(|row| (distance(row.name, name), row.name)).min();
    match near {
        Some((far, near)) if far * 3 <= name.chars().count().max(3) => {
            format!("there is no action `{name}`, did you mean `{near}`?")
        }
        _ => format!("there is no action `{name}`\nhint: `/keys` lists all of them"),
    }
}

/// How many characters differ, by inserting, deleting and replacing.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (index, char) in one.chars().enumerate() {
        let mut corner = index;
        let mut left = index + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, with) in row.iter_mut().skip(1).zip(other.chars()) {
            let next = (corner + usize::from(char != with)).min(*cell + 1).min(left + 1);
            corner = *cell;
            *cell = next;
            left = next;
        }
    }
    row.last().copied().unwrap_or(0)
}
