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
    /// The features that are on, in the order of their names.
    pub(crate) features: Vec<String>,
    /// All features that the package has, in the order of their names.
    pub(crate) declared_features: Vec<String>,
    /// What is built otherwise than the manifest says: sentences without full stop.
    pub(crate) notes: Vec<String>,
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

/// An edition of Rust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edition {
    /// 2015, which is meant where none is written.
    E2015,
    /// 2018.
    E2018,
    /// 2021.
    E2021,
    /// 2024.
    E2024,
}

impl Edition {
    /// All of them, the oldest first.
    pub(crate) const ALL: [Self; 4] = [Self::E2015, Self::E2018, Self::E2021, Self::E2024];

    /// The year, as rustc's `--edition` wants it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::E2015 => "2015",
            Self::E2018 => "2018",
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
    /// How the manifest's author writes it.
    pub(crate) written: Written,
}

/// A dependency as its line in `[dependencies]` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// The name before `=`.
    pub(crate) key: String,
    /// The package's name.
    pub(crate) package: String,
    /// The features of this line.
    pub(crate) features: Vec<String>,
    /// Whether the default features are on too.
    pub(crate) default_features: bool,
    /// Whether it is used only if a feature asks for it.
    pub(crate) is_optional: bool,
}

impl Written {
    /// The whole line, with this version in the place of what was asked for. cargo takes it too.
    pub(crate) fn line(&self, version: &str) -> String {
        let mut pairs = vec![format!("version = \"{version}\"")];
        if self.key != self.package {
            pairs.insert(0, format!("package = \"{}\"", self.package));
        }
        if !self.default_features {
            pairs.push("default-features = false".into());
        }
        if !self.features.is_empty() {
            let features: Vec<_> = self
                .features
                .iter()
                .map(|name| format!("\"{name}\""))
                .collect();
            pairs.push(format!("features = [{}]", features.join(", ")));
        }
        if self.is_optional {
            pairs.push("optional = true".into());
        }
        match pairs.as_slice() {
            [_] => format!("{} = \"{version}\"", self.key),
            pairs => format!("{} = {{ {} }}", self.key, pairs.join(", ")),
        }
    }
}
