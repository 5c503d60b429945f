//! Names of exercises, submissions and checks, and the seeds that fix a dataset.
//!
//! Hides how each is spelled and what spelling is allowed, so that no other room parses one.
//! Never knows what an exercise or a check is, only what it is called.

mod pattern;
pub mod words;

use std::{fmt, io, str::FromStr};

pub use pattern::FilePattern;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text is not an id or a seed; worded to follow "`x` ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct IdError(String);

/// The longest id in bytes: it becomes a file name and a column in reports.
const LONGEST_ID: usize = 64;

/// What exercise and submission ids share: safe as a file name, as a word in a shell, in CSV and in HTML.
fn check_id(text: &str) -> Result<(), IdError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() {
        return Err(IdError("is empty".into()));
    }
    if text.len() > LONGEST_ID {
        return Err(IdError(format!("is longer than {LONGEST_ID} characters")));
    }
    if let Some(bad) = text.chars().find(|&c| !allowed(c)) {
        return Err(IdError(format!(
            "has the character {bad:?}; allowed are letters, digits, `-`, `_` and `.`"
        )));
    }
    if text.starts_with(['-', '.']) {
        return Err(IdError("starts with `-` or `.`".into()));
    }
    Ok(())
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(JsonSchema))]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                check_id(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

id! {
    /// An exercise's id: the name of its folder in the course.
    ExerciseId
}

id! {
    /// A submission's id: whose work it is. Becomes the name of its record.
    SubmissionId
}

/// Digits of a digest that separate names whose ids would be equal: enough for most classes.
const DIGITS: usize = 6;
/// How much of a long name's start stays in its id; the rest of the id has its end, where systems put logins
/// and numbers, and a digest.
const START: usize = 14;

impl SubmissionId {
    /// The nearest id to a name: what is not allowed in an id becomes `_`. A name that is too long for an
    /// id, or of which nothing would be left, has a [digest](Self::told_apart) in its id: no two names are
    /// cut until they are equal.
    #[must_use]
    pub fn from_folder_name(name: &str) -> Self {
        let id = spelled(name);
        let is_lost = !name.is_ascii() && !id.contains(|c: char| c.is_ascii_alphanumeric());
        if is_lost || id.len() > LONGEST_ID {
            return Self::told_apart(name, name.as_bytes(), 1);
        }
        Self(id)
    }

    /// Whether an id can spell the name of the student who handed in `found`, a path below the class's
    /// folder.
    #[must_use]
    pub fn can_spell(found: &str) -> bool {
        found.split('/').next().is_some_and(str::is_ascii)
    }

    /// The nearest id to a name, with a digest of `what`, for names whose ids would be equal. A higher
    /// `level`, from 1, takes more digits of the digest.
    #[must_use]
    pub fn told_apart(name: &str, what: &[u8], level: usize) -> Self {
        let digest = Digest::of(what);
        let most = DIGITS.saturating_mul(level.max(1)).min(LONGEST_ID / 2);
        let digits: String = digest.hex().chars().take(most).collect();
        let id = shortened(&spelled(name), LONGEST_ID - digits.len() - 1);
        Self(format!("{id}-{digits}"))
    }
}

/// A name in the characters of an id; its length is that of the name.
fn spelled(name: &str) -> String {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut id: String = name
        .chars()
        .map(|c| if is_allowed(c) { c } else { '_' })
        .collect();
    if id.starts_with(['-', '.']) {
        id.replace_range(..1, "_");
    }
    if id.is_empty() {
        id.push('_');
    }
    id
}

/// The start and the end of an id of ASCII characters, at most so many in all.
fn shortened(id: &str, most: usize) -> String {
    if id.len() <= most {
        return id.to_owned();
    }
    let end = id.len() - (most - START - 1);
    format!("{}_{}", &id[..START], &id[end..])
}

/// A check's id. The set is closed: a course picks from it, and a test holds it against the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CheckId {
    /// The crate is one the course accepts, and it compiles.
    Build,
    /// Every run ends by itself, with 0, within its limits.
    Run,
    /// The printed total equals the reference's.
    Total,
    /// What was printed, and the files that were saved, equal the reference's.
    Output,
    /// Every data file was read, and nothing was faked.
    FilesRead,
    /// Reads overlapped, by threads of one process.
    MultiThreaded,
    /// Slow reads, or requests, waited at the same time.
    Overlap,
    /// Reads and printed lines came in the order that is asked for.
    Order,
    /// At the end of the program nothing was cut off, and no thread had waited by spinning.
    Ends,
}

impl CheckId {
    /// Every check there is, in the order in which they are asked.
    pub const ALL: [Self; 9] = [
        Self::Build,
        Self::Run,
        Self::Total,
        Self::Output,
        Self::FilesRead,
        Self::MultiThreaded,
        Self::Overlap,
        Self::Order,
        Self::Ends,
    ];

    /// The id as written in `exercise.toml` and in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Run => "run",
            Self::Total => "total",
            Self::Output => "output",
            Self::FilesRead => "files-read",
            Self::MultiThreaded => "multi-threaded",
            Self::Overlap => "overlap",
            Self::Order => "order",
            Self::Ends => "ends",
        }
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for CheckId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::ALL
            .into_iter()
            .find(|id| id.as_str() == text)
            .ok_or_else(|| IdError("is not a check of this version".into()))
    }
}

