//! What is told of a film that changed.

use changes::{Change, Entity, Fields, Shown, Value};

use crate::model::{Director, Genre, Genres, Movie, Price, Rating, Runtime, Stock, Title, Year};

/// What films are called in audits and events.
pub const ENTITY: Entity = Entity::new("movie");

changes::shown! {
    Title => as_str,
    Year => number,
    Runtime => minutes,
    Genre => as_str,
    Director => as_str,
    Rating => as_str,
    Stock => copies,
}

impl Shown for Genres {
    fn show(&self) -> Value {
        self.iter().map(Genre::show).collect()
    }
}

impl Shown for Price {
    fn show(&self) -> Value {
        self.money().show()
    }
}

pub(crate) fn created(movie: &Movie) -> Change {
    Change::created(ENTITY, movie.id, movie.version, fields(movie))
}

pub(crate) fn updated(before: &Movie, after: &Movie) -> Change {
    Change::updated(ENTITY, after.id, after.version, fields(before), fields(after))
}

pub(crate) fn deleted(movie: &Movie) -> Change {
    Change::deleted(ENTITY, movie.id, movie.version, fields(movie))
}

fn fields(movie: &Movie) -> Fields {
    Fields::new()
        .field("title", &movie.title)
        .field("year", &movie.year)
        .field("runtime_minutes", &movie.runtime)
        .field("genres", &movie.genres)
        .field("director", &movie.director)
        .field("rating", &movie.rating)
        .field("price", &movie.price)
        .field("stock", &movie.stock)
}
