//! Choose the one crate that is graded among those that were handed in.
//!
//! Hides workspaces, checkouts of the course, and how names are compared. A search over folders and the
//! reading of an archive note the same facts here, so both come to the same choice. Never touches the disk,
//! and never decides between two crates when nothing says which of them is meant.
//!
//! # Theory of operation
//!
//! What is below a package belongs to it, unless the package is the root of a workspace with members; what is
//! below a checkout belongs to the course. All other crates are candidates. The one whose folder has the
//! exercise's name is meant, or else the one whose package has it. Without such a name, the crate that is
//! highest up is meant, where a workspace's list of members says what counts. Where a submission is for several
//! exercises, only a crate with the exercise's name is meant, or none. Folders whose names differ in
//! numbers alone (`attempt-1`, `attempt-2`) are attempts, of which `class` takes the last one; a name chooses
//! between them only if the others have other names.

use std::{
    collections::BTreeMap,
    io::{self, Read},
};

use crate::{
    manifest, names,
    summary::{self, Summary, Workspace},
    wanted::Wanted,
};

/// How many folders down a crate is looked for first: one folder from packing, and one from the student.
pub(crate) const NEAR: usize = 2;
/// How many folders down a crate may be if none is nearer, and how many a member of a workspace.
pub(crate) const DEEPEST: usize = 4;
/// Bytes of all manifests together that are read. Those after are packages without a name.
const MANIFESTS: u64 = 8 << 20;

/// Where the crate is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// In this one.
    At(CrateFolder),
    /// In these, and nothing says which is meant.
    Several(Vec<Vec<u8>>),
    /// In these members of a workspace, and nothing says which is meant. They are no attempts.
    Members(Vec<Vec<u8>>),
    Nowhere,
}

/// The folder of the crate that is graded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CrateFolder {
    /// `/` between names; empty for the top folder.
    pub(crate) path: Vec<u8>,
    /// The manifest of its workspace, if values may be taken from it.
    pub(crate) workspace: Option<Vec<u8>>,
}

/// The manifests that were found.
#[derive(Debug)]
pub(crate) struct Crates {
    /// What each says, by its folder.
    manifests: BTreeMap<Vec<u8>, Summary>,
    /// The exercise's folder in each checkout of the course, by the checkout's top folder.
    checkouts: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The first file in byte order whose name a person may take for a manifest's.
    similar: Option<Vec<u8>>,
    bytes_left: u64,
}

/// Something that may be meant.
struct Candidate<'a> {
    /// The folder that counts for its height.
    top: &'a [u8],
    at: &'a [u8],
    /// What its manifest says; `None` for a checkout, which always has the exercise's folder.
    summary: Option<&'a Summary>,
    /// The folder of its workspace.
    workspace: Option<&'a [u8]>,
    /// Whether no workspace above leaves it out.
    is_listed: bool,
    is_default: bool,
}

impl Default for Crates {
    fn default() -> Self {
        Self {
            manifests: BTreeMap::new(),
            checkouts: BTreeMap::new(),
            similar: None,
            bytes_left: MANIFESTS,
        }
    }
}

impl Crates {
    /// Note the exercise's folder in a checkout of the course, whose path in it is `exercise_path`.
    pub(crate) fn add_checkout(&mut self, folder: &[u8], exercise_path: &[u8]) {
        if let Some(top) = checkout(folder, exercise_path).filter(|top| is_within(top, DEEPEST)) {
            self.checkouts.insert(top.to_vec(), folder.to_vec());
        }
    }

    /// Note a manifest in `folder`. `body` gives its contents, if it has some.
    pub(crate) fn add(&mut self, folder: &[u8], body: Option<&mut dyn Read>) -> io::Result<()> {
        if !is_within(folder, DEEPEST) {
            return Ok(());
        }
        let mut bytes = Vec::new();
        let summary = match body {
            Some(body) if self.bytes_left >= summary::READ => {
                body.take(summary::READ).read_to_end(&mut bytes)?;
                self.bytes_left -= bytes.len() as u64;
                Summary::of(&bytes)
            }
            _ => Summary::UNKNOWN,
        };
        self.manifests.insert(folder.to_vec(), summary);
        Ok(())
    }

    /// Note the path of a file, if it may be meant as a manifest.
    pub(crate) fn add_similar(&mut self, path: &[u8]) {
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
        let is_first = self.similar.as_deref().is_none_or(|known| path < known);
        let is_wrong = name != manifest::NAME.as_bytes() && manifest::is_similar(name);
        if is_first && is_wrong {
            self.similar = Some(path.to_vec());
        }
    }

    /// The file that may be meant as a manifest.
    pub(crate) fn similar(&self) -> Option<&[u8]> {
        self.similar.as_deref()
    }

    /// Whether the search continues below `folder`, whose manifest has been noted.
    pub(crate) fn may_be_below(&self, folder: &[u8]) -> bool {
        self.manifests
            .get(folder)
            .is_none_or(Summary::may_have_members)
    }

