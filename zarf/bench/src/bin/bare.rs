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
        Some(words) => sqlx::query_as::<_, Movie>(sql::SEARCH).bind(words).fetch_all(pool.get_ref()).await,
        None => sqlx::query_as::<_, Movie>(sql::LIST).fetch_all(pool.get_ref()).await,
    };
    Ok(HttpResponse::Ok().json(rows.map_err(actix_web::error::ErrorInternalServerError)?))
}

async fn create(pool: web::Data<PgPool>, new: web::Json<NewMovie>) -> actix_web::Result<HttpResponse> {
    let new = new.into_inner();
    let row = sqlx::query_as::<_, Movie>(sql::CREATE)
        .bind(Uuid::now_v7())
        .bind(new.title)
        .bind(new.year)
        .bind(new.runtime_minutes)
        .bind(new.genres)
        .bind(new.director)
        .bind(new.rating)
        .bind(new.price.amount)
        .bind(new.price.currency)
        .bind(new.stock)
        .fetch_one(pool.get_ref())
        .await;
    Ok(HttpResponse::Created().json(row.map_err(actix_web::error::ErrorInternalServerError)?))
}
