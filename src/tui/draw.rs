//! The state as lines: the live area below the scrollback, or the whole screen.

use super::approval::ApprovalLook;
use super::cell::Look;
use super::context::thousands;
use super::flow::Flow;
use super::keys::{Action, Keys};
use super::review::ReviewLook;
use super::state::{Over, Phase, State};
use super::status;
use super::theme::{Role, Theme};
use super::words::code::Highlighter;
use super::words::wrap;
use crate::text::sanitise::one_line;
use crate::transcript::view::Working;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

/// The widest that words are laid out.
const WIDEST: u16 = 200;

/// Cells of a past from which on only its end is printed.
const LONG: usize = 40;
/// Rows of a question's title and keys, and of what is between it and the end of the screen, without the composer.
const ASKED: usize = 6;
/// Said until a task that was interrupted is over.
const ENDING: &str = "ending the task";
/// Characters of a session's id that are enough to name it.
const SHORT: usize = 18;

/// What remembers how far the scrollback is, and what was highlighted.
#[derive(Default)]
pub struct Drawer {
    flow: Flow,
    /// Sessions that were shown before.
    shown: usize,
}

/// The inline screen: new lines for the scrollback, the live area, and where the cursor is in it.
pub struct Inline {
    pub finished: Vec<Line<'static>>,
    pub live: Vec<Line<'static>>,
    pub cursor: Option<(u16, u16)>,
}

impl Drawer {
    /// The inline screen as it is at `now`, in milliseconds of the runner's clock.
    pub fn inline(&mut self, state: &State, now: u64) -> Inline {
        if self.shown != state.doing.shown {
            self.shown = state.doing.shown;
            self.flow = Flow::default();
        }
        let look = state.look(state.size);
        let view = &state.session.view;
        // Of a long past only its end is printed.
        let mut finished = Vec::new();
        if self.flow.printed() == 0 && view.settled() > LONG {
            finished = self.flow.skip(view, usize::from(state.size.1), &look);
        }
        let mut flowed = self.flow.advance(view, &look);
        finished.append(&mut flowed.finished);
        let mut live = flowed.live;
        let (below, cursor) = self.below(state, now);
        let most = usize::from(state.size.1.saturating_sub(1)).saturating_sub(below.len());
        let over = live.len().saturating_sub(most);
        live.drain(..over);
        let top = live.len() as u16;
        live.extend(below);
        Inline { finished, live, cursor: cursor.map(|(column, row)| (column, row + top)) }
    }

    /// The live area below what happens: what goes on, questions, the queue, the composer, the status.
    fn below(&self, state: &State, now: u64) -> (Vec<Line<'static>>, Option<(u16, u16)>) {
        let width = state.size.0;
        let rows = state.size.1;
        if state.gone {
            let style = state.theme.style(Role::Dim);
            return (farewell(state).map(|words| Line::styled(words, style)).into_iter().collect(), None);
        }
        let mut lines = vec![Line::default()];
        lines.extend(working(state, now, width));
        let queue = state.queue.lines(width, &state.keys, &state.theme);
        let drawn = state.composer.draw(width, (rows / 2).max(1), &state.theme);
        if let Some(ask) = state.asks.front() {
            // What is asked stays to be read whole above the composer, also on a small screen.
            let room = usize::from(rows).saturating_sub(ASKED + queue.len() + drawn.lines.len());
            let jail = status::jail(state);
            let place = (1, state.asks.len());
            lines.extend(ask.lines(&ApprovalLook {
                theme: &state.theme,
                keys: &state.keys,
                highlighter: &state.highlighter,
                width,
                height: rows.min(room as u16 * 2),
                jail: &jail,
                place,
            }));
            lines.push(Line::default());
        }
        lines.extend(queue);
        let top = lines.len() as u16;
        lines.extend(drawn.lines);
        let hides = !drawn.popup.is_empty();
        lines.extend(drawn.popup);
        match &state.hint {
            Some(hint) => {
                lines.push(Line::styled(wrap::clip(&one_line(&hint.text), width.into()), state.theme.style(Role::Dim)))
            }
            None if hides => {}
            None => lines.push(status::line(state, width)),
        }
        let (column, row) = drawn.cursor;
        (lines, Some((column, row + top)))
    }

    /// The whole screen.
    pub fn full(&mut self, state: &mut State, buffer: &mut Buffer, now: u64) -> Option<(u16, u16)> {
        let area = buffer.area;
        let cursor = self.in_front(state, buffer, now);
        let answers = matches!(state.over, None | Some(Over::Review { ask: Some(_), .. }));
        if !answers && !state.asks.is_empty() {
            let words = question_waits(&state.keys);
            let width = wrap::width(&words).min(area.width.into()) as u16;
            let (column, row) = (area.right() - width, area.bottom().saturating_sub(1));
            buffer.set_stringn(column, row, words, width.into(), state.theme.style(Role::Warning));
        }
        cursor
    }

