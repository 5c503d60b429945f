//! The house rules: what the documents promise about the code itself, held by tests.
//!
//! Nothing of the program runs here, nor is compiled for it. Every rule has a test beside it that shows it a
//! made-up text or tree in which it is broken. A list of exceptions only gets shorter, and an exception that
//! is no longer needed is a failure.

#![cfg(test)]

mod architectures;
mod circles;
mod course_keys;
mod documents;
mod effects;
mod imports;
mod layout;
mod manifests;
mod module_tree;
mod repository;
mod rooms;
mod unsafe_code;
mod words;
