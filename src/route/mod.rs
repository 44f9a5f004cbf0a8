//! Which model, and for what price. Pure: every choice is a function of the task, the offers, what was measured and the moment.

pub mod budget;
pub mod cache;
pub mod choose;
pub mod escalate;
pub mod estimate;
pub mod failover;
pub mod offer;
pub mod plan;
pub mod price;
pub mod prior;
pub mod role;
pub mod skill;
pub mod task;
pub mod words;
