//! `grade plan`, `grade batch --shard` and `grade merge`, end to end: a class that several machines grade has the outputs
//! of one machine; nothing is lost, mixed or taken for complete.
//!
//! The machines are folders and processes of one machine; what differs between machines is changed in the plan.

mod alike;
mod class;
mod hidden;
mod later;
mod missing;
mod refused;
mod reports;
mod stopped;
mod strange;
