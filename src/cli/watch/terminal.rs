//! The terminal in which a person presses keys: read key by key while this lasts, and as it was afterwards.
//!
//! Signals stay what they are: Ctrl-C and Ctrl-Z reach the process as always. Never prints, and never changes how
//! output is shown.

use std::{
    io::{self, IsTerminal as _, Stdin},
    os::fd::{AsFd as _, BorrowedFd},
};

use rustix::{
    process::getpgrp,
    termios::{
        LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
    },
};

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Quit,
    Hint,
    All,
    Again,
    Page,
    /// Another key.
    Other,
}

/// Standard input, where it is a terminal of which this process is in the foreground.
pub(super) struct Terminal {
    stdin: Stdin,
    /// How it was, while it is changed.
    before: Option<Termios>,
}

impl Terminal {
    /// `None` where standard input is no terminal.
    pub(super) fn open() -> Option<Self> {
        let stdin = io::stdin();
        stdin.is_terminal().then(|| {
            let mut terminal = Self {
                stdin,
                before: None,
            };
            terminal.enter();
            terminal
        })
    }

    /// Take each key at once and do not show it. In the background, where that would stop this process, nothing
    /// changes.
    pub(super) fn enter(&mut self) {
        let is_ours = tcgetpgrp(&self.stdin).is_ok_and(|group| group == getpgrp());
        if self.before.is_some() || !is_ours {
            return;
        }
        let Ok(before) = tcgetattr(&self.stdin) else {
            return;
        };
        let mut keys = before.clone();
        keys.local_modes
            .remove(LocalModes::ICANON | LocalModes::ECHO);
        keys.special_codes[SpecialCodeIndex::VMIN] = 1;
        keys.special_codes[SpecialCodeIndex::VTIME] = 0;
        if tcsetattr(&self.stdin, OptionalActions::Now, &keys).is_ok() {
            self.before = Some(before);
        }
    }

    /// Give the terminal back as it was.
    pub(super) fn leave(&mut self) {
        if let Some(before) = self.before.take() {
            let _ = tcsetattr(&self.stdin, OptionalActions::Now, &before);
        }
    }

    /// What can be waited for; `None` while keys would not arrive one by one.
    pub(super) fn input(&self) -> Option<BorrowedFd<'_>> {
        self.before.is_some().then(|| self.stdin.as_fd())
    }

    /// The keys that were pressed. `None` if the terminal is gone.
    pub(super) fn keys(&self) -> Option<Vec<Key>> {
        let mut bytes = [0; 64];
        match rustix::io::read(&self.stdin, &mut bytes) {
            Ok(0) => None,
            Ok(n) => Some(keys(&bytes[..n])),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Some(Vec::new()),
            Err(_) => None,
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The keys of what was read at once. An arrow, and whatever else sends a sequence of bytes, has no meaning.
fn keys(bytes: &[u8]) -> Vec<Key> {
    let mut keys = Vec::new();
    let mut bytes = bytes.iter().copied();
    while let Some(byte) = bytes.next() {
        keys.push(match byte.to_ascii_lowercase() {
            0x1b => {
                skip_sequence(&mut bytes);
                Key::Other
            }
            // Ctrl-D, the end of an input.
            b'q' | 4 => Key::Quit,
            b'h' => Key::Hint,
            b'a' => Key::All,
            b'r' => Key::Again,
            b'o' => Key::Page,
            _ => Key::Other,
        });
    }
    keys
}

/// Skip what follows an escape: `[`, parameters and a last byte; `O` and a byte; or a byte alone.
fn skip_sequence(bytes: &mut impl Iterator<Item = u8>) {
    match bytes.next() {
        Some(b'[') => drop(bytes.find(|byte| (0x40..=0x7e).contains(byte))),
        Some(b'O') => drop(bytes.next()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_keys_and_the_letters_of_an_arrow_are_not() {
        assert_eq!(
            keys(b"qHaro x"),
            [
                Key::Quit,
                Key::Hint,
                Key::All,
                Key::Again,
                Key::Page,
                Key::Other,
                Key::Other
            ]
        );
        for sequence in [&b"\x1b[A"[..], b"\x1b[1;5Q", b"\x1bOh", b"\x1bq", b"\x1b"] {
            let mut typed = sequence.to_vec();
            assert_eq!(keys(&typed), [Key::Other], "{sequence:?}");
            typed.push(b'h');
            let last = keys(&typed).pop();
            let expected = if sequence.len() == 1 {
                Key::Other
            } else {
                Key::Hint
            };
            assert_eq!(last, Some(expected), "{sequence:?}");
        }
    }
}
