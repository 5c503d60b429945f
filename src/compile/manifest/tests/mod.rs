//! Manifests in a course with some crates: fixtures, and what is accepted.

mod honest;
mod properties;
mod refusals;

use super::{
    model::{Edition, Target},
    *,
};

/// `[package]` and two keys; what a test adds starts on line 4.
const HEAD: &str = "[package]\nname = \"sum\"\nedition = \"2021\"\n";

fn locked() -> BTreeMap<String, Version> {
    [
        ("anyhow", "1.0.100"),
        ("crossbeam", "0.8.4"),
        ("crossbeam-channel", "0.5.15"),
        ("num_cpus", "1.17.0"),
        ("rayon", "1.11.0"),
        ("tokio", "1.48.0"),
    ]
    .into_iter()
    .map(|(name, version)| (name.to_owned(), version.parse().unwrap()))
    .collect()
}

fn allowed() -> BTreeMap<String, AllowedCrate> {
    locked()
        .into_keys()
        .map(|name| {
            let allowed = AllowedCrate {
                requirement: semver::VersionReq::STAR,
                default_features: true,
                features: Vec::new(),
            };
            (name, allowed)
        })
        .collect()
}

/// Read a manifest, perhaps of a member of a workspace.
fn read_member(
    text: &[u8],
    workspace: Option<&[u8]>,
    files: &[&str],
) -> Result<Package, Vec<Refusal>> {
    read_with(text, workspace, files, &allowed(), &locked())
}

fn read_with(
    text: &[u8],
    workspace: Option<&[u8]>,
    files: &[&str],
    allowed: &BTreeMap<String, AllowedCrate>,
    locked: &BTreeMap<String, Version>,
) -> Result<Package, Vec<Refusal>> {
    super::read(&Input {
        text,
        workspace,
        files,
        exercise: "sum-of-products",
        course: Course {
            allowed,
            locked,
            compiler: &Version::new(1, 95, 0),
            host: "x86_64-unknown-linux-gnu",
        },
    })
}

fn read_bytes(manifest: &[u8], files: &[&str]) -> Result<Package, Vec<Refusal>> {
    read_member(manifest, None, files)
}

fn read(manifest: &str, files: &[&str]) -> Result<Package, Vec<Refusal>> {
    read_bytes(manifest.as_bytes(), files)
}

/// An accepted manifest: [`HEAD`] and `rest`, with `files`.
#[track_caller]
fn accepted(rest: &str, files: &[&str]) -> Package {
    read(&format!("{HEAD}{rest}"), files).unwrap_or_else(|refusals| panic!("{rest}\n{refusals:#?}"))
}

#[test]
fn the_starter_is_accepted_with_defaults() {
    let package = accepted("", &["Cargo.toml", "src/main.rs"]);
    let expected = Package {
        name: "sum".into(),
        version: Version::new(0, 0, 0),
        edition: Edition::E2021,
        binary: Target {
            name: "sum".into(),
            path: "src/main.rs".into(),
        },
        library: None,
        dependencies: vec![],
        features: vec![],
        declared_features: vec![],
        notes: vec![],
        authors: String::new(),
        description: String::new(),
        homepage: String::new(),
        repository: String::new(),
        license: String::new(),
        license_file: String::new(),
        readme: String::new(),
        rust_version: String::new(),
    };
    assert_eq!(package, expected);
}

#[test]
fn everything_a_program_may_ask_about_itself_is_kept() {
    let package = accepted(
        "version = \" 1.2.3-rc.1 \"\nauthors = [\"A <a@b>\", \"C\"]\ndescription = \"d\\ne\"\nhomepage = \"h\"\n\
         repository = \"r\"\nlicense = \"MIT\"\nlicense-file = \"L\"\nrust-version = \"1.95\"\n",
        &["src/main.rs", "README.txt", "README"],
    );
    assert_eq!(package.version.to_string(), "1.2.3-rc.1");
    assert_eq!(package.authors, "A <a@b>:C");
    assert_eq!(package.description, "d\ne");
    let rest = [
        package.homepage,
        package.repository,
        package.license,
        package.license_file,
        package.readme,
        package.rust_version,
    ];
    assert_eq!(rest, ["h", "r", "MIT", "L", "README.txt", "1.95"]);
}

