//! Find the program where cargo would (`src/main.rs`, `src/bin`, `[[bin]]`), and of several the one that is meant.
//!
//! Hides cargo's discovery and the ways to switch it off, and what `default-run` and `required-features` change. Never opens a file.

use toml::de::DeTable;

use super::{
    model::{Edition, Target},
    names,
    problems::{Problems, entry, quote},
    targets::{Finder, bad_target},
};

const MAIN: &str = "src/main.rs";

/// How many tables of `[[bin]]` are read.
const MOST_BINARIES: usize = 100;

/// How many programs one sentence names.
const MOST_NAMED: usize = 5;

/// A program that `[[bin]]` names.
struct Declared<'a> {
    at: usize,
    name: Option<&'a str>,
    /// `None` if there is none, or one that was refused.
    path: Option<String>,
    /// The first of its `required-features` that is off, and where it stands.
    lacks: Option<(usize, &'a str)>,
}

/// A program that the package has.
struct Program<'a> {
    /// Where `[[bin]]` names it.
    at: Option<usize>,
    target: Target,
    lacks: Option<(usize, &'a str)>,
}

impl Finder<'_> {
    /// The program that is graded; `None` where it is not known which one that is, or where it was refused.
    pub(super) fn binary(
        &self,
        manifest: &DeTable<'_>,
        section: &DeTable<'_>,
        has_library: bool,
        problems: &mut Problems<'_>,
    ) -> Option<Target> {
        let found = self.discover();
        let (count, declared) = self.declared(manifest, &found, problems);
        // In the first edition, one `[[bin]]` switches the search off.
        let is_on = self.about.edition != Edition::E2015 || declared.is_empty();
        let auto = problems
            .boolean(section, &["autobins"])
            .map_or(is_on, |(_, is_on)| is_on);
        let mut programs = Vec::new();
        for one in &declared {
            // Which file it means is unclear, so the others may well be that one.
            programs.push(Program {
                at: Some(one.at),
                target: Target {
                    name: one.name?.to_owned(),
                    path: one.path.clone()?,
                },
                lacks: one.lacks,
            });
        }
        // A file that `[[bin]]` names, or whose name it takes, is no second program.
        let is_other = |target: &&Target| {
            auto && !declared.iter().any(|declared| {
                declared.name == Some(&target.name) || declared.path.as_ref() == Some(&target.path)
            })
        };
        programs.extend(found.iter().filter(is_other).map(|target| Program {
            at: None,
            target: target.clone(),
            lacks: None,
        }));
        if programs.is_empty() {
            self.no_program(section, has_library, auto, &found, problems);
            return None;
        }
        let chosen = self.choose(section, &programs, count, problems)?;
        if chosen.at.is_none() {
            self.check_discovered(&chosen.target, problems);
        }
        Some(chosen.target.clone())
    }

    /// The one that is meant: by `default-run`, by the package's name, by its place, by the exercise's name.
    fn choose<'p, 'a>(
        &self,
        section: &DeTable<'_>,
        programs: &'p [Program<'a>],
        declared: usize,
        problems: &mut Problems<'_>,
    ) -> Option<&'p Program<'a>> {
        if let Some((at, _)) = entry(section, "default-run") {
            let name = problems.string(section, "default-run")?;
            let Some(named) = programs.iter().find(|program| program.target.name == name) else {
                problems.at(
                    at,
                    format!(
                        "`default-run` names the program {}; the package has {}",
                        quote(name),
                        list(programs)
                    ),
                    "name the program that is to be graded",
                );
                return None;
            };
            return is_built(named, problems).then_some(named);
        }
        let built: Vec<_> = programs.iter().filter(|one| one.lacks.is_none()).collect();
        let Some(first) = built.first() else {
            is_built(programs.first()?, problems);
            return None;
        };
        let only = |is_meant: &dyn Fn(&Target) -> bool| {
            let mut meant = built.iter().filter(|one| is_meant(&one.target));
            meant.next().filter(|_| meant.next().is_none()).copied()
        };
        let plain = |name: &str| name.to_ascii_lowercase().replace('_', "-");
        let meant = only(&|_| true)
            .or_else(|| only(&|target| target.name == self.about.name))
            .or_else(|| only(&|target| target.path == MAIN))
            .or_else(|| only(&|target| plain(&target.name) == plain(self.exercise)));
        if meant.is_none() {
            let hidden = declared.saturating_sub(MOST_BINARIES);
            let problem = format!(
                "the package has {} programs: {}",
                programs.len() + hidden,
                list(programs)
            );
            let remedy =
                "name the one that is to be graded with `default-run = \"…\"` below `[package]`";
            match first.at {
                Some(at) => problems.at(at, problem, remedy),
                None => problems.nowhere(problem, remedy),
            }
        }
        meant
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
        let lacks = problems
            .strings(table, "required-features")
            .into_iter()
            .find(|(_, feature)| !self.features.enabled.contains(*feature));
        Declared {
            at,
            name,
            path,
            lacks,
        }
    }

    /// Refuse a package without a program, and name the file that may be meant as one.
    fn no_program(
        &self,
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
        let is_main = |path: &&&str| path.eq_ignore_ascii_case(MAIN);
        let is_misplaced = |path: &&&str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            let is_named =
                name.eq_ignore_ascii_case("main.rs") || name.eq_ignore_ascii_case("main.rs.txt");
            is_named && path.matches('/').count() <= 1
        };
        let mut files = self.files.iter();
        if let Some(other) = files.clone().find(is_main) {
            return problems.at_file(
                other,
                format!(
                    "the package has no program: there is no `src/main.rs`, only {}, which is another name for cargo",
                    quote(other)
                ),
                format!("rename {} to `src/main.rs`; capitals count", quote(other)),
            );
        }
        if let Some(other) = files.find(is_misplaced) {
            return problems.at_file(
                other,
                format!(
                    "the package has no program: there is no `src/main.rs`, and {} is not where cargo looks",
                    quote(other)
                ),
                format!("move {} to `src/main.rs`", quote(other)),
            );
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

/// Whether cargo would build it; if not, that is a problem.
fn is_built(program: &Program<'_>, problems: &mut Problems<'_>) -> bool {
    let Some((at, feature)) = program.lacks else {
        return true;
    };
    problems.at(
        at,
        format!(
            "the program {} needs the feature {}, which is off unless it is asked for",
            quote(&program.target.name),
            quote(feature)
        ),
        "add the feature to the list `default` in `[features]`, or remove `required-features`",
    );
    false
}

/// The programs, as a part of a sentence.
fn list(programs: &[Program<'_>]) -> String {
    let names = programs.iter().take(MOST_NAMED).map(|program| {
        let Target { name, path } = &program.target;
        format!("{} ({})", quote(name), quote(path))
    });
    let mut list = names.collect::<Vec<_>>().join(", ");
    if programs.len() > MOST_NAMED {
        list.push_str(", …");
    }
    list
}
