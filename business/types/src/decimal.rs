//! Numbers with decimal places, the rule behind weights and rates.

use rust_decimal::Decimal;

/// The text is no such number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a number such as 1.5, with at most {whole} digits before the point and {places} behind it")]
pub struct DecimalError {
    /// The most digits before the point.
    pub whole: u32,
    /// The most digits behind the point.
    pub places: u32,
}

/// Takes untrusted `text` as a number of at most `digits` digits, `places` of them behind the point, which PostgreSQL keeps
/// as `numeric(digits, places)` and gives back with as many places.
///
/// # Errors
/// The text has more digits or another form: leading zeros, an exponent, a plus sign.
pub fn decimal(text: &str, digits: u32, places: u32) -> Result<Decimal, DecimalError> {
    let error = DecimalError { whole: digits.saturating_sub(places), places };
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, rest) = unsigned.split_once('.').map_or((unsigned, None), |(whole, rest)| (whole, Some(rest)));
    let count =
        |text: &str, most: u32| text.bytes().all(|b| b.is_ascii_digit()) && (1..=most as usize).contains(&text.len());
    let plain = whole == "0" || !whole.starts_with('0');
    if !plain || !count(whole, error.whole) || !rest.is_none_or(|rest| count(rest, places)) {
        return Err(error);
    }
    let mut number = Decimal::from_str_exact(text).map_err(|_| error)?;
    number.rescale(places);
    if number.is_zero() {
        // There is no negative zero in the database.
        number.set_sign_positive(true);
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_of_so_many_digits_are_taken_and_get_all_their_places() {
        for (text, kept) in
            [("0", "0.00"), ("1.5", "1.50"), ("-12.34", "-12.34"), ("999.99", "999.99"), ("-0.0", "0.00")]
        {
            assert_eq!(decimal(text, 5, 2).unwrap().to_string(), kept);
        }
        for text in ["", "-", ".5", "1.", "1.234", "1000", "01", "1e2", "+1", " 1", "1,5", "--1", "1.-5", "\u{661}"] {
            assert_eq!(decimal(text, 5, 2), Err(DecimalError { whole: 3, places: 2 }), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_taken_again_as_it_is(number in -99_999_999_i64..99_999_999, places in 1..6_u32) {
            let kept = decimal(&Decimal::new(number, places).to_string(), 14, places).unwrap();
            prop_assert_eq!(decimal(&kept.to_string(), 14, places).unwrap().to_string(), kept.to_string());
        }
    }
}
