//! Keys: to whatever is in front, else to the composer, else to what the key table says.

use super::lists::Choosing;
use super::{Effect, For, Over, Phase, State};
use crate::base::access::{Answer, Mode};
use crate::base::command::{Command, Signal};
use crate::base::desk::{Act, Hit, Look};
use crate::transcript::view::Tone;
use crate::tui::approval::SETTLES;
use crate::tui::composer::{Completion, Offer, Said, Wanted};
use crate::tui::keys::Action;
use crate::tui::review::Subject;
use crate::tui::theme::Theme;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A second press within so many milliseconds belongs to the first.
const AGAIN: u64 = 1_500;
/// Hits of a completion.
const HITS: usize = 50;

/// What a key does, at this time in milliseconds.
type Do = fn(&mut State, u64) -> Vec<Effect>;

/// Keys that reach beyond the composer. All others are its own, or of what is in front.
const ACTIONS: &[(Action, Do)] = &[
    (Action::Interrupt, State::interrupt),
    (Action::Back, State::back),
    (Action::Cancel, State::stop),
    (Action::EndOfInput, |_, _| vec![Effect::Close, Effect::Quit(0)]),
    (Action::Suspend, |_, _| vec![Effect::Suspend]),
    (Action::Redraw, |_, _| vec![Effect::Redraw]),
    (Action::Transcript, |state, _| state.open_transcript()),
    (Action::Full, |state, _| state.turn_full()),
    (Action::Review, |state, _| state.look_at_changes()),
    (Action::Mode, |state, _| state.next_mode()),
    (Action::Editor, State::edit_text),
    (Action::EditQueue, |state, _| state.edit_queue()),
    (Action::PasteImage, |_, _| vec![Effect::Act(For::Image, Act::Clipboard)]),
    (Action::Send, State::send_waiting),
    (Action::AnswerQuestion, State::no_question),
];

impl State {
    pub(super) fn key(&mut self, key: KeyEvent, now: u64) -> Vec<Effect> {
        if key.kind == KeyEventKind::Release {
            return Vec::new();
        }
        if self.over.is_some() && !self.is_unread(now) {
            return self.key_over(key, now);
        }
        if let Some(effects) = self.asked(key, now) {
            return effects;
        }
        // The full screen has no scrollback of the terminal's.
        if self.full && key.code == KeyCode::PageUp && key.modifiers.is_empty() {
            return self.open_transcript();
        }
        self.doing.went_on = true;
        match self.composer.key(key, &self.keys) {
            Said::Nothing | Said::Changed => Vec::new(),
            Said::Send(draft) => self.submit(draft),
            Said::Queue(draft) => self.enqueue(draft),
            Said::Ask(completion) => self.complete(completion),
            Said::Action(action) => self.action(action, now),
        }
    }

    /// Has the question of trust come up so lately that a key is meant for what was typed before?
    fn is_unread(&self, now: u64) -> bool {
        let asks = matches!(self.over, Some(Over::Picker { choosing: Choosing::Trust(_), .. }));
        asks && now.saturating_sub(self.doing.trust_since) < SETTLES
    }

    /// A line that was typed blind: the number of a row, the letter of an answer, or a message.
    pub(super) fn line(&mut self, text: &str, now: u64) -> Vec<Effect> {
        let text = text.trim();
        if matches!(self.over, Some(Over::Picker { .. })) {
            return self.numbered(text.parse().unwrap_or(0), now);
        }
        if let Some(asked) = self.asks.front_mut() {
            asked.turn_to();
            let id = asked.ask().id;
            return self.answer_line(id, text, now);
        }
        if text.is_empty() {
            return Vec::new();
        }
        self.composer.set(text);
        let draft = self.composer.take();
        self.submit(draft)
    }

