//! A row of a file, read as a film. What breaks a rule is refused with every reason, never bent to fit.

use std::fmt::Display;

use chrono::{Datelike, NaiveDate};
use moviebus::{Director, Genre, Genres, ImportKey, ImportMovie, NewMovie, Price, Rating, Runtime, Stock, Title, Year};
use serde::Serialize;
use serde_json::Value;
use types::{Currency, Money};

use crate::rows::Members;

/// The last year of which the collection in `zarf/data` can know: it was put together then. Every later one in it is
/// two digits read in the wrong century, as 2039 for The Wizard of Oz.
pub const COLLECTION_ENDS: i64 = 2011;

/// Copies of each film of the collection, which knows nothing of stock.
const COLLECTION_STOCK: i32 = 100;

/// Why a row is no film.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The title, where there is one.
    pub title: Option<String>,
    /// Every reason.
    pub reasons: Vec<Reason>,
}

/// One thing that is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The member; empty for the row as a whole.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub member: &'static str,
    /// What is wrong with it.
    pub detail: String,
}

/// Reads a row: as one of the collection in `zarf/data` if it has the members that only those have, else as a film the
/// way the API takes it.
///
/// # Errors
/// Every rule that the row breaks.
pub fn film(members: &Members, latest_year: i64) -> Result<ImportMovie, Refusal> {
    let mut read = Reading { members, reasons: Vec::new() };
    let is_of_collection = members.contains_key("Title") || members.contains_key("Release Date");
    let film = if is_of_collection { collected(&mut read, latest_year) } else { native(&mut read) };
    match film {
        Some(film) if read.reasons.is_empty() => Ok(film),
        _ => {
            let title = members.get("Title").or(members.get("title"));
            let title = title.and_then(|title| match title {
                Value::String(text) => Some(text.chars().take(Title::MAX).collect()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            });
            Err(Refusal { title, reasons: read.reasons })
        }
    }
}

/// A row of the collection. `zarf/data/README.md` says what becomes of each column.
fn collected(read: &mut Reading<'_>, latest_year: i64) -> Option<ImportMovie> {
    let title = read.title("Title");
    let date = read.required("Release Date", text, release_date);
    let year = date.and_then(|date| {
        let year = i64::from(date.year());
        if year > latest_year {
            let detail = format!("the year {year} is after {latest_year}, the last one of the collection");
            return read.refuse("Release Date", detail);
        }
        read.check("Release Date", Year::parse(year))
    });
    let runtime = read.optional("Running Time min", whole, Runtime::parse);
    let genres = read.optional("Major Genre", text, genres_of);
    let director = read.optional("Director", text, Director::parse);
    let rating = read.optional("MPAA Rating", text, |text| match text {
        // It was never rated; "Open" is a film for everyone, of which the board says nothing.
        "Not Rated" | "Open" => Ok(None),
        text => Rating::parse(text).map(Some),
    });
    let (title, date, year) = (title?, date?, year?);
    let key = key(&format!("collection: {} ({date})", title.as_str()));
    Some(ImportMovie {
        key: read.check("Title", key)?,
        new: NewMovie {
            title,
            year,
            runtime: runtime?,
            genres: genres?.unwrap_or_default(),
            director: director?,
            rating: rating?.flatten(),
            price: price_by_year(year),
            stock: Stock::restore(COLLECTION_STOCK),
        },
    })
}

/// A film as POST /v1/movies takes it, with an optional key.
fn native(read: &mut Reading<'_>) -> Option<ImportMovie> {
    const MEMBERS: [&str; 9] =
        ["key", "title", "year", "runtime_minutes", "genres", "director", "rating", "price", "stock"];
    for unknown in read.members.keys().filter(|name| !MEMBERS.contains(&name.as_str())) {
        let detail = format!("unknown member {unknown:?}");
        read.reasons.push(Reason { member: "", detail });
    }
    let title = read.title("title");
    let year = read.required("year", whole, Year::parse);
    let runtime = read.optional("runtime_minutes", whole, Runtime::parse);
    let genres = read.optional("genres", texts, |names: Vec<&str>| {
        let genres = names.into_iter().map(Genre::parse).collect::<Result<_, _>>().map_err(|e| e.to_string())?;
        Genres::parse(genres).map_err(|e| e.to_string())
    });
    let director = read.optional("director", text, Director::parse);
    let rating = read.optional("rating", text, Rating::parse);
    let price = read.required("price", money, |money| {
        let currency = Currency::parse(money.1).map_err(|e| e.to_string())?;
        Price::parse(Money { amount: money.0, currency }).map_err(|e| e.to_string())
    });
    let stock = read.optional("stock", whole, Stock::parse);
    let own_key = read.optional("key", text, key);
    let (title, year) = (title?, year?);
    let key = match own_key? {
        Some(key) => key,
        None => read.check("title", key(&format!("film: {} ({})", title.as_str(), year.number())))?,
    };
    Some(ImportMovie {
        key,
        new: NewMovie {
            title,
            year,
            runtime: runtime?,
            genres: genres?.unwrap_or_default(),
            director: director?,
            rating: rating?,
            price: price?,
            stock: stock?.unwrap_or(Stock::restore(0)),
        },
    })
}

/// The members of one row, and what is wrong with them so far.
struct Reading<'a> {
    members: &'a Members,
    reasons: Vec<Reason>,
}

