//! A sale, and what sales come to.

use orderbus::Status;
use types::{Currency, Date, Email, Money, MovieId, Name, OrderId, Timestamp, UserId};

/// Some copies of a film that somebody ordered: a line of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Sale {
    /// The order.
    pub order_id: OrderId,
    /// The place within the order, from 1.
    pub place: i16,
    /// How far the order is.
    pub status: Status,
    /// When the order was placed.
    pub created_at: Timestamp,
    /// Who ordered.
    pub buyer: Buyer,
    /// The film, which may be gone by now.
    pub movie_id: MovieId,
    /// Its title when it was ordered.
    pub title: String,
    /// How many copies.
    pub quantity: i16,
    /// The price of one copy when it was ordered.
    pub price: Money,
    /// What the copies came to.
    pub amount: Money,
    /// What the whole order came to.
    pub total: Money,
}

/// Who ordered.
#[derive(Clone, Debug, PartialEq)]
pub struct Buyer {
    /// The user.
    pub id: UserId,
    /// Their account as it is now; `None` when it is gone.
    pub account: Option<Account>,
}

/// What is shown of an account.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// The name.
    pub name: Name,
    /// The address.
    pub email: Email,
}

/// What the totals are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Of each film.
    Film,
    /// Of each month, of UTC.
    Month,
}

/// What some sales come to, all in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    /// Which sales.
    pub group: Group,
    /// In how many orders they are.
    pub orders: i64,
    /// How many copies they are.
    pub copies: i64,
    /// What they came to, in minor units; of many large sales it is more than 64 bits hold.
    pub amount: i128,
    /// The currency.
    pub currency: Currency,
}

/// Which sales a total is of.
#[derive(Clone, Debug, PartialEq)]
pub enum Group {
    /// Those of a film.
    Film {
        /// The film, which may be gone by now.
        movie_id: MovieId,
        /// Its title now; of a film that is gone the last one, in the order of the alphabet, under which it was sold.
        title: String,
    },
    /// Those of a month, by its first day.
    Month(Date),
}

/// The text names nothing that totals are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of film, month")]
pub struct GroupError;

impl By {
    /// Everything that totals can be of.
    pub const ALL: [Self; 2] = [Self::Film, Self::Month];

    /// Reads untrusted text.
    ///
    /// # Errors
    /// The text is no such name.
    pub fn parse(text: &str) -> Result<Self, GroupError> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(GroupError)
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Film => "film",
            Self::Month => "month",
        }
    }
}
