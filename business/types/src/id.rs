//! Identifiers, each of a kind of its own.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use uuid::Uuid;

/// Names the rows of films.
#[derive(Debug)]
pub enum MovieKind {}
/// Names the rows of sessions.
#[derive(Debug)]
pub enum SessionKind {}
/// Names the rows of users.
#[derive(Debug)]
pub enum UserKind {}
/// Names the rows of cinemas.
#[derive(Debug)]
pub enum CinemaKind {}
/// Names the rows of orders.
#[derive(Debug)]
pub enum OrderKind {}
/// Names the rows of payments.
#[derive(Debug)]
pub enum PaymentKind {}
/// Names the rows of media.
#[derive(Debug)]
pub enum MediaKind {}
// `admin new resource` adds kinds above this line.

/// Identifies a film.
pub type MovieId = Id<MovieKind>;
/// Identifies a session.
pub type SessionId = Id<SessionKind>;
/// Identifies a user.
pub type UserId = Id<UserKind>;
/// Identifies a cinema.
pub type CinemaId = Id<CinemaKind>;
/// Identifies an order.
pub type OrderId = Id<OrderKind>;
/// Identifies a payment.
pub type PaymentId = Id<PaymentKind>;
/// Identifies a medium.
pub type MediaId = Id<MediaKind>;
// `admin new resource` adds ids above this line.

/// A UUID that identifies one row of the kind `K`; ids of different kinds do not mix.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

/// The text is not a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a UUID")]
pub struct IdError;

impl<K> Id<K> {
    /// A new id, of version 7 (RFC 9562): ids made later sort later, so that an index grows at its end.
    #[expect(clippy::new_without_default, reason = "a default id would be a different one each time")]
    pub fn new() -> Self {
        Self(Uuid::now_v7(), PhantomData)
    }

    /// Reads untrusted text: the hyphenated form, in either case.
    ///
    /// # Errors
    /// The text has another form.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        // `Uuid` reads braced, URN and bare forms too: one resource would have several paths.
        if text.len() != 36 {
            return Err(IdError);
        }
        Uuid::try_parse(text).map(Self::restore).map_err(|_| IdError)
    }

    /// Takes a stored id.
    pub fn restore(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The bare UUID.
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

// Derived implementations would ask the same of `K`, which is only a name.
impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K> Eq for Id<K> {}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
