//! Cinemas as JSON, with the only conversions to and from the business.

use cinemabus::places::PlaceId;
use cinemabus::{Address, Latitude, Longitude, Name, Screens};
use mux::reply::rfc3339;
use request::{Body, Field, Object, field};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A cinema.
#[derive(Serialize, ToSchema)]
pub(crate) struct Cinema {
    id: Uuid,
    name: String,
    address: String,
    /// The id of the place that it is in, as locations have it.
    place: i32,
    /// In degrees, the north positive.
    latitude: f64,
    /// In degrees, the east positive.
    longitude: f64,
    screens: i32,
    /// One more after every change; the entity tag is made of it.
    version: i64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// The body that adds a cinema.
#[derive(Clone)]
pub(crate) struct NewCinema(cinemabus::NewCinema);

/// The merge patch that changes a cinema.
pub(crate) struct UpdateCinema {
    /// The update.
    update: cinemabus::UpdateCinema,
}

static NAME: Field<Name> = field::line(1..=Name::MAX, |text| Ok(Name::parse(text)?)).example("Riffraff");

static ADDRESS: Field<Address> = field::line(1..=Address::MAX, |text| Ok(Address::parse(text)?)).example("Neugasse 57");

static PLACE: Field<PlaceId> =
    field::integer(PlaceId::MIN as i64..=PlaceId::MAX as i64, |number| Ok(PlaceId::parse(number)?))
        .describe("The id of the place that it is in, as locations have it.")
        .example("2657896");

pub(crate) static LATITUDE: Field<Latitude> =
    field::number(Latitude::MIN..=Latitude::MAX, |degrees| Ok(Latitude::parse(degrees)?))
        .describe("In degrees (WGS 84), the north positive.")
        .example("47.3825");

pub(crate) static LONGITUDE: Field<Longitude> =
    field::number(Longitude::MIN..=Longitude::MAX, |degrees| Ok(Longitude::parse(degrees)?))
        .describe("In degrees (WGS 84), the east positive.")
        .example("8.5285");

static SCREENS: Field<Screens> =
    field::integer(Screens::MIN as i64..=Screens::MAX as i64, |number| Ok(Screens::parse(number)?)).example("4");

impl Body for NewCinema {
    const NAME: &'static str = "NewCinema";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let name = object.required("name", &NAME);
        let address = object.required("address", &ADDRESS);
        let place = object.required("place", &PLACE);
        let latitude = object.required("latitude", &LATITUDE);
        let longitude = object.required("longitude", &LONGITUDE);
        let screens = object.required("screens", &SCREENS);
        Some(Self(cinemabus::NewCinema {
            name: name?,
            address: address?,
            place: place?,
            latitude: latitude?,
            longitude: longitude?,
            screens: screens?,
        }))
    }
}

impl Body for UpdateCinema {
    const NAME: &'static str = "UpdateCinema";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let name = object.patch("name", &NAME);
        let address = object.patch("address", &ADDRESS);
        let place = object.patch("place", &PLACE);
        let latitude = object.patch("latitude", &LATITUDE);
        let longitude = object.patch("longitude", &LONGITUDE);
        let screens = object.patch("screens", &SCREENS);
        let update = cinemabus::UpdateCinema {
            name: name?,
            address: address?,
            place: place?,
            latitude: latitude?,
            longitude: longitude?,
            screens: screens?,
        };
        Some(Self { update })
    }
}

impl From<NewCinema> for cinemabus::NewCinema {
    fn from(NewCinema(new): NewCinema) -> Self {
        new
    }
}

impl From<UpdateCinema> for cinemabus::UpdateCinema {
    fn from(patch: UpdateCinema) -> Self {
        patch.update
    }
}

impl From<&cinemabus::Cinema> for Cinema {
    fn from(cinema: &cinemabus::Cinema) -> Self {
        Self {
            id: cinema.id.uuid(),
            name: cinema.name.as_str().to_owned(),
            address: cinema.address.as_str().to_owned(),
            place: cinema.place.number(),
            latitude: cinema.latitude.degrees(),
            longitude: cinema.longitude.degrees(),
            screens: cinema.screens.number(),
            version: cinema.version.number(),
            created_at: rfc3339(cinema.created_at),
            updated_at: rfc3339(cinema.updated_at),
        }
    }
}
