//! How long ago something was, in words. Pure: both times are given.

/// Milliseconds since 1970 of an RFC 3339 time in UTC, as records have it: `2026-11-22T09:30:00.000Z`. `None` for anything else.
pub fn millis(time: &str) -> Option<u64> {
    let (date, clock) = time.strip_suffix('Z')?.split_once('T')?;
    let mut parts = date.splitn(3, '-').map(number);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = clock.splitn(3, ':').map(number);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let fraction = number(&format!("{:0<3}", fraction.get(..3).unwrap_or(fraction)))?;
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(seconds * 1000 + fraction)
}

fn number(digits: &str) -> Option<u64> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// Days from 1970-01-01 to a day of the Gregorian calendar. Years begin in March here, so that the odd day is their last.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month < 3 { year - 1 } else { year };
    let from_march = (month + 9) % 12;
    let in_year = (153 * from_march + 2) / 5 + day - 1;
    (year * 365 + year / 4 + year / 400 + in_year).saturating_sub(year / 100 + 719_468)
}

/// How long before `now` it was, both in milliseconds since 1970: `just now`, `3 min ago`, `5 days ago`.
pub fn ago(then: u64, now: u64) -> String {
    const MINUTE: u64 = 60_000;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let passed = now.saturating_sub(then);
    let several = |count: u64, one: &str, more: &str| format!("{count} {} ago", if count == 1 { one } else { more });
    match passed {
        0..MINUTE => "just now".into(),
        MINUTE..HOUR => format!("{} min ago", passed / MINUTE),
        HOUR..DAY => format!("{} h ago", passed / HOUR),
        _ if passed < 14 * DAY => several(passed / DAY, "day", "days"),
        _ if passed < 60 * DAY => several(passed / (7 * DAY), "week", "weeks"),
        _ if passed < 730 * DAY => several(passed / (30 * DAY), "month", "months"),
        _ => several(passed / (365 * DAY), "year", "years"),
    }
}

/// The same of a record's time; the time itself where it cannot be read.
pub fn ago_of(time: &str, now: u64) -> String {
    millis(time).map_or_else(|| time.to_owned(), |then| ago(then, now))
}
