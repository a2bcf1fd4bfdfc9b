//! Amounts of money.

use std::fmt;

/// An amount in the minor unit of its currency (cents for EUR, yen for JPY).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// Minor units; negative for a debt.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
}

/// A currency, by its code in ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

/// The text is not the code of a currency in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a currency code of ISO 4217, such as EUR")]
pub struct CurrencyError;

/// An amount that somebody moves: 1 to [`Amount::MAX`] minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount(Money);

/// The amount is out of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {} minor units", Amount::MAX)]
pub struct AmountError;

/// The codes of the currencies in use (ISO 4217, list one), without metals, funds and test codes.
const CODES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF \
    CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL \
    HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL \
    MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON \
    RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH \
    UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

impl Currency {
    /// The US dollar.
    pub const USD: Self = Self(*b"USD");

    /// Reads untrusted text: three capital letters that name a currency in use.
    ///
    /// # Errors
    /// The text is not such a code.
    pub fn parse(text: &str) -> Result<Self, CurrencyError> {
        let code: [u8; 3] = text.as_bytes().try_into().map_err(|_| CurrencyError)?;
        if Self::codes().any(|known| known == text) { Ok(Self(code)) } else { Err(CurrencyError) }
    }

    /// Takes a stored code, which stays readable after the currency has gone out of use.
    ///
    /// A code that is not three characters of ASCII, which the schema rules out, reads as `XXX` (no currency).
    pub fn restore(text: &str) -> Self {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if text.is_ascii() => Self(code),
            _ => Self(*b"XXX"),
        }
    }

    /// The codes that [`Currency::parse`] takes.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        CODES.split_ascii_whitespace()
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl Amount {
    /// The largest amount, in minor units.
    pub const MAX: i64 = 999_999_999_999;

    /// Takes an untrusted amount.
    ///
    /// # Errors
    /// It is out of its range.
    pub fn parse(money: Money) -> Result<Self, AmountError> {
        if (1..=Self::MAX).contains(&money.amount) { Ok(Self(money)) } else { Err(AmountError) }
    }

    /// The amount.
    pub fn money(self) -> Money {
        self.0
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_in_use_are_taken_and_others_refused() {
        assert_eq!(Currency::parse("EUR").unwrap().as_str(), "EUR");
        for text in ["", "eur", "EU", "EURO", "XXX", "DEM", "€€", "€"] {
            assert_eq!(Currency::parse(text), Err(CurrencyError), "{text:?}");
        }
    }

    #[test]
    fn what_is_moved_is_above_zero_and_bounded() {
        let amount = |amount| Amount::parse(Money { amount, currency: Currency::USD });
        for refused in [i64::MIN, -1, 0, Amount::MAX + 1, i64::MAX] {
            assert_eq!(amount(refused), Err(AmountError), "{refused}");
        }
        assert_eq!((amount(1).unwrap().money().amount, amount(Amount::MAX).unwrap().money().amount), (1, Amount::MAX));
    }

    #[test]
    fn a_currency_gone_out_of_use_is_still_restored() {
        assert_eq!(Currency::restore("DEM").as_str(), "DEM");
        assert_eq!(Currency::restore("€").as_str(), "XXX");
    }

    #[test]
    fn the_list_has_no_code_twice() {
        let codes: Vec<_> = Currency::codes().collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "sorted and unique");
    }
}
