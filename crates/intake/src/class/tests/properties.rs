//! Whatever the names in a folder are, every entry is accounted for, and no two students have one id.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Names as systems and people give them, and any others.
fn name() -> impl Strategy<Value = Vec<u8>> {
    let people = "(jane|Jane|JANE|j\\.doe|J_doe|é|É|李|x{70})";
    let pattern = format!(
        "{people}(_12345_9[0-9]_hw|_123_text|_LATE_123_link|_1_assignsubmission_file_|_1_assignsubmission_onlinetext_|\
         _attempt_2026-09-2[0-9]-21-26-00_a|_attempt_2026-09-24-21-26-00|[(]jd[)]|-[0-9]|)(\\.zip|\\.html|\\.txt|\\.rar|\\.tgz|)"
    );
    let brightspace = "1[01]-700 - (A|B) - (Oct 1|Sep 30), 2026 [1-9]05 (AM|PM)( - hw[.]zip|)";
    prop_oneof![
        4 => prop::string::string_regex(&pattern).unwrap().prop_map(String::into_bytes).boxed(),
        1 => brightspace.prop_map(String::into_bytes).boxed(),
        1 => prop::collection::vec(1..=255u8, 1..20).boxed(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn every_entry_is_accounted_for(names in prop::collection::btree_set(name(), 1..12), folders in any::<u16>()) {
        let dir = tempdir().unwrap();
        let mut made = 0;
        for (at, name) in names.iter().enumerate() {
            if name.contains(&b'/') || matches!(&name[..], b"." | b".." | b"Cargo.toml") || name.len() > 200 {
                continue;
            }
            let path = dir.path().join(OsStr::from_bytes(name));
            made += 1;
            if folders >> at & 1 == 1 {
                fs::create_dir(path).unwrap();
            } else {
                fs::write(path, "x").unwrap();
            }
        }
        let class = match scan(dir.path()) {
            Ok(class) => class,
            Err(Error::NotTheClass { .. }) => return Ok(()),
            Err(error) => panic!("{error:?}"),
        };
        let attempts = class.submissions.iter().flat_map(|found| &found.attempts);
        let paths = attempts.map(|attempt| attempt.source.path()).collect::<BTreeSet<_>>();
        prop_assert_eq!(paths.len() + class.ignored.len(), made);
        let ids = class.submissions.iter().map(|found| names::fold(found.id.as_str()));
        prop_assert_eq!(ids.collect::<BTreeSet<_>>().len(), class.submissions.len());
    }
}
