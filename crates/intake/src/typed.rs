//! What was typed into a system in place of a file.
//!
//! Never reads it.

/// What was typed into the system in place of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// Text.
    Text,
    /// The address of something.
    Link,
}
