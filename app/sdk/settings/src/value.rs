//! Values as they are written: `250ms`, `1MiB`, `10.0.0.0/8`.

use std::{fmt, net::SocketAddr, num::NonZeroUsize, path::PathBuf, str::FromStr, time::Duration};

use secrecy::SecretString;

use crate::{
    filter::LogFilter,
    mask::HIDDEN,
    network::Network,
    schema::{Environment, LogFormat},
};

/// A number of bytes, written as `512B`, `64KiB`, `1MiB` or `2GiB`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Size(usize);

impl Size {
    /// That many bytes.
    #[must_use]
    pub const fn from_bytes(bytes: usize) -> Self {
        Self(bytes)
    }

    /// The number of bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        self.0
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = SIZES.iter().rev().find(|(_, factor)| self.0 != 0 && self.0.is_multiple_of(*factor));
        let (name, factor) = unit.unwrap_or(&SIZES[0]);
        write!(f, "{}{name}", self.0 / factor)
    }
}

/// A duration as settings have it, such as `250ms` or `15m`.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    Duration::from_text(text)
}

/// What a layer says about a key, before it is known what kind of value the key takes.
#[derive(Clone, Eq, PartialEq)]
pub(crate) enum Raw {
    Text(String),
    List(Vec<String>),
    /// Neither: a table or a list of lists where a value should be.
    Other,
}

/// Whether it is secret is not known here: nothing is printed.
impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// A kind of value a key can take.
pub(crate) trait Value: Sized {
    const SECRET: bool = false;

    /// What is right, for the person who wrote something else.
    fn expected() -> String;

    fn from_text(text: &str) -> Option<Self>;

    fn from_raw(raw: &Raw) -> Option<Self> {
        match raw {
            Raw::Text(text) => Self::from_text(text),
            Raw::List(_) | Raw::Other => None,
        }
    }
}

/// Writes a duration in the largest unit that holds it exactly, `90s` rather than `1m30s`.
#[cfg(test)]
fn duration_text(duration: Duration) -> String {
    let millis = duration.as_millis();
    let unit = DURATIONS.iter().rev().find(|(_, factor)| millis != 0 && millis.is_multiple_of(u128::from(*factor)));
    let (name, factor) = unit.unwrap_or(&DURATIONS[0]);
    format!("{}{name}", millis / u128::from(*factor))
}

/// The empty text is no value: TOML and the environment have no other way to say so.
impl<T: Value> Value for Option<T> {
    const SECRET: bool = T::SECRET;

    fn expected() -> String {
        format!("{}, or nothing", T::expected())
    }

    fn from_text(text: &str) -> Option<Self> {
        if text.is_empty() { Some(None) } else { T::from_text(text).map(Some) }
    }
}

/// In TOML a list; elsewhere separated by commas.
impl<T: Value> Value for Vec<T> {
    const SECRET: bool = T::SECRET;

    fn expected() -> String {
        format!("a list of {}", T::expected())
    }

    fn from_text(text: &str) -> Option<Self> {
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(T::from_text).collect()
    }

    fn from_raw(raw: &Raw) -> Option<Self> {
        match raw {
            Raw::Text(text) => Self::from_text(text),
            Raw::List(items) => items.iter().map(|item| T::from_text(item)).collect(),
            Raw::Other => None,
        }
    }
}

impl Value for SecretString {
    const SECRET: bool = true;

    fn expected() -> String {
        "text".to_owned()
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(text.into())
    }
}

impl Value for PathBuf {
    fn expected() -> String {
        "a path".to_owned()
    }

    fn from_text(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| text.into())
    }
}

impl Value for f64 {
    fn expected() -> String {
        "a number".to_owned()
    }

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok().filter(|number: &Self| number.is_finite())
    }
}

impl Value for Duration {
    fn expected() -> String {
        "a duration such as 250ms, 5s, 15m, 2h or 1d".to_owned()
    }

    fn from_text(text: &str) -> Option<Self> {
        with_unit(text, &DURATIONS).map(Self::from_millis)
    }
}

