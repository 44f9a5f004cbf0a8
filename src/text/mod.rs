//! Floor 1, codecs of text: no I/O, no clock, no environment.

pub mod client_hello;
pub mod eventstream;
pub mod form;
pub mod host;
pub mod percent;
pub mod redact;
pub mod sanitise;
pub mod sse;
pub mod truncate;
