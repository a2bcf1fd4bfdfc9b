//! Holes, planted on purpose: the matrix shows exactly where they are.

use actix_web::HttpResponse;
use actix_web::web::Data;
use apierror::{ApiError, Code};
use auth::{Caller, Permission, policy};
use futures_util::FutureExt as _;
use mux::{Routes, operation, reply};
use request::{Empty, Id};
use types::{Role, UserId};

use crate::policy::ground::Ground;
use crate::policy::matrix::{Line, NOTHING, OWNED, Red, Target, Who, needs, red_cells};

/// What the routes of cards are meant to be.
const CARDS: &[Line] = &[
    Line {
        operation: "read_card",
        access: needs(Permission::UsersRead),
        targets: OWNED,
        ask: |cell| {
            async {
                let id = cell.target_user().await.map_or_else(|user_id| user_id, |user| user.id);
                cell.ground.api.get(format!("/v1/cards/{id}"))
            }
            .boxed_local()
        },
    },
    Line {
        operation: "delete_cards",
        access: needs(Permission::UsersGrant),
        targets: NOTHING,
        ask: |cell| async { cell.ground.api.delete("/v1/cards") }.boxed_local(),
    },
];

struct App {
    users: userbus::Business,
    forgets_the_scope: bool,
}

/// A card for each user, served beside the routes of the platform.
fn cards(users: userbus::Business, delete: Permission, forgets_the_scope: bool) -> Routes {
    let read = operation("read_card", "Read a card").responds_empty(204).refuses(Code::NotFound);
    Routes::new("cards", "Cards.")
        .get("/v1/cards/{id}", Permission::UsersRead, read, read_card)
        .delete("/v1/cards", delete, operation("delete_cards", "Delete all").responds_empty(204), delete_cards)
        .data(App { users, forgets_the_scope })
}

async fn read_card(
    app: Data<App>,
    caller: Caller,
    Id(user_id): Id<UserId>,
    _: Empty,
) -> Result<HttpResponse, ApiError> {
    let scope = policy::decide(Permission::UsersRead, &caller)?;
    if !app.forgets_the_scope && !scope.covers(user_id) {
        return Err(ApiError::new(Code::NotFound));
    }
    app.users.query_by_id(types::Scope::Any, user_id).await.map_err(|_| ApiError::new(Code::NotFound))?;
    Ok(reply::no_content())
}

async fn delete_cards(_: Empty) -> HttpResponse {
    reply::no_content()
}

/// Where the red cells are, of cards served like this.
async fn red(delete: Permission, forgets_the_scope: bool) -> Vec<(&'static str, Who, Target)> {
    let ground = Ground::serve(|resources| vec![cards(resources.users.clone(), delete, forgets_the_scope)]).await;
    let red = red_cells(&ground, &CARDS.iter().collect::<Vec<_>>()).await;
    red.into_iter().map(|Red { operation, who, target, .. }| (operation, who, target)).collect()
}

#[test]
fn without_a_hole_no_cell_is_red() {
    apitest::run(async { assert_eq!(red(Permission::UsersGrant, false).await, []) });
}

#[test]
fn a_route_that_asks_for_less_than_it_is_meant_to_is_red_for_those_it_lets_in() {
    let found = |who| ("delete_cards", who, Target::None);
    apitest::run(async {
        let red = red(Permission::UsersRead, false).await;
        let roles = [Role::Editor, Role::Support, Role::Customer].map(Who::Active);
        let mut expected: Vec<_> = roles.into_iter().chain([Who::WithoutRole]).map(found).collect();
        expected.sort();
        assert_eq!(red, expected);
    });
}

#[test]
fn a_handler_that_forgets_the_scope_is_red_where_the_target_is_anothers() {
    let found = |who| ("read_card", who, Target::Other);
    apitest::run(async {
        let red = red(Permission::UsersGrant, true).await;
        let mut expected = [Who::Active(Role::Editor), Who::Active(Role::Customer), Who::WithoutRole].map(found);
        expected.sort();
        assert_eq!(red, expected);
    });
}
