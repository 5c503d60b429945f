//! What was left out of a submission, where it may be the reason of a failure.

use super::*;
use crate::evidence::LeftOut;

#[test]
fn a_failed_build_names_what_was_left_out_if_it_may_be_the_reason() {
    let left_out = |path: &str, why: &str, is_configuration| LeftOut {
        path: path.into(),
        why: why.into(),
        is_configuration,
    };
    let diagnostic = Diagnostic {
        is_error: true,
        code: None,
        message: "m".into(),
        place: None,
        rendered: "error: couldn't read `src/../words.txt`".into(),
    };
    let failure = CompileFailure {
        termination: Termination::Exited { code: 1 },
        diagnostics: vec![diagnostic],
        other_output: String::new(),
        notes: Vec::new(),
    };
    let mut evidence = Evidence {
        source: Source::default(),
        left_out: vec![
            left_out("src/main.rs", "is a link", false),
            left_out("Screenshot.png", "has an odd name", false),
            left_out(".cargo/config.toml", "is configuration", true),
            left_out("words.txt", "is a socket", false),
        ],
        build: BuildEvidence::Failed(failure),
        runs: vec![],
    };
    let named = [
        "`src/main.rs` was left out: it is a link",
        "`.cargo/config.toml` was left out: it is configuration",
        "`words.txt` was left out: it is a socket",
    ];
    assert_eq!(find(&evidence, CheckId::Build).details.more, named);
    evidence.build = BuildEvidence::Refused(vec![Refusal {
        place: "Cargo.toml".into(),
        problem: "the package has no program".into(),
        remedy: "write one".into(),
    }]);
    assert_eq!(find(&evidence, CheckId::Build).details.more, named[..2]);
    evidence.build = BuildEvidence::Built {
        warnings: 0,
        notes: Vec::new(),
    };
    assert!(find(&evidence, CheckId::Build).details.more.is_empty());
}
