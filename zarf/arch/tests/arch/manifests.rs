//! Manifests: the tree, names, purpose, lints, versions.

use arch::Rule;

use crate::fixture::Fixture;

const MOVIEBUS: &str = "business/domain/moviebus/Cargo.toml";

#[test]
fn a_crate_in_no_room_is_reported() {
    for folder in ["extras/thing", "app/thing", "app/sdk/deep/thing", "business/types/thing"] {
        Fixture::sound().has(folder).finds(&[(Rule::Tree, folder, "no room")]);
    }
}

#[test]
fn a_crate_whose_folder_has_another_name_is_reported() {
    let fixture = Fixture::sound().has("foundation/etag").says("foundation/etag", "\"etag\"", "\"tags\"");
    // The workspace declares the crate under its old name, and nobody uses that line.
    fixture.finds(&[(Rule::Tree, "foundation/etag", "called tags")]);
}

#[test]
fn a_domain_without_the_suffix_of_its_layer_is_reported() {
    Fixture::sound().has("app/domain/movies").finds(&[(Rule::Tree, "app/domain/movies", "ends with app")]);
    Fixture::sound().has("business/domain/sales").finds(&[(
        Rule::Tree,
        "business/domain/sales",
        "ends with bus or view",
    )]);
}

#[test]
fn a_crate_without_the_lints_of_the_workspace_is_reported() {
    for lints in ["", "[lints.rust]\nunsafe_code = \"warn\"\n"] {
        let inherited = "[lints]\nworkspace = true\n";
        let fixture = Fixture::sound().says("business/domain/moviebus", inherited, lints);
        fixture.finds(&[(Rule::Manifest, MOVIEBUS, "lints of its own, or none")]);
    }
}

#[test]
fn a_crate_without_one_purpose_is_reported() {
    let described = "description = \"One purpose.\"";
    let cases = [
        ("", "no description"),
        ("description = \"\"", "no description"),
        ("description = \"Films and users.\"", "two purposes"),
        ("description = \"Films. Users.\"", "not one sentence"),
        ("description = \"Films\"", "not one sentence"),
    ];
    for (description, finding) in cases {
        let fixture = Fixture::sound().says("business/domain/moviebus", described, description);
        fixture.finds(&[(Rule::Manifest, MOVIEBUS, finding)]);
    }
    let fixture =
        Fixture::sound().says("business/domain/moviebus", described, "description = \"The sand of the band.\"");
    fixture.finds(&[]);
}

#[test]
fn a_version_of_its_own_is_reported_in_every_section() {
    let sections = ["dependencies", "dev-dependencies", "build-dependencies", "target.'cfg(unix)'.dependencies"];
    for section in sections {
        for line in ["thiserror = \"2\"", "thiserror = { version = \"2\", features = [\"std\"] }"] {
            let fixture = Fixture::sound().depends_as("business/types", section, line);
            let place = "business/types/Cargo.toml";
            fixture.finds(&[(Rule::Manifest, place, "thiserror is not taken from the workspace")]);
        }
    }
}

#[test]
fn a_drawer_is_reported_as_a_crate_and_as_a_module() {
    for name in ["utils", "common", "helpers", "core", "prelude", "shared", "misc"] {
        let folder = format!("foundation/{name}");
        Fixture::sound().has(&folder).finds(&[(Rule::Name, &folder, "anything fits")]);

        let file = format!("app/sdk/mux/src/{name}.rs");
        Fixture::sound().writes(&file, "").finds(&[(Rule::Name, &file, "anything fits")]);
    }
    let nested = "app/sdk/mux/src/helpers/text.rs";
    Fixture::sound().writes(nested, "").finds(&[(Rule::Name, nested, "anything fits")]);
}
