//! Draw honest manifests, in every spelling that cargo takes, with what is to come out of them.

use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

/// Name in `use`, package, features, default features.
pub(super) type Row = (String, String, Vec<String>, bool);

/// An honest manifest, still in parts.
#[derive(Debug, Clone)]
pub(super) struct Honest {
    /// Lines of `[package]`.
    package: Vec<String>,
    /// Targets, as sections of their own.
    targets: String,
    pub(super) dependencies: Vec<Asked>,
    /// Whether it is written without sections, as `package.name = "x"`.
    flat: bool,
    pub(super) files: Vec<&'static str>,
    /// The program and the library that it has.
    pub(super) binary: Target,
    pub(super) library: Option<Target>,
}

/// One dependency and how it is spelled.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) package: String,
    requirement: String,
    rename: Option<String>,
    features: Vec<String>,
    default_features: bool,
    spelling: Spelling,
}

#[derive(Debug, Clone, Copy)]
enum Spelling {
    /// `x = "1"`, if that says all.
    Text,
    /// `x = { version = "1" }`.
    Inline,
    /// `x.version = "1"`.
    Dotted,
    /// `[dependencies.x]`.
    Section,
}

const SPELLINGS: &[Spelling] = &[
    Spelling::Text,
    Spelling::Inline,
    Spelling::Dotted,
    Spelling::Section,
];

impl Asked {
    /// The name in the manifest.
    pub(super) fn key(&self) -> &str {
        self.rename.as_ref().unwrap_or(&self.package)
    }

    fn pairs(&self) -> Vec<String> {
        let mut pairs = vec![format!("version = {:?}", self.requirement)];
        if self.rename.is_some() {
            pairs.push(format!("package = {:?}", self.package));
        }
        if !self.features.is_empty() {
            pairs.push(format!("features = {:?}", self.features));
        }
        if !self.default_features {
            pairs.push("default-features = false".into());
        }
        pairs
    }

    /// Its lines below `[dependencies]`, each after `prefix`, or else those of a section of its own.
    fn lines(&self, prefix: &str) -> Result<Vec<String>, Vec<String>> {
        let (key, pairs) = (self.key(), self.pairs());
        match self.spelling {
            Spelling::Text if pairs.len() == 1 => {
                Ok(vec![format!("{prefix}{key} = {:?}", self.requirement)])
            }
            Spelling::Text | Spelling::Inline => {
                Ok(vec![format!("{prefix}{key} = {{ {} }}", pairs.join(", "))])
            }
            Spelling::Section if prefix.is_empty() => {
                let head = format!("[dependencies.{key}]");
                Err([head].into_iter().chain(pairs).collect())
            }
            Spelling::Dotted | Spelling::Section => Ok(pairs
                .iter()
                .map(|pair| format!("{prefix}{key}.{pair}"))
                .collect()),
        }
    }

    /// What is to come out.
    pub(super) fn expected(&self) -> Row {
        (
            self.key().replace('-', "_"),
            self.package.clone(),
            self.features.clone(),
            self.default_features,
        )
    }
}

impl Honest {
    /// The manifest.
    pub(super) fn text(&self) -> String {
        self.text_with("", "", "")
    }

    /// The manifest with one more line of `[package]`, one of `[dependencies]`, and more at the end.
    pub(super) fn text_with(&self, package: &str, dependency: &str, end: &str) -> String {
        let (mut lines, mut sections) = (Vec::new(), Vec::new());
        let head = |name: &str, lines: &mut Vec<String>| {
            if self.flat {
                return format!("{name}.");
            }
            lines.push(format!("[{name}]"));
            String::new()
        };
        let prefix = head("package", &mut lines);
        let more = Some(package).filter(|line| !line.is_empty());
        let package = self.package.iter().map(String::as_str).chain(more);
        lines.extend(package.map(|line| format!("{prefix}{line}")));

        let prefix = head("dependencies", &mut lines);
        for asked in &self.dependencies {
            match asked.lines(&prefix) {
                Ok(more) => lines.extend(more),
                Err(more) => sections.extend(more),
            }
        }
        if !dependency.is_empty() {
            lines.push(format!("{prefix}{dependency}"));
        }
        lines.append(&mut sections);
        format!("{}\n{}{end}", lines.join("\n"), self.targets)
    }
}

fn name() -> impl Strategy<Value = String> {
    let allowed = |name: &String| names::binary(name).is_ok();
    "[A-Za-z][A-Za-z0-9_-]{0,30}".prop_filter("a reserved word", allowed)
}

