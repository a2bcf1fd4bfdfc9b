//! Sales over HTTP, asked as clients ask.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod conformance {
    //! The general rules of lists, kept by sales.

    apitest::conformance_of_list!(crate::list::Sales);

    mod totals {
        //! And by what they come to.

        apitest::conformance_of_list!(crate::list::Totals);
    }
}

mod csv;
mod description;
mod list;
mod sales;
mod sold;
