//! A list of the class: whose a login, an address, a number or a folder is, and in which group they are.
//!
//! The list of GitHub Classroom (`"identifier","github_username","github_id","name"`), a gradebook of Canvas, a
//! worksheet of Moodle, or a table that an instructor wrote. Names of columns are forgiving; a sign that two people have
//! is an error with both lines. `assign` finds the people of each submission, and who is left on either side. Never
//! guesses between two people.

use std::collections::{BTreeMap, BTreeSet};

use ids::SubmissionId;
use report::Person;

use crate::{
    columns::{Columns, Listed},
    header::{Header, SameName, plain},
    people::{folded, shown, words},
    table::Table,
};

/// Why a file is no list of a class, to follow its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RosterError {
    /// No column says who somebody is.
    #[error("it has no column that says who somebody is on line {line}; it has {columns}")]
    NoColumns {
        /// The line of the header.
        line: usize,
        /// The columns that there are.
        columns: String,
    },
    /// Two columns have a name that only one may have.
    #[error("{0}")]
    SameName(String),
    /// There is nobody on it.
    #[error("it has nobody below line {line}")]
    Nobody {
        /// The line of the header.
        line: usize,
    },
    /// A line has more cells than the first one.
    #[error("line {line} has {cells} cells, and line {head} names {names} columns")]
    LongRow {
        /// Counted from one.
        line: usize,
        /// How many it has.
        cells: usize,
        /// The line of the header.
        head: usize,
        /// How many there may be.
        names: usize,
    },
    /// Two people have the same sign.
    #[error("lines {first} and {second} have the same {column}, `{text}`")]
    Twice {
        /// One.
        first: usize,
        /// The other.
        second: usize,
        /// What they share.
        column: &'static str,
        /// What it says.
        text: String,
    },
}

impl RosterError {
    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NoColumns { .. } | Self::Nobody { .. } => {
                "begin it with a line such as `login,student_id,name,email,group`, with a line for each person below it"
            }
            Self::SameName(_) => "rename one of them",
            Self::LongRow { .. } => "put quotes around a cell that has the separator in it",
            Self::Twice { .. } => {
                "let each line be another person, and correct the one that is wrong"
            }
        }
    }
}

impl From<SameName> for RosterError {
    fn from(error: SameName) -> Self {
        Self::SameName(error.to_string())
    }
}

/// A list of the class.
#[derive(Debug, Clone)]
pub struct Roster {
    people: Vec<Listed>,
    /// Who has a sign: a large class is not searched for each submission.
    by_sign: BTreeMap<(Sign, String), BTreeSet<usize>>,
    /// The columns that nothing was taken from.
    unused: Vec<String>,
}

/// Whose submissions they are.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// The people of each submission of which anybody is on the list.
    pub people: BTreeMap<SubmissionId, Vec<Person>>,
    /// The submissions of nobody on the list.
    pub unlisted: Vec<SubmissionId>,
    /// Who is on the list and has no submission, for a person.
    pub absent: Vec<String>,
    /// What is not certain: who has several submissions, and whose a submission may be. Sentences without full stop.
    pub doubtful: Vec<String>,
}

/// A submission, as the class's folder tells it.
#[derive(Debug, Clone, Default)]
pub struct Handed<'a> {
    /// Who handed it in, where the exporting system says so.
    pub people: &'a [Person],
    /// The number of the account, where the names of the export have one.
    pub number: &'a str,
    /// The name that stands beside that number.
    pub name: &'a str,
}

