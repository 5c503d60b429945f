//! The client's side: ask the zygote for a supervisor, send it a request, and wait for the response.
//!
//! `zygote` is the process that supervisors are forked from. `protocol` is what a client and a supervisor send
//! each other, and `connection` sends it. `sandbox` is what callers use.

pub(crate) mod connection;
pub(crate) mod protocol;
pub(crate) mod sandbox;
pub(crate) mod zygote;
