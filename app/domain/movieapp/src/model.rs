//! Films as JSON, with the only conversions to and from the business.

use apierror::ApiError;
use moviebus::{Director, Genre, Genres, Price, Rating, Runtime, Stock, Title, Year};
use mux::reply::{Money, rfc3339};
use problem::FieldError;
use request::{Body, Field, Object, field};
use serde::Serialize;
use types::Currency;
use utoipa::ToSchema;
use uuid::Uuid;

/// A film.
#[derive(Serialize, ToSchema)]
pub(crate) struct Movie {
    id: Uuid,
    title: String,
    year: i32,
    /// Null when it is not known.
    #[schema(required = true)]
    runtime_minutes: Option<i32>,
    genres: Vec<String>,
    /// Null when it is not known.
    #[schema(required = true)]
    director: Option<String>,
    /// Null when the film is not rated.
    #[schema(required = true)]
    rating: Option<&'static str>,
    price: Money,
    /// Copies left to sell.
    stock: i32,
    /// One more after every change; the entity tag is made of it.
    version: i64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// The body that adds a film.
#[derive(Clone)]
pub(crate) struct NewMovie(moviebus::NewMovie);

/// The merge patch that changes a film.
pub(crate) struct UpdateMovie {
    /// The update, apart from the price.
    update: moviebus::UpdateMovie,
    /// A price is an object: its members are merged with the ones there are.
    price: Option<UpdatePrice>,
}

struct NewPrice(Price);

struct UpdatePrice {
    amount: Option<i64>,
    currency: Option<Currency>,
}

pub(crate) const RATINGS: &[&str] = &["G", "PG", "PG-13", "R", "NC-17"];

static TITLE: Field<Title> = field::line(1..=Title::MAX, |text| Ok(Title::parse(text)?)).example("The Godfather");

static YEAR: Field<Year> =
    field::integer_up_to(Year::MIN as i64.., || Year::max().into(), |number| Ok(Year::parse(number)?))
        .describe("The year of its first release, at most next year.")
        .example("1972");

static RUNTIME: Field<Runtime> = field::integer(1..=Runtime::MAX as i64, |minutes| Ok(Runtime::parse(minutes)?))
    .describe("Null when it is not known.")
    .example("175");

pub(crate) static GENRE: Field<Genre> = field::line(1..=Genre::MAX, |text| Ok(Genre::parse(text)?)).example("Drama");

static GENRES: Field<Vec<Genre>> = field::set(&GENRE, 0..=Genres::MAX)
    .describe("The most fitting first; no two may differ only in case.")
    .example(r#"["Crime", "Drama"]"#);

static DIRECTOR: Field<Director> = field::line(1..=Director::MAX, |text| Ok(Director::parse(text)?))
    .describe("Null when it is not known.")
    .example("Francis Ford Coppola");

static RATING: Field<Rating> = field::enumeration(RATINGS, |text| Ok(Rating::parse(text)?))
    .describe("The rating of the Motion Picture Association; null when the film is not rated.");

static AMOUNT: Field<i64> =
    field::integer(0..=Price::MAX, Ok).describe("In the minor unit of the currency, such as cents.").example("999");

static CURRENCY: Field<Currency> = field::currency();

static NEW_PRICE: Field<NewPrice> = field::object();

static UPDATE_PRICE: Field<UpdatePrice> = field::object();

static STOCK: Field<Stock> =
    field::integer(0..=Stock::MAX as i64, |copies| Ok(Stock::parse(copies)?)).describe("Copies to sell.").example("7");

impl Body for NewMovie {
    const NAME: &'static str = "NewMovie";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let title = object.required("title", &TITLE);
        let year = object.required("year", &YEAR);
        let runtime = object.nullable("runtime_minutes", &RUNTIME);
        let genres = object.defaulted("genres", &GENRES, Vec::<String>::new());
        let director = object.nullable("director", &DIRECTOR);
        let rating = object.nullable("rating", &RATING);
        let price = object.required("price", &NEW_PRICE);
        let stock = object.defaulted("stock", &STOCK, 0);
        let genres = genres.and_then(|genres| unique(object, genres));
        Some(Self(moviebus::NewMovie {
            title: title?,
            year: year?,
            runtime: runtime?,
            genres: genres?,
            director: director?,
            rating: rating?,
            price: price?.0,
            stock: stock?,
        }))
    }
}

impl Body for UpdateMovie {
    const NAME: &'static str = "UpdateMovie";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let title = object.patch("title", &TITLE);
        let year = object.patch("year", &YEAR);
        let runtime = object.patch_nullable("runtime_minutes", &RUNTIME);
        let genres = object.patch("genres", &GENRES);
        let director = object.patch_nullable("director", &DIRECTOR);
        let rating = object.patch_nullable("rating", &RATING);
        let price = object.patch("price", &UPDATE_PRICE);
        let stock = object.patch("stock", &STOCK);
        let genres = genres.and_then(|genres| match genres {
            Some(genres) => unique(object, genres).map(Some),
            None => Some(None),
        });
        let update = moviebus::UpdateMovie {
            title: title?,
            year: year?,
            runtime: runtime?,
            genres: genres?,
            director: director?,
            rating: rating?,
            price: None,
            stock: stock?,
        };
        Some(Self { update, price: price? })
    }
}

