//! Posters and trailers, which belong to nobody.

use auth::Permission;
use futures_util::FutureExt as _;
use types::{MediaId, Role};

use crate::policy::matrix::{Cell, Line, NOBODYS, Target, needs};

/// The films that media are of.
const GROUND: &str = include_str!("../../../../../../../business/domain/moviebus/tests/ground.sql");

/// A film that is there.
const MOVIE: &str = "00000000-0000-7000-8000-000000000001";

/// An image, as far as anybody looks.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";

pub(crate) const LINES: &[Line] = &[
    Line {
        operation: "create_medium",
        access: needs(Permission::MediaWrite),
        targets: NOBODYS,
        ask: |cell| async { cell.ground.api.post(media(cell).await).body("image/png", PNG) }.boxed_local(),
    },
    Line {
        operation: "query_media",
        access: needs(Permission::MediaRead),
        targets: NOBODYS,
        ask: |cell| async { cell.ground.api.get(media(cell).await) }.boxed_local(),
    },
    Line {
        operation: "query_medium_by_id",
        access: needs(Permission::MediaRead),
        targets: NOBODYS,
        ask: |cell| async { cell.ground.api.get(link(cell).await) }.boxed_local(),
    },
];

/// Where the media are of a film that is there, or is not.
async fn media(cell: &Cell<'_>) -> String {
    cell.ground.api.spoil(GROUND).await;
    match cell.target {
        Target::Missing => format!("/v1/movies/{}/media", uuid::Uuid::now_v7()),
        _ => format!("/v1/movies/{MOVIE}/media"),
    }
}

/// A good link to a medium that is there, or is not.
async fn link(cell: &Cell<'_>) -> String {
    let path = media(cell).await;
    if cell.target == Target::Missing {
        let missing = MediaId::new();
        let links = mediabus::Business::new(
            cell.ground.api.db().clone(),
            cell.ground.resources.stores.clone(),
            std::time::Duration::from_secs(60),
        );
        let link = links.links().sign(missing).await.unwrap();
        return format!("/v1/media/{missing}?expires={}&signature={}", link.expires, link.signature);
    }
    let added = cell.ground.api.post(path).by(Role::Editor).body("image/png", PNG).send().await;
    added.expect(201).header("location").to_owned()
}
