//! What the text of a source file may not say.

use arch::Rule;

use crate::fixture::Fixture;

const LIB: &str = "business/domain/moviebus/src/lib.rs";
const STORE: &str = "business/domain/moviebus/src/store.rs";

#[test]
fn a_store_that_other_crates_can_see_is_reported() {
    for line in ["pub mod store;", "pub use store::Row;", "pub use self::store::{Row};", "pub use crate::store;"] {
        let text = format!("//! Films.\n\n{line}\n");
        let place = format!("{LIB}:3");
        Fixture::sound().writes(LIB, &text).finds(&[(Rule::Storage, &place, "shown to other crates")]);
    }
    for line in
        ["mod store;", "use store::Row;", "pub(crate) use store::Row;", "// pub mod store;", "pub struct Restore;"]
    {
        Fixture::sound().writes(LIB, line).finds(&[]);
    }
}

#[test]
fn sql_that_is_put_together_with_format_is_reported() {
    let lines = [
        "let sql = format!(\"SELECT id FROM movies WHERE title = '{title}'\");",
        "builder.push(format!(\"{column} desc\"));",
        "sqlx::query(&format!(\"{statement}\"));",
        "sqlx::query_as(\n    &format!(\"{statement}\"));",
        "builder.push(format!(\n    \" ORDER BY {column}\"\n));",
    ];
    for line in lines {
        let found = Fixture::sound().writes(STORE, line).check();
        assert_eq!(found.len(), 1, "{line}: {found:?}");
        assert_eq!((found[0].rule, found[0].finding.as_str()), (Rule::Storage, "SQL is put together with format!"));
    }
    let place = format!("{STORE}:2");
    let fixture = Fixture::sound().writes(STORE, "\nquery(AssertSqlSafe(statement))");
    fixture.finds(&[(Rule::Storage, &place, "asserted to be safe")]);
}

#[test]
fn text_that_is_no_sql_may_be_put_together() {
    let lines = [
        "builder.push_bind(format!(\"%{term}%\"));",
        "let message = format!(\"select one and go from there\");",
        "// format!(\"SELECT 1\")",
        "let url = \"http://localhost\"; // AssertSqlSafe",
    ];
    for line in lines {
        Fixture::sound().writes(STORE, line).finds(&[]);
    }
}

#[test]
fn the_environment_is_not_read_below_app() {
    for crate_folder in ["business/domain/moviebus", "business/sdk/migrate", "foundation/keystore"] {
        let file = format!("{crate_folder}/src/lib.rs");
        for call in ["std::env::var(\"HOME\")", "env::var_os(\"HOME\")", "env::vars()", "env::args()"] {
            let place = format!("{file}:1");
            Fixture::sound().writes(&file, call).finds(&[(Rule::Environment, &place, "do not read")]);
        }
        Fixture::sound().writes(&file, "env!(\"CARGO_PKG_VERSION\")").finds(&[]);
    }
}

#[test]
fn a_file_past_500_lines_is_reported_wherever_it_lies() {
    for file in ["app/sdk/mux/src/lib.rs", "app/sdk/mux/tests/main.rs", "zarf/bench/src/lib.rs"] {
        let finding = "501 lines are more than 500";
        Fixture::sound().writes(file, &"//\n".repeat(501)).finds(&[(Rule::Length, file, finding)]);
        Fixture::sound().writes(file, &"//\n".repeat(500)).finds(&[]);
    }
}

#[test]
fn a_private_key_in_the_tree_is_reported() {
    let data = "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
    let key = format!("-----BEGIN PRIVATE {}-----\n{data}\n", "KEY");
    for file in ["foundation/keystore/src/lib.rs", "foundation/keystore/tests/main.rs", "zarf/keys/dev.yaml"] {
        let place = format!("{file}:1");
        Fixture::sound().writes(file, &key).finds(&[(Rule::Secret, &place, "private key")]);
        let escaped = key.replace('\n', "\\n");
        Fixture::sound().writes(file, &escaped).finds(&[(Rule::Secret, &place, "private key")]);
    }
    let header = format!("\"-----BEGIN PRIVATE {}-----\"", "KEY");
    Fixture::sound().writes("foundation/keystore/src/lib.rs", &header).finds(&[]);
}
