//! Find the one program where cargo would: `src/main.rs`, `src/bin`, `[[bin]]`.
//!
//! Hides cargo's discovery and the ways to switch it off. Never opens a file.

use toml::de::DeTable;

use super::{
    model::Target,
    names,
    problems::{Problems, entry, quote},
    targets::{Finder, bad_target},
};

const MAIN: &str = "src/main.rs";

/// How many tables of `[[bin]]` are read; two are already too many.
const MOST_BINARIES: usize = 10;

/// How many programs one sentence names.
const MOST_NAMED: usize = 5;

/// A program that `[[bin]]` names.
struct Declared<'a> {
    at: usize,
    name: Option<&'a str>,
    /// `None` if there is none, or one that was refused.
    path: Option<String>,
}

impl Finder<'_> {
    /// The one program; `None` where there is not exactly one, or where it was refused.
    pub(super) fn binary(
        &self,
        manifest: &DeTable<'_>,
        section: &DeTable<'_>,
        has_library: bool,
        problems: &mut Problems<'_>,
    ) -> Option<Target> {
        let found = self.discover();
        let (count, declared) = self.declared(manifest, &found, problems);
        let auto = !matches!(problems.boolean(section, &["autobins"]), Some((_, false)));
        // A file that `[[bin]]` names, or whose name it takes, is no second program.
        let others: Vec<&Target> = found
            .iter()
            .filter(|target| {
                auto && !declared.iter().any(|declared| {
                    declared.name == Some(&target.name)
                        || declared.path.as_ref() == Some(&target.path)
                })
            })
            .collect();
        match (declared.as_slice(), others.as_slice()) {
            ([one], []) => Some(Target {
                name: one.name?.to_owned(),
                path: one.path.clone()?,
            }),
            ([], [one]) => {
                self.check_discovered(one, problems);
                Some((*one).clone())
            }
            // Which file it means is unclear, so the others may well be that one.
            ([one], _) if one.path.is_none() => None,
            ([], []) => {
                no_program(section, has_library, auto, &found, problems);
                None
            }
            _ => {
                let names = declared
                    .iter()
                    .map(|declared| quote(declared.name.unwrap_or("?")))
                    .chain(others.iter().map(|target| {
                        format!("{} ({})", quote(&target.name), quote(&target.path))
                    }));
                let at = declared.first().map(|one| one.at);
                several(at, count + others.len(), names, problems);
                None
            }
        }
    }

    /// The programs that cargo finds by itself, in the order of the paths.
    fn discover(&self) -> Vec<Target> {
        let mut found: Vec<Target> = self
            .files
            .iter()
            .filter_map(|path| {
                let name = if *path == MAIN {
                    &self.about.name
                } else {
                    let inner = path.strip_prefix("src/bin/")?;
                    let name = match inner.split_once('/') {
                        None => inner.strip_suffix(".rs")?,
                        Some((folder, "main.rs")) => folder,
                        Some(_) => return None,
                    };
                    // Cargo passes over hidden files.
                    (!inner.starts_with('.')).then_some(name)?
                };
                Some(Target {
                    name: name.to_owned(),
                    path: (*path).to_owned(),
                })
            })
            .collect();
        found.sort_by(|left, right| left.path.cmp(&right.path));
        found
    }

    /// How many tables `[[bin]]` has, and the first of them.
    fn declared<'a>(
        &self,
        manifest: &'a DeTable<'_>,
        found: &[Target],
        problems: &mut Problems<'_>,
    ) -> (usize, Vec<Declared<'a>>) {
        let tables = match entry(manifest, "bin") {
            None => return (0, Vec::new()),
            Some((at, value)) => match value.as_array() {
                Some(array) if array.iter().all(|item| item.get_ref().is_table()) => array,
                _ => {
                    problems.at(
                        at,
                        "`bin` is not a list of programs",
                        "write `[[bin]]` with two brackets",
                    );
                    return (0, Vec::new());
                }
            },
        };
        let declared = tables
            .iter()
            .take(MOST_BINARIES)
            .filter_map(|item| {
                let table = item.get_ref().as_table()?;
                Some(self.declared_one(item.span().start, table, found, problems))
            })
            .collect();
        (tables.len(), declared)
    }

    fn declared_one<'a>(
        &self,
        at: usize,
        table: &'a DeTable<'_>,
        found: &[Target],
        problems: &mut Problems<'_>,
    ) -> Declared<'a> {
        self.common_keys(table, "program", &["bin"], problems);
        let name = problems.string(table, "name");
        match name {
            Some(name) => {
                if let Err(why) = names::binary(name) {
                    let at = entry(table, "name").map_or(at, |(at, _)| at);
                    bad_target(at, "program", name, &why, problems);
                }
            }
            None if !table.contains_key("name") => problems.at(
                at,
                "`[[bin]]` has no `name`",
                "write below it a name such as `name = \"sum-of-products\"`",
            ),
            None => {}
        }
        let path = match (table.contains_key("path"), name) {
            (true, _) => self.path(table, problems),
            (false, Some(name)) => infer(at, name, found, problems),
            (false, None) => None,
        };
        Declared { at, name, path }
    }

    fn check_discovered(&self, target: &Target, problems: &mut Problems<'_>) {
        let Err(why) = names::binary(&target.name) else {
            return;
        };
        if target.path == MAIN {
            let at = self.about.name_at;
            bad_target(at, "program", &target.name, &why, problems);
        } else {
            problems.at_file(
                &target.path,
                format!("the program's name {} {why}", quote(&target.name)),
                "rename the file",
            );
        }
    }
}

