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
                features: Vec::new(),
            };
            (name, allowed)
        })
        .collect()
}

fn read_bytes(manifest: &[u8], files: &[&str]) -> Result<Package, Vec<Refusal>> {
    super::read(
        manifest,
        files,
        &allowed(),
        &locked(),
        &Version::new(1, 95, 0),
    )
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
        let compiler = Version::new(1, 95, 0);
        super::read(
            manifest.as_bytes(),
            &["src/main.rs"],
            &allowed(),
            &locked,
            &compiler,
        )
    };
    assert!(read(BTreeMap::new()).is_ok());
    assert!(read(locked()).is_err());
}
