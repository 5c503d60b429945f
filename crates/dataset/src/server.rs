//! Which data files are served over HTTP, and what is special about the answers.
//!
//! Hides how files are picked. Never answers a request.

use ids::FilePattern;

use crate::{Dataset, cpython::Random};

/// Where the files are found that a server has.
const ADDRESS: &str = "http://127.0.0.1:8000";

/// A server for some of the data files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerRecipe {
    /// The files that it has, which do not lie in the folder.
    pub serve: FilePattern,
    /// The name of the data file that has their addresses, one a line, in byte order of the names.
    pub list: String,
    /// What is special about some answers. A file is picked by one rule at most.
    pub answers: Vec<AnswerRule>,
}

/// What is special about the answers for some files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRule {
    /// Among which files.
    pub files: FilePattern,
    /// How many of them, chosen by the seed; all if it is not said.
    pub pick: Option<u32>,
    /// The answer.
    pub answer: ServerAnswer,
}

/// How a server answers a request for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerAnswer {
    /// 200, with the whole file.
    Whole,
    /// 404.
    NotFound,
    /// 503.
    Unavailable,
    /// 200 with the length of the whole file, half of which comes before the connection is closed.
    Truncated,
    /// 302, to an address at which the whole file is.
    Redirect,
}

impl ServerRecipe {
    /// The answer for each of the files with these names, which are in byte order and all served.
    #[must_use]
    pub fn answers(&self, names: &[&str], seed: u64) -> Vec<ServerAnswer> {
        // Not the generator of the data: what a file contains must not tell how it is answered.
        let mut random = Random::seed(seed ^ 0x616e_7377_6572_7321);
        let mut answers = vec![None; names.len()];
        for rule in &self.answers {
            let is_free = |at: &usize| answers[*at].is_none() && rule.files.matches(names[*at]);
            let mut free: Vec<usize> = (0..names.len()).filter(is_free).collect();
            let pick = rule.pick.map_or(free.len(), |pick| pick as usize);
            for _ in 0..pick.min(free.len()) {
                let chosen = free.swap_remove(random.index_below(free.len()));
                answers[chosen] = Some(rule.answer);
            }
        }
        let whole = |answer: Option<ServerAnswer>| answer.unwrap_or(ServerAnswer::Whole);
        answers.into_iter().map(whole).collect()
    }

    /// The same files, and the list.
    #[must_use]
    pub fn with_list(&self, dataset: Dataset) -> Dataset {
        let served = dataset.names().filter(|name| self.serve.matches(name));
        let lines = served.map(|name| format!("{ADDRESS}/{name}\n"));
        let list: String = lines.collect();
        dataset.with(&self.list, list.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn rule(files: &str, pick: Option<u32>, answer: ServerAnswer) -> AnswerRule {
        let files = files.parse().unwrap();
        AnswerRule {
            files,
            pick,
            answer,
        }
    }

    fn recipe(answers: Vec<AnswerRule>) -> ServerRecipe {
        ServerRecipe {
            serve: "p*".parse().unwrap(),
            list: "urls.txt".into(),
            answers,
        }
    }

    #[test]
    fn without_a_number_all_are_picked_that_no_earlier_rule_has() {
        let server = recipe(vec![
            rule("p1", None, ServerAnswer::NotFound),
            rule("p*", None, ServerAnswer::Redirect),
        ]);
        let found = server.answers(&["p0", "p1", "p2"], 1);
        let redirect = ServerAnswer::Redirect;
        assert_eq!(found, [redirect, ServerAnswer::NotFound, redirect]);
        let files = ["a", "p0", "p1"].map(|name| (name.to_owned(), Vec::new()));
        let with_list = server.with_list(Dataset::of_files(files.into()).unwrap());
        let (_, list) = with_list.files().last().unwrap();
        assert_eq!(
            std::str::from_utf8(list).unwrap(),
            "http://127.0.0.1:8000/p0\nhttp://127.0.0.1:8000/p1\n"
        );
    }

    proptest::proptest! {
        #[test]
        fn so_many_are_picked_and_the_seed_decides_which(
            count in 4usize..40,
            (missing, broken) in (0u32..3, 0u32..3),
            seed in proptest::prelude::any::<u64>(),
        ) {
            let names: Vec<String> = (0..count).map(|i| format!("p{i:02}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let server = recipe(vec![
                rule("p*", Some(missing), ServerAnswer::NotFound),
                rule("p*", Some(broken), ServerAnswer::Truncated),
            ]);
            let found = server.answers(&names, seed);
            let of = |answer| found.iter().filter(|one| **one == answer).count();
            proptest::prop_assert_eq!(of(ServerAnswer::NotFound), missing as usize);
            proptest::prop_assert_eq!(of(ServerAnswer::Truncated), broken as usize);
            proptest::prop_assert_eq!(of(ServerAnswer::Whole), count - (missing + broken) as usize);
            proptest::prop_assert_eq!(server.answers(&names, seed), found);
        }
    }

    #[test]
    fn other_seeds_pick_other_files() {
        let server = recipe(vec![rule("p*", Some(1), ServerAnswer::NotFound)]);
        let names = ["p0", "p1", "p2", "p3"];
        let picked: BTreeSet<_> = (0..40)
            .map(|seed| {
                let found = server.answers(&names, seed);
                found.iter().position(|one| *one == ServerAnswer::NotFound)
            })
            .collect();
        assert_eq!(picked.len(), 4);
    }
}
