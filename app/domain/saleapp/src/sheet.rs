//! Sales as CSV (RFC 4180), for spreadsheets.

use std::borrow::Cow;

use apierror::ApiError;
use bytes::Bytes;
use csv::{Terminator, WriterBuilder};
use mux::reply::rfc3339;
use salesview::Sale;

/// The names of the columns. Amounts are in the minor unit of the currency, such as cents.
const COLUMNS: [&str; 14] = [
    "order_id",
    "place",
    "status",
    "created_at",
    "buyer_id",
    "buyer_name",
    "buyer_email",
    "movie_id",
    "movie_title",
    "quantity",
    "price",
    "amount",
    "order_total",
    "currency",
];

/// A row for each sale, after one of names if it is the `first` part of the sheet.
pub(crate) fn rows(sales: &[Sale], first: bool) -> Result<Bytes, ApiError> {
    write(sales, first).map(Bytes::from).map_err(ApiError::internal)
}

fn write(sales: &[Sale], first: bool) -> Result<Vec<u8>, csv::Error> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    if first {
        writer.write_record(COLUMNS)?;
    }
    for sale in sales {
        let account = sale.buyer.account.as_ref();
        writer.write_record([
            sale.order_id.to_string().as_str(),
            &sale.place.to_string(),
            sale.status.as_str(),
            &rfc3339(sale.created_at),
            &sale.buyer.id.to_string(),
            &inert(account.map_or("", |account| account.name.as_str())),
            &inert(account.map_or("", |account| account.email.as_str())),
            &sale.movie_id.to_string(),
            &inert(&sale.title),
            &sale.quantity.to_string(),
            &sale.price.amount.to_string(),
            &sale.amount.amount.to_string(),
            &sale.total.amount.to_string(),
            sale.amount.currency.as_str(),
        ])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// Text that no spreadsheet takes for a formula: people choose their own names, and who opens the sheet is an admin. One that
/// begins as formulas do gets an apostrophe before it (OWASP, CSV injection).
fn inert(text: &str) -> Cow<'_, str> {
    // The wide ones too: a Japanese input method makes formulas of them.
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => format!("'{text}").into(),
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_as_a_formula_is_text() {
        for (text, cell) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+1", "'+1"),
            ("-1+1", "'-1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("\n=1", "'\n=1"),
            ("＝1", "'＝1"),
            ("1=1", "1=1"),
            ("Ada", "Ada"),
            ("'", "'"),
            ("", ""),
        ] {
            assert_eq!(inert(text), cell);
        }
    }
}
