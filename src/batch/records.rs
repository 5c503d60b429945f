//! The records in the output folder: which files are records, and of which submission.
//!
//! A file counts only if it is a record of the submission it is named after. Never decides whether a record
//! is of this batch: its key does.

use serde::Serialize;

use super::output_dir::{self, OutputDir};
use crate::fault::Fault;
use ids::SubmissionId;
use judge::record::{self, Record};

/// A submission's record, if `bytes` are one.
pub(super) fn parse(bytes: &[u8], id: &SubmissionId) -> Option<Record> {
    let record = serde_json::from_slice::<Record>(bytes).ok()?;
    (record.schema == record::SCHEMA && record.submission.id == *id).then_some(record)
}

/// The submissions with a record in the folder, whether they are in the class or not.
pub(super) fn ids(folder: &OutputDir) -> Result<Vec<SubmissionId>, Fault> {
    let mut ids = folder.list(output_dir::RECORDS)?.ids;
    let mut first = None;
    ids.retain(
        |id| match folder.read(&output_dir::file(output_dir::RECORDS, id)) {
            Ok(bytes) => parse(&bytes.unwrap_or_default(), id).is_some(),
            Err(fault) => {
                first.get_or_insert(fault);
                false
            }
        },
    );
    first.map_or(Ok(ids), Err)
}

/// The record of a submission; none if it has none yet.
pub(super) fn read(folder: &OutputDir, id: &SubmissionId) -> Result<Option<Record>, Fault> {
    let name = output_dir::file(output_dir::RECORDS, id);
    let Some(bytes) = folder.read(&name)? else {
        return Ok(None);
    };
    let record = parse(&bytes, id);
    record.map(Some).ok_or_else(|| {
        let path = folder.root().join(&name);
        Fault::bad_record(&path, "it is damaged, or of another submission")
            .hint("grade again: a damaged record is made anew")
    })
}

/// Plain data of ours as indented JSON with a newline at the end.
pub(super) fn json(value: &impl Serialize) -> Result<Vec<u8>, Fault> {
    let mut bytes =
        serde_json::to_vec_pretty(value).map_err(|error| Fault::internal("write JSON", error))?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A record of nothing but a name and points.
    pub(in crate::batch) fn example(id: &str, earned: u32) -> Record {
        let record = serde_json::json!({
            "schema": record::SCHEMA,
            "grader": {"version": "0", "tier": "full", "observer": "file-times"},
            "exercise": "sum-of-products",
            "submission": {"id": id, "digest": null},
            "verdict": "fail",
            "score": {"earned": earned, "possible": 30},
            "checks": [], "runs": [], "faults": [], "replay": "grade"
        });
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn only_a_submissions_own_record_is_one() {
        let (alice, bob) = ("alice".parse().unwrap(), "bob".parse().unwrap());
        let bytes = serde_json::to_vec(&example("alice", 1)).unwrap();
        assert!(parse(&bytes, &alice).is_some());
        assert!(parse(&bytes, &bob).is_none());
        let text = String::from_utf8(bytes).unwrap();
        assert!(parse(text.replace("record/1", "record/2").as_bytes(), &alice).is_none());
        for strange in [&b""[..], b"{}", b"\xff\xfe", &text.as_bytes()[..100]] {
            assert!(parse(strange, &alice).is_none());
        }
    }
}
