//! Uploads under a key of idempotency.

use apitest::run;
use types::Role;

use crate::ground::{Ground, MEDIA, image};

#[test]
fn an_upload_under_one_key_is_there_once_and_another_file_is_refused() {
    run(async {
        let ground = Ground::new().await;
        let upload = |size: usize, media_type: &str, instance: usize| {
            let post = ground.api.post(MEDIA).by(Role::Editor).key("poster-1").on(instance);
            post.body(media_type, image(size)).send()
        };
        let first = upload(1000, "image/png", 0).await.expect(201);
        assert_eq!(first.optional_header("idempotent-replayed"), None);
        let again = upload(1000, "image/png", 1).await.expect(201);
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!((again.body(), again.header("location")), (first.body(), first.header("location")));
        upload(1001, "image/png", 0).await.problem(422, "idempotency-key-reused");
        assert_eq!(ground.count().await, 1);
        let other = MEDIA.replace("0001/media", "0002/media");
        let elsewhere = ground.api.post(other).by(Role::Editor).key("poster-1").body("image/png", image(1000));
        elsewhere.send().await.problem(422, "idempotency-key-reused");
        let somebody = ground.api.post(MEDIA).by_second(Role::Editor).key("poster-1").body("image/png", image(1000));
        assert_eq!(somebody.send().await.expect(201).optional_header("idempotent-replayed"), None);
        let malformed = ground.api.post(MEDIA).by(Role::Editor).key("a b").body("image/png", image(1000));
        malformed.send().await.problem(400, "bad-request");
        // What came in vain is removed, and what was added is not.
        ground.media.sweep().await.unwrap();
        ground.api.get(first.header("location")).send().await.expect(200);
        assert_eq!(ground.count().await, 2);
    });
}
