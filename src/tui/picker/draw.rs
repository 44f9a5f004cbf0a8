//! A picker on the screen: its search line, its rows, and the preview at the right or below.

use super::{Picker, Row, Search, Shown};
use crate::text::sanitise::one_line;
use crate::tui::theme::{Role, Theme};
use crate::tui::words::wrap::{clip, width as wide, wrap};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

/// From this width on, the preview is at the right.
const WIDE: u16 = 100;
/// From this height on, a preview that is not at the right is below.
const HIGH: u16 = 20;
/// What is said while rows are looked for.
const WAITS: &str = "looking …";
/// Behind the row that is in use.
const NOW: &str = " (now)";

impl Picker {
    /// Draws all of it, and says where the cursor is.
    pub fn draw(&mut self, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Position {
        let line = |row: u16| Rect { y: area.y.saturating_add(row), height: 1, ..area };
        let width = usize::from(area.width);
        let mut head = vec![Span::styled(clip(&self.title, width), theme.style(Role::Heading))];
        if self.search != Search::Without {
            head.push(Span::styled(format!("  {}", self.count()), theme.style(Role::Dim)));
        }
        put(buffer, line(0), Line::from(head));
        let said = self.said_rows(area, theme);
        for (text, row) in said.iter().zip(1..) {
            put(buffer, line(row), text.clone());
        }
        let mut above = 2 + said.len() as u16;
        let mut cursor = Position::new(area.x, area.y);
        if self.search != Search::Without {
            let (left, right) = self.query.shown(width.saturating_sub(3));
            let column = u16::try_from(2 + wide(&left)).unwrap_or(area.width).min(area.width);
            let sign = Span::styled("/ ", theme.style(Role::Accent));
            put(buffer, line(1), Line::from(vec![sign, Span::raw(left), Span::raw(right)]));
            cursor = Position::new(area.x.saturating_add(column), area.y.saturating_add(1));
            above = 3;
        }
        let below = 2;
        let height = area.height.saturating_sub(above + below);
        let body = Rect { y: area.y.saturating_add(above), height, ..area };
        self.body(body, area, buffer, theme);
        if area.height > above + below {
            put(buffer, line(area.height - 1), Line::styled(clip(self.keys(), width), theme.style(Role::Dim)));
        }
        cursor
    }

    /// What stands below the title: as many rows as half of the screen has.
    fn said_rows(&self, area: Rect, theme: &Theme) -> Vec<Line<'static>> {
        let row = |said: &String| wrap(&Line::raw(format!("  {}", one_line(said))), area.width.max(8), 4);
        let mut rows: Vec<Line<'static>> = self.said.0.iter().flat_map(row).collect();
        let most = usize::from(area.height / 2);
        if rows.len() > most {
            let more = rows.len() + 1 - most.max(1);
            rows.truncate(most.saturating_sub(1));
            rows.push(Line::styled(format!("  … {more} more lines: {}", self.said.1), theme.style(Role::Warning)));
        }
        rows
    }

    fn count(&self) -> String {
        match (self.shown.len(), self.rows.len()) {
            (shown, all) if shown == all => all.to_string(),
            (shown, all) => format!("{shown} of {all}"),
        }
    }