    /// Whether a folder is in a workspace, where members may be deeper down.
    pub(crate) fn is_in_workspace(&self, folder: &[u8]) -> bool {
        self.workspace_of(folder).is_some()
    }

    /// The one that is meant.
    pub(crate) fn choose(&self, wanted: Wanted<'_>) -> Root {
        match self.choose_within(NEAR, wanted) {
            Root::Nowhere => self.choose_within(DEEPEST, wanted),
            found => found,
        }
    }

    fn choose_within(&self, deepest: usize, wanted: Wanted<'_>) -> Root {
        let exercise = wanted.exercise;
        let mut candidates = self.candidates(deepest);
        if !wanted.among.is_empty() {
            candidates.retain(|one| one.is_meant_among(wanted));
            if candidates.is_empty() {
                return Root::Nowhere;
            }
        }
        if candidates.is_empty() {
            // A workspace without a package is refused by the reader of manifests, with its line.
            let mut workspaces = self.manifests.keys().filter(|path| depth(path) <= deepest);
            return workspaces.next().map_or(Root::Nowhere, |path| {
                Root::At(CrateFolder {
                    path: path.clone(),
                    workspace: None,
                })
            });
        }
        let all = || candidates.iter();
        let has_folder = |one: &&Candidate<'_>| one.has_folder(exercise);
        let has_package = |one: &&Candidate<'_>| one.has_package(exercise);
        if !are_of_one_workspace(all()) && are_numbered(all().map(|one| one.at)) {
            let mut named = all().filter(|one| has_folder(one) || has_package(one));
            return match (named.next(), named.next()) {
                (Some(only), None) => self.at(only),
                _ => Root::Several(all().map(|one| one.at.to_vec()).collect()),
            };
        }
        for named in [
            all().filter(has_folder).collect::<Vec<_>>(),
            all().filter(has_package).collect(),
        ] {
            if !named.is_empty() {
                return self.only(&highest(named));
            }
        }
        let listed = all().filter(|one| one.is_listed).collect::<Vec<_>>();
        let highest = highest(if listed.is_empty() {
            all().collect()
        } else {
            listed
        });
        let mut defaults = highest.iter().filter(|one| one.is_default);
        match (defaults.next(), defaults.next()) {
            (Some(only), None) => self.at(only),
            _ => self.only(&highest),
        }
    }

    fn candidates(&self, deepest: usize) -> Vec<Candidate<'_>> {
        let checkouts = self.checkouts.iter().map(|(top, at)| Candidate {
            top,
            at,
            summary: None,
            workspace: None,
            is_listed: true,
            is_default: false,
        });
        let packages = self.manifests.iter().filter_map(|(folder, summary)| {
            // A checkout itself is no crate beside the exercise in it.
            let is_checkout = self.checkouts.contains_key(folder);
            if !summary.is_package || is_checkout || self.is_hidden(folder) {
                return None;
            }
            let workspace = self.workspace_of(folder);
            let is_near = depth(folder) <= deepest || workspace.is_some();
            let is = |says: fn(&Workspace, &[u8]) -> bool| {
                workspace.map(|(above, workspace)| says(workspace, relative(folder, above)))
            };
            is_near.then(|| Candidate {
                top: folder,
                at: folder,
                summary: Some(summary),
                workspace: workspace.map(|(above, _)| above),
                is_listed: is(Workspace::has_member).unwrap_or(true),
                is_default: is(Workspace::has_default_member).unwrap_or(false),
            })
        });
        let checkouts =
            checkouts.filter(|one| depth(one.top) <= deepest && !self.is_hidden(one.top));
        checkouts.chain(packages).collect()
    }

    /// Whether what is in `folder` belongs to something above: a package without members, or a checkout.
    fn is_hidden(&self, folder: &[u8]) -> bool {
        let is_closed = |found: &Summary| !found.may_have_members();
        above(folder).any(|above| {
            self.checkouts.contains_key(above) || self.manifests.get(above).is_some_and(is_closed)
        })
    }

    /// The nearest workspace above `folder`, and its folder.
    fn workspace_of(&self, folder: &[u8]) -> Option<(&[u8], &Workspace)> {
        above(folder).find_map(|above| {
            let (above, summary) = self.manifests.get_key_value(above)?;
            Some((above.as_slice(), summary.workspace.as_ref()?))
        })
    }

    fn only(&self, candidates: &[&Candidate<'_>]) -> Root {
        if let [only] = candidates {
            return self.at(only);
        }
        let folders = candidates.iter().map(|one| one.at.to_vec()).collect();
        if are_of_one_workspace(candidates.iter().copied()) {
            Root::Members(folders)
        } else {
            Root::Several(folders)
        }
    }

    fn at(&self, candidate: &Candidate<'_>) -> Root {
        let inherits = |found: &Summary| found.inherits && found.workspace.is_none();
        let workspace = candidate
            .summary
            .filter(|found| inherits(found))
            .and_then(|_| {
                let (_, workspace) = self.workspace_of(candidate.at)?;
                Some(workspace.text.clone())
            });
        Root::At(CrateFolder {
            path: candidate.at.to_vec(),
            workspace,
        })
    }
}