impl Roster {
    /// Read a list.
    ///
    /// # Errors
    /// It is no list, or two lines say different things of one sign.
    pub fn read(table: &Table) -> Result<Self, RosterError> {
        let header = Header::of(table);
        let head = table.line(header.row);
        let columns = Columns::find(&header)?;
        if !columns.name_anybody() {
            let columns = header.names.iter().map(|name| format!("`{name}`"));
            return Err(RosterError::NoColumns {
                line: head,
                columns: columns.collect::<Vec<_>>().join(", "),
            });
        }
        let mut people = Vec::new();
        let mut seen = BTreeMap::new();
        for row in table.rows().filter(|row| *row > header.row) {
            let line = table.line(row);
            if table.width(row) > header.names.len() {
                return Err(RosterError::LongRow {
                    line,
                    cells: table.width(row),
                    head,
                    names: header.names.len(),
                });
            }
            let listed = columns.listed(table, row);
            let person = &listed.person;
            // Canvas has lines above the students, and one that is no student.
            let is_line_of_canvas =
                person.name.contains("Points Possible") || plain(&person.name) == "studenttest";
            if listed.is_empty() || (person.sid.is_empty() && is_line_of_canvas) {
                continue;
            }
            let mut is_again = false;
            for (kind, column, text) in [
                (Sign::Login, "login", &listed.person.login),
                (Sign::Sid, "number", &listed.person.sid),
                (Sign::Email, "address", &listed.person.email),
                (Sign::Number, "number", &listed.number),
            ] {
                let sign = (kind, folded(text));
                match seen.get(&sign) {
                    _ if text.is_empty() => {}
                    // A gradebook has somebody of two sections on two lines.
                    Some((_, earlier)) if people[*earlier] == listed => is_again = true,
                    Some((first, _)) => {
                        return Err(RosterError::Twice {
                            first: *first,
                            second: line,
                            column,
                            text: text.clone(),
                        });
                    }
                    None => drop(seen.insert(sign, (line, people.len()))),
                }
            }
            if !is_again {
                people.push(listed);
            }
        }
        if people.is_empty() {
            return Err(RosterError::Nobody { line: head });
        }
        Ok(Self {
            by_sign: by_sign(&people),
            unused: columns.unused(&header),
            people,
        })
    }

    /// The columns that nothing was taken from, because nobody knows what they are.
    #[must_use]
    pub fn unused(&self) -> &[String] {
        &self.unused
    }

    /// Who is first on the list, with all that the list says of them: an example for a person.
    #[must_use]
    pub fn example(&self) -> String {
        let Some(listed) = self.people.first() else {
            return String::new();
        };
        let Person {
            sid,
            name,
            email,
            login,
            group,
            ..
        } = &listed.person;
        let parts = [
            ("login", login),
            ("number", sid),
            ("number", &listed.number),
            ("address", email),
            ("name", name),
            ("group", group),
            ("submission", &listed.submission),
        ];
        let parts = parts.into_iter().filter(|(_, text)| !text.is_empty());
        let parts = parts.map(|(what, text)| format!("the {what} `{text}`"));
        parts.collect::<Vec<_>>().join(", ")
    }

    /// Find the people of each submission.
    #[must_use]
    pub fn assign(&self, class: &BTreeMap<SubmissionId, Handed<'_>>) -> Assigned {
        let mut assigned = Assigned::default();
        let mut found = BTreeMap::<&SubmissionId, BTreeSet<usize>>::new();
        let slug = self.slug(class.keys());
        for (id, handed) in class {
            let people = match self.of(id, handed, slug.as_deref()) {
                Ok(people) => people,
                Err(several) => {
                    let several = several.iter().map(|at| format!("`{}`", self.shown(*at)));
                    let several = several.collect::<Vec<_>>().join(" and ");
                    assigned
                        .doubtful
                        .push(format!("`{id}` may be of {several}"));
                    BTreeSet::new()
                }
            };
            found.insert(id, people);
        }
        // Who is in a group with somebody, and has nothing of their own, handed in with them.
        let own = found.values().flatten().copied().collect::<BTreeSet<_>>();
        for people in found.values_mut() {
            let groups = people.iter().map(|at| &self.people[*at].person.group);
            let groups = groups
                .filter(|group| !group.is_empty())
                .cloned()
                .collect::<BTreeSet<_>>();
            let others = (0..self.people.len())
                .filter(|at| groups.contains(&self.people[*at].person.group) && !own.contains(at));
            people.extend(others.collect::<Vec<_>>());
        }
        let mut submissions = vec![Vec::new(); self.people.len()];
        for (id, people) in found {
            for at in &people {
                submissions[*at].push(id);
            }
            if people.is_empty() {
                assigned.unlisted.push(id.clone());
            } else {
                let people = people.into_iter().map(|at| self.people[at].person.clone());
                assigned.people.insert(id.clone(), people.collect());
            }
        }
        for (at, ids) in submissions.iter().enumerate() {
            match ids[..] {
                [] => assigned.absent.push(self.shown(at)),
                [_] => {}
                _ => {
                    let ids = ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>();
                    let person = self.shown(at);
                    assigned
                        .doubtful
                        .push(format!("{person} is in {}", ids.join(" and ")));
                }
            }
        }
        assigned
    }

