//! Control groups: exact limits and exact accounts of a whole tree of processes, where we may make them.
//!
//! Version 1 has a hierarchy per controller, version 2 one for all. Either is used only where groups can
//! be made below one that is there ([`discovery`] finds it). A group is a folder that is locked for as long as
//! its supervisor lives, so the next supervisor that looks for such a place can recognise the groups that a
//! killed supervisor left behind, and removes them.
//!
//! Moving a process from outside waits for every processor, 7 to 20 ms for each controller. So the new
//! process moves itself, as one thread (version 1: 0.07 ms), or is cloned into the group (version 2).

pub(crate) mod discovery;
mod group;
pub(crate) mod hierarchy;
pub(crate) mod parent;

pub(crate) use self::group::{ExhaustedBy, Group};
