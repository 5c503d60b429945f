//! The compiler as a job.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use evidence::Termination;
use sandbox::{Job, Limits, Tier};

use super::{LIMITS, Place, run, tiers};

#[test]
fn a_compiler_is_told_how_memory_is_given_out_and_nothing_else_of_the_kernel() {
    for tier in tiers().filter(|&tier| tier > Tier::None) {
        let place = Place::new();
        let reads = |file: &str, building: bool| {
            let mut job = Job::new("/bin/cat", place.data(), &LIMITS);
            job = if building { job.building() } else { job };
            job.arguments = vec![file.into()];
            run(tier, &job).termination.is_success()
        };
        assert!(reads("/proc/sys/vm/overcommit_memory", true), "{tier}");
        assert!(!reads("/proc/sys/vm/overcommit_memory", false), "{tier}");
        for file in [
            "/proc/meminfo",
            "/proc/sys/vm/swappiness",
            "/proc/self/maps",
        ] {
            assert!(!reads(file, true), "{tier}: {file}");
        }
    }
}

/// The compiler as a job: cargo, rustc, build scripts and the system's linker.
#[test]
fn a_crate_with_a_build_script_is_built_and_its_program_runs() {
    let sysroot = sysroot();
    for tier in tiers() {
        let place = Place::new();
        let (source, out) = (place.0.path().join("source"), place.0.path().join("out"));
        std::fs::create_dir_all(source.join("src")).unwrap();
        std::fs::create_dir(&out).unwrap();
        let write = |name: &str, text: &str| std::fs::write(source.join(name), text).unwrap();
        write(
            "Cargo.toml",
            "[package]\nname = \"p\"\nedition = \"2024\"\n[workspace]\n",
        );
        write(
            "Cargo.lock",
            "version = 4\n[[package]]\nname = \"p\"\nversion = \"0.0.0\"\n",
        );
        write(
            "build.rs",
            "fn main() { std::thread::spawn(|| println!(\"cargo::rustc-cfg=a\")).join().unwrap() }",
        );
        write(
            "src/main.rs",
            "fn main() { #[cfg(a)] println!(\"{}\", 6 * 7) }",
        );
        let limits = Limits {
            wall: Duration::from_mins(2),
            cpu: Duration::from_mins(2),
            memory_bytes: 4 << 30,
            disk_bytes: 1 << 30,
            file_bytes: 1 << 30,
            ..LIMITS
        };
        let mut job = Job::new(sysroot.join("bin/cargo"), &source, &limits)
            .building()
            .readable(&sysroot)
            .scratch(place.tmp())
            .output(&out);
        job.arguments = ["build", "--locked", "--offline", "--target-dir"]
            .map(str::to_owned)
            .to_vec();
        job.arguments.push(out.join("target").display().to_string());
        let at = |path: PathBuf| path.display().to_string();
        job.environment = vec![
            ("PATH".into(), "/usr/bin:/bin".into()),
            ("RUSTC".into(), at(sysroot.join("bin/rustc"))),
            ("HOME".into(), at(out.clone())),
            ("CARGO_HOME".into(), at(out.join("cargo"))),
            ("TMPDIR".into(), at(place.tmp())),
        ];
        let built = run(tier, &job);
        assert_eq!(
            built.termination,
            Termination::Exited { code: 0 },
            "{tier}: {built:#?}"
        );
        println!("{tier}: built in {:?}", built.usage.wall);
        let program = out.join("target/debug/p");
        let ran = run(tier, &Job::new(program, place.data(), &LIMITS));
        assert_eq!(ran.stdout.last_line(), Some("42"), "{tier}: {ran:?}");
    }
}

/// The toolchain, which the user who runs this test must be able to read.
fn sysroot() -> PathBuf {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(&rustc).args(["--print", "sysroot"]).output();
    let output = output.unwrap_or_else(|error| panic!("no rustc at {}: {error}", rustc.display()));
    assert!(
        output.status.success(),
        "no rustc for this user: {output:?}"
    );
    let sysroot = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
    assert!(sysroot.join("bin/cargo").exists(), "{}", sysroot.display());
    sysroot
}

/// The toolchain in a folder that every user can reach, unlike root's own folder. Removed when dropped.
pub(crate) struct Toolchain(tempfile::TempDir);

impl Toolchain {
    /// Made by the process that runs these tests again as other users.
    pub(crate) fn for_everybody() -> Option<Self> {
        if test_support::others::is_again() {
            return None;
        }
        let folder = tempfile::Builder::new()
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()
            .unwrap();
        let sysroot = sysroot();
        for part in ["bin", "lib"] {
            link(&sysroot.join(part), &folder.path().join(part));
        }
        Some(Self(folder))
    }

    pub(crate) fn rustc(&self) -> PathBuf {
        self.0.path().join("bin/rustc")
    }
}

/// The same files at another place: other names where that can be, or else copies.
fn link(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (
            entry.as_ref().unwrap().path(),
            to.join(entry.unwrap().file_name()),
        );
        if from.is_dir() {
            // Sources of the library, where there are any: nothing is compiled of them.
            if !from.ends_with("rustlib/src") {
                link(&from, &to);
            }
        } else if fs::hard_link(&from, &to).is_err() {
            fs::copy(&from, &to).unwrap();
        }
    }
}
