//! The documented image: it is built from its recipe, a class is graded in it under the limits that engines and
//! clusters set, and the pods of the documented Job do what one machine does.
//!
//! # Theory of operation
//!
//! No registry of images is asked. A stand-in for Rust's own image is made from Debian's packages and the toolchain of
//! this machine, and kept in the storage of podman. The program is compiled by the recipe, with the crates that cargo has
//! here and without a network. Two things are shorter than in the documentation: the profile is `release`, and the course
//! of the tests allows no crates.
//!
//! The pods of the Job are containers with the arguments, user, capabilities and volumes of its manifest. What a
//! cluster does besides (it replaces pods, it counts failures) is not tried.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use assert_cmd::Command;
use serde_json::Value;

use super::{Containers, Row, Verdicts, say};
use crate::support::{
    command::{run, shown},
    course,
    files::copy_tree,
    sysroot,
};

const RUST: &str = "localhost/grade-tests-rust";
const PROGRAM: &str = "localhost/grade-tests-program";
const COURSE: &str = "localhost/grade-tests-course";

/// The image with the program and the course of the tests. `None` if no container can be started here.
struct Image {
    containers: Containers,
}

impl Image {
    /// Build it. What did not change since a test before this one is not built again.
    fn build() -> Option<Self> {
        let containers = Containers::find()?;
        let debootstrap = Command::new("debootstrap").arg("--version").output();
        if debootstrap.is_err() {
            say("NOT RUN: debootstrap is not installed; see CONTRIBUTING.md");
            return None;
        }
        let image = Self { containers };
        image.make_rust();
        let cargo = std::env::var_os("CARGO_HOME").map_or_else(
            || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo"),
            PathBuf::from,
        );
        let crates = format!(
            "--volume={}:/usr/local/cargo/registry:ro",
            cargo.join("registry").display()
        );
        let rust = format!("--build-arg=RUST_IMAGE={RUST}");
        let recipe = |name: &str| course().join("docs/clusters").join(name);
        image.build_one(
            PROGRAM,
            &recipe("Containerfile"),
            &[&crates, &rust, "--build-arg=PROFILE=release"],
            &course(),
        );
        let program = format!("--build-arg=GRADE_IMAGE={PROGRAM}");
        let context = image.containers.places.path("course");
        image.build_one(
            COURSE,
            &recipe("course.Containerfile"),
            &[&program],
            &context,
        );
        Some(image)
    }

    fn podman(&self) -> Command {
        let mut podman = Command::new("podman");
        podman.args(&self.containers.runtime);
        podman.current_dir(std::env::temp_dir());
        podman
    }

    /// Make the stand-in, unless it is there for this toolchain.
    fn make_rust(&self) {
        let sysroot = sysroot();
        let tag = format!("{RUST}:latest");
        let is_there = self.podman().args(["image", "exists", &tag]).output();
        if is_there.is_ok_and(|output| output.status.success()) {
            let version = |command: &mut Command| run(command.arg("--version")).code(0).stdout;
            let mut there = self.podman();
            there.args(["run", "--rm", "--network=none", &tag, "rustc"]);
            let mut here = Command::new(sysroot.join("bin/rustc"));
            if version(&mut there) == version(&mut here) {
                return;
            }
        }
        let mut make = Command::new(course().join("tests/containers/rust-image"));
        run(make.arg(&tag).arg(&sysroot)).code(0);
    }

    fn build_one(&self, tag: &str, recipe: &Path, options: &[&str], context: &Path) {
        let mut build = self.podman();
        build
            .args(["build", "--pull=never", "--network=none", "--tag", tag])
            .args(options)
            .arg("--file")
            .args([recipe, context]);
        run(&mut build).code(0);
    }

    /// The program of the image, in a container with these options.
    fn run(&self, options: &[&str], arguments: &[&str]) -> Output {
        let mut podman = self.podman();
        podman
            .args(["run", "--rm", "--network=none"])
            .args(options)
            .arg(COURSE)
            .args(arguments);
        podman.output().unwrap()
    }