/// A kind of JSON value: its name for people, and how it is taken.
type Kind<'a, T> = fn(&'a Value) -> Result<T, &'static str>;

impl<'a> Reading<'a> {
    /// A title that is a number is a title.
    fn title(&mut self, member: &'static str) -> Option<Title> {
        match self.members.get(member) {
            Some(Value::Number(number)) if number.is_i64() => self.check(member, Title::parse(&number.to_string())),
            _ => self.required(member, text, Title::parse),
        }
    }

    fn required<V, T, E: Display>(
        &mut self,
        member: &'static str,
        kind: Kind<'a, V>,
        parse: impl FnOnce(V) -> Result<T, E>,
    ) -> Option<T> {
        match self.optional(member, kind, parse)? {
            Some(value) => Some(value),
            None => self.refuse(member, "is missing".to_owned()),
        }
    }

    /// `None`: refused. `Some(None)`: absent or null.
    fn optional<V, T, E: Display>(
        &mut self,
        member: &'static str,
        kind: Kind<'a, V>,
        parse: impl FnOnce(V) -> Result<T, E>,
    ) -> Option<Option<T>> {
        match self.members.get(member) {
            None | Some(Value::Null) => Some(None),
            Some(value) => match kind(value) {
                Ok(value) => self.check(member, parse(value)).map(Some),
                Err(expected) => self.refuse(member, format!("must be {expected}")),
            },
        }
    }

    fn check<T, E: Display>(&mut self, member: &'static str, outcome: Result<T, E>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => self.refuse(member, error.to_string()),
        }
    }

    fn refuse<T>(&mut self, member: &'static str, detail: String) -> Option<T> {
        self.reasons.push(Reason { member, detail });
        None
    }
}

fn text(value: &Value) -> Result<&str, &'static str> {
    value.as_str().ok_or("text")
}

fn whole(value: &Value) -> Result<i64, &'static str> {
    value.as_i64().ok_or("a whole number")
}

fn texts(value: &Value) -> Result<Vec<&str>, &'static str> {
    let items = value.as_array().map(|items| items.iter().map(Value::as_str).collect::<Option<_>>());
    items.flatten().ok_or("a list of texts")
}

fn money(value: &Value) -> Result<(i64, &str), &'static str> {
    let object = value.as_object().filter(|object| object.len() == 2);
    let amount = object.and_then(|object| object.get("amount")?.as_i64());
    let currency = object.and_then(|object| object.get("currency")?.as_str());
    amount.zip(currency).ok_or("{\"amount\": whole minor units, \"currency\": code}")
}

/// The collection writes `Jun 12 1998`.
fn release_date(text: &str) -> Result<NaiveDate, &'static str> {
    NaiveDate::parse_from_str(text, "%b %d %Y").map_err(|_| "must be a date as in Jun 12 1998")
}

/// A slash parts two names: who looks for thrillers wants "Thriller/Suspense" too.
fn genres_of(text: &str) -> Result<Genres, String> {
    let genres = text.split('/').map(Genre::parse).collect::<Result<_, _>>().map_err(|e| e.to_string())?;
    Genres::parse(genres).map_err(|e| e.to_string())
}

/// The collection has no prices; these are made up, the same in every run.
fn price_by_year(year: Year) -> Price {
    let amount = match year.number() {
        2000.. => 14_99,
        1980.. => 9_99,
        _ => 7_99,
    };
    Price::restore(Money { amount, currency: Currency::USD })
}

/// A key of any length, cut to what the catalogue takes and told apart by a hash of the whole.
fn key(text: &str) -> Result<ImportKey, types::LineError> {
    if text.chars().count() <= ImportKey::MAX {
        return ImportKey::parse(text);
    }
    let kept: String = text.chars().take(ImportKey::MAX - 17).collect();
    ImportKey::parse(&format!("{kept} {:016x}", fnv1a(text)))
}

/// FNV-1a, 64 bits (draft-eastlake-fnv): the same on every machine and in every release, which std's hash is not.
pub(crate) fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
