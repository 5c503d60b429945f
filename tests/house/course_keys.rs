//! Every key of `grader.toml` and `exercise.toml` is in a table of `docs/course.md` or `docs/exercises.md`, and so is every name that
//! an exercise must not have.

use std::collections::BTreeSet;

use serde_json::Value;
use syn::{Attribute, Expr, Fields, Item, Lit};

use crate::repository::{files, read};

/// The words of an attribute such as `#[serde(…)]`; none of another one.
fn serde_words(attribute: &Attribute) -> Option<String> {
    let list = attribute.meta.require_list().ok()?;
    list.path.is_ident("serde").then(|| list.tokens.to_string())
}

/// The text that `rename = "…"` gives to a field, if it has one.
fn renamed(words: &str) -> Option<String> {
    let (_, rest) = words.split_once("rename = \"")?;
    rest.split_once('"').map(|(name, _)| name.to_owned())
}

/// The keys of every struct in a source text that refuses unknown keys.
fn keys_in(text: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for item in syn::parse_file(text).unwrap().items {
        let Item::Struct(item) = item else { continue };
        let words: String = item.attrs.iter().filter_map(serde_words).collect();
        if !words.contains("deny_unknown_fields") {
            continue;
        }
        let Fields::Named(fields) = item.fields else {
            continue;
        };
        for field in fields.named {
            let own: String = field.attrs.iter().filter_map(serde_words).collect();
            let name = field.ident.unwrap().to_string();
            keys.push(renamed(&own).unwrap_or_else(|| {
                if words.contains("kebab-case") {
                    name.replace('_', "-")
                } else {
                    name
                }
            }));
        }
    }
    keys
}

/// The texts of the list that a constant of a source text is.
fn texts_of(constant: &str, text: &str) -> Vec<String> {
    let items = syn::parse_file(text).unwrap().items;
    let list = items.into_iter().find_map(|item| match item {
        Item::Const(item) if item.ident == constant => Some(*item.expr),
        _ => None,
    });
    let Some(Expr::Reference(list)) = list else {
        panic!("no list `{constant}`");
    };
    let Expr::Array(list) = *list.expr else {
        panic!("`{constant}` is no list");
    };
    let text = |element| match element {
        Expr::Lit(element) => match element.lit {
            Lit::Str(text) => text.value(),
            _ => panic!("`{constant}` is no list of texts"),
        },
        _ => panic!("`{constant}` is no list of texts"),
    };
    list.elems.into_iter().map(text).collect()
}

/// Whether a table of a document has a row for a key.
fn has_row(document: &str, key: &str) -> bool {
    let named = format!("`{key}`");
    let first_cell = |line: &str| line.split('|').nth(1).map(str::to_owned);
    document
        .lines()
        .filter(|line| line.starts_with('|'))
        .filter_map(first_cell)
        .any(|cell| cell.contains(&named))
}

/// Whether a heading of a document is about the table of this name: `[limits.build]`.
fn has_heading(document: &str, table: &str) -> bool {
    let end = format!(".{table}]");
    let mut headings = document.lines().filter(|line| line.starts_with('#'));
    headings.any(|line| line.contains(&end))
}

#[test]
fn every_key_of_a_course_is_documented() {
    let document = read("docs/course.md") + &read("docs/exercises.md");
    let sources = files("src/course", &[".rs"]);
    let keys: Vec<String> = sources
        .iter()
        .flat_map(|file| keys_in(&read(&file.to_string_lossy())))
        .collect();
    assert!(keys.len() > 35, "only {} keys were found", keys.len());
    let is_missing = |key: &&String| !has_row(&document, key) && !has_heading(&document, key);
    let missing: Vec<&String> = keys.iter().filter(is_missing).collect();
    assert!(
        missing.is_empty(),
        "docs/course.md and docs/exercises.md have no row for {missing:?}"
    );
}

/// The keys of the exercises' files, as the loader has them.
fn keys_of_exercises() -> BTreeSet<String> {
    let sources = files("src/course", &[".rs"]);
    let sources = sources.iter().map(|file| file.to_string_lossy());
    // These are of `grader.toml`.
    let others = ["grader_toml.rs", "tier.rs"];
    let of_exercises = sources.filter(|file| !others.iter().any(|other| file.ends_with(other)));
    of_exercises
        .flat_map(|file| keys_in(&read(&file)))
        .collect()
}

/// The names of all properties in a JSON Schema.
fn properties(schema: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if let Some(own) = schema.get("properties").and_then(Value::as_object) {
        names.extend(own.keys().cloned());
    }
    let below = schema
        .as_object()
        .into_iter()
        .flat_map(|object| object.values());
    for inner in below.chain(schema.as_array().into_iter().flatten()) {
        names.extend(properties(inner));
    }
    names
}

#[test]
fn every_key_of_an_exercise_is_in_its_schema_with_a_description() {
    let schema = read("schema/exercise-1.schema.json");
    let known = properties(&serde_json::from_str(&schema).unwrap());
    let keys = keys_of_exercises();
    assert!(keys.len() > 25, "only {keys:?}");
    let differ: Vec<_> = keys.symmetric_difference(&known).collect();
    assert!(
        differ.is_empty(),
        "the loader or exercise-1.schema.json has no {differ:?}"
    );
}

#[test]
fn every_name_that_an_exercise_must_not_have_is_documented() {
    let document = read("docs/course.md");
    let names = texts_of("RESERVED_NAMES", &read("src/course/catalog.rs"));
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        assert!(document.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn a_key_that_has_no_row_is_found() {
    let text = "#[derive(Deserialize)]\n\
        #[serde(rename_all = \"kebab-case\", deny_unknown_fields)]\n\
        struct File { open_files: u8, #[serde(rename = \"type\")] kind: u8 }\n\
        struct Other { not_a_key: u8 }";
    let keys = keys_in(text);
    assert_eq!(keys, ["open-files", "type"]);
    let document = "| key | is |\n| `open-files` | a number |\nA `type` in a sentence.";
    assert!(has_row(document, &keys[0]) && !has_row(document, &keys[1]));
}
