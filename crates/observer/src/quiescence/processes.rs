//! The descendants of a process: its children, their children and so on.
//!
//! It hides which list of the kernel is read. It never reads anything about the threads of a process.

use std::{fs, io};

/// The descendants of a process.
///
/// The kernel lists the children of a thread, but may leave out one while others exit. A caller that needs all of
/// them lists again when all of them sleep. Without such a list (no `CONFIG_PROC_CHILDREN`) the parent of every
/// process of the machine is looked up.
pub(crate) fn descendants(top: i32) -> io::Result<Vec<i32>> {
    if fs::exists("/proc/thread-self/children")? {
        Ok(by_children(top))
    } else {
        by_parents(top)
    }
}

fn by_children(top: i32) -> Vec<i32> {
    let mut below = Vec::new();
    let mut next = vec![top];
    while let Some(process) = next.pop() {
        let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else {
            continue;
        };
        for thread in threads.flatten() {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            let children = children.split_ascii_whitespace();
            next.extend(children.filter_map(|child| child.parse::<i32>().ok()));
        }
        if process != top {
            below.push(process);
        }
    }
    below
}

fn by_parents(top: i32) -> io::Result<Vec<i32>> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(process) = name.to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        // The file has the name of the process, which need not be UTF-8.
        let Ok(stat) = fs::read(format!("/proc/{process}/stat")) else {
            continue;
        };
        if let Some(parent) = parent(&String::from_utf8_lossy(&stat)) {
            parents.push((process, parent));
        }
    }
    let mut below = vec![top];
    let mut done = 0;
    while done < below.len() {
        let of = |&(process, parent): &(i32, i32)| (parent == below[done]).then_some(process);
        let children: Vec<i32> = parents.iter().filter_map(of).collect();
        below.extend(children);
        done += 1;
    }
    below.remove(0);
    Ok(below)
}

/// The parent of a process: the fourth field of `/proc/PID/stat`, the second one behind the name.
fn parent(stat: &str) -> Option<i32> {
    let after_name = &stat[stat.rfind(')')? + 1..];
    after_name.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The processes are below one that has no other threads: the list of children may leave out one while
    /// threads of their parent exit, as those of the other tests do.
    #[test]
    fn both_ways_find_a_child_and_its_child() {
        let mut top = std::process::Command::new("/bin/sh")
            .args(["-c", "sh -c 'sleep 60 & echo; wait' & wait"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = [0];
        std::io::Read::read_exact(top.stdout.as_mut().unwrap(), &mut line).unwrap();
        let pid = i32::try_from(top.id()).unwrap();
        let [by_children, by_parents] = [by_children(pid), by_parents(pid).unwrap()];
        assert_eq!(by_children.len(), 2, "a shell and its child");
        assert_eq!(by_children, by_parents);
        for pid in by_children.into_iter().chain([pid]) {
            let pid = rustix::process::Pid::from_raw(pid).unwrap();
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
        top.wait().unwrap();
    }
}
