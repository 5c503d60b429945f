//! Make one attack: prepare its own secrets, listeners, victim and folders, grade it, and clear away.
//!
//! Hides the placeholders of the templates. Nothing is shared between two attacks but the course and its
//! cache, so every effect comes from this attack.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs,
    os::unix::{ffi::OsStringExt as _, fs::PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::fs::IFlags;

use super::{
    corpus,
    course::Course,
    expect::{Case, Effect, Outcome, Tier},
    grading::{self, Grading},
    make,
    observe::{FolderState, Listeners, Watch},
    table::Seen,
    victim::Victim,
};
use crate::support::files::remove_tree;

/// Secrets that must not appear elsewhere, and names that belong to one attack alone.
#[derive(Debug)]
pub(crate) struct Secrets {
    /// In the closed folder, and in the victim's environment.
    pub(crate) treasure: String,
    /// In the folder that is open to every user.
    pub(crate) open: String,
    /// Among the victim's arguments.
    pub(crate) argument: String,
    /// In the grader's own environment.
    pub(crate) environment: String,
    /// What a submission prints when it has succeeded.
    pub(crate) mark: String,
    /// In the names of all files that a submission makes, and among its daemons' arguments.
    pub(crate) token: String,
    /// The name of its processes.
    pub(crate) comm: String,
}

impl Secrets {
    pub(crate) fn draw() -> Self {
        let draw = |kind: &str| {
            let number = getrandom::u64().expect("random numbers");
            format!("{kind}{number:016x}")
        };
        let mut comm = draw("h");
        // The kernel keeps fifteen characters of a name.
        comm.truncate(15);
        Self {
            treasure: draw("stolen_"),
            open: draw("taken_"),
            argument: draw("victim_"),
            environment: draw("inherited_"),
            mark: draw("mark_"),
            token: draw(""),
            comm,
        }
    }
}

/// The folders of one attack.
struct Folders {
    base: PathBuf,
    /// Memory, where there is any: the grader's own folders are usually there.
    temporary: PathBuf,
}

impl Folders {
    fn make() -> Self {
        let make = |place: &Path| {
            let made = tempfile::Builder::new()
                .prefix("hostile-")
                // Others must be able to come through to what is open.
                .permissions(fs::Permissions::from_mode(0o755))
                .tempdir_in(place);
            made.map(tempfile::TempDir::keep)
        };
        let base = make(&std::env::temp_dir()).expect("a folder for an attack");
        let memory = Path::new("/dev/shm");
        let temporary = make(memory).unwrap_or_else(|_| base.join("temporary"));
        for (name, mode) in [
            ("treasure", 0o700),
            ("open", 0o777),
            ("sockets", 0o777),
            ("home", 0o700),
        ] {
            fs::create_dir(base.join(name)).expect("a folder");
            let mode = fs::Permissions::from_mode(mode);
            fs::set_permissions(base.join(name), mode).expect("a mode");
        }
        fs::create_dir_all(&temporary).expect("a folder");
        Self { base, temporary }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.base.join(name)
    }
}

impl Drop for Folders {
    fn drop(&mut self) {
        for folder in [&self.temporary, &self.base] {
            if remove_tree(folder).is_err() {
                soften(folder);
                let _ = remove_tree(folder);
            }
        }
    }
}

/// Clear the file attributes below a folder that prevent even root from removing it.
fn soften(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            soften(&entry.path());
        } else if kind.is_file()
            && let Ok(file) = fs::File::open(entry.path())
        {
            let _ = rustix::fs::ioctl_setflags(&file, IFlags::empty());
        }
    }
}

/// Grade one attack at one tier, and collect its effects.
pub(crate) fn make(case: &Case, course: &Course, tier: Tier) -> Seen {
    if !case.is_possible() {
        return Seen::LeftOut;
    }
    let secrets = Secrets::draw();
    let folders = Folders::make();
    let (treasure, open) = (folders.at("treasure"), folders.at("open"));
    let note = open.join("note.txt");
    fs::write(
        treasure.join("secret.txt"),
        format!("{}\n", secrets.treasure),
    )
    .expect("a secret");
    fs::write(&note, format!("{}\n", secrets.open)).expect("a note");
    fs::set_permissions(&note, fs::Permissions::from_mode(0o666)).expect("a mode");
    make::make("fifo pipe", &open, &|_| String::new());
    let listeners = Listeners::open(&folders.at("sockets"), &secrets.comm).expect("listeners");
    let victim = Victim::start(&secrets.treasure, &secrets.argument);

    let submission = hand_in(case, course, &folders, &secrets, &listeners, &victim);
    let home = folders.at("home");
    let mut everybodys: Vec<PathBuf> = ["/tmp", "/var/tmp", "/dev/shm"]
        .iter()
        .map(PathBuf::from)
        .collect();
    everybodys.extend([home.clone(), course.cache.clone()]);
    let watch = Watch {
        secrets: &secrets,
        treasure: (&treasure, FolderState::take(&treasure)),
        open: (&open, FolderState::take(&open)),
        listeners: &listeners,
        victim: &victim,
        temporary: &folders.temporary,
        everybodys,
    };
    let graded = grading::grade(&Grading {
        course,
        tier,
        submission: &submission,
        temporary: &folders.temporary,
        home: &home,
        runs: case.runs,
        time_limit: grading::TIME_LIMIT,
        secret: &secrets.environment,
    });
    let mut effects = watch.effects(&graded);
    if graded
        .record
        .as_ref()
        .is_some_and(|record| record.grader.tier != tier.as_str())
    {
        effects.insert(Effect::WrongTier);
    }
    let output = format!(
        "{}\n{}\n{}",
        case.attack,
        graded.stderr.trim_end(),
        graded.report()
    );
    Seen::Graded {
        outcome: graded.outcome(),
        effects,
        tail: output
            .chars()
            .take(2000)
            .filter(|c| *c == '\n' || !c.is_control())
            .collect(),
    }
}

