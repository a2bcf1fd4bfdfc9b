//! An order, what it takes to make one, the states it goes through, and the values that only orders have.

use moviebus::Movie;
use types::{Money, MovieId, OrderId, Timestamp, UserId, Version};

use crate::Error;

/// An order.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// Identifies the order.
    pub id: OrderId,
    /// Who ordered.
    pub owner: UserId,
    /// How far it is.
    pub status: Status,
    /// What was ordered, in the order in which it was asked for.
    pub items: Vec<Item>,
    /// What all items cost together.
    pub total: Money,
    /// One more after every change.
    pub version: Version,
    /// When the order was placed.
    pub created_at: Timestamp,
    /// When the order was last changed.
    pub updated_at: Timestamp,
}

/// Some copies of a film, as they were when they were ordered: a film may change afterwards, or go.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The film.
    pub movie_id: MovieId,
    /// Its title then.
    pub title: moviebus::Title,
    /// How many copies.
    pub quantity: Quantity,
    /// The price of one copy then.
    pub price: Money,
}

/// What is wanted of a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewItem {
    /// The film.
    pub movie_id: MovieId,
    /// How many copies.
    pub quantity: Quantity,
}

/// What a new order is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct NewOrder(Vec<NewItem>);

/// How many copies of one film: 1 to 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity(i16);

/// How far an order is.
///
/// ```text
/// pending ── pay ──> paid ── refund ──> refunded
///    └── cancel ──> cancelled
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// `pending`: placed, its copies are kept for who ordered them.
    Pending,
    /// `paid`: the money is there.
    Paid,
    /// `cancelled`: given up before it was paid; the copies are back.
    Cancelled,
    /// `refunded`: the money and the copies are back.
    Refunded,
    /// Stored by another release, and not known to this one.
    Unknown,
}

/// A step from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The money came.
    Pay,
    /// It is given up.
    Cancel,
    /// Money and copies go back.
    Refund,
}

/// A number is out of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be {min} to {max}")]
pub struct RangeError {
    /// The smallest number that is taken.
    pub min: i64,
    /// The largest number that is taken.
    pub max: i64,
}

/// The text is no status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of pending, paid, cancelled, refunded")]
pub struct StatusError;

/// Why items make no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ItemsError {
    /// There are none, or too many.
    #[error("must have 1 to {} items", NewOrder::MAX_ITEMS)]
    Count,
    /// A film is there twice: its quantity says how many copies.
    #[error("repeats the film of an earlier item")]
    Repeated {
        /// The place of the second one, from 0.
        index: usize,
    },
}

impl NewOrder {
    /// The most items.
    pub const MAX_ITEMS: usize = 50;

    /// Takes untrusted items.
    ///
    /// # Errors
    /// [`ItemsError`].
    pub fn parse(items: Vec<NewItem>) -> Result<Self, ItemsError> {
        if items.is_empty() || items.len() > Self::MAX_ITEMS {
            return Err(ItemsError::Count);
        }
        let repeats = |index: &usize| items[..*index].iter().any(|item| item.movie_id == items[*index].movie_id);
        match (0..items.len()).find(repeats) {
            Some(index) => Err(ItemsError::Repeated { index }),
            None => Ok(Self(items)),
        }
    }

    /// The items.
    pub fn items(&self) -> &[NewItem] {
        &self.0
    }

    /// The order that is made of it at the prices of `movies`, which are those of its items.
    ///
    /// # Errors
    /// [`Error::UnknownMovie`], [`Error::Currencies`].
    pub(crate) fn at_prices_of(
        &self,
        movies: &[Movie],
        id: OrderId,
        owner: UserId,
        now: Timestamp,
    ) -> Result<Order, Error> {
        let item = |new: &NewItem| {
            let movie = movies.iter().find(|movie| movie.id == new.movie_id);
            let movie = movie.ok_or(Error::UnknownMovie(new.movie_id))?;
            let price = movie.price.money();
            Ok(Item { movie_id: movie.id, title: movie.title.clone(), quantity: new.quantity, price })
        };
        let items = self.0.iter().map(item).collect::<Result<Vec<_>, Error>>()?;
        let total = total(&items).ok_or(Error::Currencies)?;
        Ok(Order {
            id,
            owner,
            status: Status::Pending,
            items,
            total,
            version: Version::FIRST,
            created_at: now,
            updated_at: now,
        })
    }
}

/// What `items` cost together; `None` when there is none, or they are priced in several currencies.
fn total(items: &[Item]) -> Option<Money> {
    let currency = items.first()?.price.currency;
    let amount = |item: &Item| item.price.amount * i64::from(item.quantity.copies());
    let same = items.iter().all(|item| item.price.currency == currency);
    same.then(|| Money { amount: items.iter().map(amount).sum(), currency })
}

impl Order {
    /// The largest total of all, in minor units: [`NewOrder::MAX_ITEMS`] items of the most copies at the highest price. It
    /// is exact as a JSON number, which many readers take for a double (RFC 8259, section 6).
    pub const MAX_TOTAL: i64 = moviebus::Price::MAX * NewOrder::MAX_ITEMS as i64 * Quantity::MAX as i64;

    /// Where `step` leads this order.
    pub(crate) fn status_after(&self, step: Step) -> Result<Status, Error> {
        self.status.after(step).ok_or(Error::IllegalStep { from: self.status, step })
    }
}

impl Quantity {
    /// The most copies.
    pub const MAX: i16 = 10;

    /// Takes an untrusted number.
    ///
    /// # Errors
    /// The number is out of its range.
    pub fn parse(copies: i64) -> Result<Self, RangeError> {
        match i16::try_from(copies) {
            Ok(small @ 1..=Self::MAX) => Ok(Self(small)),
            _ => Err(RangeError { min: 1, max: Self::MAX.into() }),
        }
    }

    /// Takes a stored number.
    pub fn restore(copies: i16) -> Self {
        Self(copies)
    }

    /// The number of copies.
    pub fn copies(self) -> i16 {
        self.0
    }
}

impl Status {
    /// Every status that can be given.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Paid, Self::Cancelled, Self::Refunded];

    /// Where `step` leads from here; `None` when it may not be taken.
    pub const fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Pending, Step::Pay) => Some(Self::Paid),
            (Self::Pending, Step::Cancel) => Some(Self::Cancelled),
            (Self::Paid, Step::Refund) => Some(Self::Refunded),
            (Self::Pending, Step::Refund)
            | (Self::Paid, Step::Pay | Step::Cancel)
            | (Self::Cancelled | Self::Refunded | Self::Unknown, _) => None,
        }
    }

    /// Reads untrusted text.
    ///
    /// # Errors
    /// The text is no status.
    pub fn parse(text: &str) -> Result<Self, StatusError> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(StatusError)
    }

    /// Takes stored text; what this release does not know reads as [`Self::Unknown`].
    pub fn restore(text: &str) -> Self {
        Self::parse(text).unwrap_or(Self::Unknown)
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
            Self::Unknown => "unknown",
        }
    }
}

impl Step {
    /// What it does to an order, as a sentence goes on.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pay => "paid",
            Self::Cancel => "cancelled",
            Self::Refund => "refunded",
        }
    }
}
