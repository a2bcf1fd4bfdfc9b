use std::time::Duration;

use dbtest::Database;
use throttle::{Outcome, Policy};
use tokio::task::JoinSet;

use crate::{SLOW, replica, rows, take, wait};

#[tokio::test]
async fn so_many_are_allowed_at_once_and_the_next_after_a_period() {
    let database = Database::new().await;
    let throttles = replica(&database);
    for _ in 0..3 {
        assert_eq!(take(&throttles, &SLOW, &[b"ada"]).await, Outcome::Allowed);
    }
    let told = wait(take(&throttles, &SLOW, &[b"ada"]).await);
    assert!((Duration::from_secs(3540)..=Duration::from_secs(3600)).contains(&told), "{told:?}");
    // What is refused uses nothing up: the time to wait does not grow.
    assert!(wait(take(&throttles, &SLOW, &[b"ada"]).await) <= told);

    database.execute("UPDATE throttles SET whole_at = whole_at - interval '1 hour'").await;
    assert_eq!(take(&throttles, &SLOW, &[b"ada"]).await, Outcome::Allowed, "an hour later");
    wait(take(&throttles, &SLOW, &[b"ada"]).await);
    database.execute("UPDATE throttles SET whole_at = whole_at - interval '1 year'").await;
    for _ in 0..3 {
        assert_eq!(take(&throttles, &SLOW, &[b"ada"]).await, Outcome::Allowed, "a year later it is whole, and no more");
    }
    wait(take(&throttles, &SLOW, &[b"ada"]).await);
}

