//! The text of the scripts that Slurm runs.
//!
//! The scripts stand beside this file as an administrator reads them; only paths, numbers and options of `sbatch` are
//! put into them. Hides how bash and `sbatch` quote. Never writes a file.

use std::{
    num::NonZeroU32,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use super::options::SbatchOptions;
use crate::{config::Isolation, fault::Fault};
use ids::ExerciseId;

const SHARD: &str = include_str!("shard.sh");
const MERGE: &str = include_str!("merge.sh");
const PATH: &str = "# Where cargo was when this script was written. What the node has on its own PATH comes first.\nexport PATH=$PATH:";

/// Where the scripts and what the jobs print are, in the output folder.
const FOLDER: &str = "slurm";

/// What the scripts are about.
#[derive(Debug)]
pub(in crate::cli) struct Scripts {
    /// The file of this program.
    pub(in crate::cli) program: PathBuf,
    pub(in crate::cli) course: PathBuf,
    pub(in crate::cli) exercise: ExerciseId,
    pub(in crate::cli) class: PathBuf,
    pub(in crate::cli) out: PathBuf,
    pub(in crate::cli) shards: NonZeroU32,
    /// How many bytes of memory one submission may need.
    pub(in crate::cli) memory: u64,
    /// Where the nodes have a disk of their own, if the user says so.
    pub(in crate::cli) scratch: Option<PathBuf>,
    /// Where what is made once is kept, if the user says so.
    pub(in crate::cli) cache: Option<PathBuf>,
    /// Where temporary folders go, if the user says so.
    pub(in crate::cli) temporary: Option<PathBuf>,
    /// How submissions are isolated.
    pub(in crate::cli) isolation: Isolation,
    /// The folder in which the compiler is found here.
    pub(in crate::cli) compiler: Option<PathBuf>,
    /// Options of `sbatch`, from the user.
    pub(in crate::cli) options: SbatchOptions,
}

impl Scripts {
    /// The folder of the scripts, and of what the jobs print.
    pub(super) fn folder(&self) -> PathBuf {
        self.out.join(FOLDER)
    }

    /// The script of the array.
    pub(super) fn shard(&self) -> Result<Vec<u8>, Fault> {
        let at_a_time = self.options.at_a_time;
        let at_a_time = at_a_time.map_or_else(String::new, |number| format!("%{number}"));
        let last = self.shards.get() - 1;
        let mut options = vec![
            option(format!("--job-name=grade-{}", self.exercise)),
            option(format!("--array=0-{last}{at_a_time}")),
            option("--cpus-per-task=1"),
        ];
        // Slurm refuses two kinds of `--mem` in one job.
        if !self.options.has_memory() {
            let memory = self.memory.div_ceil(1 << 20);
            options.push(option(format!("--mem-per-cpu={memory}M")));
        }
        options.extend([
            option("--requeue"),
            option("--open-mode=append"),
            option("--signal=B:TERM@60"),
            self.log("shard-%a.log")?,
        ]);
        options.extend(given(&self.options.array)?);
        let scratch = match &self.scratch {
            Some(scratch) => quoted_path(scratch)?,
            None => b"${SLURM_TMPDIR:-${TMPDIR:-/tmp}}".to_vec(),
        };
        let mut values = self.values(&options)?;
        let path = match &self.compiler {
            Some(folder) => [PATH.as_bytes(), &quoted_path(folder)?, b"\n"].concat(),
            None => Vec::new(),
        };
        values.push(("@PATH@", path));
        let cache = self.cache.as_deref().unwrap_or(Path::new(""));
        values.push(("@CACHE@", quoted_path(cache)?));
        values.push(("@EXERCISE@", quoted(self.exercise.as_str().as_bytes())?));
        values.push(("@CLASS@", quoted_path(&self.class)?));
        values.push(("@PARTS@", self.shards.to_string().into_bytes()));
        values.push(("@SCRATCH@", scratch));
        Ok(filled(SHARD, &values))
    }

    /// The script of the job that merges.
    pub(super) fn merge(&self) -> Result<Vec<u8>, Fault> {
        let mut options = vec![
            option(format!("--job-name=grade-{}-merge", self.exercise)),
            option("--requeue"),
            option("--open-mode=append"),
            self.log("merge.log")?,
        ];
        options.extend(given(&self.options.merge)?);
        Ok(filled(MERGE, &self.values(&options)?))
    }

    /// What both scripts have.
    fn values(&self, options: &[Vec<u8>]) -> Result<Vec<(&'static str, Vec<u8>)>, Fault> {
        Ok(vec![
            ("@OPTIONS@", options.join(&b'\n')),
            ("@GRADE@", quoted_path(&self.program)?),
            ("@OUT@", quoted_path(&self.out)?),
            ("@SETTINGS@", self.settings()?),
        ])
    }

    /// The options of every command of this program.
    fn settings(&self) -> Result<Vec<u8>, Fault> {
        let mut words = vec![b"--course".to_vec(), quoted_path(&self.course)?];
        let places = [
            ("--temp-dir", &self.temporary),
            ("--cache-dir", &self.cache),
        ];
        for (name, place) in places {
            if let Some(place) = place {
                words.extend([name.into(), quoted_path(place)?]);
            }
        }
        if let Isolation::Exactly(tier) = self.isolation {
            words.extend(["--isolation".into(), tier.to_string().into_bytes()]);
        }
        Ok(words.join(&b' '))
    }

    /// Where a job prints to. In a pattern of Slurm, `%%` is a percent sign.
    fn log(&self, name: &str) -> Result<Vec<u8>, Fault> {
        let folder = self.folder();
        let folder = folder.as_os_str().as_bytes();
        // Where there is one, Slurm takes the rest of the path as it stands.
        if folder.contains(&b'\\') {
            let message = format!("failed to use `{}` with Slurm", self.out.display());
            return Err(Fault::usage(message)
                .because("it has a backslash")
                .hint("choose another folder with `--out DIR`"));
        }
        let mut pattern = Vec::new();
        for &byte in folder {
            pattern.push(byte);
            if byte == b'%' {
                pattern.push(byte);
            }
        }
        pattern.push(b'/');
        pattern.extend(name.bytes());
        Ok([b"#SBATCH --output=".to_vec(), quoted(&pattern)?].concat())
    }
}

/// The user's own options, which stand last: of two that contradict each other, `sbatch` takes the later one.
fn given(options: &[String]) -> Result<Option<Vec<u8>>, Fault> {
    if options.is_empty() {
        return Ok(None);
    }
    let mut line = b"#SBATCH".to_vec();
    for option in options {
        line.push(b' ');
        line.extend(quoted(option.as_bytes())?);
    }
    Ok(Some(line))
}

/// A line with an option that needs no quotes.
fn option(text: impl AsRef<str>) -> Vec<u8> {
    format!("#SBATCH {}", text.as_ref()).into_bytes()
}

/// Text as bash and `sbatch` read it back. Both join what is in quotes of one kind to what is in quotes of the other.
fn quoted(text: &[u8]) -> Result<Vec<u8>, Fault> {
    let no = |why: &str| {
        let text = String::from_utf8_lossy(text);
        Fault::usage(format!(
            "failed to write `{}` into a script",
            text.escape_debug()
        ))
        .because(why)
    };
    // It would end a line of options.
    if text.iter().any(u8::is_ascii_control) {
        return Err(no("it has a control character, such as the end of a line"));
    }
    let quoted = shlex::bytes::try_quote(text);
    quoted
        .map(std::borrow::Cow::into_owned)
        .map_err(|error| no(&error.to_string()))
}

fn quoted_path(path: &Path) -> Result<Vec<u8>, Fault> {
    quoted(path.as_os_str().as_bytes())
}

/// The script with each name replaced by its value. A value is never searched for names.
fn filled(script: &str, values: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut filled = Vec::new();
    let mut rest = script;
    while let Some(at) = rest.find('@') {
        let (before, from) = rest.split_at(at);
        filled.extend(before.bytes());
        let found = values.iter().find(|(name, _)| from.starts_with(name));
        let (name, value) = found.map_or(("@", &b"@"[..]), |(name, value)| (*name, value));
        filled.extend(value);
        rest = from.get(name.len()..).unwrap_or_default();
    }
    filled.extend(rest.bytes());
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scripts() -> Scripts {
        Scripts {
            program: "/opt/grade's/grade".into(),
            course: "/course".into(),
            exercise: "sum-of-products".parse().unwrap(),
            class: "/class \"2\" $HOME `x`".into(),
            out: "/out 100% é's".into(),
            shards: NonZeroU32::new(4).unwrap(),
            memory: (1 << 30) + 1,
            scratch: None,
            cache: None,
            temporary: None,
            isolation: Isolation::Auto,
            compiler: None,
            options: SbatchOptions::default(),
        }
    }

    fn given_options(typed: &[&str]) -> SbatchOptions {
        let typed = typed.iter().map(|&option| option.to_owned()).collect();
        SbatchOptions::divide(typed, NonZeroU32::new(4).unwrap()).unwrap()
    }

    /// The options in a script, as `sbatch` splits them.
    fn options(script: &str) -> Vec<String> {
        let lines = script
            .lines()
            .filter_map(|line| line.strip_prefix("#SBATCH "));
        lines.flat_map(|line| shlex::split(line).unwrap()).collect()
    }

    fn shard(scripts: &Scripts) -> String {
        String::from_utf8(scripts.shard().unwrap()).unwrap()
    }

    /// What a variable is set to, as bash reads it.
    fn value(script: &str, variable: &str) -> Vec<String> {
        let line = script
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{variable}=")));
        shlex::split(line.unwrap()).unwrap()
    }

    #[test]
    fn paths_with_spaces_and_quotes_are_read_back_as_they_are() {
        let scripts = scripts();
        let text = shard(&scripts);
        assert_eq!(value(&text, "grade"), ["/opt/grade's/grade"]);
        assert_eq!(value(&text, "class"), ["/class \"2\" $HOME `x`"]);
        assert_eq!(value(&text, "out"), ["/out 100% é's"]);
        assert_eq!(value(&text, "parts"), ["4"]);
        let log = "--output=/out 100%% é's/slurm/shard-%a.log".to_owned();
        assert!(options(&text).contains(&log), "{text}");
        let merge = String::from_utf8(scripts.merge().unwrap()).unwrap();
        assert_eq!(value(&merge, "out"), ["/out 100% é's"]);
        assert!(
            text.split('@')
                .all(|part| part.is_empty() || part.bytes().any(|byte| !byte.is_ascii_uppercase())),
            "{text}"
        );
    }

    #[test]
    fn a_path_that_looks_like_a_name_in_the_script_stays() {
        let mut scripts = scripts();
        scripts.class = "/class/@OUT@".into();
        assert_eq!(value(&shard(&scripts), "class"), ["/class/@OUT@"]);
    }

    #[test]
    fn what_cannot_be_written_into_a_script_is_refused() {
        let mut scripts = scripts();
        scripts.options = given_options(&["--comment=a\n#SBATCH --uid=0"]);
        let fault = scripts.shard().unwrap_err();
        assert!(fault.cause.unwrap().contains("control character"));
        scripts.options = SbatchOptions::default();
        scripts.out = "/out\\%a".into();
        assert!(
            scripts
                .merge()
                .unwrap_err()
                .cause
                .unwrap()
                .contains("backslash")
        );
    }

    #[test]
    fn the_array_has_a_task_for_each_part_and_the_options_of_the_user_last() {
        let mut scripts = scripts();
        let ours = options(&shard(&scripts));
        for option in [
            "--array=0-3",
            "--cpus-per-task=1",
            "--mem-per-cpu=1025M",
            "--requeue",
            "--signal=B:TERM@60",
        ] {
            assert!(
                ours.iter().any(|other| other == option),
                "{option}: {ours:?}"
            );
        }
        let typed = ["--time=2:00:00", "-c", "4", "--comment=it's"];
        scripts.options = given_options(&typed);
        let with = options(&shard(&scripts));
        assert_eq!(with, [ours, typed.map(str::to_owned).into()].concat());
        let merge = String::from_utf8(scripts.merge().unwrap()).unwrap();
        let last = options(&merge);
        assert!(
            last.ends_with(&["--time=2:00:00".to_owned(), "--comment=it's".to_owned()]),
            "{merge}"
        );
        assert!(!merge.contains("--array"), "{merge}");
        scripts.options = given_options(&["--array=%2"]);
        let with = options(&shard(&scripts));
        let arrays: Vec<_> = with.iter().filter(|one| one.contains("array")).collect();
        assert_eq!(arrays, ["--array=0-3%2"]);
        // Two kinds of memory exclude each other.
        scripts.options = given_options(&["--mem=8G"]);
        let memory: Vec<_> = options(&shard(&scripts))
            .into_iter()
            .filter(|one| one.contains("mem"))
            .collect();
        assert_eq!(memory, ["--mem=8G"]);
    }

    #[test]
    fn the_place_on_the_node_is_that_of_the_job_unless_the_user_names_one() {
        let mut scripts = scripts();
        let text = shard(&scripts);
        let own = "cache=${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/grade-cache-$UID\n";
        assert!(text.contains(own), "{text}");
        // Data stay in memory, unless the user says otherwise.
        assert!(!text.contains("export TMPDIR"), "{text}");
        scripts.scratch = Some("/local/$USER".into());
        let text = shard(&scripts);
        assert!(
            text.contains("cache='/local/$USER'/grade-cache-$UID\n"),
            "{text}"
        );
    }

    #[test]
    fn what_applies_to_every_command_is_in_both_scripts() {
        let mut scripts = scripts();
        scripts.temporary = Some("/dev/shm/ann's".into());
        scripts.cache = Some("/big disk/cache".into());
        scripts.isolation = "confined".parse().unwrap();
        let merge = String::from_utf8(scripts.merge().unwrap()).unwrap();
        for text in [shard(&scripts), merge] {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix("settings=(")?.strip_suffix(')'));
            let words = shlex::split(line.unwrap()).unwrap();
            let expected = [
                "--course",
                "/course",
                "--temp-dir",
                "/dev/shm/ann's",
                "--cache-dir",
                "/big disk/cache",
                "--isolation",
                "confined",
            ];
            assert_eq!(words, expected);
        }
        assert_eq!(value(&shard(&scripts), "cache"), ["/big disk/cache"]);
    }

    #[test]
    fn the_compiler_that_was_found_is_on_the_path_behind_that_of_the_node() {
        let mut scripts = scripts();
        assert!(!shard(&scripts).contains("export PATH"));
        scripts.compiler = Some("/home/ann lee/.cargo/bin".into());
        let text = shard(&scripts);
        assert!(
            text.contains("\nexport PATH=$PATH:'/home/ann lee/.cargo/bin'\n"),
            "{text}"
        );
    }
}