    fn keys(&self) -> &'static str {
        match self.search {
            Search::Without => "enter picks · 1–9 pick at once · esc leaves",
            Search::Here | Search::Asked => "type to search · ↑ ↓ move · enter picks · esc leaves",
        }
    }

    fn body(&mut self, body: Rect, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let (list, preview) = if !self.previews || self.shown.is_empty() {
            (body, None)
        } else if area.width >= WIDE {
            let left = body.width / 2;
            let gap = 3;
            let right = Rect { x: body.x + left + gap, width: body.width.saturating_sub(left + gap), ..body };
            (Rect { width: left, ..body }, Some(right))
        } else if area.height >= HIGH {
            let upper = body.height / 2;
            let lower = Rect { y: body.y + upper + 1, height: body.height.saturating_sub(upper + 1), ..body };
            (Rect { height: upper, ..body }, Some(lower))
        } else {
            (body, None)
        };
        self.list(list, buffer, theme);
        if let (Some(area), Some((row, lines))) = (preview, &self.preview)
            && Some(*row) == self.chosen()
        {
            // Where there is no room for all of it, its end says best what it is about.
            let over = lines.len().saturating_sub(usize::from(area.height));
            for (text, y) in lines.iter().skip(over).zip(area.y..area.bottom()) {
                put(buffer, Rect { y, height: 1, ..area }, text.clone());
            }
        }
    }

    fn list(&mut self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        self.page = usize::from(area.height).max(1);
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(self.page));
        if self.shown.is_empty() {
            let words = clip(if self.waits { WAITS } else { &self.nothing }, usize::from(area.width));
            let row = Rect { height: area.height.min(1), ..area };
            put(buffer, row, Line::styled(words, theme.style(Role::Dim)));
            return;
        }
        let visible: Vec<(usize, &Shown)> = self.shown.iter().enumerate().skip(self.top).take(self.page).collect();
        let mut rows = visible.iter().filter_map(|(_, shown)| self.rows.get(shown.row));
        // Beside both stand the sign, a gap, and what says which row is in use.
        let sign = if self.search == Search::Without { 4 } else { 2 };
        let beside = sign + 2 + if rows.any(|row| row.current) { wide(NOW) } else { 0 };
        let room = usize::from(area.width).saturating_sub(beside);
        let columns = self.columns(&visible, room);
        for ((place, shown), down) in visible.into_iter().zip(0..area.height) {
            let Some(row) = self.rows.get(shown.row) else { continue };
            let line = self.line(place, row, shown, columns, theme);
            put(buffer, Rect { y: area.y + down, height: 1, ..area }, line);
        }
    }

    /// How wide titles and details may be: all of both where there is room, else details first, but never more than a half, or
    /// than what titles leave.
    fn columns(&self, visible: &[(usize, &Shown)], room: usize) -> (usize, usize) {
        let widest = |of: fn(&Row) -> &str| {
            let rows = visible.iter().filter_map(|(_, shown)| self.rows.get(shown.row));
            rows.map(|row| wide(&one_line(of(row)))).max().unwrap_or(0)
        };
        let title = widest(|row| &row.title);
        let detail = widest(|row| &row.detail).min((room / 2).max(room.saturating_sub(title)));
        (title.min(room.saturating_sub(detail)), detail)
    }

    fn line(&self, place: usize, row: &Row, shown: &Shown, columns: (usize, usize), theme: &Theme) -> Line<'static> {
        let chosen = place == self.cursor;
        let base =
            if chosen { theme.style(Role::Accent).add_modifier(Modifier::BOLD) } else { theme.style(Role::Text) };
        let sign = match (self.search, chosen) {
            (Search::Without, true) => format!("› {} ", place + 1),
            (Search::Without, false) => format!("  {} ", place + 1),
            (Search::Here | Search::Asked, true) => "› ".into(),
            (Search::Here | Search::Asked, false) => "  ".into(),
        };
        let mut spans = vec![Span::styled(sign, base)];
        let title = clip(&one_line(&row.title), columns.0);
        let missing = columns.0.saturating_sub(wide(&title));
        marked(&mut spans, &title, &shown.fits, base);
        let detail = clip(&one_line(&row.detail), columns.1);
        if !detail.is_empty() {
            spans.push(Span::raw(" ".repeat(missing + 2)));
            spans.push(Span::styled(detail, theme.style(Role::Dim)));
        }
        if row.current {
            spans.push(Span::styled(NOW, theme.style(Role::Dim)));
        }
        Line::from(spans)
    }
}

/// A title with the letters that fit underlined.
fn marked(spans: &mut Vec<Span<'static>>, title: &str, fits: &[u32], base: Style) {
    let mut run = (String::new(), false);
    for (letter, index) in title.chars().zip(0_u32..) {
        let fits = fits.binary_search(&index).is_ok();
        if fits != run.1 && !run.0.is_empty() {
            let style = if run.1 { base.add_modifier(Modifier::UNDERLINED) } else { base };
            spans.push(Span::styled(std::mem::take(&mut run.0), style));
        }
        run.1 = fits;
        run.0.push(letter);
    }
    let style = if run.1 { base.add_modifier(Modifier::UNDERLINED) } else { base };
    spans.push(Span::styled(run.0, style));
}

/// A line where it belongs; what does not fit is cut off.
fn put(buffer: &mut Buffer, area: Rect, line: Line<'_>) {
    let area = area.intersection(buffer.area);
    if area.height > 0 {
        buffer.set_line(area.x, area.y, &line, area.width);
    }
}
