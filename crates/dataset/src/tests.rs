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
        let dataset = generate(&vector.recipe(), vector.seed.0);
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
        let dataset = generate(&vector.recipe(), vector.seed.0);
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
        let dataset = generate(&vector.recipe(), vector.seed.0);
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
    let dataset = generate(&vector.recipe(), vector.seed.0);
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
        let dataset = generate(&recipe, seed);
        let made = dataset.files().count();
        proptest::prop_assert!((1..=files as usize).contains(&made), "{} files", made);
        for (name, contents) in dataset.files() {
            proptest::prop_assert_eq!(name.len(), name_length as usize + 3);
            let numbers = lines(contents);
            proptest::prop_assert_eq!(numbers.len(), line_count as usize);
            let within = i128::from(low)..=i128::from(high);
            proptest::prop_assert!(numbers.iter().all(|number| within.contains(number)));
        }
        proptest::prop_assert_eq!(generate(&recipe, seed), dataset);
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
    let dataset = generate(&vector.recipe(), vector.seed.0);
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
