//! Places of a file brought in, batch by batch: the cities of GeoNames, as `zarf/data` has them.

use std::fmt::Display;
use std::str::FromStr;

use cinemabus::places::{Business, Country, Place, PlaceId, PlaceName};
use cinemabus::{Latitude, Longitude, Point};
use csv::StringRecord;
use serde::Serialize;
use sqldb::Db;
use tokio_util::sync::CancellationToken;
use types::UserId;

use crate::film::Reason;
use crate::import::{Ended, Watch};
use crate::seed::{Failure, Seed};

/// The cities and towns of 15,000 people or more, as `zarf/data/cities.csv` has them.
pub const CITIES: &[u8] = include_bytes!("../../../../zarf/data/cities.csv");

/// The cities of `zarf/data`, where not all of them are there.
pub const PLACES: Seed = Seed { name: "places", fill: |db, owner| Box::pin(fill(db, owner)) };

/// Places in one transaction, which takes a tenth of a second.
pub const BATCH: usize = 5_000;

/// The columns of the file, in any order.
const COLUMNS: [&str; 8] =
    ["geoname_id", "name", "country_code", "admin1", "latitude", "longitude", "population", "timezone"];

/// What became of the rows so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlacesTally {
    /// Rows read.
    pub rows: u64,
    /// Places that are new.
    pub created: u64,
    /// Places that were different before.
    pub updated: u64,
    /// Rows that are no place.
    pub rejected: u64,
}

/// A row that is no place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RejectedPlace {
    /// The line on which the row begins, counted from 1.
    pub line: u64,
    /// Every reason.
    pub reasons: Vec<Reason>,
}

/// Why an import of places ended before the file did. What was committed stays, and a repetition changes nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum PlacesError {
    /// The file has no such column.
    #[error("the first line names no column {0}")]
    Column(&'static str),
    /// The file is no CSV.
    #[error("the file is no CSV in UTF-8")]
    Read(#[from] csv::Error),
    /// A batch could not be written.
    #[error("a batch of places could not be written")]
    Write(#[from] cinemabus::places::Error),
}

/// Brings the places of `source` in, a CSV (RFC 4180) with a line of names. `stop` ends it at the border of a batch.
///
/// # Errors
/// See [`PlacesError`]; what is committed by then is in the tally of the last [`Watch::committed`].
pub async fn import_places(
    places: &Business,
    source: &[u8],
    batch: usize,
    watch: &mut dyn Watch<RejectedPlace, PlacesTally>,
    stop: &CancellationToken,
) -> Result<Ended, PlacesError> {
    let mut reader = csv::Reader::from_reader(source);
    let columns = columns(reader.headers()?)?;
    let (mut row, mut read, mut tally) = (StringRecord::new(), Vec::with_capacity(batch), PlacesTally::default());
    let mut lines = Lines { source, position: 0, line: 1 };
    loop {
        let is_there = reader.read_record(&mut row)?;
        if is_there {
            tally.rows += 1;
            match (Reading { row: &row, columns, reasons: Vec::new() }.place()) {
                Ok(place) => read.push(place),
                Err(reasons) => {
                    let line = lines.line_of(row.position().map_or(0, csv::Position::byte));
                    tally.rejected += 1;
                    watch.rejected(RejectedPlace { line, reasons });
                }
            }
        }
        if read.len() == batch || !is_there {
            if stop.is_cancelled() {
                return Ok(Ended::Stopped);
            }
            let imported = places.import(&read).await?;
            tally.created += imported.created;
            tally.updated += imported.updated;
            read.clear();
            watch.committed(&tally, reader.position().byte());
        }
        if !is_there {
            return Ok(Ended::File);
        }
    }
}

/// Adds the cities of `zarf/data` unless as many places are there: to bring them in again costs a second, to count them
/// some milliseconds.
///
/// # Errors
/// See [`PlacesError`].
pub async fn places(places: &Business, stop: &CancellationToken) -> Result<PlacesTally, PlacesError> {
    let mut tally = Last::default();
    // One row a line, after the line of names.
    let rows = CITIES.iter().filter(|byte| **byte == b'\n').count() as u64 - 1;
    if places.count().await? < rows {
        import_places(places, CITIES, BATCH, &mut tally, stop).await?;
    }
    Ok(tally.0)
}

/// Keeps the tally, and nothing else: in the cities of `zarf/data` every row is a place.
#[derive(Default)]
struct Last(PlacesTally);

impl Watch<RejectedPlace, PlacesTally> for Last {
    fn rejected(&mut self, _: RejectedPlace) {}

    fn committed(&mut self, tally: &PlacesTally, _: u64) {
        self.0 = *tally;
    }
}

async fn fill(db: Db, _: UserId) -> Result<u64, Failure> {
    Ok(places(&Business::new(db), &CancellationToken::new()).await?.created)
}

/// Where each of [`COLUMNS`] is.
fn columns(names: &StringRecord) -> Result<[usize; 8], PlacesError> {
    let mut places = [0; 8];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        *place = names.iter().position(|name| name == column).ok_or(PlacesError::Column(column))?;
    }
    Ok(places)
}

/// Counts lines. The reader's own count is one behind where lines end with a carriage return, too.
struct Lines<'s> {
    source: &'s [u8],
    position: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the row that the reader begins at this byte; no earlier one is asked for later.
    fn line_of(&mut self, byte: u64) -> u64 {
        let begins = usize::try_from(byte).unwrap_or(usize::MAX).min(self.source.len());
        let ends = self.source[begins..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = self.source.get(self.position..begins + ends).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.position = begins + ends;
        self.line
    }
}

/// A row that is being read.
struct Reading<'r> {
    row: &'r StringRecord,
    columns: [usize; 8],
    reasons: Vec<Reason>,
}

impl Reading<'_> {
    fn place(mut self) -> Result<Place, Vec<Reason>> {
        let id = self.number(0).and_then(|number| self.check(0, PlaceId::parse(number)));
        let name = self.check(1, PlaceName::parse(self.text(1)));
        let country = self.check(2, Country::parse(self.text(2)));
        let admin1 = match self.text(3) {
            "" => Some(None),
            code => self.check(3, types::line(code, 20)).map(Some),
        };
        let latitude = self.number(4).and_then(|degrees| self.check(4, Latitude::parse(degrees)));
        let longitude = self.number(5).and_then(|degrees| self.check(5, Longitude::parse(degrees)));
        let population = self.number(6).and_then(|number: u32| self.check(6, i32::try_from(number)));
        let time_zone = self.check(7, types::line(self.text(7), 64));
        let read = || {
            let point = Point { latitude: latitude?, longitude: longitude? };
            let (id, name, country, admin1) = (id?, name?, country?, admin1?);
            Some(Place { id, name, country, admin1, point, population: population?, time_zone: time_zone? })
        };
        read().ok_or(self.reasons)
    }

    fn text(&self, column: usize) -> &str {
        self.row.get(self.columns[column]).unwrap_or_default()
    }

    fn number<T: FromStr<Err: Display>>(&mut self, column: usize) -> Option<T> {
        self.check(column, self.text(column).parse())
    }

    fn check<T, E: Display>(&mut self, column: usize, parsed: Result<T, E>) -> Option<T> {
        let detail = match parsed {
            Ok(value) => return Some(value),
            Err(error) => error.to_string(),
        };
        self.reasons.push(Reason { member: COLUMNS[column], detail });
        None
    }
}
