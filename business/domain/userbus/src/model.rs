//! What a user is.

use types::{Email, Name, Password, Roles, Timestamp, UserId, Version};

/// A user. The hash of the password never leaves the store.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// What they are called.
    pub name: Name,
    /// Where their mail goes, and the name they sign in with.
    pub email: Email,
    /// What they may do.
    pub roles: Roles,
    /// Whether an admin lets them sign in.
    pub enabled: bool,
    /// When the address was shown to be theirs.
    pub activated_at: Option<Timestamp>,
    /// The version of the row.
    pub version: Version,
    /// When they were added.
    pub created_at: Timestamp,
    /// When they were last changed.
    pub updated_at: Timestamp,
}

/// A user to add.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// What they are called.
    pub name: Name,
    /// Where their mail goes.
    pub email: Email,
    /// The password they chose.
    pub password: Password,
    /// What they may do.
    pub roles: Roles,
    /// Whether the address is known to be theirs.
    pub activated: bool,
}

/// What to change of a user; `None` keeps.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the members of `User`")]
pub struct UpdateUser {
    pub name: Option<Name>,
    pub email: Option<Email>,
    pub password: Option<Password>,
    pub roles: Option<Roles>,
    pub enabled: Option<bool>,
}

impl User {
    /// Whether they may sign in, and use what they got when they did.
    pub fn may_sign_in(&self) -> bool {
        self.enabled && self.activated_at.is_some()
    }
}

impl UpdateUser {
    /// `user` with these changes; the password is not seen in it.
    pub(crate) fn apply(self, user: &User) -> User {
        User {
            name: self.name.unwrap_or_else(|| user.name.clone()),
            email: self.email.unwrap_or_else(|| user.email.clone()),
            roles: self.roles.unwrap_or(user.roles),
            enabled: self.enabled.unwrap_or(user.enabled),
            ..user.clone()
        }
    }
}
