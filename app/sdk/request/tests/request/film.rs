//! A small resource that uses every kind of field.

use paging::Direction;
use problem::{FieldError, Location};
use request::field::{
    boolean, enumeration, enumeration_of, id, integer, integer_up_to, list, number, object, set, text, timestamp,
};
use request::{Body, Field, List, Object, Parameters, Params, Refusal, Sorting};
use types::{Currency, Patch};

#[derive(Debug, PartialEq)]
pub(crate) struct NewFilm {
    pub(crate) title: String,
    pub(crate) year: i64,
    pub(crate) director: Option<String>,
    pub(crate) rating: Option<String>,
    pub(crate) genres: Vec<String>,
    pub(crate) price: Price,
    pub(crate) stock: i64,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Price {
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
}

/// Everything that `NewFilm` has no use for.
#[derive(Debug, PartialEq)]
pub(crate) struct Screening {
    pub(crate) movie: types::MovieId,
    pub(crate) starts: types::Timestamp,
    pub(crate) latitude: f64,
    pub(crate) subtitled: bool,
    pub(crate) seats: Vec<i64>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct FilmPatch {
    pub(crate) title: Option<String>,
    pub(crate) director: Patch<String>,
    pub(crate) price: Option<PricePatch>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct PricePatch {
    pub(crate) amount: Option<i64>,
}

#[derive(Debug)]
pub(crate) struct FilmQuery {
    pub(crate) q: Option<String>,
    pub(crate) year_from: Option<i64>,
    pub(crate) rating: Option<String>,
    pub(crate) genres: Vec<String>,
    pub(crate) near: Option<f64>,
    pub(crate) list: List<Order>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Order {
    Title,
    Year,
}

const RATINGS: &[&str] = &["G", "PG", "PG-13", "R", "NC-17"];

fn own(text: &str) -> Result<String, Refusal> {
    Ok(text.to_owned())
}

static TITLE: Field<String> =
    text(1..=500, |text| Ok(types::line(text, 500)?)).describe("The title.").example("1984").pattern("\\S");
static YEAR: Field<i64> = integer_up_to(1888.., || 2027, Ok).example("1984");
static DIRECTOR: Field<String> = text(1..=100, own);
static RATING: Field<String> = enumeration(RATINGS, own);
static GENRE: Field<String> = text(1..=30, own);
static GENRES: Field<Vec<String>> = set(&GENRE, 0..=3);
static AMOUNT: Field<i64> = integer(0..=i64::MAX, Ok);
static CURRENCY: Field<Currency> = enumeration_of(|| Currency::codes().collect(), |text| Ok(Currency::parse(text)?));
static PRICE: Field<Price> = object();
static PRICE_PATCH: Field<PricePatch> = object();
static STOCK: Field<i64> = integer(0..=1000, Ok);
static MOVIE: Field<types::MovieId> = id();
static STARTS: Field<types::Timestamp> = timestamp();
static LATITUDE: Field<f64> = number(-90.0..=90.0, Ok);
static SUBTITLED: Field<bool> = boolean();
static SEAT: Field<i64> = integer(1..=500, Ok);
static SEATS: Field<Vec<i64>> = list(&SEAT, 1..=4);

impl Body for NewFilm {
    const NAME: &'static str = "NewFilm";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let title = object.required("title", &TITLE);
        let year = object.required("year", &YEAR);
        let director = object.nullable("director", &DIRECTOR);
        let rating = object.nullable("rating", &RATING);
        let genres = object.defaulted("genres", &GENRES, serde_json::json!([]));
        let price = object.required("price", &PRICE);
        let stock = object.defaulted("stock", &STOCK, 0);
        Some(Self {
            title: title?,
            year: year?,
            director: director?,
            rating: rating?,
            genres: genres?,
            price: price?,
            stock: stock?,
        })
    }
}

impl Body for Price {
    const NAME: &'static str = "Price";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let amount = object.required("amount", &AMOUNT);
        let currency = object.required("currency", &CURRENCY);
        Some(Self { amount: amount?, currency: currency? })
    }
}

impl Body for Screening {
    const NAME: &'static str = "Screening";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let movie = object.required("movie", &MOVIE);
        let starts = object.required("starts", &STARTS);
        let latitude = object.required("latitude", &LATITUDE);
        let subtitled = object.required("subtitled", &SUBTITLED);
        let seats = object.required("seats", &SEATS);
        Some(Self { movie: movie?, starts: starts?, latitude: latitude?, subtitled: subtitled?, seats: seats? })
    }
}

impl Body for FilmPatch {
    const NAME: &'static str = "FilmPatch";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let title = object.patch("title", &TITLE);
        let director = object.patch_nullable("director", &DIRECTOR);
        let price = object.patch("price", &PRICE_PATCH);
        Some(Self { title: title?, director: director?, price: price? })
    }
}

impl Body for PricePatch {
    const NAME: &'static str = "PricePatch";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let amount = object.patch("amount", &AMOUNT);
        Some(Self { amount: amount? })
    }
}

static SORTING: Sorting<Order> = Sorting {
    fields: &[("title", Order::Title), ("year", Order::Year)],
    default: &[(Order::Title, Direction::Ascending)],
};

impl Parameters for FilmQuery {
    fn read(params: &mut Params<'_>) -> Option<Self> {
        let q = params.optional("q", &DIRECTOR);
        let year_from = params.optional("year_from", &YEAR);
        let rating = params.optional("rating", &RATING);
        let genres = params.repeated("genre", &GENRES);
        let near = params.optional("near", &LATITUDE);
        let list = params.list(&SORTING);
        Some(Self { q: q?, year_from: year_from?, rating: rating?, genres: genres?, near: near?, list: list? })
    }
}

/// The refusals as `place: words`.
pub(crate) fn lines(errors: &[FieldError]) -> Vec<String> {
    errors
        .iter()
        .map(|error| match &error.location {
            Location::Pointer(place) | Location::Parameter(place) | Location::Header(place) => {
                format!("{place}: {}", error.detail)
            }
        })
        .collect()
}
