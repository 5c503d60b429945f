//! Whose row is it: what a gradebook and a submission both know of a person.
//!
//! The strongest sign decides: the system's own number, the number of the school, the address, the login, and last the
//! name. A sign that fits two rows decides nothing and is told, so no grade goes to a namesake. Never compares signs of
//! different kinds, but for a login, which many systems make of an address or a number.

use std::collections::BTreeMap;

use report::Person;

use crate::{
    grade::{Account, Grade, System},
    header::plain,
    sheet::{Keys, Student},
};

/// A kind of sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Number,
    Sid,
    Email,
    Login,
    Name,
}

/// The rows of a gradebook by what is known of their people.
#[derive(Debug)]
pub(crate) struct Index<'a> {
    system: System,
    students: &'a [Student],
    by_key: BTreeMap<(Kind, String), Vec<usize>>,
}

/// Whose row it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whose {
    /// This student's, by their name alone or by more.
    Student { at: usize, by_name: bool },
    /// Nobody's.
    Nobody,
    /// It is not certain.
    Doubt {
        /// Why, to follow the submission's name.
        why: String,
        /// The rows that it may be.
        rows: Vec<usize>,
    },
}

impl<'a> Index<'a> {
    pub(crate) fn new(system: System, students: &'a [Student]) -> Self {
        let mut by_key = BTreeMap::<_, Vec<usize>>::new();
        for (at, student) in students
            .iter()
            .enumerate()
            .filter(|(_, student)| !student.is_test)
        {
            let Keys {
                number,
                sid,
                email,
                login,
                name,
            } = &student.keys;
            for (kind, text) in [
                (Kind::Number, folded(number)),
                (Kind::Sid, folded(sid)),
                (Kind::Email, folded(email)),
                (Kind::Login, folded(login)),
                (Kind::Name, words(name)),
            ] {
                if !text.is_empty() {
                    by_key.entry((kind, text)).or_default().push(at);
                }
            }
        }
        Self {
            system,
            students,
            by_key,
        }
    }

    /// The row of each person of a submission; of one person, where nobody says who handed it in.
    pub(crate) fn find(&self, grade: &Grade) -> Vec<(String, Whose)> {
        let account = grade.account.as_ref();
        let account = account.filter(|account| account.system == self.system);
        let by_account = account.map_or(Whose::Nobody, |account| self.of_account(account));
        if grade.people.is_empty() {
            // Another person of the account's name is not meant.
            let whose = if account.is_some() {
                by_account
            } else {
                let id = grade.submission.as_str();
                self.first(&[
                    (Kind::Sid, folded(id)),
                    (Kind::Login, folded(id)),
                    (Kind::Name, words(&id.replace(['_', '-', '.'], " "))),
                ])
            };
            return vec![(String::new(), whose)];
        }
        let alone = grade.people.len() == 1;
        let people = grade.people.iter().map(|person| {
            // In a group, the account is of the member who has its name.
            let is_theirs =
                alone || account.is_some_and(|account| words(&account.name) == words(&person.name));
            let by_list = || self.first(&signs(person));
            let whose = match &by_account {
                Whose::Nobody => by_list(),
                _ if !is_theirs => by_list(),
                Whose::Student { .. } => by_account.clone(),
                Whose::Doubt { .. } => match by_list() {
                    certain @ Whose::Student { by_name: false, .. } => certain,
                    _ => by_account.clone(),
                },
            };
            (shown(person), whose)
        });
        people.collect()
    }

    /// Whose the number of an account is.
    fn of_account(&self, account: &Account) -> Whose {
        let whose = self.first(&[(Kind::Number, folded(&account.number))]);
        if let Whose::Student { at, .. } = whose {
            let student = &self.students[at];
            // A participant's number is another person's in the worksheet of another assignment.
            let is_other =
                !student.keys.name.is_empty() && plain(&student.keys.name) != plain(&account.name);
            if self.system == System::Moodle && is_other {
                let by_name = self.by_key.get(&(Kind::Name, words(&account.name)));
                let rows = [at]
                    .into_iter()
                    .chain(by_name.into_iter().flatten().copied());
                return Whose::Doubt {
                    why: format!(
                        "was handed in by `{}`, whose number {} is `{}` in the file",
                        account.name, account.number, student.shown
                    ),
                    rows: rows.collect(),
                };
            }
        }
        whose
    }

    /// What the first sign says that fits any row.
    fn first(&self, signs: &[(Kind, String)]) -> Whose {
        for (kind, text) in signs {
            let found = self.by_key.get(&(*kind, text.clone()));
            match found.map(Vec::as_slice) {
                None => {}
                Some([at]) => {
                    return Whose::Student {
                        at: *at,
                        by_name: *kind == Kind::Name,
                    };
                }
                Some(several) => {
                    let shown = several
                        .iter()
                        .map(|at| format!("`{}`", self.students[*at].shown));
                    let shown = shown.collect::<Vec<_>>().join(" and ");
                    return Whose::Doubt {
                        why: format!("fits several lines: {shown}"),
                        rows: several.to_vec(),
                    };
                }
            }
        }
        Whose::Nobody
    }
}

/// What a list of the class says of a person, the strongest first.
fn signs(person: &Person) -> Vec<(Kind, String)> {
    let signs = [
        (Kind::Sid, folded(&person.sid)),
        (Kind::Email, folded(&person.email)),
        (Kind::Login, folded(&person.login)),
        (Kind::Login, folded(&person.email)),
        (Kind::Login, folded(&person.sid)),
        (Kind::Name, words(&person.name)),
    ];
    signs
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// A person, for a person.
pub(crate) fn shown(person: &Person) -> String {
    let mut parts = [&person.name, &person.sid, &person.email, &person.login].into_iter();
    let first = parts.by_ref().find(|part| !part.is_empty());
    let second = parts.find(|part| !part.is_empty());
    match (first, second) {
        (Some(first), Some(second)) => format!("{first} ({second})"),
        (Some(only), None) => only.clone(),
        _ => String::new(),
    }
}

/// Logins, addresses and numbers are the same in capitals or not.
pub(crate) fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

/// The words of a name in an order of their own: `Doe, Jane` is `Jane Doe`.
pub(crate) fn words(name: &str) -> String {
    let mut words = name
        .split(|c: char| c.is_whitespace() || c == ',')
        .map(str::to_lowercase)
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>();
    words.sort();
    words.join(" ")
}
