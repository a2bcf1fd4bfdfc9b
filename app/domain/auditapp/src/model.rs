//! Audits as JSON, with the only conversions from the business.

use chrono::SecondsFormat;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// What one change left behind.
#[derive(Serialize, ToSchema)]
pub(crate) struct Audit {
    /// Also the id of the event of the same change.
    id: Uuid,
    /// When, to the millisecond.
    #[schema(format = DateTime)]
    occurred_at: String,
    actor: Actor,
    /// What kind of row, such as `movie`.
    entity: String,
    /// Which row.
    entity_id: Uuid,
    /// What happened to it, such as `updated`.
    action: String,
    /// The version of the row after that; the last one when it is gone.
    version: i64,
    /// How the row differs from before, by the names of its members.
    #[schema(value_type = std::collections::BTreeMap<String, Difference>)]
    difference: Value,
    /// The trace under which it happened, in the logs and traces of the service.
    #[schema(required = true, min_length = 32, max_length = 32)]
    trace_id: Option<String>,
    /// The address of the client.
    #[schema(required = true)]
    address: Option<String>,
}

/// Who made a change.
#[derive(Serialize, ToSchema)]
pub(crate) struct Actor {
    /// Someone who did not say who they are; a user; the person at the command line; a part of the product.
    #[schema(pattern = "^(anonymous|user|operator|system)$")]
    kind: &'static str,
    /// The user, who may be gone by now.
    #[schema(required = true)]
    id: Option<Uuid>,
    /// What it is called, if it is no user.
    #[schema(required = true)]
    name: Option<String>,
}

/// How a member of a row differs from before.
#[derive(Serialize, ToSchema)]
pub(crate) struct Difference {
    /// Its value before; null where there was none.
    before: Option<Value>,
    /// Its value after; null where there is none.
    after: Option<Value>,
    /// It says something of a person.
    #[schema(nullable = false)]
    personal: Option<bool>,
    /// Its values are gone, together with the person that they told of.
    #[schema(nullable = false)]
    erased: Option<bool>,
    /// It changed, and nobody may see its values.
    #[schema(nullable = false)]
    changed: Option<bool>,
}

impl From<auditbus::Audit> for Audit {
    fn from(audit: auditbus::Audit) -> Self {
        Self {
            id: audit.id.uuid(),
            occurred_at: audit.occurred_at.to_rfc3339_opts(SecondsFormat::Micros, true),
            actor: Actor {
                kind: audit.actor.kind().as_str(),
                id: audit.actor.user_id().map(types::UserId::uuid),
                name: audit.actor.name().map(str::to_owned),
            },
            entity: audit.entity,
            entity_id: audit.entity_id,
            action: audit.action,
            version: audit.version.number(),
            difference: audit.difference,
            trace_id: audit.trace_id,
            address: audit.address.map(|address| address.to_string()),
        }
    }
}
