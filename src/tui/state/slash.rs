//! What the slash commands do; their names, arguments and words are in the table `tui/commands.rs`.

use super::lists::Choosing;
use super::{Effect, For, Over, Phase, State};
use crate::base::access::Mode;
use crate::base::command::Command;
use crate::base::desk::{Act, Format, Look, Page, Which};
use crate::base::event::{PlanStep, StepStatus};
use crate::base::model::Effort;
use crate::transcript::view::{Body, Cell, Tone};
use crate::tui::cell::blocks;
use crate::tui::context;
use crate::tui::pages;

impl State {
    /// Carries out a slash command.
    pub(super) fn slash(&mut self, name: &str, args: &str) -> Vec<Effect> {
        let args = args.trim();
        match name {
            "model" if args.is_empty() => {
                self.doing.models = true;
                self.in_front(Look::Models)
            }
            "model" => self.set_model(args),
            "mode" => self.slash_mode(args),
            "effort" => self.set_effort(args),
            "theme" if args.is_empty() => self.choose(Choosing::Theme),
            "theme" => self.set_theme(args),
            "cost" => self.in_front(Look::Page(Page::Cost { session: self.session.id.clone() })),
            "doctor" => self.in_front(Look::Page(Page::Doctor)),
            "trust" => match self.doing.untrusted.clone() {
                Some(trust) => self.choose(Choosing::Trust(trust)),
                None => self.in_front(Look::Page(Page::Trust)),
            },
            "status" => self.page("status", self.status_page()),
            "context" => self.page("context", context::page(self.session.view.spent(), self.window())),
            "keys" => self.page("keys", pages::keys(&self.keys)),
            "help" => self.page("help", pages::help()),
            "diff" | "review" => self.changes(),
            "undo" => self.undo(None),
            "redo" if self.phase != Phase::Idle => self.wrong("a task goes on; esc ends it first"),
            "redo" => vec![Effect::Act(For::Words, Act::Redo)],
            "compact" => self.between("compact", |focus| Command::Compact { focus }, args),
            "btw" if args.is_empty() => self.wrong("say what you want to know: /btw what is a semaphore?"),
            "btw" => self.command(Command::Aside { text: args.to_owned() }),
            "new" => self.slash_new(),
            "resume" | "sessions" if args.is_empty() => self.choose_session(String::new()),
            "resume" | "sessions" => self.choose_session(args.to_owned()),
            "fork" => self.fork(),
            "plan" => self.show_plan(),
            "copy" => self.copy(args),
            "export" => self.export(args),
            "login" => {
                let provider = (!args.is_empty()).then(|| args.to_owned());
                vec![Effect::Act(For::Words, Act::Login { provider })]
            }
            "net" => self.in_front(Look::Page(Page::Net)),
            "jobs" => self.jobs(args),
            "mcp" => self.wrong("there are no MCP servers in this version"),
            "full" => self.turn_full(),
            "quit" => vec![Effect::Close, Effect::Quit(0)],
            _ => {
                let near = pages::nearest(name).map(|near| format!(", did you mean /{near}?")).unwrap_or_default();
                self.wrong(&format!("there is no command `/{name}`{near}"))
            }
        }
    }

    /// Something that was typed cannot be done; it says why, and the way out.
    fn wrong(&mut self, words: &str) -> Vec<Effect> {
        self.say(Tone::Warning, words);
        Vec::new()
    }

    /// Looks something up that comes in front when it is there.
    fn in_front(&mut self, look: Look) -> Vec<Effect> {
        self.doing.went_on = false;
        vec![Effect::Look(look)]
    }

    pub(super) fn page(&mut self, title: &str, text: String) -> Vec<Effect> {
        self.over = Some(Over::pager(title, text));
        Vec::new()
    }

    pub(super) fn set_model(&mut self, name: &str) -> Vec<Effect> {
        self.settings.model = Some(name.to_owned());
        self.say(Tone::Quiet, format!("model {name} from the next task on"));
        self.settle()
    }

    fn slash_mode(&mut self, args: &str) -> Vec<Effect> {
        match Mode::ALL.into_iter().find(|mode| mode.name() == args) {
            Some(mode) => self.set_mode(mode),
            None if args.is_empty() => {
                let words = format!("mode {}; /mode read, ask, auto or full", self.mode().name());
                self.say(Tone::Quiet, words);
                Vec::new()
            }
            None => self.wrong(&format!("there is no mode `{args}`: read, ask, auto or full")),
        }
    }

    /// Efforts of the model, or all where nobody says.
    pub(super) fn efforts(&self) -> Vec<Effort> {
        if self.standing.efforts.is_empty() { Effort::ALL.to_vec() } else { self.standing.efforts.clone() }
    }

    fn set_effort(&mut self, args: &str) -> Vec<Effect> {
        let names = |efforts: &[Effort]| efforts.iter().map(|effort| effort.name()).collect::<Vec<_>>().join(", ");
        let offered = self.efforts();
        match Effort::ALL.into_iter().find(|effort| effort.name() == args) {
            Some(effort) => {
                self.settings.effort = Some(effort);
                self.say(Tone::Quiet, format!("effort {args} from the next task on"));
                self.settle()
            }
            None => self.wrong(&format!("/effort takes one of {}", names(&offered))),
        }
    }

    pub(super) fn set_theme(&mut self, name: &str) -> Vec<Effect> {
        let preferences = crate::tui::preferences::Preferences { theme: name.to_owned(), ..self.preferences.clone() };
        match crate::tui::theme::Theme::named(&preferences, self.terminal) {
            Ok(theme) => {
                self.theme = theme;
                self.preferences = preferences;
                self.say(
                    Tone::Quiet,
                    format!("theme {name} from now on; tui.theme = \"{name}\" in the configuration keeps it"),
                );
                Vec::new()
            }
            Err(words) => self.wrong(&words),
        }
    }

