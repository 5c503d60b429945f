//! What a `Cargo.toml` says about which crate it is: a package's name, a workspace and its members.
//!
//! Hides TOML and the patterns of members. A manifest that cannot be read counts as a package without a name,
//! so that the reader in `compile` says what is wrong with it. Never decides which crate is graded.

use toml::de::{DeTable, DeValue};

use crate::manifest_text::{LARGEST_MANIFEST, manifest_text};

/// How many bytes of a manifest are read: one more than it may have, so that a larger one is noticed.
pub(crate) const READ: u64 = LARGEST_MANIFEST as u64 + 1;

/// What one manifest says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Whether it describes a package.
    pub(crate) is_package: bool,
    /// The package's name.
    pub(crate) name: Option<String>,
    /// Whether values may be taken from a workspace.
    pub(crate) inherits: bool,
    /// The workspace of which it is the root.
    pub(crate) workspace: Option<Workspace>,
}

/// The root of a workspace.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Workspace {
    /// The whole manifest, for the values that members take from it.
    pub(crate) text: Vec<u8>,
    members: Vec<String>,
    exclude: Vec<String>,
    default_members: Vec<String>,
}

impl Summary {
    /// A package of which nothing is known.
    pub(crate) const UNKNOWN: Self = Self {
        is_package: true,
        name: None,
        inherits: false,
        workspace: None,
    };

    /// Read a manifest's bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let Ok(text) = manifest_text(bytes) else {
            return Self::UNKNOWN;
        };
        let Ok(manifest) = DeTable::parse(text) else {
            return Self::UNKNOWN;
        };
        let manifest = manifest.get_ref();
        let section = |name: &str| manifest.get(name).map(toml::Spanned::get_ref);
        let workspace = section("workspace").map(|workspace| Workspace {
            text: bytes.to_vec(),
            members: strings(workspace, "members"),
            exclude: strings(workspace, "exclude"),
            default_members: strings(workspace, "default-members"),
        });
        let package = section("package").or_else(|| section("project"));
        let name = package.and_then(|package| package.get("name")?.get_ref().as_str());
        Self {
            is_package: package.is_some() || workspace.is_none(),
            name: name.map(str::to_owned),
            inherits: text.contains("workspace"),
            workspace,
        }
    }

    /// Whether other packages may be below: those of a package without members belong to it.
    pub(crate) fn may_have_members(&self) -> bool {
        let has_members = |workspace: &Workspace| !workspace.members.is_empty();
        !self.is_package || self.workspace.as_ref().is_some_and(has_members)
    }
}

impl Workspace {
    /// Whether the folder at `path`, relative to the workspace, is a member.
    pub(crate) fn has_member(&self, path: &[u8]) -> bool {
        any(&self.members, path) && !self.exclude.iter().any(|folder| is_at_or_in(path, folder))
    }

    /// Whether cargo would take this member where it is asked for none.
    pub(crate) fn has_default_member(&self, path: &[u8]) -> bool {
        any(&self.default_members, path)
    }
}

fn strings(table: &DeValue<'_>, key: &str) -> Vec<String> {
    let list = table.get(key).and_then(|list| list.get_ref().as_array());
    let texts = list
        .into_iter()
        .flatten()
        .filter_map(|item| item.get_ref().as_str());
    texts.map(str::to_owned).collect()
}

fn any(patterns: &[String], path: &[u8]) -> bool {
    patterns.iter().any(|pattern| matches(pattern, path))
}

/// The names along a path as a person may write it.
fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let parts = path.split(|&byte| byte == b'/');
    parts.filter(|part| !part.is_empty() && *part != b".")
}

fn is_at_or_in(path: &[u8], folder: &str) -> bool {
    let mut path = parts(path);
    parts(folder.as_bytes()).all(|part| path.next() == Some(part))
}

/// Whether a pattern such as `crates/*` means this path. `**` and `[…]` are rare, and mean any name here.
fn matches(pattern: &str, path: &[u8]) -> bool {
    let mut names = parts(path);
    for part in parts(pattern.as_bytes()) {
        if part == b"**" {
            return true;
        }
        if !names.next().is_some_and(|name| name_matches(part, name)) {
            return false;
        }
    }
    names.next().is_none()
}

/// Whether a name fits `*` and `?`. Goes back to the last `*` alone, so the cost is the product of both
/// lengths at most.
fn name_matches(pattern: &[u8], name: &[u8]) -> bool {
    if pattern.contains(&b'[') {
        return true;
    }
    let (mut at, mut seen) = (0, 0);
    let mut star = None;
    while seen < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(&letter) if letter == b'?' || letter == name[seen] => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((star_at, start)) = star else {
                    return false;
                };
                star = Some((star_at, start + 1));
                at = star_at + 1;
                seen = start + 1;
            }
        }
    }
    pattern[at..].iter().all(|&letter| letter == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_a_package_a_workspace_or_both() {
        let show = |text: &str| {
            let Summary {
                is_package,
                name,
                inherits,
                workspace,
            } = Summary::of(text.as_bytes());
            (
                is_package,
                name.unwrap_or_default(),
                inherits,
                workspace.is_some(),
            )
        };
        let name = || "x".to_owned();
        assert_eq!(show("[package]\nname = 'x'"), (true, name(), false, false));
        assert_eq!(
            show("package.name = 'x'\n[workspace]"),
            (true, name(), true, true)
        );
        assert_eq!(
            show("[workspace]\nmembers = ['a']"),
            (false, String::new(), true, true)
        );
        assert_eq!(
            show("[package]\nname = 'x'\nedition.workspace = true"),
            (true, name(), true, false)
        );
        for unreadable in ["", "[", "package = 1", "[package]\nname = 1", "\u{0}"] {
            assert!(
                Summary::of(unreadable.as_bytes()).is_package,
                "{unreadable}"
            );
        }
        assert_eq!(
            Summary::of(&vec![b'#'; LARGEST_MANIFEST + 1]),
            Summary::UNKNOWN
        );
    }

    #[test]
    fn members_are_what_the_patterns_mean() {
        let manifest = "[workspace]\nmembers = ['a', './b/', 'crates/*', 'hw?', 'deep/**']\nexclude = ['crates/old']\n\
                        default-members = ['b']";
        let workspace = Summary::of(manifest.as_bytes()).workspace.unwrap();
        for member in ["a", "b", "crates/x", "hw1", "deep/er/x"] {
            assert!(workspace.has_member(member.as_bytes()), "{member}");
        }
        for other in [
            "c",
            "a/b",
            "crates",
            "crates/x/y",
            "crates/old",
            "hw12",
            "hw",
        ] {
            assert!(!workspace.has_member(other.as_bytes()), "{other}");
        }
        assert!(workspace.has_default_member(b"b"));
        assert!(!workspace.has_default_member(b"a"));
        assert!(name_matches(b"a*b*c", b"a-b-b-c") && !name_matches(b"a*b", b"a-b-c"));
    }
}
