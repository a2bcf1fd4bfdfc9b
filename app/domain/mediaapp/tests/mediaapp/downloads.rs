//! Media, read by their links.

use apitest::run;

use crate::ground::{Ground, image};

#[test]
fn what_was_uploaded_at_one_instance_is_read_at_the_other_as_it_came() {
    run(async {
        let ground = Ground::new().await;
        for size in [1000, 1 << 20, 3_000_000] {
            let (link, content) = (ground.link(&image(size)).await, image(size));
            let read = ground.api.get(&link).on(1).send().await.expect(200);
            assert!(read.body() == content, "{size}");
            assert_eq!(read.header("content-type"), "image/png");
            assert_eq!(read.header("content-length"), size.to_string());
            assert_eq!(read.header("accept-ranges"), "bytes");
            assert_eq!(read.header("x-content-type-options"), "nosniff");
            assert!(read.header("content-disposition").starts_with("inline; filename=\""), "{read}");
            assert!(read.header("content-disposition").ends_with(".png\""), "{read}");
            assert_eq!(read.optional_header("content-encoding"), None);
            let coded = ground.api.get(&link).header("accept-encoding", "gzip, br, zstd").send().await.expect(200);
            assert_eq!(coded.optional_header("content-encoding"), None, "what is compressed already is left alone");
            let head = ground.api.request("HEAD", &link).send().await.expect(200);
            for name in ["content-type", "content-length", "etag", "accept-ranges", "content-disposition"] {
                assert_eq!(head.header(name), read.header(name), "{name}");
            }
        }
    });
}

#[test]
fn a_range_is_that_part_and_no_other() {
    run(async {
        let ground = Ground::new().await;
        let (link, content) = (ground.link(&image(500_000)).await, image(500_000));
        for (range, from, to) in [
            ("bytes=0-0", 0, 1),
            ("bytes=1000-1999", 1000, 2000),
            ("bytes=499999-", 499_999, 500_000),
            ("bytes=-1000", 499_000, 500_000),
            ("bytes=400000-999999999", 400_000, 500_000),
        ] {
            let part = ground.api.get(&link).header("range", range).on(1).send().await.expect(206);
            assert!(part.body() == &content[from..to], "{range}");
            assert_eq!(part.header("content-range"), format!("bytes {from}-{}/500000", to - 1));
            assert_eq!(part.header("content-length"), (to - from).to_string());
        }
        for outside in ["bytes=500000-", "bytes=-0"] {
            let refused = ground.api.get(&link).header("range", outside).send().await;
            assert_eq!(refused.problem(416, "range-not-satisfiable").header("content-range"), "bytes */500000");
        }
        for ignored in ["bytes=0-1,3-4", "bytes=5-1", "items=0-1", "bytes=x"] {
            let whole = ground.api.get(&link).header("range", ignored).send().await.expect(200);
            assert!(whole.body() == content, "{ignored}");
        }
        let head = ground.api.request("HEAD", &link).header("range", "bytes=0-0").send().await.expect(200);
        assert_eq!(head.header("content-length"), "500000");
    });
}

#[test]
fn who_has_it_gets_304_and_a_range_of_another_version_is_the_whole() {
    run(async {
        let ground = Ground::new().await;
        let link = ground.link(&image(1000)).await;
        let tag = ground.api.get(&link).send().await.expect(200).etag();
        assert_eq!(tag.len(), 66, "{tag}");
        for known in [tag.as_str(), &format!("W/{tag}"), "*", &format!("\"x\", {tag}")] {
            let answer = ground.api.get(&link).header("if-none-match", known).header("range", "bytes=0-1").send().await;
            assert_eq!(answer.expect(304).etag(), tag);
        }
        ground.api.get(&link).header("if-none-match", "\"x\"").send().await.expect(200);
        let part = ground.api.get(&link).header("range", "bytes=0-1");
        part.header("if-range", &tag).send().await.expect(206);
        for other in ["\"x\"", &format!("W/{tag}"), "Sat, 29 Oct 1994 19:43:31 GMT"] {
            ground.api.get(&link).header("range", "bytes=0-1").header("if-range", other).send().await.expect(200);
        }
    });
}