/// The number that fixes a dataset, from 0 to 2^64 - 1.
///
/// Text in every file we write: a reader in JavaScript keeps only 53 bits of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "String"))]
pub struct Seed(pub u64);

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Seed {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits => Ok(Self(number)),
            _ if digits => Err(IdError(format!("is above {}, the largest seed", u64::MAX))),
            _ => Err(IdError(format!(
                "is not a seed, a whole number from 0 to {}",
                u64::MAX
            ))),
        }
    }
}

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|e| serde::de::Error::custom(format!("`{text}` {e}")))
    }
}

/// The SHA-256 of something, written `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Digest(String);

impl Digest {
    /// The digest of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self::finish(sha2::Sha256::new_with_prefix(bytes))
    }

    /// The digest of all bytes that a hasher got.
    #[must_use]
    pub fn finish(hasher: sha2::Sha256) -> Self {
        use fmt::Write as _;
        use sha2::Digest as _;
        let mut text = String::from("sha256:");
        for byte in hasher.finalize() {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// The digest of all bytes of `source`.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of_all(source: impl io::Read) -> io::Result<Self> {
        use sha2::Digest as _;
        let mut hasher = sha2::Sha256::new();
        feed(&mut hasher, source)?;
        Ok(Self::finish(hasher))
    }

    /// The hexadecimal digits alone, fit for a file name.
    #[must_use]
    pub fn hex(&self) -> &str {
        self.0.trim_start_matches("sha256:")
    }
}

/// Give a hasher all bytes of `source`.
///
/// # Errors
/// It cannot be read.
pub fn feed(hasher: &mut sha2::Sha256, mut source: impl io::Read) -> io::Result<()> {
    use sha2::Digest as _;
    let mut chunk = vec![0; 64 << 10];
    loop {
        match source.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(count) => hasher.update(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_safe_as_a_file_name() {
        for good in ["alice", "a.b-c_9", "9", "_x"] {
            assert_eq!(good.parse::<SubmissionId>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "..",
            ".x",
            "-x",
            "a/b",
            "a b",
            "=cmd",
            "<img>",
            "é",
            &"x".repeat(65),
        ] {
            assert!(bad.parse::<SubmissionId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn any_folder_name_gives_a_valid_id() {
        for name in ["", "..", "-x", "a b", "\u{1b}[31m", &"é".repeat(300), "ok"] {
            for id in [
                SubmissionId::from_folder_name(name),
                SubmissionId::told_apart(name, b"", 1),
                SubmissionId::told_apart(name, b"", 99),
            ] {
                assert!(
                    id.as_str().parse::<SubmissionId>().is_ok(),
                    "{name:?} gave {id}"
                );
            }
        }
    }

    #[test]
    fn a_name_of_which_nothing_is_left_has_a_digest() {
        let id = |name| SubmissionId::from_folder_name(name).as_str().to_owned();
        let told = |name: &str| SubmissionId::told_apart(name, name.as_bytes(), 1);
        assert_eq!(id("李雷"), told("李雷").as_str());
        assert_ne!(id("李雷"), id("王芳"));
        assert_ne!(id("Ö"), id("ö"));
        for (name, spelled) in [("José", "Jos_"), ("!?", "__"), ("李雷 7", "___7")] {
            assert_eq!(id(name), spelled);
        }
    }

    #[test]
    fn long_names_keep_their_start_and_end_and_are_never_cut_into_equality() {
        let id = |name: &str| SubmissionId::from_folder_name(name).as_str().to_owned();
        let title = "Programming Assignment 3 - Concurrency and Multi-threading in Rust-";
        let (jane, max) = (id(&format!("{title}jdoe")), id(&format!("{title}mroe")));
        assert_ne!(jane, max);
        assert!(
            jane.starts_with("Programming_As_") && jane.contains("Rust-jdoe-"),
            "{jane}"
        );
        let middle = |c: &str| id(&format!("{}{c}{}", "x".repeat(60), "y".repeat(60)));
        assert_ne!(middle("1"), middle("2"));
        assert_eq!(id(&"x".repeat(LONGEST_ID)), "x".repeat(LONGEST_ID));
    }

    #[test]
    fn seeds_cover_64_bits_and_say_what_is_wrong() {
        assert_eq!("18446744073709551615".parse(), Ok(Seed(u64::MAX)));
        let error = "18446744073709551616"
            .parse::<Seed>()
            .unwrap_err()
            .to_string();
        assert!(error.contains("largest seed"), "{error}");
        for bad in ["", "-1", "+1", "1.5", "0x10", " 1"] {
            let error = bad.parse::<Seed>().unwrap_err().to_string();
            assert!(error.contains("whole number"), "{bad:?}: {error}");
        }
    }

    #[test]
    fn check_ids_are_spelled_as_serde_spells_them() {
        for id in CheckId::ALL {
            assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
            assert_eq!(id.as_str().parse(), Ok(id));
        }
    }
}
