//! DELETE /v1/users/{id}.

use apitest::{PASSWORD, Standing, run};
use serde_json::json;
use sessionbus::Device;
use tokio::sync::Notify;
use types::{Role, UserId};

use crate::ground::{
    Postman, account, me, path, refused_soon, session, sessions, signs_in, start, start_forgetful, users,
};
use crate::registration::registration;

#[test]
fn who_deletes_their_account_is_gone_everywhere() {
    run(async {
        let api = start_forgetful(2).await;
        let postman = Postman::of(&api);
        let ada = api.add("ada@example.com", &[Role::Customer], Standing::Active).await;
        let (access, refresh) = session(&api, &ada).await;
        for instance in [0, 1] {
            me(&api, instance, &access).await.expect(200);
        }
        let path = format!("/v1/users/{}", ada.id);
        let gone = api.delete(&path).bearer(&access).send().await.expect(204);
        assert_eq!(gone.header("cache-control"), "no-store");
        refused_soon(&api, 2, &access).await;
        assert!(sessions(&api).refresh(&refresh, Default::default()).await.is_err());
        assert!(!signs_in(&api, "ada@example.com", PASSWORD).await);
        for _ in 0..2 {
            api.get(&path).by(Role::Admin).send().await.problem(404, "not-found");
            api.delete(&path).by(Role::Admin).send().await.problem(404, "not-found");
        }
        postman.mails("ada@example.com", 1).await;
        // The address is free for whoever owns it.
        api.post("/v1/users").json(&registration("ada@example.com")).send().await.expect(202);
        let token = postman.token("ada@example.com", 2).await;
        let again = api.post("/v1/users/activation").json(&json!({"token": token})).send().await.expect(200);
        assert_ne!(again.json()["id"], ada.id.to_string());
    });
}

/// A sign-in that is not yet committed is waited for: its session ends like the others, and whoever listens is told.
#[test]
fn a_session_that_begins_meanwhile_is_ended_too() {
    const UNTIL_SOMEBODY_WAITS: &str = "
        DO $$ BEGIN
            FOR turn IN 1..2000 LOOP
                PERFORM pg_stat_clear_snapshot();
                IF EXISTS (
                    SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                ) THEN
                    RETURN;
                END IF;
                PERFORM pg_sleep(0.005);
            END LOOP;
            RAISE 'the deletion does not wait';
        END $$";
    const ITS_END_IS_KNOWN: &str = "
        DO $$ BEGIN
            ASSERT (SELECT count(*) FROM sessions) = 0;
            ASSERT (SELECT array_agg(action ORDER BY audit_id) FROM audits WHERE entity = 'session') = '{created,ended}';
        END $$";
    run(async {
        let api = start(1).await;
        let ada = &api.add("ada@example.com", &[Role::Customer], Standing::Active).await;
        let begun = Notify::new();
        let sign_in = api.db().transact(async |tx| {
            users(&api).with_tx(&tx).confirm(ada).await.unwrap();
            sessions(&api).with_tx(&tx).create(ada.id, Device::default()).await.unwrap();
            begun.notify_one();
            api.spoil(UNTIL_SOMEBODY_WAITS).await;
            Ok::<_, sessionbus::Error>(())
        });
        let delete = async {
            begun.notified().await;
            api.delete(format!("/v1/users/{}", ada.id)).by(Role::Admin).send().await.expect(204);
        };
        let (signed_in, ()) = tokio::join!(sign_in, delete);
        signed_in.unwrap();
        api.spoil(ITS_END_IS_KNOWN).await;
    });
}

#[test]
fn a_deletion_heeds_the_version_when_it_is_named() {
    run(async {
        let api = start(1).await;
        let user = account(&api, Role::Customer).await;
        let delete = |tag: &str| api.delete(path(&user)).by(Role::Customer).if_match(tag).send();
        delete("\"2\"").await.problem(412, "precondition-failed");
        delete("1").await.problem(400, "bad-request");
        assert_eq!(account(&api, Role::Customer).await, user);
        delete("\"1\"").await.expect(204);
    });
}

#[test]
fn nobody_but_an_admin_deletes_somebody_else_or_learns_of_them() {
    run(async {
        let api = start(1).await;
        let user = account(&api, Role::Customer).await;
        let missing = format!("/v1/users/{}", UserId::new());
        for role in [Role::Editor, Role::Support] {
            let hidden = api.delete(path(&user)).by(role).send().await.problem(404, "not-found").json();
            let absent = api.delete(&missing).by(role).send().await.problem(404, "not-found").json();
            assert_eq!(hidden["detail"], absent["detail"], "{role}");
        }
        api.delete(path(&user)).by_second(Role::Customer).send().await.problem(404, "not-found");
        assert_eq!(account(&api, Role::Customer).await, user);
        api.delete(path(&user)).by(Role::Admin).send().await.expect(204);
    });
}

#[test]
fn the_last_admin_stays() {
    run(async {
        let api = start(1).await;
        let first = account(&api, Role::Admin).await;
        let second = api.get("/v1/users/me").by_second(Role::Admin).send().await.expect(200).json();
        api.delete(path(&second)).by(Role::Admin).send().await.expect(204);
        api.delete(path(&first)).by(Role::Admin).send().await.problem(409, "conflict");
        assert_eq!(account(&api, Role::Admin).await, first);
    });
}
