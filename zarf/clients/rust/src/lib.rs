//! The API of Marquee: every operation as a method of [`HttpClient`], every body and answer as a type.
//!
//! All of it is generated from the OpenAPI document; `make clients` makes it anew.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use marquee_client::{HttpClient, Login};
//!
//! let anyone = HttpClient::new().with_base_url("http://localhost:3000");
//! let page = anyone.query_movies_builder().genre(vec!["Western".to_owned()]).year_to(1980).send().await?;
//!
//! let login = Login { email: "editor@example.com".to_owned(), password: "marquee-dev-only".to_owned() };
//! let tokens = anyone.login(login).await?;
//! let editor = anyone.with_api_key(tokens.access_token);
//! let film = &page.items[0];
//! let etag = format!("\"{}\"", film.version);
//! // What is not named stays as it is, and null clears.
//! editor.update_movie_builder(film.id.to_string(), etag).director_null().stock(2).send().await?;
//! # Ok(())
//! # }
//! ```

#[rustfmt::skip]
#[allow(clippy::all, unreachable_pub)]
mod generated;

pub use generated::*;
