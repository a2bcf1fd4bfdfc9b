//! Edges: between layers, between siblings, to crates from outside.

use arch::Rule;

use crate::fixture::Fixture;

#[test]
fn a_layer_that_reaches_up_is_reported() {
    let edges = [
        ("business/domain/moviebus", "mux", "moviebus -> mux"),
        ("business/sdk/sqldb", "movieapp", "sqldb -> movieapp"),
        ("business/types", "mux", "types -> mux"),
        ("foundation/problem", "types", "problem -> types"),
        ("foundation/problem", "mux", "problem -> mux"),
        ("foundation/keystore", "moviebus", "keystore -> moviebus"),
    ];
    for (from, to, place) in edges {
        Fixture::sound().depends(from, "dependencies", to).finds(&[(Rule::Layers, place, "reaches up")]);
    }
}

#[test]
fn a_room_that_reaches_up_within_its_layer_is_reported() {
    let edges = [
        ("app/sdk/mux", "movieapp", "mux -> movieapp"),
        ("app/sdk/mux", "catalog", "mux -> catalog"),
        ("app/domain/movieapp", "catalog", "movieapp -> catalog"),
        ("app/services/catalog", "admin", "catalog -> admin"),
        ("business/sdk/sqldb", "moviebus", "sqldb -> moviebus"),
        ("business/types", "sqldb", "types -> sqldb"),
    ];
    for (from, to, place) in edges {
        Fixture::sound().depends(from, "dependencies", to).finds(&[(Rule::Layers, place, "reaches up")]);
    }
}

#[test]
fn tests_and_build_scripts_reach_up_no_more_than_the_crate_does() {
    for section in ["dev-dependencies", "build-dependencies", "target.'cfg(unix)'.dependencies"] {
        let fixture = Fixture::sound().depends("business/domain/moviebus", section, "mux");
        fixture.finds(&[(Rule::Layers, "moviebus -> mux", "reaches up")]);
    }
}

#[test]
fn an_edge_under_another_name_is_reported() {
    let line = "http = { path = \"../../../app/sdk/mux\", package = \"mux\" }";
    Fixture::sound().depends_as("business/domain/moviebus", "dependencies", line).finds(&[
        (Rule::Layers, "moviebus -> mux", "reaches up"),
        (Rule::Manifest, "business/domain/moviebus/Cargo.toml", "http is not taken from the workspace"),
    ]);
}

#[test]
fn siblings_of_a_domain_do_not_know_each_other() {
    let app = Fixture::sound()
        .has("app/domain/authapp")
        .writes("app/domain/authapp/src/route.rs", "")
        .writes("app/domain/authapp/src/filter.rs", "")
        .writes("app/domain/authapp/src/model.rs", "")
        .writes("app/domain/authapp/src/error.rs", "");
    app.depends("app/domain/authapp", "dependencies", "movieapp").finds(&[(
        Rule::Layers,
        "authapp -> movieapp",
        "siblings",
    )]);

    let business = Fixture::sound()
        .has("business/domain/walletbus")
        .writes("business/domain/walletbus/src/model.rs", "")
        .writes("business/domain/walletbus/src/store.rs", "");
    business.depends("business/domain/walletbus", "dependencies", "moviebus").finds(&[(
        Rule::Layers,
        "walletbus -> moviebus",
        "siblings",
    )]);
}

#[test]
fn the_sdk_of_app_knows_no_domain() {
    let fixture = Fixture::sound().depends("app/sdk/mux", "dependencies", "moviebus");
    fixture.finds(&[(Rule::Layers, "mux -> moviebus", "may know none")]);
}

#[test]
fn nothing_depends_on_zarf() {
    for from in ["app/services/catalog", "business/domain/moviebus", "foundation/problem"] {
        let place = format!("{} -> bench", from.rsplit('/').next().unwrap());
        for section in ["dependencies", "dev-dependencies"] {
            let fixture = Fixture::sound().drops("zarf/bench", "dbtest").depends(from, section, "bench");
            fixture.finds(&[(Rule::Layers, &place, "nothing may depend on zarf")]);
        }
    }
}

#[test]
fn the_test_ground_does_not_ship() {
    for (from, to) in [("business/domain/moviebus", "dbtest"), ("app/services/catalog", "apitest")] {
        let fixture = Fixture::sound().drops(from, to).depends(from, "dependencies", to);
        let place = format!("{} -> {to}", from.rsplit('/').next().unwrap());
        fixture.finds(&[(Rule::Layers, &place, "would ship")]);
    }
}

#[test]
fn a_spent_exception_is_reported() {
    let fixture = Fixture::sound().has("app/services/platform");
    fixture.finds(&[(Rule::Layers, "admin -> platform", "the exception is spent")]);
}

#[test]
fn a_listed_exception_is_no_violation() {
    let fixture = Fixture::sound().has("app/services/platform");
    fixture.depends("app/tooling/admin", "dependencies", "platform").finds(&[]);
}

#[test]
fn a_reserved_crate_outside_its_users_is_reported() {
    let edges = [
        ("app/domain/movieapp", "sqlx", "movieapp -> sqlx"),
        ("app/tooling/admin", "sqlx", "admin -> sqlx"),
        ("business/domain/moviebus", "deadpool", "moviebus -> deadpool"),
        ("business/domain/moviebus", "actix-web", "moviebus -> actix-web"),
        ("business/domain/moviebus", "tracing", "moviebus -> tracing"),
        ("foundation/keystore", "tracing", "keystore -> tracing"),
        ("app/services/catalog", "tracing-subscriber", "catalog -> tracing-subscriber"),
        ("app/domain/movieapp", "anyhow", "movieapp -> anyhow"),
        ("app/sdk/mux", "jsonwebtoken", "mux -> jsonwebtoken"),
        ("app/domain/movieapp", "argon2", "movieapp -> argon2"),
        ("app/domain/movieapp", "reqwest", "movieapp -> reqwest"),
        ("app/services/catalog", "config", "catalog -> config"),
        ("app/domain/movieapp", "clap", "movieapp -> clap"),
    ];
    for (from, to, place) in edges {
        Fixture::sound().depends(from, "dependencies", to).finds(&[(Rule::Reserved, place, "")]);
    }
}

#[test]
fn tests_may_use_what_the_table_gives_to_tests_and_no_more() {
    let http = Fixture::sound().depends("app/domain/movieapp", "dev-dependencies", "reqwest");
    http.finds(&[]);
    let sql = Fixture::sound().depends("app/domain/movieapp", "dev-dependencies", "sqlx");
    sql.finds(&[(Rule::Reserved, "movieapp -> sqlx", "SQL lives in the stores")]);
}
