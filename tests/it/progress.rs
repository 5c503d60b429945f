//! What a person sees who waits: crates that are fetched and compiled for the first time, another grading, a long
//! run; on a terminal and elsewhere.
//!
//! The crates are two that a server of this test has. It lets cargo wait, and so do their build scripts, because
//! nothing is said of what is fast.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use assert_cmd::Command;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{
    command::{Finished, in_known_environment, run},
    files::copy_tree,
    program, submission,
    workspace::{CourseCopy, Workspace},
};

/// Longer than what is not worth a line.
const A_WHILE: Duration = Duration::from_millis(1200);

/// A registry of the crates `slow` and `slower`, of which the first needs the second.
struct Registry {
    address: String,
}

impl Registry {
    /// Serve until the tests end.
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let registry = Self { address };
        let served = Self {
            address: registry.address.clone(),
        };
        #[expect(clippy::disallowed_methods, reason = "it ends with the tests")]
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let address = served.address.clone();
                thread::spawn(move || Self { address }.serve(&stream));
            }
        });
        registry
    }

    fn serve(&self, mut stream: &TcpStream) {
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        while let Some(request) = lines.next() {
            let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
            while lines.next().is_some_and(|header| !header.is_empty()) {}
            let (status, body) = match self.answer(&path) {
                Some(body) => ("200 OK", body),
                None => ("404 Not Found", Vec::new()),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            if stream
                .write_all(&[head.into_bytes(), body].concat())
                .is_err()
            {
                return;
            }
        }
    }

    fn answer(&self, path: &str) -> Option<Vec<u8>> {
        match path {
            "/config.json" => Some(format!(r#"{{"dl":"{}/dl"}}"#, self.address).into_bytes()),
            "/sl/ow/slow" => Some(listed("slow")),
            "/sl/ow/slower" => Some(listed("slower")),
            _ => {
                thread::sleep(A_WHILE);
                Some(packed(path.split('/').nth(2)?))
            }
        }
    }
}

/// What a crate depends on, in its manifest.
fn dependencies(name: &str) -> &'static str {
    if name == "slow" {
        "slower = \"1\"\n"
    } else {
        ""
    }
}

/// A crate's line in the index.
fn listed(name: &str) -> Vec<u8> {
    let needs = if name == "slow" {
        r#"{"name":"slower","req":"^1","features":[],"optional":false,"default_features":true,"target":null,"kind":"normal"}"#
    } else {
        ""
    };
    let digest = ids::Digest::of(&packed(name));
    let digest = digest.hex();
    format!(
        r#"{{"name":"{name}","vers":"1.0.0","deps":[{needs}],"cksum":"{digest}","features":{{}},"yanked":false}}"#
    )
    .into_bytes()
}

/// A crate, whose build script takes a while.
fn packed(name: &str) -> Vec<u8> {
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[dependencies]\n{}",
        dependencies(name)
    );
    let script = format!(
        "fn main() {{ std::thread::sleep(std::time::Duration::from_millis({})); }}\n",
        A_WHILE.as_millis()
    );
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(
        Vec::new(),
        flate2::Compression::fast(),
    ));
    for (file, text) in [
        ("Cargo.toml", manifest.as_str()),
        ("build.rs", &script),
        ("src/lib.rs", ""),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(1);
        let path = format!("{name}-1.0.0/{file}");
        tar.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// A course that allows the crates of the registry, on a machine that has neither them nor their versions.
struct NewMachine {
    workspace: Workspace,
    course: CourseCopy,
    cargo_home: PathBuf,
    cache: PathBuf,
    submission: PathBuf,
}

impl NewMachine {
    fn new() -> Self {
        let registry = Registry::start();
        let workspace = Workspace::new();
        let course = workspace.course();
        let text = fs::read_to_string(course.root.join("grader.toml")).unwrap();
        let (before, rest) = text.split_once("[crates]").unwrap();
        let (_, after) = rest.split_once("\n\n").unwrap();
        let text = format!("{before}[crates]\nslow = {{ version = \"1\" }}\n\n{after}");
        course.write("grader.toml", &text);
        fs::remove_file(course.root.join("grader.lock")).unwrap();
        // A reference that needs no crate.
        let reference = course.root.join("reference/sum-of-products");
        fs_scratch::remove_tree(&reference).unwrap();
        copy_tree(&submission("correct-scoped-chunks"), &reference);
        let cargo_home = workspace.path("cargo");
        fs::create_dir(&cargo_home).unwrap();
        let config = format!(
            "[source.crates-io]\nreplace-with = \"ours\"\n[source.ours]\nregistry = \"sparse+{}/\"\n",
            registry.address
        );
        fs::write(cargo_home.join("config.toml"), config).unwrap();
        let cache = workspace.path("new-cache");
        let needs = "[dependencies]\nslow = \"1\"\n";
        let submission = workspace.submission("waits", needs, "fn main() {}\n");
        Self {
            workspace,
            course,
            cargo_home,
            cache,
            submission,
        }
    }

    fn environment(&self) -> [(&str, &PathBuf); 3] {
        [
            ("CARGO_HOME", &self.cargo_home),
            ("GRADE_CACHE_DIR", &self.cache),
            ("GRADE_COURSE", &self.course.root),
        ]
    }

    fn arguments(&self) -> Vec<String> {
        let path = |path: &PathBuf| path.to_str().unwrap().to_owned();
        let seed = ["sum-of-products", "--seed", "0"].map(str::to_owned);
        let course = ["--course".to_owned(), path(&self.course.root)];
        [&seed[..], &course, &[path(&self.submission)]].concat()
    }

    fn grade(&self, arguments: &[&str]) -> Finished {
        let mut command = self.workspace.grade();
        command.args(self.arguments()).args(arguments);
        run(without_proxy(&mut command).envs(self.environment()))
    }
}

/// The registry of these tests is on this machine.
fn without_proxy(command: &mut Command) -> &mut Command {
    for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] {
        command.env_remove(name);
    }
    command
}

