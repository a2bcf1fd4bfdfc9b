//! What one value is: its schema with its conversion.

mod convert;
mod schema;

use std::borrow::Cow;
use std::fmt;
use std::ops::{RangeFrom, RangeInclusive};

use chrono::{DateTime, SubsecRound, Utc};

use crate::json::Value;
use crate::object::Body;
use crate::place::Place;
use crate::report::Report;

pub(crate) use crate::field::schema::{Components, Schema};

/// What one value of a body or of a query is, and how it becomes a `T`.
///
/// Meant to be a `static`. The schema that it documents is the schema that it enforces, before `parse` sees the value.
pub struct Field<T: 'static> {
    kind: Kind<T>,
    description: Option<&'static str>,
    example: Option<&'static str>,
    format: Option<&'static str>,
    pattern: Option<&'static str>,
    write_only: bool,
}

/// Why a value is refused, in words for the client, such as `must not be blank`.
///
/// Every error with `Display` becomes one by `?`.
pub struct Refusal(Cow<'static, str>);

/// The upper bound of an integer.
#[derive(Clone, Copy)]
enum Bound {
    Fixed(i64),
    /// Asked for every time: next year, for example.
    Moving(fn() -> i64),
}

enum Kind<T: 'static> {
    Text { length: (usize, usize), parse: fn(&str) -> Result<T, Refusal> },
    Choice { values: Values, parse: fn(&str) -> Result<T, Refusal> },
    Integer { min: i64, max: Bound, parse: fn(i64) -> Result<T, Refusal> },
    Number { min: f64, max: f64, parse: fn(f64) -> Result<T, Refusal> },
    Boolean { parse: fn(bool) -> Result<T, Refusal> },
    Document { parse: fn(types::Document) -> Result<T, Refusal> },
    List { items: &'static (dyn Items<T> + Sync), count: (usize, usize), unique: bool },
    Object { read: ReadObject<T>, name: &'static str, describe: fn(&mut Components) },
}

type ReadObject<T> = fn(Value<'_>, &Place<'_>, &mut Report) -> Option<T>;

enum Values {
    /// Checked before `parse`, and named in the refusal.
    Listed(&'static [&'static str]),
    /// Too many to name in a refusal; `parse` alone decides.
    Many(fn() -> Vec<&'static str>),
}

/// The field of a list's items, without its type.
trait Items<T> {
    fn read(&self, values: Vec<Value<'_>>, place: &Place<'_>, report: &mut Report) -> Option<T>;
    fn value_of<'v>(&self, text: &'v str) -> Value<'v>;
    fn schema(&self, components: &mut Components) -> Schema;
}

/// The characters of the longest number with decimal places: 28 digits, a sign, a point.
const LONGEST_DECIMAL: usize = 30;

/// Of a text whose format says what it is.
const ANY_LENGTH: (usize, usize) = (0, usize::MAX);

/// The pattern of text that holds everything but U+0000.
const NO_NUL: &str = r"^[^\u0000]*$";

/// The pattern of [`types::line`]: no control character, and one character that is not white space.
const LINE: &str = r"^[^\u0000-\u001F\u007F-\u009F]*[^\u0000-\u0020\u007F-\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000][^\u0000-\u001F\u007F-\u009F]*$";

/// Text of so many Unicode scalar values, as JSON Schema counts, without U+0000.
pub const fn text<T>(length: RangeInclusive<usize>, parse: fn(&str) -> Result<T, Refusal>) -> Field<T> {
    Field::of(Kind::Text { length: (*length.start(), *length.end()), parse })
}

/// Text on one line, by [`types::line`], which `parse` applies: of so many characters, none of them a control character, and
/// not blank.
pub const fn line<T>(length: RangeInclusive<usize>, parse: fn(&str) -> Result<T, Refusal>) -> Field<T> {
    text(length, parse).pattern(LINE)
}

/// One of these texts. A refusal names them all.
pub const fn enumeration<T>(values: &'static [&'static str], parse: fn(&str) -> Result<T, Refusal>) -> Field<T> {
    Field::of(Kind::Choice { values: Values::Listed(values), parse })
}

/// One of many texts, of which `values` documents all. What `parse` takes has to be the same; it words the refusal.
pub const fn enumeration_of<T>(values: fn() -> Vec<&'static str>, parse: fn(&str) -> Result<T, Refusal>) -> Field<T> {
    Field::of(Kind::Choice { values: Values::Many(values), parse })
}

/// An integer of this range. `1.0` is one, as JSON Schema has it.
pub const fn integer<T>(range: RangeInclusive<i64>, parse: fn(i64) -> Result<T, Refusal>) -> Field<T> {
    Field::of(Kind::Integer { min: *range.start(), max: Bound::Fixed(*range.end()), parse })
}

/// An integer from the start of `range` up to what `max` answers at the time.
pub const fn integer_up_to<T>(
    range: RangeFrom<i64>,
    max: fn() -> i64,
    parse: fn(i64) -> Result<T, Refusal>,
) -> Field<T> {
    Field::of(Kind::Integer { min: range.start, max: Bound::Moving(max), parse })
}

