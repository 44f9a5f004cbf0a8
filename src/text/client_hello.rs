//! The first message of a TLS client, read for one thing: which host it asks for (RFC 8446, 4.1.2; RFC 6066, 3).
//!
//! Nothing is decrypted and nothing is changed.

/// Bytes of it that are read. Real ones have up to 2 KiB, with post-quantum keys.
const MOST: usize = 16 * 1024;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_NAME: u16 = 0;

/// What the first bytes of a connection are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Greeting {
    /// More bytes are needed to tell.
    Unfinished,
    /// Another protocol.
    Other,
    /// A TLS client that asks for these names: mostly one, none where it names nobody.
    Names(Vec<String>),
    /// It begins as TLS does and goes on as nothing that is known.
    Broken,
}

/// Reads the first bytes of a connection, as many as there are until now.
pub fn greeting(bytes: &[u8]) -> Greeting {
    match bytes {
        [] | [HANDSHAKE] => return Greeting::Unfinished,
        [HANDSHAKE, 3, ..] => {}
        _ => return Greeting::Other,
    }
    let Some(message) = handshake(bytes) else { return Greeting::Broken };
    let Some(length) = length_of(&message) else { return unfinished(bytes) };
    if message.first() != Some(&CLIENT_HELLO) || length > MOST {
        return Greeting::Broken;
    }
    match message.get(4..4 + length) {
        Some(body) => names(body).map_or(Greeting::Broken, Greeting::Names),
        None => unfinished(bytes),
    }
}

fn unfinished(bytes: &[u8]) -> Greeting {
    // What is cut into ever smaller records would be read again and again.
    if bytes.len() > MOST * 2 { Greeting::Broken } else { Greeting::Unfinished }
}

/// The length of the body of a handshake message, from the three bytes after its type.
fn length_of(message: &[u8]) -> Option<usize> {
    let [_, high, middle, low, ..] = message else { return None };
    Some(usize::from(*high) << 16 | usize::from(*middle) << 8 | usize::from(*low))
}

/// The handshake messages out of the records they are cut into; `None` where another record comes in between.
fn handshake(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    while let [kind, major, _, high, low, rest @ ..] = bytes {
        let length = usize::from(*high) << 8 | usize::from(*low);
        if (*kind, *major) != (HANDSHAKE, 3) || length == 0 {
            return None;
        }
        let (held, after) = rest.split_at(length.min(rest.len()));
        message.extend_from_slice(held);
        if length_of(&message).is_some_and(|whole| message.len() >= 4 + whole) {
            break;
        }
        bytes = after;
    }
    Some(message)
}

/// The names that a whole ClientHello asks for; `None` where it is none.
fn names(body: &[u8]) -> Option<Vec<String>> {
    let mut body = Reader(body);
    body.take(2 + 32)?;
    body.short(1)?;
    body.short(2)?;
    body.short(1)?;
    if body.0.is_empty() {
        return Some(Vec::new());
    }
    let mut extensions = Reader(body.short(2)?);
    let mut found = Vec::new();
    while !extensions.0.is_empty() {
        let kind = extensions.number(2)?;
        let mut content = Reader(extensions.short(2)?);
        if kind != usize::from(SERVER_NAME) {
            continue;
        }
        let mut list = Reader(content.short(2)?);
        while !list.0.is_empty() {
            list.take(1)?;
            found.push(String::from_utf8(list.short(2)?.to_vec()).ok()?);
        }
    }
    body.0.is_empty().then_some(found)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number of so many bytes.
    fn number(&mut self, bytes: usize) -> Option<usize> {
        Some(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    /// A vector whose length stands before it, in so many bytes.
    fn short(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let length = self.number(bytes)?;
        self.take(length)
    }
}
