//! Whether a file is a report that this program wrote, by how it begins.
//!
//! So that a report takes the place of an earlier report and never of a file that a person wrote. A new form needs
//! its beginning here; `tests/it/grade/in_the_crate.rs` writes all forms twice into one folder.

use crate::format::Format;

/// As many bytes as are needed to recognise a report.
pub const HEAD: usize = 4096;

/// Whether a file that begins with `head` is the report of a submission, in any form.
#[must_use]
pub fn is_report(head: &[u8]) -> bool {
    let text = head
        .utf8_chunks()
        .next()
        .map_or("", |chunk| chunk.valid())
        .trim_start_matches('\u{feff}');
    Format::ALL
        .into_iter()
        .any(|format| is_of(format, text).unwrap_or(false))
}

/// Whether `text` begins as a report of this form does. `None` is no.
fn is_of(format: Format, text: &str) -> Option<bool> {
    let first = text.lines().next()?;
    Some(match format {
        Format::Human => {
            let (verdict, _) = first.split_once("  ")?;
            let headline = text.split("\n\n").next()?;
            matches!(verdict, "PASS" | "FAIL" | "NOT GRADED") && headline.contains(" points")
        }
        Format::Json | Format::Jsonl => {
            let start = text.trim_start_matches(['{', '\n', ' ']);
            let schema = start.strip_prefix("\"schema\":")?;
            text.starts_with('{') && schema.trim_start().starts_with("\"grade-")
        }
        Format::Csv => {
            let rest = first.strip_prefix("id")?;
            let separator = rest.chars().next()?;
            let columns = ["", "verdict", "earned", "possible", ""];
            rest.starts_with(&columns.join(&separator.to_string()))
        }
        Format::Html => {
            text.starts_with("<!DOCTYPE html>")
                && text.contains("<meta http-equiv=\"Content-Security-Policy\"")
                && text.contains("default-src &#39;none&#39;; img-src data:;")
        }
        Format::Markdown => {
            let verdicts = [": passed", ": did not pass", ": not graded"];
            first.starts_with("# ")
                && verdicts.iter().any(|end| first.ends_with(end))
                && text.lines().nth(2)?.starts_with("**")
        }
        Format::Github => {
            let kinds = ["::error ", "::warning ", "::notice "];
            kinds.iter().any(|kind| first.starts_with(kind)) && first.contains("title=")
        }
        Format::Junit => {
            first.starts_with("<?xml ")
                && text.contains("<testsuites>")
                && text.contains("<property name=\"tier\"")
        }
        Format::Sarif => {
            text.starts_with("{\"$schema\": ")
                && text.contains("\"tool\": {\"driver\": {\"name\":\"grade\"")
        }
        Format::Gradescope => first.starts_with("{\"extra_data\":{\"replay\":\"grade "),
        Format::Exercism => {
            let message = first.strip_prefix("{\"message\":")?;
            message.starts_with('"') || message.starts_with("null,\"status\":")
        }
        // `{"max_score":`, as the reporter wants it.
        Format::GithubClassroom => first.starts_with("eyJtYXhfc2NvcmUiO"),
        Format::Trace => {
            first.starts_with("{\"displayTimeUnit\":\"ms\",\"otherData\":{\"exercise\":")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_wrote_is_no_report() {
        for text in [
            "",
            "fn main() {}\n",
            "[package]\nname = \"x\"\n",
            "# sum of products by Ann\n\nWhat I did.\n",
            "# Notes: passed\n",
            "id,name\n1,Ann\n",
            "<!DOCTYPE html>\n<html><head></head></html>\n",
            "{\"schema\": \"other/1\"}\n",
            "{\"messages\": []}\n",
            "<?xml version=\"1.0\"?>\n<project/>\n",
            "FAIL  to see\n",
            "PK\u{3}\u{4}",
        ] {
            assert!(!is_report(text.as_bytes()), "{text:?}");
        }
        assert!(!is_report(b"\xff\xfe"));
    }

    #[test]
    fn a_report_is_recognised_also_where_it_is_cut_or_has_a_byte_order_mark() {
        let head = "\u{feff}id;verdict;earned;possible;build\n";
        assert!(is_report(head.as_bytes()));
        assert!(is_report(
            b"# x by y: did not pass\n\n**0 of 10 points.**\n\n\xc3"
        ));
    }
}
