//! Other work for the processors, beside which a test must come to the same result.
//!
//! Never decides how much: the variables of the environment do, which a test names in its documentation.

use std::{
    env,
    process::{Child, Command},
};

/// A number from a variable of the environment.
///
/// # Panics
/// The variable has another text.
#[must_use]
pub fn setting(name: &str, default: u32) -> u32 {
    env::var(name).map_or(default, |value| {
        value.parse().expect("the variable is a number")
    })
}

/// Processes that use all they can get, ended when dropped.
#[derive(Debug)]
pub struct Busy(Vec<Child>);

impl Busy {
    /// Start so many.
    ///
    /// # Panics
    /// There is no shell.
    #[expect(clippy::disallowed_methods, reason = "starts a shell")]
    #[must_use]
    pub fn start(count: u32) -> Self {
        let start = |_| {
            Command::new("/bin/sh")
                .args(["-c", "while :; do :; done"])
                .spawn()
                .expect("there is a shell")
        };
        Self((0..count).map(start).collect())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
