//! Uploads, good and bad.

use std::time::{Duration, Instant};

use apitest::run;
use serde_json::json;
use types::Role;

use crate::ground::{Ground, IDLE, MAX_SIZE, MEDIA, image};

#[test]
fn a_medium_is_shown_in_one_form_with_a_link() {
    run(async {
        let ground = Ground::new().await;
        let created = ground.upload(&image(1000)).await.expect(201);
        let shown = created.json();
        assert_eq!(created.header("location"), shown["url"]);
        assert_eq!(created.header("cache-control"), "no-store");
        let id = shown["id"].as_str().unwrap();
        assert!(shown["url"].as_str().unwrap().starts_with(&format!("/v1/media/{id}?expires=")));
        let mut expected = json!({
            "movie_id": "00000000-0000-7000-8000-000000000001",
            "kind": "poster",
            "content_type": "image/png",
            "size": 1000,
        });
        for name in ["id", "sha256", "created_at", "url", "url_expires_at"] {
            expected[name] = shown[name].clone();
        }
        assert_eq!(shown, expected);
        assert_eq!(shown["sha256"].as_str().unwrap().len(), 64);
        let listed = ground.api.get(MEDIA).send().await.expect(200).json();
        assert_eq!(listed["items"][0]["id"], shown["id"]);
    });
}

