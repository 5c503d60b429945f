//! The scripts of `grade slurm`, and what is said where `sbatch` is missing or refuses them. No test here needs Slurm.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use assert_cmd::Command;

use crate::support::{
    command::{run, shown},
    files::write_script,
    small_course::{Prints, SmallCourse, write_crate},
    workspace::Workspace,
};

/// A course with a class of two, whose name has what a shell treats in its own way.
struct Scene {
    workspace: Workspace,
    course: SmallCourse,
}

impl Scene {
    fn new() -> Self {
        let workspace = Workspace::new();
        let course = SmallCourse::make(workspace.path("course"));
        let scene = Self { workspace, course };
        scene.student("ada");
        scene.student("bob");
        scene
    }

    fn student(&self, name: &str) {
        write_crate(&self.class().join(name), name, Prints::Largest);
    }

    fn class(&self) -> PathBuf {
        self.workspace.path("Ann's \"class\" $HOME")
    }

    fn out(&self) -> PathBuf {
        self.workspace.path("Ann's 100%")
    }

    fn slurm(&self) -> Command {
        let mut command = self.course.grade(&self.workspace);
        command.args(["slurm", "largest", "--shards", "1", "--out"]);
        command.arg(self.out()).arg(self.class());
        command
    }

    /// A folder whose `sbatch` has this text, and writes its arguments into a file beside it.
    fn sbatch(&self, text: &str) -> PathBuf {
        let folder = self.workspace.path("bin");
        fs::create_dir_all(&folder).unwrap();
        let text = format!("#!/bin/sh\necho \"$@\" >> \"$(dirname \"$0\")/arguments\"\n{text}\n");
        write_script(&folder.join("sbatch"), &text);
        folder
    }

    /// The plan, without what the machine that plans needs to know.
    fn plan(&self) -> serde_json::Value {
        serde_json::from_slice(&fs::read(self.out().join("plan.json")).unwrap()).unwrap()
    }

    /// Run the script of the array as Slurm would, with this folder on the node.
    fn task(&self, scratch: &Path) -> std::process::Output {
        let mut script = Command::new("bash");
        script
            .arg(self.out().join("slurm/shard.sh"))
            .env("TMPDIR", scratch);
        script.env_remove("SLURM_TMPDIR");
        script
            .env("SLURM_ARRAY_JOB_ID", "7")
            .env("SLURM_ARRAY_TASK_ID", "0");
        script.output().unwrap()
    }
}

#[test]
fn the_scripts_grade_the_class_and_the_plan_stays_until_the_class_changes() {
    let scene = Scene::new();
    run(&mut scene.slurm()).code(0).reports(&[
        "2 submissions of largest, in 1 part",
        "--dependency=afterany:JOB",
    ]);
    let plan = scene.plan();
    let scratch = scene.workspace.path("scratch");
    fs::create_dir(&scratch).unwrap();
    let output = scene.task(&scratch);
    assert!(output.status.success(), "{}", shown(&output));
    let log = String::from_utf8_lossy(&output.stdout);
    assert!(log.contains("with 0 submissions graded\n"), "{log}");
    assert!(
        log.ends_with("ends with exit status 0; 2 submissions are graded\n"),
        "{log}"
    );
    assert!(
        scratch.read_dir().unwrap().next().is_some(),
        "nothing is kept on the node"
    );
    let merged = Command::new("bash")
        .arg(scene.out().join("slurm/merge.sh"))
        .output()
        .unwrap();
    assert!(merged.status.success(), "{}", shown(&merged));
    let log = String::from_utf8_lossy(&merged.stdout);
    assert!(log.contains(" job none: runs the command "), "{log}");
    assert!(log.contains(" merge "), "{log}");
    assert!(scene.out().join("records/ada.json").is_file());

    let again = run(&mut scene.slurm()).code(0);
    assert!(!again.stderr.contains("made again"), "{}", again.shown());
    assert_eq!(scene.plan(), plan);
    scene.student("cleo");
    let again = run(&mut scene.slurm()).code(0).reports(&["3 submissions"]);
    assert!(again.stderr.contains("made again"), "{}", again.shown());
    assert!(!again.stderr.contains("list"), "{}", again.shown());
    assert_eq!(scene.plan()["plan"]["seeds"], plan["plan"]["seeds"]);
}

#[test]
fn a_folder_on_the_node_that_another_user_may_have_made_is_not_used() {
    let scene = Scene::new();
    run(&mut scene.slurm()).code(0);
    let (scratch, elsewhere) = (
        scene.workspace.path("scratch"),
        scene.workspace.path("elsewhere"),
    );
    fs::create_dir(&scratch).unwrap();
    fs::create_dir(&elsewhere).unwrap();
    let user = rustix::process::getuid().as_raw();
    symlink(&elsewhere, scratch.join(format!("grade-cache-{user}"))).unwrap();
    let output = scene.task(&scratch);
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("--scratch DIR"),
        "{}",
        shown(&output)
    );
    assert!(elsewhere.read_dir().unwrap().next().is_none());
    assert!(!scene.out().join("shards").exists());
}

