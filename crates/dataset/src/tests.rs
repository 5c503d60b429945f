//! The generator compared with CPython, and on random recipes.

use std::fs;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::*;

#[derive(Deserialize)]
struct Golden {
    vectors: Vec<Vector>,
}

/// A dataset as CPython made it.
#[derive(Deserialize)]
struct Vector {
    seed: ids::Seed,
    files: u32,
    lines: u32,
    low: i64,
    high: i64,
    name_length: u32,
    distinct_files: usize,
    sha256: String,
    first_names: Vec<String>,
    last_name: String,
    first_file_final_lines: Vec<i64>,
    sum_of_products_3_17: Option<serde_json::Number>,
}

impl Vector {
    fn recipe(&self) -> Recipe {
        Recipe::Numbers(NumbersRecipe {
            files: self.files,
            lines: self.lines,
            low: self.low,
            high: self.high,
            name_length: self.name_length,
            pattern: "tmp-{}.numbers".into(),
        })
    }
}

fn vectors() -> Vec<Vector> {
    let golden: Golden =
        serde_json::from_str(include_str!("../../../tests/golden/cpython-random.json")).unwrap();
    golden.vectors
}

fn lines(contents: &[u8]) -> Vec<i128> {
    std::str::from_utf8(contents)
        .unwrap()
        .lines()
        .map(|line| line.parse().unwrap())
        .collect()
}

#[test]
fn every_dataset_of_cpython_is_made_to_the_byte() {
    let vectors = vectors();
    assert!(vectors.len() >= 40, "the golden file lost vectors");
    for vector in vectors {
        let label = format!(
            "seed {} files {} k {}",
            vector.seed, vector.files, vector.name_length
        );
        let dataset = generate(&vector.recipe(), vector.seed.0).unwrap();
        assert_eq!(dataset.files().len(), vector.distinct_files, "{label}");
        let mut hasher = Sha256::new();
        for (name, contents) in dataset.files() {
            for part in [name.as_bytes(), b"\0", contents, b"\0"] {
                hasher.update(part);
            }
        }
        let digest = ids::Digest::finish(hasher);
        assert_eq!(digest.hex(), vector.sha256, "{label}");
    }
}

#[test]
fn names_and_numbers_come_in_cpythons_order() {
    for vector in vectors() {
        let mut random = cpython::Random::seed(vector.seed.0);
        let mut names = Vec::new();
        for _ in 0..vector.files {
            names.push(random.sample_letters(vector.name_length as usize));
            for _ in 0..vector.lines {
                random.randint(vector.low, vector.high);
            }
        }
        assert_eq!(names[..vector.first_names.len()], vector.first_names);
        assert_eq!(names.last(), Some(&vector.last_name));
        let dataset = generate(&vector.recipe(), vector.seed.0).unwrap();
        let first = format!("tmp-{}.numbers", names[0]);
        let (_, contents) = dataset.files().find(|(name, _)| *name == first).unwrap();
        let expected: Vec<_> = vector
            .first_file_final_lines
            .iter()
            .map(|&n| n.into())
            .collect();
        // A long first file is given in part.
        assert_eq!(lines(contents)[..expected.len()], expected);
    }
}

#[test]
fn a_serial_reading_gives_the_golden_totals() {
    let mut checked = 0;
    for vector in vectors() {
        let Some(expected) = &vector.sum_of_products_3_17 else {
            continue;
        };
        let dataset = generate(&vector.recipe(), vector.seed.0).unwrap();
        let total: i128 = dataset
            .files()
            .map(|(_, contents)| {
                let lines = lines(contents);
                lines[2] * lines[16]
            })
            .sum();
        // Above 2^64 the golden number is read as a float; compare as both print it.
        if let Some(expected) = expected.as_i64() {
            assert_eq!(total, i128::from(expected), "seed {}", vector.seed);
            checked += 1;
        }
    }
    assert!(checked >= 38, "only {checked} totals compared");
}

