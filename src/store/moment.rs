//! Points in time as the ledger keeps them: milliseconds since 1970, and the local day that one falls on.

/// Milliseconds since 1970, UTC.
pub type Timestamp = u64;

/// Now.
pub fn now() -> Timestamp {
    Timestamp::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0)
}

/// A record's `time`, as [`super::log::now`] writes it; `None` for what is no RFC 3339.
pub fn parse(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Timestamp::try_from(time.as_millisecond()).ok()
}

/// The local day, such as `2026-11-21`; its first seven characters are the month.
pub fn day(at: Timestamp) -> String {
    let time = i64::try_from(at).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok()).unwrap_or_default();
    time.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d").to_string()
}

/// The month of a day.
pub fn month(day: &str) -> String {
    day.get(..7).unwrap_or(day).to_owned()
}
