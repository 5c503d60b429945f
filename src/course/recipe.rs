//! How `exercise.toml` describes an exercise's data files.
//!
//! Hides the keys of the file. Never validates values: `dataset` does.

use std::path::Path;

use dataset::{FileTemplate, FilesRecipe, NumbersRecipe, ProgramRecipe, Recipe, Template};
use serde::Deserialize;
use toml::Spanned;

use super::{
    error::Error,
    toml_file::{Place, offset_of},
};

/// The kinds of data, of which an exercise has one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecipeFile {
    #[serde(default)]
    numbers: Option<Numbers>,
    #[serde(default)]
    files: Option<FilesFile>,
    #[serde(default)]
    program: Option<ProgramFile>,
}

#[derive(Deserialize)]
struct Numbers(#[serde(with = "NumbersFile")] NumbersRecipe);

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FilesFile {
    file: Vec<TemplateFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateFile {
    name: Spanned<String>,
    #[serde(default)]
    count: Option<Spanned<u32>>,
    #[serde(default)]
    lines: Option<Spanned<u32>>,
    contents: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProgramFile {
    #[serde(rename = "crate")]
    folder: String,
}

impl RecipeFile {
    /// The recipe. `root` is the folder of the course.
    pub(super) fn recipe(self, place: Place<'_>, root: &Path) -> Result<Recipe, Error> {
        let (kind, recipe, spans) = match (self.numbers, self.files, self.program) {
            (Some(Numbers(numbers)), None, None) => {
                ("numbers", Recipe::Numbers(numbers), Vec::new())
            }
            (None, Some(files), None) => {
                let spans = files.file.iter().map(spans_of).collect();
                ("files", Recipe::Files(files.recipe(place)?), spans)
            }
            (None, None, Some(program)) => {
                let folder = program.folder;
                let recipe = Recipe::Program(ProgramRecipe { folder });
                ("program", recipe, Vec::new())
            }
            (None, None, None) => {
                return Err(place
                    .wrong_key(&["recipe"], "there is no data")
                    .with_hint(ONE_KIND));
            }
            _ => {
                return Err(place
                    .wrong_key(&["recipe"], "there is more than one kind of data")
                    .with_hint(ONE_KIND));
            }
        };
        recipe.validate().map_err(|error| {
            let of_file = error.at.and_then(|at| spans.get(at));
            let offset =
                match of_file.and_then(|spans| spans.iter().find(|(key, _)| *key == error.key)) {
                    Some((_, offset)) => *offset,
                    None => offset_of(place.text, &["recipe", kind, error.key]),
                };
            place.wrong(offset, error.to_string())
        })?;
        if let Recipe::Program(program) = &recipe
            && !root.join(&program.folder).join("Cargo.toml").is_file()
        {
            let what = format!("there is no crate `{}` in the course", program.folder);
            return Err(place
                .wrong_key(&["recipe", "program", "crate"], what)
                .with_hint(
                    "write the folder of its `Cargo.toml`, as it is seen from grader.toml",
                ));
        }
        Ok(recipe)
    }
}

const ONE_KIND: &str =
    "write one of the tables `[recipe.numbers]`, `[recipe.files]` and `[recipe.program]`";

/// Where the keys of a kind of files are.
fn spans_of(file: &TemplateFile) -> Vec<(&'static str, usize)> {
    let name = file.name.span().start;
    let number = |number: &Option<Spanned<u32>>| number.as_ref().map_or(name, |n| n.span().start);
    vec![
        ("name", name),
        ("count", number(&file.count)),
        ("lines", number(&file.lines)),
        ("contents", file.contents.span().start),
    ]
}

impl FilesFile {
    fn recipe(self, place: Place<'_>) -> Result<FilesRecipe, Error> {
        let template = |key: &str, text: &Spanned<String>| {
            Template::parse(text.get_ref())
                .map_err(|error| place.wrong(text.span().start, format!("`{key}` {error}")))
        };
        let files = self.file.into_iter().map(|file| {
            Ok(FileTemplate {
                name: template("name", &file.name)?,
                count: file.count.map_or(1, Spanned::into_inner),
                lines: file.lines.map_or(1, Spanned::into_inner),
                contents: template("contents", &file.contents)?,
            })
        });
        let files = files.collect::<Result<_, Error>>()?;
        Ok(FilesRecipe { files })
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

    /// The text of a recipe of files: valid, or with one of the usual mistakes.
    fn files_text() -> impl Strategy<Value = String> {
        let name = prop_oneof![
            Just("task-{i}.txt".to_owned()),
            "[a-z./{}i:0-9-]{0,12}",
            "\\PC{0,9}",
        ];
        let contents = prop_oneof![
            Just("{number:1..9} {word}\n".to_owned()),
            "[a-z{}:.0-9]{0,20}",
            "\\PC{0,20}",
        ];
        let number = || prop_oneof![4 => 0..50_u32, 1 => any::<u32>()];
        (name, contents, number(), number()).prop_map(|(name, contents, count, lines)| {
            let (name, contents) = (toml::Value::from(name), toml::Value::from(contents));
            format!(
                "[[files.file]]\nname = {name}\ncount = {count}\nlines = {lines}\ncontents = {contents}\n"
            )
        })
    }

    proptest! {
        #[test]
        fn any_text_is_a_recipe_or_an_error(
            text in prop_oneof![recipe_text(), files_text(), "\\PC{0,99}"],
            seed in any::<u64>(),
        ) {
            let Ok(file) = toml::from_str::<RecipeFile>(&text) else {
                return Ok(());
            };
            let place = Place { path: Path::new("x"), text: &text };
            match file.recipe(place, Path::new("/nonexistent")) {
                Ok(recipe @ Recipe::Files(_)) => {
                    let made = dataset::generate(&recipe, seed).unwrap();
                    prop_assert!(made.names().all(dataset::is_data_name));
                    let mut names = recipe.names().unwrap();
                    names.sort();
                    prop_assert!(made.names().eq(names.iter().map(String::as_str)));
                }
                Ok(Recipe::Numbers(recipe)) => {
                    let name = recipe.file_name("abcde");
                    prop_assert!(!name.contains(['/', '\0', '{']) && !name.starts_with('.'), "{name}");
                    prop_assert!(recipe.low <= recipe.high);
                }
                Ok(Recipe::Program(program)) => prop_assert!(false, "{program:?}"),
                Err(error) => prop_assert!(error.to_string().contains("`x`, line "), "{error}"),
            }
        }
    }
}
