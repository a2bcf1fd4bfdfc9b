//! The query of a list of users.

use request::{Field, List, Parameters, Params, Sorting, field};
use types::Role;
use userbus::{Fragment, OrderField, QueryFilter};

use crate::model::ROLE;

/// Which users to list, which part of the list, in what order.
pub(crate) struct UserQuery {
    pub(crate) filter: QueryFilter,
    pub(crate) list: List<OrderField>,
}

static SORTING: Sorting<OrderField> = Sorting {
    fields: &[("name", OrderField::Name), ("email", OrderField::Email), ("created_at", OrderField::CreatedAt)],
    default: &userbus::DEFAULT_ORDER,
};

static NAME: Field<Fragment> = field::line(1..=Fragment::MAX, |text| Ok(Fragment::parse(text)?))
    .describe("A part of the name, accents and case aside.")
    .example("ada");

static EMAIL: Field<Fragment> = field::line(1..=Fragment::MAX, |text| Ok(Fragment::parse(text)?))
    .describe("A part of the address, case aside.")
    .example("@example.com");

static ENABLED: Field<bool> = field::boolean().describe("Whether they are let sign in.");

impl Parameters for UserQuery {
    fn read(params: &mut Params<'_>) -> Option<Self> {
        let name = params.optional("name", &NAME);
        let email = params.optional("email", &EMAIL);
        let role: Option<Option<Role>> = params.optional("role", &ROLE);
        let enabled = params.optional("enabled", &ENABLED);
        let list = params.list(&SORTING);
        let filter = QueryFilter { name: name?, email: email?, role: role?, enabled: enabled? };
        Some(Self { filter, list: list? })
    }
}
