//! The table of routes of sales.

use std::num::NonZeroUsize;
use std::time::Duration;

use auth::Permission;
use mux::{Collection, Downloads, Routes, operation};

use crate::filter::{SaleQuery, TotalQuery};
use crate::model::{Sale, SaleTotal};
use crate::{App, CSV, query, totals};

/// Downloads at once: each holds a connection to the database, of which the requests of everybody need the others.
const DOWNLOADS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// The longest download. As long as it goes on, the database keeps whatever was removed meanwhile. A million sales, some 250 MB,
/// are there in time at 500 KB a second.
const LONGEST: Duration = Duration::from_secs(600);

/// How long a client may read nothing. Between two statements the database waits twice as long (`sqldb::PAUSE`).
const STALL: Duration = Duration::from_secs(30);

/// The routes of sales that are kept in `db`.
pub fn routes(db: sqldb::Db) -> Routes {
    Routes::new("sales", "What was sold, to whom, for how much.")
        .get(
            "/v1/sales",
            Permission::SalesRead,
            operation("query_sales", "List or download sales")
                .describe(
                    "A sale is a line of an order: so many copies of a film. The newest come first, unless a `sort` says \
                     otherwise. With `Accept: text/csv` it is a download of everything that the parameters select, as it is at \
                     one moment, for spreadsheets: then `limit`, `cursor`, `page` and `total` have no place. Amounts in it are \
                     in the minor unit of the currency; text that begins as formulas do has an apostrophe before it. A download \
                     that fails midway is cut off, and not ended as a whole one is. 503: others are under way.",
                )
                .query::<SaleQuery>()
                .responds_json::<Collection<Sale>>(200)
                .or(CSV)
                .paged(),
            query,
        )
        .get(
            "/v1/sales/totals",
            Permission::SalesRead,
            operation("query_sale_totals", "Sum up sales")
                .describe(
                    "What sales come to by film or by month of UTC, for each currency: currencies have no sum. Only what is paid \
                     counts, unless a `status` says otherwise. Films come by their amounts, the largest first, and months by \
                     time, the last first, unless a `sort` says otherwise.",
                )
                .query::<TotalQuery>()
                .responds_json::<Collection<SaleTotal>>(200)
                .paged(),
            totals,
        )
        .data(App { sales: salesview::Business::new(db), downloads: Downloads::new(DOWNLOADS, LONGEST, STALL) })
}
