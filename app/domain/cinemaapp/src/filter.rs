//! The query of a list of cinemas.

use cinemabus::places::PlaceId;
use cinemabus::{OrderField, QueryFilter, Screens, Search};
use request::{Field, List, Parameters, Params, Sorting, field};

use crate::model::{LATITUDE, LONGITUDE};

/// Which cinemas to list, which part of the list, in what order.
pub(crate) struct CinemaQuery {
    pub(crate) filter: QueryFilter,
    pub(crate) list: List<OrderField>,
}

static SORTING: Sorting<OrderField> = Sorting {
    fields: &[("name", OrderField::Name), ("screens", OrderField::Screens), ("created_at", OrderField::CreatedAt)],
    default: &cinemabus::DEFAULT_ORDER,
};

static SEARCH: Field<Search> = field::line(1..=Search::MAX, |text| Ok(Search::parse(text)?))
    .describe(
        "Words that begin words of the name, accents and case aside. When none has them all: those that \
         resemble them, so that typing errors are forgiven.",
    )
    .example("riffraff");

static PLACE: Field<PlaceId> =
    field::integer(PlaceId::MIN as i64..=PlaceId::MAX as i64, |number| Ok(PlaceId::parse(number)?))
        .describe("Is in the place with this id.")
        .example("2657896");

static SCREENS: Field<i32> =
    field::integer(Screens::MIN as i64..=Screens::MAX as i64, |number| Ok(i32::try_from(number)?)).example("4");

impl Parameters for CinemaQuery {
    fn read(params: &mut Params<'_>) -> Option<Self> {
        let search = params.optional("q", &SEARCH);
        let place = params.optional("place", &PLACE);
        let latitude_from = params.optional("latitude_from", &LATITUDE);
        let latitude_to = params.optional("latitude_to", &LATITUDE);
        let longitude_from = params.optional("longitude_from", &LONGITUDE);
        let longitude_to = params.optional("longitude_to", &LONGITUDE);
        let screens_from = params.optional("screens_from", &SCREENS);
        let screens_to = params.optional("screens_to", &SCREENS);
        let list = params.list(&SORTING);
        let filter = QueryFilter {
            search: search?,
            place: place?,
            latitude_from: latitude_from?,
            latitude_to: latitude_to?,
            longitude_from: longitude_from?,
            longitude_to: longitude_to?,
            screens_from: screens_from?,
            screens_to: screens_to?,
        };
        Some(Self { filter, list: list? })
    }
}
