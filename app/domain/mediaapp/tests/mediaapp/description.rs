//! What the description says of media.

use apitest::run;
use serde_json::Value;

use crate::ground::Ground;

#[test]
fn the_description_of_media_is_what_clients_build_on() {
    run(async {
        let ground = Ground::new().await;
        let document = ground.api.get("/openapi.json").send().await.expect(200).json();
        let shown = ["content_type", "created_at", "id", "kind", "movie_id", "sha256", "size", "url", "url_expires_at"];
        let schema = &document["components"]["schemas"]["Medium"];
        assert_eq!(schema["properties"].as_object().unwrap().keys().collect::<Vec<_>>(), shown);
        let mut required: Vec<_> = schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        required.sort_unstable();
        assert_eq!(required, shown);
        let upload = &document["paths"]["/v1/movies/{id}/media"]["post"];
        for media_type in ["image/jpeg", "image/png", "image/webp", "video/mp4", "video/webm"] {
            assert_eq!(upload["requestBody"]["content"][media_type]["schema"]["format"], "binary", "{media_type}");
            for status in ["200", "206"] {
                let read = &document["paths"]["/v1/media/{id}"]["get"]["responses"][status];
                assert_eq!(read["content"][media_type]["schema"]["format"], "binary", "{status} {media_type}");
            }
        }
        for status in ["201", "400", "401", "403", "404", "408", "409", "413", "415", "422", "502", "503"] {
            assert!(!upload["responses"][status].is_null(), "{status}");
        }
        let read = &document["paths"]["/v1/media/{id}"]["get"]["responses"];
        for status in ["200", "206", "304", "403", "404", "416", "422", "502"] {
            assert!(!read[status].is_null(), "{status}");
        }
        assert!(!read["206"]["headers"]["Content-Range"].is_null());
    });
}