    fn shown(&self, at: usize) -> String {
        let Listed {
            person,
            number,
            submission,
        } = &self.people[at];
        let text = shown(person);
        let texts = [&text, number, submission].into_iter();
        let text = texts.into_iter().find(|text| !text.is_empty());
        text.cloned().unwrap_or_default()
    }

    /// The people of a submission by the first sign that fits; an error where it fits several who are no group.
    fn of(
        &self,
        id: &SubmissionId,
        handed: &Handed<'_>,
        slug: Option<&str>,
    ) -> Result<BTreeSet<usize>, Vec<usize>> {
        if !handed.people.is_empty() {
            let people = handed.people.iter().filter_map(|person| {
                let keys = [
                    (&person.sid, Sign::Sid),
                    (&person.email, Sign::Email),
                    (&person.login, Sign::Login),
                    (&person.name, Sign::Name),
                ];
                let mut keys = keys.into_iter().filter(|(text, _)| !text.is_empty());
                keys.find_map(|(text, sign)| match &self.with(sign, text)[..] {
                    [at] => Some(*at),
                    _ => None,
                })
            });
            let people = people.collect::<BTreeSet<_>>();
            if !people.is_empty() {
                return Ok(people);
            }
        }
        let id = id.as_str();
        let rest = slug.and_then(|slug| id.strip_prefix(slug));
        let mut tries = vec![
            (Sign::Submission, id),
            (Sign::Number, handed.number),
            (Sign::Group, id),
        ];
        // Where the list has the numbers of the system, another number that is the same is no sign.
        let has_numbers = self.people.iter().any(|listed| !listed.number.is_empty());
        let number = (!has_numbers).then_some(handed.number);
        for text in [id].into_iter().chain(rest).chain(number) {
            tries.extend([(Sign::Login, text), (Sign::Sid, text), (Sign::Email, text)]);
        }
        tries.push((Sign::Number, id));
        tries.extend(rest.map(|rest| (Sign::Group, rest)));
        tries.extend([(Sign::Name, handed.name), (Sign::Name, id)]);
        for (sign, text) in tries.into_iter().filter(|(_, text)| !text.is_empty()) {
            let found = self.with(sign, text);
            let is_group = matches!(sign, Sign::Group | Sign::Submission);
            match found.len() {
                0 => {}
                1 => return Ok(found.into_iter().collect()),
                _ if is_group => return Ok(found.into_iter().collect()),
                _ => return Err(found),
            }
        }
        Ok(BTreeSet::new())
    }

