//! From the settings to the application.

use anyhow::{Context, Result};
use database::Database;
use request::ListKey;
use service::{Parts, Start};
use settings::Environment;

use crate::{Domains, about, background, development, tables};

/// Builds the application out of the settings.
///
/// # Errors
/// The private cluster does not serve, a setting cannot be used, or the signing keys cannot be read. A database that
/// is away is no error: the service says in its readiness that it waits for it.
pub async fn build(start: Start) -> Result<Parts> {
    let Start { settings, tasks, readiness } = start;
    let in_development = settings.env == Environment::Development;

    let database = Database::find(&settings.db).await?;
    if in_development {
        development::migrate(&database).await;
    }
    let db = database.open(database::limits(&settings.db, "platform")).context("db")?;
    readiness.depends_on(db.clone()).await;

    let keys = keystore::KeyStore::open(&settings.auth.keys_dir).context("auth.keys_dir")?;
    if in_development {
        keys.ensure_active(keystore::Algorithm::EdDsa).context("auth.keys_dir")?;
    }
    let users = userbus::Business::new(db.clone());
    let tokens = auth::Settings {
        issuer: settings.auth.issuer.clone(),
        audience: settings.auth.audience.clone(),
        access_ttl: settings.auth.access_ttl,
    };
    let authenticator = auth::Authenticator::new(keys, tokens, users.clone());
    let domains = Domains {
        db: db.clone(),
        authenticator: authenticator.clone(),
        users,
        readiness,
        environment: settings.env.as_str(),
    };

    let list_key = ListKey::default();
    background::load_list_key(&tasks, &db, &list_key);
    background::sweep_idempotency_keys(&tasks, &db);
    background::measure_pool(&tasks, &db);

    let mut builder = mux::Builder::new(about(), authenticator, mux::Settings::from(&settings));
    for table in tables(&domains) {
        builder = builder.routes(table.extractor_data(list_key.clone()));
    }
    let api = builder.build()?;
    if in_development {
        development::seed(&domains, &settings).await;
    }
    let psql = database.psql();
    let ready = Box::new(move |public, debug| {
        if in_development {
            development::welcome(public, debug, psql.as_deref());
        }
    });
    let close = Box::new(move || {
        db.close();
        drop(database);
    });
    Ok(Parts { api, ready, close })
}