#[test]
fn the_merge_is_submitted_to_run_after_the_array() {
    let scene = Scene::new();
    let bin = scene.sbatch("echo '12;north'");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let submitted = run(scene
        .slurm()
        .args(["--submit", "--", "--partition", "long queue"])
        .env("PATH", path));
    submitted.code(0).reports(&["squeue --jobs=12,12"]);
    let scripts = scene.out().join("slurm");
    assert_eq!(
        fs::read_to_string(bin.join("arguments")).unwrap(),
        format!(
            "--parsable {scripts}/shard.sh\n--parsable --dependency=afterany:12 {scripts}/merge.sh\n",
            scripts = scripts.display()
        )
    );
    let text = fs::read_to_string(scripts.join("merge.sh")).unwrap();
    assert!(
        text.contains("\n#SBATCH --partition 'long queue'\n"),
        "{text}"
    );
}

#[test]
fn a_slurm_that_is_missing_or_refuses_is_told_with_what_helps() {
    let scene = Scene::new();
    run(&mut scene.slurm()).code(0);
    let nowhere = run(scene.slurm().arg("--submit").env("PATH", "/nonexistent"));
    nowhere
        .code(2)
        .complains(&["`sbatch` cannot be started", "where Slurm's commands are"]);
    let bin = scene.sbatch("echo 'sbatch: error: invalid partition specified: nope' >&2; exit 1");
    let refused = run(scene
        .slurm()
        .args(["--submit", "--", "--partition=nope"])
        .env("PATH", &bin));
    refused
        .code(2)
        .complains(&["invalid partition specified: nope", "`sinfo` fails as well"]);
    write_script(&bin.join("sinfo"), "#!/bin/sh\nexit 0\n");
    let refused = run(scene
        .slurm()
        .args(["--submit", "--", "--partition=nope"])
        .env("PATH", &bin));
    refused
        .code(2)
        .complains(&["invalid partition specified: nope", "behind `--`"]);
    // The array is under way, and only the merge was refused.
    let bin = scene.sbatch(
        "case $2 in --dep*) echo 'sbatch: error: no dependency' >&2; exit 1;; esac; echo 12",
    );
    let half = run(scene
        .slurm()
        .arg("--submit")
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display())));
    half.code(2).complains(&["no dependency", "scancel 12"]);
}

#[test]
fn a_class_that_is_at_work_is_not_submitted_again() {
    let scene = Scene::new();
    let bin = scene.sbatch("echo 12");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let queue = |script: &Path| {
        let text = format!(
            "#!/bin/sh\ncat <<'END'\n11 /elsewhere/shard.sh\n12 {}\nEND\n",
            script.display()
        );
        write_script(&bin.join("squeue"), &text);
        run(scene.slurm().arg("--submit").env("PATH", &path))
    };
    queue(&scene.out().join("slurm/merge.sh"))
        .code(2)
        .complains(&["job 12 is still at work for this class", "scancel 12"]);
    assert!(!bin.join("arguments").exists());
    queue(Path::new("/other/slurm/merge.sh")).code(0);
}

#[test]
fn a_script_of_the_array_says_how_it_is_started() {
    let scene = Scene::new();
    run(scene.slurm().args(["--", "--array=%1"])).code(0);
    let script = scene.out().join("slurm/shard.sh");
    let mut bash = Command::new("bash");
    let output = bash
        .arg(&script)
        .env_remove("SLURM_ARRAY_TASK_ID")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("submit it with 'sbatch "), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    let other = run(scene.slurm().args(["--", "--array=1-3"]));
    other.code(2).complains(&["failed to use the array `1-3`"]);
}

#[test]
fn a_script_is_written_as_a_whole_and_through_no_link() {
    let scene = Scene::new();
    run(&mut scene.slurm()).code(0);
    let script = scene.out().join("slurm/shard.sh");
    let text = fs::read(&script).unwrap();
    let elsewhere = scene.workspace.path("elsewhere");
    fs::write(&elsewhere, "what is not ours").unwrap();
    fs::remove_file(&script).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &script).unwrap();
    run(&mut scene.slurm()).code(0);
    assert_eq!(fs::read(&elsewhere).unwrap(), b"what is not ours");
    assert!(!script.is_symlink());
    assert_eq!(fs::read(&script).unwrap(), text);
}
