//! What holds for every manifest: nothing panics, nothing unsafe comes out, nothing honest is refused.

use proptest::{collection::vec, prelude::*, sample::select, strategy::Union};

use super::{
    honest::{Asked, Row, honest},
    *,
};

/// Something forbidden: a line of `[package]`, one of `[dependencies]`, text at the end, and a file.
fn forbidden() -> impl Strategy<Value = (&'static str, &'static str, &'static str, &'static str)> {
    let package = [
        "build = \"src/main.rs\"",
        "build = true",
        "links = \"z\"",
        "homepage = 1",
        "license-file = \"\\u0000\"",
    ];
    let dependency = [
        "evil = \"1\"",
        "evil = { path = \"../other\" }",
        "evil = { git = \"https://example.org\" }",
        "evil = { package = \"rand\", version = \"1\" }",
        "evil.workspace = true",
        "\"a=b\" = { package = \"rayon\", version = \"1\" }",
    ];
    let end = [
        "[features]\ndefault = [\"missing\"]",
        "[features]\n\"a b\" = []",
        "[target.'cfg(unix)'.dependencies]\nevil = \"1\"",
        "[target.'cfg(unknown)'.dependencies]\nrayon = \"1\"",
        "[[bin]]\nname = \"a-second\"\npath = \"../x.rs\"",
        "[[bin]]\nname = \"a-second\"\npath = \"/bin/sh\"",
        "[[lib]]",
        "[unclosed",
        "x = \"\\q\"",
    ];
    let file = ["build.rs"];
    let mut all = Vec::new();
    all.extend(package.map(|line| (line, "", "", "")));
    all.extend(dependency.map(|line| ("", line, "", "")));
    all.extend(end.map(|text| ("", "", text, "")));
    all.extend(file.map(|path| ("", "", "", path)));
    select(all)
}

/// Any value, with keys that mean something in a manifest.
fn value() -> impl Strategy<Value = toml::Value> {
    let word = select(vec![
        "",
        "a",
        "1",
        "1.0",
        "2021",
        "2024",
        "src/main.rs",
        "../x",
        "/x",
        "rayon",
        "rand",
        "lib",
        "cdylib",
        "\0",
        "\u{1b}[2J",
        "é",
    ]);
    let leaf = prop_oneof![
        4 => word.prop_map(toml::Value::from),
        2 => any::<bool>().prop_map(toml::Value::from),
        1 => any::<i64>().prop_map(toml::Value::from),
        1 => any::<f64>().prop_map(toml::Value::from),
        1 => "\\PC{0,20}".prop_map(toml::Value::from),
        1 => Just("workspace = true".parse::<toml::Table>().unwrap().into()),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            1 => vec(inner.clone(), 0..4).prop_map(toml::Value::Array),
            4 => table(inner).prop_map(toml::Value::Table),
        ]
    })
}

fn table(value: impl Strategy<Value = toml::Value>) -> impl Strategy<Value = toml::Table> {
    let key = Union::new_weighted(vec![
        (
            9,
            select(vec![
                "package",
                "dependencies",
                "bin",
                "lib",
                "name",
                "path",
                "version",
                "edition",
                "features",
                "workspace",
                "build",
                "rayon",
                "tokio",
                "num-cpus",
                "target",
                "patch",
                "replace",
                "project",
                "proc-macro",
                "crate-type",
                "autobins",
                "optional",
                "default-features",
                "git",
                "authors",
                "readme",
                "rust-version",
                "lints",
                "build-dependencies",
            ])
            .prop_map(str::to_owned)
            .boxed(),
        ),
        (1, "\\PC{0,8}".boxed()),
    ]);
    vec((key, value), 0..5).prop_map(|pairs| pairs.into_iter().collect())
}

const FILES: &[&str] = &["src/main.rs", "src/lib.rs", "x"];

