//! Ask git about commits and trees.
//!
//! Hides how git is started so that nothing of the repository's tree has an effect: only commands that read objects,
//! without hooks, file monitors, replacements of objects, optional locks, pagers and fetching. The configuration of the
//! clone itself (`.git/config`) is its owner's, and a pull request cannot change it.
//!
//! Never writes into the repository, and never reads its working tree.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use crate::fault::{Fault, FaultKind};

/// What stands before every command of git.
const GUARDS: &[&str] = &[
    "--no-pager",
    "--no-replace-objects",
    "--no-optional-locks",
    "--literal-pathspecs",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.attributesFile=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "protocol.allow=never",
];

/// Variables by which another repository, index or program would be used.
const FOREIGN: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CEILING_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_EXTERNAL_DIFF",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// What to do about a clone that lacks history.
const DEEPEN: &str = "fetch the whole history: `fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` in GitLab CI, \
                      or `git fetch --unshallow`";

/// A repository.
#[derive(Debug)]
pub(super) struct Git {
    /// The folder of its working tree.
    pub(super) root: PathBuf,
}

/// The full name of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commit(String);

/// A path that differs between two commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) path: Vec<u8>,
    /// What it was in the earlier commit; nothing where it is new.
    pub(super) before: Option<EntryKind>,
    /// What it is in the later commit; nothing where it is gone.
    pub(super) kind: Option<EntryKind>,
}

/// What an entry of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    File,
    Link,
    /// The commit of another repository.
    Submodule,
}

/// A file, link or submodule of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TreeEntry {
    pub(super) kind: EntryKind,
    /// The name of the object that holds its contents.
    pub(super) object: String,
    pub(super) path: Vec<u8>,
}

impl Commit {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Enough of it for a person.
    pub(super) fn short(&self) -> &str {
        self.0.get(..10).unwrap_or(&self.0)
    }
}

impl EntryKind {
    fn of_mode(mode: &[u8]) -> Option<Self> {
        match mode {
            b"120000" => Some(Self::Link),
            b"160000" => Some(Self::Submodule),
            mode if mode.starts_with(b"100") => Some(Self::File),
            _ => None,
        }
    }
}

/// A command of git in a folder, guarded.
pub(super) fn guarded(folder: &Path) -> Command {
    #[expect(
        clippy::disallowed_methods,
        reason = "a trusted step: the user's own git, which reads objects and starts nothing"
    )]
    let mut command = Command::new("git");
    command
        .args(GUARDS)
        .current_dir(folder)
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    for name in FOREIGN {
        command.env_remove(name);
    }
    command
}

/// The fault of a git that does not start.
pub(super) fn not_started(error: &std::io::Error) -> Fault {
    Fault::usage("failed to start git")
        .because(error)
        .hint("install git; the search path must lead to it")
}

/// The fault of a git that did not do what is asked.
pub(super) fn failed(what: &str, output: &Output) -> Fault {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let fault = Fault::usage(format!("failed to {what}")).because(stderr.trim());
    if stderr.contains("dubious ownership") {
        return fault.hint(
            "the folder belongs to another user; if you trust it, type `git config --global --add safe.directory DIR`",
        );
    }
    if stderr.contains("promisor") || stderr.contains("lazy fetch") {
        return fault.hint(
            "the clone lacks objects; make one without `--filter` (actions/checkout: without `filter`)",
        );
    }
    fault.hint("is the clone complete? `git fsck` checks it")
}

impl Git {
    /// The repository that `folder` is in.
    pub(super) fn open(folder: &Path) -> Result<Self, Fault> {
        let output = output(guarded(folder).args(["rev-parse", "--show-toplevel"]))?;
        let what = format!("find the repository of `{}`", folder.display());
        if !output.status.success() {
            let fault = failed(&what, &output);
            if fault
                .cause
                .as_deref()
                .is_some_and(|cause| cause.contains("not a git repository"))
            {
                return Err(fault.hint("go to a folder of the repository"));
            }
            return Err(fault);
        }
        let root = output.stdout.strip_suffix(b"\n").unwrap_or(&output.stdout);
        Ok(Self {
            root: OsStr::from_bytes(root).into(),
        })
    }

