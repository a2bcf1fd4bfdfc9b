//! What an empty database is filled with: films and places of a file, the users of a development machine.
//!
//! The programs carry the films and the places of `zarf/data` with them, so that a binary far from any clone can seed. They are read
//! when the programs are built.

mod development;
mod film;
mod import;
mod place;
mod rows;
mod seed;

pub use development::{
    COLLECTION, InProduction, PASSWORD, Permit, SeedError, Seeded, USERS, fill, films, is_empty, seed, users,
};
pub use film::{COLLECTION_ENDS, Reason, Refusal, film};
pub use import::{Ended, ImportError, Plan, Rejected, Tally, Watch, import};
pub use place::{BATCH, CITIES, PLACES, PlacesError, PlacesTally, RejectedPlace, import_places, places};
pub use rows::{LONGEST, Members, ReadError, Row, Rows};
pub use seed::{Failure, Filling, Seed};
