//! Texts that are the same for the same seed.

use std::io;
use std::path::Path;

/// What the words are made of.
const SYLLABLES: [&str; 16] =
    ["el", "vis", "ma", "ro", "Ta", "né", "ki", "so", "lu", "Da", "mi", "ру", "fe", "po", "gra", "un"];

/// Writes `files` texts of `words` words each into `folder`; gives their size together, in bytes.
pub(crate) fn write(folder: &Path, files: usize, words: usize, seed: u64) -> io::Result<u64> {
    let mut numbers = Numbers(seed);
    let mut size = 0;
    for file in 0..files {
        let mut text = String::new();
        for _ in 0..words {
            push_word(&mut text, &mut numbers);
        }
        size += text.len() as u64;
        std::fs::write(folder.join(format!("{file}.txt")), text)?;
    }
    Ok(size)
}

/// One of some thousand words, the early ones far more often: as in a language.
fn push_word(text: &mut String, numbers: &mut Numbers) {
    let mut rank = numbers.below(4096);
    rank = rank * numbers.below(4096) / 4096;
    loop {
        text.push_str(SYLLABLES[rank % SYLLABLES.len()]);
        rank /= SYLLABLES.len();
        if rank == 0 {
            break;
        }
    }
    text.push_str(match numbers.below(12) {
        0 => ", ",
        1 => ".\n",
        _ => " ",
    });
}

/// SplitMix64: numbers that look random, from a seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (number ^ (number >> 31)) as usize % limit
    }
}
