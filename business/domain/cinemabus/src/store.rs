//! Cinemas in PostgreSQL: the statements, the rows, what becomes what.

use keyset::Keyset;
use paging::{Direction, Key, Keys, OrderBy, Page, Slice};
use sqldb::Db;
use sqlx::{Postgres, QueryBuilder};
use types::{CinemaId, Timestamp, Version};
use uuid::Uuid;

use crate::Error;
use crate::filter::{OrderField, QueryFilter};
use crate::geo::{Latitude, Longitude};
use crate::model::{Address, Cinema, Name, Screens, UpdateCinema};
use crate::places::PlaceId;

/// Where cinemas are kept.
#[derive(Clone)]
pub(crate) struct Store {
    db: Db,
}

/// A row, with what places it in an order.
#[derive(sqlx::FromRow)]
struct Row {
    cinema_id: Uuid,
    name: String,
    address: String,
    place: i32,
    latitude: f64,
    longitude: f64,
    screens: i32,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
    name_folded: String,
}

/// One term of an order: a field, the expression that an index holds for it, and its direction.
struct Term {
    field: OrderField,
    sql: &'static str,
    direction: Direction,
}

/// The columns of a [`Row`]. Never `*`: a prepared `SELECT *` breaks when a migration adds a column.
macro_rules! columns {
    () => {
        "cinema_id, name, address, place, latitude, longitude, screens, version, created_at, \
         updated_at, name_folded"
    };
}

impl Store {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    pub(crate) async fn create(&self, cinema: &Cinema) -> Result<(), Error> {
        const SQL: &str = "
            INSERT INTO cinemas (cinema_id, name, address, place, latitude, longitude, screens, version, created_at,
                updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let insert = sqlx::query(SQL)
            .bind(cinema.id.uuid())
            .bind(cinema.name.as_str())
            .bind(cinema.address.as_str())
            .bind(cinema.place.number())
            .bind(cinema.latitude.degrees())
            .bind(cinema.longitude.degrees())
            .bind(cinema.screens.number())
            .bind(cinema.version.number())
            .bind(cinema.created_at)
            .bind(cinema.updated_at);
        self.db.execute(insert).await.map_err(meaning)?;
        Ok(())
    }

    /// Changes the cinema and answers it as it is now; `None` when none has the id and the version of `cinema`.
    ///
    /// Only what the update names is written: a column that this release can't read keeps its value.
    pub(crate) async fn update(&self, cinema: &Cinema, update: UpdateCinema) -> Result<Option<Cinema>, Error> {
        // A clock may run behind the one that wrote before it; a row is never older after a change.
        const SQL: &str = concat!(
            "UPDATE cinemas SET
                name = coalesce($3, name),
                address = coalesce($4, address),
                place = coalesce($5, place),
                latitude = coalesce($6, latitude),
                longitude = coalesce($7, longitude),
                screens = coalesce($8, screens),
                version = version + 1,
                updated_at = greatest(updated_at, $9)
            WHERE cinema_id = $1 AND version = $2
            RETURNING ",
            columns!()
        );
        let change = sqlx::query_as::<_, Row>(SQL)
            .bind(cinema.id.uuid())
            .bind(cinema.version.number())
            .bind(update.name.as_ref().map(Name::as_str))
            .bind(update.address.as_ref().map(Address::as_str))
            .bind(update.place.map(PlaceId::number))
            .bind(update.latitude.map(Latitude::degrees))
            .bind(update.longitude.map(Longitude::degrees))
            .bind(update.screens.map(Screens::number))
            .bind(types::now());
        let row = self.db.fetch_optional(change).await.map_err(meaning)?;
        Ok(row.map(Cinema::from))
    }

