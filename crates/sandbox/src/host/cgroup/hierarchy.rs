//! Which control groups this process is in, and where their folders are.
//!
//! # Theory of operation
//!
//! `/proc/self/cgroup` names the group of this process in each hierarchy, as a path from the hierarchy's root.
//! `/proc/self/mountinfo` says where a hierarchy is mounted, and which group is shown at the mount point: the
//! *root* of the mount. In a container this root often is the container's own group, and the path of the process
//! begins with it. So the root is taken off the path before the path is looked up below the mount point.
//!
//! Pure: it reads texts that the caller has read. A text that it does not understand names no group.

use std::path::{Component, Path, PathBuf};

use fs_scratch::mount::unescape;

/// One hierarchy of control groups that is mounted here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hierarchy {
    /// Whether it is of version 2, which has one hierarchy for all controllers.
    pub(crate) is_v2: bool,
    /// The names of its controllers, in version 1.
    pub(crate) controllers: Vec<String>,
    /// The mount point: the topmost group that can be seen from here.
    pub(crate) top: PathBuf,
    /// The group of this process.
    pub(crate) own: PathBuf,
}

impl Hierarchy {
    /// Whether its groups may limit what this controller limits.
    pub(crate) fn has(&self, controller: &str) -> bool {
        self.is_v2 || self.controllers.iter().any(|name| name == controller)
    }

    /// The group of this process and every group above it that can be seen from here, lowest first.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &Path> {
        let own = self.own.ancestors();
        own.take_while(|group| group.starts_with(&self.top))
    }
}

/// The hierarchies that `mounts`, a `mountinfo`, says are mounted, with the groups that `own`, a
/// `/proc/PID/cgroup`, says the process is in. Of two mounts of one hierarchy, the later one counts.
pub(crate) fn hierarchies(mounts: &str, own: &str) -> Vec<Hierarchy> {
    let mut found: Vec<Hierarchy> = Vec::new();
    for hierarchy in mounts.lines().filter_map(|line| hierarchy(line, own)) {
        let same = |other: &Hierarchy| {
            (other.is_v2, &other.controllers) == (hierarchy.is_v2, &hierarchy.controllers)
        };
        found.retain(|other| !same(other));
        found.push(hierarchy);
    }
    found
}

/// The hierarchy on one line of a `mountinfo`. `None` if another file system is mounted there.
fn hierarchy(line: &str, own: &str) -> Option<Hierarchy> {
    // … root (4th) mount point (5th) … " - " type, source, options of the file system
    let (left, right) = line.split_once(" - ")?;
    let mut left = left.split(' ').skip(3);
    let (root, point) = (unescape(left.next()?), unescape(left.next()?));
    let mut right = right.split(' ');
    let (kind, options) = (right.next()?, right.nth(1).unwrap_or(""));
    let is_v2 = match kind {
        "cgroup2" => true,
        "cgroup" => false,
        _ => return None,
    };
    let controllers: Vec<String> = if is_v2 {
        Vec::new()
    } else {
        // Some of the options are no controllers, and no group has their names.
        options.split(',').map(str::to_owned).collect()
    };
    let path = group_of_process(own, &controllers);
    let top = PathBuf::from(point);
    let own = match path.and_then(|path| below(&root, path)) {
        Some(below) => top.join(below),
        None => top.clone(),
    };
    Some(Hierarchy {
        is_v2,
        controllers,
        top,
        own,
    })
}

/// The path of the group that a `/proc/PID/cgroup` names for one of these controllers, or for version 2 if there
/// are none.
fn group_of_process<'a>(own: &'a str, controllers: &[String]) -> Option<&'a str> {
    own.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (names, path) = (fields.next()?, fields.next()?);
        let fits = match controllers {
            [] => names.is_empty(),
            _ => names
                .split(',')
                .any(|name| !name.is_empty() && controllers.iter().any(|c| c == name)),
        };
        fits.then_some(path)
    })
}

/// The path from the group that is shown at a mount point to the group `path`. `None` if it is not below: then
/// the process is in a group that cannot be seen from here.
fn below<'a>(root: &str, path: &'a str) -> Option<&'a Path> {
    let relative = Path::new(path).strip_prefix(root).ok()?;
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    relative.components().all(is_plain).then_some(relative)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn only(mounts: &str, own: &str) -> Hierarchy {
        let [only] = &hierarchies(mounts, own)[..] else {
            panic!("{mounts} {own}")
        };
        only.clone()
    }

    #[test]
    fn the_root_of_a_mount_is_taken_off_the_path_of_the_group() {
        for (root, path, own) in [
            // No container.
            ("/", "/user.slice/a", "/sys/fs/cgroup/pids/user.slice/a"),
            // A container whose own group is mounted.
            ("/docker/1f", "/docker/1f", "/sys/fs/cgroup/pids"),
            ("/docker/1f", "/docker/1f/job", "/sys/fs/cgroup/pids/job"),
            // A name that only begins alike, and a process in a group that is not shown.
            ("/docker/1f", "/docker/1ff", "/sys/fs/cgroup/pids"),
            ("/docker/1f", "/", "/sys/fs/cgroup/pids"),
            // A namespace of groups: the process is in a group outside of it.
            ("/", "/../other", "/sys/fs/cgroup/pids"),
            ("/..", "/", "/sys/fs/cgroup/pids"),
        ] {
            let mounts =
                format!("30 20 0:26 {root} /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n");
            let own_of = format!("9:name=systemd:/x\n8:pids:{path}\n0::/y\n");
            assert_eq!(only(&mounts, &own_of).own, Path::new(own), "{root} {path}");
        }
    }

    #[test]
    fn version_2_has_all_controllers_and_its_groups_are_listed_up_to_the_mount_point() {
        let mounts = "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 none rw,nsdelegate\n\
                      31 20 0:27 / /proc rw - proc proc rw\n";
        let found = only(mounts, "0::/a/b\n");
        assert!(found.has("pids") && found.has("memory"));
        let groups: Vec<&Path> = found.groups().collect();
        let expected = ["/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a", "/sys/fs/cgroup"];
        assert_eq!(groups, expected.map(Path::new));
    }

    #[test]
    fn a_mount_point_may_have_spaces_and_a_later_mount_hides_an_earlier_one() {
        let mounts = "30 20 0:26 / /a rw - cgroup cgroup rw,cpu,cpuacct\n\
                      31 20 0:26 / /with\\040space rw shared:5 - cgroup cgroup rw,cpu,cpuacct\n";
        let found = only(mounts, "3:cpu,cpuacct:/x\n");
        assert_eq!(found.own, Path::new("/with space/x"));
        assert!(found.has("cpu") && found.has("cpuacct") && !found.has("pids"));
    }

    proptest! {
        /// Whatever the texts say, no group is outside of the mount point.
        #[test]
        fn no_group_is_outside_of_its_mount_point(
            root in "(/|(/[a.]{1,3}){1,3})", path in "(/|(/[a.]{1,3}){1,4})", noise in "[ -~\n]{0,80}",
        ) {
            let mounts = format!("{noise}\n30 20 0:26 {root} /m rw - cgroup2 none rw\n{noise}");
            let own = format!("{noise}\n0::{path}\n");
            for found in hierarchies(&mounts, &own) {
                prop_assert!(found.own.starts_with(&found.top));
                prop_assert!(found.own.components().all(|part| part != Component::ParentDir));
                prop_assert!(found.groups().count() >= 1);
            }
        }
    }
}
