//! The replacement of the example: what comes out depends on the bytes alone, not on their pieces.

use std::io::Write;

use proptest::prelude::*;

#[path = "../../examples/replace/replacer.rs"]
mod replacer;

use replacer::Replacer;

/// Replaces in the whole, in the plainest way.
fn naive(text: &[u8], needle: &[u8], with: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), text);
    while let Some(&byte) = rest.first() {
        if let Some(after) = rest.strip_prefix(needle) {
            out.extend_from_slice(with);
            rest = after;
        } else {
            out.push(byte);
            rest = &rest[1..];
        }
    }
    out
}

/// Feeds the pieces that end at `cuts`.
fn streamed<const N: usize>(text: &[u8], cuts: &[usize], needle: &[u8; N], with: &[u8]) -> Vec<u8> {
    let (mut replacer, mut out, mut from) = (Replacer::new(needle, with), Vec::new(), 0);
    for cut in cuts {
        replacer.feed(&text[from..*cut], &mut out).unwrap();
        from = *cut;
    }
    replacer.feed(&text[from..], &mut out).unwrap();
    replacer.finish(&mut out).unwrap();
    out
}

#[test]
fn every_chunking_of_every_partial_match_gives_the_same() {
    for (text, expected) in [
        ("", ""),
        ("elvis", "Elvis"),
        ("elviselvis", "ElvisElvis"),
        ("elelvis", "elElvis"),
        ("elvielvis", "elviElvis"),
        ("eelvis", "eElvis"),
        ("elviselvi", "Elviselvi"),
        ("elvi", "elvi"),
        ("Elvis ELVIS elvis", "Elvis ELVIS Elvis"),
        ("a elv is e", "a elv is e"),
    ] {
        // Each bit is a cut or none.
        for mask in 0..1_usize << text.len().saturating_sub(1).min(16) {
            let cuts: Vec<usize> = (1..text.len()).filter(|at| mask >> (at - 1) & 1 == 1).collect();
            let out = streamed(text.as_bytes(), &cuts, b"elvis", b"Elvis");
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{text} cut at {cuts:?}");
        }
    }
}

/// Bytes of which many are the needle's, and pieces of the needle itself; with cuts anywhere, empty pieces too.
fn cut_texts(needle: &'static [u8]) -> impl Strategy<Value = (Vec<u8>, Vec<usize>)> {
    let part = prop_oneof![
        3 => (0..=needle.len()).prop_map(move |length| needle[..length].to_vec()),
        2 => prop::sample::select(needle).prop_map(|byte| vec![byte]),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat()).prop_flat_map(|text| {
        let cuts = prop::collection::vec(0..=text.len(), 0..20).prop_map(|mut cuts| {
            cuts.sort_unstable();
            cuts
        });
        (Just(text), cuts)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn any_chunking_of_any_bytes_gives_the_same_as_the_whole((text, cuts) in cut_texts(b"elvis")) {
        let out = streamed(&text, &cuts, b"elvis", b"Elvis");
        prop_assert_eq!(&out, &naive(&text, b"elvis", b"Elvis"));
        if let Ok(text) = std::str::from_utf8(&text) {
            prop_assert_eq!(out, text.replace("elvis", "Elvis").into_bytes());
        }
    }

    #[test]
    fn needles_that_overlap_themselves_are_no_exception((text, cuts) in cut_texts(b"ababac")) {
        prop_assert_eq!(streamed(&text, &cuts, b"ababac", b"-"), naive(&text, b"ababac", b"-"));
        prop_assert_eq!(streamed(&text, &cuts, b"aba", b"longer than it"), naive(&text, b"aba", b"longer than it"));
        prop_assert_eq!(streamed(&text, &cuts, b"aa", b""), naive(&text, b"aa", b""));
        prop_assert_eq!(streamed(&text, &cuts, b"a", b"a"), text);
    }
}

/// Counts what it is given; keeps nothing.
#[derive(Default)]
struct Counter {
    bytes: u64,
    writes: u64,
}

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.bytes += bytes.len() as u64;
        self.writes += 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What is `Copy` has no destructor, so it cannot own memory of the heap; its size is that of two references (three
/// words), a table of the needle's length, and a number, however long the stream.
const fn owns_no_heap<T: Copy>() -> usize {
    size_of::<T>()
}

const _: () = assert!(owns_no_heap::<Replacer<'static, 5>>() == (3 + 5 + 1) * size_of::<usize>());

#[test]
fn no_more_than_a_beginning_of_the_needle_is_ever_held_back() {
    let (mut replacer, mut out) = (Replacer::new(b"elvis", b"Elvis"), Counter::default());
    let mut fed = 0;
    for piece in
        [&b"elv"[..], b"is", b"e", b"l", b"elvi", b"no", b"", b"elvielvielvi", b"s"].iter().cycle().take(90_000)
    {
        let before = out.writes;
        replacer.feed(piece, &mut out).unwrap();
        fed += piece.len() as u64;
        assert!(fed - out.bytes < 5, "{fed} bytes in, {} out", out.bytes);
        assert!(out.writes - before <= 2 + piece.len() as u64);
    }
}

#[test]
fn a_fixed_buffer_is_enough_for_the_output() {
    // A slice as the sink cannot grow: it takes the bytes or fails.
    let mut memory = [0; 24];
    let mut sink = &mut memory[..];
    let mut replacer = Replacer::new(b"elvis", b"Elvis");
    for piece in [&b"an elv"[..], b"i", b"s, an elvi"] {
        replacer.feed(piece, &mut sink).unwrap();
    }
    replacer.finish(&mut sink).unwrap();
    let left = sink.len();
    assert_eq!(&memory[..24 - left], b"an Elvis, an elvi");
    let mut full = &mut memory[..3];
    replacer.feed(b"an elvis", &mut full).unwrap_err();
}

#[test]
fn after_its_end_a_stream_has_no_effect_on_the_next() {
    let (mut replacer, mut out) = (Replacer::new(b"elvis", b"Elvis"), Vec::new());
    replacer.feed(b"elv", &mut out).unwrap();
    replacer.finish(&mut out).unwrap();
    replacer.feed(b"is", &mut out).unwrap();
    replacer.finish(&mut out).unwrap();
    assert_eq!(out, b"elvis");
}
