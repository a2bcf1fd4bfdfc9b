//! An event as it is shown, written once.

use std::sync::OnceLock;

use bytes::{BufMut as _, Bytes, BytesMut};
use chrono::SecondsFormat;
use events::Event;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

/// What is shown of the events of an entity.
#[derive(Clone, Copy, Debug)]
pub struct Entity {
    /// Its name in events.
    pub name: &'static str,
    /// The first segment of its topics; none where only owners hear of it.
    pub topic: Option<&'static str>,
    /// Whether there is a topic of all its rows.
    pub is_listed: bool,
    /// The members that are shown: whoever may subscribe reads no less by GET.
    pub members: &'static [&'static str],
}

/// What one subscribes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The entity, by its name in events.
    pub entity: &'static str,
    /// Which of its events.
    pub of: Of,
}

/// Which events of an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Of {
    /// All.
    All,
    /// Those of a row.
    Row(Uuid),
    /// Those of the rows of a user.
    Owner(Uuid),
}

/// An event as it is shown.
#[derive(Debug)]
pub struct Item {
    /// Its place in the order.
    pub position: i64,
    /// Its id.
    pub id: Uuid,
    /// Where it is to be had.
    pub(crate) keys: Vec<Key>,
    /// A frame of text (RFC 6455, section 5.2), unmasked, with the JSON in it.
    frame: Bytes,
    /// Where the JSON begins.
    json: usize,
    /// An event of the event stream format of HTML, made when it is wanted first.
    event: OnceLock<Bytes>,
}

#[derive(Serialize)]
struct Shown<'e> {
    r#type: &'static str,
    id: Uuid,
    topics: Vec<String>,
    entity: &'e str,
    entity_id: Uuid,
    version: i64,
    action: &'e str,
    changed: Vec<&'e str>,
    fields: Option<Map<String, Value>>,
    occurred_at: String,
}

impl Item {
    /// An event as it is shown; `None` when nobody may see it.
    pub fn new(entities: &'static [Entity], event: &Event) -> Option<Self> {
        let entity = entities.iter().find(|entity| entity.name == event.entity)?;
        let mut keys = Vec::with_capacity(3);
        let mut topics = Vec::with_capacity(3);
        let key = |of| Key { entity: entity.name, of };
        if let Some(topic) = entity.topic {
            if entity.is_listed {
                keys.push(key(Of::All));
                topics.push(topic.to_owned());
            }
            keys.push(key(Of::Row(event.entity_id)));
            topics.push(format!("{topic}/{}", event.entity_id));
        }
        if let Some(owner_id) = event.owner_id {
            keys.push(key(Of::Owner(owner_id)));
            topics.push("me".to_owned());
        }
        let is_shown = |name: &str| entity.members.contains(&name);
        let fields = event.data["fields"].as_object().map(|fields| {
            let shown = fields.iter().filter(|(name, _)| is_shown(name));
            shown.map(|(name, value)| (name.clone(), value.clone())).collect()
        });
        let changed = event.data["changed"].as_array().map(Vec::as_slice).unwrap_or_default();
        let shown = Shown {
            r#type: "event",
            id: event.event_id,
            topics,
            entity: entity.name,
            entity_id: event.entity_id,
            version: event.version,
            action: &event.action,
            changed: changed.iter().filter_map(Value::as_str).filter(|name| is_shown(name)).collect(),
            fields,
            // As every body has it.
            occurred_at: event.occurred_at.to_rfc3339_opts(SecondsFormat::Micros, true),
        };
        let json = serde_json::to_vec(&shown).ok()?;
        let frame = text_frame(&json);
        let at = frame.len() - json.len();
        Some(Self { position: event.position, id: event.event_id, keys, frame, json: at, event: OnceLock::new() })
    }

    /// As a frame of WebSocket.
    pub fn frame(&self) -> &Bytes {
        &self.frame
    }

    /// As JSON.
    fn json(&self) -> &[u8] {
        &self.frame[self.json..]
    }

    /// As an event of an event stream.
    pub fn event(&self) -> &Bytes {
        self.event.get_or_init(|| {
            let mut text = BytesMut::with_capacity(self.frame.len() + 60);
            text.put_slice(format!("id: {}\ndata: ", self.id).as_bytes());
            text.put_slice(self.json());
            text.put_slice(b"\n\n");
            text.freeze()
        })
    }

    /// Whether one of these subscriptions gets it.
    pub fn is_for(&self, keys: &[Key]) -> bool {
        self.keys.iter().any(|key| keys.contains(key))
    }
}

/// A whole message of text from a server (RFC 6455, section 5.2).
pub fn text_frame(payload: &[u8]) -> Bytes {
    const FINAL_TEXT: u8 = 0x81;
    let mut frame = BytesMut::with_capacity(payload.len() + 10);
    frame.put_u8(FINAL_TEXT);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ ..=125), _) => frame.put_u8(length),
        (_, Ok(length)) => {
            frame.put_u8(126);
            frame.put_u16(length);
        }
        _ => {
            frame.put_u8(127);
            frame.put_u64(payload.len() as u64);
        }
    }
    frame.put_slice(payload);
    frame.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_say_how_long_they_are_in_as_few_bytes_as_they_may() {
        for (length, head) in [
            (0, &[0x81, 0][..]),
            (125, &[0x81, 125]),
            (126, &[0x81, 126, 0, 126]),
            (65_535, &[0x81, 126, 255, 255]),
            (65_536, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let frame = text_frame(&vec![b'x'; length]);
            assert_eq!(&frame[..head.len()], head, "{length}");
            assert_eq!(frame.len(), head.len() + length);
        }
    }
}
