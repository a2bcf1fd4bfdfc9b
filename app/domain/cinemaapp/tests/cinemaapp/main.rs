//! Cinemas and locations over HTTP, asked as clients ask.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod conformance {
    //! The general rules of the contract, kept by cinemas.

    apitest::conformance!(crate::resource::RESOURCE);
}

mod cinemas;
mod description;
mod locations;
mod resource;
mod seed;
