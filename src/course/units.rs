//! Durations and sizes as people write them: `"10s"`, `"16 MiB"`.

use std::{num::NonZeroU64, time::Duration};

use sandbox::Limits;
use serde::{Deserialize, Deserializer, de::Error};

/// Limits as a file writes them; what is left out comes from the level above.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct LimitsFile {
    #[serde(default)]
    wall: Option<Span>,
    #[serde(default)]
    cpu: Option<Span>,
    #[serde(default)]
    memory: Option<Size>,
    #[serde(default)]
    tasks: Option<NonZeroU64>,
    #[serde(default)]
    open_files: Option<NonZeroU64>,
    #[serde(default)]
    file_size: Option<Size>,
    #[serde(default)]
    disk: Option<Size>,
    #[serde(default)]
    files: Option<NonZeroU64>,
    #[serde(default)]
    output: Option<Size>,
}

impl LimitsFile {
    pub(super) fn over(self, base: Limits) -> Limits {
        let size = |own: Option<Size>, base| own.map_or(base, |size| size.0);
        let number = |own: Option<NonZeroU64>, base| own.map_or(base, NonZeroU64::get);
        Limits {
            wall: self.wall.map_or(base.wall, |span| span.0),
            cpu: self.cpu.map_or(base.cpu, |span| span.0),
            memory_bytes: size(self.memory, base.memory_bytes),
            tasks: number(self.tasks, base.tasks),
            open_files: number(self.open_files, base.open_files),
            file_bytes: size(self.file_size, base.file_bytes),
            disk_bytes: size(self.disk, base.disk_bytes),
            disk_files: number(self.files, base.disk_files),
            output_bytes: size(self.output, base.output_bytes),
        }
    }
}

/// A duration above zero.
#[derive(Debug, Clone, Copy)]
struct Span(Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match humantime::parse_duration(&text) {
            Ok(Duration::ZERO) => Err(D::Error::custom(
                "a limit of no time would stop every program",
            )),
            Ok(span) => Ok(Self(span)),
            Err(_) => Err(D::Error::custom(format!(
                "`{text}` is not a duration such as \"10s\" or \"1m 30s\""
            ))),
        }
    }
}

/// A number of bytes above zero.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size(pub(super) u64);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.parse::<bytesize::ByteSize>() {
            Ok(size) if size.as_u64() > 0 => Ok(Self(size.as_u64())),
            _ => Err(D::Error::custom(format!(
                "`{text}` is not a size above zero such as \"16 MiB\""
            ))),
        }
    }
}