/// Files => program, or program and library; what is added to [`HEAD`], with `;` between its lines.
const FOUND: &str = r#"
src/main.rs => sum src/main.rs;
src/bin/x.rs => x src/bin/x.rs;
src/bin/x/main.rs src/bin/x/y.rs => x src/bin/x/main.rs;
src/bin/01-a.rs src/bin/.b.rs src/bin/c.RS src/bin/d/e/main.rs => 01-a src/bin/01-a.rs;
src/main.rs => sum src/main.rs; bin = []
src/main.rs => b src/main.rs; [[bin]]; name = "b"; path = "src/main.rs"
src/main.rs => b src/main.rs; [[bin]]; name = "b"; path = "./src//main.rs"
src/main.rs => sum src/main.rs; [[bin]]; name = "sum"
src/bin/x.rs => b src/bin/x.rs; [[bin]]; name = "b"; path = "src/bin/x.rs"
src/bin/x.rs => x src/bin/x.rs; [[bin]]; name = "x"
src/bin/x/main.rs m.rs => x m.rs; [[bin]]; name = "x"; path = "m.rs"
src/main.rs src/bin/x.rs => x src/bin/x.rs; autobins = false; [[bin]]; name = "x"
src/main.rs src/bin/x.rs => sum src/main.rs;
src/main.rs src/bin/x.rs => x src/bin/x.rs; default-run = "x"
src/bin/x.rs src/bin/sum.rs => sum src/bin/sum.rs;
src/bin/x.rs src/bin/Sum_of_products.rs => Sum_of_products src/bin/Sum_of_products.rs;
src/main.rs src/bin/sum.rs => sum src/main.rs;
src/main.rs src/bin/b.rs => sum src/main.rs; [[bin]]; name = "a"; path = "src/bin/b.rs"
src/main.rs src/bin/x.rs => m src/main.rs; [[bin]]; name = "m"; path = "src/main.rs"
src/main.rs src/bin/x.rs => sum src/main.rs; default-run = "sum"; [features]; f = []; [[bin]]; name = "x"; required-features = ["f"]
src/bin/y.rs src/bin/x.rs => y src/bin/y.rs; [features]; f = []; [[bin]]; name = "x"; required-features = ["f"]
src/main.rs => sum src/main.rs; [features]; default = ["f"]; f = []; [[bin]]; name = "sum"; required-features = ["f"]
src/main.rs build.rs => sum src/main.rs; build = false; [build-dependencies]; cc = "1"
src/main.rs => sum src/main.rs; [[bin]]; name = "sum"; edition = "2021"; required-features = []; crate-type = ["bin"]
src/main.rs build.rs => sum src/main.rs; build = false
src/main.rs scripts/build.rs => sum src/main.rs;
src/main.rs src/lib.rs => sum src/main.rs, sum src/lib.rs;
src/main.rs src/lib.rs => sum src/main.rs; autolib = false
src/main.rs src/lib.rs => sum src/main.rs, sum src/lib.rs; autolib = false; [lib]
src/main.rs src/lib.rs => sum src/main.rs, l src/lib.rs; [lib]; name = "l"; crate-type = ["rlib", "lib"]
src/main.rs l.rs => sum src/main.rs, sum l.rs; [lib]; path = "./l.rs"; proc-macro = false
"#;

#[test]
fn targets_are_found_where_cargo_finds_them() {
    let show = |target: &Target| format!("{} {}", target.name, target.path);
    for row in FOUND.trim().lines() {
        let (files, rest) = row.split_once(" => ").unwrap();
        let (expected, manifest) = rest.split_once(';').unwrap();
        let files: Vec<&str> = files.split(' ').collect();
        let package = accepted(&manifest.replace(';', "\n"), &files);
        let found: Vec<String> = [Some(&package.binary), package.library.as_ref()]
            .into_iter()
            .flatten()
            .map(show)
            .collect();
        assert_eq!(found.join(", "), expected, "{row}");
    }
}

