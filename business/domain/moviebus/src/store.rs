//! Films in PostgreSQL: the statements, the rows, what becomes what.

use std::collections::HashSet;

use keyset::Keyset;
use paging::{Direction, Key, Keys, OrderBy, Page, Slice};
use sqldb::Db;
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;
use sqlx::{Postgres, QueryBuilder};
use types::{Currency, Money, MovieId, Patch, Timestamp, Version};
use uuid::Uuid;

use crate::Error;
use crate::filter::{OrderField, QueryFilter};
use crate::model::{
    Director, Genres, ImportMovie, Imported, Movie, Price, Rating, Runtime, Stock, Title, UpdateMovie, Year,
};
use crate::stock::Copies;

/// Where films are kept.
#[derive(Clone)]
pub(crate) struct Store {
    db: Db,
}

/// A row, with what places it in an order.
#[derive(sqlx::FromRow)]
struct Row {
    movie_id: Uuid,
    title: String,
    year: i32,
    runtime_minutes: Option<i32>,
    genres: Vec<String>,
    director: Option<String>,
    rating: Option<String>,
    price_amount: i64,
    price_currency: String,
    stock: i32,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
    title_folded: String,
    #[sqlx(default)]
    score: f64,
}

/// One term of an order: a field, the expression that an index holds for it, and its direction.
struct Term {
    field: OrderField,
    sql: &'static str,
    direction: Direction,
}

/// How the films that a search means are found, by how many there are.
#[derive(Clone, Copy, PartialEq)]
enum Reach {
    /// There is no search.
    All,
    /// None has the words: those that resemble them.
    Resembling,
    /// Few have the words: they are found by the words, then placed.
    Few,
    /// More than [`MOST_RANKED`] have the words.
    Many,
}

/// The most films whose fitness for a search is computed: it costs about 50 us for each. Of more films that have the
/// words, the first by title are ranked.
const MOST_RANKED: i64 = 4000;

/// The columns of a [`Row`]. Never `*`: a prepared `SELECT *` breaks when a migration adds a column.
macro_rules! columns {
    () => {
        "movie_id, title, year, runtime_minutes, genres, director, rating, price_amount, price_currency, stock, \
         version, created_at, updated_at, title_folded"
    };
}

impl Store {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    pub(crate) async fn create(&self, movie: &Movie) -> Result<(), Error> {
        const SQL: &str = "
            INSERT INTO movies (movie_id, title, year, runtime_minutes, genres, director, rating, price_amount,
                price_currency, stock, version, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let insert = sqlx::query(SQL)
            .bind(movie.id.uuid())
            .bind(movie.title.as_str())
            .bind(movie.year.number())
            .bind(movie.runtime.map(Runtime::minutes))
            .bind(texts(&movie.genres))
            .bind(movie.director.as_ref().map(Director::as_str))
            .bind(movie.rating.map(Rating::as_str))
            .bind(movie.price.money().amount)
            .bind(movie.price.money().currency.as_str().to_owned())
            .bind(movie.stock.copies())
            .bind(movie.version.number())
            .bind(movie.created_at)
            .bind(movie.updated_at);
        self.db.execute(insert).await.map_err(meaning)?;
        Ok(())
    }

    /// Changes the film and answers it as it is now; `None` when no film has the id and the version of `movie`.
    ///
    /// Only what the update names is written: a column that this release can't read keeps its value.
    pub(crate) async fn update(&self, movie: &Movie, update: UpdateMovie) -> Result<Option<Movie>, Error> {
        // A clock may run behind the one that wrote before it; a film is never older after a change.
        const SQL: &str = concat!(
            "UPDATE movies SET
                title           = coalesce($3, title),
                year            = coalesce($4, year),
                runtime_minutes = CASE WHEN $5 THEN runtime_minutes ELSE $6 END,
                genres          = coalesce($7, genres),
                director        = CASE WHEN $8 THEN director ELSE $9 END,
                rating          = CASE WHEN $10 THEN rating ELSE $11 END,
                price_amount    = coalesce($12, price_amount),
                price_currency  = coalesce($13, price_currency),
                stock           = coalesce($14, stock),
                version         = version + 1,
                updated_at      = greatest(updated_at, $15)
            WHERE movie_id = $1 AND version = $2
            RETURNING ",
            columns!()
        );
        let (keep_runtime, runtime) = nullable(update.runtime);
        let (keep_director, director) = nullable(update.director);
        let (keep_rating, rating) = nullable(update.rating);
        let price = update.price.map(Price::money);
        let change = sqlx::query_as::<_, Row>(SQL)
            .bind(movie.id.uuid())
            .bind(movie.version.number())
            .bind(update.title.as_ref().map(Title::as_str))
            .bind(update.year.map(Year::number))
            .bind(keep_runtime)
            .bind(runtime.map(Runtime::minutes))
            .bind(update.genres.as_ref().map(texts))
            .bind(keep_director)
            .bind(director.as_ref().map(Director::as_str))
            .bind(keep_rating)
            .bind(rating.map(Rating::as_str))
            .bind(price.map(|money| money.amount))
            .bind(price.map(|money| money.currency.as_str().to_owned()))
            .bind(update.stock.map(Stock::copies))
            .bind(types::now());
        let row = self.db.fetch_optional(change).await.map_err(meaning)?;
        Ok(row.map(Movie::from))
    }

