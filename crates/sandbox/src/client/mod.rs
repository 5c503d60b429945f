//! The client's side: ask the zygote for a supervisor, hand it a request, wait for the response.
//!
//! `zygote` is where supervisors come from, `protocol` is what is said to them, `connection` says it, and
//! `sandbox` is the face for callers.

pub(crate) mod connection;
pub(crate) mod protocol;
pub(crate) mod sandbox;
pub(crate) mod zygote;
