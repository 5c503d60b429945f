//! Grade exercises in concurrent programming.
//!
//! `ARCHITECTURE.md` is the map. The rooms stand here in the order of their layers: each uses lower
//! layers only, and a test holds that.

pub mod fault;

pub mod evidence;
pub mod spec;

pub mod check;
pub mod config;
pub mod dataset;
pub mod intake;

pub mod build;
pub mod reference;
pub mod verdict;

pub mod record;

pub mod grading;
pub mod report;

pub mod batch;

pub mod cli;
