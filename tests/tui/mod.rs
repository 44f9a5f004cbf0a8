//! The surface with a screen.

mod approval;
mod cells;
mod changes;
mod composer;
mod demo;
mod diff;
mod document;
mod flow;
mod fold;
mod gallery;
mod here;
mod in_front;
mod input;
mod keys;
mod live;
mod picker;
mod review;
mod review_screens;
pub mod script;
pub mod snapshot;
mod state;
mod term;
mod term_model;
mod term_resize;
mod term_small;
mod transcript;
mod words;
