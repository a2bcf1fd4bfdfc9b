//! Cursors: where a page ended, in a form that only this product can have issued.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::{constant_time, hmac};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::key::Keys;

/// Issues cursors and reads them back. Cheap to clone.
///
/// A cursor is base64url (RFC 4648, without padding) of a format number, the keys, and a tag: HMAC-SHA-256 over the
/// [`Binding`], the format and the keys, cut to 128 bits (RFC 2104, section 5). The binding itself is not in the cursor:
/// one that was issued for another list fails as a forged one does.
#[derive(Clone)]
pub struct Cursors(Arc<hmac::Key>);

/// The list that a cursor continues: its name, its filter and its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding(Vec<u8>);

/// The cursor was not issued here, or for another list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor was not issued for this list")]
pub struct InvalidCursor;

const FORMAT: u8 = 1;
const TAG: usize = 16;

impl Cursors {
    /// Cursors under `secret`: 32 random bytes that every replica shares. With a new secret, old cursors are invalid.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, secret)))
    }

    /// The cursor that continues the list `binding` after the row with `keys`.
    pub fn issue(&self, binding: &Binding, keys: &Keys) -> String {
        let mut bytes = vec![FORMAT];
        keys.write(&mut bytes);
        let tag = self.tag(binding, &bytes);
        bytes.extend_from_slice(&tag);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The keys in a cursor that was issued for the list `binding`.
    ///
    /// # Errors
    /// It was not: it was made up, changed, or issued for another list, filter or order.
    pub fn read(&self, binding: &Binding, cursor: &str) -> Result<Keys, InvalidCursor> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| InvalidCursor)?;
        let (signed, tag) = bytes.split_last_chunk::<TAG>().ok_or(InvalidCursor)?;
        constant_time::verify_slices_are_equal(&self.tag(binding, signed), tag).map_err(|_| InvalidCursor)?;
        // From here on the bytes are our own, of this format or of an older one.
        match signed.split_first() {
            Some((&FORMAT, keys)) => Keys::read(keys).ok_or(InvalidCursor),
            _ => Err(InvalidCursor),
        }
    }

    fn tag(&self, binding: &Binding, signed: &[u8]) -> [u8; TAG] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(&length(&binding.0));
        context.update(&binding.0);
        context.update(signed);
        let full = context.sign();
        let mut tag = [0; TAG];
        tag.iter_mut().zip(full.as_ref()).for_each(|(to, from)| *to = *from);
        tag
    }
}

impl fmt::Debug for Cursors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursors(..)")
    }
}

impl Binding {
    /// A binding to the list `list`, such as its path.
    pub fn new(list: &str) -> Self {
        let mut binding = Self(Vec::with_capacity(64));
        binding.add(list);
        binding
    }

    /// Binds to one more part, such as a filter's name or its value. Parts don't run into each other.
    pub fn add(&mut self, part: &str) {
        self.0.extend_from_slice(&length(part.as_bytes()));
        self.0.extend_from_slice(part.as_bytes());
    }
}

fn length(bytes: &[u8]) -> [u8; 8] {
    (bytes.len() as u64).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;
    use chrono::{DateTime, NaiveDate};
    use proptest::prelude::*;
    use rust_decimal::Decimal;
    use uuid::Uuid;

    fn cursors() -> Cursors {
        Cursors::new(&[7; 32])
    }

    fn any_key() -> impl Strategy<Value = Key> {
        prop_oneof![
            Just(Key::Null),
            ".{0,40}".prop_map(Key::Text),
            any::<i64>().prop_map(Key::Int),
            any::<f64>().prop_map(Key::Float),
            (-60_000_000_000_000_000..250_000_000_000_000_000_i64)
                .prop_map(|micros| Key::Time(DateTime::from_timestamp_micros(micros).unwrap())),
            any::<u128>().prop_map(|bits| Key::Uuid(Uuid::from_u128(bits))),
            (-719_000..2_932_000).prop_map(|days| Key::Date(NaiveDate::from_epoch_days(days).unwrap())),
            (any::<i64>(), 0..28_u32).prop_map(|(number, scale)| Key::Decimal(Decimal::new(number, scale))),
        ]
    }

    fn any_keys() -> impl Strategy<Value = Keys> {
        (prop::collection::vec(any_key(), 0..5), any::<u128>())
            .prop_map(|(values, id)| Keys { values, id: Uuid::from_u128(id) })
    }

    fn any_binding() -> impl Strategy<Value = Binding> {
        (".{0,12}", prop::collection::vec(".{0,12}", 0..6)).prop_map(|(list, parts)| {
            let mut binding = Binding::new(&list);
            parts.iter().for_each(|part| binding.add(part));
            binding
        })
    }

    proptest! {
        #[test]
        fn what_was_issued_is_read_back(binding in any_binding(), keys in any_keys()) {
            let cursor = cursors().issue(&binding, &keys);
            prop_assert_eq!(cursors().read(&binding, &cursor), Ok(keys));
            prop_assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "goes into a URI as it is");
        }

        #[test]
        fn any_flipped_bit_is_refused(keys in any_keys(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let binding = Binding::new("/v1/movies");
            let mut cursor = cursors().issue(&binding, &keys).into_bytes();
            let at = at.index(cursor.len());
            cursor[at] ^= 1 << bit;
            if let Ok(text) = str::from_utf8(&cursor) {
                prop_assert_eq!(cursors().read(&binding, text), Err(InvalidCursor));
            }
        }

        #[test]
        fn another_list_filter_or_order_is_refused(ours in any_binding(), theirs in any_binding(), keys in any_keys()) {
            prop_assume!(ours != theirs);
            prop_assert_eq!(cursors().read(&theirs, &cursors().issue(&ours, &keys)), Err(InvalidCursor));
        }

        #[test]
        fn no_text_panics_and_none_is_a_cursor_by_chance(text in ".{0,80}", base64 in "[A-Za-z0-9_-]{0,120}") {
            for text in [text, base64] {
                prop_assert_eq!(cursors().read(&Binding::new("/v1/movies"), &text), Err(InvalidCursor));
            }
        }
    }

    #[test]
    fn another_secret_refuses_the_cursor() {
        let binding = Binding::new("/v1/movies");
        let cursor = cursors().issue(&binding, &Keys { values: vec![Key::Int(1)], id: Uuid::nil() });
        assert_eq!(Cursors::new(&[8; 32]).read(&binding, &cursor), Err(InvalidCursor));
        assert_eq!(cursors().read(&binding, &cursor[..cursor.len() - 1]), Err(InvalidCursor));
        assert_eq!(cursors().read(&binding, &format!("{cursor}=")), Err(InvalidCursor));
    }

    #[test]
    fn parts_of_a_binding_do_not_run_into_each_other() {
        let of = |parts: [&str; 2]| {
            let mut binding = Binding::new("list");
            parts.iter().for_each(|part| binding.add(part));
            binding
        };
        assert_ne!(of(["ab", "c"]), of(["a", "bc"]));
    }

    #[test]
    fn the_secret_is_not_printed() {
        assert_eq!(format!("{:?}", cursors()), "Cursors(..)");
    }
}
