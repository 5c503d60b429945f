//! How an exercise's data files are made: the parameters, and the bounds in which they make sense.

use crate::{bounds::RecipeError, files::FilesRecipe, names::is_data_name};

/// A kind of data, with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipe {
    /// Files of whole numbers, one a line, as the Python course makes them.
    Numbers(NumbersRecipe),
    /// Files that the exercise writes down, with places for what is drawn.
    Files(FilesRecipe),
    /// What a program of the course writes.
    Program(ProgramRecipe),
}

/// A program of the course that writes a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramRecipe {
    /// The folder of its crate, seen from the course's, with `/` between names.
    pub folder: String,
}

/// Parameters of a dataset of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumbersRecipe {
    /// Files drawn, 1 to 100 000. A name drawn twice overwrites, so fewer may exist.
    pub files: u32,
    /// Lines in each file, 1 to 100 000.
    pub lines: u32,
    /// The smallest number.
    pub low: i64,
    /// The largest number, at least `low`.
    pub high: i64,
    /// Letters in the random part of a name, 1 to 52 (they are drawn without repetition).
    pub name_length: u32,
    /// The file's name, in which `{}` stands for the random part.
    pub pattern: String,
}

impl Recipe {
    /// Check every bound.
    ///
    /// # Errors
    /// The first parameter that is out of its range, and the range.
    pub fn validate(&self) -> Result<(), RecipeError> {
        match self {
            Self::Numbers(numbers) => numbers.validate(),
            Self::Files(files) => files.validate(),
            Self::Program(program) => program.validate(),
        }
    }

    /// The names of all files, where they do not depend on the seed.
    #[must_use]
    pub fn names(&self) -> Option<Vec<String>> {
        match self {
            Self::Files(files) => Some(files.names()),
            Self::Numbers(_) | Self::Program(_) => None,
        }
    }
}

impl ProgramRecipe {
    fn validate(&self) -> Result<(), RecipeError> {
        if is_data_name(&self.folder) {
            return Ok(());
        }
        let problem = format!(
            "`crate` is `{}`, it must be a folder of the course, such as \"generators/log-merge\"",
            self.folder.escape_debug()
        );
        Err(RecipeError {
            at: None,
            key: "crate",
            problem,
        })
    }
}

impl NumbersRecipe {
    /// The most numbers in one dataset: 20 million of at most 20 digits are about 400 MB.
    const MOST_NUMBERS: u64 = 20_000_000;

    fn validate(&self) -> Result<(), RecipeError> {
        let wrong = |key, problem: String| {
            Err(RecipeError {
                at: None,
                key,
                problem,
            })
        };
        if !(1..=100_000).contains(&self.files) {
            let problem = format!("`files` is {}, it must be 1 to 100000", self.files);
            return wrong("files", problem);
        }
        if !(1..=100_000).contains(&self.lines) {
            let problem = format!("`lines` is {}, it must be 1 to 100000", self.lines);
            return wrong("lines", problem);
        }
        if u64::from(self.files) * u64::from(self.lines) > Self::MOST_NUMBERS {
            let problem = format!(
                "`files` times `lines` is above {}, which fills the temporary folder",
                Self::MOST_NUMBERS
            );
            return wrong("files", problem);
        }
        if self.low > self.high {
            let problem = format!(
                "`low` is {} and `high` is {}: nothing lies between",
                self.low, self.high
            );
            return wrong("low", problem);
        }
        if !(1..=52).contains(&self.name_length) {
            let problem = format!("`name-length` is {}, it must be 1 to 52", self.name_length);
            return wrong("name-length", problem);
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.{}".contains(c);
        if self.pattern.matches("{}").count() != 1
            || self.pattern.matches(['{', '}']).count() != 2
            || !self.pattern.chars().all(plain)
            || self.pattern.starts_with(['.', '-'])
            || self.pattern.len() > 100
        {
            let problem = format!(
                "`pattern` is {:?}, it must be a file name with one `{{}}`, such as \"tmp-{{}}.numbers\"",
                self.pattern
            );
            return wrong("pattern", problem);
        }
        Ok(())
    }

    /// The name of the file whose random part is `letters`.
    #[must_use]
    pub fn file_name(&self, letters: &str) -> String {
        self.pattern.replacen("{}", letters, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> NumbersRecipe {
        NumbersRecipe {
            files: 1000,
            lines: 20,
            low: 1,
            high: 99,
            name_length: 5,
            pattern: "tmp-{}.numbers".into(),
        }
    }

    #[test]
    fn the_course_recipe_is_good() {
        assert_eq!(good().validate(), Ok(()));
        assert_eq!(good().file_name("abcde"), "tmp-abcde.numbers");
    }

    #[test]
    fn each_bound_is_held_and_named() {
        let cases: [(&str, NumbersRecipe); 8] = [
            ("`files`", NumbersRecipe { files: 0, ..good() }),
            (
                "`files`",
                NumbersRecipe {
                    files: 100_001,
                    ..good()
                },
            ),
            ("`lines`", NumbersRecipe { lines: 0, ..good() }),
            (
                "times",
                NumbersRecipe {
                    files: 100_000,
                    lines: 100_000,
                    ..good()
                },
            ),
            (
                "`low`",
                NumbersRecipe {
                    low: 3,
                    high: 2,
                    ..good()
                },
            ),
            (
                "`name-length`",
                NumbersRecipe {
                    name_length: 53,
                    ..good()
                },
            ),
            (
                "`pattern`",
                NumbersRecipe {
                    pattern: "../{}".into(),
                    ..good()
                },
            ),
            (
                "`pattern`",
                NumbersRecipe {
                    pattern: "fixed".into(),
                    ..good()
                },
            ),
        ];
        for (word, recipe) in cases {
            let error = recipe.validate().unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
            assert!(error.to_string().contains(&format!("`{}`", error.key)));
        }
    }
}
