//! The steps of `action.yml`, of the example workflows and of the release, each executed as on a runner.

use std::{
    fs,
    path::{Path, PathBuf},
};

use assert_cmd::Command;
use serde_json::json;

use super::{
    repository::{ADA, Repository},
    runner::{Runner, yaml},
};
use crate::support::{
    command::run,
    course,
    files::{remove_tree, write_script},
    program,
    workspace::CourseCopy,
};

/// A runner for a pull request against `main` of a repository.
fn runner(repository: &Repository) -> Runner {
    let workspace = &repository.workspace;
    let mut runner = Runner::new(
        &repository.root,
        workspace.path("runner"),
        workspace.cache.clone(),
    );
    runner.environment = vec![
        (
            "GRADE_TEMP_DIR".into(),
            workspace.temp().display().to_string(),
        ),
        ("GIT_CONFIG_GLOBAL".into(), "/dev/null".into()),
    ];
    runner.set_event(json!({
        "pull_request": {
            "number": 7,
            "base": { "sha": repository.git(&["rev-parse", "main"]) },
            "user": { "login": "ada" },
        }
    }));
    runner
}

fn exists(folder: &Path, names: &[&str]) {
    for name in names {
        assert!(
            folder.join(name).is_file(),
            "{} lacks {name}",
            folder.display()
        );
    }
}

#[test]
fn the_example_for_a_class_grades_and_keeps_the_reports() {
    let repository = Repository::of_class();
    repository.branch("ada");
    repository.append(&format!("{ADA}/src/main.rs"), "// ::error::forged\n");
    repository.write("reference/README.md", b"changed");
    repository.commit("ada");
    let mut runner = runner(&repository);
    assert!(!runner.job(&yaml("docs/ci/course-of-a-class.yml"), "grade"));
    let grade = runner.step("Grade");
    assert_eq!(grade.code, 1, "{}", grade.log);
    let annotation = format!("::error file={ADA}/");
    assert!(grade.log.contains(&annotation), "{}", grade.log);
    assert!(
        grade.log.contains("`reference/README.md` is of the course"),
        "{}",
        grade.log
    );
    let summary = runner.summary();
    assert!(summary.contains("6 of 10 points"), "{summary}");
    assert!(
        summary.contains("- `reference/README.md` is of the course"),
        "{summary}"
    );
    let said = &runner.step("Say how it went").log;
    assert_eq!(said, "verdict: fail; points: 6 of 10\n");
    let reports = runner.artifact("grade-report").join("sum-of-products");
    exists(
        &reports,
        &["report.md", "junit.xml", "report.html", "report.json"],
    );
    // Where a pull request can have put nothing.
    assert!(!repository.root.join("grade-report").exists());
}

#[test]
fn the_example_for_github_classroom_takes_the_course_from_elsewhere() {
    let repository = Repository::new();
    // The student's repository: its root is the submission.
    repository.git(&["rm", "--quiet", "-r", "."]);
    repository.add("starter", "serial");
    for name in ["Cargo.toml", "src"] {
        repository.git(&["add", "."]);
        repository.git(&["mv", "-f", &format!("starter/{name}"), name]);
    }
    repository.commit("the starter");
    repository.branch("work");
    repository.append("src/main.rs", "// changed\n");
    repository.write(".github/workflows/grade.yml", b"on: push");
    repository.commit("work");
    let mut runner = runner(&repository);
    let other = CourseCopy::make(repository.workspace.path("course"));
    // A checkout is a repository of its own.
    let mut init = repository.git_command();
    run(init.current_dir(&other.root).args(["init", "--quiet"])).code(0);
    runner.other_repository = Some(other.root);
    assert!(!runner.job(&yaml("docs/ci/github-classroom.yml"), "grade"));
    let log = &runner.step("Grade").log;
    assert!(log.contains("by ada: 6 of 10 points"), "{log}");
    assert!(
        log.contains("`.github/workflows/grade.yml` is what the CI system runs"),
        "{log}"
    );
    assert_eq!(runner.contexts["outputs"]["verdict"], "fail", "{log}");
}

