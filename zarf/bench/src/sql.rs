//! The statements of the films' store, for the bare handler and for pgbench; a test holds them to the store's own.

macro_rules! columns {
    () => {
        "movie_id, title, year, runtime_minutes, genres, director, rating, price_amount, price_currency, stock, \
         version, created_at, updated_at, title_folded"
    };
}

/// The films of a page.
pub const PAGE: i64 = 20;

/// Above this many films with the words a search is run otherwise.
pub const MOST_RANKED: i64 = 4000;

/// One film: `$1` its id.
pub const BY_ID: &str = concat!("SELECT ", columns!(), " FROM movies WHERE movie_id = $1");

/// A page in the default order: `$1` its films and one more, which tells whether more follow; `$2` those to skip.
pub const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM movies WHERE true ORDER BY title_folded ASC, movie_id ASC LIMIT $1 OFFSET $2"
);

/// How many films have the words of a search: `$1` what was typed.
pub const REACH: &str =
    "SELECT count(*) FROM (SELECT FROM movies WHERE search_vector @@ prefix_query($1) LIMIT 4001) AS found";

/// A page of a search whose words few films have: `$1` and `$2` what was typed, `$3` and `$4` as in [`LIST`].
pub const SEARCH: &str = concat!(
    "SELECT ",
    columns!(),
    ", score FROM movies CROSS JOIN (SELECT search_words($1) AS words) AS typed CROSS JOIN LATERAL \
     (SELECT (word_similarity(words, search_text) + similarity(words, title_folded))::float8 AS score) AS fit \
     WHERE true AND movie_id = ANY (ARRAY(SELECT movie_id FROM movies WHERE search_vector @@ prefix_query($2))) \
     ORDER BY score DESC, movie_id DESC LIMIT $3 OFFSET $4"
);

/// A new film: `$1` its id, then its members.
pub const CREATE: &str = "INSERT INTO movies (movie_id, title, year, runtime_minutes, genres, director, rating, \
     price_amount, price_currency, stock, version, created_at, updated_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

/// The same for pgbench, which has no values of its own to send.
pub const CREATE_MADE_UP: &str = "INSERT INTO movies (movie_id, title, year, runtime_minutes, genres, director, \
     rating, price_amount, price_currency, stock, version, created_at, updated_at) \
     VALUES (gen_random_uuid(), gen_random_uuid()::text, 2001, 96, '{Drama}', 'Ada Lovelace', 'PG', 990, 'USD', 5, 1, \
     now(), now())";

/// The statement with values in the place of its parameters, as text of SQL: what pgbench runs.
pub fn with_values(sql: &str, values: &[&str]) -> String {
    let mut text = sql.to_owned();
    // From the last, so that `$1` is not found in `$12`.
    for (index, value) in values.iter().enumerate().rev() {
        text = text.replace(&format!("${}", index + 1), value);
    }
    text
}
