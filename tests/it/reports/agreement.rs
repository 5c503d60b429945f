//! What several formats say, they say in the same words and in the same order.

use super::paths::GRADED;

/// The formats that show a check's output and what to try.
const WITH_OUTPUT: [&str; 8] = [
    "human",
    "html",
    "markdown",
    "junit",
    "github",
    "gradescope",
    "sarif",
    "exercism",
];

#[test]
fn what_to_try_stands_below_the_output_of_which_it_speaks() {
    let record = GRADED.record("panics");
    let checks = record["checks"].as_array().unwrap().iter();
    let mut hints = checks.filter_map(|check| {
        let output = check["details"]["output"].as_str()?;
        output.contains("panicked at").then(|| &check["hint"])
    });
    let hint = hints.next().unwrap().as_str().unwrap();
    // A terminal may break the line behind the first words.
    let hint: Vec<&str> = hint.split(' ').take(3).collect();
    let hint = hint.join(" ");
    for format in WITH_OUTPUT {
        let text = GRADED.one("panics", format);
        let output = text.find("panicked at").unwrap_or_else(|| panic!("{text}"));
        let hint = text.find(&hint).unwrap_or_else(|| panic!("{text}"));
        assert!(output < hint, "{format}: {text}");
    }
}

#[test]
fn who_saw_the_reads_is_told_alike() {
    let observer = GRADED.record("right")["grader"]["observer"].clone();
    let witnesses = match observer.as_str().unwrap() {
        "file-times" => "file times alone".to_owned(),
        observer => format!("{observer} and file times"),
    };
    for format in ["human", "html", "markdown"] {
        let text = GRADED.one("right", format);
        assert!(text.contains(&witnesses), "{format}: {text}");
    }
}
