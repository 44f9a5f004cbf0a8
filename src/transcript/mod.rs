//! Records to what somebody reads of them. Pure: the same records give the same transcript, everywhere.

pub mod compact;
pub mod fold;
