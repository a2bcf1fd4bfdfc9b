//! What a bucket or a memory belongs to, as a hash.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};

/// SHA-256 of a purpose and of what it is about.
///
/// It keeps addresses out of the sight of whoever looks at the table, at a backup, at a log. It is no secret: who has
/// the row can try all addresses.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of `parts` for `purpose`. Parts are told apart by their lengths, whatever bytes they are made of.
    pub fn new(purpose: &str, parts: &[&[u8]]) -> Self {
        let mut context = Context::new(&SHA256);
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        Self(hash)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_are_the_same_exactly_when_all_their_parts_are(
            one in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..3), 0..4),
            other in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..3), 0..4),
        ) {
            let key = |parts: &[Vec<u8>]| Key::new("try", &parts.iter().map(Vec::as_slice).collect::<Vec<_>>());
            prop_assert_eq!(key(&one) == key(&other), one == other);
        }
    }

    #[test]
    fn a_purpose_is_not_a_part() {
        assert_ne!(Key::new("ab", &[]), Key::new("a", &[b"b"]));
        assert_ne!(Key::new("a", &[b"c"]), Key::new("b", &[b"c"]));
    }
}
