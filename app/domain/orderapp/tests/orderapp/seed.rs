//! What a development machine starts with.

use apitest::{Api, run};
use types::Role;

use crate::resource::RESOURCE;

#[test]
fn an_empty_list_is_seeded_once() {
    run(async {
        let api = Api::start(1, orderapp::routes).await;
        api.spoil(RESOURCE.ground).await;
        let owner = api.add("seed@example.com", &[types::Role::Customer], apitest::Standing::Active).await;
        for added in [3, 0] {
            assert_eq!((orderapp::SEED.fill)(api.db().clone(), owner.id).await.unwrap(), added);
        }
        let list = api.get("/v1/orders?total=true").by(Role::Support).send().await.expect(200).json();
        assert_eq!(list["total"], 3);
        assert_eq!(list["items"][0]["owner_id"], owner.id.to_string());
    });
}
