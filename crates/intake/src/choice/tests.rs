//! Which of several crates is meant.

use std::path::Path;

use super::*;

/// Choose among manifests, each given as its folder and its text, for the exercise `sum-of-products`.
fn chosen(manifests: &[(&str, &str)]) -> Root {
    let mut crates = Crates::default();
    for (folder, text) in manifests {
        crates
            .add(folder.as_bytes(), Some(&mut text.as_bytes()))
            .unwrap();
    }
    crates.choose(Wanted {
        exercise: "sum-of-products",
        checkout: Path::new(""),
        among: &[],
    })
}

#[track_caller]
fn is_at(manifests: &[(&str, &str)], folder: &str) {
    match chosen(manifests) {
        Root::At(found) => assert_eq!(String::from_utf8(found.path).unwrap(), folder),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn are_several(manifests: &[(&str, &str)], folders: &[&str]) {
    let folders = folders.iter().map(|folder| folder.as_bytes().to_vec());
    assert_eq!(chosen(manifests), Root::Several(folders.collect()));
}

const OTHER: &str = "[package]\nname = 'other'";
const SUM: &str = "[package]\nname = 'sum-of-products'";

#[test]
fn the_crate_of_the_exercises_name_is_meant() {
    is_at(
        &[("week1", OTHER), ("sum-of-products", OTHER)],
        "sum-of-products",
    );
    is_at(
        &[("week1", OTHER), ("Sum_Of_Products", OTHER)],
        "Sum_Of_Products",
    );
    is_at(&[("a", OTHER), ("b", SUM)], "b");
    // The folder counts more: a copy of the folder keeps the package's name.
    is_at(&[("old", SUM), ("sum-of-products", SUM)], "sum-of-products");
    is_at(
        &[("a", OTHER), ("b/sum-of-products", SUM)],
        "b/sum-of-products",
    );
    are_several(&[("a", OTHER), ("b", OTHER)], &["a", "b"]);
    are_several(&[("a", SUM), ("b", SUM)], &["a", "b"]);
}

#[test]
fn the_members_of_a_workspace_are_chosen_among() {
    let workspace = "[workspace]\nmembers = ['app', 'crates/*']";
    is_at(&[("", workspace), ("app", OTHER), ("old", OTHER)], "app");
    is_at(&[("", workspace), ("app", OTHER), ("old", SUM)], "old");
    is_at(
        &[("", workspace), ("app", OTHER), ("crates/x/y", OTHER)],
        "app",
    );
    is_at(
        &[("w/w", workspace), ("w/w/crates/sum-of-products", SUM)],
        "w/w/crates/sum-of-products",
    );
    let default = "[workspace]\nmembers = ['a', 'b']\ndefault-members = ['b']";
    is_at(&[("", default), ("a", OTHER), ("b", OTHER)], "b");
    for folders in [["a", "b"], ["week1", "week2"]] {
        let members = folders.map(|folder| (folder, OTHER));
        let all = [("", "[workspace]\nmembers = ['*']"), members[0], members[1]];
        let folders = folders.map(|folder| folder.as_bytes().to_vec());
        assert_eq!(chosen(&all), Root::Members(folders.into()));
    }
    // The root is a package itself.
    let root = "[package]\nname = 'x'\n[workspace]\nmembers = ['*']";
    is_at(&[("", root), ("a", OTHER)], "");
    is_at(&[("", root), ("a", SUM)], "a");
    // Without members, what is below belongs to the package.
    is_at(
        &[
            ("", "[package]\nname = 'x'\n[workspace]"),
            ("sum-of-products", SUM),
        ],
        "",
    );
    is_at(&[("", OTHER), ("sum-of-products", SUM)], "");
    // Without a package, the reader of manifests explains.
    is_at(&[("w", "[workspace]")], "w");
}

#[test]
fn a_workspaces_manifest_is_kept_for_members_that_take_values_from_it() {
    let text = |manifests: &[(&str, &str)]| match chosen(manifests) {
        Root::At(found) => found.workspace.map(|text| String::from_utf8(text).unwrap()),
        other => panic!("{other:?}"),
    };
    let workspace = "[workspace]\nmembers = ['a']\n";
    let inherits = "[package]\nname = 'x'\nedition.workspace = true";
    assert_eq!(
        text(&[("", workspace), ("a", inherits)]).unwrap(),
        workspace
    );
    assert_eq!(text(&[("", workspace), ("a", OTHER)]), None);
    assert_eq!(text(&[("a", inherits)]), None);
    let own = format!("{inherits}\n[workspace]");
    assert_eq!(text(&[("", workspace), ("a", &own)]), None);
}

#[test]
fn numbered_folders_are_attempts_unless_one_alone_has_the_name() {
    are_several(
        &[("attempt-1", SUM), ("attempt-2", SUM)],
        &["attempt-1", "attempt-2"],
    );
    are_several(
        &[("attempt-1", OTHER), ("attempt-2", OTHER)],
        &["attempt-1", "attempt-2"],
    );
    are_several(
        &[("attempt-1/sum-of-products", SUM), ("attempt-2", SUM)],
        &["attempt-1/sum-of-products", "attempt-2"],
    );
    is_at(&[("week1", OTHER), ("week2", SUM)], "week2");
}

#[test]
fn attempts_may_be_workspaces() {
    let workspace = "[workspace]\nmembers = ['*']";
    are_several(
        &[
            ("attempt-1", workspace),
            ("attempt-1/sum-of-products", SUM),
            ("attempt-2", workspace),
            ("attempt-2/sum-of-products", SUM),
        ],
        &["attempt-1/sum-of-products", "attempt-2/sum-of-products"],
    );
}

#[test]
fn a_deep_crate_is_found_if_none_is_nearer() {
    is_at(&[("hw-main/code/solution", OTHER)], "hw-main/code/solution");
    is_at(&[("a/b/c/d", OTHER)], "a/b/c/d");
    is_at(&[("a/b/c/d", SUM), ("e", OTHER)], "e");
    assert_eq!(chosen(&[("a/b/c/d/e", OTHER)]), Root::Nowhere);
    assert_eq!(chosen(&[("target/a", OTHER)]), Root::Nowhere);
}

#[test]
fn what_is_read_of_all_manifests_together_is_bounded() {
    let mut crates = Crates::default();
    let text = format!(
        "[package]\nname = 'sum-of-products'\n{}",
        "#".repeat(60_000)
    );
    for n in 0..1000 {
        let folder = format!("f{n}");
        crates
            .add(folder.as_bytes(), Some(&mut text.as_bytes()))
            .unwrap();
    }
    let named = crates
        .manifests
        .values()
        .filter(|found| found.name.is_some());
    assert!((100..200).contains(&named.count()));
}

/// Choose for an exercise, where a submission may have a crate of each of three.
fn chosen_among(exercise: &str, manifests: &[(&str, &str)]) -> Root {
    let among = ["sum-of-products", "two-tasks", "other"].map(|id| id.parse().unwrap());
    let mut crates = Crates::default();
    for (folder, text) in manifests {
        crates
            .add(folder.as_bytes(), Some(&mut text.as_bytes()))
            .unwrap();
    }
    crates.choose(Wanted {
        exercise,
        checkout: Path::new(""),
        among: &among,
    })
}

#[test]
fn of_a_submission_for_several_exercises_only_a_crate_of_that_name_is_meant() {
    let at = |exercise: &str, manifests: &[(&str, &str)]| match chosen_among(exercise, manifests) {
        Root::At(found) => Some(String::from_utf8(found.path).unwrap()),
        Root::Nowhere => None,
        found => panic!("{found:?}"),
    };
    let both = [("sum-of-products", SUM), ("mine", OTHER)];
    assert_eq!(
        at("sum-of-products", &both).as_deref(),
        Some("sum-of-products")
    );
    assert_eq!(at("other", &both).as_deref(), Some("mine"));
    // Without the others, the only crate near would be meant.
    assert_eq!(at("two-tasks", &both), None);
    // A copied folder that keeps the package's name is the work on what the folder is called.
    let copied = [("two-tasks", SUM)];
    assert_eq!(at("two-tasks", &copied).as_deref(), Some("two-tasks"));
    assert_eq!(at("sum-of-products", &copied), None);
    // Nobody says what a crate of another name is for.
    assert_eq!(
        at("other", &[("homework", "[package]\nname = 'homework'")]),
        None
    );
    assert_eq!(at("other", &[("", "[workspace]\nmembers = ['a']")]), None);
}
