//! The files of a domain, the numbers of migrations.

use arch::Rule;

use crate::fixture::Fixture;

#[test]
fn a_file_that_every_domain_has_is_missed() {
    for file in ["route", "model", "filter", "error"] {
        let file = format!("app/domain/movieapp/src/{file}.rs");
        Fixture::sound().deletes(&file).finds(&[(Rule::Shape, &file, "missing")]);
    }
    for file in ["model", "store"] {
        let file = format!("business/domain/moviebus/src/{file}.rs");
        Fixture::sound().deletes(&file).finds(&[(Rule::Shape, &file, "missing")]);
    }
}

#[test]
fn a_file_that_no_other_domain_has_is_reported() {
    for file in ["app/domain/movieapp/src/handlers.rs", "business/domain/moviebus/src/rules.rs"] {
        Fixture::sound().writes(file, "").finds(&[(Rule::Shape, file, "no other domain")]);
    }
}

#[test]
fn a_module_may_have_a_folder_and_a_domain_its_filter_and_events() {
    Fixture::sound()
        .writes("business/domain/moviebus/src/store/rows.rs", "")
        .writes("business/domain/moviebus/src/filter.rs", "")
        .writes("business/domain/moviebus/src/event.rs", "")
        .finds(&[]);
}

#[test]
fn a_listed_departure_is_no_violation_until_it_is_spent() {
    let checkapp = Fixture::sound()
        .has("app/domain/checkapp")
        .writes("app/domain/checkapp/src/route.rs", "")
        .writes("app/domain/checkapp/src/model.rs", "");
    checkapp.finds(&[]);
    let file = "app/domain/checkapp/src/filter.rs";
    checkapp.writes(file, "").finds(&[(Rule::Shape, file, "spent")]);
}

#[test]
fn migrations_are_one_gapless_sequence() {
    let folder = "business/sdk/migrate/migrations";
    let cases = [
        ("0004_orders.sql", "number 3 is missing"),
        ("0002_orders.sql", "two migrations have the number 2"),
        ("3_orders.sql", "four digits"),
        ("0003-orders.sql", "four digits"),
        ("0003_Orders.sql", "four digits"),
        ("0003_orders.down.sql", "four digits"),
        ("0003_.sql", "four digits"),
    ];
    for (name, finding) in cases {
        let file = format!("{folder}/{name}");
        // Of two files with one number, the later in the alphabet is the one reported.
        let reported = if name == "0002_orders.sql" { format!("{folder}/0002_users.sql") } else { file.clone() };
        Fixture::sound().writes(&file, "").finds(&[(Rule::Migration, &reported, finding)]);
    }
    Fixture::sound().writes(&format!("{folder}/0003_orders.sql"), "").finds(&[]);
    let first = format!("{folder}/0002_users.sql");
    Fixture::sound().deletes(&format!("{folder}/0001_movies.sql")).finds(&[(Rule::Migration, &first, "1 is missing")]);
}
