//! The query of a list of media, and that of a link.

use mediabus::{Kind, Link, OrderField};
use request::{Field, List, Parameters, Params, Sorting, field};

/// Which media of a film to list, which part of the list, in what order.
pub(crate) struct MediumQuery {
    pub(crate) kind: Option<Kind>,
    pub(crate) list: List<OrderField>,
}

/// What makes a link: until when it is good, and what shows that it was given here.
pub(crate) struct LinkQuery(pub(crate) Link);

static SORTING: Sorting<OrderField> =
    Sorting { fields: &[("created_at", OrderField::CreatedAt)], default: &mediabus::DEFAULT_ORDER };

static KIND: Field<Kind> = field::enumeration(&["poster", "trailer"], |text| Ok(Kind::parse(text)?));

static EXPIRES: Field<i64> = field::integer(0..=253_402_300_799, Ok)
    .describe("Until when the link is good, in seconds of Unix time.")
    .example("1800000000");

static SIGNATURE: Field<String> = field::line(1..=200, |text| Ok(text.to_owned()))
    .describe("Shows that the link was given by this API, for this medium and time, for reading.")
    .example("bGlrZSBhbnkgb3RoZXIgdGV4dCBvZiBiYXNlNjR1cmw");

impl Parameters for MediumQuery {
    fn read(params: &mut Params<'_>) -> Option<Self> {
        let kind = params.optional("kind", &KIND);
        let list = params.list(&SORTING);
        Some(Self { kind: kind?, list: list? })
    }
}

impl Parameters for LinkQuery {
    fn read(params: &mut Params<'_>) -> Option<Self> {
        let expires = params.required("expires", &EXPIRES);
        let signature = params.required("signature", &SIGNATURE);
        Some(Self(Link { expires: expires?, signature: signature? }))
    }
}
