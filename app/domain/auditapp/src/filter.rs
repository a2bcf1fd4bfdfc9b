//! The query of a list of audits.

use std::net::IpAddr;

use auditbus::{ActorKind, OrderField, QueryFilter, TraceId, Word};
use request::{Field, List, Parameters, Params, Refusal, Sorting, field};
use types::{Id, Timestamp, UserId};

/// Which audits to list, which part of the list, in what order.
pub(crate) struct AuditQuery {
    pub(crate) filter: QueryFilter,
    pub(crate) list: List<OrderField>,
}

static SORTING: Sorting<OrderField> =
    Sorting { fields: &[("occurred_at", OrderField::OccurredAt)], default: &auditbus::DEFAULT_ORDER };

/// The names of [`ActorKind::ALL`].
const ACTORS: &[&str] = &["anonymous", "user", "operator", "system"];

/// The pattern of [`Word::parse`], apart from the length.
const WORD: &str = "^[a-z_]+$";

/// The pattern of an address; `IpAddr` also reads one of IPv6 that ends as one of IPv4.
const ADDRESS: &str = r"^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}|([0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|([0-9A-Fa-f]{1,4}:){1,7}:|([0-9A-Fa-f]{1,4}:){1,6}:[0-9A-Fa-f]{1,4}|([0-9A-Fa-f]{1,4}:){1,5}(:[0-9A-Fa-f]{1,4}){1,2}|([0-9A-Fa-f]{1,4}:){1,4}(:[0-9A-Fa-f]{1,4}){1,3}|([0-9A-Fa-f]{1,4}:){1,3}(:[0-9A-Fa-f]{1,4}){1,4}|([0-9A-Fa-f]{1,4}:){1,2}(:[0-9A-Fa-f]{1,4}){1,5}|[0-9A-Fa-f]{1,4}:(:[0-9A-Fa-f]{1,4}){1,6}|:((:[0-9A-Fa-f]{1,4}){1,7}|:))$";

static ENTITY: Field<Word> = field::text(1..=Word::MAX, |text| Ok(Word::parse(text)?))
    .pattern(WORD)
    .describe("The kind of row that changed.")
    .example("movie");

static ENTITY_ID: Field<Id<()>> = field::id().describe("The row that changed.");

static ACTION: Field<Word> = field::text(1..=Word::MAX, |text| Ok(Word::parse(text)?))
    .pattern(WORD)
    .describe("What happened to it: `created`, `updated`, `deleted`, or another verb of its domain.")
    .example("updated");

static ACTOR: Field<ActorKind> = field::enumeration(ACTORS, |text| Ok(ActorKind::parse(text)?))
    .describe("Who changed it: someone unknown, a user, the person at the command line, or a part of the product.");

static ACTOR_ID: Field<UserId> = field::id().describe("The user who changed it.");

static TRACE_ID: Field<TraceId> = field::text(TraceId::LENGTH..=TraceId::LENGTH, |text| Ok(TraceId::parse(text)?))
    .pattern("^[0-9a-f]{32}$")
    .describe("The trace under which it changed: the `trace_id` of a problem, or of a line of the log.")
    .example("0af7651916cd43dd8448eb211c80319c");

static CLIENT: Field<IpAddr> =
    field::text(2..=45, |text| text.parse().map_err(|_| Refusal::new("must be an address of IPv4 or IPv6")))
        .pattern(ADDRESS)
        .describe("The address of the client that asked for it, of IPv4 or IPv6.")
        .example("192.0.2.1");

static FROM: Field<Timestamp> = field::timestamp().describe("It changed at this moment or later.");

static TO: Field<Timestamp> = field::timestamp().describe("It changed before this moment.");

impl Parameters for AuditQuery {
    fn read(params: &mut Params<'_>) -> Option<Self> {
        let entity = params.optional("entity", &ENTITY);
        let entity_id = params.optional("entity_id", &ENTITY_ID);
        let action = params.optional("action", &ACTION);
        let actor = params.optional("actor", &ACTOR);
        let actor_id = params.optional("actor_id", &ACTOR_ID);
        let trace_id = params.optional("trace_id", &TRACE_ID);
        let address = params.optional("address", &CLIENT);
        let from = params.optional("from", &FROM);
        let to = params.optional("to", &TO);
        let list = params.list(&SORTING);
        let filter = QueryFilter {
            entity: entity?,
            entity_id: entity_id?.map(Id::uuid),
            action: action?,
            actor: actor?,
            actor_id: actor_id?,
            trace_id: trace_id?,
            address: address?.map(|address| address.to_canonical()),
            from: from?,
            to: to?,
        };
        Some(Self { filter, list: list? })
    }
}