    fn volume(&self, name: &str, to: &str) -> String {
        format!(
            "--volume={}:{to}",
            self.containers.places.path(name).display()
        )
    }

    /// A new folder that every user can write to.
    fn folder(&self, name: &str) {
        fs::create_dir_all(self.containers.places.path(name)).unwrap();
        self.containers.places.open_to_all(name);
    }

    /// A smaller class than that of the other tests.
    fn class(&self, name: &str, students: &[&str]) {
        let places = &self.containers.places;
        for student in students {
            copy_tree(
                &places.path("class").join(student),
                &places.path(name).join(student),
            );
        }
    }
}

const STUDENTS: [&str; 4] = ["hungry", "serial", "thread-per-file", "two-threads"];

/// What becomes of them where nothing is short.
const ALL: Verdicts = &[
    ("pass", &["hungry", "thread-per-file", "two-threads"]),
    ("fail", &["serial"]),
];

const FEW_TASKS: Verdicts = &[
    ("pass", &["hungry", "two-threads"]),
    ("fail", &["serial"]),
    ("not-graded", &["thread-per-file"]),
];

const HALF_A_GIGABYTE: Verdicts = &[
    ("pass", &["thread-per-file", "two-threads"]),
    ("fail", &["serial"]),
    ("not-graded", &["hungry"]),
];

/// As the table of docs/clusters.md has them: the name, the options, the exit code, the verdicts, and words that
/// the batch says.
const ROWS: &[Row] = &[
    ("default", &[], 1, ALL, ""),
    (
        "few-tasks",
        &["--pids-limit=256"],
        3,
        FEW_TASKS,
        "this container allows 256 processes and threads",
    ),
    (
        "half-a-gigabyte",
        &["--memory=512m"],
        3,
        HALF_A_GIGABYTE,
        "this container allows 512 MiB of memory",
    ),
    ("shm-64m", &["--shm-size=64m"], 1, ALL, ""),
    ("shm-1m", &["--shm-size=1m"], 1, ALL, ""),
    (
        "read-only",
        &["--read-only", "--tmpfs=/tmp:rw,exec"],
        1,
        ALL,
        "",
    ),
    // The note names a container, although `/run` is empty.
    (
        "read-only-few-tasks",
        &["--read-only", "--tmpfs=/tmp:rw,exec", "--pids-limit=256"],
        3,
        FEW_TASKS,
        "this container allows 256 processes and threads",
    ),
    (
        "no-capabilities",
        &["--cap-drop=all", "--security-opt=no-new-privileges"],
        1,
        ALL,
        "",
    ),
];

/// What follows a word at the beginning of a line, up to a blank or a semicolon.
fn named<'a>(text: &'a str, line: &str) -> &'a str {
    let rest = text.lines().find_map(|found| found.strip_prefix(line));
    let rest = rest.unwrap_or_else(|| panic!("no `{line}` in {text}"));
    rest.trim_start().split([' ', ';', ',']).next().unwrap()
}

#[test]
#[ignore = "needs root, podman and debootstrap"]
fn in_the_documented_image_no_honest_program_is_failed_and_doctor_knew_how_it_is_graded() {
    let Some(image) = Image::build() else {
        return;
    };
    image.class("few", &STUDENTS);
    for (name, options, code, expected, words) in ROWS {
        let out = format!("out/image-{name}");
        image.folder(&out);
        let doctor = image.run(options, &["doctor"]);
        let text = shown(&doctor);
        assert!(doctor.status.success(), "{name}: {text}");
        let tier = named(&text, "ready to grade at tier ");
        let observer = named(&text, "observer     yes ");
        let (class, written) = (image.volume("few", "/class:ro"), image.volume(&out, "/out"));
        let options = [options, &[&*class, &*written][..]].concat();
        let arguments = ["batch", "sum-of-products", "/class", "--out", "/out/grades"];
        let output = image.run(&options, &arguments);
        let shown = shown(&output);
        say(&format!(
            "{name}: tier {tier}, observer {observer}, exit code {:?}",
            output.status.code()
        ));
        let places = &image.containers.places;
        let grades = format!("{out}/grades");
        places.assert_verdicts(&grades, expected, &shown);
        assert_eq!(output.status.code(), Some(*code), "{name}: {shown}");
        let plain: Vec<&str> = shown.split_whitespace().collect();
        assert!(plain.join(" ").contains(words), "{name}: {words}: {shown}");
        for record in places.verdicts(&grades).values() {
            assert_eq!(record["grader"]["tier"], tier, "{name}: {record:#}");
            let seen = &record["grader"]["observer"];
            if record["verdict"] != "not-graded" {
                assert_eq!(*seen, observer, "{name}: {record:#}");
            }
        }
    }
}

