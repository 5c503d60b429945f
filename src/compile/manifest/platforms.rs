//! Whether `[target.….dependencies]` are for the platform on which the course builds.
//!
//! Hides the language of `cfg(…)`. Knows the facts that follow from the name of a platform; what it does not
//! know, it does not answer. Never asks the compiler.

/// How deep `all(any(not(…)))` may be.
const DEEPEST: usize = 16;

/// Whether `platform`, as it stands after `target.`, is `host`. `None` if that is not known.
pub(super) fn is_host(platform: &str, host: &str) -> Option<bool> {
    let platform = platform.trim();
    let Some(inner) = platform.strip_prefix("cfg(") else {
        return Some(platform == host);
    };
    let inner = inner.strip_suffix(')')?;
    let mut parser = Parser { rest: inner, host };
    let answer = parser.predicate(DEEPEST)?;
    parser.rest.trim().is_empty().then_some(answer)
}

struct Parser<'t> {
    rest: &'t str,
    host: &'t str,
}

impl Parser<'_> {
    fn predicate(&mut self, deepest: usize) -> Option<bool> {
        let deepest = deepest.checked_sub(1)?;
        let name = self.word()?;
        if self.takes('=') {
            let value = self.text()?;
            return self.has(&name, Some(&value));
        }
        if !matches!(name.as_str(), "all" | "any" | "not") || !self.takes('(') {
            return match name.as_str() {
                "true" => Some(true),
                "false" => Some(false),
                name => self.has(name, None),
            };
        }
        let mut answers = Vec::new();
        while !self.takes(')') {
            answers.push(self.predicate(deepest)?);
            if !self.takes(',') {
                if !self.takes(')') {
                    return None;
                }
                break;
            }
        }
        match (name.as_str(), answers.as_slice()) {
            ("all", answers) => Some(answers.iter().all(|is| *is)),
            ("any", answers) => Some(answers.iter().any(|is| *is)),
            (_, [only]) => Some(!only),
            _ => None,
        }
    }

    fn takes(&mut self, letter: char) -> bool {
        match self.rest.trim_start().strip_prefix(letter) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> Option<String> {
        let rest = self.rest.trim_start();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let (word, rest) = rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then(|| word.to_owned())
    }

    fn text(&mut self) -> Option<String> {
        let rest = self.rest.trim_start().strip_prefix('"')?;
        let (text, rest) = rest.split_once('"')?;
        self.rest = rest;
        Some(text.to_owned())
    }

    /// Whether the host has this fact.
    fn has(&self, name: &str, value: Option<&str>) -> Option<bool> {
        let architecture = self.host.split('-').next().unwrap_or_default();
        let environment = self.host.rsplit('-').next().unwrap_or_default();
        let width = match architecture {
            "x86_64" | "aarch64" => "64",
            _ => "unknown",
        };
        let fact = match name {
            "unix" => return value.is_none().then_some(true),
            "windows" => return value.is_none().then_some(false),
            "target_family" => "unix",
            "target_os" => "linux",
            "target_arch" => architecture,
            "target_env" if matches!(environment, "gnu" | "musl") => environment,
            "target_pointer_width" if width != "unknown" => width,
            "target_endian" if width != "unknown" => "little",
            _ => return None,
        };
        value.map(|value| value == fact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_this_platform_is_known() {
        let host = "x86_64-unknown-linux-gnu";
        for (platform, answer) in [
            ("cfg(unix)", Some(true)),
            ("cfg( windows )", Some(false)),
            ("cfg(not(windows))", Some(true)),
            ("cfg(target_os = \"linux\")", Some(true)),
            (
                "cfg(any(target_os = \"macos\", target_os=\"linux\",))",
                Some(true),
            ),
            ("cfg(all(unix, not(target_arch = \"x86_64\")))", Some(false)),
            ("cfg(all())", Some(true)),
            ("cfg(target_pointer_width = \"64\")", Some(true)),
            ("cfg(target_env = \"musl\")", Some(false)),
            (host, Some(true)),
            ("x86_64-pc-windows-msvc", Some(false)),
            ("cfg(true)", Some(true)),
            ("cfg(feature = \"x\")", None),
            ("cfg(debug_assertions)", None),
            ("cfg(not(unix, windows))", None),
            ("cfg(unix", None),
            ("cfg(unix) or so)", None),
            ("cfg()", None),
            ("cfg(all(unix windows))", None),
        ] {
            assert_eq!(is_host(platform, host), answer, "{platform}");
        }
        let deep = format!("cfg({}unix{})", "not(".repeat(20_000), ")".repeat(20_000));
        assert_eq!(is_host(&deep, host), None);
    }
}