impl Value for Size {
    fn expected() -> String {
        "a size such as 512B, 64KiB, 1MiB or 2GiB".to_owned()
    }

    fn from_text(text: &str) -> Option<Self> {
        with_unit(text, &SIZES).map(Self)
    }
}

macro_rules! parsed {
    ($($kind:ty: $expected:literal;)*) => {$(
        impl Value for $kind {
            fn expected() -> String {
                $expected.to_owned()
            }

            fn from_text(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )*};
}

parsed! {
    String: "text";
    bool: "true or false";
    u32: "a whole number";
    usize: "a whole number";
    NonZeroUsize: "a whole number of at least 1";
    SocketAddr: "an address with a port, such as 127.0.0.1:3000 or [::1]:3000";
    LogFilter: "a level (off, error, warn, info, debug, trace), or directives such as info,sqlx=debug";
    Network: "an address or a CIDR block, such as 10.0.0.0/8";
}

macro_rules! choice {
    ($kind:ty { $($text:literal => $value:expr,)* }) => {
        impl Value for $kind {
            fn expected() -> String {
                [$($text),*].join(" or ")
            }

            fn from_text(text: &str) -> Option<Self> {
                match text {
                    $($text => Some($value),)*
                    _ => None,
                }
            }
        }
    };
}

choice!(Environment { "development" => Self::Development, "production" => Self::Production, });
choice!(LogFormat { "auto" => Self::Auto, "json" => Self::Json, "pretty" => Self::Pretty, });

const DURATIONS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

const SIZES: [(&str, usize); 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// A whole number with one of the units after it; `None` also when it overflows.
fn with_unit<N: CheckedMul + Copy + FromStr>(text: &str, units: &[(&str, N)]) -> Option<N> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<N>().ok()?.times(*factor)
}

trait CheckedMul: Sized {
    fn times(self, factor: Self) -> Option<Self>;
}

impl CheckedMul for u64 {
    fn times(self, factor: Self) -> Option<Self> {
        self.checked_mul(factor)
    }
}

impl CheckedMul for usize {
    fn times(self, factor: Self) -> Option<Self> {
        self.checked_mul(factor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_duration_survives_being_written_down(millis in 0..=u64::MAX) {
            let duration = Duration::from_millis(millis);
            prop_assert_eq!(Duration::from_text(&duration_text(duration)), Some(duration));
        }

        #[test]
        fn a_size_survives_being_written_down(bytes in 0..=usize::MAX) {
            let size = Size::from_bytes(bytes);
            prop_assert_eq!(Size::from_text(&size.to_string()), Some(size));
        }

        #[test]
        fn nothing_a_person_types_makes_a_parser_panic(text in "\\PC{0,12}") {
            let _ = Duration::from_text(&text);
            let _ = Size::from_text(&text);
            let _ = Network::from_text(&text);
            let _ = <Vec<Network>>::from_text(&text);
        }
    }

    #[test]
    fn durations_and_sizes_read_as_documented() {
        for (text, millis) in [("250ms", 250), ("5s", 5_000), ("15m", 900_000), ("2h", 7_200_000), ("1d", 86_400_000)] {
            assert_eq!(Duration::from_text(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for (text, bytes) in [("512B", 512), ("64KiB", 65_536), ("1MiB", 1_048_576), ("2GiB", 2_147_483_648)] {
            assert_eq!(Size::from_text(text), Some(Size::from_bytes(bytes)), "{text}");
        }
    }

    #[test]
    fn a_number_without_its_unit_is_refused() {
        for text in ["", "5", "s", "-5s", "5 s", "5S", "1.5s", "+5s", "99999999999999999999s", "18446744073709551615d"]
        {
            assert_eq!(Duration::from_text(text), None, "{text}");
        }
        for text in ["", "1", "1MB", "1mib", "-1MiB", "99999999999999GiB"] {
            assert_eq!(Size::from_text(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_that_is_none_is_refused() {
        for text in ["NaN", "inf", "-inf", "", "1,5"] {
            assert_eq!(f64::from_text(text), None, "{text}");
        }
    }
}
