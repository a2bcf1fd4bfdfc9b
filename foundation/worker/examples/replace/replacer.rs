//! A text found and replaced in a stream, whichever pieces the stream comes in.

use std::io::{self, Write};

/// Replaces one text by another in what it is fed, piece by piece; the result is that of the whole.
///
/// It remembers a number: how many bytes at the end of what it has seen are the beginning of the needle. Those bytes
/// need not be kept, as the needle has them. It owns nothing on the heap, which `Copy` proves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replacer<'a, const N: usize> {
    needle: &'a [u8; N],
    with: &'a [u8],
    /// Where to go on when the byte after the first n + 1 bytes of the needle is another one: the longest beginning of
    /// the needle that those end with (Knuth, Morris, Pratt, 1977).
    shorter: [usize; N],
    /// Bytes of the needle that were read, and are not written yet; less than N.
    matched: usize,
}

impl<'a, const N: usize> Replacer<'a, N> {
    pub(crate) const fn new(needle: &'a [u8; N], with: &'a [u8]) -> Self {
        const { assert!(N > 0, "an empty needle is everywhere") };
        let mut shorter = [0; N];
        let (mut at, mut matched) = (1, 0);
        while at < N {
            while matched > 0 && needle[matched] != needle[at] {
                matched = shorter[matched - 1];
            }
            if needle[matched] == needle[at] {
                matched += 1;
            }
            shorter[at] = matched;
            at += 1;
        }
        Self { needle, with, shorter, matched: 0 }
    }

    /// Takes the next piece, and writes all that is certain: everything but a beginning of the needle at its end.
    ///
    /// # Errors
    /// `out` took it not; how much of the piece was written is then unknown.
    pub(crate) fn feed(&mut self, piece: &[u8], out: &mut impl Write) -> io::Result<()> {
        // Of the bytes that match, those before this piece; and of this piece, those that are written.
        let (mut before, mut written) = (self.matched, 0);
        let mut at = 0;
        while let Some(&byte) = piece.get(at) {
            if self.matched == 0 && byte != self.needle[0] {
                // Most of most texts: no state to keep, nothing to write yet.
                let skipped = piece[at..].iter().position(|byte| *byte == self.needle[0]);
                at = skipped.map_or(piece.len(), |skipped| at + skipped);
                continue;
            }
            while self.matched > 0 && self.needle[self.matched] != byte {
                let shorter = self.shorter[self.matched - 1];
                let certain = (self.matched - shorter).min(before);
                out.write_all(&self.needle[..certain])?;
                before -= certain;
                self.matched = shorter;
            }
            self.matched += usize::from(self.needle[self.matched] == byte);
            at += 1;
            if self.matched == N {
                out.write_all(&piece[written..at - (N - before)])?;
                out.write_all(self.with)?;
                written = at;
                (self.matched, before) = (0, 0);
            }
        }
        out.write_all(&piece[written..piece.len() - (self.matched - before)])
    }

    /// Writes what looked like the needle until the stream ended; the next piece begins a new stream.
    ///
    /// # Errors
    /// `out` took it not.
    pub(crate) fn finish(&mut self, out: &mut impl Write) -> io::Result<()> {
        let rest = &self.needle[..self.matched];
        self.matched = 0;
        out.write_all(rest)
    }
}