    /// Where a folder is in this repository: empty for its root. Nothing if it is of another one, or of none.
    pub(super) fn inside(&self, folder: &Path) -> Result<Option<Vec<u8>>, Fault> {
        if !folder.is_dir() {
            let message = format!("failed to find the folder `{}`", folder.display());
            return Err(Fault::usage(message).hint("name a folder that exists with `--course DIR`"));
        }
        let asked = ["rev-parse", "--show-toplevel", "--show-prefix"];
        let output = output(guarded(folder).args(asked))?;
        let inside = output.stdout.strip_prefix(self.root.as_os_str().as_bytes());
        let inside = inside.and_then(|rest| rest.strip_prefix(b"\n"));
        let inside = inside.filter(|_| output.status.success());
        Ok(inside.map(|prefix| {
            let prefix = prefix.strip_suffix(b"\n").unwrap_or(prefix);
            prefix.strip_suffix(b"/").unwrap_or(prefix).to_vec()
        }))
    }

    /// The commit that a person names, with the option that they name it by. The name of a branch is also looked for
    /// among those of `origin`, because a clone of a CI system has no others.
    pub(super) fn commit(&self, name: &str, option: &str) -> Result<Commit, Fault> {
        let unknown = || {
            Fault::usage(format!(
                "found no commit `{}`, which `{option}` names",
                name.escape_debug()
            ))
        };
        if name.is_empty() || name.starts_with('-') || name.contains(['\0', '\n']) {
            return Err(unknown().hint("name a branch, a tag or a commit"));
        }
        for name in [name.to_owned(), format!("refs/remotes/origin/{name}")] {
            let asked = format!("{name}^{{commit}}");
            let output = output(self.command(&["rev-parse", "--verify", "--quiet", &asked]))?;
            let text = String::from_utf8_lossy(&output.stdout);
            if output.status.success() {
                return Ok(Commit(text.trim_end().to_owned()));
            }
        }
        Err(if self.is_shallow()? {
            unknown()
                .because("this clone has a part of the history only")
                .hint(DEEPEN)
        } else {
            unknown()
                .hint("fetch it (`git fetch origin`), or name another branch, a tag or a commit")
        })
    }

    /// The last commit that both have.
    pub(super) fn merge_base(&self, base: &Commit, head: &Commit) -> Result<Commit, Fault> {
        let output = output(self.command(&["merge-base", base.as_str(), head.as_str()]))?;
        if output.status.success() {
            let text = String::from_utf8_lossy(&output.stdout);
            return Ok(Commit(text.trim_end().to_owned()));
        }
        let message = format!(
            "failed to find where `{}` left `{}`",
            head.short(),
            base.short()
        );
        Err(if self.is_shallow()? {
            Fault::usage(message)
                .because("this clone has a part of the history only")
                .hint(DEEPEN)
        } else {
            Fault::usage(message)
                .because("these commits have no history in common")
                .hint(
                    "name the branch that the pull request is to be merged into with `--base REF`",
                )
        })
    }

    /// The paths that differ, in byte order.
    pub(super) fn changed(&self, from: &Commit, to: &Commit) -> Result<Vec<Changed>, Fault> {
        let what = "compare the commits of the pull request";
        let output = output(self.command(&[
            "diff-tree",
            "-r",
            "-z",
            "--raw",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            from.as_str(),
            to.as_str(),
        ]))?;
        if !output.status.success() {
            return Err(failed(what, &output));
        }
        parse_changed(&output.stdout).ok_or_else(|| unreadable(what))
    }

