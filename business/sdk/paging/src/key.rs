//! The values by which a row has its place in a list, with their bytes in a cursor.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

/// The values of the order's terms in one row, with the row's id.
#[derive(Clone, Debug, PartialEq)]
pub struct Keys {
    /// One value for each term of the order.
    pub values: Vec<Key>,
    /// The tie-break.
    pub id: Uuid,
}

/// A value of one term.
#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    /// An empty column.
    Null,
    /// Text.
    Text(String),
    /// An integer of any width.
    Int(i64),
    /// A floating point number, bit for bit.
    Float(f64),
    /// A moment, in whole microseconds.
    Time(DateTime<Utc>),
    /// A UUID.
    Uuid(Uuid),
    /// A day.
    Date(NaiveDate),
    /// A number with decimal places.
    Decimal(Decimal),
}

const NULL: u8 = 0;
const TEXT: u8 = 1;
const INT: u8 = 2;
const FLOAT: u8 = 3;
const TIME: u8 = 4;
const UUID: u8 = 5;
const DATE: u8 = 6;
const DECIMAL: u8 = 7;

impl Keys {
    /// Appends the id, then each value as a tag and its bytes; integers are big-endian, lengths have 32 bits.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.id.as_bytes());
        for value in &self.values {
            value.write(out);
        }
    }

    /// Reads what [`Keys::write`] wrote, all of it.
    pub(crate) fn read(mut bytes: &[u8]) -> Option<Self> {
        let id = Uuid::from_bytes(take(&mut bytes)?);
        let mut values = Vec::new();
        while !bytes.is_empty() {
            values.push(Key::read(&mut bytes)?);
        }
        Some(Self { values, id })
    }
}

impl Key {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.push(NULL),
            Self::Text(text) => {
                // A text of 4 GiB has no place in an order; its cursor would not be read again.
                let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
                out.push(TEXT);
                out.extend_from_slice(&length.to_be_bytes());
                out.extend_from_slice(text.as_bytes());
            }
            Self::Int(number) => {
                out.push(INT);
                out.extend_from_slice(&number.to_be_bytes());
            }
            Self::Float(number) => {
                out.push(FLOAT);
                out.extend_from_slice(&number.to_bits().to_be_bytes());
            }
            Self::Time(time) => {
                out.push(TIME);
                out.extend_from_slice(&time.timestamp_micros().to_be_bytes());
            }
            Self::Uuid(uuid) => {
                out.push(UUID);
                out.extend_from_slice(uuid.as_bytes());
            }
            Self::Date(date) => {
                out.push(DATE);
                out.extend_from_slice(&date.to_epoch_days().to_be_bytes());
            }
            Self::Decimal(number) => {
                out.push(DECIMAL);
                out.extend_from_slice(&number.serialize());
            }
        }
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let [tag] = take(bytes)?;
        Some(match tag {
            NULL => Self::Null,
            TEXT => {
                let length = usize::try_from(u32::from_be_bytes(take(bytes)?)).ok()?;
                let (text, rest) = bytes.split_at_checked(length)?;
                *bytes = rest;
                Self::Text(str::from_utf8(text).ok()?.to_owned())
            }
            INT => Self::Int(i64::from_be_bytes(take(bytes)?)),
            FLOAT => Self::Float(f64::from_bits(u64::from_be_bytes(take(bytes)?))),
            TIME => Self::Time(DateTime::from_timestamp_micros(i64::from_be_bytes(take(bytes)?))?),
            UUID => Self::Uuid(Uuid::from_bytes(take(bytes)?)),
            DATE => Self::Date(NaiveDate::from_epoch_days(i32::from_be_bytes(take(bytes)?))?),
            DECIMAL => Self::Decimal(Decimal::deserialize(take(bytes)?)),
            _ => return None,
        })
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}
