//! Cinemas that a development machine starts with.

use cinemabus::places::PlaceId;
use cinemabus::{Address, Business, Latitude, Longitude, Name, NewCinema, QueryFilter, Screens};
use seeding::{Failure, Seed};
use sqldb::Db;
use types::UserId;

/// Three cinemas, where there is none yet. Their places have to be there.
pub const SEED: Seed = Seed { name: "cinemas", fill: |db, owner| Box::pin(fill(db, owner)) };

/// Name, address, the id of the place, latitude, longitude, screens.
const CINEMAS: [(&str, &str, i32, f64, f64, i32); 3] = [
    ("Riffraff", "Neugasse 57", 2_657_896, 47.3825, 8.5285, 4),
    ("Zoo Palast", "Hardenbergstraße 29a", 2_950_159, 52.5065, 13.3376, 7),
    ("Prince Charles Cinema", "7 Leicester Place", 2_643_743, 51.5115, -0.1302, 2),
];

async fn fill(db: Db, _: UserId) -> Result<u64, Failure> {
    let cinemas = Business::new(db);
    if cinemas.count(&QueryFilter::default()).await? > 0 {
        return Ok(0);
    }
    for (name, address, place, latitude, longitude, screens) in CINEMAS {
        let new = NewCinema {
            name: Name::restore(name.to_owned()),
            address: Address::restore(address.to_owned()),
            place: PlaceId::restore(place),
            latitude: Latitude::restore(latitude),
            longitude: Longitude::restore(longitude),
            screens: Screens::restore(screens),
        };
        cinemas.create(new).await?;
    }
    Ok(CINEMAS.len() as u64)
}
