//! The query of a list of entries.

use request::{Field, List, Parameters, Params, Sorting, field};
use types::Timestamp;
use walletbus::{OrderField, QueryFilter, Reason};

use crate::model::{CURRENCY, REASONS};

/// Which entries to list, which part of the list, in what order.
pub(crate) struct EntryQuery {
    pub(crate) filter: QueryFilter,
    pub(crate) list: List<OrderField>,
}

static SORTING: Sorting<OrderField> =
    Sorting { fields: &[("created_at", OrderField::CreatedAt)], default: &walletbus::DEFAULT_ORDER };

static REASON: Field<Reason> = field::enumeration(REASONS, |text| Ok(Reason::parse(text)?));

static MOMENT: Field<Timestamp> = field::timestamp().example("2026-01-01T00:00:00Z");

impl Parameters for EntryQuery {
    fn read(params: &mut Params<'_>) -> Option<Self> {
        let reason = params.optional("reason", &REASON);
        let currency = params.optional("currency", &CURRENCY);
        let created_from = params.optional("created_from", &MOMENT);
        let created_before = params.optional("created_before", &MOMENT);
        let list = params.list(&SORTING);
        let filter = QueryFilter {
            reason: reason?,
            currency: currency?,
            created_from: created_from?,
            created_before: created_before?,
        };
        Some(Self { filter, list: list? })
    }
}