#[test]
#[ignore = "needs root, podman and debootstrap"]
fn the_image_has_an_ordinary_user_and_no_git_and_another_user_is_told_about_the_cache() {
    let Some(image) = Image::build() else {
        return;
    };
    let shell = ["--entrypoint=sh"];
    let id = image.run(&shell, &["-c", "id -u; command -v git || echo none"]);
    assert_eq!(String::from_utf8_lossy(&id.stdout), "1000\nnone\n");
    image.class("few", &STUDENTS);
    let class = image.volume("few", "/class:ro");
    let other = ["--user=4711:4711", &class];
    let arguments = ["batch", "sum-of-products", "/class", "--out", "/tmp/grades"];
    let output = image.run(&other, &arguments);
    let text = shown(&output);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(
        text.contains("run as the user who owns the cache"),
        "{text}"
    );
}

/// The kernel counts the threads of a user, and all jobs have the same one here.
#[test]
#[ignore = "needs root, podman and debootstrap"]
fn of_eight_programs_with_a_thousand_threads_at_a_time_none_is_failed() {
    let Some(image) = Image::build() else {
        return;
    };
    let places = &image.containers.places;
    let students = ["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"];
    for student in students {
        let to = places.path("crowded").join(student);
        copy_tree(&places.path("class/thread-per-file"), &to);
    }
    image.folder("out/crowded");
    let class = image.volume("crowded", "/class:ro");
    let out = image.volume("out/crowded", "/out");
    let options = ["--pids-limit=32768", "--shm-size=64m", &class, &out];
    let batch = ["batch", "sum-of-products", "/class", "--jobs", "8"];
    let output = image.run(&options, &[&batch[..], &["--out", "/out/grades"]].concat());
    let text = shown(&output);
    // Few processors may be too busy to see eight thousand threads come to rest.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{text}");
    assert!(!text.contains("could not start one more thread"), "{text}");
    let records = places.verdicts("out/crowded/grades");
    assert_eq!(records.len(), students.len(), "{text}");
    assert!(
        records.values().all(|record| record["verdict"] != "fail"),
        "{text}"
    );
}

/// An engine and a cluster stop a container by SIGTERM to its first process.
#[test]
#[ignore = "needs root, podman and debootstrap"]
fn a_container_that_is_stopped_ends_soon_with_the_code_of_the_signal() {
    let Some(image) = Image::build() else {
        return;
    };
    image.class("few", &STUDENTS);
    image.folder("out/stopped");
    let name = format!("grade-tests-{}", std::process::id());
    let mut start = image.podman();
    start
        .args([
            "run",
            "--detach",
            "--network=none",
            &format!("--name={name}"),
        ])
        .arg(image.volume("few", "/class:ro"))
        .arg(image.volume("out/stopped", "/out"));
    run(start
        .arg(COURSE)
        .args(["batch", "sum-of-products", "/class", "--out", "/out/grades"]))
    .code(0);
    // The command ends when the first line is there: the program listens to signals since before it.
    let wait = "podman logs --follow \"$1\" 2>&1 | grep -q -m1 grade:";
    let mut first_line = Command::new("sh");
    run(first_line.args(["-c", wait, "sh", &name])).code(0);
    run(image.podman().args(["stop", "--time=120", &name])).code(0);
    let state = run(image
        .podman()
        .args(["inspect", "--format={{.State.ExitCode}}", &name]))
    .code(0);
    let log = run(image.podman().args(["logs", &name]));
    run(image.podman().args(["rm", "--force", &name])).code(0);
    assert_eq!(state.stdout.trim(), "143", "{}", log.shown());
    assert!(
        log.stderr.contains("stopped by a signal"),
        "{}",
        log.shown()
    );
}

