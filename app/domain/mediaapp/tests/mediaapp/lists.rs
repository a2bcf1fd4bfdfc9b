//! Lists of a film's media.

use apitest::run;
use types::Role;

use crate::ground::{Ground, MEDIA, image};

#[test]
fn a_film_s_media_are_listed_page_by_page_the_newest_first_with_good_links() {
    run(async {
        let ground = Ground::new().await;
        let mut ids = Vec::new();
        for size in 10..15 {
            ids.push(ground.upload(&image(size)).await.expect(201).json()["id"].clone());
        }
        let trailer = ground.api.post(MEDIA).by(Role::Editor).body("video/webm", "\u{1a}E\u{df}\u{a3}").send().await;
        trailer.problem(415, "unsupported-media-type");
        let (mut found, mut page) = (Vec::new(), format!("{MEDIA}?limit=2"));
        loop {
            let list = ground.api.get(&page).on(found.len() % 2).send().await.expect(200).json();
            for item in list["items"].as_array().unwrap() {
                ground.api.get(item["url"].as_str().unwrap()).send().await.expect(200);
                found.push(item["id"].clone());
            }
            let Some(cursor) = list["next"].as_str() else { break };
            page = format!("{MEDIA}?limit=2&cursor={cursor}");
        }
        ids.reverse();
        assert_eq!(found, ids);
        let oldest = ground.api.get(format!("{MEDIA}?sort=created_at&limit=1")).send().await.expect(200).json();
        assert_eq!(oldest["items"][0]["id"], ids[4]);
        let trailers = ground.api.get(format!("{MEDIA}?kind=trailer&total=true")).send().await.expect(200).json();
        assert_eq!(trailers["total"], 0);
        ground.api.get(format!("{MEDIA}?kind=x&limit=0")).send().await.invalid(&["?kind", "?limit"]);
        // A cursor is one of this film's list.
        let list = ground.api.get(format!("{MEDIA}?limit=2")).send().await.expect(200).json();
        let elsewhere = MEDIA.replace("0001/media", "0002/media");
        let cursor = list["next"].as_str().unwrap();
        ground.api.get(format!("{elsewhere}?limit=2&cursor={cursor}")).send().await.problem(400, "invalid-cursor");
    });
}
