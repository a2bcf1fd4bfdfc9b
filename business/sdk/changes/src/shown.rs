//! What may be seen in audits and events.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};
use types::{Currency, Decimal, Document, Email, HttpUrl, Id, Money, Name, Role, Roles, Version};

/// A value that may be seen in audits and events.
///
/// Implemented for the vocabulary here, and by each domain for its own values, one by one: [`shown!`](crate::shown) does
/// it in a line. It is not implemented for text as such (`String`, `&str`), since any secret is text; nor for bytes; nor
/// for passwords, their hashes, and secrets. A wrapper around a secret never gets it.
pub trait Shown {
    /// The value as JSON, in the form that the API gives it.
    fn show(&self) -> Value;
}

/// Lets values of a domain be seen in audits and events, each by one of its methods.
///
/// ```
/// #[derive(Clone, Copy)]
/// struct Year(i32);
/// impl Year {
///     fn number(self) -> i32 {
///         self.0
///     }
/// }
/// changes::shown! { Year => number }
///
/// changes::Fields::new().field("year", &Year(1979));
/// ```
#[macro_export]
macro_rules! shown {
    ($($value:ty => $method:ident),+ $(,)?) => {$(
        impl $crate::Shown for $value {
            fn show(&self) -> $crate::Value {
                $crate::Value::from(self.$method())
            }
        }
    )+};
}

shown! {
    Currency => as_str,
    Email => as_str,
    HttpUrl => as_str,
    Name => as_str,
    Version => number,
}

impl Shown for Role {
    fn show(&self) -> Value {
        self.as_str().into()
    }
}

impl Shown for Roles {
    fn show(&self) -> Value {
        self.iter().map(Role::as_str).collect()
    }
}

impl Shown for Money {
    fn show(&self) -> Value {
        json!({ "amount": self.amount, "currency": self.currency.as_str() })
    }
}

impl<K> Shown for Id<K> {
    fn show(&self) -> Value {
        self.uuid().to_string().into()
    }
}

impl Shown for DateTime<Utc> {
    fn show(&self) -> Value {
        self.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true).into()
    }
}

impl Shown for NaiveDate {
    fn show(&self) -> Value {
        self.to_string().into()
    }
}

impl Shown for Decimal {
    fn show(&self) -> Value {
        self.to_string().into()
    }
}

impl Shown for uuid::Uuid {
    fn show(&self) -> Value {
        self.to_string().into()
    }
}

impl Shown for Document {
    fn show(&self) -> Value {
        self.value().clone()
    }
}

impl Shown for std::net::IpAddr {
    fn show(&self) -> Value {
        self.to_string().into()
    }
}

macro_rules! as_it_is {
    ($($value:ty),+) => {$(
        impl Shown for $value {
            fn show(&self) -> Value {
                Value::from(*self)
            }
        }
    )+};
}

as_it_is!(bool, i16, i32, i64, u16, u32, u64);

impl<T: Shown> Shown for Option<T> {
    fn show(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::show)
    }
}

impl<T: Shown> Shown for [T] {
    fn show(&self) -> Value {
        self.iter().map(T::show).collect()
    }
}

impl<T: Shown> Shown for Vec<T> {
    fn show(&self) -> Value {
        self.as_slice().show()
    }
}

impl<T: Shown + ?Sized> Shown for &T {
    fn show(&self) -> Value {
        T::show(self)
    }
}