    /// The line answers only where it is nothing but an answer: a sentence that begins with its letter is none.
    fn answer_line(&mut self, ask: u64, text: &str, now: u64) -> Vec<Effect> {
        let letter = match text.split_once(char::is_whitespace) {
            Some(("c", words)) => {
                let comment = Some(words.trim().to_owned());
                return self.answer(ask, Answer::Deny { comment }, now);
            }
            Some(_) => None,
            None if matches!(text, "yes" | "no") => text.chars().next(),
            None => text.chars().next().filter(|letter| text.len() == letter.len_utf8() && *letter != 'c'),
        };
        let key = letter.map(|letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE));
        // A whole line is meant: it waits for nothing to settle.
        if let Some(effects) = key.and_then(|key| self.asked(key, now + SETTLES)) {
            return effects;
        }
        if let Some(asked) = self.asks.front_mut() {
            asked.composer(true, now);
        }
        self.say(Tone::Warning, "a question is open: answer it with one of its letters, or with c and your words");
        Vec::new()
    }

    pub(super) fn paste(&mut self, text: &str, now: u64) -> Vec<Effect> {
        let unread = self.is_unread(now);
        if let Some(over) = self.over.as_mut().filter(|_| !unread) {
            over.paste(text);
        } else if !self.asks.front_mut().is_some_and(|asked| asked.paste(text)) {
            self.composer.paste(text);
        }
        Vec::new()
    }

    /// What the composer wants to offer is looked up, or is known here.
    fn complete(&mut self, completion: Completion) -> Vec<Effect> {
        let Completion { wanted, query } = completion;
        let known: Vec<String> = match wanted {
            Wanted::Files => return vec![Effect::Look(Look::Files { query, most: HITS })],
            Wanted::Symbols => return vec![Effect::Look(Look::Symbols { query, most: HITS })],
            Wanted::Sessions => return vec![Effect::Look(Look::Sessions { query, most: HITS })],
            Wanted::Models => return vec![Effect::Look(Look::Models)],
            Wanted::Efforts => self.efforts().iter().map(|effort| effort.name().to_owned()).collect(),
            Wanted::Themes => Theme::names(&self.preferences),
            Wanted::Providers => self.standing.providers.clone(),
        };
        let hit = |text: String| Hit { text, detail: String::new(), fits: Vec::new() };
        self.composer.offer(Offer { wanted, query, hits: known.into_iter().map(hit).collect() });
        Vec::new()
    }

    /// What the key table says of keys that are not the composer's own.
    fn action(&mut self, action: Action, now: u64) -> Vec<Effect> {
        let found = ACTIONS.iter().find(|(one, _)| *one == action);
        found.map_or_else(Vec::new, |(_, act)| act(self, now))
    }

    /// Back to an earlier message, where nothing goes on.
    fn back(&mut self, _: u64) -> Vec<Effect> {
        if self.phase == Phase::Idle { self.choose_message() } else { Vec::new() }
    }

    fn edit_text(&mut self, _: u64) -> Vec<Effect> {
        let text = self.composer.text();
        vec![Effect::Act(For::Composer, Act::Edit { text, name: "message.md".into() })]
    }

    /// Enter without a word: what waits goes out, where nothing goes on.
    fn send_waiting(&mut self, _: u64) -> Vec<Effect> {
        if self.phase == Phase::Idle { self.next_in_queue() } else { Vec::new() }
    }

    pub(super) fn turn_full(&mut self) -> Vec<Effect> {
        self.full = !self.full;
        Vec::new()
    }

    /// Esc: ends what is going on; twice with nothing to do goes back to an earlier message.
    pub(super) fn interrupt(&mut self, now: u64) -> Vec<Effect> {
        if let Some(command) = self.doing.command.take() {
            self.say(Tone::Quiet, format!("`{command}` was ended"));
            return vec![Effect::Cancel];
        }
        if self.phase == Phase::Busy {
            self.doing.ending = true;
            return vec![Effect::Send(Command::Interrupt(Signal::Int))];
        }
        if self.phase == Phase::Opening {
            return self.not_opened(now);
        }
        if self.composer.is_empty() && self.session.id.is_some() {
            self.tell("esc again goes back to an earlier message", now);
        }
        Vec::new()
    }

    /// Ctrl-c with no text: ends what is going on; twice with nothing to do ends the program.
    fn stop(&mut self, now: u64) -> Vec<Effect> {
        if self.is_working() {
            return self.interrupt(now);
        }
        if self.is_again('c', now) {
            return vec![Effect::Close, Effect::Quit(0)];
        }
        self.tell("ctrl-c again quits", now);
        Vec::new()
    }

    fn is_again(&mut self, key: char, now: u64) -> bool {
        let again = self.pressed.is_some_and(|(before, at)| before == key && now.saturating_sub(at) <= AGAIN);
        self.pressed = (!again).then_some((key, now));
        again
    }

    fn no_question(&mut self, now: u64) -> Vec<Effect> {
        self.tell("no question is open", now);
        Vec::new()
    }

    /// The message that was queued last, back into the composer; again: the one before it, above that.
    fn edit_queue(&mut self) -> Vec<Effect> {
        let Some(queued) = self.queue.take_last() else { return Vec::new() };
        self.composer.restore(&queued.draft);
        if self.phase == Phase::Busy { vec![self.steering()] } else { Vec::new() }
    }

    /// The mode that holds, as far as it is known.
    pub fn mode(&self) -> Mode {
        self.session
            .mode
            .filter(|_| self.session.open)
            .or(self.settings.mode)
            .or(self.standing.mode)
            .unwrap_or(Mode::Ask)
    }

    fn next_mode(&mut self) -> Vec<Effect> {
        let next = match self.mode() {
            Mode::Ask => Mode::Auto,
            Mode::Auto if self.phase == Phase::Idle => Mode::Read,
            Mode::Auto | Mode::Read | Mode::Full => Mode::Ask,
        };
        self.set_mode(next)
    }

    /// Between `ask` and `auto` at once; other modes have another jail and hold from the next task on.
    pub(super) fn set_mode(&mut self, mode: Mode) -> Vec<Effect> {
        let live = |mode| matches!(mode, Mode::Ask | Mode::Auto);
        let at_once = self.session.open && live(self.mode()) && live(mode);
        self.settings.mode = Some(mode);
        if at_once {
            self.session.mode = Some(mode);
            return vec![Effect::Send(Command::SetMode(mode))];
        }
        if self.phase == Phase::Busy {
            let words = format!("mode {} from the next task on; this one goes on as it is", mode.name());
            self.say(Tone::Quiet, words);
        }
        if mode == Mode::Full {
            self.say(Tone::Warning, "mode full: no sandbox and no questions from the next task on");
        }
        self.settle()
    }

    fn look_at_changes(&mut self) -> Vec<Effect> {
        if let Some(ask) = self.asks.front().map(|asked| asked.ask()).filter(|ask| !ask.change.is_empty()) {
            self.over = Some(Over::review(Subject::Ask(Box::new(ask.clone()))));
            return Vec::new();
        }
        self.changes()
    }
}
