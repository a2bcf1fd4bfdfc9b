//! Films over HTTP, asked as clients ask.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod conformance {
    //! The general rules of the contract, kept by films.

    apitest::conformance!(crate::resource::RESOURCE);
}

mod description;
mod films;
mod resource;
mod search;