/// Whatever comes out is safe: to give to rustc, or to show.
fn check_safe(outcome: Result<Package, Vec<Refusal>>, files: &[&str]) {
    match outcome {
        Ok(package) => {
            let targets = [Some(&package.binary), package.library.as_ref()];
            for target in targets.into_iter().flatten() {
                assert!(files.contains(&target.path.as_str()), "{target:?}");
                assert!(names::binary(&target.name).is_ok(), "{target:?}");
            }
            assert!(names::package(&package.name).is_ok(), "{package:?}");
            let allowed = allowed();
            for dependency in &package.dependencies {
                assert!(allowed.contains_key(&dependency.package), "{dependency:?}");
                assert!(
                    names::in_use(&dependency.extern_name).is_ok(),
                    "{dependency:?}"
                );
                assert!(
                    dependency
                        .features
                        .iter()
                        .all(|feature| names::is_feature(feature))
                );
            }
            let externs = package.dependencies.iter().map(|d| &d.extern_name);
            assert!(
                externs.is_sorted_by(|left, right| left < right),
                "{package:?}"
            );
            let features = package.features.iter().chain(&package.declared_features);
            assert!(
                features.into_iter().all(|name| names::is_feature(name)),
                "{package:?}"
            );
            let variables = [
                &package.authors,
                &package.description,
                &package.readme,
                &package.license,
            ];
            assert!(
                !variables.iter().any(|text| text.contains('\0')),
                "{package:?}"
            );
        }
        Err(refusals) => {
            assert!((1..=21).contains(&refusals.len()), "{refusals:#?}");
            for refusal in refusals {
                let all = [&refusal.place, &refusal.problem, &refusal.remedy];
                assert!(
                    !all.iter().any(|text| text.contains(char::is_control)),
                    "{refusal:?}"
                );
                assert!(
                    all.iter().all(|text| (1..1000).contains(&text.len())),
                    "{refusal:?}"
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..2000)) {
        check_safe(read_bytes(&bytes, FILES), FILES);
    }

    #[test]
    fn a_damaged_manifest_is_answered(
        honest in honest(),
        at in any::<prop::sample::Index>(),
        cut in 0..9_usize,
        put in prop_oneof!["\\PC{0,4}", "[\\[\\]{}=.,\"'#\n ]{0,6}"],
    ) {
        let mut bytes = honest.text().into_bytes();
        let at = at.index(bytes.len());
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, put.bytes());
        check_safe(read_bytes(&bytes, &honest.files), &honest.files);
    }

    #[test]
    fn any_tables_are_answered(table in table(value())) {
        let text = toml::to_string(&table).unwrap();
        check_safe(read(&text, FILES), FILES);
    }

    /// A fifth of these are accepted, so that what comes out is seen too.
    #[test]
    fn a_manifest_with_any_tables_in_it_is_answered(
        package in table(value()),
        rayon in table(value()),
        bin in proptest::option::of(table(value())),
        lib in proptest::option::of(table(value())),
        more in proptest::option::of(table(value())),
    ) {
        let with = |base: &str, more: toml::Table| {
            let mut table: toml::Table = base.parse().unwrap();
            table.extend(more);
            toml::Value::from(table)
        };
        let mut dependencies = toml::Table::new();
        dependencies.insert("rayon".into(), with("version = \"1\"", rayon));
        let mut table = toml::Table::new();
        table.insert("package".into(), with(&HEAD["[package]".len()..], package));
        table.insert("dependencies".into(), dependencies.into());
        table.extend(bin.map(|bin| {
            let bin = with("name = \"b\"\npath = \"src/main.rs\"", bin);
            ("bin".into(), toml::Value::Array(vec![bin]))
        }));
        table.extend(lib.map(|lib| ("lib".into(), lib.into())));
        table.extend(more.unwrap_or_default());
        let text = toml::to_string(&table).unwrap();
        check_safe(read(&text, FILES), FILES);
    }

    #[test]
    fn an_honest_manifest_is_accepted_with_exactly_its_dependencies(honest in honest()) {
        let text = honest.text();
        let package = read(&text, &honest.files).unwrap_or_else(|refusals| panic!("{text}\n{refusals:#?}"));
        let mut expected: Vec<_> = honest.dependencies.iter().map(Asked::expected).collect();
        expected.sort();
        let found: Vec<Row> = package
            .dependencies
            .iter()
            .map(|d| (d.extern_name.clone(), d.package.clone(), d.features.clone(), d.default_features))
            .collect();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(&package.binary, &honest.binary);
        prop_assert_eq!(&package.library, &honest.library);
        for dependency in &package.dependencies {
            let line = text.lines().nth(dependency.line - 1).unwrap();
            let key = honest.dependencies.iter().find(|asked| asked.package == dependency.package).unwrap().key();
            prop_assert!(line.contains(key), "line {} of\n{}", dependency.line, text);
        }
        check_safe(Ok(package), &honest.files);
    }

    /// Whatever is asked for: the line that a refusal tells is one with which the package is accepted.
    #[test]
    fn the_line_told_is_accepted(
        package in select(vec!["rayon", "tokio", "crossbeam", "num_cpus"]),
        rename in proptest::option::of("[a-z]{4,9}x"),
        requirement in "[=<>~^*]{0,2}[0-9]{1,3}(\\.([0-9]{1,4}|\\*)){0,2}(-beta)?",
        features in vec("[a-z][a-z0-9_-]{0,9}", 0..40),
        default_features in any::<bool>(),
        source in select(vec!["", ", git = \"https://example.org\"", ", path = \"../x\""]),
    ) {
        let key = rename.as_deref().unwrap_or(package);
        let line = format!(
            "{key} = {{ version = {requirement:?}, package = {package:?}, features = {features:?}, \
             default-features = {default_features}{source} }}"
        );
        let manifest = |line: &str| format!("{HEAD}[dependencies]\n{line}\n");
        let Err(refusals) = read(&manifest(&line), &["src/main.rs"]) else {
            return Ok(());
        };
        for refusal in refusals {
            let told = refusal.remedy.split('`').nth(1).unwrap_or_default();
            // A line that is too long is told in part, which the student puts into the rest.
            let told = if told.starts_with(&format!("{key} = ")) {
                told.to_owned()
            } else {
                prop_assert!(told.starts_with("version = "), "{refusal:?}");
                format!("{key} = {{ package = {package:?}, {told}, features = {features:?} }}")
            };
            let accepted = read(&manifest(&told), &["src/main.rs"]);
            prop_assert!(accepted.is_ok(), "{line}\n{told}\n{accepted:?}");
            let package = accepted.unwrap();
            prop_assert!(package.notes.is_empty());
            prop_assert_eq!(&package.dependencies[0].features, &features);
            prop_assert_eq!(&package.dependencies[0].extern_name, &key.replace('-', "_"));
        }
    }

    #[test]
    fn any_member_of_any_workspace_is_answered(
        member in table(value()),
        dependencies in table(value()),
        workspace in table(value()),
    ) {
        let mut member = member;
        member.insert("dependencies".into(), dependencies.into());
        let mut root = toml::Table::new();
        root.insert("workspace".into(), workspace.into());
        let text = toml::to_string(&member).unwrap();
        let root = toml::to_string(&root).unwrap();
        check_safe(read_member(text.as_bytes(), Some(root.as_bytes()), FILES), FILES);
    }

    #[test]
    fn one_forbidden_thing_is_refused(honest in honest(), (line, dependency, end, file) in forbidden()) {
        let text = honest.text_with(line, dependency, end);
        prop_assume!(file.is_empty() || !text.contains("build = false"));
        let mut files = honest.files.clone();
        files.push(file);
        let outcome = read(&text, &files);
        prop_assert!(outcome.is_err(), "accepted:\n{}", text);
        check_safe(outcome, &files);
    }
}
