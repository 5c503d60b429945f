//! How far cargo is, from what it writes while it is at work.
//!
//! Crates that are compiled are counted from cargo's messages for programs, and how many there are is in `cargo
//! metadata`. For crates that are downloaded there is no such message, so cargo's words for a person are read. If
//! a future cargo has other words, the count is missing and nothing else: no result depends on it.

use std::{collections::BTreeMap, fs::File, io, os::unix::fs::FileExt as _};

use super::{Message, Metadata};
use crate::compile::step::Step;

/// How much of a file is read at a time.
const AT_A_TIME: usize = 1 << 13;

/// Reads a file that another process writes, line by line. The position at which that process writes stays as
/// it is, although it shares the open file with this one.
#[derive(Debug, Default)]
pub(super) struct Follower {
    offset: u64,
    begun: Vec<u8>,
}

impl Follower {
    /// Pass on each line that is complete now and was not before. A line of cargo's progress ends with a
    /// carriage return.
    pub(super) fn read(&mut self, file: &File, line: &mut dyn FnMut(&str)) -> io::Result<()> {
        let mut bytes = [0; AT_A_TIME];
        loop {
            let count = file.read_at(&mut bytes, self.offset)?;
            if count == 0 {
                return Ok(());
            }
            self.offset += count as u64;
            for part in bytes[..count].split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
                self.begun.extend_from_slice(part);
                if part.ends_with(b"\n") || part.ends_with(b"\r") {
                    line(String::from_utf8_lossy(&self.begun).trim());
                    self.begun.clear();
                }
            }
        }
    }
}

/// The crates that cargo downloads.
#[derive(Debug, Default)]
pub(super) struct Fetching {
    done: usize,
    of: Option<usize>,
}

impl Fetching {
    pub(super) fn step(&self) -> Step {
        let Self { done, of } = *self;
        Step::Fetching { done, of }
    }

    /// Read a line; true if it changed the counts.
    pub(super) fn read(&mut self, line: &str) -> bool {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["Downloaded", _, version, ..] if version.starts_with('v') => self.done += 1,
            ["Downloading", left, what, ..] if what.starts_with("crate") => {
                let Ok(left) = left.parse::<usize>() else {
                    return false;
                };
                // Cargo finds out one by one which are missing, so the number grows at first.
                let of = self.done.saturating_add(left);
                if self.of.is_some_and(|known| known >= of) {
                    return false;
                }
                self.of = Some(of);
            }
            _ => return false,
        }
        true
    }
}

/// The crates that cargo compiles.
#[derive(Debug)]
pub(super) struct Compiling<'a> {
    /// Those that are not compiled yet: their names, by id.
    left: BTreeMap<&'a str, &'a str>,
    of: usize,
    last: Option<&'a str>,
}

impl<'a> Compiling<'a> {
    pub(super) fn new(resolved: &'a Metadata) -> Self {
        let left = resolved.compiled();
        Self {
            of: left.len(),
            left,
            last: None,
        }
    }

    pub(super) fn step(&self) -> Step {
        Step::Crates {
            done: self.of - self.left.len(),
            of: self.of,
            last: self.last.map(str::to_owned),
        }
    }

    /// Read a line; true if it changed the counts.
    pub(super) fn read(&mut self, line: &str) -> bool {
        let Ok(message) = serde_json::from_str::<Message>(line) else {
            return false;
        };
        // A crate's own build script is compiled before the crate.
        if message.reason != "compiler-artifact" || message.is_build_script() {
            return false;
        }
        let Some(name) = self.left.remove(message.package_id.as_str()) else {
            return false;
        };
        self.last = Some(name);
        true
    }
}

