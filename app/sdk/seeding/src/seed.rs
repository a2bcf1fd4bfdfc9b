//! What else a development machine starts with: some rows of each resource of a team's own.

use std::pin::Pin;

use changes::Origin;
use sqldb::Db;
use types::{Email, Scope, UserId};

use crate::development::{Permit, SeedError};

/// Rows of one resource.
#[derive(Clone, Copy, Debug)]
pub struct Seed {
    /// What they are called, for the log.
    pub name: &'static str,
    /// Adds them where there is no row yet, and says how many. What belongs to users belongs to the one that is given.
    pub fill: fn(Db, UserId) -> Filling,
}

/// Rows that are being added.
pub type Filling = Pin<Box<dyn Future<Output = Result<u64, Failure>> + Send>>;

/// Why rows could not be added; the next start tries again.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Seed {
    /// Adds the rows where there are none; they belong to the customer of the seed, where they belong to users.
    ///
    /// # Errors
    /// They could not be added, or there is no such customer.
    pub async fn fill(&self, _: Permit, db: &Db, users: &userbus::Business) -> Result<u64, Failure> {
        let email = Email::restore("customer@example.com".to_owned());
        let owner = users.query_by_email(Scope::Any, &email).await.map_err(SeedError::from)?;
        // Nobody asked for it.
        changes::within(Origin::system("seed"), (self.fill)(db.clone(), owner.id)).await
    }
}