impl Candidate<'_> {
    fn has_folder(&self, exercise: &str) -> bool {
        let name = parts(self.at).last();
        self.summary.is_none() || name.is_some_and(|name| is_same_name(name, exercise))
    }

    /// Whether it is the crate of this exercise, where a submission may have one for each of several. The folder counts
    /// more: a copy of another exercise's folder keeps the package's name.
    fn is_meant_among(&self, wanted: Wanted<'_>) -> bool {
        let is_of_another = || {
            let mut others = wanted.among.iter().map(ids::ExerciseId::as_str);
            others.any(|other| other != wanted.exercise && self.has_folder(other))
        };
        self.has_folder(wanted.exercise) || self.has_package(wanted.exercise) && !is_of_another()
    }

    fn has_package(&self, exercise: &str) -> bool {
        let name = self.summary.and_then(|found| found.name.as_deref());
        name.is_some_and(|name| is_same_name(name.as_bytes(), exercise))
    }
}

/// Those that are highest up.
fn highest<'c, 'a>(candidates: Vec<&'c Candidate<'a>>) -> Vec<&'c Candidate<'a>> {
    let highest = candidates.iter().map(|one| depth(one.top)).min();
    let is_highest = |one: &&Candidate<'_>| Some(depth(one.top)) == highest;
    candidates.into_iter().filter(is_highest).collect()
}

fn are_of_one_workspace<'c, 'a: 'c>(
    mut candidates: impl Iterator<Item = &'c Candidate<'a>>,
) -> bool {
    let first = candidates.next().and_then(|first| first.workspace);
    first.is_some() && candidates.all(|other| other.workspace == first)
}

/// Whether two names are the same but for capitals, `-` and `_`.
fn is_same_name(name: &[u8], exercise: &str) -> bool {
    let plain = |byte: &u8| match byte {
        b'_' => b'-',
        byte => byte.to_ascii_lowercase(),
    };
    name.iter()
        .map(plain)
        .eq(exercise.as_bytes().iter().map(plain))
}

/// Whether these paths begin with folders of different names that differ in numbers alone.
pub(crate) fn are_numbered<'p>(paths: impl Iterator<Item = &'p [u8]>) -> bool {
    let tops = paths.map(|path| parts(path).next().unwrap_or_default());
    let tops = tops.collect::<Vec<_>>();
    let shapes = tops.iter().map(|top| shape(top)).collect::<Vec<_>>();
    let are_alike = shapes.windows(2).all(|pair| pair[0] == pair[1]);
    // They come in byte order.
    tops.len() > 1 && are_alike && tops.windows(2).all(|pair| pair[0] != pair[1])
}

/// A name with `0` in the place of each number.
fn shape(name: &[u8]) -> Vec<u8> {
    let chunks = name.chunk_by(|a, b| a.is_ascii_digit() && b.is_ascii_digit());
    let plain = chunks.map(|chunk| {
        if chunk[0].is_ascii_digit() {
            b"0"
        } else {
            chunk
        }
    });
    plain.collect::<Vec<_>>().concat()
}

fn depth(path: &[u8]) -> usize {
    parts(path).count()
}

/// The names along a path.
pub(crate) fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/')
        .filter(|name| !name.is_empty())
}

/// The folders above `folder`, the nearest first; the last one is the top folder, which has no name.
fn above(folder: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(parent(folder), |path| parent(path))
}

fn parent(path: &[u8]) -> Option<&[u8]> {
    if path.is_empty() {
        return None;
    }
    let end = path.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
    Some(&path[..end])
}

/// The path of `folder` in the folder `above` it.
fn relative<'f>(folder: &'f [u8], above: &[u8]) -> &'f [u8] {
    let rest = folder.strip_prefix(above).unwrap_or(folder);
    rest.strip_prefix(b"/").unwrap_or(rest)
}

/// The checkout of the course in which `folder` is the exercise's.
fn checkout<'f>(folder: &'f [u8], exercise_path: &[u8]) -> Option<&'f [u8]> {
    match folder.strip_suffix(exercise_path)? {
        _ if exercise_path.is_empty() => None,
        b"" => Some(b""),
        above => above.strip_suffix(b"/"),
    }
}

/// Whether a folder is at most so deep, and searched.
pub(crate) fn is_within(path: &[u8], deepest: usize) -> bool {
    depth(path) <= deepest && parts(path).all(is_searched)
}

/// Whether a crate may be in a folder of this name.
pub(crate) fn is_searched(name: &[u8]) -> bool {
    name != b"target" && !names::is_dropped(name)
}

#[cfg(test)]
mod tests;
