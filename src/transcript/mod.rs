//! Records to what somebody reads of them. Pure: the same records give the same transcript, everywhere.

pub mod audit;
pub mod compact;
pub mod export;
pub mod fold;
mod otlp;
pub mod trace;
pub mod view;
