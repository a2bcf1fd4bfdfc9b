//! What a development machine starts with: a user of every role, real films.

use changes::Origin;
use moviebus::QueryFilter;
use settings::Environment;
use tokio_util::sync::CancellationToken;
use types::{Email, Name, Password, Role, Scope};
use userbus::NewUser;

use crate::film::COLLECTION_ENDS;
use crate::import::{ImportError, Plan, Rejected, Tally, Watch, import};

/// Real films, as `zarf/data/movies.json` has them.
pub const COLLECTION: &[u8] = include_bytes!("../../../../zarf/data/movies.json");

/// The password of every seeded user. It is published: whoever can reach a seeded service can be its admin.
pub const PASSWORD: &str = "marquee-dev-only";

/// The seeded users: name, address, role.
pub const USERS: [(&str, &str, Role); 5] = [
    ("Admin", "admin@example.com", Role::Admin),
    ("Editor", "editor@example.com", Role::Editor),
    ("Support", "support@example.com", Role::Support),
    ("Customer", "customer@example.com", Role::Customer),
    ("Other", "other@example.com", Role::Customer),
];

/// The right to seed. Production does not give it.
#[derive(Clone, Copy, Debug)]
pub struct Permit(());

/// Seeding was asked for in production.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the users of the seed have a published password, which production refuses")]
pub struct InProduction;

/// What a seed came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seeded {
    /// The addresses of the users that are new.
    pub users_created: Vec<&'static str>,
    /// What became of the rows of the collection.
    pub films: Tally,
}

/// Why a seed is not complete. What came in stays, and the next one adds the rest.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A user could not be added.
    #[error("the users could not be seeded")]
    Users(#[from] userbus::Error),
    /// The films could not be added.
    #[error("the films could not be seeded")]
    Films(#[from] ImportError),
    /// The places could not be added.
    #[error("the places could not be seeded")]
    Places(#[from] crate::place::PlacesError),
    /// The transaction of both failed.
    #[error("the seed could not be kept")]
    Store(#[from] sqldb::Error),
}

impl Permit {
    /// The right to seed where programs run as `env`.
    ///
    /// # Errors
    /// That is production.
    pub fn of(env: Environment) -> Result<Self, InProduction> {
        match env {
            Environment::Development => Ok(Self(())),
            Environment::Production => Err(InProduction),
        }
    }
}

/// Whether there is neither a user nor a film: nobody has worked here yet.
///
/// # Errors
/// The database failed.
pub async fn is_empty(users: &userbus::Business, movies: &moviebus::Business) -> Result<bool, SeedError> {
    let films = movies.count(&QueryFilter::default()).await.map_err(ImportError::from)?;
    Ok(films == 0 && users.count(Scope::Any, &userbus::QueryFilter::default()).await? == 0)
}

/// Adds the users that are missing. One that is there stays as they are, whatever became of them.
///
/// # Errors
/// See [`SeedError`].
pub async fn users(_: Permit, users: &userbus::Business) -> Result<Vec<&'static str>, SeedError> {
    let mut created = Vec::new();
    for (name, email, role) in USERS {
        let new = NewUser {
            name: Name::restore(name.to_owned()),
            email: Email::restore(email.to_owned()),
            // It is long enough, which a test knows.
            password: Password::parse(PASSWORD).map_err(|_| userbus::Error::Hashing)?,
            roles: [role].into_iter().collect(),
            activated: true,
        };
        // Looked for first: a hash is the dearest thing that this program makes.
        match users.query_by_email(Scope::Any, &new.email).await {
            Ok(_) => continue,
            Err(userbus::Error::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
        match users.create(new).await {
            Ok(_) => created.push(email),
            // Another process seeds, too.
            Err(userbus::Error::DuplicateEmail) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(created)
}

/// Adds the films of the collection that are missing, until `stop`.
///
/// # Errors
/// See [`SeedError`].
pub async fn films(_: Permit, movies: &moviebus::Business, stop: &CancellationToken) -> Result<Tally, SeedError> {
    let mut last = Last::default();
    let plan = Plan { batch: 500, latest_year: COLLECTION_ENDS };
    import(movies, COLLECTION, plan, &mut last, stop).await?;
    Ok(last.0)
}

/// Adds the users and the films that are missing.
///
/// # Errors
/// See [`SeedError`].
pub async fn seed(
    permit: Permit,
    user_business: &userbus::Business,
    movies: &moviebus::Business,
    stop: &CancellationToken,
) -> Result<Seeded, SeedError> {
    let (users_created, films) = tokio::try_join!(users(permit, user_business), films(permit, movies, stop))?;
    Ok(Seeded { users_created, films })
}

/// Fills a database that has neither a user nor a film. `None`: somebody works with it, and it is left alone.
///
/// One transaction: a start that is cut short leaves an empty database, which the next one fills. Of programs that
/// start at once the second waits at the first film for the first to be done.
///
/// # Errors
/// See [`SeedError`].
pub async fn fill(
    permit: Permit,
    db: &sqldb::Db,
    user_business: &userbus::Business,
) -> Result<Option<Seeded>, SeedError> {
    let movie_business = moviebus::Business::new(db.clone());
    let fill = db.transact(async |tx| {
        let (user_business, movie_business) = (user_business.with_tx(&tx), movie_business.with_tx(&tx));
        if !is_empty(&user_business, &movie_business).await? {
            return Ok(None);
        }
        let films = films(permit, &movie_business, &CancellationToken::new()).await?;
        let users_created = users(permit, &user_business).await?;
        Ok(Some(Seeded { users_created, films }))
    });
    // Nobody asked for it.
    changes::within(Origin::system("seed"), fill).await
}

/// Keeps the last tally. Which rows of the collection are refused is known, and no news.
#[derive(Default)]
struct Last(Tally);

impl Watch<Rejected, Tally> for Last {
    fn rejected(&mut self, _: Rejected) {}

    fn committed(&mut self, tally: &Tally, _bytes: u64) {
        self.0 = *tally;
    }
}