/// What cargo wrote, without its progress.
pub(super) fn without(stderr: &str) -> String {
    let lines = stderr.lines().map(|line| {
        let line = line.trim_end_matches('\r');
        line.rsplit('\r').next().unwrap_or_default().trim_end()
    });
    let is_progress = |line: &&str| {
        let line = line.trim_start();
        line.starts_with("Downloading ") || line.starts_with("Downloaded ")
    };
    let lines: Vec<&str> = lines.filter(|line| !is_progress(line)).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// As cargo 1.95 writes it.
    const FETCH: &str = "    Updating crates.io index\n Downloading 1 crate                  \r \
        Downloading 2 crates                \r Downloading 3 crates              \r\
                           \r  Downloaded rayon v1.12.0\n Downloading 2 crates, remaining bytes: 1.2MiB   \r\
                           \r  Downloaded either v1.19.0\n Downloading 1 crate, remaining bytes: 1.2KiB   \r\
                           \r  Downloaded rayon-core v1.13.0\n  Downloaded 3 crates (1.2MiB) in 0.60s\n";

    fn lines(text: &str) -> Vec<String> {
        let mut file = tempfile::tempfile().unwrap();
        let (mut follower, mut lines) = (Follower::default(), Vec::new());
        // In pieces that end within lines.
        for piece in text.as_bytes().chunks(7) {
            file.write_all(piece).unwrap();
            let mut line = |line: &str| lines.push(line.to_owned());
            follower.read(&file, &mut line).unwrap();
        }
        lines
    }

    #[test]
    fn downloads_are_counted_up_to_their_total() {
        let mut fetching = Fetching::default();
        let mut steps = Vec::new();
        for line in lines(FETCH) {
            if fetching.read(&line) {
                steps.push((fetching.done, fetching.of));
            }
        }
        let none = [1, 2, 3].map(|of| (0, Some(of)));
        let all = [1, 2, 3].map(|done| (done, Some(3)));
        assert_eq!(steps, [none, all].concat());
    }

    #[test]
    fn other_words_leave_the_count_as_it_is() {
        let mut fetching = Fetching::default();
        for line in [
            "",
            "Downloaded",
            "Downloading many crates",
            "Downloading -1 crates",
            "Downloading 99999999999999999999999 crates",
            "Blocking waiting for file lock on package cache",
            "Downloaded 3 crates (1.2MiB) in 0.60s",
        ] {
            assert!(!fetching.read(line), "{line}");
        }
        assert!(fetching.read(&format!("Downloading {} crates", usize::MAX)));
        assert!(fetching.read("Downloaded a v1.0.0"));
        assert!(!fetching.read(&format!("Downloading {} crates", usize::MAX)));
    }

    #[test]
    fn an_error_is_explained_without_the_progress() {
        let text =
            format!("{FETCH} Downloading 1 crate     \r\rerror: no network\n\nCaused by:\n  x\n");
        assert_eq!(
            without(&text),
            "    Updating crates.io index\nerror: no network\n\nCaused by:\n  x"
        );
    }

    #[test]
    fn crates_are_counted_once_each_and_without_build_scripts() {
        let resolved: Metadata = serde_json::from_str(
            r#"{"packages":[{"id":"a","name":"alpha"},{"id":"b","name":"beta"},{"id":"d","name":"dev"}],
                "resolve":{"root":"r","nodes":[
                  {"id":"r","dependencies":["a"],"features":[],"deps":[{"pkg":"a","dep_kinds":[{"kind":null}]}]},
                  {"id":"a","dependencies":["b"],"features":[],"deps":[
                    {"pkg":"b","dep_kinds":[{"kind":"build"}]},{"pkg":"d","dep_kinds":[{"kind":"dev"}]}]},
                  {"id":"b","dependencies":[],"features":[],"deps":[{"pkg":"a","dep_kinds":[{"kind":null}]}]}]}}"#,
        )
        .unwrap();
        let mut compiling = Compiling::new(&resolved);
        let built = |id: &str, kind: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","package_id":"{id}","target":{{"kind":["{kind}"]}}}}"#
            )
        };
        assert!(!compiling.read("no message"));
        assert!(!compiling.read(&built("b", "custom-build")));
        assert!(!compiling.read(r#"{"reason":"build-script-executed","package_id":"b"}"#));
        assert!(compiling.read(&built("b", "lib")));
        assert!(!compiling.read(&built("b", "lib")));
        assert!(!compiling.read(&built("r", "lib")));
        assert!(compiling.read(&built("a", "proc-macro")));
        let last = Some("alpha".to_owned());
        assert_eq!(
            compiling.step(),
            Step::Crates {
                done: 2,
                of: 2,
                last
            }
        );
    }
}
