//! How the rows on the screen become other rows in the fewest bytes.

use super::row::Row;

/// What is done to the rows before each is changed cell by cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// `count` rows come in before row `at`, and the screen makes room below. None is a plan too.
    Insert { at: usize, count: usize },
    /// `count` rows go at row `at`.
    Delete { at: usize, count: usize },
    /// Everything from row `at` on is erased and written one row after the other.
    Rewrite { at: usize },
}

/// What moving rows in the middle costs, in bytes, about.
const MOVE: usize = 8;

/// What it costs to get to a row, in bytes, about.
const REACH: usize = 6;

/// The plan for `from`, which is on the screen, to become `to`. Both have a row at least. Of more rows than the `screen` has, only
/// the last can be reached, so these are written one after the other.
pub fn plan(from: &[Row], to: &[Row], screen: usize) -> Plan {
    let same = from.iter().zip(to).take_while(|(before, after)| before == after && !after.wraps()).count();
    if to.len() > screen {
        return Plan::Rewrite { at: same };
    }
    let (shorter, longer) = if to.len() >= from.len() { (from, to) } else { (to, from) };
    let count = longer.len() - shorter.len();
    let inserts = to.len() >= from.len();
    let at = if count == 0 { shorter.len() } else { place(shorter, longer, count, same, inserts) };
    if inserts { Plan::Insert { at, count } } else { Plan::Delete { at, count } }
}

/// Where in `shorter` the `count` rows that `longer` has more of are: all before row `same` are alike.
fn place(shorter: &[Row], longer: &[Row], count: usize, same: usize, inserts: bool) -> usize {
    let pairs = |offset: usize| {
        let costs = shorter.iter().zip(longer.iter().skip(offset)).skip(same);
        costs.map(|(one, other)| cost(one, other)).collect::<Vec<_>>()
    };
    let (before, after) = (pairs(0), pairs(count));
    // At place `same`, all of the rest is behind; each row further, one more is before.
    let mut total: usize = after.iter().sum::<usize>() + MOVE;
    if inserts {
        total += longer.iter().skip(same).take(count).map(weight).sum::<usize>();
    }
    let (mut best, mut least) = (same, total);
    for (index, (one, other)) in before.iter().zip(&after).enumerate() {
        total = total + one - other;
        if inserts {
            let at = same + index;
            total = total + longer.get(at + count).map_or(0, weight) - longer.get(at).map_or(0, weight);
        }
        let last = index + 1 == before.len();
        let here = if last { total.saturating_sub(MOVE) } else { total };
        if here < least {
            (best, least) = (same + index + 1, here);
        }
    }
    best
}

/// The bytes it takes to write a row anew, about.
fn weight(row: &Row) -> usize {
    row.columns() + 2
}

/// The bytes it takes to turn one row into the other, about.
fn cost(one: &Row, other: &Row) -> usize {
    if one == other {
        return 0;
    }
    if one.wraps() || other.wraps() {
        return REACH + weight(one).max(weight(other));
    }
    let unlike = one.cells().iter().zip(other.cells()).filter(|(one, other)| one != other).count();
    REACH + unlike + one.columns().abs_diff(other.columns())
}
