//! From the settings to the application.

use std::path::Path;

use anyhow::{Context, Result, bail};
use database::Database;
use feed::Feed;
use futures_util::FutureExt as _;
use keystore::{Algorithm, KeyStore};
use request::ListKey;
use service::{Parts, Start};
use settings::Environment;
use webconsole::Views;

use crate::{Resources, Service, background, delivery, development, live, mailer, media, payments, worker};

/// Builds the application of a service.
///
/// # Errors
/// The private cluster does not serve, a setting cannot be used, or there is no signing key that can be read. A database that
/// is away is no error: the service says in its readiness that it waits for it.
pub(crate) async fn build(service: &'static Service, start: Start) -> Result<Parts> {
    let Start { settings, tasks, readiness } = start;
    let in_development = settings.env == Environment::Development;

    let keys = signing_keys(&settings.auth.keys_dir, in_development).context("auth.keys_dir")?;
    let database = Database::find(&settings.db).await?;
    if in_development {
        development::migrate(&database).await;
    }
    let db = database.open(database::limits(&settings.db, service.name)).context("db")?;
    let list_key = ListKey::default();
    let (needed, source) = (list_key.clone(), db.clone());
    let prepare = move || {
        let (list_key, db) = (needed.clone(), source.clone());
        async move { background::has_list_key(&db, &list_key).await }.boxed()
    };
    readiness.depends_on(db.clone(), prepare).await;

    let users = userbus::Business::new(db.clone());
    let tokens = auth::Settings {
        issuer: settings.auth.issuer.clone(),
        audience: settings.auth.audience.clone(),
        access_ttl: settings.auth.access_ttl,
    };
    let authenticator = auth::Authenticator::new(keys, tokens, users.clone(), &db);
    let (cards, notify) = payments::open(&settings, service, &tasks)?;
    let stores = media::open(&settings, service, &tasks).context("media.stores")?;
    let payees = peers::payees(&settings, &users).context("peers")?;
    let feed = match service.live {
        Some(entities) => Feed::new(db.clone(), entities, live::limits(&settings, service::open_files())),
        None => Feed::new(db.clone(), &[], settings.live.clone()),
    };
    let resources = Resources { settings, db, authenticator, users, cards, payees, stores, readiness, feed };

    background::load_list_key(&tasks, &resources.db, &list_key);
    background::measure_pool(&tasks, &resources.db);
    let position = delivery::start(&tasks, &resources.settings, &database).await?;
    if service.live.is_some() {
        live::start(&tasks, &resources, &database, position).await?;
    }
    let jobs = worker::start(&tasks, &database, &resources, service)?;
    (service.work)(&resources, &tasks)?;

    let web = mux::Settings::from(&resources.settings);
    let mut builder = mux::Builder::new((service.about)(), resources.authenticator.clone(), web);
    if let Some(whole) = service.speaks_for {
        builder = builder.speaks_for(whole);
    }
    let tables = (service.tables)(&resources);
    let routes = webconsole::Line::of(&tables);
    for table in tables {
        builder = builder.routes(table.extractor_data(list_key.clone()));
    }
    let api = builder.build()?;
    if in_development {
        development::seed(service.name, service.seeds, &database, &resources).await;
    }
    background::warm_up(&resources.db, resources.settings.db.min_connections as usize).await;
    let mailbox = mailer::mailbox(&resources.settings, &resources.db);
    let (psql, keeps_mail) = (database.psql(), mailbox.is_some());
    let ready = Box::new(move |public, debug| {
        notify.serves_at(public);
        if in_development {
            development::welcome(public, debug, psql.as_deref(), keeps_mail, service);
        }
    });
    let db = resources.db;
    let console = Views { db: Some(db.clone()), routes, ..Views::default() };
    let close = Box::new(move || {
        jobs.iter().for_each(sqldb::Db::close);
        db.close();
        drop(database);
    });
    Ok(Parts { api, mailbox, console, ready, close })
}

/// The signing keys. Whoever starts without one would answer every login with 500: better to see it here.
fn signing_keys(folder: &Path, may_make_one: bool) -> Result<KeyStore> {
    let keys = KeyStore::open(folder)?;
    if may_make_one {
        keys.ensure_active(Algorithm::EdDsa)?;
    }
    if keys.snapshot().active().is_none() {
        bail!("no key in {} is active: `admin keys generate` makes one", folder.display());
    }
    Ok(keys)
}