    /// Who has this sign.
    fn with(&self, sign: Sign, text: &str) -> Vec<usize> {
        let found = keys(sign, text)
            .into_iter()
            .filter_map(|key| self.by_sign.get(&key));
        found
            .flatten()
            .copied()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    /// What the names of repositories begin with, such as `hw1-` in `hw1-octocat`: what is left of most ids in front of a
    /// login or a group of the list.
    fn slug<'i>(&self, ids: impl Iterator<Item = &'i SubmissionId>) -> Option<String> {
        let ends = self
            .people
            .iter()
            .flat_map(|listed| [&listed.person.login, &listed.person.group]);
        let ends = ends.filter(|end| !end.is_empty()).map(|end| {
            let end = SubmissionId::from_folder_name(end);
            format!("-{}", end.as_str().to_lowercase())
        });
        let ends = ends.collect::<BTreeSet<_>>();
        let mut counts = BTreeMap::<String, usize>::new();
        for id in ids {
            let lower = id.as_str().to_lowercase();
            let hyphens = lower
                .match_indices('-')
                .filter(|(at, _)| ends.contains(&lower[*at..]));
            for (at, _) in hyphens {
                *counts.entry(id.as_str()[..=at].to_owned()).or_default() += 1;
            }
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        most.map(|(slug, _)| slug)
    }
}

/// How a sign is looked up: as it is written, and as an id spells it in its own letters; a name by its words. Nothing is
/// no sign.
fn keys(sign: Sign, text: &str) -> Vec<(Sign, String)> {
    let spelled = |text: &str| SubmissionId::from_folder_name(text).as_str().to_lowercase();
    match sign {
        _ if text.is_empty() => Vec::new(),
        Sign::Name => vec![(sign, words(&text.replace(['_', '-', '.'], " ")))],
        _ => vec![(sign, folded(text)), (sign, spelled(text))],
    }
}

/// Who has each sign.
fn by_sign(people: &[Listed]) -> BTreeMap<(Sign, String), BTreeSet<usize>> {
    let mut by_sign = BTreeMap::<_, BTreeSet<_>>::new();
    for (at, listed) in people.iter().enumerate() {
        let Listed {
            person,
            number,
            submission,
        } = listed;
        for (sign, text) in [
            (Sign::Number, number),
            (Sign::Login, &person.login),
            (Sign::Sid, &person.sid),
            (Sign::Email, &person.email),
            (Sign::Group, &person.group),
            (Sign::Submission, submission),
            (Sign::Name, &person.name),
        ] {
            for key in keys(sign, text) {
                by_sign.entry(key).or_default().insert(at);
            }
        }
    }
    by_sign
}

/// What may name a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sign {
    Login,
    Sid,
    Number,
    Email,
    Group,
    Submission,
    Name,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Roster, RosterError> {
        Roster::read(&Table::parse(text.as_bytes().to_vec()).unwrap())
    }

    fn assign(text: &str, ids: &[&str]) -> Assigned {
        let class = ids
            .iter()
            .map(|id| (id.parse().unwrap(), Handed::default()));
        read(text).unwrap().assign(&class.collect())
    }

    fn names(assigned: &Assigned, id: &str) -> Vec<String> {
        let people = assigned
            .people
            .get(&id.parse().unwrap())
            .into_iter()
            .flatten();
        people.map(|person| person.name.clone()).collect()
    }

    #[test]
    fn the_list_of_github_classroom() {
        let assigned = assign(
            "\"identifier\",\"github_username\",\"github_id\",\"name\"\n\
             \"jane@x.org\",\"mary-jane\",\"1\",\"Jane Doe\"\n\
             \"S2\",\"jane\",\"2\",\"Other Jane\"\n\
             \"S3\",\"\",\"\",\"Max Roe\"\n",
            &["hw1-jane", "hw1-mary-jane", "hw1-stranger"],
        );
        assert_eq!(names(&assigned, "hw1-mary-jane"), ["Jane Doe"]);
        assert_eq!(names(&assigned, "hw1-jane"), ["Other Jane"]);
        let jane = &assigned.people[&"hw1-mary-jane".parse().unwrap()][0];
        assert_eq!((&*jane.email, &*jane.sid), ("jane@x.org", ""));
        assert_eq!(assigned.unlisted, ["hw1-stranger".parse().unwrap()]);
        assert_eq!(assigned.absent, ["Max Roe (S3)"]);
        assert_eq!(assigned.doubtful, [""; 0]);
    }

    #[test]
    fn a_group_hands_in_together() {
        let list = "Login;Name;Team\noctocat;Octo;red\nhubot;Hu;red\nann;Ann;red\nbo;Bo;blue cat\n";
        // By the name of the group, with and without what stands before it.
        for ids in [["red", "blue_cat"], ["hw1-red", "hw1-blue_cat"]] {
            let assigned = assign(list, &ids);
            assert_eq!(names(&assigned, ids[0]), ["Octo", "Hu", "Ann"]);
            assert_eq!(names(&assigned, ids[1]), ["Bo"]);
            assert!(assigned.unlisted.is_empty() && assigned.absent.is_empty());
        }
        // By one of them. Who has something of their own is graded by it.
        let assigned = assign(list, &["octocat", "ann", "bo"]);
        assert_eq!(names(&assigned, "octocat"), ["Octo", "Hu"]);
        assert_eq!(names(&assigned, "ann"), ["Hu", "Ann"]);
        assert_eq!(assigned.doubtful, ["Hu (hubot) is in `ann` and `octocat`"]);
    }

