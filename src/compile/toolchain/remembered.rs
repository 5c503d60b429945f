//! What the compiler said of itself the last time.
//!
//! # Theory of operation
//!
//! Which compiler is used follows from the program that PATH leads to, and where that is rustup's proxy, also from
//! rustup's variables, its settings, and the toolchain files in the folder and above. All of these make a question.
//! An answer is used only for the same question, and only while the real compiler is still the same file: same path,
//! size, inode and time of the last change of its contents or status.
//!
//! Hides the file. Never decides which compiler is used, and never fails: without an answer the compiler is asked.

use std::{
    env,
    ffi::OsString,
    fmt::Write as _,
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::Toolchain;
use ids::Digest;

/// The folder of the answers in the cache.
const FOLDER: &str = "toolchains";

/// The variables by which rustup chooses a toolchain, and by which its folder is found.
const VARIABLES: [&str; 4] = ["RUSTUP_TOOLCHAIN", "RUSTUP_HOME", "HOME", "PATH"];

/// The files by which a folder chooses a toolchain for itself and what is below it.
const TOOLCHAIN_FILES: [&str; 2] = ["rust-toolchain.toml", "rust-toolchain"];

/// All that decides which compiler is used, as text.
#[derive(Debug)]
pub(super) struct Question(String);

/// What the compiler said, and which file it was.
#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    question: String,
    rustc: PathBuf,
    cargo: PathBuf,
    sysroot: PathBuf,
    identity: String,
    file: String,
}

impl Question {
    /// The question of a grading in `folder` for the compiler that is called `named`. `None` if there is no such
    /// program; then the compiler's absence is reported by whoever starts it.
    pub(super) fn new(
        named: &Path,
        folder: &Path,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Option<Self> {
        let program = find_program(named, variable("PATH").as_deref())?;
        let mut text = format!("{}\n{}\n", program.display(), state_of(&program)?);
        for name in VARIABLES {
            let value = variable(name).unwrap_or_default();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name}={}", value.to_string_lossy());
        }
        let home = variable("RUSTUP_HOME").map(PathBuf::from).or_else(|| {
            let home = variable("HOME")?;
            Some(Path::new(&home).join(".rustup"))
        });
        let settings = home.map(|home| home.join("settings.toml"));
        let folder = std::path::absolute(folder).ok()?;
        let chosen = folder
            .ancestors()
            .flat_map(|above| TOOLCHAIN_FILES.iter().map(move |name| above.join(name)));
        for path in settings.into_iter().chain(chosen) {
            if let Some(state) = state_of(&path) {
                let _ = writeln!(text, "{} {state}", path.display());
            }
        }
        Some(Self(text))
    }

    /// The toolchain that was found for the same question, if its compiler is still the same file.
    pub(super) fn answer(&self, cache: &Path) -> Option<Toolchain> {
        let bytes = fs::read(self.path(cache)).ok()?;
        let answer: Answer = serde_json::from_slice(&bytes).ok()?;
        let is_same = answer.question == self.0
            && state_of(&answer.rustc).as_deref() == Some(answer.file.as_str());
        if !is_same {
            return None;
        }
        Toolchain::parse(answer.identity, answer.sysroot, answer.rustc, answer.cargo)
    }

    /// Remember what was found.
    pub(super) fn remember(&self, cache: &Path, found: &Toolchain) -> io::Result<()> {
        let Some(file) = state_of(&found.rustc) else {
            return Ok(());
        };
        let answer = Answer {
            question: self.0.clone(),
            rustc: found.rustc.clone(),
            cargo: found.cargo.clone(),
            sysroot: found.sysroot.clone(),
            identity: found.identity.clone(),
            file,
        };
        let path = self.path(cache);
        let folder = path.parent().unwrap_or(cache);
        fs::create_dir_all(folder)?;
        let whole = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&whole, &answer)?;
        whole.persist(path)?;
        Ok(())
    }

    fn path(&self, cache: &Path) -> PathBuf {
        let name = Digest::of(self.0.as_bytes());
        cache.join(FOLDER).join(&name.hex()[..24])
    }
}

/// The program that a shell would start for this name.
fn find_program(named: &Path, path: Option<&std::ffi::OsStr>) -> Option<PathBuf> {
    if named.components().count() > 1 {
        return named.is_absolute().then(|| named.to_path_buf());
    }
    // A relative folder in PATH means another program in another folder.
    let mut folders = env::split_paths(path?);
    folders.find_map(|folder| {
        let program = folder.join(named);
        (program.is_absolute() && program.is_file()).then_some(program)
    })
}

/// A file's state, which changes whenever it is replaced or written; links are followed.
fn state_of(path: &Path) -> Option<String> {
    let found = fs::metadata(path).ok()?;
    Some(format!(
        "{} {} {} {}.{:09} {}.{:09}",
        found.dev(),
        found.ino(),
        found.len(),
        found.mtime(),
        found.mtime_nsec(),
        found.ctime(),
        found.ctime_nsec()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with a program `bin/rustc`, and what is asked in its folder `course`.
    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            let place = Self(tempfile::tempdir().unwrap());
            for folder in ["bin", "course", "cache", ".rustup"] {
                fs::create_dir(place.path(folder)).unwrap();
            }
            fs::write(place.path("bin/rustc"), "1").unwrap();
            place
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn question(&self, toolchain: &str) -> Option<Question> {
            Question::new(Path::new("rustc"), &self.path("course"), |name| {
                Some(match name {
                    "PATH" => self.path("bin").into_os_string(),
                    "HOME" => self.path("").into_os_string(),
                    "RUSTUP_TOOLCHAIN" => toolchain.into(),
                    _ => return None,
                })
            })
        }

        fn known(&self, toolchain: &str) -> Option<Toolchain> {
            self.question(toolchain)?.answer(&self.path("cache"))
        }
    }

    fn toolchain(place: &Place) -> Toolchain {
        let identity = "rustc 1.95.0\nhost: h\nrelease: 1.95.0\n".to_owned();
        let rustc = place.path("bin/rustc");
        Toolchain::parse(identity, "/sysroot".into(), rustc, "/cargo".into()).unwrap()
    }

    #[test]
    fn an_answer_is_used_while_everything_is_as_it_was() {
        let place = Place::new();
        let found = toolchain(&place);
        assert_eq!(place.known(""), None);
        let remember = || {
            let question = place.question("").unwrap();
            question.remember(&place.path("cache"), &found).unwrap();
            assert_eq!(place.known("").as_ref(), Some(&found));
        };
        remember();
        assert_eq!(place.known("nightly"), None);
        // Each of these may lead to another compiler.
        for file in [
            "course/rust-toolchain.toml",
            "rust-toolchain",
            ".rustup/settings.toml",
            "bin/rustc",
        ] {
            remember();
            fs::write(place.path(file), "another text").unwrap();
            assert_eq!(place.known(""), None, "{file}");
        }
    }

    #[test]
    fn a_damaged_answer_is_none() {
        let place = Place::new();
        let question = place.question("").unwrap();
        question
            .remember(&place.path("cache"), &toolchain(&place))
            .unwrap();
        let path = question.path(&place.path("cache"));
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert_eq!(place.known(""), None);
        fs::remove_file(path).unwrap();
        assert_eq!(place.known(""), None);
    }

    #[test]
    fn without_a_compiler_there_is_no_question() {
        let place = Place::new();
        fs::remove_file(place.path("bin/rustc")).unwrap();
        assert!(place.question("").is_none());
    }
}
