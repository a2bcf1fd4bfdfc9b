//! Links: good ones, old ones, made up ones.

use std::time::Duration;

use apitest::run;
use types::Role;

use crate::ground::{Ground, MEDIA, image, in_folder};

#[test]
fn a_link_that_was_changed_in_anything_is_refused_whoever_asks() {
    run(async {
        let ground = Ground::new().await;
        let (one, other) = (ground.link(&image(100)).await, ground.link(&image(200)).await);
        let (path, query) = one.split_once('?').unwrap();
        let (other_path, other_query) = other.split_once('?').unwrap();
        let (expires, signature) = query.split_once("&signature=").unwrap();
        let later = expires.replace("expires=", "").parse::<i64>().unwrap() + 1;
        for changed in [
            format!("{path}?{other_query}"),
            format!("{other_path}?{query}"),
            format!("{path}?expires={later}&signature={signature}"),
            format!("{path}?{expires}&signature={}", signature.to_lowercase()),
            format!("{path}?{expires}&signature=x"),
            format!("/v1/media/00000000-0000-7000-8000-0000000000ff?{query}"),
        ] {
            ground.api.get(&changed).send().await.problem(403, "invalid-link");
            ground.api.get(&changed).by(Role::Admin).send().await.problem(403, "invalid-link");
            ground.api.request("HEAD", &changed).send().await.expect(403);
        }
        ground.api.get(path).send().await.invalid(&["?expires", "?signature"]);
        ground.api.get(format!("{one}&expires={later}")).send().await.invalid(&["?expires"]);
        ground.api.get(format!("{one}&x=1")).send().await.invalid(&["?x"]);
        ground.api.get("/v1/media/..%2f..%2fetc%2fpasswd?expires=1&signature=x").send().await.problem(404, "not-found");
        for method in ["POST", "PUT", "DELETE"] {
            ground.api.request(method, &one).by(Role::Admin).send().await.problem(405, "method-not-allowed");
        }
        ground.api.get(&one).no_one().on(1).send().await.expect(200);
    });
}

#[test]
fn a_link_that_has_expired_is_refused_and_a_fresh_one_is_had_from_the_list() {
    run(async {
        let ground = Ground::serve(|folder| vec![in_folder(folder)], Duration::from_secs(2), 4).await;
        let old = ground.link(&image(100)).await;
        let expired = async { while ground.api.get(&old).send().await.status() == 200 {} };
        tokio::time::timeout(Duration::from_secs(10), expired).await.unwrap();
        ground.api.get(&old).send().await.problem(403, "invalid-link");
        let listed = ground.api.get(MEDIA).on(1).send().await.expect(200).json();
        let fresh = listed["items"][0]["url"].as_str().unwrap();
        assert_ne!(fresh, old);
        ground.api.get(fresh).send().await.expect(200);
    });
}

#[test]
fn a_link_to_what_is_gone_leads_nowhere() {
    run(async {
        let ground = Ground::new().await;
        let link = ground.link(&image(100)).await;
        ground.api.spoil("DELETE FROM movies").await;
        ground.api.get(&link).send().await.problem(404, "not-found");
    });
}
