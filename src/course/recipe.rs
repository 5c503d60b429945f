//! How `exercise.toml` describes an exercise's data files.
//!
//! Hides the keys of the file. Never validates values: `dataset` does.

use dataset::{NumbersRecipe, Recipe};
use serde::Deserialize;

/// A kind of data, with its parameters.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum RecipeFile {
    /// Files of whole numbers, one a line, as the Python course makes them.
    Numbers(#[serde(with = "NumbersFile")] NumbersRecipe),
}

/// The parameters of a dataset of numbers, under the names that the file has for them.
#[derive(Deserialize)]
#[serde(
    remote = "NumbersRecipe",
    rename_all = "kebab-case",
    deny_unknown_fields
)]
struct NumbersFile {
    files: u32,
    lines: u32,
    low: i64,
    high: i64,
    name_length: u32,
    pattern: String,
}

impl RecipeFile {
    /// What this kind of data is called in the file.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Numbers(_) => "numbers",
        }
    }

    /// The recipe, not validated yet.
    pub(super) fn into_recipe(self) -> Recipe {
        match self {
            Self::Numbers(numbers) => Recipe::Numbers(numbers),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The text of a recipe: valid, or with one of the usual mistakes.
    fn recipe_text() -> impl Strategy<Value = String> {
        let number = prop_oneof![
            4 => (0..200_u32).prop_map(|n| n.to_string()),
            1 => any::<i64>().prop_map(|n| n.to_string()),
            1 => "\\PC{0,9}",
        ];
        let pattern = prop_oneof![
            Just("tmp-{}.numbers".to_owned()),
            "[a-z.{}/-]{0,12}",
            "\\PC{0,9}",
        ];
        let numbers = proptest::collection::vec(number, 5);
        (numbers, pattern).prop_map(|(n, pattern)| {
            let pattern = toml::Value::from(pattern);
            format!(
                "[numbers]\nfiles = {}\nlines = {}\nlow = {}\nhigh = {}\nname-length = {}\npattern = {pattern}\n",
                n[0], n[1], n[2], n[3], n[4]
            )
        })
    }

    proptest! {
        #[test]
        fn any_text_is_a_recipe_or_an_error(text in prop_oneof![recipe_text(), "\\PC{0,99}"]) {
            let Ok(RecipeFile::Numbers(recipe)) = toml::from_str(&text) else {
                return Ok(());
            };
            match Recipe::Numbers(recipe.clone()).validate() {
                Ok(()) => {
                    let name = recipe.file_name("abcde");
                    prop_assert!(!name.contains(['/', '\0', '{']) && !name.starts_with('.'), "{name}");
                    prop_assert!(recipe.low <= recipe.high);
                }
                Err(error) => prop_assert!(text.contains(error.key), "{error}"),
            }
        }
    }
}