/// The places of these texts in another, in this order.
#[track_caller]
fn assert_in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else {
            panic!("there is no {part:?} where it is expected in {text}");
        };
        rest = after;
    }
}

#[test]
fn the_first_grading_says_that_it_fetches_and_compiles_crates_up_to_the_last() {
    let machine = NewMachine::new();
    // A program that does nothing fails.
    let first = machine.grade(&["--format", "json"]).code(1);
    assert_in_order(
        &first.stderr,
        &[
            "grade: fetching crates (",
            "grade: fetching crates (2 of 2; ",
            "grade: compiling crates (0 of 2; ",
            "grade: compiling crates (2 of 2; ",
            "slow is done; once for this machine)\n",
        ],
    );
    for line in first.stderr.lines() {
        assert!(line.starts_with("grade: "), "{}", first.shown());
    }
    assert!(!first.stderr.contains('\r') && !first.stderr.contains('\x1b'));
    // Standard output has the record and nothing else.
    first.record();

    let second = machine.grade(&["--format", "json", "--fresh"]).code(1);
    assert!(!second.stderr.contains("crates"), "{}", second.shown());
}

/// A process that is ended with its test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_grading_that_waits_for_another_says_so_and_ends_by_ctrl_c() {
    let machine = NewMachine::new();
    machine.grade(&[]).code(1);
    // The program that was built is kept, so another is needed.
    let other = "fn main() { println!(); }\n";
    fs::write(machine.submission.join("src/main.rs"), other).unwrap();
    // As if another process made the layer.
    let layers = machine.cache.join("layers");
    let mut locks = Vec::new();
    for entry in fs::read_dir(&layers).unwrap().flatten() {
        if entry.path().is_dir() {
            fs_scratch::remove_tree(&entry.path()).unwrap();
        } else {
            let lock = File::create(entry.path()).unwrap();
            lock.lock().unwrap();
            locks.push(lock);
        }
    }
    assert!(!locks.is_empty());
    let start = || {
        #[expect(clippy::disallowed_methods, reason = "its lines are read meanwhile")]
        let mut command = std::process::Command::new("env");
        command
            .arg("--default-signal=INT")
            .arg(program())
            .args(machine.arguments())
            .envs(machine.environment())
            .env("GRADE_TEMP_DIR", machine.workspace.temp())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line
            .ends_with("grade: waiting for another grading, which compiles the course's crates\n")
        {
            assert!(lines.read_line(&mut line).unwrap() > 0, "{line}");
        }
        (Ended(child), lines)
    };
    let (mut interrupted, mut lines) = start();
    kill_process(Pid::from_child(&interrupted.0), Signal::INT).unwrap();
    let status = interrupted.0.wait().unwrap();
    assert!(!status.success() && status.code().is_none(), "{status}");
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("error: stopped by a signal"), "{rest}");

    let (mut waiting, _lines) = start();
    drop(locks);
    assert_eq!(waiting.0.wait().unwrap().code(), Some(1));
    machine.workspace.assert_nothing_left();
}

/// The program on a terminal of this many columns, as a person sees it; each drawing ends with a carriage return.
fn on_terminal(columns: u16, terminal: &str) -> String {
    let workspace = Workspace::new();
    let main = "fn main() { std::thread::sleep(std::time::Duration::from_millis(4500)); }\n";
    let folder = workspace.submission("sleeps", "", main);
    let shell = format!(
        "stty rows 24 cols {columns} && exec '{}' sum-of-products --seed 0 '{}'",
        program().display(),
        folder.display()
    );
    let mut script = Command::new("script");
    script.args(["-qec", &shell, "/dev/null"]);
    let mut command = in_known_environment(script);
    command
        .env("GRADE_TEMP_DIR", workspace.temp())
        .env("GRADE_CACHE_DIR", &workspace.cache)
        .env("TERM", terminal)
        .env("NO_COLOR", "1");
    run(&mut command).code(1).stdout
}

#[test]
fn a_terminal_has_one_line_that_fits_and_is_gone_at_the_end() {
    for columns in [60, 24] {
        let seen = on_terminal(columns, "xterm");
        // What comes before the report.
        let (progress, report) = seen.split_once("FAIL  ").unwrap();
        assert!(report.contains("by sleeps"), "{seen:?}");
        let mut run = "run 1 of 1 of the submission (4 s; the limit is ".to_owned();
        run.truncate(usize::from(columns) - 4);
        assert!(progress.contains(&run), "{seen:?}");
        for drawing in progress.split(['\r', '\n']) {
            let plain = anstream::adapter::strip_str(drawing).to_string();
            let width = plain.chars().count();
            assert!(width <= usize::from(columns), "{width}: {plain:?}");
        }
        // The line was removed, and no other began.
        assert!(!progress.contains('\n'), "{seen:?}");
        assert!(
            progress.ends_with("\x1b[2K") || progress.ends_with("\r\x1b[K"),
            "{seen:?}"
        );
    }
}

#[test]
fn a_terminal_that_cannot_draw_has_plain_lines() {
    let seen = on_terminal(80, "dumb");
    assert_in_order(
        &seen,
        &["grade: run 1 of 1 of the submission\r\n", "FAIL  "],
    );
    assert!(!seen.contains('\x1b'), "{seen:?}");
    let returns = seen.matches('\r').count();
    assert_eq!(returns, seen.matches("\r\n").count(), "{seen:?}");
}
