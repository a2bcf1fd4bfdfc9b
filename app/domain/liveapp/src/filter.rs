//! The query of an event stream.

use std::time::Duration;

use request::{Field, Parameters, Params, field};
use uuid::Uuid;

use crate::model::TOPIC;
use crate::topic::Topic;

/// What to hear of, from where on, for how long.
pub(crate) struct EventQuery {
    pub(crate) topics: Vec<Topic>,
    pub(crate) last_event_id: Option<Uuid>,
    pub(crate) limit: Option<Duration>,
}

static TOPICS: Field<Vec<Topic>> = field::set(&TOPIC, 1..=100)
    .describe("`movies`, `movies/{id}`, `orders/{id}` or `me`. Given several times: all of them. At least once.");

static LAST_EVENT_ID: Field<Uuid> = field::uuid()
    .describe("The id of the last event that was had: what was missed since comes first. The header field `Last-Event-ID` counts before it.")
    .example("01890a5d-ac96-774b-bcce-b302099a8057");

static SECONDS: Field<Duration> = field::integer(0..=86_400, |seconds| Ok(Duration::from_secs(seconds.unsigned_abs())))
    .describe("The stream ends after so many seconds. 0: as soon as what was missed has been sent.")
    .example("0");

impl Parameters for EventQuery {
    fn read(params: &mut Params<'_>) -> Option<Self> {
        let topics = params.repeated("topic", &TOPICS);
        let last_event_id = params.optional("last_event_id", &LAST_EVENT_ID);
        let limit = params.optional("seconds", &SECONDS);
        let (topics, last_event_id, limit) = (topics?, last_event_id?, limit?);
        if topics.is_empty() {
            params.refuse("topic", "is required");
            return None;
        }
        Some(Self { topics, last_event_id, limit })
    }
}
