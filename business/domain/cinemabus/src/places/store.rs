//! Places in PostgreSQL: the statements, the rows, what becomes what.

use sqldb::Db;
use sqlx::{Postgres, QueryBuilder};

use crate::geo::{Latitude, Longitude, Point, Rectangle};
use crate::places::model::{Country, Found, Imported, Place, PlaceId, PlaceName, Search, Typed};

/// Where places are kept.
#[derive(Clone)]
pub(crate) struct Store {
    db: Db,
}

/// How well a name fits what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It begins with it.
    Beginning,
    /// A later word begins with it.
    Word,
    /// It begins with it, one typing error aside.
    Typo,
}

#[derive(sqlx::FromRow)]
struct PlaceRow {
    place_id: i32,
    name: String,
    country: String,
    admin1: Option<String>,
    latitude: f64,
    longitude: f64,
    population: i32,
    time_zone: String,
    distance: Option<f64>,
}

/// Fewer letters than this are not looked for within names: half of all places would fit.
const SHORTEST_WORD: i32 = 3;

/// Fewer letters than this have no typing errors: one in three, and everything resembles them.
const SHORTEST_TYPO: i32 = 4;

/// From here on a place is the less likely to be meant the farther it is, in metres.
const NEAR: f64 = 50_000.0;

impl Fit {
    /// The best first.
    pub(crate) const ALL: [Self; 3] = [Self::Beginning, Self::Word, Self::Typo];
}

impl Store {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// The places that `search` means and whose name fits like this, without those that are `known` already.
    pub(crate) async fn search(
        &self,
        search: &Search,
        fit: Option<Fit>,
        known: &[PlaceId],
        limit: u32,
    ) -> Result<Vec<Found>, sqldb::Error> {
        let mut sql = QueryBuilder::new(
            "SELECT place_id, name, country, admin1, latitude, longitude, population, time_zone, distance FROM places",
        );
        push_distance(&mut sql, search);
        // Makes the conditions that follow uniform.
        sql.push(" WHERE true");
        if let (Some(typed), Some(fit)) = (&search.typed, fit) {
            push_fit(&mut sql, typed, fit);
        }
        if let Some(country) = search.country {
            sql.push(" AND country = ").push_bind(country.as_str().to_owned());
        }
        push_circle(&mut sql, search);
        if !known.is_empty() {
            let known: Vec<i32> = known.iter().map(|id| id.number()).collect();
            sql.push(" AND place_id <> ALL (").push_bind(known).push(")");
        }
        push_order(&mut sql, search);
        sql.push(" LIMIT ").push_bind(i64::from(limit));
        let rows = self.db.fetch_all(sql.build_query_as::<PlaceRow>()).await?;
        Ok(rows.into_iter().map(Found::from).collect())
    }

    pub(crate) async fn count(&self) -> Result<u64, sqldb::Error> {
        const SQL: &str = "SELECT count(*) FROM places";
        let (count,) = self.db.fetch_one(sqlx::query_as::<_, (i64,)>(SQL)).await?;
        Ok(count.unsigned_abs())
    }

