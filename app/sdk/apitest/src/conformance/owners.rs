//! Items that belong to users.

use serde_json::json;
use types::Role;

use crate::resource::Resource;

/// 404 for every method, as for what is not there, and nothing happens.
pub async fn what_belongs_to_others_is_not_there(resource: &Resource) {
    let api = resource.start(2).await;
    let item = resource.create(&api, 1).await;
    for instance in 0..2 {
        for tag in [item.tag.as_str(), "\"9\"", "*"] {
            for request in [
                api.get(&item.path),
                api.patch(&item.path).if_match(tag).merge(&(resource.vary)(1)),
                api.patch(&item.path).if_match(tag).merge(&json!({})),
                api.delete(&item.path).if_match(tag),
                api.delete(&item.path),
            ] {
                request.on(instance).by_second(resource.writer).send().await.problem(404, "not-found");
            }
        }
    }
    item.assert_unchanged(&api).await;
    api.get(&item.path).by(resource.writer).send().await.expect(200);
}

/// Neither items nor totals tell of others, whatever the query.
pub async fn a_list_shows_what_is_one_s_own(resource: &Resource) {
    let api = resource.start(1).await;
    let mine = resource.create(&api, 1).await;
    let theirs = api.post(resource.path).by_second(resource.writer).json(&(resource.body)(2)).send().await.expect(201);
    assert_ne!(theirs.json()["owner_id"], mine.value["owner_id"]);
    for query in ["total=true", "total=true&page=1", "total=true&sort=-created_at"] {
        let path = format!("{}?{query}", resource.path);
        let first = api.get(&path).by(resource.writer).send().await.expect(200).json();
        assert_eq!((&first["items"], &first["total"]), (&json!([mine.value]), &json!(1)), "{query}");
        let second = api.get(&path).by_second(resource.writer).send().await.expect(200).json();
        assert_eq!((&second["items"], &second["total"]), (&json!([theirs.json()]), &json!(1)), "{query}");
        let all = api.get(&path).by(resource.reader).send().await.expect(200).json();
        assert_eq!(all["total"], 2, "{query}");
        api.get(&path).no_one().send().await.problem(401, "unauthorized");
    }
    for filter in resource.filters {
        let path = format!("{}?{}", resource.path, filter.query);
        let found = api.get(&path).by_second(resource.writer).send().await.expect(200).json();
        assert!(found["items"].as_array().unwrap().iter().all(|item| item["id"] == theirs.json()["id"]), "{path}");
    }
}

/// An admin changes and removes what belongs to others; it stays theirs.
pub async fn who_has_the_grant_reaches_what_belongs_to_others(resource: &Resource) {
    let api = resource.start(1).await;
    let item = resource.create(&api, 1).await;
    let patch = api.patch(&item.path).by(Role::Admin).if_match(&item.tag).merge(&(resource.vary)(1));
    let changed = patch.send().await.expect(200);
    assert_eq!(changed.json()["owner_id"], item.value["owner_id"]);
    let read = api.get(&item.path).by(resource.writer).send().await.expect(200);
    assert_eq!(read.json(), changed.json());
    api.delete(&item.path).by(Role::Admin).send().await.expect(204);
    api.get(&item.path).by(resource.writer).send().await.problem(404, "not-found");
}
