//! Everything the product knows about users.

mod filter;
mod hash;
mod model;
mod store;

use paging::{OrderBy, Page, Slice};
use secrecy::SecretString;
use types::{Email, Role, Roles, UserId, Version};

pub use crate::filter::{DEFAULT_ORDER, Fragment, OrderField, QueryFilter};
pub use crate::hash::{Cost, Passwords};
pub use crate::model::{NewUser, UpdateUser, User};
use crate::store::Store;

/// What can be done with users.
#[derive(Clone)]
pub struct Business {
    store: Store,
    passwords: Passwords,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such user.
    #[error("no such user")]
    NotFound,
    /// The user was changed since they were read.
    #[error("the user was changed meanwhile and has version {current}")]
    EditConflict {
        /// The version they have now.
        current: Version,
    },
    /// Another user has this address.
    #[error("another user has this address")]
    DuplicateEmail,
    /// No admin who can sign in would remain.
    #[error("no admin would remain")]
    LastAdmin,
    /// Nobody can sign in with this address and this password. Why is not told.
    #[error("wrong address or password")]
    BadCredentials,
    /// More passwords wait to be checked than the machine can check soon.
    #[error("too many passwords wait to be checked")]
    Busy,
    /// The hash function failed.
    #[error("a password could not be hashed")]
    Hashing,
    /// The database failed.
    #[error("users could not be read or written")]
    Store(#[from] sqldb::Error),
}

impl Business {
    /// The business of users, stored in `db`, with passwords hashed at the usual cost.
    pub fn new(db: sqldb::Db) -> Self {
        Self::with_passwords(db, Passwords::default())
    }

    /// The business of users, stored in `db`. Those that share a process should share `passwords`, which bounds the
    /// work.
    pub fn with_passwords(db: sqldb::Db, passwords: Passwords) -> Self {
        Self { store: Store::new(db), passwords }
    }

    /// The same business within the transaction `tx`.
    #[must_use]
    pub fn with_tx(&self, tx: &sqldb::Tx) -> Self {
        Self::with_passwords(tx.db(), self.passwords.clone())
    }

    /// Adds a user.
    ///
    /// # Errors
    /// [`Error::DuplicateEmail`], [`Error::Busy`], [`Error::Hashing`], [`Error::Store`].
    pub async fn create(&self, new: NewUser) -> Result<User, Error> {
        let hash = self.passwords.hash(&new.password).await?;
        let now = types::now();
        let user = User {
            id: UserId::new(),
            name: new.name,
            email: new.email,
            roles: new.roles,
            enabled: true,
            activated_at: new.activated.then_some(now),
            version: Version::FIRST,
            created_at: now,
            updated_at: now,
        };
        self.store.create(&user, &hash).await?;
        Ok(user)
    }

    /// Changes `user`, who keeps their version when the update changes nothing. A new password is always a change.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::EditConflict`] when `user` is no longer the current version,
    /// [`Error::DuplicateEmail`], [`Error::LastAdmin`], [`Error::Busy`], [`Error::Hashing`], [`Error::Store`].
    pub async fn update(&self, user: &User, update: UpdateUser) -> Result<User, Error> {
        let hash = match &update.password {
            Some(password) => Some(self.passwords.hash(password).await?),
            None if update.clone().apply(user) == *user => return Ok(user.clone()),
            None => None,
        };
        match self.store.update(user, update, hash).await? {
            Some(updated) => Ok(updated),
            None => Err(self.conflict(user.id).await),
        }
    }

    /// Gives `user` a role.
    ///
    /// # Errors
    /// As [`Business::update`].
    pub async fn grant(&self, user: &User, role: Role) -> Result<User, Error> {
        self.update(user, UpdateUser { roles: Some(user.roles.with(role)), ..UpdateUser::default() }).await
    }

    /// Takes a role from `user`.
    ///
    /// # Errors
    /// As [`Business::update`].
    pub async fn revoke(&self, user: &User, role: Role) -> Result<User, Error> {
        let roles = user.roles.iter().filter(|held| *held != role).collect();
        self.update(user, UpdateUser { roles: Some(roles), ..UpdateUser::default() }).await
    }

    /// Lets `user` sign in again.
    ///
    /// # Errors
    /// As [`Business::update`].
    pub async fn enable(&self, user: &User) -> Result<User, Error> {
        self.update(user, UpdateUser { enabled: Some(true), ..UpdateUser::default() }).await
    }

    /// Keeps `user` from signing in; access tokens end within seconds ([`Business::query_by_id`] says so to whoever
    /// checks them).
    ///
    /// # Errors
    /// As [`Business::update`].
    pub async fn disable(&self, user: &User) -> Result<User, Error> {
        self.update(user, UpdateUser { enabled: Some(false), ..UpdateUser::default() }).await
    }

    /// Gives the user these roles and no others, if `expected` is their version or `None`. They keep their version
    /// when they had just these.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::EditConflict`] when they have another version, [`Error::LastAdmin`],
    /// [`Error::Store`].
    pub async fn set_roles(&self, user_id: UserId, roles: Roles, expected: Option<Version>) -> Result<User, Error> {
        match self.store.set_roles(user_id, roles, expected).await? {
            Some(user) => Ok(user),
            None => Err(self.conflict(user_id).await),
        }
    }

    /// A page of the users that `filter` selects.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn query(
        &self,
        filter: &QueryFilter,
        order_by: OrderBy<OrderField>,
        page: &Page,
    ) -> Result<Slice<User>, Error> {
        let total = if page.total { Some(self.store.count(filter).await?) } else { None };
        Ok(self.store.query(filter, &order_by, page, total).await?)
    }

    /// The user with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn query_by_id(&self, user_id: UserId) -> Result<User, Error> {
        self.store.query_by_id(user_id).await?.ok_or(Error::NotFound)
    }

    /// The user with this address.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn query_by_email(&self, email: &Email) -> Result<User, Error> {
        Ok(self.store.query_by_email(email).await?.ok_or(Error::NotFound)?.0)
    }

    /// The number of users that `filter` selects.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn count(&self, filter: &QueryFilter) -> Result<u64, Error> {
        Ok(self.store.count(filter).await?)
    }

    /// The user who may sign in with this address and this password, both as they were typed.
    ///
    /// An unknown address, a wrong password, a disabled and a not activated account give the same error after the same
    /// work, so that nobody learns who has an account (OWASP ASVS 5.0, 6.3.8).
    ///
    /// # Errors
    /// [`Error::BadCredentials`], [`Error::Busy`], [`Error::Hashing`], [`Error::Store`].
    pub async fn authenticate(&self, email: &str, password: &SecretString) -> Result<User, Error> {
        let found = match Email::parse(email) {
            Ok(email) => self.store.query_by_email(&email).await?,
            // Nobody has such an address; the password is hashed all the same.
            Err(_) => None,
        };
        let (user, stored) = found.unzip();
        let verdict = self.passwords.verify(password, stored.as_ref()).await?;
        let user = user.filter(|user| verdict.matches && user.may_sign_in()).ok_or(Error::BadCredentials)?;
        if let (true, Some(stored)) = (verdict.outdated, stored) {
            // The sign-in has succeeded whether or not the hash can be replaced now; the next one tries again.
            if let Ok(hash) = self.passwords.rehash(password).await {
                let _ = self.store.replace_hash(user.id, &stored, &hash).await;
            }
        }
        Ok(user)
    }

    /// Why a statement that names an id and a version met no row.
    async fn conflict(&self, user_id: UserId) -> Error {
        match self.query_by_id(user_id).await {
            Ok(user) => Error::EditConflict { current: user.version },
            Err(error) => error,
        }
    }
}
