//! The columns of a list of the class: which has what, and who is on a line.
//!
//! Hides the names that a column may have. Never compares two lines.

use report::Person;

use crate::{
    header::{Header, SameName},
    table::Table,
};

/// Names of the columns, plain, the best first.
const LOGIN: &[&str] = &[
    "githubusername",
    "githublogin",
    "github",
    "login",
    "username",
    "sisloginid",
    "loginid",
    "netid",
    "user",
    "account",
];
const SID: &[&str] = &[
    "studentid",
    "studentnumber",
    "studentno",
    "sid",
    "sisuserid",
    "idnumber",
    "matriculationnumber",
    "matriculation",
    "number",
    "rosteridentifier",
    "identifier",
    "id",
];
/// Columns with the number of the system itself, beside that of the school.
const NUMBER: &[&str] = &["id", "identifier"];
const EMAIL: &[&str] = &["emailaddress", "email", "mail"];
const NAME: &[&str] = &["name", "fullname", "studentname", "displayname", "student"];
const LAST: &[&str] = &["lastname", "surname", "familyname"];
const FIRST: &[&str] = &["firstname", "givenname", "forename"];
const GROUP: &[&str] = &["group", "groupname", "team", "teamname"];
const SUBMISSION: &[&str] = &["submission", "submissionid", "folder", "repository", "repo"];

/// Somebody on the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) person: Person,
    /// The number of the system that made the list, beside the one of the school.
    pub(crate) number: String,
    /// The submission that is theirs, if the list says so.
    pub(crate) submission: String,
}

impl Listed {
    pub(crate) fn is_empty(&self) -> bool {
        self.person == Person::default() && self.number.is_empty() && self.submission.is_empty()
    }
}

/// What stands before the number in Moodle's worksheet.
const PARTICIPANT: &str = "Participant ";

/// The number in Moodle's `Participant 101`.
fn participant(text: &str) -> Option<&str> {
    text.strip_prefix(PARTICIPANT)
}

/// Where a list has what.
pub(crate) struct Columns {
    login: Option<usize>,
    sid: Option<usize>,
    number: Option<usize>,
    email: Option<usize>,
    name: Option<usize>,
    last: Option<usize>,
    first: Option<usize>,
    group: Option<usize>,
    submission: Option<usize>,
}

impl Columns {
    pub(crate) fn find(header: &Header) -> Result<Self, SameName> {
        let sid = header.find(SID)?;
        Ok(Self {
            login: header.find(LOGIN)?,
            number: header.find(NUMBER)?.filter(|column| Some(*column) != sid),
            email: header.find(EMAIL)?,
            name: header.find(NAME)?,
            last: header.find(LAST)?,
            first: header.find(FIRST)?,
            group: header.find(GROUP)?,
            submission: header.find(SUBMISSION)?,
            sid,
        })
    }

    /// Whether any of them says who somebody is.
    pub(crate) fn name_anybody(&self) -> bool {
        let Self {
            login,
            sid,
            email,
            name,
            last,
            submission,
            ..
        } = self;
        [login, sid, email, name, last, submission]
            .iter()
            .any(|column| column.is_some())
    }

    /// Who is on a line.
    pub(crate) fn listed(&self, table: &Table, row: usize) -> Listed {
        let cell = |column: Option<usize>| {
            column.map_or_else(String::new, |column| {
                table.cell(row, column).trim().to_owned()
            })
        };
        let name = match cell(self.name) {
            name if !name.is_empty() => name,
            _ => format!("{} {}", cell(self.first), cell(self.last))
                .trim()
                .to_owned(),
        };
        let (mut sid, number) = (cell(self.sid), cell(self.number));
        let mut number = participant(&number).unwrap_or(&number).to_owned();
        if let Some(digits) = participant(&sid) {
            digits.clone_into(&mut number);
            sid.clear();
        }
        let mut person = Person {
            sid,
            name,
            email: cell(self.email),
            login: cell(self.login).trim_start_matches('@').to_owned(),
            group: cell(self.group),
            others: Vec::new(),
        };
        // GitHub Classroom's identifier is whatever the instructor took: often an address.
        if person.email.is_empty() && person.sid.contains('@') {
            person.email = std::mem::take(&mut person.sid);
        }
        Listed {
            person,
            number,
            submission: cell(self.submission),
        }
    }

    /// The names of the columns that nothing is taken from.
    pub(crate) fn unused(&self, header: &Header) -> Vec<String> {
        let used = [
            self.login,
            self.sid,
            self.number,
            self.email,
            self.name,
            self.last,
            self.first,
            self.group,
            self.submission,
        ];
        // The many columns of a gradebook are known, and so is GitHub's own number.
        let is_gradebook = header.has("section") || header.has("lastmodifiedgrade");
        let unused = (0..header.names.len()).filter(|column| {
            !is_gradebook
                && !used.contains(&Some(*column))
                && !header.names[*column].is_empty()
                && !header.is(*column, "githubid")
        });
        unused.map(|column| header.names[column].clone()).collect()
    }
}
