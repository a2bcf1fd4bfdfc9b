//! One announcement of a domain.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use types::Timestamp;
use uuid::Uuid;

/// How many parts the events have that are each handed on in order. All events of a row are in one of them.
pub const PARTITIONS: usize = 8;

/// What happened to a row, as its domain announced it. Serialized it is the message that a broker carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Event {
    /// Names the event wherever it turns up: who gets it twice knows by this.
    #[serde(rename = "id")]
    pub event_id: Uuid,
    /// Its place in the one order in which events are handed on. There are gaps for whoever does not get all.
    // check: never null: only events that have their place are handed on.
    pub position: i64,
    /// The part it belongs to, 0 to 7.
    pub partition: i16,
    /// What changed, such as `movie`.
    pub entity: String,
    /// Which one.
    pub entity_id: Uuid,
    /// Its version after the change.
    pub version: i64,
    /// What happened, such as `updated`.
    pub action: String,
    /// Whose it is, where rows have owners.
    pub owner_id: Option<Uuid>,
    /// `{"fields": {"year": 2000, ..}, "changed": ["year"]}`: the public members after the change, and the names of those
    /// that changed.
    pub data: Value,
    /// The trace of the change (W3C Trace Context).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub traceparent: Option<String>,
    /// When it happened, by the clock of the process that made the change.
    pub occurred_at: Timestamp,
}
