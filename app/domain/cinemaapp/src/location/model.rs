//! Locations as JSON, and what they are asked for with.

use cinemabus::places::{Circle, Country, Found, Search, Typed};
use cinemabus::{Latitude, Longitude, Point};
use request::{Body, Field, Object, Parameters, Params, field};
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::{LATITUDE, LONGITUDE};

/// A place of the world, from GeoNames (CC BY 4.0).
#[derive(Serialize, ToSchema)]
pub(crate) struct Location {
    /// The id of GeoNames.
    id: i32,
    name: String,
    /// A code of ISO 3166-1; XK is Kosovo.
    country: String,
    /// The code of the state or province within the country; null where GeoNames has none.
    #[schema(required = true)]
    admin1: Option<String>,
    /// In degrees (WGS 84), the north positive.
    latitude: f64,
    /// In degrees (WGS 84), the east positive.
    longitude: f64,
    /// How many people live there.
    population: i32,
    /// A name of the IANA time zone database.
    time_zone: String,
    /// Metres from the point that was asked for, on a sphere; null without a point.
    #[schema(required = true)]
    distance: Option<i64>,
}

/// The locations that were found, the best first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Locations {
    items: Vec<Location>,
}

/// What somebody is typing, and where they are.
pub(crate) struct LocationsQuery {
    pub(crate) search: Search,
    pub(crate) limit: u32,
}

/// The body that asks for locations.
pub(crate) struct LocationsSearch {
    pub(crate) search: Search,
    pub(crate) limit: u32,
}

/// The radius, in metres, of a point that comes without one.
const RADIUS_WITHOUT: u32 = 50_000;

static TYPED: Field<Typed> = field::line(1..=Typed::MAX, |text| Ok(Typed::parse(text)?))
    .describe(
        "What the name begins with, accents, case and punctuation aside; then what a later word of it begins with; then, \
         from four letters on, what it begins with but for one typing error.",
    )
    .example("zuri");

static COUNTRY: Field<Country> = field::text(2..=2, |text| Ok(Country::parse(text)?))
    .pattern("^[A-Z]{2}$")
    .describe("A code of ISO 3166-1; XK is Kosovo.")
    .example("CH");

static RADIUS: Field<u32> = field::integer(1..=Circle::MAX_RADIUS as i64, |metres| Ok(u32::try_from(metres)?))
    .describe("How far from the point, in metres; 50000 when it is missing.")
    .example("20000");

static FEW: Field<u32> =
    field::integer(1..=20, |number| Ok(u32::try_from(number)?)).describe("The most locations.").example("5");

static LIMIT: Field<u32> =
    field::integer(1..=100, |number| Ok(u32::try_from(number)?)).describe("The most locations.").example("5");

impl Parameters for LocationsQuery {
    fn read(params: &mut Params<'_>) -> Option<Self> {
        let typed = params.required("q", &TYPED);
        let latitude = params.optional("lat", &LATITUDE);
        let longitude = params.optional("lon", &LONGITUDE);
        let limit = params.defaulted("limit", &FEW, 10);
        let (typed, latitude, longitude, limit) = (typed?, latitude?, longitude?, limit?);
        let centre = match point(latitude, longitude) {
            Ok(centre) => centre,
            // What is read from here on is dropped.
            Err(Half::Latitude) => {
                params.refuse("lon", "is required with a latitude");
                None
            }
            Err(Half::Longitude) => {
                params.refuse("lat", "is required with a longitude");
                None
            }
        };
        let circle = centre.map(|centre| Circle { centre, radius: None });
        Some(Self { search: Search { typed: Some(typed), country: None, circle }, limit })
    }
}

impl Body for LocationsSearch {
    const NAME: &'static str = "LocationsSearch";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let typed = object.nullable("text", &TYPED);
        let latitude = object.nullable("latitude", &LATITUDE);
        let longitude = object.nullable("longitude", &LONGITUDE);
        let radius = object.nullable("radius", &RADIUS);
        let country = object.nullable("country", &COUNTRY);
        let limit = object.defaulted("limit", &LIMIT, 20);
        let (typed, latitude, longitude) = (typed?, latitude?, longitude?);
        let (radius, country, limit) = (radius?, country?, limit?);
        let centre = match point(latitude, longitude) {
            Ok(centre) => centre,
            // What is read from here on is dropped.
            Err(Half::Latitude) => {
                object.refuse("longitude", "is required with a latitude");
                None
            }
            Err(Half::Longitude) => {
                object.refuse("latitude", "is required with a longitude");
                None
            }
        };
        let is_nowhere = latitude.is_none() && longitude.is_none();
        if is_nowhere && radius.is_some() {
            object.refuse("radius", "must not be given without a latitude and a longitude");
        } else if is_nowhere && typed.is_none() {
            object.refuse("text", "is required without a latitude and a longitude");
        }
        let circle = centre.map(|centre| Circle { centre, radius: Some(radius.unwrap_or(RADIUS_WITHOUT)) });
        Some(Self { search: Search { typed, country, circle }, limit })
    }
}

impl From<Vec<Found>> for Locations {
    fn from(found: Vec<Found>) -> Self {
        Self { items: found.into_iter().map(Location::from).collect() }
    }
}

impl From<Found> for Location {
    fn from(Found { place, distance }: Found) -> Self {
        Self {
            id: place.id.number(),
            name: place.name.as_str().to_owned(),
            country: place.country.as_str().to_owned(),
            admin1: place.admin1,
            latitude: place.point.latitude.degrees(),
            longitude: place.point.longitude.degrees(),
            population: place.population,
            time_zone: place.time_zone,
            #[expect(clippy::cast_possible_truncation, reason = "half the way around the earth is 20,015,115 metres")]
            distance: distance.map(|metres| metres.round() as i64),
        }
    }
}

/// What there is of half a point.
enum Half {
    Latitude,
    Longitude,
}

fn point(latitude: Option<Latitude>, longitude: Option<Longitude>) -> Result<Option<Point>, Half> {
    match (latitude, longitude) {
        (Some(latitude), Some(longitude)) => Ok(Some(Point { latitude, longitude })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(Half::Latitude),
        (None, Some(_)) => Err(Half::Longitude),
    }
}