#[test]
fn the_example_for_a_fork_grades_the_exercise_that_was_edited() {
    let repository = Repository::new();
    repository.branch("fork");
    repository.append("exercises/sum-of-products/src/main.rs", "// mine\n");
    repository.append("exercises/sum-of-products/exercise.toml", "# easier\n");
    repository.commit("mine");
    let mut runner = runner(&repository);
    runner.cached_program = None;
    // The program of a release, with its checksum.
    let server = repository.workspace.path("server");
    let release = server.join("owner/grade/releases/download/v0.1.0");
    fs::create_dir_all(&release).unwrap();
    let pack = "cp -- \"$1\" grade && file=grade-$(uname -m)-unknown-linux-gnu.tar.gz && \
                tar -czf \"$file\" grade && sha256sum \"$file\" > \"$file.sha256\"";
    let mut pack_it = Command::new("sh");
    run(pack_it
        .args(["-c", pack, "sh"])
        .arg(program())
        .current_dir(&release))
    .code(0);
    runner.contexts["github"]["server_url"] = json!(format!("file://{}", server.display()));
    let mut workflow = yaml("docs/ci/fork-of-the-course.yml");
    workflow["jobs"]["grade"]["steps"][1]["with"]["version"] = json!("v0.1.0");
    assert!(!runner.job(&workflow, "grade"));
    let installed = &runner.step("Install the program").log;
    assert!(installed.contains(".tar.gz: OK"), "{installed}");
    let log = &runner.step("Grade").log;
    assert!(log.contains("by ada: 4 of 10 points"), "{log}");
    assert!(
        log.contains("`exercises/sum-of-products/exercise.toml` is of the course"),
        "{log}"
    );

    // A program that is not the one that was published is not started, however whole its archive is.
    let exchange = "printf '#!/bin/sh\necho another one\n' > grade && chmod 755 grade && \
                    tar -czf grade-$(uname -m)-unknown-linux-gnu.tar.gz grade";
    let mut exchange_it = Command::new("sh");
    run(exchange_it.args(["-c", exchange]).current_dir(&release)).code(0);
    remove_tree(&runner.home.join("temp/grade-bin")).unwrap();
    runner.steps.clear();
    assert!(!runner.job(&workflow, "grade"));
    assert_ne!(runner.step("Install the program").code, 0);
    assert!(runner.steps.iter().all(|step| step.name != "Grade"));
}

/// The blocks of a document in a language.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let text = fs::read_to_string(course().join(document)).unwrap();
    let parts = text.split("```").collect::<Vec<_>>();
    let of_language = parts.iter().skip(1).step_by(2);
    let of_language = of_language.filter_map(|part| part.strip_prefix(&format!("{language}\n")));
    of_language.map(str::to_owned).collect()
}