/// A finite number of this range.
pub const fn number<T>(range: RangeInclusive<f64>, parse: fn(f64) -> Result<T, Refusal>) -> Field<T> {
    Field::of(Kind::Number { min: *range.start(), max: *range.end(), parse })
}

/// `true` or `false`.
pub const fn boolean() -> Field<bool> {
    Field::of(Kind::Boolean { parse: Ok })
}

/// A list of `item`s, so many of them.
pub const fn list<U: 'static>(item: &'static Field<U>, count: RangeInclusive<usize>) -> Field<Vec<U>> {
    Field::of(Kind::List { items: item, count: (*count.start(), *count.end()), unique: false })
}

/// A list of `item`s, so many of them, no two alike.
pub const fn set<U: 'static>(item: &'static Field<U>, count: RangeInclusive<usize>) -> Field<Vec<U>> {
    Field::of(Kind::List { items: item, count: (*count.start(), *count.end()), unique: true })
}

/// An object within an object.
pub const fn object<B: Body>() -> Field<B> {
    Field::of(Kind::Object {
        read: crate::object::read_value::<B>,
        name: B::NAME,
        describe: crate::object::describe::<B>,
    })
}

/// A JSON object with any members, of up to [`types::Document::MAX`] bytes.
pub const fn document() -> Field<types::Document> {
    Field::of(Kind::Document { parse: Ok })
}

/// A UUID that names nothing of this product: the hyphenated form, in either case.
pub const fn uuid() -> Field<uuid::Uuid> {
    Field::of(Kind::Text { length: ANY_LENGTH, parse: |text| Ok(types::Id::<()>::parse(text)?.uuid()) }).format("uuid")
}

/// The id of a row.
pub const fn id<K: 'static>() -> Field<types::Id<K>> {
    Field::of(Kind::Text { length: ANY_LENGTH, parse: |text| Ok(types::Id::parse(text)?) }).format("uuid")
}

/// A currency, by its code in ISO 4217.
pub const fn currency() -> Field<types::Currency> {
    enumeration_of(|| types::Currency::codes().collect(), |text| Ok(types::Currency::parse(text)?))
        .describe("A code of ISO 4217.")
        .example("USD")
}

/// A moment (RFC 3339), in whole microseconds.
pub const fn timestamp() -> Field<types::Timestamp> {
    Field::of(Kind::Text { length: ANY_LENGTH, parse: parse_timestamp }).format("date-time")
}

/// A day (RFC 3339, `full-date`), of the years 0001 to 9999.
pub const fn date() -> Field<types::Date> {
    Field::of(Kind::Text { length: ANY_LENGTH, parse: parse_date }).format("date")
}

/// A number with decimal places, as text: most readers of JSON would round it.
pub const fn decimal<T>(pattern: &'static str, parse: fn(&str) -> Result<T, Refusal>) -> Field<T> {
    text(1..=LONGEST_DECIMAL, parse).pattern(pattern)
}

impl<T: 'static> Field<T> {
    const fn of(kind: Kind<T>) -> Self {
        Self { kind, description: None, example: None, format: None, pattern: None, write_only: false }
    }

    /// Documents what the value means, in Markdown.
    #[must_use]
    pub const fn describe(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// Documents a value: the text itself for text, JSON otherwise.
    #[must_use]
    pub const fn example(mut self, example: &'static str) -> Self {
        self.example = Some(example);
        self
    }

    /// Documents the `format` of JSON Schema; `parse` enforces it.
    #[must_use]
    pub const fn format(mut self, format: &'static str) -> Self {
        self.format = Some(format);
        self
    }

    /// Documents the `pattern` of JSON Schema (ECMA-262); `parse` enforces it.
    #[must_use]
    pub const fn pattern(mut self, pattern: &'static str) -> Self {
        self.pattern = Some(pattern);
        self
    }

    /// Documents that the value is never sent back, and that a form hides it: a password.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.write_only = true;
        self.format("password")
    }
}

impl Refusal {
    /// A refusal in these words.
    pub fn new(words: impl Into<Cow<'static, str>>) -> Self {
        Self(words.into())
    }
}

// `Refusal` itself has no `Display`, or this would clash with `From<T> for T`.
impl<E: fmt::Display> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.to_string().into())
    }
}

fn parse_date(text: &str) -> Result<types::Date, Refusal> {
    // chrono takes signs, spaces and single digits, too.
    let shape = |(place, b): (usize, u8)| if matches!(place, 4 | 7) { b == b'-' } else { b.is_ascii_digit() };
    let good = text.len() == 10 && text.bytes().enumerate().all(shape) && !text.starts_with("0000");
    let date = if good { text.parse().ok() } else { None };
    date.ok_or_else(|| Refusal::new("must be a date, such as 1979-05-25"))
}

fn parse_timestamp(text: &str) -> Result<DateTime<Utc>, Refusal> {
    const REFUSED: &str = "must be a date with time and offset, such as 1979-05-25T20:00:00Z";
    // chrono takes a space for the T as well, which JSON Schema's `date-time` does not.
    if !matches!(text.as_bytes().get(10), Some(b'T' | b't')) {
        return Err(Refusal::new(REFUSED));
    }
    DateTime::parse_from_rfc3339(text).map(|time| time.to_utc().trunc_subsecs(6)).map_err(|_| Refusal::new(REFUSED))
}