    /// The films of `copies` that there are, in the order of their ids, locked until the transaction ends. In that order
    /// everybody locks them, so that nobody waits in a circle.
    pub(crate) async fn lock(&self, copies: &[Copies]) -> Result<Vec<Movie>, sqldb::Error> {
        const SQL: &str =
            concat!("SELECT ", columns!(), " FROM movies WHERE movie_id = ANY($1) ORDER BY movie_id FOR UPDATE");
        let ids: Vec<Uuid> = copies.iter().map(|copies| copies.movie_id.uuid()).collect();
        let rows = self.db.fetch_all(sqlx::query_as::<_, Row>(SQL).bind(ids)).await?;
        Ok(rows.into_iter().map(Movie::from).collect())
    }

    /// Adds to the stock of films, and answers them as they are then, in the order of their ids. A stock that would be
    /// beyond what is counted stays at the most.
    pub(crate) async fn move_stock(&self, moves: &[(MovieId, i32)]) -> Result<Vec<Movie>, sqldb::Error> {
        const SQL: &str = concat!(
            "WITH moved AS (
                UPDATE movies SET
                    stock      = least(stock::bigint + moves.copies, 2147483647)::integer,
                    version    = version + 1,
                    updated_at = greatest(updated_at, $3)
                FROM unnest($1::uuid[], $2::integer[]) AS moves (id, copies)
                WHERE movie_id = moves.id
                RETURNING ",
            columns!(),
            ") SELECT ",
            columns!(),
            " FROM moved ORDER BY movie_id"
        );
        let ids: Vec<Uuid> = moves.iter().map(|(movie_id, _)| movie_id.uuid()).collect();
        let copies: Vec<i32> = moves.iter().map(|(_, copies)| *copies).collect();
        let change = sqlx::query_as::<_, Row>(SQL).bind(ids).bind(copies).bind(types::now());
        Ok(self.db.fetch_all(change).await?.into_iter().map(Movie::from).collect())
    }

    /// Removes the film and answers it as it was; `None` when no film has the id, or it has another version than
    /// `expected`.
    pub(crate) async fn delete(&self, movie_id: MovieId, expected: Option<Version>) -> Result<Option<Movie>, Error> {
        const SQL: &str = concat!(
            "DELETE FROM movies WHERE movie_id = $1 AND version = coalesce($2, version) RETURNING ",
            columns!()
        );
        let delete = sqlx::query_as::<_, Row>(SQL).bind(movie_id.uuid()).bind(expected.map(Version::number));
        match self.db.fetch_optional(delete).await {
            Ok(row) => Ok(row.map(Movie::from)),
            // Of all constraints a delete can only violate the keys that refer to the row.
            Err(sqldb::Error::Violates { .. }) => Err(Error::InUse),
            Err(error) => Err(meaning(error)),
        }
    }

