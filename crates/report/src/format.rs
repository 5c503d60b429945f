//! The forms of a report, by name.

use std::{fmt, str::FromStr};

/// A form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Format {
    /// For a person at a terminal: the report of a submission, or the summary of a class.
    #[default]
    Human,
    /// The record, or all records of a class as one value.
    Json,
    /// One record a line.
    Jsonl,
    /// The gradebook: one line for each submission.
    Csv,
    /// A web page, with the picture of who read which file when.
    Html,
    /// For a job summary, a comment or a file.
    Markdown,
    /// Annotations of GitHub Actions.
    Github,
    /// JUnit's XML, for CI systems.
    Junit,
    /// For code scanning.
    Sarif,
    /// For Gradescope's autograder.
    Gradescope,
    /// For Exercism's test runner.
    Exercism,
    /// For the autograding reporter of GitHub Classroom.
    GithubClassroom,
    /// Who read which file when, for Perfetto.
    Trace,
}

impl Format {
    /// What a file of this format begins with, in front of the report. Without its mark, Excel reads a table in the code
    /// page of the machine. Programs that read standard output need none.
    #[must_use]
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Csv => "\u{FEFF}",
            _ => "",
        }
    }

    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 13] = [
        Self::Human,
        Self::Json,
        Self::Jsonl,
        Self::Csv,
        Self::Html,
        Self::Markdown,
        Self::Github,
        Self::Junit,
        Self::Sarif,
        Self::Gradescope,
        Self::Exercism,
        Self::GithubClassroom,
        Self::Trace,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Html => "html",
            Self::Markdown => "markdown",
            Self::Github => "github",
            Self::Junit => "junit",
            Self::Sarif => "sarif",
            Self::Gradescope => "gradescope",
            Self::Exercism => "exercism",
            Self::GithubClassroom => "github-classroom",
            Self::Trace => "trace",
        }
    }

    /// Who reads it, for the list of formats: a capital first, no full stop.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Human => "For a person",
            Self::Json => "The record, or all records of a class: as batch.json",
            Self::Jsonl => "One record a line, for programs",
            Self::Csv => {
                "A line for each submission, for a spreadsheet: as gradebook.csv; a file has its byte order mark"
            }
            Self::Html => "A web page in one file, with the picture of who read which file when",
            Self::Markdown => "For a job summary, a comment, or a file for the student",
            Self::Github => "Annotations of GitHub Actions, and the summary of the job",
            Self::Junit => "A suite for each submission, a case for each check, for CI systems",
            Self::Sarif => "For code scanning",
            Self::Gradescope => "The results.json of Gradescope's autograder",
            Self::Exercism => "The results.json of Exercism's test runner",
            Self::GithubClassroom => "The result for the autograding reporter of GitHub Classroom",
            Self::Trace => "Who read which file when, for Perfetto or Chrome",
        }
    }

    /// The name of its file in a folder of reports.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Human => "report.txt",
            Self::Json => "report.json",
            Self::Jsonl => "report.jsonl",
            Self::Csv => "report.csv",
            Self::Html => "report.html",
            Self::Markdown => "report.md",
            Self::Github => "github.txt",
            Self::Junit => "junit.xml",
            Self::Sarif => "report.sarif",
            Self::Gradescope => "gradescope.json",
            Self::Exercism => "exercism.json",
            Self::GithubClassroom => "github-classroom.txt",
            Self::Trace => "trace.json",
        }
    }

    /// Whether it can be made of a class. The others are for one submission.
    #[must_use]
    pub const fn is_for_class(self) -> bool {
        match self {
            Self::Human
            | Self::Json
            | Self::Jsonl
            | Self::Csv
            | Self::Html
            | Self::Markdown
            | Self::Github
            | Self::Junit
            | Self::Sarif => true,
            Self::Gradescope | Self::Exercism | Self::GithubClassroom | Self::Trace => false,
        }
    }

    /// Whether the report of a class shows what was measured of its runs: times, and who read which file when.
    #[must_use]
    pub const fn shows_measures(self) -> bool {
        match self {
            Self::Jsonl | Self::Html | Self::Junit | Self::Trace => true,
            Self::Human
            | Self::Json
            | Self::Csv
            | Self::Markdown
            | Self::Github
            | Self::Sarif
            | Self::Gradescope
            | Self::Exercism
            | Self::GithubClassroom => false,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|format| format.name() == text);
        known.ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|format| format.name()).collect();
            format!("it is none of {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_format_is_found_by_its_name_and_has_a_file_of_its_own() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        let files: BTreeSet<_> = Format::ALL.iter().map(|one| one.file_name()).collect();
        assert_eq!(files.len(), Format::ALL.len());
        assert!("word".parse::<Format>().unwrap_err().contains("human"));
    }
}