/// The options of podman that give a container what a pod has.
fn as_in_pod(spec: &Value, container: &Value, data: &str) -> Vec<String> {
    let fence = &container["securityContext"];
    assert_eq!(fence["capabilities"]["drop"][0], "ALL");
    assert_eq!(fence["allowPrivilegeEscalation"], false);
    assert_eq!(fence["readOnlyRootFilesystem"], true);
    let user = &spec["securityContext"];
    let mut options = vec![
        "--cap-drop=all".to_owned(),
        "--security-opt=no-new-privileges".to_owned(),
        "--read-only".to_owned(),
        "--read-only-tmpfs=false".to_owned(),
        format!("--user={}:{}", user["runAsUser"], user["runAsGroup"]),
        "--env=KUBERNETES_SERVICE_HOST=192.0.2.1".to_owned(),
    ];
    let memory = container["resources"]["limits"]["memory"].as_str().unwrap();
    options.push(format!("--memory={}", memory.replace("Gi", "g")));
    for mount in container["volumeMounts"].as_array().unwrap() {
        let (name, to) = (&mount["name"], mount["mountPath"].as_str().unwrap());
        match name.as_str().unwrap() {
            "data" => options.push(format!("--volume={data}:{to}")),
            "memory" => options.push("--shm-size=1g".to_owned()),
            "temporary" => options.push(format!("--tmpfs={to}:rw,exec")),
            other => panic!("the volume `{other}` is not known"),
        }
    }
    options
}

#[test]
#[ignore = "needs root, podman and debootstrap"]
fn the_pods_of_the_documented_job_write_what_one_machine_writes() {
    let Some(image) = Image::build() else {
        return;
    };
    let places = &image.containers.places;
    for student in STUDENTS {
        let to = places.path("data/class").join(student);
        copy_tree(&places.path("class").join(student), &to);
    }
    for folder in ["data", "data/out", "data/one"] {
        image.folder(folder);
    }
    let data = places.path("data").display().to_string();
    let text = fs::read_to_string(course().join("docs/clusters/indexed-job.yaml")).unwrap();
    let jobs: Vec<Value> = text
        .split("\n---\n")
        .map(|job| serde_yaml_ng::from_str(job).unwrap())
        .collect();
    let names: Vec<_> = jobs.iter().map(|job| &job["metadata"]["name"]).collect();
    assert_eq!(names, ["grade-plan", "grade-shards", "grade-merge"]);
    let pod = |job: &Value, index: u64| {
        let spec = &job["spec"]["template"]["spec"];
        let container = &spec["containers"][0];
        let options = as_in_pod(spec, container, &data);
        let arguments = container["args"].as_array().unwrap().iter();
        // As Kubernetes puts the value of a variable in.
        let arguments: Vec<String> = arguments
            .map(|text| {
                let text = text.as_str().unwrap();
                text.replace("$(JOB_COMPLETION_INDEX)", &index.to_string())
            })
            .collect();
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = image.run(&options, &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    };
    for job in &jobs {
        for index in 0..job["spec"]["completions"].as_u64().unwrap_or(1) {
            pod(job, index);
        }
    }
    let volume = image.volume("data", "/data");
    let one = [
        "batch",
        "sum-of-products",
        "/data/class",
        "--out",
        "/data/one",
    ];
    let plan = ["--plan", "/data/out/plan.json", "--exit-zero"];
    let output = image.run(&[&volume], &[&one[..], &plan[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    places.assert_verdicts("data/one", ALL, &shown(&output));
    for name in ["batch.json", "gradebook.csv"] {
        let of = |out: &str| fs::read(places.path(out).join(name)).unwrap();
        assert!(of("data/one") == of("data/out"), "{name} differs");
    }
}