#[test]
fn every_type_is_taken_for_what_its_first_bytes_say_alone() {
    run(async {
        let ground = Ground::new().await;
        let files: [(&str, &[u8], &str); 5] = [
            ("image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF", "poster"),
            ("image/png", b"\x89PNG\r\n\x1a\n", "poster"),
            ("image/webp", b"RIFF\x24\x00\x00\x00WEBPVP8 ", "poster"),
            ("video/mp4", b"\x00\x00\x00\x20ftypisom", "trailer"),
            ("video/webm", b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm", "trailer"),
        ];
        for (name, begin, kind) in files {
            let post = |media_type: &str| ground.api.post(MEDIA).by(Role::Editor).body(media_type, begin);
            assert_eq!(
                post(&format!("{}; codecs=x", name.to_uppercase())).send().await.expect(201).json()["kind"],
                kind
            );
            for (other, _, _) in files.iter().filter(|(other, _, _)| *other != name) {
                let refused = post(other).send().await.problem(415, "unsupported-media-type");
                assert!(refused.header("accept").contains(name), "{refused}");
                assert_eq!(refused.json()["detail"], format!("the body is not {other}"));
            }
        }
        for (media_type, body) in
            [("text/html", "<script>"), ("image/svg+xml", "<svg/>"), ("image/gif", "GIF89a"), ("", "")]
        {
            let refused = ground.api.post(MEDIA).by(Role::Editor).body(media_type, body).send().await;
            refused.problem(415, "unsupported-media-type");
        }
        let empty = ground.api.post(MEDIA).by(Role::Editor).body("image/png", "").send().await;
        empty.problem(415, "unsupported-media-type");
        let coded =
            ground.api.post(MEDIA).by(Role::Editor).header("content-encoding", "gzip").body("image/png", image(9));
        coded.send().await.problem(415, "unsupported-media-type");
        assert_eq!(ground.count().await, 5);
    });
}

#[test]
fn what_is_too_large_is_refused_before_it_comes_and_when_it_has_not_said_so() {
    run(async {
        let ground = Ground::new().await;
        let most = usize::try_from(MAX_SIZE).unwrap();
        ground.upload(&image(most)).await.expect(201);
        let announced = format!("Content-Type: image/png\r\nContent-Length: {}\r\n", most + 1);
        let begun = Instant::now();
        assert_eq!(ground.begin(&announced, "").await.finish().await, [413]);
        assert!(begun.elapsed() < IDLE, "nobody waited for it");
        let mut raw = ground.begin("Content-Type: image/png\r\nTransfer-Encoding: chunked\r\n", "").await;
        for piece in image(most + 1).chunks(1 << 20) {
            raw.try_send(format!("{:x}\r\n", piece.len())).await;
            raw.try_send(piece).await;
            raw.try_send("\r\n").await;
        }
        assert_eq!(raw.finish().await, [413]);
        assert_eq!(ground.count().await, 1);
    });
}

#[test]
fn who_stops_sending_or_drips_is_answered_in_time_and_who_breaks_off_leaves_nothing() {
    run(async {
        let ground = Ground::new().await;
        let fields = "Content-Type: image/png\r\nContent-Length: 1000000\r\n";
        let begun = Instant::now();
        assert_eq!(ground.begin(fields, image(1000)).await.held().await, [408]);
        assert!((IDLE..IDLE * 4).contains(&begun.elapsed()), "{:?}", begun.elapsed());
        // A byte now and then is no sign of life.
        let (mut raw, begun) = (ground.begin(fields, image(100)).await, Instant::now());
        while begun.elapsed() < IDLE * 3 {
            raw.try_send("x").await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(raw.finish().await, [408]);
        let gone = ground.begin(fields, image(300_000)).await;
        drop(gone);
        let broken = ground.begin(fields, image(300_000)).await.finish().await;
        assert!(broken.is_empty() || broken == [400], "{broken:?}");
        assert_eq!(ground.count().await, 0);
        ground.api.spoil("UPDATE media SET leased_until = now() - interval '1 second' WHERE status = 'arriving'").await;
        ground.media.sweep().await.unwrap();
        assert_eq!(ground.media.sweep().await.unwrap().removed, 0, "nothing is left");
    });
}

#[test]
fn who_asks_before_it_sends_is_told_to_go_on() {
    run(async {
        let ground = Ground::new().await;
        let asking = "Content-Type: image/png\r\nContent-Length: 1000\r\nExpect: 100-continue\r\nConnection: close\r\n";
        assert_eq!(ground.begin(asking, image(1000)).await.held().await, [100, 201]);
    });
}

#[test]
fn a_film_that_is_not_there_and_who_may_not_are_refused() {
    run(async {
        let ground = Ground::new().await;
        for path in ["/v1/movies/00000000-0000-7000-8000-0000000000ff/media", "/v1/movies/x/media"] {
            ground.api.post(path).by(Role::Editor).body("image/png", image(99)).send().await.problem(404, "not-found");
            ground.api.get(path).send().await.problem(404, "not-found");
        }
        ground.api.post(MEDIA).body("image/png", image(99)).send().await.problem(401, "unauthorized");
        ground.api.post(MEDIA).by(Role::Customer).body("image/png", image(99)).send().await.problem(403, "forbidden");
        let text = ground.api.post(MEDIA).by(Role::Editor).header("accept", "text/html").body("image/png", image(99));
        text.send().await.problem(406, "not-acceptable");
        assert_eq!(ground.count().await, 0);
    });
}

#[test]
fn no_more_uploads_are_taken_than_may_be_at_once() {
    run(async {
        let folder = |folder: &std::path::Path| vec![crate::ground::in_folder(folder)];
        let ground = Ground::serve(folder, Duration::from_secs(60), 1).await;
        let refused = async {
            loop {
                let held = ground.begin("Content-Type: image/png\r\nContent-Length: 1000\r\n", image(100)).await;
                // It takes its place meanwhile, or comes too late and finds it taken.
                tokio::time::sleep(Duration::from_millis(50)).await;
                let answer = ground.upload(&image(10)).await;
                if answer.status() != 201 {
                    return (held, answer);
                }
            }
        };
        let (held, refused) = tokio::time::timeout(Duration::from_secs(5), refused).await.unwrap();
        assert_eq!(refused.problem(503, "unavailable").header("retry-after"), "5");
        drop(held);
        let taken = async { while ground.upload(&image(10)).await.status() != 201 {} };
        tokio::time::timeout(Duration::from_secs(5), taken).await.unwrap();
    });
}