#[test]
fn the_documented_commands_for_other_systems_grade() {
    let repository = Repository::of_class();
    let origin = repository.workspace.path("origin");
    let command = &mut repository.git_command();
    run(command
        .args(["clone", "--quiet", "--bare", "."])
        .arg(&origin))
    .code(0);
    repository.git(&["remote", "add", "origin", origin.to_str().unwrap()]);
    let base = repository.git(&["rev-parse", "main"]);
    repository.branch("ada");
    repository.append(&format!("{ADA}/src/main.rs"), "// changed\n");
    // What the grader would take for its own work of an earlier run.
    repository.write(".grade-cache/references/forged", b"10 of 10 points");
    repository.commit("ada");
    repository.git(&["branch", "--quiet", "-D", "main"]);
    // Jenkins may fetch nothing but the pull request.
    let of_pull_request = "+refs/pull/7/head:refs/remotes/origin/PR-7";
    let fetch = "remote.origin.fetch";
    let usual = repository.git(&["config", fetch]);
    repository.git(&["config", fetch, of_pull_request]);

    let gitlab: serde_json::Value =
        serde_yaml_ng::from_str(&blocks("docs/ci.md", "yaml")[0]).unwrap();
    let script = gitlab["grade"]["script"].as_array().unwrap();
    let script = script.iter().map(|line| line.as_str().unwrap().to_owned());
    let script: Vec<String> = script
        .filter(|line| !line.starts_with("cargo install "))
        .collect();
    let jenkins = blocks("docs/ci.md", "groovy").concat();
    let jenkins = jenkins
        .lines()
        .filter_map(|line| line.trim().strip_prefix("sh '"));
    let jenkins: Vec<&str> = jenkins.filter_map(|line| line.strip_suffix('\'')).collect();
    let shell = blocks("docs/ci.md", "sh").concat();
    for commands in [script.join("\n"), jenkins.join("\n"), shell.clone()] {
        assert!(commands.contains("grade ci --base "), "{commands}");
        if commands == shell {
            repository.git(&["config", fetch, &usual]);
        }
        let path = format!(
            "{}:{}",
            program().parent().unwrap().display(),
            std::env::var("PATH").unwrap()
        );
        let mut command =
            repository
                .workspace
                .grade_behind(&["sh".into(), "-c".into(), commands.clone()]);
        command
            .current_dir(&repository.root)
            .env("PATH", path)
            .env("CI_MERGE_REQUEST_DIFF_BASE_SHA", &base)
            .env("CHANGE_TARGET", "main")
            .env_remove("GITHUB_OUTPUT");
        let finished = run(&mut command).code(1);
        finished.reports(&["1 submission changed", "by ada: 6 of 10 points"]);
    }
    assert!(!repository.root.join(".grade-cache").exists());
    // Each run has removed the reports of the one before it.
    exists(
        &repository.root.join("grade-report/sum-of-products"),
        &["junit.xml"],
    );
}

/// With the optimised program among what cargo has compiled, this is quick.
#[test]
#[ignore = "compiles the optimised program: cargo test -p grade --test it ci::steps -- --ignored"]
fn without_a_release_the_source_of_the_action_is_compiled() {
    let repository = Repository::of_class();
    repository.branch("none");
    repository.write("README.md", b"");
    repository.commit("nothing to grade");
    let mut runner = runner(&repository);
    runner.cached_program = None;
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let target = target.display().to_string();
    runner.environment.push(("CARGO_TARGET_DIR".into(), target));
    assert!(
        runner.job(&yaml("docs/ci/course-of-a-class.yml"), "grade"),
        "{:#?}",
        runner.steps
    );
    let version = concat!("grade ", env!("CARGO_PKG_VERSION"), "\n");
    let installed = &runner.step("Install the program").log;
    assert!(installed.contains(version), "{installed}");
    assert_eq!(runner.contexts["outputs"]["verdict"], "none");
    // The second time, it is in the cache.
    runner.steps.clear();
    assert!(runner.job(&yaml("docs/ci/course-of-a-class.yml"), "grade"));
    let installed = &runner.step("Install the program").log;
    assert!(installed.contains("is from the cache"), "{installed}");
}

