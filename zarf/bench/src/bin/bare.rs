//! The least that answers the same requests from the same tables: actix-web, sqlx and its pool as their guides show
//! them, with nothing around the handlers.

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::{Context, Result};
use bench::sql;
use chrono::{DateTime, Utc};
use clap::Parser;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

/// Where to serve what.
#[derive(Parser)]
struct Options {
    /// The database.
    #[arg(long)]
    url: String,
    /// The port on 127.0.0.1.
    #[arg(long)]
    port: u16,
    /// Connections of the pool.
    #[arg(long, default_value_t = 10)]
    connections: u32,
    /// Ping a connection before each use, as sqlx does unless told otherwise.
    #[arg(long)]
    ping: bool,
}

#[derive(Serialize, sqlx::FromRow)]
struct Movie {
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
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct List {
    q: Option<String>,
}

#[derive(Deserialize)]
struct Price {
    amount: i64,
    currency: String,
}

#[derive(Deserialize)]
struct NewMovie {
    title: String,
    year: i32,
    runtime_minutes: Option<i32>,
    genres: Vec<String>,
    director: Option<String>,
    rating: Option<String>,
    price: Price,
    stock: i32,
}

#[actix_web::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let pool = PgPoolOptions::new()
        .max_connections(options.connections)
        .min_connections(options.connections)
        .test_before_acquire(options.ping)
        .connect(&options.url)
        .await
        .context("connecting")?;
    let pool = web::Data::new(pool);
    HttpServer::new(move || {
        App::new()
            .app_data(pool.clone())
            .route("/v1/movies/{id}", web::get().to(by_id))
            .route("/v1/movies", web::get().to(list))
            .route("/v1/movies", web::post().to(create))
    })
    .bind(("127.0.0.1", options.port))?
    .run()
    .await
    .context("serving")
}

async fn by_id(pool: web::Data<PgPool>, id: web::Path<Uuid>) -> actix_web::Result<HttpResponse> {
    let row = sqlx::query_as::<_, Movie>(sql::BY_ID).bind(id.into_inner()).fetch_optional(pool.get_ref()).await;
    match row.map_err(actix_web::error::ErrorInternalServerError)? {
        Some(movie) => Ok(HttpResponse::Ok().json(movie)),
        None => Ok(HttpResponse::NotFound().finish()),
    }
}

async fn list(pool: web::Data<PgPool>, query: web::Query<List>) -> actix_web::Result<HttpResponse> {
    let rows = match &query.q {
        Some(words) => search(pool.get_ref(), words).await,
        None => sqlx::query_as(sql::LIST).bind(sql::PAGE + 1).bind(0_i64).fetch_all(pool.get_ref()).await,
    };
    let mut items: Vec<Movie> = rows.map_err(actix_web::error::ErrorInternalServerError)?;
    // The row beyond the page only tells that more follow.
    items.truncate(sql::PAGE as usize);
    Ok(HttpResponse::Ok().json(items))
}

async fn search(pool: &PgPool, words: &str) -> sqlx::Result<Vec<Movie>> {
    let reach = sqlx::query_scalar(sql::REACH).bind(words);
    let found: i64 = reach.fetch_one(pool).await?;
    if !(1..=sql::MOST_RANKED).contains(&found) {
        return Err(sqlx::Error::Protocol("the measured search is one that few films fit".to_owned()));
    }
    sqlx::query_as(sql::SEARCH).bind(words).bind(words).bind(sql::PAGE + 1).bind(0_i64).fetch_all(pool).await
}

#[expect(clippy::disallowed_methods, reason = "the least that answers has no rule about the digits of a second")]
async fn create(pool: web::Data<PgPool>, new: web::Json<NewMovie>) -> actix_web::Result<HttpResponse> {
    let new = new.into_inner();
    let now = Utc::now();
    let movie = Movie {
        movie_id: Uuid::now_v7(),
        title: new.title,
        year: new.year,
        runtime_minutes: new.runtime_minutes,
        genres: new.genres,
        director: new.director,
        rating: new.rating,
        price_amount: new.price.amount,
        price_currency: new.price.currency,
        stock: new.stock,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let insert = sqlx::query(sql::CREATE)
        .bind(movie.movie_id)
        .bind(&movie.title)
        .bind(movie.year)
        .bind(movie.runtime_minutes)
        .bind(&movie.genres)
        .bind(&movie.director)
        .bind(&movie.rating)
        .bind(movie.price_amount)
        .bind(&movie.price_currency)
        .bind(movie.stock)
        .bind(movie.version)
        .bind(movie.created_at)
        .bind(movie.updated_at);
    insert.execute(pool.get_ref()).await.map_err(actix_web::error::ErrorInternalServerError)?;
    Ok(HttpResponse::Created().json(movie))
}
