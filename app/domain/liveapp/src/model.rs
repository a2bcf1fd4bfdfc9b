//! Messages as JSON, with the only conversions to and from them.

use apierror::ApiError;
use problem::Problem;
use request::{Body, Field, Object, field};
use serde::Serialize;
use uuid::Uuid;

use crate::topic::Topic;

/// The most topics that one message may name, whatever the settings allow a connection.
const TOPICS: usize = 100;

/// A message of a client.
pub(crate) enum Request {
    /// Says who they are, or that they still are.
    Authenticate(Box<str>),
    /// Subscribes to topics, behind an event where one is named.
    Subscribe(Vec<Topic>, Option<Uuid>),
    /// Takes subscriptions back.
    Unsubscribe(Vec<Topic>),
}

/// A message to a client, other than an event.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Message {
    /// The token was good.
    Authenticated { user_id: Uuid },
    /// From here on events come as they happen.
    Subscribed { topics: Vec<String>, last_event_id: Option<Uuid> },
    /// No further events of these topics, beside those on their way.
    Unsubscribed { topics: Vec<String> },
    /// What was missed is not known any more: what was read has to be read again.
    Reset { topics: Vec<String> },
    /// A message was refused.
    Error { problem: Box<Problem> },
    /// The stream ends.
    End { reason: &'static str },
}

#[derive(Clone, Copy)]
enum Kind {
    Authenticate,
    Subscribe,
    Unsubscribe,
}

static KIND: Field<Kind> = field::enumeration(&["authenticate", "subscribe", "unsubscribe"], |text| {
    Ok(match text {
        "authenticate" => Kind::Authenticate,
        "subscribe" => Kind::Subscribe,
        _ => Kind::Unsubscribe,
    })
});

static TOKEN: Field<Box<str>> = field::text(1..=8192, |text| Ok(text.into())).secret();

pub(crate) static TOPIC: Field<Topic> = field::text(2..=Topic::MAX, |text| Ok(Topic::parse(text)?)).example("movies");

static TOPIC_SET: Field<Vec<Topic>> = field::set(&TOPIC, 1..=TOPICS);

static EVENT_ID: Field<Uuid> = field::uuid();

impl Body for Request {
    const NAME: &'static str = "LiveRequest";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let kind = object.required("type", &KIND);
        let token = object.nullable("token", &TOKEN);
        let topics = object.nullable("topics", &TOPIC_SET);
        let after = object.nullable("after", &EVENT_ID);
        let (kind, token, topics, after) = (kind?, token?, topics?, after?);
        match (kind, token, topics, after) {
            (Kind::Authenticate, Some(token), None, None) => return Some(Self::Authenticate(token)),
            (Kind::Subscribe, None, Some(topics), after) => return Some(Self::Subscribe(topics, after)),
            (Kind::Unsubscribe, None, Some(topics), None) => return Some(Self::Unsubscribe(topics)),
            (Kind::Authenticate, None, ..) => object.refuse("token", "is required"),
            (Kind::Authenticate, _, Some(_), _) => object.refuse("topics", "has no place in this message"),
            (Kind::Subscribe | Kind::Unsubscribe, Some(_), ..) => {
                object.refuse("token", "has no place in this message")
            }
            (Kind::Subscribe | Kind::Unsubscribe, _, None, _) => object.refuse("topics", "is required"),
            (Kind::Authenticate | Kind::Unsubscribe, .., Some(_)) => {
                object.refuse("after", "has no place in this message");
            }
        }
        None
    }
}

impl Message {
    pub(crate) fn error(error: &ApiError) -> Self {
        Self::Error { problem: Box::new(error.problem(None, None)) }
    }

    /// As text.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// As an event of an event stream, named after its type; whoever comes back with `id` has had all before it.
    pub(crate) fn to_event(&self, id: Option<Uuid>) -> String {
        let name = match self {
            Self::Authenticated { .. } => "authenticated",
            Self::Subscribed { .. } => "subscribed",
            Self::Unsubscribed { .. } => "unsubscribed",
            Self::Reset { .. } => "reset",
            Self::Error { .. } => "error",
            Self::End { .. } => "end",
        };
        let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
        format!("{id}event: {name}\ndata: {}\n\n", self.to_json())
    }
}

/// The texts of topics.
pub(crate) fn names(topics: &[Topic]) -> Vec<String> {
    topics.iter().map(Topic::to_string).collect()
}
