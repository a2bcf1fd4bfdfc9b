//! Who may hear of what.

use apierror::{ApiError, Code};
use auth::{Authenticator, Caller, Permission, policy};
use feed::{Key, Of};
use types::Scope;

use crate::error;
use crate::topic::Topic;

/// What of the caller's own is heard of by `me`, as far as they may read it.
const OWN: &[(&str, Permission)] = &[
    ("order", Permission::OrdersRead),
    ("payment", Permission::WalletRead),
    ("transfer", Permission::WalletRead),
    ("user", Permission::UsersRead),
    ("session", Permission::SessionsRead),
];

/// Knows who may hear of what.
pub(crate) struct Access {
    pub(crate) authenticator: Authenticator,
    pub(crate) movies: moviebus::Business,
    pub(crate) orders: orderbus::Business,
}

impl Access {
    /// What a topic comes to for a caller; as a GET of the same thing is, where it is not theirs.
    pub(crate) async fn keys(&self, caller: &Caller, topic: Topic) -> Result<Vec<Key>, ApiError> {
        match topic {
            Topic::Movies => {
                policy::decide(Permission::MoviesRead, caller)?;
                Ok(vec![Key { entity: "movie", of: Of::All }])
            }
            Topic::Movie(movie_id) => {
                policy::decide(Permission::MoviesRead, caller)?;
                self.movies.query_by_id(movie_id).await.map_err(error::of_movie)?;
                Ok(vec![Key { entity: "movie", of: Of::Row(movie_id.uuid()) }])
            }
            Topic::Order(order_id) => {
                let scope = policy::decide(Permission::OrdersRead, caller)?;
                self.orders.query_by_id(scope, order_id).await.map_err(error::of_order)?;
                Ok(vec![Key { entity: "order", of: Of::Row(order_id.uuid()) }])
            }
            Topic::Me => {
                let owner = Of::Owner(caller.principal()?.user_id.uuid());
                let may = |permission| matches!(policy::decide(permission, caller), Ok(Scope::Any | Scope::Own(_)));
                let own = OWN.iter().filter(|(_, permission)| may(*permission));
                let keys: Vec<Key> = own.map(|(entity, _)| Key { entity, of: owner }).collect();
                if keys.is_empty() { Err(ApiError::new(Code::Forbidden)) } else { Ok(keys) }
            }
        }
    }
}
