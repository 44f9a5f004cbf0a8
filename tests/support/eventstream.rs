//! Amazon's event streams, written by hand from their specification: lengths, checksums, headers of text, payload.

/// CRC-32 with a table, as RFC 1952 has it.
pub fn crc32(bytes: &[u8]) -> u32 {
    let table: Vec<u32> = (0..256u32)
        .map(|byte| (0..8).fold(byte, |sum, _| if sum & 1 == 1 { 0xEDB8_8320 ^ (sum >> 1) } else { sum >> 1 }))
        .collect();
    !bytes.iter().fold(!0, |sum: u32, byte| table[((sum ^ u32::from(*byte)) & 0xFF) as usize] ^ (sum >> 8))
}

/// A message of headers that are written already.
pub fn sealed(headers: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut message = ((16 + headers.len() + payload.len()) as u32).to_be_bytes().to_vec();
    message.extend((headers.len() as u32).to_be_bytes());
    message.extend(crc32(&message).to_be_bytes());
    message.extend_from_slice(headers);
    message.extend_from_slice(payload);
    message.extend(crc32(&message).to_be_bytes());
    message
}

/// A header that is a text.
pub fn text_header(name: &str, value: &str) -> Vec<u8> {
    let mut header = vec![name.len() as u8];
    header.extend_from_slice(name.as_bytes());
    header.push(7);
    header.extend((value.len() as u16).to_be_bytes());
    header.extend_from_slice(value.as_bytes());
    header
}

pub fn message(headers: &[(&str, &str)], payload: &str) -> Vec<u8> {
    let headers: Vec<u8> = headers.iter().flat_map(|(name, value)| text_header(name, value)).collect();
    sealed(&headers, payload.as_bytes())
}

/// An event with its headers in the order in which Bedrock sends them.
pub fn event(kind: &str, payload: &str) -> Vec<u8> {
    message(&[(":event-type", kind), (":content-type", "application/json"), (":message-type", "event")], payload)
}

pub fn exception(kind: &str, payload: &str) -> Vec<u8> {
    let headers = [(":exception-type", kind), (":content-type", "application/json"), (":message-type", "exception")];
    message(&headers, payload)
}

/// Where each message of a stream ends.
pub fn ends(stream: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut at = 0;
    while let Some(length) = stream.get(at..at + 4) {
        at += u32::from_be_bytes(length.try_into().expect("four bytes")) as usize;
        ends.push(at);
    }
    ends
}

/// Type and payload of each message of a whole stream.
pub fn messages(stream: &[u8]) -> Vec<(String, String)> {
    let mut start = 0;
    let read = |end: usize| {
        let message = &stream[std::mem::replace(&mut start, end)..end];
        let headers = u32::from_be_bytes(message[4..8].try_into().expect("four bytes")) as usize;
        let mut rest = &message[12..12 + headers];
        let mut kind = String::new();
        while let [length, after @ ..] = rest {
            let (name, after) = after.split_at(usize::from(*length));
            let size = usize::from(u16::from_be_bytes([after[1], after[2]]));
            if name.ends_with(b"n-type") || name.ends_with(b":event-type") {
                kind = String::from_utf8_lossy(&after[3..3 + size]).into_owned();
            }
            rest = &after[3 + size..];
        }
        (kind, String::from_utf8_lossy(&message[12 + headers..message.len() - 4]).into_owned())
    };
    ends(stream).into_iter().map(read).collect()
}
