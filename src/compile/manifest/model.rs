//! An accepted package: plain values that are safe in an argument or a variable of rustc's.
//!
//! Never reads a manifest.

use semver::Version;

/// What rustc needs to know of an accepted package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    /// The name, as cargo allows one.
    pub(crate) name: String,
    /// The version, 0.0.0 if there is none.
    pub(crate) version: Version,
    /// The edition of every target.
    pub(crate) edition: Edition,
    /// The one program.
    pub(crate) binary: Target,
    /// The library beside it, on which the program may depend.
    pub(crate) library: Option<Target>,
    /// What it depends on, in the order of the names in `use`.
    pub(crate) dependencies: Vec<Dependency>,
    /// For `CARGO_PKG_AUTHORS`: joined by `:`. This and all below are empty if absent.
    pub(crate) authors: String,
    /// For `CARGO_PKG_DESCRIPTION`.
    pub(crate) description: String,
    /// For `CARGO_PKG_HOMEPAGE`.
    pub(crate) homepage: String,
    /// For `CARGO_PKG_REPOSITORY`.
    pub(crate) repository: String,
    /// For `CARGO_PKG_LICENSE`.
    pub(crate) license: String,
    /// For `CARGO_PKG_LICENSE_FILE`.
    pub(crate) license_file: String,
    /// For `CARGO_PKG_README`.
    pub(crate) readme: String,
    /// For `CARGO_PKG_RUST_VERSION`.
    pub(crate) rust_version: String,
}

/// An edition that the course takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edition {
    /// 2021.
    E2021,
    /// 2024.
    E2024,
}

impl Edition {
    /// The year, as rustc's `--edition` wants it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::E2021 => "2021",
            Self::E2024 => "2024",
        }
    }
}

/// Something that rustc makes of one file and its modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// The name, for a library that in `use`.
    pub(crate) name: String,
    /// The file, relative to the submission, with `/`, without `.` and `..`.
    pub(crate) path: String,
}

impl Target {
    /// The name as rustc's `--crate-name` wants it.
    pub(crate) fn crate_name(&self) -> String {
        self.name.replace('-', "_")
    }
}

/// One allowed crate that the package uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// The name in `use`.
    pub(crate) extern_name: String,
    /// The package's name, one that the course allows.
    pub(crate) package: String,
    /// The features asked for, as written.
    pub(crate) features: Vec<String>,
    /// Whether the default features are on too.
    pub(crate) default_features: bool,
    /// The line of `Cargo.toml` that asks for it.
    pub(crate) line: usize,
}