    /// Removes the cinema and answers it as it was; `None` when none has the id, or it has
    /// another version than `expected`.
    pub(crate) async fn delete(&self, cinema_id: CinemaId, expected: Option<Version>) -> Result<Option<Cinema>, Error> {
        const SQL: &str = concat!(
            "DELETE FROM cinemas
            WHERE cinema_id = $1 AND version = coalesce($2, version)
            RETURNING ",
            columns!()
        );
        let delete = sqlx::query_as::<_, Row>(SQL).bind(cinema_id.uuid()).bind(expected.map(Version::number));
        match self.db.fetch_optional(delete).await {
            Ok(row) => Ok(row.map(Cinema::from)),
            // Of all constraints a delete can only violate the keys that refer to the row.
            Err(sqldb::Error::Violates { .. }) => Err(Error::InUse),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn query(
        &self,
        filter: &QueryFilter,
        order_by: &OrderBy<OrderField>,
        page: &Page,
        total: Option<u64>,
    ) -> Result<Slice<Cinema>, sqldb::Error> {
        let terms = terms(order_by);
        let order = terms.iter().map(|term| (term.sql, term.direction));
        let keyset = Keyset::new(order, "cinema_id", order_by.tie_break());
        let mut sql = QueryBuilder::new(concat!("SELECT ", columns!(), " FROM cinemas"));
        push_filter(&mut sql, filter);
        if let Some(keys) = page.after() {
            keyset.push_after(&mut sql, keys);
        }
        keyset.push_order(&mut sql);
        sql.push(" LIMIT ").push_bind(page.fetch()).push(" OFFSET ").push_bind(page.offset());
        let rows = self.db.fetch_all(sql.build_query_as::<Row>()).await?;
        Ok(Slice::cut(rows, page, total, |row| row.keys(&terms)).map(Cinema::from))
    }

    pub(crate) async fn query_by_id(&self, cinema_id: CinemaId) -> Result<Option<Cinema>, sqldb::Error> {
        const SQL: &str = concat!("SELECT ", columns!(), " FROM cinemas WHERE cinema_id = $1");
        let row = self.db.fetch_optional(sqlx::query_as::<_, Row>(SQL).bind(cinema_id.uuid())).await?;
        Ok(row.map(Cinema::from))
    }

    pub(crate) async fn count(&self, filter: &QueryFilter) -> Result<u64, sqldb::Error> {
        let mut sql = QueryBuilder::new("SELECT count(*) FROM cinemas");
        push_filter(&mut sql, filter);
        let (count,) = self.db.fetch_one(sql.build_query_as::<(i64,)>()).await?;
        Ok(count.unsigned_abs())
    }
}

impl Row {
    /// The row's place in the order of `terms`.
    fn keys(&self, terms: &[Term]) -> Keys {
        let key = |term: &Term| match term.field {
            OrderField::Name => Key::Text(self.name_folded.clone()),
            OrderField::Screens => Key::Int(self.screens.into()),
            OrderField::CreatedAt => Key::Time(self.created_at),
        };
        Keys { values: terms.iter().map(key).collect(), id: self.cinema_id }
    }
}

impl From<Row> for Cinema {
    fn from(row: Row) -> Self {
        Self {
            id: CinemaId::restore(row.cinema_id),
            name: Name::restore(row.name),
            address: Address::restore(row.address),
            place: PlaceId::restore(row.place),
            latitude: Latitude::restore(row.latitude),
            longitude: Longitude::restore(row.longitude),
            screens: Screens::restore(row.screens),
            version: Version::restore(row.version),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// What a violated constraint means for cinemas.
fn meaning(error: sqldb::Error) -> Error {
    match error {
        sqldb::Error::Violates { ref constraint } if constraint == "cinemas_place_fkey" => Error::UnknownPlace,
        other => Error::Store(other),
    }
}

/// The terms of an order. The expressions are those of the indexes in the migrations, to the letter.
fn terms(order_by: &OrderBy<OrderField>) -> Vec<Term> {
    let term = |&(field, direction): &(OrderField, Direction)| {
        let sql = match field {
            OrderField::Name => "name_folded",
            OrderField::Screens => "screens",
            OrderField::CreatedAt => "created_at",
        };
        Term { field, sql, direction }
    };
    order_by.terms().iter().map(term).collect()
}

fn push_filter(sql: &mut QueryBuilder<Postgres>, filter: &QueryFilter) {
    // Makes the conditions that follow uniform.
    sql.push(" WHERE true");
    if let Some(search) = &filter.search {
        push_search(sql, search.as_str());
    }
    if let Some(place) = filter.place {
        sql.push(" AND place = ").push_bind(place.number());
    }
    if let Some(least) = filter.latitude_from {
        sql.push(" AND latitude >= ").push_bind(least.degrees());
    }
    if let Some(most) = filter.latitude_to {
        sql.push(" AND latitude <= ").push_bind(most.degrees());
    }
    if let Some(least) = filter.longitude_from {
        sql.push(" AND longitude >= ").push_bind(least.degrees());
    }
    if let Some(most) = filter.longitude_to {
        sql.push(" AND longitude <= ").push_bind(most.degrees());
    }
    if let Some(least) = filter.screens_from {
        sql.push(" AND screens >= ").push_bind(least);
    }
    if let Some(most) = filter.screens_to {
        sql.push(" AND screens <= ").push_bind(most);
    }
}

/// The cinemas that have all of the words; where none has them, those whose words resemble them.
///
/// As an array, which is found before any row is looked at: of a subquery the planner may make a loop that searches anew
/// for each row that the other filters leave.
fn push_search(sql: &mut QueryBuilder<Postgres>, typed: &str) {
    let typed = typed.to_owned();
    let exact = "SELECT cinema_id FROM cinemas WHERE search_vector @@ prefix_query(";
    sql.push(" AND cinema_id = ANY (ARRAY(").push(exact).push_bind(typed.clone()).push(")");
    sql.push(" UNION ALL SELECT cinemas_resembling(").push_bind(typed.clone()).push(") WHERE NOT EXISTS (");
    sql.push(exact).push_bind(typed).push(")");
    sql.push(")))");
}
