//! Amounts of money that somebody moves.

use types::{Amount, Currency, Money};

use crate::field::{self, Field};
use crate::object::{Body, Object};

static AMOUNT: Field<i64> =
    field::integer(1..=Amount::MAX, Ok).describe("In the minor unit of the currency, such as cents.").example("2500");

static CURRENCY: Field<Currency> = field::currency();

impl Body for Amount {
    const NAME: &'static str = "NewAmount";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let amount = object.required("amount", &AMOUNT);
        let currency = object.required("currency", &CURRENCY);
        let money = Money { amount: amount?, currency: currency? };
        Self::parse(money).map_err(|error| object.refuse("amount", error.to_string())).ok()
    }
}
