//! What the TOML parser says of a value of the wrong kind, in words for somebody who writes a course.
//!
//! The parser names types of Rust. Hides them; every other message stays as it is.

/// The message of a parser, with kinds of values in the place of types.
pub(super) fn in_words(message: &str) -> String {
    let parts = |of: &str| {
        let rest = message.strip_prefix(of)?;
        let (found, expected) = rest.rsplit_once(", expected ")?;
        Some((found, kind_expected(expected)?))
    };
    if let Some((found, expected)) = parts("invalid type: ") {
        return format!("{} stands where {expected} belongs", kind_found(found));
    }
    if let Some((found, expected)) = parts("invalid value: ") {
        let value = found.split_once('`').map_or(found, |(_, value)| value);
        let value = value.trim_end_matches('`');
        return format!("`{value}` stands where {expected} belongs");
    }
    message.to_owned()
}

/// What is in the file, such as ``string "x"`` or ``integer `5` ``.
fn kind_found(found: &str) -> String {
    let with = |kind: &str, value: &str| format!("{kind} {}", value.trim());
    for (prefix, kind) in [
        ("string", "the text"),
        ("integer", "the whole number"),
        ("floating point", "the number"),
        ("boolean", "the value"),
        ("datetime", "the date"),
    ] {
        if let Some(value) = found.strip_prefix(prefix) {
            return with(kind, value);
        }
    }
    match found {
        "sequence" => "a list".to_owned(),
        "map" => "a table".to_owned(),
        other => other.to_owned(),
    }
}

/// What belongs there, if the parser names it by a type.
fn kind_expected(expected: &str) -> Option<&'static str> {
    Some(match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0",
        "a nonzero u64" | "a nonzero u32" => "a whole number above 0",
        "i64" | "i32" => "a whole number",
        "f64" | "f32" => "a number",
        "a boolean" | "bool" => "`true` or `false`",
        "a string" | "string" | "a character" => "a text in quotation marks",
        "a sequence" => "a list in brackets",
        "a map" => "a table",
        _ if expected.starts_with("struct ") => "a table",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_rust_become_kinds_of_values() {
        for (message, words) in [
            (
                "invalid type: string \"many\", expected u32",
                "the text \"many\" stands where a whole number from 0 belongs",
            ),
            (
                "invalid type: integer `5`, expected a string",
                "the whole number `5` stands where a text in quotation marks belongs",
            ),
            (
                "invalid type: map, expected a sequence",
                "a table stands where a list in brackets belongs",
            ),
            (
                "invalid type: floating point `1.5`, expected struct CrateFile",
                "the number `1.5` stands where a table belongs",
            ),
            (
                "invalid value: integer `-1`, expected u32",
                "`-1` stands where a whole number from 0 belongs",
            ),
            (
                "invalid type: boolean `true`, expected a duration such as \"10s\"",
                "invalid type: boolean `true`, expected a duration such as \"10s\"",
            ),
            ("missing field `title`", "missing field `title`"),
        ] {
            assert_eq!(in_words(message), words);
        }
    }
}