#[test]
fn what_cannot_change_the_grade_is_passed_over() {
    let rests = [
        "unknown = 1\nresolver = \"2\"\nkeywords = 3\n[package.metadata]\nworkspace = true",
        "[unknown]\nkey = 1",
        "[dev-dependencies]\nrand = \"9\"\n[dev_dependencies]\nx = { path = \"..\" }",
        "[profile.release]\npanic = \"abort\"\nopt-level = 3",
        "[lints.rust]\nunsafe_code = \"forbid\"",
        "[badges]\nx = {}",
        "[[test]]\nname = \"t\"\npath = \"/etc/passwd\"\n[[bench]]\nname = \"b\"\n[[example]]\nname = \"e\"",
        "[target.'cfg(unix)'.dev-dependencies]\nrand = \"1\"\n[target.x.dependencies]",
        "[features]\n[build-dependencies]\n[patch]",
        "[features]\ndefault = []\nfast = []",
        "[workspace]",
        "workspace = \"..\"",
        "[workspace]\nmembers = [\"x\"]\nresolver = \"3\"",
        "[build-dependencies]\ncc = { git = \"https://x\" }",
        "[patch.crates-io]\nrayon-core = { path = \"r\" }\n[replace]\n\"serde:1.0.0\" = { path = \"r\" }",
        "[lints]\nworkspace = true",
        "license.workspace = true\npublish = { workspace = true }\nversion.workspace = true",
        "license-file = \"missing\"\nreadme = \"missing\"",
        "[target.'cfg(windows)'.dependencies]\nwinapi = \"0.3\"",
        "[dependencies]\nserde = { version = \"1\", optional = true }\nmine = { path = \"../x\", optional = true }",
        "[dependencies]\nrayon = { version = \"1\", unknown = 2, optional = false }",
    ];
    for rest in rests {
        accepted(rest, &["src/main.rs"]);
    }
    read(
        &format!(
            "\u{feff}cargo-features = []\r\n{}",
            HEAD.replace('\n', "\r\n")
        ),
        &["src/main.rs"],
    )
    .unwrap();
    // A dependency that shares the program's name, but not the library's.
    accepted(
        "[[bin]]\nname = \"rayon\"\npath = \"src/main.rs\"\n[dependencies]\nrayon = \"1\"",
        &["src/main.rs"],
    );
}