/// Needs `jq`; `.ci/run` installs it.
#[test]
#[ignore = "needs jq: cargo test -p grade --test it ci::steps -- --ignored"]
fn the_comment_shows_what_the_artifact_has_and_obeys_none_of_it() {
    let repository = Repository::new();
    let sha = repository.git(&["rev-parse", "HEAD"]);
    let mut runner = runner(&repository);
    let posted = repository.workspace.path("posted");
    let bin = repository.workspace.path("bin");
    fs::create_dir_all(&bin).unwrap();
    // What GitHub answers. Somebody else has written a comment with the same beginning.
    let answers = r#"#!/bin/sh
comment() { echo "[{\"id\": $1, \"user\": {\"login\": \"$2\"}, \"body\": \"<!-- grade -->\"}]"; }
case "$*" in
*POST*issues/7/comments*) cat > POSTED ;;
*PATCH*issues/comments/12*) cat > POSTED.again ;;
*issues/7/comments) comment 11 eve; [ ! -e POSTED ] || comment 12 "github-actions[bot]" ;;
*pulls/7/files*) cat POSTED.files ;;
*head=ada:work*) echo '[{"number": 6, "head": {"sha": "no"}}, {"number": 7, "head": {"sha": "SHA"}}]' ;;
*) echo "what is $*?" >&2; exit 1 ;;
esac
"#;
    let answers = answers.replace("SHA", &sha);
    let answers = answers.replace("POSTED", &posted.display().to_string());
    write_script(&bin.join("gh"), &answers);
    // GitHub answers in pages.
    let files = |pages: &[(usize, &str)]| {
        let page = |(number, name): &(usize, &str)| {
            let files: Vec<_> = (0..*number)
                .map(|n| json!({ "filename": format!("{name}{n}") }))
                .collect();
            json!(files).to_string()
        };
        let pages: Vec<_> = pages.iter().map(page).collect();
        fs::write(posted.with_extension("files"), pages.concat()).unwrap();
    };
    files(&[(9, "students/"), (1500, ".github/workflows/")]);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    runner.environment.push(("PATH".into(), path));
    runner.set_event(json!({
        "workflow_run": {
            "id": 1, "event": "pull_request", "conclusion": "failure", "head_branch": "work", "head_sha": sha,
            "html_url": "https://github.com/owner/course/actions/runs/1",
            "head_repository": { "owner": { "login": "ada" } },
        }
    }));
    let artifact = runner.artifact("grade-report").join("sum-of-products");
    fs::create_dir_all(&artifact).unwrap();
    let ticks = "`".repeat(300);
    let text = format!(
        "{ticks}\n@everyone ![x](https://evil)\n\n\x1b[2J$(touch evil)`touch evil`\n::error::x\n"
    );
    fs::write(artifact.join("report.md"), text.repeat(200)).unwrap();
    std::os::unix::fs::symlink(
        "/etc/passwd",
        runner.artifact("grade-report").join("report.md"),
    )
    .ok();
    assert!(
        runner.job(&yaml("docs/ci/comment.yml"), "comment"),
        "{:#?}",
        runner.steps
    );
    let body: serde_json::Value = serde_json::from_slice(&fs::read(&posted).unwrap()).unwrap();
    let body = body["body"].as_str().unwrap();
    let (head, shown) = body.split_once("\n\n    `").expect(body);
    assert!(
        head.contains("`failure`") && head.contains("may have made up"),
        "{head}"
    );
    // No run of backticks ends a block that is set off by spaces.
    for line in format!("    `{shown}").lines() {
        assert!(line.is_empty() || line.starts_with("    "), "{line}");
    }
    assert!(shown.contains("    @everyone"), "{shown}");
    assert!(
        body.len() < 40_000 && !body.contains('\x1b') && !body.contains("root:"),
        "{head}"
    );
    assert_eq!(runner.step("Comment").log, "");
    // A later run replaces the comment.
    assert!(
        runner.job(&yaml("docs/ci/comment.yml"), "comment"),
        "{:#?}",
        runner.steps
    );
    let again = posted.with_extension("again");
    assert_eq!(fs::read(&again).unwrap(), fs::read(&posted).unwrap());
    // GitHub lists no more than 3000 files. What is not listed may be anything.
    for (number, is_doubted) in [(2999, false), (3000, true)] {
        files(&[(number, "students/")]);
        assert!(runner.job(&yaml("docs/ci/comment.yml"), "comment"));
        let body = fs::read_to_string(&again).unwrap();
        assert_eq!(body.contains("may have made up"), is_doubted, "{number}");
    }
    // A workflow that is moved away is changed as well.
    let moved = json!([{ "filename": "x", "previous_filename": ".github/workflows/grade.yml" }]);
    fs::write(posted.with_extension("files"), moved.to_string()).unwrap();
    assert!(runner.job(&yaml("docs/ci/comment.yml"), "comment"));
    let body = fs::read_to_string(&again).unwrap();
    assert!(body.contains("may have made up"), "{body}");
}