    pub(super) fn changes(&mut self) -> Vec<Effect> {
        match self.session.id.clone() {
            Some(session) => self.in_front(Look::Changes { session }),
            None => self.wrong("nothing was changed yet"),
        }
    }

    /// Takes back what tasks did to the files, where no task goes on.
    pub(super) fn undo(&mut self, before: Option<u64>) -> Vec<Effect> {
        if self.phase != Phase::Idle {
            return self.wrong("a task goes on; esc ends it, then /undo takes it back");
        }
        match self.session.id.clone() {
            Some(session) => {
                let purpose = before.map_or(For::Words, For::Rewind);
                vec![Effect::Act(purpose, Act::Undo { session, before })]
            }
            None => self.wrong("there is nothing to undo in this session; `agent undo` takes earlier ones back"),
        }
    }

    fn between(&mut self, name: &str, command: fn(Option<String>) -> Command, args: &str) -> Vec<Effect> {
        if self.phase == Phase::Busy {
            return self.wrong(&format!("a task goes on; /{name} works between tasks"));
        }
        if self.session.id.is_none() {
            return self.wrong("there is no history yet");
        }
        self.command(command((!args.is_empty()).then(|| args.to_owned())))
    }

    fn slash_new(&mut self) -> Vec<Effect> {
        if self.phase != Phase::Idle {
            return self.wrong("a task goes on; esc ends it first");
        }
        self.begin_anew();
        self.say(Tone::Quiet, "a new session");
        vec![Effect::Close]
    }

    fn fork(&mut self) -> Vec<Effect> {
        match (self.phase, self.session.id.clone()) {
            (Phase::Idle, Some(session)) => {
                let through = self.session.last;
                self.say(Tone::Quiet, "the session goes on as a copy; the one before stays as it is");
                let mut effects = vec![Effect::Close];
                effects.extend(self.open_now(Which::Fork { session, through }));
                effects
            }
            (_, None) => self.wrong("there is no session to fork yet"),
            (_, Some(_)) => self.wrong("a task goes on; /fork works between tasks"),
        }
    }

    fn show_plan(&mut self) -> Vec<Effect> {
        let steps = self.session.view.plan();
        if steps.is_empty() {
            return self.wrong("there is no plan");
        }
        let line = |step: &PlanStep| {
            let mark = match step.status {
                StepStatus::Pending => "[ ]",
                StepStatus::InProgress => "[>]",
                StepStatus::Completed => "[x]",
            };
            format!("{mark} {}", step.step)
        };
        let text: Vec<String> = steps.iter().map(line).collect();
        self.say(Tone::Quiet, text.join("\n"));
        Vec::new()
    }

    /// The last answer, its last code block, or the last command.
    fn copy(&mut self, what: &str) -> Vec<Effect> {
        let cells = self.session.view.cells().iter().rev();
        let found = match what {
            "" | "answer" => cells.map(answer).find_map(|text| text).map(str::to_owned),
            "code" => cells.filter(|cell| answer(cell).is_some()).find_map(|cell| blocks(cell).pop()),
            "command" => cells.map(command).find_map(|text| text),
            _ => return self.wrong("/copy takes answer, code or command"),
        };
        match found {
            Some(text) => {
                let what = if what.is_empty() { "answer" } else { what };
                self.say(Tone::Quiet, format!("the last {what} was copied"));
                vec![Effect::Copy(text)]
            }
            None => self.wrong("there is nothing to copy yet"),
        }
    }

    fn export(&mut self, args: &str) -> Vec<Effect> {
        let Some(session) = self.session.id.clone() else { return self.wrong("there is no session to export yet") };
        let (first, rest) = args.split_once(' ').unwrap_or((args, ""));
        let format = |name: &str| match name {
            "" | "md" | "markdown" => Some(Format::Markdown),
            "html" => Some(Format::Html),
            "json" => Some(Format::Json),
            _ => None,
        };
        let end = |path: &str| path.rsplit_once('.').and_then(|(_, end)| format(end)).unwrap_or(Format::Markdown);
        let (format, path) = match format(first) {
            Some(format) => (format, rest.trim()),
            None => (end(args), args),
        };
        let path = (!path.is_empty()).then(|| path.to_owned());
        vec![Effect::Act(For::Words, Act::Export { session, format, path })]
    }

    /// Commands in the background: their list, or the end of one.
    fn jobs(&mut self, args: &str) -> Vec<Effect> {
        if args.is_empty() {
            return [self.in_front(Look::Page(Page::Jobs)), vec![Effect::Look(Look::Head)]].concat();
        }
        match args.strip_prefix("end ").and_then(|number| number.trim().parse().ok()) {
            Some(number) => vec![Effect::Act(For::Words, Act::EndJob { number })],
            None => self.wrong("/jobs lists what runs in the background; /jobs end 1 ends a command of it"),
        }
    }

    fn status_page(&self) -> String {
        crate::tui::status::page(self)
    }
}

fn answer(cell: &Cell) -> Option<&str> {
    if let Body::Answer { text } = &cell.body { Some(text) } else { None }
}

/// The command line that a cell is about.
fn command(cell: &Cell) -> Option<String> {
    if let Body::Ran { command, .. } = &cell.body {
        return Some(command.clone());
    }
    let Body::Tool(tool) = &cell.body else { return None };
    tool.summary.strip_prefix("shell ").map(str::to_owned)
}