/// The outcomes of one class of attacks and honest submissions.
pub(crate) struct Class {
    /// By the names of the cases.
    pub(crate) outcomes: BTreeMap<String, Outcome>,
    pub(crate) effects: BTreeSet<Effect>,
    /// The end of what the grader wrote.
    pub(crate) output: String,
}

/// Hand in all cases into one folder, and grade it as a class.
pub(crate) fn make_as_class(cases: &[Case], course: &Course, tier: Tier) -> Class {
    let (secrets, folders) = (Secrets::draw(), Folders::make());
    let listeners = Listeners::open(&folders.at("sockets"), &secrets.comm).expect("listeners");
    let victim = Victim::start(&secrets.treasure, &secrets.argument);
    let (treasure, open) = (folders.at("treasure"), folders.at("open"));
    for case in cases {
        hand_in(case, course, &folders, &secrets, &listeners, &victim);
    }
    let home = folders.at("home");
    let watch = Watch {
        secrets: &secrets,
        treasure: (&treasure, FolderState::take(&treasure)),
        open: (&open, FolderState::take(&open)),
        listeners: &listeners,
        victim: &victim,
        temporary: &folders.temporary,
        everybodys: vec![home.clone(), course.cache.clone()],
    };
    let count = u32::try_from(cases.len()).unwrap_or(u32::MAX);
    let grading = Grading {
        course,
        tier,
        submission: &folders.at("handed-in"),
        temporary: &folders.temporary,
        home: &home,
        runs: 1,
        time_limit: grading::TIME_LIMIT + count * Duration::from_secs(10),
        secret: &secrets.environment,
    };
    let (graded, each) = grading::grade_class(&grading, &folders.at("out"));
    let outcomes = each.iter().filter_map(|graded| {
        let record = graded.record.as_ref()?;
        Some((record.submission.id.to_string(), graded.outcome()))
    });
    Class {
        outcomes: outcomes.collect(),
        effects: watch.effects(&graded),
        output: graded.stderr,
    }
}

/// Make the submission of the template: copy, fill in, add what git cannot store.
fn hand_in(
    case: &Case,
    course: &Course,
    folders: &Folders,
    secrets: &Secrets,
    listeners: &Listeners,
    victim: &Victim,
) -> PathBuf {
    let parent = folders.at("handed-in");
    let name = case.folder_name.as_ref().unwrap_or(&case.name);
    let submission = parent.join(OsString::from_vec(make::unescape(name)));
    let (tcp, udp) = listeners.ports().expect("ports");
    let text_of = |path: PathBuf| path.to_str().expect("a path that is text").to_owned();
    let places = [
        ("@TREASURE@", text_of(folders.at("treasure"))),
        ("@OPEN@", text_of(folders.at("open"))),
        ("@HOME@", text_of(folders.at("home"))),
        ("@CACHE@", text_of(course.cache.clone())),
        ("@SUBMISSION@", submission.to_string_lossy().into_owned()),
        ("@TOOLCHAIN@", text_of(course.toolchain.clone())),
        ("@TCP_PORT@", tcp.to_string()),
        ("@UDP_PORT@", udp.to_string()),
        ("@UNIX_SOCKET@", text_of(folders.at("sockets/stream"))),
        ("@UNIX_DATAGRAM@", text_of(folders.at("sockets/datagram"))),
        ("@ABSTRACT@", secrets.comm.clone()),
        ("@VICTIM_PID@", victim.pid().to_string()),
        ("@MARK@", secrets.mark.clone()),
        ("@TOKEN@", secrets.token.clone()),
        ("@COMM@", secrets.comm.clone()),
    ];
    let fill = |text: &str| {
        places.iter().fold(text.to_owned(), |text, (place, value)| {
            text.replace(place, value)
        })
    };
    make::copy(&case.folder, &submission, &fill).expect("a copy of the template");
    let shared = |name: &str| {
        let text = fs::read_to_string(corpus().join("shared").join(name));
        fill(&text.expect("a file for all attacks"))
    };
    let main = fs::read_to_string(submission.join("src/main.rs")).unwrap_or_default();
    for name in ["sum", "raw"] {
        if main.contains(&format!("mod {name};")) {
            let module = format!("{name}.rs");
            fs::write(submission.join("src").join(&module), shared(&module)).expect("a module");
        }
    }
    for line in &case.make {
        make::make(&fill(line), &submission, &shared);
    }
    submission
}
