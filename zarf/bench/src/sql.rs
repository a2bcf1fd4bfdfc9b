//! The statements of the films' store, for the bare handler and for pgbench.

macro_rules! columns {
    () => {
        "movie_id, title, year, runtime_minutes, genres, director, rating, price_amount, price_currency, stock, \
         version, created_at, updated_at, title_folded"
    };
}

/// One film: `$1` its id.
pub const BY_ID: &str = concat!("SELECT ", columns!(), " FROM movies WHERE movie_id = $1");

/// The first page of 20 in the default order; one more row tells whether more follow.
pub const LIST: &str =
    concat!("SELECT ", columns!(), " FROM movies WHERE true ORDER BY title_folded ASC, movie_id ASC LIMIT 21 OFFSET 0");

/// The first page of 20 of a search: `$1` what was typed.
pub const SEARCH: &str = concat!(
    "SELECT ",
    columns!(),
    ", score FROM movies CROSS JOIN (SELECT search_words($1) AS words) AS typed CROSS JOIN LATERAL \
     (SELECT (word_similarity(words, search_text) + similarity(words, title_folded))::float8 AS score) AS fit \
     WHERE true AND movie_id IN (SELECT movie_id FROM movies WHERE search_vector @@ prefix_query($1) \
     UNION ALL SELECT movies_resembling($1) \
     WHERE NOT EXISTS (SELECT FROM movies WHERE search_vector @@ prefix_query($1))) \
     ORDER BY score DESC, movie_id DESC LIMIT 21 OFFSET 0"
);

/// A new film: `$1` its id, then its members.
pub const CREATE: &str = concat!(
    "INSERT INTO movies (movie_id, title, year, runtime_minutes, genres, director, rating, price_amount, \
     price_currency, stock, version, created_at, updated_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, now(), now()) RETURNING ",
    columns!()
);