    pub(crate) async fn query(
        &self,
        filter: &QueryFilter,
        order_by: &OrderBy<OrderField>,
        page: &Page,
        total: Option<u64>,
    ) -> Result<Slice<Movie>, sqldb::Error> {
        let terms = terms(filter, order_by);
        let keyset = Keyset::new(terms.iter().map(|term| (term.sql, term.direction)), "movie_id", order_by.tie_break());
        let ranked = is_ranked(filter, order_by);
        let mut sql = QueryBuilder::new(concat!("SELECT ", columns!()));
        push_from(&mut sql, filter, ranked);
        push_filter(&mut sql, filter, self.reach(filter).await?, ranked);
        if let Some(keys) = page.after() {
            keyset.push_after(&mut sql, keys);
        }
        keyset.push_order(&mut sql);
        sql.push(" LIMIT ").push_bind(page.fetch()).push(" OFFSET ").push_bind(page.offset());
        let rows = self.db.fetch_all(sql.build_query_as::<Row>()).await?;
        Ok(Slice::cut(rows, page, total, |row| row.keys(&terms)).map(Movie::from))
    }

    pub(crate) async fn query_by_id(&self, movie_id: MovieId) -> Result<Option<Movie>, sqldb::Error> {
        const SQL: &str = concat!("SELECT ", columns!(), " FROM movies WHERE movie_id = $1");
        let row = self.db.fetch_optional(sqlx::query_as::<_, Row>(SQL).bind(movie_id.uuid())).await?;
        Ok(row.map(Movie::from))
    }

    /// How many films a list in this order has.
    pub(crate) async fn count(
        &self,
        filter: &QueryFilter,
        order_by: &OrderBy<OrderField>,
    ) -> Result<u64, sqldb::Error> {
        let mut sql = QueryBuilder::new("SELECT count(*) FROM movies");
        push_filter(&mut sql, filter, self.reach(filter).await?, is_ranked(filter, order_by));
        let (count,) = self.db.fetch_one(sql.build_query_as::<(i64,)>()).await?;
        Ok(count.unsigned_abs())
    }

    async fn reach(&self, filter: &QueryFilter) -> Result<Reach, sqldb::Error> {
        // The limit is a literal: of a parameter the plan that serves every search expects few rows, and passes the
        // whole table for them (48 ms of 3,000 films instead of 0.2).
        const SQL: &str = "
            SELECT count(*) FROM (SELECT FROM movies WHERE search_vector @@ prefix_query($1) LIMIT 4001) AS found";
        const { assert!(MOST_RANKED + 1 == 4001) };
        let Some(search) = &filter.search else { return Ok(Reach::All) };
        let count = sqlx::query_as(SQL).bind(search.as_str().to_owned());
        let (count,): (i64,) = self.db.fetch_one(count).await?;
        Ok(match count {
            0 => Reach::Resembling,
            1..=MOST_RANKED => Reach::Few,
            _ => Reach::Many,
        })
    }

    /// Adds the films that are not there. In a transaction: it is two statements.
    pub(crate) async fn import(&self, batch: &[ImportMovie]) -> Result<Vec<Imported>, Error> {
        const KNOWN: &str = "SELECT import_key FROM movies WHERE import_key = ANY($1)";
        let ids = column(batch, |_| MovieId::new());
        let keys = column(batch, |item| item.key.as_str().to_owned());
        let created = self.db.fetch_all(insert_batch(batch, &ids)).await?;
        let known = self.db.fetch_all(sqlx::query_as::<_, (String,)>(KNOWN).bind(keys.clone())).await?;
        let created: HashSet<Uuid> = created.into_iter().map(|(movie_id,)| movie_id).collect();
        let known: HashSet<String> = known.into_iter().map(|(key,)| key).collect();
        let outcome = |(id, key): (MovieId, &String)| match () {
            () if created.contains(&id.uuid()) => Imported::Created(id),
            // A key that the batch has twice was created once.
            () if known.contains(key) => Imported::Known,
            () => Imported::DuplicateTitle,
        };
        Ok(ids.into_iter().zip(&keys).map(outcome).collect())
    }
}

/// Inserts the films that are not there, and answers the id of each. In the order of the keys: two batches that insert
/// the same rows in different orders would wait for each other. Of two films with one key, the first in the batch.
fn insert_batch(batch: &[ImportMovie], ids: &[MovieId]) -> QueryAs<'static, Postgres, (Uuid,), PgArguments> {
    // Genres travel joined by U+001F, which no line of text has: an array of arrays of different lengths can't.
    const SQL: &str = "
        INSERT INTO movies (movie_id, import_key, title, year, runtime_minutes, genres, director, rating,
            price_amount, price_currency, stock, version, created_at, updated_at)
        SELECT movie_id, import_key, title, year, runtime_minutes, string_to_array(genres, chr(31)), director,
            rating, price_amount, price_currency, stock, $12, $13, $13
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::int[], $6::text[], $7::text[], $8::text[],
            $9::bigint[], $10::text[], $11::int[])
            AS batch (movie_id, import_key, title, year, runtime_minutes, genres, director, rating, price_amount,
                price_currency, stock)
        ORDER BY import_key, movie_id
        ON CONFLICT DO NOTHING
        RETURNING movie_id";
    sqlx::query_as(SQL)
        .bind(ids.iter().map(|id| id.uuid()).collect::<Vec<_>>())
        .bind(column(batch, |item| item.key.as_str().to_owned()))
        .bind(column(batch, |item| item.new.title.as_str().to_owned()))
        .bind(column(batch, |item| item.new.year.number()))
        .bind(column(batch, |item| item.new.runtime.map(Runtime::minutes)))
        .bind(column(batch, |item| texts(&item.new.genres).join("\u{1f}")))
        .bind(column(batch, |item| item.new.director.as_ref().map(|director| director.as_str().to_owned())))
        .bind(column(batch, |item| item.new.rating.map(Rating::as_str)))
        .bind(column(batch, |item| item.new.price.money().amount))
        .bind(column(batch, |item| item.new.price.money().currency.as_str().to_owned()))
        .bind(column(batch, |item| item.new.stock.copies()))
        .bind(Version::FIRST.number())
        .bind(types::now())
}

