use paging::{Direction, OrderBy, Page, Position};
use types::{Role, Scope};
use userbus::{DEFAULT_ORDER, Error, Fragment, OrderField, QueryFilter, User};

use crate::people::Ground;

async fn some_people() -> Ground {
    let ground = Ground::new().await;
    for (name, roles) in [
        ("Zoë Kravitz", &[Role::Customer][..]),
        ("amélie", &[Role::Editor]),
        ("Bob 100%", &[Role::Customer]),
        ("Bob 1000", &[Role::Customer, Role::Support]),
        ("Ada", &[Role::Admin]),
        ("Yu_Min", &[]),
    ] {
        ground.add(name, roles).await;
    }
    ground
}

fn names(users: &[User]) -> Vec<&str> {
    users.iter().map(|user| user.name.as_str()).collect()
}

async fn found(ground: &Ground, filter: QueryFilter) -> Vec<String> {
    let slice = ground.users.query(Scope::Any, &filter, OrderBy::new(DEFAULT_ORDER), &Page::first(100)).await.unwrap();
    assert_eq!(ground.users.count(Scope::Any, &filter).await.unwrap(), slice.items.len() as u64);
    names(&slice.items).into_iter().map(str::to_owned).collect()
}

fn part(text: &str) -> Option<Fragment> {
    Some(Fragment::parse(text).unwrap())
}

#[tokio::test]
async fn a_list_is_ordered_by_name_accents_and_case_aside() {
    let ground = some_people().await;
    let all = found(&ground, QueryFilter::default()).await;
    assert_eq!(all, ["Ada", "amélie", "Bob 100%", "Bob 1000", "Yu_Min", "Zoë Kravitz"]);
}

#[tokio::test]
async fn whoever_may_sign_in_can_be_paid_and_nobody_else() {
    let ground = Ground::new().await;
    let ada = ground.add("Ada", &[]).await;
    assert_eq!(ground.users.query_payee(ada.id).await.unwrap(), ada);
    let disabled = ground.users.disable(&ada).await.unwrap();
    assert!(matches!(ground.users.query_payee(ada.id).await, Err(Error::NotFound)));
    ground.users.enable(&disabled).await.unwrap();
    ground.users.query_payee(ada.id).await.unwrap();
    ground.users.delete(ada.id, None).await.unwrap();
    assert!(matches!(ground.users.query_payee(ada.id).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn each_filter_selects_and_together_they_all_must_hold() {
    let ground = some_people().await;
    let name = |text| QueryFilter { name: part(text), ..QueryFilter::default() };
    assert_eq!(found(&ground, name("AMELIE")).await, ["amélie"]);
    assert_eq!(found(&ground, name("zoe")).await, ["Zoë Kravitz"]);
    assert_eq!(found(&ground, name("100%")).await, ["Bob 100%"], "a percent sign is a percent sign");
    assert_eq!(found(&ground, name("u_m")).await, ["Yu_Min"]);
    assert_eq!(found(&ground, name("\\")).await, [""; 0]);
    let email = |text| QueryFilter { email: part(text), ..QueryFilter::default() };
    assert_eq!(found(&ground, email("BOB1000@")).await, ["Bob 1000"]);
    assert_eq!(found(&ground, email("@example.com")).await.len(), 6);
    let role = |role| QueryFilter { role: Some(role), ..QueryFilter::default() };
    assert_eq!(found(&ground, role(Role::Customer)).await, ["Bob 100%", "Bob 1000", "Zoë Kravitz"]);
    let both = QueryFilter { name: part("bob"), ..role(Role::Support) };
    assert_eq!(found(&ground, both).await, ["Bob 1000"]);

    let zoe = ground.users.query(Scope::Any, &name("zoe"), OrderBy::new(DEFAULT_ORDER), &Page::first(1)).await.unwrap();
    ground.users.disable(&zoe.items[0]).await.unwrap();
    let enabled = |enabled| QueryFilter { enabled: Some(enabled), ..QueryFilter::default() };
    assert_eq!(found(&ground, enabled(false)).await, ["Zoë Kravitz"]);
    assert_eq!(found(&ground, enabled(true)).await.len(), 5);
}

#[tokio::test]
async fn pages_of_every_order_give_each_user_once() {
    let ground = some_people().await;
    use Direction::{Ascending, Descending};
    use OrderField::{CreatedAt, Email, Name};
    let orders: [&[(OrderField, Direction)]; 8] = [
        &[],
        &[(Name, Ascending)],
        &[(Name, Descending)],
        &[(Email, Ascending)],
        &[(CreatedAt, Descending)],
        &[(Name, Ascending), (CreatedAt, Ascending)],
        &[(Name, Descending), (Email, Ascending)],
        &[(CreatedAt, Ascending), (Name, Descending), (Email, Ascending)],
    ];
    for order in orders {
        let order = OrderBy::new(order.iter().copied());
        let everyone = QueryFilter::default();
        let whole = ground.users.query(Scope::Any, &everyone, order.clone(), &Page::first(100)).await.unwrap();
        for limit in 1..=4 {
            let mut page = Page { limit, position: Position::Start, total: true };
            let mut walked = Vec::new();
            loop {
                let slice = ground.users.query(Scope::Any, &everyone, order.clone(), &page).await.unwrap();
                assert_eq!(slice.total, Some(6));
                walked.extend(slice.items);
                match slice.next {
                    Some(keys) => page.position = Position::After(keys),
                    None => break,
                }
            }
            assert_eq!(names(&walked), names(&whole.items), "{order:?} by {limit}");
        }
        let second = Page { limit: 4, position: Position::Number(2), total: false };
        let second = ground.users.query(Scope::Any, &everyone, order, &second).await.unwrap();
        assert_eq!(names(&second.items), names(&whole.items[4..]));
    }
}

#[tokio::test]
async fn what_is_outside_of_the_scope_does_not_exist() {
    let ground = some_people().await;
    let ada = ground.by_email("ada@example.com").await;
    let amelie = ground.add("Amelie", &[]).await;
    let (users, own) = (&ground.users, Scope::Own(ada.id));
    assert_eq!(users.query_by_id(own, ada.id).await.unwrap(), ada);
    assert_eq!(users.query_by_email(own, &ada.email).await.unwrap(), ada);
    assert!(matches!(users.query_by_id(own, amelie.id).await, Err(Error::NotFound)));
    assert!(matches!(users.query_by_email(own, &amelie.email).await, Err(Error::NotFound)));
    for filter in [QueryFilter::default(), QueryFilter { name: part("a"), ..QueryFilter::default() }] {
        let page = Page { total: true, ..Page::first(100) };
        let slice = users.query(own, &filter, OrderBy::new(DEFAULT_ORDER), &page).await.unwrap();
        assert_eq!((slice.items, slice.total), (vec![ada.clone()], Some(1)));
        assert_eq!(users.count(own, &filter).await.unwrap(), 1);
        assert!(users.count(Scope::Any, &filter).await.unwrap() > 1);
    }
}
