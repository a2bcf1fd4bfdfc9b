//! Everything the product knows about the posters and trailers of films.
//!
//! A medium is written to every store at once ([`Upload`]), and seen by everybody as soon as the first store has it
//! ([`Business::create`]); the others finish behind it ([`Business::settle`]). What is not as it should be is mended by
//! jobs (`mend.rs`): copies that stores lack, what uploads left that broke off, media whose films are gone.

mod event;
mod filter;
mod link;
mod mend;
mod model;
mod pulse;
mod store;
mod upload;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use paging::{OrderBy, Page, Slice};
use sqldb::Db;
use stores::{Key, Reader, Stores};
use types::MediaId;

pub use crate::event::ENTITY;
pub use crate::filter::{DEFAULT_ORDER, OrderField, QueryFilter};
pub use crate::link::{Link, Links};
pub use crate::mend::{Repair, Swept};
pub use crate::model::{ContentType, ContentTypeError, Digest, Kind, KindError, Medium, NewMedium};
use crate::store::Store;
pub use crate::upload::{Arrived, News, Upload};

/// The folder of media in each store.
const FOLDER: &str = "media";

/// What can be done with media.
#[derive(Clone)]
pub struct Business {
    db: Db,
    store: Store,
    stores: Stores,
    links: Arc<Links>,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such medium.
    #[error("no such medium")]
    NotFound,
    /// There is no film with the id of the film, or it has gone meanwhile.
    #[error("no such film")]
    UnknownMovie,
    /// The bytes are not of the content type that they are said to be.
    #[error("the bytes are not {}", .0.as_str())]
    Misnamed(ContentType),
    /// As many uploads are under way as are taken at once.
    #[error("as many uploads are under way as are taken at once")]
    Busy,
    /// The upload stood still for so long that it was taken for dead.
    #[error("the upload was taken for dead")]
    Lapsed,
    /// The link has expired, or was not made here for this medium.
    #[error("the link has expired, or is none")]
    BadLink,
    /// No store could do it.
    #[error("no store could do it")]
    Stores(#[source] stores::Error),
    /// The secret behind links cannot be had.
    #[error("links cannot be signed or checked")]
    Secret(#[from] secrets::Error),
    /// The database failed.
    #[error("media could not be read or written")]
    Store(#[from] sqldb::Error),
}

impl Business {
    /// The business of media that are described in `db` and kept in `stores`; links to them are good for `lifetime`.
    pub fn new(db: Db, stores: Stores, lifetime: Duration) -> Self {
        let links = Arc::new(Links::new(db.clone(), lifetime));
        Self { store: Store::new(db.clone()), db, stores, links }
    }

    /// The same business within the transaction `tx`.
    #[must_use]
    pub fn with_tx(&self, tx: &sqldb::Tx) -> Self {
        let db = tx.db();
        Self { store: Store::new(db.clone()), db, stores: self.stores.clone(), links: Arc::clone(&self.links) }
    }

    /// The links to media.
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// Begins a medium whose bytes are still to come. Nobody sees it before [`Business::create`].
    ///
    /// # Errors
    /// [`Error::UnknownMovie`], [`Error::Busy`], [`Error::Store`].
    pub async fn begin(&self, new: NewMedium) -> Result<Upload, Error> {
        Upload::begin(self.store.clone(), &self.stores, new).await
    }

    /// Adds the medium that has arrived: from now on everybody sees it. What stores lack of it is copied later.
    ///
    /// # Errors
    /// [`Error::UnknownMovie`] when its film has gone meanwhile, [`Error::Lapsed`], [`Error::Store`].
    pub async fn create(&self, arrived: &Arrived) -> Result<Medium, Error> {
        let medium = Medium { created_at: types::now(), ..arrived.medium.clone() };
        self.db
            .atomic(async |tx| {
                Store::new(tx.db()).create(&medium, &arrived.copies()).await?;
                changes::record(&tx, &[event::created(&medium)]).await?;
                mend::enqueue(&tx, medium.id, arrived.lacking()).await?;
                Ok::<_, Error>(medium.clone())
            })
            .await
    }

    /// Lets the stores that are still at work on an added medium finish, in the background.
    pub fn settle(&self, arrived: Arrived) {
        arrived.settle(self.clone());
    }

    /// A page of the media that `filter` selects.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn query(
        &self,
        filter: &QueryFilter,
        order_by: OrderBy<OrderField>,
        page: &Page,
    ) -> Result<Slice<Medium>, Error> {
        let total = if page.total { Some(self.store.count(filter).await?) } else { None };
        Ok(self.store.query(filter, &order_by, page, total).await?)
    }

    /// The medium with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn query_by_id(&self, medium_id: MediaId) -> Result<Medium, Error> {
        self.store.query_by_id(medium_id).await?.ok_or(Error::NotFound)
    }

    /// The number of media that `filter` selects.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn count(&self, filter: &QueryFilter) -> Result<u64, Error> {
        Ok(self.store.count(filter).await?)
    }

    /// The bytes `range` of a medium, from the first store that gives them.
    ///
    /// # Errors
    /// [`Error::Stores`], [`Error::Store`].
    pub async fn read(&self, medium: &Medium, range: Range<u64>) -> Result<Reader, Error> {
        let copies = self.store.copies(medium.id).await?;
        let names: Vec<String> =
            copies.into_iter().filter(|copy| copy.status == STORED).map(|copy| copy.store).collect();
        let reader = self.stores.read(key(medium.id), range, &names).await.map_err(Error::Stores)?;
        for store in reader.lost() {
            self.lack(medium.id, store).await?;
        }
        Ok(reader)
    }
}

/// The status of a copy that is there.
const STORED: &str = "stored";

/// Where a medium lies in each store.
fn key(medium_id: MediaId) -> Key {
    Key::new(FOLDER, medium_id.uuid())
}
