//! The query of a list of films.

use moviebus::{Genre, OrderField, Price, QueryFilter, Rating, Search};
use request::{Field, List, Parameters, Params, Sorting, field};

use crate::model::{GENRE, RATINGS};

/// Which films to list, which part of the list, in what order.
pub(crate) struct MovieQuery {
    pub(crate) filter: QueryFilter,
    pub(crate) list: List<OrderField>,
}

const FIELDS: &[(&str, OrderField)] = &[
    ("title", OrderField::Title),
    ("year", OrderField::Year),
    ("runtime", OrderField::Runtime),
    ("price", OrderField::Price),
    ("created_at", OrderField::CreatedAt),
];

static SORTING: Sorting<OrderField> = Sorting { fields: FIELDS, default: &moviebus::DEFAULT_ORDER };

/// Of a list with a `q`. Nobody names relevance: without a `q` there is none.
static SEARCH_SORTING: Sorting<OrderField> = Sorting { fields: FIELDS, default: &moviebus::SEARCH_ORDER };

static SEARCH: Field<Search> = field::line(1..=Search::MAX, |text| Ok(Search::parse(text)?))
    .describe(
        "Words that begin words of the title or the director, accents and case aside. When no film has them all: films that \
         resemble them, so that typing errors are forgiven.",
    )
    .example("godfather");

static GENRES: Field<Vec<Genre>> = field::set(&GENRE, 1..=20)
    .describe("One of the film's genres, accents and case aside. Given several times: any of them.");

static YEAR: Field<i32> = field::integer(0..=9999, |number| Ok(i32::try_from(number)?)).example("1972");

static RATING: Field<Rating> = field::enumeration(RATINGS, |text| Ok(Rating::parse(text)?));

static AMOUNT: Field<i64> = field::integer(0..=Price::MAX, Ok)
    .describe("An amount in minor units. Prices are compared by their amounts, whatever their currency is.")
    .example("999");

impl Parameters for MovieQuery {
    fn read(params: &mut Params<'_>) -> Option<Self> {
        let search = params.optional("q", &SEARCH);
        let genres = params.repeated("genre", &GENRES);
        let year_from = params.optional("year_from", &YEAR);
        let year_to = params.optional("year_to", &YEAR);
        let rating = params.optional("rating", &RATING);
        let price_from = params.optional("price_from", &AMOUNT);
        let price_to = params.optional("price_to", &AMOUNT);
        let list = params.list(if matches!(search, Some(Some(_))) { &SEARCH_SORTING } else { &SORTING });
        let filter = QueryFilter {
            search: search?,
            genres: genres?,
            year_from: year_from?,
            year_to: year_to?,
            rating: rating?,
            price_from: price_from?,
            price_to: price_to?,
        };
        Some(Self { filter, list: list? })
    }
}
