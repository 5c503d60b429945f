//! The refusal of a submission without a `Cargo.toml`, with the folder where it most likely is.
//!
//! Hides the usual reasons: the folder above was handed in, or the name has other capitals or one more ending. Never reads the
//! manifest (`compile` does) and never touches the disk: it knows the names of the copied files.

use std::ffi::CString;

use ids::words::is_visible;

use crate::{names::shown, refusal::Refusal, snapshot::SnapshotFile};

/// The file that makes a folder a crate.
pub(crate) const NAME: &str = "Cargo.toml";

/// The refusal for having no manifest, if nothing among the names in the top folder is called so. If one is
/// and was refused, that refusal is enough. `similar` is a file somewhere that may be meant as one.
pub(crate) fn missing(
    top: Option<&[CString]>,
    similar: Option<&[u8]>,
    files: &[SnapshotFile],
) -> Option<Refusal> {
    let top = top?;
    if top.iter().any(|name| name.to_bytes() == NAME.as_bytes()) {
        return None;
    }
    let at_top = top.iter().map(|name| name.to_bytes());
    if let Some(similar) = similar.or_else(|| at_top.clone().find(|name| is_similar(name))) {
        let name = similar
            .rsplit(|&byte| byte == b'/')
            .next()
            .unwrap_or(similar);
        let why = if name.eq_ignore_ascii_case(NAME.as_bytes()) {
            "which is another name for cargo"
        } else {
            "which is another name; some systems hide the end of a file's name"
        };
        let similar = shown(similar);
        return Some(Refusal::new(
            NAME,
            format!("there is no `{NAME}`, only `{similar}`, {why}"),
            format!("rename `{similar}` to `{NAME}`"),
        ));
    }
    let mut inner = files
        .iter()
        .filter_map(|file| file.path.strip_suffix("/Cargo.toml"))
        .filter(|folder| !folder.contains('/'));
    let remedy = match (inner.next(), inner.next()) {
        (Some(folder), None) => format!("hand in the folder `{folder}`, where there is one"),
        _ => format!("hand in the folder that holds `{NAME}` and `src/`"),
    };
    Some(Refusal::new(NAME, format!("there is no `{NAME}`"), remedy))
}

/// Whether a file of this name may be a manifest with a wrong name.
pub(crate) fn is_similar(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with(b"cargo.toml") || matches!(name.as_slice(), b"cargo" | b"cargo.txt")
}

/// The refusal for having several crates of which none is meant, in these folders.
pub(crate) fn several(folders: &[Vec<u8>]) -> Refusal {
    let named = folders
        .iter()
        .take(3)
        .map(|folder| format!("`{}`", shown(folder)));
    let named = named.collect::<Vec<_>>().join(", ");
    let more = if folders.len() > 3 { " and others" } else { "" };
    Refusal::new(
        NAME,
        format!(
            "there are {} crates, in {named}{more}, and one is graded",
            folders.len()
        ),
        "give the exercise's name to the folder of the crate that is to be graded, or hand in that folder alone",
    )
}

/// Whether a person would take this name for the manifest's, and cargo would not.
pub(crate) fn is_meant_by(name: &[u8]) -> bool {
    let text = String::from_utf8_lossy(name);
    let seen = text.chars().filter(|&c| is_visible(c) && c != '\u{fffd}');
    let seen = seen.collect::<String>();
    name != NAME.as_bytes() && seen.trim_end_matches([' ', '.']).eq_ignore_ascii_case(NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_of_an_odd_name_is_noticed() {
        for name in [
            "Cargo.toml ",
            "cargo.toml",
            "Cargo\u{200b}.toml",
            "Cargo.toml.",
        ] {
            assert!(is_meant_by(name.as_bytes()), "{name:?}");
        }
        for name in ["Cargo.toml", "Cargo.toml.txt", "cargo"] {
            assert!(!is_meant_by(name.as_bytes()), "{name:?}");
        }
    }
}