#[test]
fn written_files_are_the_generated_ones() {
    let dir = tempfile::tempdir().unwrap();
    let vector = vectors().into_iter().find(|v| v.name_length == 1).unwrap();
    let dataset = generate(&vector.recipe(), vector.seed.0).unwrap();
    dataset.write(dir.path()).unwrap();
    for (name, contents) in dataset.files() {
        assert_eq!(fs::read(dir.path().join(name)).unwrap(), contents);
    }
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        vector.distinct_files
    );
    // A second writing would overwrite files that a user may have edited.
    let error = dataset.write(dir.path()).unwrap_err();
    assert!(error.to_string().contains("File exists"), "{error}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn every_good_recipe_is_followed_within_its_ranges(
        files in 1u32..40,
        line_count in 1u32..20,
        bounds in proptest::prelude::any::<(i64, i64)>(),
        name_length in 1u32..=52,
        seed in proptest::prelude::any::<u64>(),
    ) {
        let (low, high) = (bounds.0.min(bounds.1), bounds.0.max(bounds.1));
        let recipe = Recipe::Numbers(NumbersRecipe {
            files,
            lines: line_count,
            low,
            high,
            name_length,
            pattern: "a{}.b".into(),
        });
        proptest::prop_assert!(recipe.validate().is_ok());
        let dataset = generate(&recipe, seed).unwrap();
        let made = dataset.files().count();
        proptest::prop_assert!((1..=files as usize).contains(&made), "{} files", made);
        for (name, contents) in dataset.files() {
            proptest::prop_assert_eq!(name.len(), name_length as usize + 3);
            let numbers = lines(contents);
            proptest::prop_assert_eq!(numbers.len(), line_count as usize);
            let within = i128::from(low)..=i128::from(high);
            proptest::prop_assert!(numbers.iter().all(|number| within.contains(number)));
        }
        proptest::prop_assert_eq!(generate(&recipe, seed).unwrap(), dataset);
    }
}

#[test]
fn the_whole_of_i64_is_a_range() {
    let mut random = cpython::Random::seed(1);
    let drawn: Vec<i64> = (0..100)
        .map(|_| random.randint(i64::MIN, i64::MAX))
        .collect();
    assert!(drawn.iter().any(|n| *n < 0) && drawn.iter().any(|n| *n > 0));
    assert_eq!(random.randint(7, 7), 7);
}

#[test]
fn files_are_written_in_an_order_of_its_own() {
    let vector = vectors()
        .into_iter()
        .max_by_key(|vector| vector.files)
        .unwrap();
    let dataset = generate(&vector.recipe(), vector.seed.0).unwrap();
    let order: Vec<_> = dataset
        .shuffled()
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let again: Vec<_> = dataset
        .shuffled()
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(order, again);
    let names: Vec<_> = dataset.names().collect();
    let at_its_place = order.iter().zip(&names).filter(|(one, two)| one == two);
    assert!(at_its_place.count() < 10);
    let mut sorted = order.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, names);
}

fn small(files: &[(&str, &str)]) -> Result<Dataset, String> {
    let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), text.as_bytes().to_vec());
    Dataset::of_files(files.iter().map(owned).collect())
}

#[test]
fn files_are_written_with_their_folders() {
    let dir = tempfile::tempdir().unwrap();
    let dataset = small(&[("b/c/d", "1"), ("a", "22"), ("b/e", "")]).unwrap();
    let folders: Vec<_> = dataset.folders().into_iter().collect();
    assert_eq!(folders, ["b", "b/c"]);
    dataset.write(dir.path()).unwrap();
    for (name, contents) in dataset.files() {
        assert_eq!(fs::read(dir.path().join(name)).unwrap(), contents);
    }
}

#[test]
fn what_a_program_wrote_is_held_to_the_bounds() {
    let many: Vec<_> = (0..20_001).map(|n| (n.to_string(), Vec::new())).collect();
    let large = vec![("a".to_owned(), vec![0; (64 << 20) + 1])];
    for (made, words) in [
        (small(&[]), "there is no file"),
        (small(&[("a b", "")]), "`a b` is no name"),
        (small(&[("a", ""), ("a", "1")]), "`a` and `a` cannot both"),
        (
            small(&[("a/b", ""), ("a", "")]),
            "`a` and `a/b` cannot both",
        ),
        (Dataset::of_files(many), "there are 20001 files"),
        (Dataset::of_files(large), "more than 64 MiB"),
    ] {
        let error = made.unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_dataset_is_split_and_gets_another_file() {
    let all = small(&[("a", "1"), ("p1", "22"), ("p2", "333"), ("z", "4")]).unwrap();
    let [served, rest] = all.split(|name| name.starts_with('p'));
    let files = |dataset: &Dataset| -> Vec<(String, Vec<u8>)> {
        let owned = |(name, contents): (&str, &[u8])| (name.to_owned(), contents.to_vec());
        dataset.files().map(owned).collect()
    };
    assert_eq!(
        files(&served),
        files(&small(&[("p1", "22"), ("p2", "333")]).unwrap())
    );
    let with = rest.with("list", b"55");
    let expected = small(&[("a", "1"), ("list", "55"), ("z", "4")]).unwrap();
    assert_eq!(files(&with), files(&expected));
}