/// A requirement that `version` meets.
fn requirement(version: &Version) -> impl Strategy<Value = String> + use<> {
    let Version { major, minor, .. } = version;
    select(vec![
        "*".to_owned(),
        version.to_string(),
        format!("^{version}"),
        format!("={version}"),
        format!(" {major}.{minor} "),
        format!("~{major}.{minor}"),
        format!(">={major}.{minor}, <99"),
        format!("{major}"),
    ])
}

fn asked() -> impl Strategy<Value = Asked> {
    let locked: Vec<_> = locked().into_iter().collect();
    select(locked).prop_flat_map(move |(package, version)| {
        (
            requirement(&version),
            proptest::option::of("[a-z][a-z0-9]{0,9}"),
            vec("[a-z][a-z0-9_+-]{0,9}", 0..3),
            any::<bool>(),
            select(SPELLINGS),
        )
            .prop_map(move |parts| Asked {
                // The package makes the name unique, and no reserved word.
                rename: parts.1.map(|name| format!("{name}_{package}")),
                package: package.clone(),
                requirement: parts.0,
                features: parts.2,
                default_features: parts.3,
                spelling: parts.4,
            })
    })
}

/// Files, sections for targets, and what they make of a package called `name`.
fn targets(
    name: &str,
) -> impl Strategy<Value = (Vec<&'static str>, String, Target, Option<Target>)> + use<> {
    let target = |name: &str, path: &str| Target {
        name: name.into(),
        path: path.into(),
    };
    let program = select(vec![
        (
            vec!["src/main.rs"],
            String::new(),
            target(name, "src/main.rs"),
        ),
        (
            vec!["src/bin/it.rs"],
            String::new(),
            target("it", "src/bin/it.rs"),
        ),
        (
            vec!["src/bin/it/main.rs"],
            "[[bin]]\nname = \"it\"\n".into(),
            target("it", "src/bin/it/main.rs"),
        ),
        (
            vec!["src/main.rs", "Cargo.lock"],
            "[[bin]]\nname = \"other-name\"\npath = \"src/main.rs\"\n".into(),
            target("other-name", "src/main.rs"),
        ),
    ]);
    let default = target(&name.replace('-', "_"), "src/lib.rs");
    let library = select(vec![
        (None, "", None),
        (Some("src/lib.rs"), "", Some(default)),
        (
            Some("sums/mod.rs"),
            "[lib]\nname = \"my_sums\"\npath = \"sums/mod.rs\"\n",
            Some(target("my_sums", "sums/mod.rs")),
        ),
    ]);
    (program, library).prop_map(|((mut files, sections, binary), library)| {
        files.extend(library.0);
        (files, sections + library.1, binary, library.2)
    })
}

pub(super) fn honest() -> impl Strategy<Value = Honest> {
    // Cargo takes metadata and other tools' keys, so the grader does.
    let extra = select(vec![
        "keywords = []",
        "version = \"0.1.0\"",
        "description = \"sums, and 'products'\"",
        "rust-version = \"1.85\"",
        "authors = [\"Ann <ann@example.org>\"]",
        "metadata.x.workspace = true",
        "publish = false",
        "build = false",
    ]);
    let end = select(vec![
        "",
        "[profile.release]\nopt-level = 3\n",
        "[dev-dependencies]\nrand = \"0.9\"\n",
        "[lints.rust]\nunsafe_code = \"forbid\"\n",
        "[[test]]\nname = \"t\"\n",
    ]);
    (
        name(),
        select(vec!["2021", "2024"]),
        extra,
        end,
        vec(asked(), 0..6),
        any::<bool>(),
    )
        .prop_flat_map(|(name, edition, extra, end, mut dependencies, flat)| {
            dependencies.sort_by(|left, right| left.package.cmp(&right.package));
            dependencies.dedup_by(|left, right| left.package == right.package);
            // A library must not have the name of a dependency.
            dependencies.retain(|asked| asked.key().replace('-', "_") != name.replace('-', "_"));
            let package = vec![
                format!("name = {name:?}"),
                format!("edition = {edition:?}"),
                extra.to_owned(),
            ];
            targets(&name).prop_map(move |(files, sections, binary, library)| Honest {
                package: package.clone(),
                targets: sections + end,
                dependencies: dependencies.clone(),
                flat,
                files,
                binary,
                library,
            })
        })
}