/// The file of a `[[bin]]` without `path`: the discovered program of that name.
fn infer(at: usize, name: &str, found: &[Target], problems: &mut Problems<'_>) -> Option<String> {
    let mut named = found.iter().filter(|target| target.name == name);
    let problem = match (named.next(), named.next()) {
        (Some(one), None) => return Some(one.path.clone()),
        (None, _) => format!(
            "the program {} has no `path`, and there is no file of its name in `src/bin`",
            quote(name)
        ),
        (Some(one), Some(other)) => format!(
            "the program {} has no `path`, and both {} and {} may be meant",
            quote(name),
            quote(&one.path),
            quote(&other.path)
        ),
    };
    problems.at(
        at,
        problem,
        "name its file, such as `path = \"src/main.rs\"`",
    );
    None
}

fn no_program(
    section: &DeTable<'_>,
    has_library: bool,
    auto: bool,
    found: &[Target],
    problems: &mut Problems<'_>,
) {
    if !auto
        && let Some(hidden) = found.first()
        && let Some((at, _)) = entry(section, "autobins")
    {
        let problem = format!(
            "`autobins` is off and there is no `[[bin]]`, so {} is not built",
            quote(&hidden.path)
        );
        return problems.at(at, problem, "remove `autobins`");
    }
    let what = if has_library {
        "the package is a library without a program"
    } else {
        "the package has no program"
    };
    problems.nowhere(
        format!("{what}: there is no `src/main.rs`, no `.rs` file in `src/bin`, no `src/bin/*/main.rs` and no `[[bin]]`"),
        "put the program, with its `fn main`, into `src/main.rs`",
    );
}

fn several(
    at: Option<usize>,
    count: usize,
    names: impl Iterator<Item = String>,
    problems: &mut Problems<'_>,
) {
    let mut list = names.take(MOST_NAMED).collect::<Vec<_>>().join(", ");
    if count > MOST_NAMED {
        list.push_str(", …");
    }
    let problem = format!("the package has {count} programs: {list}");
    let remedy = "keep the one that is to be graded, and remove or rename the files of the others";
    match at {
        Some(at) => problems.at(at, problem, remedy),
        None => problems.nowhere(problem, remedy),
    }
}