/// Needs `jq`; `.ci/run` installs it. The program is compiled without optimisation.
#[test]
#[ignore = "needs jq, and compiles: cargo test -p grade --test it ci::steps -- --ignored"]
fn a_release_is_built_packed_and_published_with_checksums() {
    let repository = Repository::new();
    let mut runner = runner(&repository);
    runner.set_event(json!({ "ref": "refs/tags" }));
    runner.workspace = course();
    let version = env!("CARGO_PKG_VERSION");
    let bin = repository.workspace.path("bin");
    fs::create_dir_all(&bin).unwrap();
    let published = repository.workspace.path("published");
    write_script(
        &bin.join("gh"),
        &format!("#!/bin/sh\necho \"$*\" > {}\n", published.display()),
    );
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    runner.environment.push(("PATH".into(), path));
    // The profile whose program there is.
    runner.environment.push(("PROFILE".into(), "debug".into()));
    runner.contexts["github"]["ref_name"] = json!(format!("v{version}"));
    runner.contexts["matrix"] = json!({ "machine": std::env::consts::ARCH });
    let mut workflow = yaml(".github/workflows/release.yml");
    let steps = workflow["jobs"]["build"]["steps"].as_array_mut().unwrap();
    for step in steps.iter_mut() {
        if step["name"] == "Compile" {
            let script = step["run"].as_str().unwrap();
            assert!(script.contains("cargo build --locked --profile"));
            let quick = script.replace("--profile \"${PROFILE:-dist}\"", "--profile dev");
            step["run"] = json!(quick);
        }
    }
    assert!(runner.job(&workflow, "build"), "{:#?}", runner.steps);
    let name = format!("grade-{}-unknown-linux-gnu.tar.gz", std::env::consts::ARCH);
    let out = runner.artifact(&format!("grade-{}", std::env::consts::ARCH));
    exists(&out, &[&name, &format!("{name}.sha256")]);

    let other: PathBuf = repository.workspace.path("publish");
    fs::create_dir_all(&other).unwrap();
    runner.workspace = other;
    assert!(runner.job(&workflow, "publish"), "{:#?}", runner.steps);
    let published = fs::read_to_string(published).unwrap();
    assert!(
        published.contains(&format!("release create v{version} ")),
        "{published}"
    );

    runner.contexts["github"]["ref_name"] = json!("v9.9.9");
    runner.workspace = course();
    runner.steps.clear();
    assert!(!runner.job(&workflow, "build"));
    let step = runner.step("Compare the tag with the version");
    assert!(step.log.contains("the tag is v9.9.9"), "{}", step.log);
}

/// As on GitHub's machines: no user namespace can be made, and no capability is left.
#[test]
#[ignore = "needs a user namespace to refuse others in: cargo test -p grade --test it ci::steps -- --ignored"]
fn without_user_namespaces_it_grades_at_the_tier_confined() {
    let repository = Repository::of_class();
    repository.branch("ada");
    repository.add(ADA, "correct-rayon-par-iter");
    repository.commit("ada");
    let refused = "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all \
                   --inh-caps=-all --ambient-caps=-all --no-new-privs \"$@\"";
    let prefix = [
        "unshare",
        "--user",
        "--map-current-user",
        "--keep-caps",
        "sh",
        "-c",
        refused,
        "sh",
    ];
    let mut command = repository
        .workspace
        .grade_behind(&prefix.map(str::to_owned));
    command
        .current_dir(&repository.root)
        .env("CI", "true")
        .args(["ci", "--base", "main", "--seed", "7"]);
    run(&mut command)
        .code(0)
        .reports(&["PASS", "10 of 10 points", "Isolation: confined."]);
    let mut command = repository
        .workspace
        .grade_behind(&prefix.map(str::to_owned));
    command
        .current_dir(&repository.root)
        .args(["ci", "--base", "main", "--isolation", "full"]);
    let words = ["`--isolation confined` is the best there is here"];
    run(&mut command).code(3).complains(&words);
    repository.workspace.assert_nothing_left();
}
