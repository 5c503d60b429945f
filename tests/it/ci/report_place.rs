//! The folder of the reports, where a pull request has put something of its own.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use super::repository::{ADA, Repository};
use crate::support::{
    command::{Finished, run},
    files::names,
};

/// A repository, and what a pull request may not reach.
struct Attack {
    repository: Repository,
    outside: PathBuf,
}

impl Attack {
    fn new() -> Self {
        let repository = Repository::of_class();
        let outside = repository.workspace.path("outside");
        fs::create_dir_all(&outside).unwrap();
        fs::write(outside.join("victim"), "intact").unwrap();
        Self {
            repository,
            outside,
        }
    }

    /// A branch on which `plant` has put something; nothing else is left.
    fn planted(&self, plant: impl FnOnce(&Self)) {
        self.repository.git(&["reset", "--quiet", "--hard"]);
        self.repository.git(&["clean", "--quiet", "-ffdx"]);
        self.repository.branch("attack");
        plant(self);
        let bob = "students/bob/sum-of-products/src/main.rs";
        self.repository.append(bob, "// changed\n");
        self.repository.commit("attack");
    }

    /// Stop before anything is graded, as where the history is not complete.
    fn stopped(&self, arguments: &[&str]) -> Finished {
        let formats = ["--base", "nothing", "--formats", "junit,markdown"];
        let finished = run(self.repository.ci(&formats).args(arguments)).code(2);
        self.assert_nothing_reached();
        finished
    }

    #[track_caller]
    fn assert_nothing_reached(&self) {
        assert_eq!(names(&self.outside), ["victim"]);
        let victim = fs::read_to_string(self.outside.join("victim")).unwrap();
        assert_eq!(victim, "intact");
    }

    fn link(&self, target: &str, name: &str) {
        let target = self.outside.join(target);
        self.repository.link(target.to_str().unwrap(), name);
    }

    fn forge(&self) {
        for file in ["aaa/report.md", "aaa/junit.xml", "report.html"] {
            let file = format!("grade-report/{file}");
            self.repository.write(file, b"10 of 10 points");
        }
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.repository.root.join(name)
    }
}

#[test]
fn reports_are_the_graders_alone_whatever_a_pull_request_has_at_their_place() {
    let attack = Attack::new();
    attack.planted(|attack| {
        attack.forge();
        attack.link("victim", "grade-report/sum-of-products/report.md");
        attack.link("", "grade-report/bbb");
    });
    let finished = attack.repository.graded(1, &["--formats", "markdown"]);
    let moved = "moved `grade-report` aside";
    assert!(finished.stderr.contains(moved), "{}", finished.stderr);
    attack.assert_nothing_reached();
    let mut path = attack.folder("grade-report");
    for name in ["sum-of-products", "report.md"] {
        assert!(!path.is_symlink(), "{}", path.display());
        assert_eq!(names(&path), [name]);
        path.push(name);
    }
    assert!(!path.is_symlink());
    let report = fs::read_to_string(&path).unwrap();
    assert!(report.contains("bob"), "{report}");
    attack.repository.workspace.assert_nothing_left();

    // Reports of an earlier run give way, and nothing is moved for them.
    let finished = attack.stopped(&[]);
    assert!(!finished.stderr.contains("aside"), "{}", finished.stderr);
    assert_eq!(names(&attack.folder("grade-report")), [""; 0]);
}

#[test]
fn what_is_in_the_way_of_the_reports_is_not_followed_and_not_lost() {
    let attack = Attack::new();
    let moved = "moved `grade-report` aside";
    let gone = |folder: &str| assert!(!attack.folder(folder).exists(), "{folder}");

    attack.planted(|attack| attack.link("", "grade-report"));
    attack.stopped(&[]).complains(&[moved]);
    gone("grade-report");
    attack.planted(|attack| attack.link("", "grade-report/sum-of-products"));
    attack.stopped(&[]).complains(&[moved]);
    gone("grade-report");
    attack.planted(|attack| attack.link("nowhere", "out"));
    let arguments = ["--report-dir", "students/../out/reports"];
    attack.stopped(&arguments).complains(&["moved `out` aside"]);
    gone("out");
    // A link that leads to the root of the repository.
    attack.planted(|attack| attack.repository.link(".", "out"));
    attack.stopped(&arguments).complains(&["moved `out` aside"]);
    gone("out");
    attack.planted(|attack| attack.repository.write("grade-report", b"in the way"));
    attack.stopped(&[]).complains(&[moved]);
    gone("grade-report");

    // What looks like reports is removed, because they are delivered also where the grading fails.
    attack.planted(Attack::forge);
    let finished = attack.stopped(&[]);
    assert!(!finished.stderr.contains("aside"), "{}", finished.stderr);
    assert_eq!(names(&attack.folder("grade-report")), [""; 0]);
    // With one other file among them, nothing is removed.
    attack.planted(|attack| {
        attack.forge();
        attack.repository.write("grade-report/aaa/work.rs", b"mine");
    });
    attack.stopped(&[]).complains(&[moved]);
    gone("grade-report");
    let aside = names(&attack.repository.root);
    let aside = aside.iter().find(|name| name.starts_with("grade-report."));
    let aside = attack.folder(aside.unwrap()).join("aaa");
    assert_eq!(names(&aside), ["junit.xml", "report.md", "work.rs"]);

    // The repository itself cannot give way.
    for folder in [".", ".git/x", "students/.."] {
        let finished = attack.stopped(&["--report-dir", folder]);
        finished.complains(&["the repository itself is there", "name a folder of its own"]);
    }
    assert!(attack.folder(ADA).is_dir());
}

/// Outside of the repository no pull request has anything: there, folders and links are the user's.
#[test]
fn a_folder_outside_of_the_repository_stays_as_it_is() {
    let attack = Attack::new();
    let place = attack.repository.workspace.path("place");
    for file in ["other", "aaa/report.md"] {
        let file: &Path = &place.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "").unwrap();
    }
    let link = attack.repository.workspace.path("link");
    symlink(&place, &link).unwrap();
    let finished = attack.stopped(&["--report-dir", link.to_str().unwrap()]);
    assert!(!finished.stderr.contains("aside"), "{}", finished.stderr);
    assert_eq!(names(&place), ["aaa", "other"]);
    assert_eq!(names(&place.join("aaa")), ["report.md"]);
}
