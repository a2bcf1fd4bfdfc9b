//! Where the media of this process are kept.

use std::collections::HashSet;
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

/// Addresses that are none or there twice, and none at all where media must not be lost; with what would be right.
pub(crate) fn refused(settings: &Settings, service: &Service) -> Vec<(&'static str, String)> {
    if service.media && settings.env == Environment::Production && settings.media.stores.is_empty() {
        return vec![("media.stores", "at least one store in production, such as s3://bucket".to_owned())];
    }
    let fault = match addresses(settings) {
        Ok(addresses) => twice(&addresses).map(|name| format!("each store only once, not {name} again")),
        Err(error) => Some(error.to_string().replace("must be ", "each to be ")),
    };
    fault.map(|right| ("media.stores", right)).into_iter().collect()
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

/// The name of a store that is there more than once: its copies could not be told apart.
fn twice(addresses: &[Address]) -> Option<&str> {
    let mut names = HashSet::new();
    addresses.iter().map(Address::name).find(|name| !names.insert(*name))
}

/// Beside the private cluster of the folder `working`.
fn default(working: &Path) -> Vec<Address> {
    FOLDERS.iter().map(|name| Address::folder(working.join(".marquee/media").join(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_there_twice_is_found_and_one_of_its_name_elsewhere_is_another() {
        let of = |texts: &[&str]| texts.iter().map(|text| Address::parse(text).unwrap()).collect::<Vec<_>>();
        let elsewhere = ["s3://films?endpoint=http://a:1", "s3://films?endpoint=http://a:2", "s3://films", "file:///a"];
        assert_eq!(twice(&of(&elsewhere)), None);
        for again in [["s3://a:b@films/x", "s3://films/x/"], ["file:///a", "file:///a/"]] {
            assert!(twice(&of(&again)).is_some(), "{again:?}");
        }
    }
}