#[test]
fn dependencies_come_in_the_order_of_their_names_with_their_lines() {
    let package = accepted(
        "[dependencies]\ntokio = { version = \">=1, <2\", features = [\"rt\", \"time\"], default_features = false }\n\
         crossbeam-channel = \" 0.5 \"\n\n[dependencies.par]\npackage = \"rayon\"\nversion = \"*\"\n",
        &["src/main.rs"],
    );
    let shown: Vec<String> = package
        .dependencies
        .iter()
        .map(|d| {
            format!(
                "{}={} {} {} {}",
                d.extern_name,
                d.package,
                d.features.join("+"),
                d.default_features,
                d.line
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "crossbeam_channel=crossbeam-channel  true 6",
            "par=rayon  true 8",
            "tokio=tokio rt+time false 5",
        ]
    );
}

#[test]
fn dependencies_of_this_platform_count() {
    let package = accepted(
        "[dependencies]\nrayon = \"1\"\n[target.'cfg(unix)'.dependencies]\ntokio = \"1\"\n\
         rayon = { version = \"1\", features = [\"web\"] }\n\
         [target.x86_64-pc-windows-msvc.dependencies]\nwinapi = \"1\"",
        &["src/main.rs"],
    );
    let names = package.dependencies.iter().map(|one| &*one.extern_name);
    assert_eq!(names.collect::<Vec<_>>(), ["rayon", "tokio"]);
    assert_eq!(package.dependencies[0].features, ["web"]);
}

/// The manifest after [`HEAD`], with `;` between its lines => features that are on | those declared |
/// dependencies with their features.
const FEATURES: &str = r#"
[dependencies]; rayon = { version = "1", optional = true } =>  | rayon |
[features]; default = ["a"]; a = ["b"]; b = ["a"]; c = [] => a b default | a b c default |
[dependencies]; rayon = { version = "1", optional = true }; [features]; default = ["rayon"] => default rayon | default rayon | rayon
[dependencies]; rayon = { version = "1", optional = true }; [features]; default = ["dep:rayon"] => default | default | rayon
[dependencies]; rayon = { version = "1", optional = true }; [features]; default = ["rayon/x"] => default rayon | default rayon | rayon+x
[dependencies]; rayon = { version = "1", optional = true }; [features]; default = ["x", "rayon?/z"]; x = [] => default x | default rayon x |
[dependencies]; rayon = { version = "1", optional = true }; [features]; default = ["rayon/z"]; y = ["dep:rayon"] => default | default y | rayon+z
[dependencies]; rayon = { version = "1", optional = true }; [features]; default = ["rayon?/z", "y"]; y = ["dep:rayon"] => default y | default y | rayon+z
[dependencies]; rayon = "1"; [features]; default = ["rayon/z"] => default | default | rayon+z
[dependencies]; par = { package = "rayon", version = "1", optional = true }; [features]; default = ["par"] => default par | default par | rayon
"#;

/// What cargo 1.95 gave rustc for the same manifests, with a crate of the same features.
#[test]
fn features_are_those_that_cargo_switches_on() {
    for row in FEATURES.trim().lines() {
        let (manifest, expected) = row.split_once(" => ").unwrap();
        let package = accepted(&manifest.replace(';', "\n"), &["src/main.rs"]);
        let dependencies = package.dependencies.iter().map(|one| {
            let features = one.features.iter().map(|name| format!("+{name}"));
            one.package.clone() + &features.collect::<String>()
        });
        let found = [
            package.features.join(" "),
            package.declared_features.join(" "),
            dependencies.collect::<Vec<_>>().join(" "),
        ];
        assert_eq!(found.join(" | ").trim(), expected.trim(), "{row}");
    }
}

#[test]
fn a_member_takes_values_from_its_workspace() {
    let workspace = "[workspace.package]\nedition = \"2024\"\nversion = \"1.2.3\"\nauthors = [\"a\", \"b\"]\n\
                     [workspace.dependencies]\nrayon = \"1\"\n\
                     tokio = { version = \"1\", default-features = false, features = [\"rt\"] }\n\
                     par = { package = \"crossbeam\", version = \"0.8\" }\n";
    let member = "[package]\nname = \"x\"\nedition.workspace = true\nversion = { workspace = true }\n\
                  authors.workspace = true\n[dependencies]\nrayon.workspace = true\npar.workspace = true\n\
                  tokio = { workspace = true, features = [\"net\"] }\n[lints]\nworkspace = true\n";
    let package = read_member(
        member.as_bytes(),
        Some(workspace.as_bytes()),
        &["src/main.rs"],
    )
    .unwrap();
    assert_eq!(package.edition, Edition::E2024);
    assert_eq!(package.version, Version::new(1, 2, 3));
    assert_eq!(package.authors, "a:b");
    let shown = package.dependencies.iter().map(|one| {
        format!(
            "{}={} {} {} {}",
            one.extern_name,
            one.package,
            one.features.join("+"),
            one.default_features,
            one.line
        )
    });
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            "par=crossbeam  true 8",
            "rayon=rayon  true 7",
            "tokio=tokio rt+net false 9"
        ]
    );
    // The root of a workspace takes values from itself.
    let root = format!("{member}{workspace}");
    assert!(read(&root, &["src/main.rs"]).is_ok());
    // An optional one, and default features that the member switches on.
    let on = member.replace(
        "features = [\"net\"]",
        "default-features = true, optional = true",
    );
    let on = format!("{on}[features]\ndefault = [\"tokio\"]\n");
    let package = read_member(on.as_bytes(), Some(workspace.as_bytes()), &["src/main.rs"]).unwrap();
    assert!(package.dependencies[2].default_features);
    let on = on.replace("default = [\"tokio\"]", "x = []");
    let package = read_member(on.as_bytes(), Some(workspace.as_bytes()), &["src/main.rs"]).unwrap();
    assert_eq!(package.dependencies.len(), 2);
}

