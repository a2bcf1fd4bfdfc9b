//! What the domain announces.

use changes::{Action, Change, Entity, Fields};

use crate::model::User;

/// What users are called in audits and events.
pub const ENTITY: Entity = Entity::new("user");

pub(crate) const REGISTERED: Action = Action::new("registered");
pub(crate) const REGISTERED_AGAIN: Action = Action::new("registered_again");
pub(crate) const ACTIVATED: Action = Action::new("activated");
pub(crate) const ROLES_CHANGED: Action = Action::new("roles_changed");
pub(crate) const ENABLED: Action = Action::new("enabled");
pub(crate) const DISABLED: Action = Action::new("disabled");
pub(crate) const PASSWORD_CHANGED: Action = Action::new("password_changed");
pub(crate) const PASSWORD_RESET: Action = Action::new("password_reset");
pub(crate) const PASSWORD_LOCKED: Action = Action::new("password_locked");

pub(crate) fn created(user: &User) -> Change {
    Change::created(ENTITY, user.id, user.version, fields(user)).owned_by(user.id)
}

/// The user as they were `before` and as they are now, by the verb that says most.
pub(crate) fn updated(before: &User, user: &User) -> Change {
    let same_otherwise = before.name == user.name && before.email == user.email;
    let roles_changed = before.roles != user.roles;
    let change = changed(before, user);
    match (before.enabled, user.enabled) {
        (false, true) if same_otherwise && !roles_changed => change.called(ENABLED),
        (true, false) if same_otherwise && !roles_changed => change.called(DISABLED),
        (then, now) if then == now && same_otherwise && roles_changed => change.called(ROLES_CHANGED),
        _ => change,
    }
}

/// The user as they were `before` and as they are now.
pub(crate) fn changed(before: &User, user: &User) -> Change {
    Change::updated(ENTITY, user.id, user.version, fields(before), fields(user)).owned_by(user.id)
}

/// Something about the password, of which nothing is shown.
pub(crate) fn password(before: &User, user: &User, action: Action) -> Change {
    let after = fields(user).changed("password");
    Change::updated(ENTITY, user.id, user.version, fields(before), after).owned_by(user.id).called(action)
}

/// Something happened that left the user as they were.
pub(crate) fn noted(user: &User, action: Action) -> Change {
    changed(user, user).called(action)
}

pub(crate) fn deleted(user: &User) -> Change {
    Change::deleted(ENTITY, user.id, user.version, fields(user)).owned_by(user.id)
}

fn fields(user: &User) -> Fields {
    Fields::new()
        .personal("name", &user.name)
        .personal("email", &user.email)
        .field("roles", &user.roles)
        .field("enabled", &user.enabled)
        .field("activated_at", &user.activated_at)
}