    #[test]
    fn columns_are_named_forgivingly_and_a_sign_of_two_people_is_told() {
        for head in [
            "E-Mail Address,Last Name,First_name",
            "email;Surname;given name",
        ] {
            let separator = if head.contains(';') { ";" } else { "," };
            let line = ["JANE@x.org", "Doe", "Jane"].join(separator);
            let assigned = assign(&format!("{head}\n{line}\n"), &["jane_x.org"]);
            assert_eq!(names(&assigned, "jane_x.org"), ["Jane Doe"], "{head}");
        }
        let twice = |column, text: &str| RosterError::Twice {
            first: 2,
            second: 4,
            column,
            text: text.into(),
        };
        let error = |text: &str| read(text).unwrap_err();
        assert_eq!(error("login\nA\nb\na\n"), twice("login", "a"));
        assert_eq!(error("sid,name\n1,x\n2,y\n1,z\n"), twice("number", "1"));
        assert_eq!(error("email\na@b\nc@d\nA@B\n"), twice("address", "A@B"));
        assert!(matches!(
            error("a,b\n1,2\n"),
            RosterError::NoColumns { line: 1, .. }
        ));
        assert!(matches!(
            error("login,login\n1,2\n"),
            RosterError::SameName(_)
        ));
        assert_eq!(error("login\n"), RosterError::Nobody { line: 1 });
        assert!(matches!(
            error("login,name\na,Doe, Jane\n"),
            RosterError::LongRow { line: 2, .. }
        ));
    }

    #[test]
    fn a_class_of_thousands_is_assigned_at_once() {
        let people = (0..3000).map(|n| format!("login{n},s{n},Jane Doe{n},team{}\n", n / 3));
        let list = format!("login,sid,name,group\n{}", people.collect::<String>());
        let ids = (0..1000)
            .map(|n| format!("hw1-team{n}"))
            .collect::<Vec<_>>();
        let ids = ids.iter().map(String::as_str).collect::<Vec<_>>();
        let assigned = assign(&list, &ids);
        assert!(assigned.people.values().all(|people| people.len() == 3));
        assert_eq!((assigned.people.len(), assigned.absent.len()), (1000, 0));
    }

    #[test]
    fn both_numbers_of_a_gradebook_count() {
        let canvas = "Student,ID,SIS User ID,SIS Login ID,Section\n\
             \"    Points Possible\",,,,\n\
             \"Bo, Bob\",102,S0002,bobo2,A\n\
             \"Bo, Bob\",102,S0002,bobo2,A\n\
             \"Poe, Ann\",103,102,apoe,A\n\
             \"Student, Test\",999,,x,A\n";
        let moodle = "Identifier,Full name,ID number,Last modified (grade)\n\
             Participant 102,\"Bo, Bob\",S0002,-\n\
             Participant 103,\"Poe, Ann\",102,-\n";
        for list in [canvas, moodle] {
            let roster = read(list).unwrap();
            let handed = Handed {
                number: "102",
                name: "bobob",
                ..Handed::default()
            };
            let class = [("bobob_102".parse().unwrap(), handed)];
            let assigned = roster.assign(&class.into_iter().collect());
            assert_eq!(names(&assigned, "bobob_102"), ["Bo, Bob"], "{list}");
            assert_eq!(assigned.absent, ["Poe, Ann (102)"]);
            // The number of the school still does, where nothing else is known.
            assert_eq!(names(&assign(list, &["S0002"]), "S0002"), ["Bo, Bob"]);
            assert!(roster.unused().is_empty());
        }
        // A worksheet without the numbers of the school.
        let assigned = assign(
            "Identifier,Full name,Last modified (grade)\nParticipant 102,Bob Bo,-\n",
            &["102"],
        );
        assert_eq!(names(&assigned, "102"), ["Bob Bo"]);
    }

    #[test]
    fn a_name_that_two_people_have_decides_nothing() {
        let assigned = assign("login,name\na,Jane Doe\nb,\"Doe, Jane\"\n", &["Jane_Doe"]);
        assert_eq!(
            assigned.doubtful,
            ["`Jane_Doe` may be of `Jane Doe (a)` and `Doe, Jane (b)`"]
        );
        assert_eq!(assigned.unlisted.len(), 1);
    }
}
