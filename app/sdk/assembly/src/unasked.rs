//! What services work with, where their tables are looked at and not served.

use std::path::Path;
use std::sync::Arc;

use keystore::KeyStore;

use crate::{Cards, Resources};

/// Resources over a database that nobody asks. To be called inside the runtime.
///
/// # Errors
/// The settings of the process cannot be read.
pub fn unasked() -> anyhow::Result<Resources> {
    let nobody = sqldb::Settings { min_connections: 0, ..sqldb::Settings::default() };
    let db = sqldb::Db::open("postgres://localhost/unasked", nobody)?;
    let users = userbus::Business::new(db.clone());
    let settings = settings::load(&settings::Sources::default())?.settings;
    let tokens = auth::Settings { issuer: String::new(), audience: String::new(), access_ttl: Default::default() };
    // A folder that is not there has no keys.
    let keys = KeyStore::open(Path::new("/nonexistent"))?;
    Ok(Resources {
        authenticator: auth::Authenticator::new(keys, tokens, users.clone(), &db),
        feed: feed::Feed::new(db.clone(), &[], settings.live.clone()),
        db,
        cards: Cards::default(),
        payees: Arc::new(peers::Local::new(users.clone())),
        users,
        readiness: service::Readiness::starting(),
        stores: stores::Stores::none(tokio::runtime::Handle::current()),
        settings,
    })
}
