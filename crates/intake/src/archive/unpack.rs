//! Undo the compression around a tar archive.
//!
//! Hides the libraries. Never lets one have more memory than a bound, whatever the stream asks for: the most
//! is for the window (xz calls it dictionary) into which a stream may point back.

use std::io::{self, BufRead, BufReader, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::{
    BlockDecodingStrategy, FrameDecoder,
    errors::{FrameDecoderError, ReadFrameHeaderError},
};

use super::budget::Source;
use crate::archive_kind::ArchiveKind;

/// The largest window of zstd. `zstd --ultra -20` asks for 32 MiB.
const WINDOW: u64 = 64 << 20;
/// What xz's decoder may have, in KiB: a window of 64 MiB, for which `xz -9` asks, and the tables beside.
const XZ_MEMORY: u32 = 65 << 10;

/// The bytes of the tar archive that is packed in `source`.
pub(super) fn stream<'s>(kind: ArchiveKind, source: Source<'s>) -> Box<dyn Read + 's> {
    let source = BufReader::new(source);
    match kind {
        ArchiveKind::Zip | ArchiveKind::Tar => Box::new(source),
        ArchiveKind::TarGz => Box::new(MultiGzDecoder::new(source)),
        ArchiveKind::TarXz => Box::new(XzReader::new_mem_limit(source, true, XZ_MEMORY)),
        ArchiveKind::TarZst => Box::new(Zstd::new(source)),
        ArchiveKind::TarBz2 => Box::new(MultiBzDecoder::new(source)),
    }
}

/// All frames of a zstd stream, one after another (RFC 8878, 3.1): the library reads one.
struct Zstd<R> {
    source: R,
    decoder: FrameDecoder,
    is_in_frame: bool,
}

impl<R: BufRead> Zstd<R> {
    fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW);
        Self {
            source,
            decoder,
            is_in_frame: false,
        }
    }

    /// Begin the next frame, if there is one.
    fn next_frame(&mut self) -> io::Result<()> {
        match self.decoder.reset(&mut self.source) {
            Ok(()) => {
                self.is_in_frame = true;
                Ok(())
            }
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => {
                let length = u64::from(length);
                let skipped = io::copy(&mut (&mut self.source).take(length), &mut io::sink())?;
                if skipped == length {
                    Ok(())
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                }
            }
            Err(error) => Err(io::Error::other(error)),
        }
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.is_in_frame {
                let count = self.decoder.read(buffer)?;
                if count > 0 || buffer.is_empty() {
                    return Ok(count);
                }
                if self.decoder.is_finished() {
                    self.is_in_frame = false;
                } else {
                    self.decoder
                        .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1))
                        .map_err(io::Error::other)?;
                }
            } else if self.source.fill_buf()?.is_empty() {
                return Ok(0);
            } else {
                self.next_frame()?;
            }
        }
    }
}