impl Body for NewPrice {
    const NAME: &'static str = "NewPrice";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let amount = object.required("amount", &AMOUNT);
        let currency = object.required("currency", &CURRENCY);
        let money = types::Money { amount: amount?, currency: currency? };
        Price::parse(money).map(Self).map_err(|error| object.refuse("amount", error.to_string())).ok()
    }
}

impl Body for UpdatePrice {
    const NAME: &'static str = "UpdatePrice";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let amount = object.patch("amount", &AMOUNT);
        let currency = object.patch("currency", &CURRENCY);
        Some(Self { amount: amount?, currency: currency? })
    }
}

impl From<NewMovie> for moviebus::NewMovie {
    fn from(NewMovie(new): NewMovie) -> Self {
        new
    }
}

impl UpdateMovie {
    /// The update of `movie`.
    ///
    /// # Errors
    /// 422: the merged price is none, which takes a stored amount from before today's rules.
    pub(crate) fn of(self, movie: &moviebus::Movie) -> Result<moviebus::UpdateMovie, ApiError> {
        let Some(UpdatePrice { amount, currency }) = self.price else { return Ok(self.update) };
        let before = movie.price.money();
        let merged =
            types::Money { amount: amount.unwrap_or(before.amount), currency: currency.unwrap_or(before.currency) };
        let price = Price::parse(merged)
            .map_err(|error| ApiError::invalid(vec![FieldError::pointer("#/price/amount", error.to_string())]))?;
        Ok(moviebus::UpdateMovie { price: Some(price), ..self.update })
    }
}

impl From<&moviebus::Movie> for Movie {
    fn from(movie: &moviebus::Movie) -> Self {
        Self {
            id: movie.id.uuid(),
            title: movie.title.as_str().to_owned(),
            year: movie.year.number(),
            runtime_minutes: movie.runtime.map(Runtime::minutes),
            genres: movie.genres.iter().map(|genre| genre.as_str().to_owned()).collect(),
            director: movie.director.as_ref().map(|director| director.as_str().to_owned()),
            rating: movie.rating.map(Rating::as_str),
            price: movie.price.money().into(),
            stock: movie.stock.copies(),
            version: movie.version.number(),
            created_at: rfc3339(movie.created_at),
            updated_at: rfc3339(movie.updated_at),
        }
    }
}

/// The genres as a set; reports why they are none.
fn unique(object: &mut Object<'_>, genres: Vec<Genre>) -> Option<Genres> {
    Genres::parse(genres).map_err(|error| object.refuse("genres", error.to_string())).ok()
}