#[tokio::test]
async fn who_waits_as_long_as_told_is_let_through() {
    let database = Database::new().await;
    let throttles = replica(&database);
    let quick = Policy { name: "quick", burst: 2, period: Duration::from_millis(300) };
    for _ in 0..2 {
        assert_eq!(take(&throttles, &quick, &[b"ada"]).await, Outcome::Allowed);
    }
    let mut refused = 0;
    for _ in 0..4 {
        while let Outcome::Denied { retry_after, .. } = take(&throttles, &quick, &[b"ada"]).await {
            assert!(retry_after <= quick.period, "{retry_after:?}");
            refused += 1;
            tokio::time::sleep(retry_after).await;
        }
    }
    assert!((1..=8).contains(&refused), "{refused}: as good as none of the waits was too short");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_at_once_on_two_replicas_just_the_burst_is_let_through() {
    let database = Database::new().await;
    let replicas = [replica(&database), replica(&database)];
    for round in 0_u8..3 {
        let policy = Policy { burst: 40, ..SLOW };
        let at_once: JoinSet<Outcome> = (0..200)
            .map(|number| {
                let throttles = replicas[number % 2].clone();
                async move { take(&throttles, &policy, &[&[round]]).await }
            })
            .collect();
        let outcomes = at_once.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Allowed).count(), 40);
        wait(take(&replicas[0], &policy, &[&[round]]).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_back_by_many_at_once_is_there_again() {
    let database = Database::new().await;
    let replicas = [replica(&database), replica(&database)];
    let policy = Policy { burst: 50, ..SLOW };
    let turn = policy.turn(&[b"ada"]);
    // A turn that is given back and taken again, many at once: not one is lost, none is made.
    let at_once: JoinSet<()> = (0..50)
        .map(|number| {
            let throttles = replicas[number % 2].clone();
            async move {
                for _ in 0..5 {
                    assert_eq!(throttles.take(&[turn]).await.unwrap(), Outcome::Allowed);
                    throttles.give_back(&[turn]).await.unwrap();
                }
                assert_eq!(throttles.take(&[turn]).await.unwrap(), Outcome::Allowed);
            }
        })
        .collect();
    at_once.join_all().await;
    wait(replicas[0].take(&[turn]).await.unwrap());
    replicas[1].give_back(&[turn, turn]).await.unwrap();
    assert_eq!(replicas[0].take(&[turn, turn]).await.unwrap(), Outcome::Allowed);
    wait(replicas[1].take(&[turn]).await.unwrap());
}

#[tokio::test]
async fn all_turns_are_taken_or_none() {
    let database = Database::new().await;
    let throttles = replica(&database);
    let (wide, narrow) = (Policy { name: "wide", ..SLOW }, Policy { name: "narrow", burst: 1, ..SLOW });
    let both = [wide.turn(&[b"ada"]), narrow.turn(&[b"ada"])];
    assert_eq!(throttles.take(&both).await.unwrap(), Outcome::Allowed);
    for _ in 0..10 {
        let denied = throttles.take(&both).await.unwrap();
        assert!(matches!(denied, Outcome::Denied { policy: "narrow", .. }), "{denied:?}");
    }
    // The wide one has lost the first turn alone.
    for _ in 0..2 {
        assert_eq!(take(&throttles, &wide, &[b"ada"]).await, Outcome::Allowed);
    }
    wait(take(&throttles, &wide, &[b"ada"]).await);
}

#[tokio::test]
async fn to_look_takes_nothing() {
    let database = Database::new().await;
    let throttles = replica(&database);
    let turn = SLOW.turn(&[b"ada"]);
    for _ in 0..10 {
        assert_eq!(throttles.peek(&[turn]).await.unwrap(), Outcome::Allowed);
    }
    assert_eq!(rows(&database, "SELECT count(*) FROM throttles").await, 0);
    assert_eq!(throttles.take(&[turn, turn, turn]).await.unwrap(), Outcome::Allowed);
    let told = wait(throttles.peek(&[turn]).await.unwrap());
    assert!(told > Duration::from_secs(3540) && told <= SLOW.period, "{told:?}");
}

#[tokio::test]
async fn a_clock_that_was_set_locks_nobody_out() {
    let database = Database::new().await;
    let throttles = replica(&database);
    let empty = async || {
        while take(&throttles, &SLOW, &[b"ada"]).await == Outcome::Allowed {}
        wait(take(&throttles, &SLOW, &[b"ada"]).await)
    };
    empty().await;
    // Set back by a day: what was written before lies a day ahead.
    database.execute("UPDATE throttles SET whole_at = whole_at + interval '1 day'").await;
    assert_eq!(throttles.peek(&[SLOW.turn(&[b"ada"])]).await.unwrap(), Outcome::Allowed);
    assert_eq!(take(&throttles, &SLOW, &[b"ada"]).await, Outcome::Allowed);
    assert!(empty().await <= SLOW.period, "it begins anew, with the usual bounds");
    // By less than can be told from statements that ran at once: nothing is given away, and the wait hardly grows.
    database.execute("UPDATE throttles SET whole_at = whole_at + interval '30 seconds'").await;
    assert!(empty().await <= SLOW.period + Duration::from_secs(30));
    // Set forward: the time has passed.
    database.execute("UPDATE throttles SET whole_at = whole_at - interval '10 years'").await;
    assert_eq!(take(&throttles, &SLOW, &[b"ada"]).await, Outcome::Allowed);
    assert!(empty().await <= SLOW.period);
}

#[tokio::test]
async fn keys_of_any_bytes_are_buckets_of_their_own_and_cannot_be_read_in_the_table() {
    let database = Database::new().await;
    let throttles = replica(&database);
    let huge = vec![b'x'; 1 << 20];
    let strange: [&[&[u8]]; 10] = [
        &[],
        &[b""],
        &[b"", b""],
        &[b"ada@example.com", b"192.0.2.1"],
        &[b"ada@example.com192.0.2.1"],
        &[b"ada@example.com\0", b"192.0.2.1"],
        &[b"'; DROP TABLE throttles; --"],
        &[&[0xff, 0xfe, 0x00]],
        &[&huge],
        &["ada@example.com\u{202e}".as_bytes()],
    ];
    for parts in strange {
        assert_eq!(throttles.take(&[SLOW.turn(parts); 3]).await.unwrap(), Outcome::Allowed, "{parts:?}");
        wait(take(&throttles, &SLOW, parts).await);
        let other = Policy { name: "other", ..SLOW };
        assert_eq!(take(&throttles, &other, parts).await, Outcome::Allowed, "of another policy");
    }
    assert_eq!(rows(&database, "SELECT count(*) FROM throttles WHERE octet_length(key) = 32").await, 20);
    let readable = "SELECT count(*) FROM throttles WHERE position('example'::bytea IN key) > 0";
    assert_eq!(rows(&database, readable).await, 0);
    assert!(!format!("{:?}", SLOW.turn(&[b"ada@example.com"])).contains("ada"));
}

#[tokio::test]
async fn policies_without_sense_are_harmless() {
    let database = Database::new().await;
    let throttles = replica(&database);
    let never = Policy { name: "never", burst: 0, period: Duration::MAX };
    assert_eq!(take(&throttles, &never, &[b"ada"]).await, Outcome::Allowed);
    assert!(wait(take(&throttles, &never, &[b"ada"]).await) <= throttle::LONGEST);
    let endless = Policy { name: "endless", burst: u32::MAX, period: Duration::MAX };
    let free = Policy { name: "free", burst: 1, period: Duration::ZERO };
    for _ in 0..20 {
        assert_eq!(take(&throttles, &endless, &[b"ada"]).await, Outcome::Allowed);
        assert_eq!(take(&throttles, &free, &[b"ada"]).await, Outcome::Allowed);
    }
}

#[tokio::test]
async fn the_sweep_removes_buckets_that_are_whole_and_no_others() {
    let database = Database::new().await;
    let throttles = replica(&database);
    database
        .execute(
            "INSERT INTO throttles SELECT sha256(n::text::bytea), now() - interval '2 minutes'
            FROM generate_series(1, 2500) AS n",
        )
        .await;
    assert_eq!(throttles.take(&[SLOW.turn(&[b"ada"]); 3]).await.unwrap(), Outcome::Allowed);
    let (one, other) = tokio::join!(throttles.sweep(), throttles.sweep());
    assert_eq!(one.unwrap() + other.unwrap(), 2500);
    wait(take(&throttles, &SLOW, &[b"ada"]).await);
    assert_eq!(throttles.sweep().await.unwrap(), 0);
}

#[tokio::test]
async fn brakes_cost_no_write_ahead_log() {
    let database = Database::new().await;
    let unlogged = "SELECT count(*) FROM pg_class WHERE relname = 'throttles' AND relpersistence = 'u'";
    assert_eq!(rows(&database, unlogged).await, 1);
}
