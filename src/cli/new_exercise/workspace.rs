//! The course's cargo workspace, if it is one: which crates it has, and a manifest in which new ones are members.
//!
//! Hides how a list in a manifest is extended without a change of anything else. Never touches the disk.

use ids::FilePattern;
use serde::Deserialize;
use toml::Spanned;

/// What cargo does with a folder of the course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Member,
    Excluded,
    /// Cargo refuses to build a crate there, because the workspace above does not know it.
    Unknown,
}

#[derive(Deserialize)]
struct Manifest {
    workspace: Option<Lists>,
}

/// The lists of a workspace.
#[derive(Debug, Deserialize)]
pub(super) struct Lists {
    members: Option<List>,
    exclude: Option<List>,
}

type List = Spanned<Vec<Spanned<String>>>;

impl Lists {
    /// Those of a manifest, if it is a workspace that lists its members.
    pub(super) fn of(manifest: &str) -> Option<Self> {
        let manifest = toml::from_str::<Manifest>(manifest).ok()?;
        manifest.workspace.filter(|lists| lists.members.is_some())
    }

    /// What cargo does with a crate in this folder, `/` between names.
    pub(super) fn standing(&self, folder: &str) -> Standing {
        let has = |list: &Option<List>, fits: fn(&str, &str) -> bool| {
            let entries = list.iter().flat_map(Spanned::get_ref);
            entries
                .into_iter()
                .any(|entry| fits(entry.get_ref(), folder))
        };
        if has(&self.members, is_listed) {
            Standing::Member
        } else if has(&self.exclude, is_below) {
            Standing::Excluded
        } else {
            Standing::Unknown
        }
    }

    /// The manifest with more members, and with more folders that are none.
    pub(super) fn extended(
        &self,
        manifest: &str,
        members: &[String],
        excluded: &[String],
    ) -> String {
        let mut text = manifest.to_owned();
        let mut edits = Vec::new();
        if let (Some(list), false) = (&self.members, members.is_empty()) {
            edits.push(insertion(manifest, list, members));
        }
        match (&self.exclude, &self.members) {
            _ if excluded.is_empty() => {}
            (Some(list), _) => edits.push(insertion(manifest, list, excluded)),
            (None, Some(members)) => {
                let list = quoted(excluded).join(", ");
                edits.push((members.span().end, format!("\nexclude = [{list}]")));
            }
            (None, None) => {}
        }
        // From the end, so that no place moves before it is used; of two at one place, the first comes first.
        edits.sort_by_key(|(at, _)| *at);
        for (at, insert) in edits.into_iter().rev() {
            text.insert_str(at, &insert);
        }
        text
    }
}

/// Where to insert into a list, and what, in the way in which its entries are written.
fn insertion(manifest: &str, list: &List, entries: &[String]) -> (usize, String) {
    let Some(end) = list.get_ref().last() else {
        return (list.span().start + 1, quoted(entries).join(", "));
    };
    let start = end.span().start;
    let line = manifest[..start].rfind('\n').map_or(0, |end| end + 1);
    let before = &manifest[line..start];
    let separator = if before.trim().is_empty() {
        format!(",\n{before}")
    } else {
        ", ".to_owned()
    };
    let entries = quoted(entries).into_iter();
    let text = entries.map(|entry| separator.clone() + &entry);
    (end.span().end, text.collect())
}

fn quoted(entries: &[String]) -> Vec<String> {
    let entries = entries.iter();
    entries.map(|entry| format!("\"{entry}\"")).collect()
}

/// Whether a folder fits an entry of the members, whose `*` stands for a part of one name.
fn is_listed(entry: &str, folder: &str) -> bool {
    let (entry, folder) = (entry.trim_end_matches('/').split('/'), folder.split('/'));
    let fits = |(entry, name): (&str, &str)| {
        let pattern = entry.parse::<FilePattern>();
        pattern.is_ok_and(|pattern| pattern.matches(name))
    };
    entry.clone().count() == folder.clone().count() && entry.zip(folder).all(fits)
}

/// Whether a folder is one that is excluded, or in it.
fn is_below(entry: &str, folder: &str) -> bool {
    let rest = folder.strip_prefix(entry.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(manifest: &str) -> Lists {
        Lists::of(manifest).unwrap()
    }

    #[test]
    fn members_and_what_is_excluded_are_known() {
        let lists =
            lists("[workspace]\nmembers = ['reference/*', 'a']\nexclude = ['exercises', 'b/c/']\n");
        for (folder, standing) in [
            ("reference/x", Standing::Member),
            ("reference/x/y", Standing::Unknown),
            ("a", Standing::Member),
            ("exercises/x", Standing::Excluded),
            ("exercises-2/x", Standing::Unknown),
            ("b/c", Standing::Excluded),
        ] {
            assert_eq!(lists.standing(folder), standing, "{folder}");
        }
        for text in ["", "[package]\nname = 'x'", "[workspace]\nresolver = '3'"] {
            assert!(Lists::of(text).is_none(), "{text}");
        }
    }

    #[test]
    fn new_members_are_written_as_the_others_are_and_nothing_else_changes() {
        let new = ["reference/x".to_owned(), "generators/x".to_owned()];
        let starter = ["exercises/x".to_owned()];
        for (before, after) in [
            (
                "[workspace]\nmembers = [\"a\"] # ours\nresolver = \"3\"\n",
                "[workspace]\nmembers = [\"a\", \"reference/x\", \"generators/x\"]\nexclude = [\"exercises/x\"] # ours\nresolver = \"3\"\n",
            ),
            (
                "[workspace]\nexclude = []\nmembers = [\n    \"a\",\n    \"b\", # last\n]\n",
                "[workspace]\nexclude = [\"exercises/x\"]\nmembers = [\n    \"a\",\n    \"b\",\n    \"reference/x\",\n    \"generators/x\", # last\n]\n",
            ),
        ] {
            let found = lists(before).extended(before, &new, &starter);
            assert_eq!(found, after);
            let after = lists(&found);
            assert_eq!(after.standing("reference/x"), Standing::Member);
            assert_eq!(after.standing("exercises/x"), Standing::Excluded);
        }
        let before = "[workspace]\nmembers = []\n";
        assert_eq!(lists(before).extended(before, &[], &[]), before);
    }
}
