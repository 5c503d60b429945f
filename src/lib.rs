//! Grade exercises in concurrent programming.
//!
//! `ARCHITECTURE.md` is the map. The rooms stand here in the order of their layers: each uses lower
//! layers only, and a test holds that.

pub mod fault;

pub mod course;

pub mod config;

pub mod compile;
pub mod pull_request;
pub mod reference;

pub mod grading;

pub mod batch;

pub mod cli;
