//! Audits over HTTP, asked as clients ask.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod conformance {
    //! The general rules of lists, kept by audits.

    apitest::conformance_of_list!(crate::list::Audits);
}

mod audits;
mod changed;
mod description;
mod list;
