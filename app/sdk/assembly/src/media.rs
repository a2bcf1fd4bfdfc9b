//! Where the media of this process are kept.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use service::Tasks;
use settings::{Environment, ExposeSecret as _, Settings};
use stores::{Address, AddressError, Limits, Store, Stores};
use tokio::runtime::Handle;

use crate::Service;

/// The stores of a development machine, below the folder that the program is run in.
const FOLDERS: [&str; 3] = ["one", "two", "three"];

/// How many uploads may be finished behind for each that may be under way.
const BEHIND: usize = 2;

/// How long uploads may go on when the process stops: less than tasks may take to end.
const GRACE: Duration = Duration::from_secs(2);

/// Addresses that are none, and none at all where media must not be lost; with what would be right.
pub(crate) fn refused(settings: &Settings, service: &Service) -> Vec<(&'static str, String)> {
    if service.media && settings.env == Environment::Production && settings.media.stores.is_empty() {
        return vec![("media.stores", "at least one store in production, such as s3://bucket".to_owned())];
    }
    let fault = addresses(settings).err();
    fault.map(|error| ("media.stores", error.to_string().replace("must be ", "each to be "))).into_iter().collect()
}

/// Opens the stores, and ends their work with the process.
pub(crate) fn open(settings: &Settings, service: &Service, tasks: &Tasks) -> Result<Stores> {
    let media = &settings.media;
    let uploads = NonZeroUsize::new(media.uploads).unwrap_or(NonZeroUsize::MIN);
    let behind = uploads.saturating_mul(NonZeroUsize::new(BEHIND).unwrap_or(NonZeroUsize::MIN));
    let limits = Limits { uploads, behind, patience: media.store_timeout };
    let addresses = match (service.media, addresses(settings)?) {
        (false, _) => Vec::new(),
        (true, chosen) if chosen.is_empty() => default(&std::env::current_dir().context("the working directory")?),
        (true, chosen) => chosen,
    };
    let mut opened = Vec::new();
    for address in &addresses {
        let store = Store::open(address, media.store_timeout, &Handle::current());
        opened.push(store.with_context(|| address.name().to_owned())?);
    }
    let stores = Stores::new(opened, limits, Handle::current());
    let stopped = stores.clone();
    tasks.spawn("stop uploads", move |stopping| async move {
        stopping.cancelled().await;
        stopped.stop(GRACE).await;
    });
    Ok(stores)
}

fn addresses(settings: &Settings) -> Result<Vec<Address>, AddressError> {
    settings.media.stores.iter().map(|store| Address::parse(store.expose_secret())).collect()
}

/// Beside the private cluster of the folder `working`.
fn default(working: &Path) -> Vec<Address> {
    FOLDERS.iter().map(|name| Address::folder(working.join(".marquee/media").join(name))).collect()
}
