//! What an empty database is filled with: films of a file, the users of a development machine.
//!
//! The programs carry the collection of films with them, so that a binary far from any clone can seed. It is read from
//! `zarf/data` when they are built.

mod development;
mod film;
mod import;
mod rows;
mod seed;

pub use development::{
    COLLECTION, InProduction, PASSWORD, Permit, SeedError, Seeded, USERS, fill, films, is_empty, seed, users,
};
pub use film::{COLLECTION_ENDS, Reason, Refusal, film};
pub use import::{Ended, ImportError, Plan, Rejected, Tally, Watch, import};
pub use rows::{LONGEST, Members, ReadError, Row, Rows};
pub use seed::{Failure, Filling, Seed};