    pub(crate) async fn import(&self, places: impl Iterator<Item = &Place>) -> Result<Imported, sqldb::Error> {
        // A row that has no `xmax` was there for nobody before.
        const SQL: &str = "
            INSERT INTO places (place_id, name, country, admin1, latitude, longitude, population, time_zone)
            SELECT place_id, name, country, admin1, latitude, longitude, population, time_zone
            FROM unnest($1::int4[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::float8[], $7::int4[],
                $8::text[]) AS row (place_id, name, country, admin1, latitude, longitude, population, time_zone)
            ON CONFLICT (place_id) DO UPDATE SET
                name       = excluded.name,
                country    = excluded.country,
                admin1     = excluded.admin1,
                latitude   = excluded.latitude,
                longitude  = excluded.longitude,
                population = excluded.population,
                time_zone  = excluded.time_zone
            WHERE (places.name, places.country, places.admin1, places.latitude, places.longitude, places.population,
                    places.time_zone)
                IS DISTINCT FROM (excluded.name, excluded.country, excluded.admin1, excluded.latitude,
                    excluded.longitude, excluded.population, excluded.time_zone)
            RETURNING xmax = 0";
        let mut columns = Columns::default();
        places.for_each(|place| columns.push(place));
        let insert = sqlx::query_as::<_, (bool,)>(SQL)
            .bind(columns.ids)
            .bind(columns.names)
            .bind(columns.countries)
            .bind(columns.admin1s)
            .bind(columns.latitudes)
            .bind(columns.longitudes)
            .bind(columns.populations)
            .bind(columns.time_zones);
        let rows = self.db.fetch_all(insert).await?;
        let created = rows.iter().filter(|(created,)| *created).count() as u64;
        Ok(Imported { created, updated: rows.len() as u64 - created })
    }
}

/// Places, column by column: one statement with eight parameters, however many they are.
#[derive(Default)]
struct Columns {
    ids: Vec<i32>,
    names: Vec<String>,
    countries: Vec<String>,
    admin1s: Vec<Option<String>>,
    latitudes: Vec<f64>,
    longitudes: Vec<f64>,
    populations: Vec<i32>,
    time_zones: Vec<String>,
}

impl Columns {
    fn push(&mut self, place: &Place) {
        self.ids.push(place.id.number());
        self.names.push(place.name.as_str().to_owned());
        self.countries.push(place.country.as_str().to_owned());
        self.admin1s.push(place.admin1.clone());
        self.latitudes.push(place.point.latitude.degrees());
        self.longitudes.push(place.point.longitude.degrees());
        self.populations.push(place.population);
        self.time_zones.push(place.time_zone.clone());
    }
}

impl From<PlaceRow> for Found {
    fn from(row: PlaceRow) -> Self {
        let place = Place {
            id: PlaceId::restore(row.place_id),
            name: PlaceName::restore(row.name),
            country: Country::restore(&row.country),
            admin1: row.admin1,
            point: Point { latitude: Latitude::restore(row.latitude), longitude: Longitude::restore(row.longitude) },
            population: row.population,
            time_zone: row.time_zone,
        };
        Self { place, distance: row.distance }
    }
}

/// How far each place is from the centre of the search.
fn push_distance(sql: &mut QueryBuilder<Postgres>, search: &Search) {
    let Some(circle) = search.circle else {
        sql.push(" CROSS JOIN (SELECT NULL::float8 AS distance) AS nowhere");
        return;
    };
    sql.push(" CROSS JOIN LATERAL (SELECT metres_between(")
        .push_bind(circle.centre.latitude.degrees())
        .push(", ")
        .push_bind(circle.centre.longitude.degrees())
        .push(", latitude, longitude) AS distance) AS way");
}

/// The places whose name fits. What is computed from the text is a subquery each time: it is computed once then, and not
/// for each row.
fn push_fit(sql: &mut QueryBuilder<Postgres>, typed: &Typed, fit: Fit) {
    match fit {
        Fit::Beginning => {
            // All that begins with a text is between it and it with the last character of Unicode.
            sql.push(" AND name_folded >= (SELECT ");
            push_words(sql, typed);
            sql.push(") AND name_folded <= (SELECT ");
            push_words(sql, typed);
            // Of punctuation alone no word is left, with which every name begins.
            sql.push(" || chr(1114111)) AND (SELECT ");
            push_words(sql, typed);
            sql.push(" <> '')");
        }
        Fit::Word => {
            sql.push(" AND place_grams(name_folded) && (SELECT ARRAY['w' || left(split_part(");
            push_words(sql, typed);
            sql.push(", ' ', 1), 3)]) AND name_folded LIKE (SELECT '% ' || ");
            push_words(sql, typed);
            sql.push(" || '%') AND (SELECT length(");
            push_words(sql, typed);
            sql.push(") >= ").push_bind(SHORTEST_WORD).push(")");
        }
        Fit::Typo => {
            sql.push(" AND place_grams(name_folded) && (SELECT place_typo_grams(");
            push_words(sql, typed);
            sql.push(")) AND name_folded LIKE ANY ((SELECT place_typos(");
            push_words(sql, typed);
            sql.push("))::text[]) AND (SELECT length(");
            push_words(sql, typed);
            sql.push(") >= ").push_bind(SHORTEST_TYPO).push(")");
        }
    }
}

/// What was typed, as it is compared.
fn push_words(sql: &mut QueryBuilder<Postgres>, typed: &Typed) {
    sql.push("place_words(").push_bind(typed.as_str().to_owned()).push(")");
}

/// The places within the circle: those of an index's rectangles, then those that are near enough.
fn push_circle(sql: &mut QueryBuilder<Postgres>, search: &Search) {
    let Some((centre, radius)) = search.circle.and_then(|circle| Some((circle.centre, f64::from(circle.radius?))))
    else {
        return;
    };
    let (first, second) = centre.rectangles(radius);
    sql.push(" AND (");
    push_rectangle(sql, first);
    if let Some(second) = second {
        sql.push(" OR ");
        push_rectangle(sql, second);
    }
    sql.push(") AND distance <= ").push_bind(radius);
}

fn push_rectangle(sql: &mut QueryBuilder<Postgres>, Rectangle { south, north, west, east }: Rectangle) {
    sql.push("point(longitude, latitude) <@ box(point(").push_bind(west).push(", ").push_bind(south);
    sql.push("), point(").push_bind(east).push(", ").push_bind(north).push("))");
}

/// The best first. A place is the likelier to be meant the more people live there and, where a point is known, the nearer
/// it is: a town around the corner comes before a city at the other end of the earth, and not before one next door.
fn push_order(sql: &mut QueryBuilder<Postgres>, search: &Search) {
    sql.push(" ORDER BY ");
    let Some(typed) = &search.typed else {
        sql.push("distance, population DESC, place_id");
        return;
    };
    sql.push("name_folded = (SELECT place_words(").push_bind(typed.as_str().to_owned()).push(")) DESC, ");
    if search.circle.is_some() {
        sql.push("population / (").push_bind(NEAR).push(" + distance) DESC, distance, place_id");
    } else {
        sql.push("population DESC, place_id");
    }
}