    /// What a commit has at or below a path; everything for an empty path.
    pub(super) fn tree(&self, commit: &Commit, path: &[u8]) -> Result<Vec<TreeEntry>, Fault> {
        let what = format!(
            "list `{}` of commit `{}`",
            String::from_utf8_lossy(path).escape_debug(),
            commit.short()
        );
        let mut command = self.command(&["ls-tree", "-r", "-z", "--full-tree", commit.as_str()]);
        if !path.is_empty() {
            command
                .arg("--")
                .arg(OsString::from(OsStr::from_bytes(path)));
        }
        let output = output(command)?;
        if !output.status.success() {
            return Err(failed(&what, &output));
        }
        parse_tree(&output.stdout).ok_or_else(|| unreadable(&what))
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = guarded(&self.root);
        command.args(arguments);
        command
    }

    fn is_shallow(&self) -> Result<bool, Fault> {
        let output = output(self.command(&["rev-parse", "--is-shallow-repository"]))?;
        Ok(output.stdout.starts_with(b"true"))
    }
}

fn output(mut command: impl std::borrow::BorrowMut<Command>) -> Result<Output, Fault> {
    let command = command.borrow_mut();
    command.output().map_err(|error| not_started(&error))
}

fn unreadable(what: &str) -> Fault {
    Fault::new(FaultKind::Internal, format!("failed to {what}"))
        .because("git answered in an unknown form")
        .hint("is git older than 2.36? install a newer one")
}

/// Records of `:MODE MODE OBJECT OBJECT STATUS`, each with its path behind it.
fn parse_changed(text: &[u8]) -> Option<Vec<Changed>> {
    let mut fields = text.split(|&byte| byte == 0);
    let mut changed = Vec::new();
    while let Some(head) = fields.next().filter(|head| !head.is_empty()) {
        let mut words = head.strip_prefix(b":")?.split(|&byte| byte == b' ');
        changed.push(Changed {
            before: EntryKind::of_mode(words.next()?),
            kind: EntryKind::of_mode(words.next()?),
            path: fields.next()?.to_vec(),
        });
    }
    Some(changed)
}

/// Records of `MODE TYPE OBJECT`, a tab and the path.
fn parse_tree(text: &[u8]) -> Option<Vec<TreeEntry>> {
    let records = text.split(|&byte| byte == 0);
    let records = records.filter(|record| !record.is_empty());
    records
        .map(|record| {
            let tab = record.iter().position(|&byte| byte == b'\t')?;
            let (head, path) = (&record[..tab], &record[tab + 1..]);
            let mut words = head.split(|&byte| byte == b' ');
            let kind = EntryKind::of_mode(words.next()?)?;
            let object = words.nth(1)?;
            Some(TreeEntry {
                kind,
                object: String::from_utf8(object.to_vec()).ok()?,
                path: path.to_vec(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_read_whatever_their_names() {
        let text =
            b":000000 100644 0 1 A\0a\nb\0:100644 000000 1 0 D\0c:d\0:100644 120000 1 2 T\0\xff\0";
        let changed = parse_changed(text).unwrap();
        let kinds: Vec<_> = changed.iter().map(|one| one.kind).collect();
        assert_eq!(kinds, [Some(EntryKind::File), None, Some(EntryKind::Link)]);
        let paths: Vec<_> = changed.iter().map(|one| &one.path[..]).collect();
        assert_eq!(paths, [&b"a\nb"[..], b"c:d", b"\xff"]);
        assert_eq!(parse_changed(b"what\0"), None);
        assert_eq!(parse_changed(b""), Some(Vec::new()));
    }

    #[test]
    fn trees_are_read_whatever_their_names() {
        let text = b"100755 blob 12\ta\tb\n\x00120000 blob 34\tlink\x00160000 commit 56\tsub\0";
        let tree = parse_tree(text).unwrap();
        assert_eq!(tree[0].path, b"a\tb\n");
        assert_eq!((tree[1].kind, &*tree[1].object), (EntryKind::Link, "34"));
        assert_eq!(tree[2].kind, EntryKind::Submodule);
        assert_eq!(parse_tree(b"nothing"), None);
    }
}