    fn in_front(&mut self, state: &mut State, buffer: &mut Buffer, now: u64) -> Option<(u16, u16)> {
        let area = buffer.area;
        match &mut state.over {
            Some(Over::Transcript { transcript, whole, .. }) => {
                let look = look(&state.theme, &state.highlighter, state.size);
                let view = whole.as_deref().unwrap_or(&state.session.view);
                transcript.draw(view, buffer, area, &look);
                None
            }
            Some(Over::Review { review, .. }) => {
                let look = ReviewLook::new(&state.theme, &state.highlighter).with_keys(&state.keys);
                point(review.draw(buffer, &look))
            }
            Some(Over::Picker { picker, .. }) => point(Some(picker.draw(area, buffer, &state.theme))),
            Some(Over::Pager(pager)) => point(pager.draw(area, buffer, &state.theme)),
            None => {
                let (below, cursor) = self.below(state, now);
                let height = (below.len() as u16).min(area.height);
                let above = Rect { height: area.height - height, ..area };
                let look = look(&state.theme, &state.highlighter, state.size);
                state.scroll.draw(&state.session.view, buffer, above, &look);
                for (row, line) in below.iter().take(height.into()).enumerate() {
                    buffer.set_line(area.x, above.bottom() + row as u16, line, area.width);
                }
                cursor.map(|(column, row)| (column, row + above.height))
            }
        }
    }

    /// All that was shown on the full screen counts as printed, or not: the scrollback goes on where it was.
    pub fn is_full(state: &State) -> bool {
        state.full || state.over.is_some()
    }
}

/// How things look on a screen of so many columns and rows.
pub fn look<'a>(theme: &'a Theme, highlighter: &'a Highlighter, (columns, rows): (u16, u16)) -> Look<'a> {
    Look { width: columns.min(WIDEST), rows, theme, highlighter, open: false }
}

/// Said over what is in front while the session waits for an answer.
fn question_waits(keys: &Keys) -> String {
    match keys.hint(Action::Cancel) {
        key if key.is_empty() => "  a question waits".into(),
        key => format!("  a question waits · {key} goes to it"),
    }
}

fn point(position: Option<Position>) -> Option<(u16, u16)> {
    position.map(|position| (position.x, position.y))
}

/// How to go on with the session, where there is one.
pub fn farewell(state: &State) -> Option<String> {
    let session = state.session.id.as_ref()?;
    let short = session.get(..SHORT).unwrap_or(session);
    Some(format!("agent resume {short} goes on with this"))
}

/// A line on what goes on, with its seconds.
fn working(state: &State, now: u64, width: u16) -> Vec<Line<'static>> {
    let words = match (&state.doing.command, state.phase) {
        (Some(command), _) => format!("running {command}"),
        (None, Phase::Opening) => "starting".into(),
        (None, Phase::Idle) => return Vec::new(),
        (None, Phase::Busy) if state.doing.ending => {
            return vec![Line::styled(ENDING, state.theme.style(Role::Dim)), Line::default()];
        }
        (None, Phase::Busy) if !state.asks.is_empty() => return Vec::new(),
        (None, Phase::Busy) => match state.session.view.working() {
            Some(Working::Asking { .. }) => return Vec::new(),
            Some(working) => said(&working),
            None => "working".into(),
        },
    };
    let seconds = now.saturating_sub(state.began()) / 1_000;
    let tokens = state.session.view.spent().task.output;
    let tokens = if tokens > 0 && state.phase == Phase::Busy && state.doing.command.is_none() {
        format!(" · {} tokens", thousands(tokens))
    } else {
        String::new()
    };
    let end = format!(" · {seconds} s{tokens} · esc interrupts");
    // The way out is there however much there is to say.
    let words = wrap::clip(&one_line(&words), usize::from(width).saturating_sub(wrap::width(&end)));
    vec![
        Line::styled(wrap::clip(&format!("{words}{end}"), width.into()), state.theme.style(Role::Dim)),
        Line::default(),
    ]
}

fn said(working: &Working) -> String {
    match working {
        Working::Preparing { .. } => "working".into(),
        Working::Requesting { model, .. } => format!("waiting for {model}"),
        Working::Thinking { .. } => "thinking".into(),
        Working::Writing { .. } => "writing".into(),
        Working::Calling { tool, .. } => format!("calling {tool}"),
        Working::Running { summary, calls, .. } if *calls > 1 => format!("{summary} and {} more", calls - 1),
        Working::Running { summary, .. } => summary.clone(),
        Working::Checking { command, .. } => format!("checking {command}"),
        Working::Waiting { reason, attempt, .. } => format!("waiting (attempt {attempt}): {reason}"),
        Working::Asking { .. } => "asking".into(),
    }
}
