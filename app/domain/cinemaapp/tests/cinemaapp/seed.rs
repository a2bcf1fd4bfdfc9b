//! What a development machine starts with.

use apitest::{Api, run};

use crate::resource::RESOURCE;

#[test]
fn an_empty_list_is_seeded_once() {
    run(async {
        let api = Api::start(1, cinemaapp::routes).await;
        api.spoil(RESOURCE.ground).await;
        let owner = api.add("seed@example.com", &[types::Role::Customer], apitest::Standing::Active).await;
        for added in [3, 0] {
            assert_eq!((cinemaapp::SEED.fill)(api.db().clone(), owner.id).await.unwrap(), added);
        }
        let list = api.get("/v1/cinemas?total=true").send().await.expect(200).json();
        assert_eq!(list["total"], 3);
    });
}