fn column<T>(batch: &[ImportMovie], value: impl FnMut(&ImportMovie) -> T) -> Vec<T> {
    batch.iter().map(value).collect()
}

impl Row {
    /// The row's place in the order of `terms`.
    fn keys(&self, terms: &[Term]) -> Keys {
        let key = |term: &Term| match (term.field, term.direction) {
            (OrderField::Title, _) => Key::Text(self.title_folded.clone()),
            (OrderField::Year, _) => Key::Int(self.year.into()),
            (OrderField::Runtime, Direction::Ascending) => Key::Int(self.runtime_minutes.unwrap_or(32767).into()),
            (OrderField::Runtime, Direction::Descending) => Key::Int(self.runtime_minutes.unwrap_or(0).into()),
            (OrderField::Price, _) => Key::Int(self.price_amount),
            (OrderField::CreatedAt, _) => Key::Time(self.created_at),
            (OrderField::Relevance, _) => Key::Float(self.score),
        };
        Keys { values: terms.iter().map(key).collect(), id: self.movie_id }
    }
}

impl From<Row> for Movie {
    fn from(row: Row) -> Self {
        Self {
            id: MovieId::restore(row.movie_id),
            title: Title::restore(row.title),
            year: Year::restore(row.year),
            runtime: row.runtime_minutes.map(Runtime::restore),
            genres: Genres::restore(row.genres),
            director: row.director.map(Director::restore),
            rating: row.rating.as_deref().and_then(Rating::restore),
            price: Price::restore(Money { amount: row.price_amount, currency: Currency::restore(&row.price_currency) }),
            stock: Stock::restore(row.stock),
            version: Version::restore(row.version),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// What a violated constraint means for films.
fn meaning(error: sqldb::Error) -> Error {
    match error {
        sqldb::Error::Duplicate { ref constraint } if constraint == "movies_title_year_director_key" => {
            Error::DuplicateTitle
        }
        other => Error::Store(other),
    }
}

/// The terms of an order. The expressions are those of the indexes in the migrations, to the letter.
fn terms(filter: &QueryFilter, order_by: &OrderBy<OrderField>) -> Vec<Term> {
    let term = |&(field, direction): &(OrderField, Direction)| {
        let sql = match (field, direction) {
            (OrderField::Title, _) => "title_folded",
            (OrderField::Year, _) => "year",
            (OrderField::Runtime, Direction::Ascending) => "coalesce(runtime_minutes, 32767)",
            (OrderField::Runtime, Direction::Descending) => "coalesce(runtime_minutes, 0)",
            (OrderField::Price, _) => "price_amount",
            (OrderField::CreatedAt, _) => "created_at",
            (OrderField::Relevance, _) if filter.search.is_some() => "score",
            (OrderField::Relevance, _) => return None,
        };
        Some(Term { field, sql, direction })
    };
    order_by.terms().iter().filter_map(term).collect()
}

/// Whether how well a film fits the search has a part in the order.
fn is_ranked(filter: &QueryFilter, order_by: &OrderBy<OrderField>) -> bool {
    filter.search.is_some() && order_by.terms().iter().any(|(field, _)| *field == OrderField::Relevance)
}

/// The table; where it counts, also how well each row fits the search: how much its text and how much its title resemble
/// it.
fn push_from(sql: &mut QueryBuilder<Postgres>, filter: &QueryFilter, ranked: bool) {
    let Some(search) = filter.search.as_ref().filter(|_| ranked) else {
        sql.push(" FROM movies");
        return;
    };
    sql.push(", score FROM movies CROSS JOIN (SELECT search_words(").push_bind(search.as_str().to_owned()).push(
        ") AS words) AS typed CROSS JOIN LATERAL \
         (SELECT (word_similarity(words, search_text) + similarity(words, title_folded))::float8 AS score) AS fit",
    );
}

fn push_filter(sql: &mut QueryBuilder<Postgres>, filter: &QueryFilter, reach: Reach, ranked: bool) {
    // Makes the conditions that follow uniform.
    sql.push(" WHERE true");
    if let Some(search) = &filter.search {
        push_search(sql, filter, search.as_str(), reach, ranked);
    }
    push_conditions(sql, filter);
}

/// The films that a search means.
///
/// Mostly as an array, which is found before any row is looked at: of a subquery the planner may make a loop that searches
/// anew for each row that the other filters leave.
fn push_search(sql: &mut QueryBuilder<Postgres>, filter: &QueryFilter, typed: &str, reach: Reach, ranked: bool) {
    let typed = typed.to_owned();
    match (reach, ranked) {
        (Reach::All, _) => {}
        (Reach::Few, _) => {
            sql.push(" AND movie_id = ANY (ARRAY(SELECT movie_id FROM movies WHERE search_vector @@ prefix_query(")
                .push_bind(typed)
                .push(")))");
        }
        // So common a word is met soon along the index of any order.
        (Reach::Many, false) => {
            sql.push(" AND search_vector @@ prefix_query(").push_bind(typed).push(")");
        }
        (Reach::Many, true) => {
            sql.push(" AND movie_id = ANY (ARRAY(SELECT movie_id FROM movies WHERE search_vector @@ prefix_query(")
                .push_bind(typed)
                .push(")");
            push_conditions(sql, filter);
            sql.push(" ORDER BY title_folded, movie_id LIMIT ").push_bind(MOST_RANKED).push("))");
        }
        (Reach::Resembling, _) => {
            sql.push(" AND movie_id = ANY (ARRAY(SELECT movie_id FROM movies WHERE movie_id = ANY (ARRAY(SELECT movies_resembling(")
                .push_bind(typed)
                .push(")))");
            push_conditions(sql, filter);
            sql.push(" LIMIT ").push_bind(MOST_RANKED).push("))");
        }
    }
}

/// Every condition but the search.
fn push_conditions(sql: &mut QueryBuilder<Postgres>, filter: &QueryFilter) {
    if !filter.genres.is_empty() {
        let genres: Vec<String> = filter.genres.iter().map(|genre| genre.as_str().to_owned()).collect();
        sql.push(" AND genres_folded && fold_texts(").push_bind(genres).push(")");
    }
    if let Some(year) = filter.year_from {
        sql.push(" AND year >= ").push_bind(year);
    }
    if let Some(year) = filter.year_to {
        sql.push(" AND year <= ").push_bind(year);
    }
    if let Some(rating) = filter.rating {
        sql.push(" AND rating = ").push_bind(rating.as_str());
    }
    if let Some(amount) = filter.price_from {
        sql.push(" AND price_amount >= ").push_bind(amount);
    }
    if let Some(amount) = filter.price_to {
        sql.push(" AND price_amount <= ").push_bind(amount);
    }
}

/// Whether to keep what is stored, and the value to store otherwise.
fn nullable<T>(patch: Patch<T>) -> (bool, Option<T>) {
    match patch {
        Patch::Keep => (true, None),
        Patch::Clear => (false, None),
        Patch::Set(value) => (false, Some(value)),
    }
}

fn texts(genres: &Genres) -> Vec<String> {
    genres.iter().map(|genre| genre.as_str().to_owned()).collect()
}
