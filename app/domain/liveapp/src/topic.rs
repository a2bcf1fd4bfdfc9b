//! What one can subscribe to, and what is shown there.

use std::fmt;

use feed::Entity;
use types::{MovieId, OrderId};

/// Something to subscribe to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    /// Every film.
    Movies,
    /// One film.
    Movie(MovieId),
    /// One order.
    Order(OrderId),
    /// What belongs to the caller.
    Me,
}

/// The text names no topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be movies, movies/{{id}}, orders/{{id}} or me")]
pub(crate) struct TopicError;

/// The entities whose events are shown. Members are those that the same people read by GET; what is not listed here is not
/// shown, whatever the domain tells of it.
pub const ENTITIES: &[Entity] = &[
    Entity {
        name: "movie",
        topic: Some("movies"),
        is_listed: true,
        members: &["title", "year", "runtime_minutes", "genres", "director", "rating", "price", "stock"],
    },
    Entity { name: "order", topic: Some("orders"), is_listed: false, members: &["status", "items", "total"] },
    Entity {
        name: "payment",
        topic: None,
        is_listed: false,
        members: &["order_id", "method", "amount", "status", "reason"],
    },
    Entity { name: "transfer", topic: None, is_listed: false, members: &["to", "amount"] },
    Entity { name: "user", topic: None, is_listed: false, members: &["roles", "enabled", "activated_at"] },
    Entity { name: "session", topic: None, is_listed: false, members: &["created_at"] },
];

impl Topic {
    /// The longest text of one.
    pub(crate) const MAX: usize = "orders/".len() + 36;

    /// Whether nobody in particular may have it.
    pub(crate) fn is_public(self) -> bool {
        matches!(self, Self::Movies | Self::Movie(_))
    }

    pub(crate) fn parse(text: &str) -> Result<Self, TopicError> {
        match text.split_once('/') {
            None if text == "movies" => Ok(Self::Movies),
            None if text == "me" => Ok(Self::Me),
            Some(("movies", id)) => MovieId::parse(id).map(Self::Movie).map_err(|_| TopicError),
            Some(("orders", id)) => OrderId::parse(id).map(Self::Order).map_err(|_| TopicError),
            _ => Err(TopicError),
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Movies => f.write_str("movies"),
            Self::Movie(movie_id) => write!(f, "movies/{movie_id}"),
            Self::Order(order_id) => write!(f, "orders/{order_id}"),
            Self::Me => f.write_str("me"),
        }
    }
}