#[test]
fn a_version_of_the_same_series_is_replaced_and_noted() {
    for (name, requirement, note) in [
        ("rayon", "1.999", "`rayon` is 1.11.0 instead of `1.999`"),
        ("rayon", "1.11.1", "`rayon` is 1.11.0 instead of `1.11.1`"),
        ("rayon", "^1.12", "instead of `^1.12`"),
        ("rayon", "~1.12.3", "instead of `~1.12.3`"),
        ("rayon", "=1.11.1", "instead of `=1.11.1`"),
        ("rayon", "=1.9", "instead of `=1.9`"),
        ("rayon", "1.12.1-beta.2", "instead of `1.12.1-beta.2`"),
        ("rayon", ">=1.12", "instead of `>=1.12`"),
        ("rayon", ">=1.12, <2", "instead of `>=1.12, <2`"),
        ("rayon", "1.12.*", "instead of `1.12.*`"),
        ("crossbeam", "0.8.5", "instead of `0.8.5`"),
    ] {
        let package = accepted(
            &format!("[dependencies]\n{name} = \"{requirement}\""),
            &["src/main.rs"],
        );
        assert_eq!(package.notes.len(), 1, "{requirement}");
        assert!(package.notes[0].contains(note), "{:?}", package.notes);
    }
    for (name, requirement) in [
        ("rayon", "2"),
        ("rayon", ">=2"),
        ("rayon", "<1.5"),
        ("rayon", ">=1, <1.5"),
        ("rayon", "0.11"),
        ("crossbeam", "0.9"),
        ("crossbeam", "1"),
    ] {
        let manifest = format!("{HEAD}[dependencies]\n{name} = \"{requirement}\"");
        assert!(read(&manifest, &["src/main.rs"]).is_err(), "{requirement}");
    }
    for requirement in ["*", ">=1", "1", "1.11", "=1.11.0"] {
        let package = accepted(
            &format!("[dependencies]\nrayon = \"{requirement}\""),
            &["src/main.rs"],
        );
        assert!(package.notes.is_empty(), "{requirement}");
    }
}

#[test]
fn what_is_built_otherwise_is_noted() {
    let notes = |manifest: &str| read(manifest, &["src/main.rs"]).unwrap().notes;
    assert!(notes("[package]\nname = \"x\"")[0].contains("Rust 2015"));
    let profile = format!(
        "{HEAD}[profile.release]\npanic = \"abort\"\nopt-level = 3\noverflow-checks = true"
    );
    let told = notes(&profile);
    assert_eq!(
        told,
        [
            "`overflow-checks` of `[profile.release]` has no effect",
            "`panic` of `[profile.release]` has no effect",
        ]
    );
    for name in ["dependancies", "dependency", "Dependencies"] {
        let told = notes(&format!("{HEAD}[{name}]\nrayon = \"1\""));
        let words = format!("`[{name}]` of `Cargo.toml` has no effect");
        assert!(told.len() == 1 && told[0].contains(&words), "{told:?}");
    }
    assert!(notes(&format!("{HEAD}[dev-dependencies]\nx = \"1\"")).is_empty());
}

#[test]
fn every_edition_of_the_compiler_is_taken() {
    for edition in Edition::ALL {
        let manifest = format!(
            "[package]\nname = \"x\"\nedition = \"{}\"",
            edition.as_str()
        );
        assert_eq!(read(&manifest, &["src/main.rs"]).unwrap().edition, edition);
    }
    // In the first edition, a `[[bin]]` switches the search for programs off.
    let manifest = "[package]\nname = \"x\"\n[[bin]]\nname = \"y\"\npath = \"src/bin/y.rs\"";
    let package = read(manifest, &["src/main.rs", "src/bin/y.rs"]).unwrap();
    assert_eq!(package.binary.name, "y");
}

#[test]
fn a_program_has_any_name_that_cargo_takes() {
    for name in ["gen", "loop", "test", "übung-1", "課題", "1a"] {
        let bin = format!("[[bin]]\nname = \"{name}\"\npath = \"src/main.rs\"");
        assert_eq!(accepted(&bin, &["src/main.rs"]).binary.name, name);
    }
}

#[test]
fn a_path_is_separated_as_on_windows_too() {
    for path in [r"src\main.rs", r".\src\main.rs"] {
        let bin = format!("[[bin]]\nname = \"a\"\npath = '{path}'");
        assert_eq!(accepted(&bin, &["src/main.rs"]).binary.path, "src/main.rs");
    }
}

#[test]
fn a_dash_becomes_an_underscore_where_rustc_wants_a_name() {
    let target = Target {
        name: "a-b".into(),
        path: "x.rs".into(),
    };
    assert_eq!(target.crate_name(), "a_b");
}

#[test]
fn without_a_locked_version_any_is_taken() {
    let manifest = format!("{HEAD}[dependencies]\nrayon = \"99\"");
    let read = |locked: BTreeMap<String, Version>| {
        read_with(
            manifest.as_bytes(),
            None,
            &["src/main.rs"],
            &allowed(),
            &locked,
        )
    };
    assert!(read(BTreeMap::new()).is_ok());
    assert!(read(locked()).is_err());
}
