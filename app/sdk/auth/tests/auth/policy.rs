//! The policy, cell by cell.

use auth::{Caller, Denied, Grant, Permission, Principal, policy};
use types::{Role, Roles, Scope, UserId};

fn user(roles: &[Role]) -> (UserId, Caller) {
    let user_id = UserId::new();
    let (roles, token_id) = (roles.iter().copied().collect::<Roles>(), uuid::Uuid::nil());
    (user_id, Caller::User(Principal { user_id, roles, token_id, session_id: None }))
}

#[test]
fn the_policy_reads_as_it_was_decided() {
    insta::assert_snapshot!(policy::to_text(), @"
    permission         anonymous  admin  editor  support  customer  what it is for
    tokens:create      any        any    any     any      any       Ask for an access token.
    accounts:register  any        any    any     any      any       Sign up, show that an address is one's own.
    accounts:recover   any        any    any     any      any       Get back into an account whose password is forgotten.
    sessions:read      -          own    own     own      own       See where one is signed in.
    sessions:end       -          own    own     own      own       Sign out, here or elsewhere.
    movies:read        any        any    any     any      any       See films.
    movies:write       -          any    any     -        -         Add, change and remove films.
    users:read         -          any    own     any      own       See one account.
    users:query        -          any    -       -        -         List and search accounts.
    users:write        -          any    own     own      own       Change the name and the address of an account.
    users:password     -          any    own     own      own       Change the password of an account.
    users:delete       -          any    own     own      own       Delete an account for good.
    users:enable       -          any    -       -        -         Keep accounts from signing in, let them again.
    users:grant        -          any    -       -        -         Give roles and take them away.
    payees:read        -          any    any     any      any       See whom an id would pay.
    audits:read        -          any    -       -        -         See who changed what, when, from where.
    cinemas:read       any        any    any     any      any       See cinemas.
    cinemas:write      -          any    any     -        -         Add, change and remove cinemas.
    locations:read     any        any    any     any      any       Find places of the world.
    orders:read        -          any    -       any      own       See orders.
    orders:write       -          -      -       -        own       Place orders.
    orders:cancel      -          any    -       -        own       Give up orders that are not paid yet.
    orders:pay         -          -      -       -        own       Pay for orders.
    orders:refund      -          any    -       -        -         Take back orders that are paid.
    wallet:read        -          own    own     own      own       See one's wallet.
    wallet:write       -          own    own     own      own       Fill one's wallet, send money from it.
    payments:tell      any        any    any     any      any       Tell what became of a charge, for whoever can sign it.
    sales:read         -          any    -       any      -         See what was sold, to whom, for how much.
    media:read         any        any    any     any      any       See posters and trailers.
    media:write        -          any    any     -        -         Upload posters and trailers.
    live:listen        any        any    any     any      any       Hear of what happens, as far as one may see it.
    ");
}

#[test]
fn the_policy_as_json_says_the_same() {
    let json = policy::to_json();
    let rows = json.as_array().unwrap();
    assert_eq!(rows.len(), Permission::ALL.len());
    for (row, permission) in rows.iter().zip(Permission::ALL) {
        assert_eq!(row["permission"], permission.as_str());
        assert_eq!(row["grants"]["anonymous"] == "any", permission.is_public());
        for role in Role::ALL {
            let grant = serde_json::to_value(permission.row().of(role)).unwrap();
            assert_eq!(row["grants"][role.as_str()], grant, "{permission} {role}");
        }
    }
}

#[test]
fn each_cell_decides_as_it_says() {
    for &permission in Permission::ALL {
        for role in Role::ALL {
            let (user_id, caller) = user(&[role]);
            let expected = match permission.row().of(role) {
                Grant::Any => Ok(Scope::Any),
                Grant::Own => Ok(Scope::Own(user_id)),
                Grant::None => Err(Denied::Forbidden),
            };
            assert_eq!(policy::decide(permission, &caller), expected, "{permission} {role}");
        }
        let anonymous = policy::decide(permission, &Caller::Anonymous);
        assert_eq!(anonymous.is_ok(), permission.is_public());
        assert!(matches!(anonymous, Ok(Scope::Any) | Err(Denied::Unauthenticated)));
    }
}

#[test]
fn of_several_roles_the_most_powerful_counts_and_without_any_what_all_of_them_may() {
    let (_, caller) = user(&[Role::Customer, Role::Support]);
    assert_eq!(policy::decide(Permission::UsersRead, &caller), Ok(Scope::Any));
    let (user_id, nothing) = user(&[]);
    assert_eq!(policy::decide(Permission::MoviesRead, &nothing), Ok(Scope::Any));
    // Who can sign in can sign out, and see to their account.
    for own in [Permission::SessionsEnd, Permission::UsersRead, Permission::UsersDelete] {
        assert_eq!(policy::decide(own, &nothing), Ok(Scope::Own(user_id)));
    }
    for some in [Permission::MoviesWrite, Permission::UsersQuery, Permission::UsersGrant] {
        assert_eq!(policy::decide(some, &nothing), Err(Denied::Forbidden));
    }
}

#[test]
fn nobody_signed_in_is_ever_granted_less_than_everyone() {
    for permission in Permission::ALL {
        for role in Role::ALL {
            assert!(permission.row().of(role) >= permission.row().anonymous, "{permission} {role}");
        }
    }
}
