//! What a user is.

use types::{Email, Name, Password, Roles, Timestamp, UserId, Version};

use crate::hash::PasswordHash;
use crate::{Error, rules};

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
    /// When the address that they had then was shown to be theirs.
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

/// What somebody says who wants an account.
#[derive(Clone, Debug)]
pub struct NewRegistration {
    /// What they are called.
    pub name: Name,
    /// Where their mail goes. Until they have used a token that was mailed there, it may be anybody's.
    pub email: Email,
    /// The password they chose.
    pub password: Password,
}

/// What to change of a user; `None` keeps. Passwords have ways of their own.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the members of `User`")]
pub struct UpdateUser {
    pub name: Option<Name>,
    pub email: Option<Email>,
    pub roles: Option<Roles>,
    pub enabled: Option<bool>,
}

/// A password that may take the place of a user's, hashed and ready for a short transaction.
pub struct PasswordChange {
    pub(crate) user_id: UserId,
    /// What it takes the place of: whoever changed the password meanwhile did not mean this one to be replaced.
    pub(crate) old: PasswordHash,
    pub(crate) new: PasswordHash,
}

/// A password that may take the place of a forgotten one, hashed and ready for a short transaction.
pub struct PasswordReset {
    pub(crate) digest: [u8; 32],
    pub(crate) new: PasswordHash,
}

/// What a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Tokens that had expired.
    pub tokens: u64,
    /// Accounts that were never activated.
    pub accounts: u64,
}

impl User {
    /// The user that `new` describes.
    pub(crate) fn new(new: NewUser) -> Self {
        let now = types::now();
        Self {
            id: UserId::new(),
            name: new.name,
            email: new.email,
            roles: new.roles,
            enabled: true,
            activated_at: new.activated.then_some(now),
            version: Version::FIRST,
            created_at: now,
            updated_at: now,
        }
    }

    /// Whether they may sign in, and use what they got when they did.
    pub fn may_sign_in(&self) -> bool {
        self.enabled && self.activated_at.is_some()
    }
}

impl NewRegistration {
    /// Whether the password is one that may be chosen. It says the same of every address, known or not.
    ///
    /// # Errors
    /// [`Error::WeakPassword`].
    pub fn check(&self) -> Result<(), Error> {
        rules::check(&self.password, &self.email, &self.name).map_err(Error::WeakPassword)
    }
}

impl UpdateUser {
    /// `user` with these changes.
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
