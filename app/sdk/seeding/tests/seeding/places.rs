//! The cities of the seed, and files of others.

use cinemabus::places::{Business, Search, Typed};
use dbtest::Database;
use seeding::{CITIES, Ended, PlacesError, PlacesTally, RejectedPlace, Watch, import_places, places};
use tokio_util::sync::CancellationToken;

/// What was seen of an import.
#[derive(Default)]
struct Seen {
    tally: PlacesTally,
    rejected: Vec<RejectedPlace>,
    /// How far the file was read after each batch.
    bytes: Vec<u64>,
}

impl Watch<RejectedPlace, PlacesTally> for Seen {
    fn rejected(&mut self, rejected: RejectedPlace) {
        self.rejected.push(rejected);
    }

    fn committed(&mut self, tally: &PlacesTally, bytes: u64) {
        self.tally = *tally;
        self.bytes.push(bytes);
    }
}

async fn import(places: &Business, file: &str) -> (Result<Ended, PlacesError>, Seen) {
    let mut seen = Seen::default();
    let ended = import_places(places, file.as_bytes(), 2, &mut seen, &CancellationToken::new()).await;
    (ended, seen)
}

#[tokio::test]
async fn the_cities_come_in_without_a_reject_and_are_not_brought_again() {
    let database = Database::new().await;
    let (business, stop) = (Business::new(database.db()), CancellationToken::new());
    let first = places(&business, &stop).await.unwrap();
    assert_eq!((first.rows, first.created, first.updated, first.rejected), (34_006, 34_006, 0, 0));
    assert_eq!(places(&business, &stop).await.unwrap(), PlacesTally::default());
    let quoted = Search { typed: Some(Typed::parse("Misato, Saitama").unwrap()), ..Search::default() };
    assert_eq!(business.search(&quoted, 1).await.unwrap()[0].place.name.as_str(), "Misato, Saitama");
}

#[tokio::test]
async fn a_seed_that_was_cut_short_is_completed() {
    let database = Database::new().await;
    let business = Business::new(database.db());
    let beginning: Vec<&str> = str::from_utf8(CITIES).unwrap().lines().take(100).collect();
    import(&business, &beginning.join("\n")).await.0.unwrap();
    let rest = places(&business, &CancellationToken::new()).await.unwrap();
    assert_eq!((rest.created, business.count().await.unwrap()), (34_006 - 99, 34_006));
}

#[tokio::test]
async fn a_bad_row_is_left_out_with_every_reason_and_its_line() {
    let database = Database::new().await;
    let business = Business::new(database.db());
    let file = "name,geoname_id,country_code,admin1,latitude,longitude,population,timezone,note\r\n\
                \"A, or\r\nB\",1,CH,,1.5,2.5,3,Etc/UTC,x\r\n\
                ,x,ch,,91,,-1,,x\r\n\
                C,2,CH,01,0,-0,0,Etc/UTC,\r\n\
                D,3,CH,01,0,0,0,Etc/UTC,\r\n";
    let (ended, seen) = import(&business, file).await;
    let tally = seen.tally;
    assert_eq!(ended.unwrap(), Ended::File);
    assert_eq!(seen.bytes.last(), Some(&(file.len() as u64)));
    assert!(seen.bytes.is_sorted());
    assert_eq!((tally.rows, tally.created, business.count().await.unwrap()), (4, 2, 2));
    let rejected: Vec<_> = seen.rejected.iter().map(|rejected| (rejected.line, rejected.reasons.len())).collect();
    assert_eq!(tally.rejected, 2);
    // A line break has no place in a name.
    assert_eq!(rejected, [(2, 1), (4, 7)]);
    let members: Vec<_> = seen.rejected[1].reasons.iter().map(|reason| reason.member).collect();
    assert_eq!(members, ["geoname_id", "name", "country_code", "latitude", "longitude", "population", "timezone"]);
}

#[tokio::test]
async fn a_file_of_another_kind_is_refused() {
    let database = Database::new().await;
    let business = Business::new(database.db());
    assert!(matches!(import(&business, "id,name\n1,A\n").await.0, Err(PlacesError::Column("geoname_id"))));
    let header = "geoname_id,name,country_code,admin1,latitude,longitude,population,timezone\n";
    let (ended, Seen { tally, .. }) = import(&business, &format!("{header}1,A,CH,,1,1,1,Etc/UTC\n2,B,CH\n")).await;
    assert!(matches!(ended, Err(PlacesError::Read(_))));
    assert_eq!((tally.created, business.count().await.unwrap()), (0, 0));
}

#[tokio::test]
async fn an_import_that_is_stopped_ends_with_a_whole_batch() {
    let database = Database::new().await;
    let business = Business::new(database.db());
    let stop = CancellationToken::new();
    stop.cancel();
    let mut seen = Seen::default();
    assert_eq!(import_places(&business, CITIES, 100, &mut seen, &stop).await.unwrap(), Ended::Stopped);
    assert_eq!((seen.tally.created, business.count().await.unwrap()), (0, 0));
}
