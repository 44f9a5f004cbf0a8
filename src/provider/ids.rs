//! Ids of calls as an endpoint takes them.
//!
//! A session's ids come from several vendors. One that the endpoint would refuse is translated, alike in the call and in its
//! result, by its own text alone; where two would become one, the later is numbered. So what was sent once is sent again.

use super::words;
use crate::base::message::{Message, Part};
use crate::base::quirks::CallIds;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The ids of a conversation.
pub struct Ids<'a> {
    shape: CallIds,
    known: HashMap<&'a str, Cow<'a, str>>,
}

impl<'a> Ids<'a> {
    /// Translates in the order in which the ids appear, so that a longer conversation changes none of the earlier ones.
    pub fn of(shape: CallIds, messages: &'a [Message]) -> Self {
        let mut known: HashMap<&'a str, Cow<'a, str>> = HashMap::new();
        let mut taken: HashSet<Cow<'a, str>> = HashSet::new();
        for part in messages.iter().flat_map(|message| &message.parts) {
            let id = match part {
                Part::Call(call) => call.id.as_str(),
                Part::Result(result) => result.call.as_str(),
                Part::Text { .. } | Part::Image(_) | Part::Reasoning(_) | Part::Refusal { .. } => continue,
            };
            if known.contains_key(id) {
                continue;
            }
            let mut nth = 0;
            let mut candidate = translated(shape, id, nth);
            while taken.contains(&candidate) {
                nth += 1;
                candidate = translated(shape, id, nth);
            }
            taken.insert(candidate.clone());
            known.insert(id, candidate);
        }
        Self { shape, known }
    }

    /// What goes out for `id`.
    pub fn get(&self, id: &'a str) -> Cow<'a, str> {
        self.known.get(id).cloned().unwrap_or_else(|| translated(self.shape, id, 0))
    }
}

/// The id itself where it fits and `nth` is 0.
fn translated(shape: CallIds, id: &str, nth: u64) -> Cow<'_, str> {
    let fits = match shape {
        CallIds::Plain => !id.is_empty() && id.len() <= words::LONGEST_NAME && words::is_plain(id),
        CallIds::Nine => id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()),
    };
    if fits && nth == 0 {
        return Cow::Borrowed(id);
    }
    let sum = checksum(id, nth);
    Cow::Owned(match shape {
        // What people can recognise of it stays, for whoever reads a log of requests.
        CallIds::Plain => format!("{}_{sum:016x}", words::plain(id, words::LONGEST_NAME - 17)),
        CallIds::Nine => nine(sum),
    })
}

fn nine(mut sum: u64) -> String {
    let base = ALPHABET.len() as u64;
    let mut id = String::with_capacity(9);
    for _ in 0..9 {
        let digit = usize::try_from(sum % base).unwrap_or(0);
        id.push(char::from(ALPHABET.get(digit).copied().unwrap_or(b'0')));
        sum /= base;
    }
    id
}

/// FNV-1a, and the finish of SplitMix64, so that every bit depends on every letter: small, well known, the same everywhere.
fn checksum(id: &str, nth: u64) -> u64 {
    let sum = id
        .bytes()
        .chain(nth.to_le_bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let sum = (sum ^ (sum >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let sum = (sum ^ (sum >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    sum ^ (sum >> 31)
}
