use paging::{Direction, OrderBy, Page, Position};
use sessionbus::{DEFAULT_ORDER, OrderField, Session};
use types::{Scope, SessionId, UserId};

use crate::ground::{Ground, device};

/// A user with sessions, the first of which was used again last.
async fn some_sessions(ground: &Ground) -> (UserId, Vec<SessionId>) {
    let user_id = ground.user().await;
    let mut made = Vec::new();
    for agent in ["one", "two", "three", "four"] {
        made.push(ground.sessions.create(user_id, device(agent)).await.unwrap());
        ground.age("1 minute").await;
    }
    ground.sessions.refresh(&made[0].1, device("one again")).await.unwrap();
    (user_id, made.into_iter().map(|(session, _)| session.id).collect())
}

fn ids(sessions: &[Session]) -> Vec<SessionId> {
    sessions.iter().map(|session| session.id).collect()
}

#[tokio::test]
async fn one_s_own_sessions_are_listed_the_last_used_first() {
    let ground = Ground::new().await;
    let (user_id, made) = some_sessions(&ground).await;
    let (other, _) = ground.session().await;
    let page = Page { total: true, ..Page::first(10) };
    let own = ground.sessions.query(Scope::Own(user_id), OrderBy::new(DEFAULT_ORDER), &page).await.unwrap();
    assert_eq!(ids(&own.items), [made[0], made[3], made[2], made[1]]);
    assert_eq!((own.total, own.next), (Some(4), None));
    let all = ground.sessions.query(Scope::Any, OrderBy::new(DEFAULT_ORDER), &page).await.unwrap();
    assert_eq!((all.total, ids(&all.items).contains(&other.id)), (Some(5), true));
}

#[tokio::test]
async fn pages_together_are_the_whole_list_in_every_order() {
    let ground = Ground::new().await;
    let (user_id, _) = some_sessions(&ground).await;
    for field in [OrderField::CreatedAt, OrderField::LastUsedAt] {
        for direction in [Direction::Ascending, Direction::Descending] {
            let query = async |page: &Page| {
                let order = OrderBy::by(field, direction);
                ground.sessions.query(Scope::Own(user_id), order, page).await.unwrap()
            };
            let whole = query(&Page::first(10)).await.items;
            let (mut parts, mut position) = (Vec::new(), Position::Start);
            loop {
                let slice = query(&Page { position, ..Page::first(3) }).await;
                parts.extend(slice.items);
                match slice.next {
                    Some(keys) => position = Position::After(keys),
                    None => break,
                }
            }
            assert_eq!(ids(&parts), ids(&whole));
            let moment = |session: &Session| match field {
                OrderField::CreatedAt => session.created_at,
                OrderField::LastUsedAt => session.last_used_at,
            };
            assert_eq!(whole.len(), 4);
            assert!(whole.is_sorted_by(|a, b| match direction {
                Direction::Ascending => moment(a) <= moment(b),
                Direction::Descending => moment(a) >= moment(b),
            }));
        }
    }
}

#[tokio::test]
async fn a_session_that_has_expired_is_not_listed_before_it_is_swept() {
    let ground = Ground::new().await;
    let (user_id, made) = some_sessions(&ground).await;
    ground.age("15 days").await;
    let page = Page { total: true, ..Page::first(10) };
    let listed = ground.sessions.query(Scope::Own(user_id), OrderBy::new(DEFAULT_ORDER), &page).await.unwrap();
    assert_eq!((listed.items.len(), listed.total), (0, Some(0)));
    assert!(ground.sessions.query_by_id(Scope::Any, made[0]).await.is_err());
}
