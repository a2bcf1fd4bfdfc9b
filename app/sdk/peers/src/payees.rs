//! Whom one can pay.

use apierror::ApiError;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use types::UserId;

use crate::Asking;

/// Knows whom one can pay. It is the wallet's, which transfers money to people of whom it knows nothing but an id.
pub trait Payees: Send + Sync {
    /// The one with this id; None: there is nobody whom it would pay.
    ///
    /// The answer is of now: whoever acts on it later must bear that an account is gone meanwhile.
    ///
    /// # Errors
    /// Who knows it could not be asked, or does not answer this caller.
    fn find<'a>(&'a self, asking: &'a Asking, user_id: UserId) -> BoxFuture<'a, Result<Option<Payee>, ApiError>>;
}

/// Somebody whom one can pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payee {
    /// The id.
    pub user_id: UserId,
    /// What they are called, as they say it themselves.
    pub name: String,
}

/// Asks the business of users in this process.
pub struct Local {
    users: userbus::Business,
}

impl Local {
    /// Asks `users`.
    pub fn new(users: userbus::Business) -> Self {
        Self { users }
    }
}

impl Payees for Local {
    fn find<'a>(&'a self, _: &'a Asking, user_id: UserId) -> BoxFuture<'a, Result<Option<Payee>, ApiError>> {
        async move {
            match self.users.query_payee(user_id).await {
                Ok(user) => Ok(Some(Payee { user_id: user.id, name: user.name.as_str().to_owned() })),
                Err(userbus::Error::NotFound) => Ok(None),
                Err(userbus::Error::Store(error)) => Err(error.into()),
                Err(error) => Err(ApiError::internal(error)),
            }
        }
        .boxed()
    }
}
