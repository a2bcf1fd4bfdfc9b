//! What a resource refers to, whose it is, where it is served.

use scaffold::{PlanError, Resource, add_field, find, parse, plan, remove};

use crate::clone::Clone;
use crate::team::done;

fn described(words: &[&str]) -> Resource {
    parse(words, None).unwrap()
}

fn specimen() -> Resource {
    described(&["specimen", "grams:int(1..500),sortable", "note:text?"])
}

fn label() -> Resource {
    described(&["label", "specimen:ref", "words:text(80),sortable"])
}

/// Why it can't be done.
fn refusal(clone: &Clone, resource: &Resource) -> String {
    let before = clone.all();
    let refused = plan(clone.root(), resource).unwrap_err();
    assert!(matches!(refused, PlanError::Impossible(_)), "{refused:?}");
    assert_eq!(clone.all(), before);
    refused.to_string()
}

#[test]
fn a_reference_lays_the_ground_that_its_target_has() {
    let clone = Clone::new();
    done(&clone, plan(clone.root(), &specimen()));
    done(&clone, plan(clone.root(), &label()));
    let sticker = described(&["sticker", "label:ref", "twin:ref(label)?", "is_round:bool"]);
    done(&clone, plan(clone.root(), &sticker));
    let samples = clone.read("business/domain/stickerbus/tests/stickerbus/samples.rs");
    let grounds =
        ["specimenbus/tests/ground.sql", "labelbus/tests/ground.sql"].map(|ground| samples.find(ground).unwrap());
    assert!(grounds.is_sorted(), "what labels refer to comes before them");
    let table = clone.read("business/sdk/migrate/migrations/0005_stickers.sql");
    for key in ["FOREIGN KEY (label_id) REFERENCES public.labels", "FOREIGN KEY (twin_id) REFERENCES public.labels"] {
        assert!(table.contains(key), "{key}");
    }
    assert_eq!(find(clone.root(), "sticker").unwrap().grounds, ["specimenbus", "labelbus"]);
}

#[test]
fn a_table_that_is_called_by_an_exception_of_english_is_referred_to_by_its_name() {
    let clone = Clone::new();
    let mouse = parse(&["mouse", "grams:int,sortable", "note:text?"], Some("mice")).unwrap();
    done(&clone, plan(clone.root(), &mouse));
    done(&clone, plan(clone.root(), &described(&["cage", "mouse:ref", "is_open:bool"])));
    assert!(clone.read("business/sdk/migrate/migrations/0004_cages.sql").contains("REFERENCES public.mice"));
}

#[test]
fn a_reference_that_leads_nowhere_or_to_what_belongs_to_users_is_refused() {
    let clone = Clone::new();
    assert_eq!(refusal(&clone, &label()), "there is no resource `specimen` that `specimen_id` could refer to");
    done(&clone, plan(clone.root(), &Resource { owned: true, ..specimen() }));
    assert!(refusal(&clone, &label()).contains("specimens belong to users"));
}

#[test]
fn a_target_without_ground_for_the_tests_of_others_is_refused() {
    let clone = Clone::new();
    done(&clone, plan(clone.root(), &specimen()));
    let ground = "business/domain/specimenbus/tests/ground.sql";
    std::fs::remove_file(clone.root().join(ground)).unwrap();
    clone.commit();
    assert!(refusal(&clone, &label()).starts_with(&format!("{ground} is not there")));
}

#[test]
fn what_belongs_to_users_is_asked_for_within_a_scope_and_stays_so() {
    let clone = Clone::new();
    done(&clone, plan(clone.root(), &Resource { owned: true, ..specimen() }));
    done(&clone, add_field(clone.root(), "specimen", "subtitle:text(40)?,unique"));
    let described = find(clone.root(), "specimen").unwrap();
    assert!(described.owned);
    let store = clone.read("business/domain/specimenbus/src/store.rs");
    assert_eq!(store.matches("owner_id = coalesce($").count(), 2, "a read, and a delete");
    let policy = clone.read("app/sdk/auth/src/policy.rs");
    assert!(policy.contains("\"specimens:write\":       None  Any   None   None    Own;"), "{policy}");
    let index = clone.read("business/sdk/migrate/migrations/0006_specimens_subtitle_key.sql");
    assert!(index.contains("CREATE UNIQUE INDEX CONCURRENTLY specimens_subtitle_key ON public.specimens (owner_id, "));
}

#[test]
fn one_service_beside_the_platform_serves_it_and_can_be_chosen() {
    const SERVICES: [&str; 3] = ["accounts", "catalog", "orders"];
    let clone = Clone::new();
    let file = |name: &str| format!("app/services/{name}/src/lib.rs");
    let serves = |name: &str| {
        let text = clone.read(&file(name));
        let manifest = clone.read(&format!("app/services/{name}/Cargo.toml"));
        let found = [
            text.contains("specimenapp::routes(db.clone())"),
            text.contains("specimenapp::SEED"),
            manifest.contains("specimenapp.workspace = true"),
        ];
        assert!(found.iter().all(|one| *one == found[0]), "{name}: {found:?}");
        found[0]
    };
    let before = SERVICES.map(|name| clone.read(&file(name)));
    let chosen = |name: Option<&str>| Resource { service: name.map(str::to_owned), ..specimen() };
    assert!(refusal(&clone, &chosen(Some("acounts"))).contains("there is accounts, catalog, orders"));
    for (service, server) in
        [(None, "catalog"), (Some("accounts"), "accounts"), (Some("catalog"), "catalog"), (Some("orders"), "orders")]
    {
        done(&clone, plan(clone.root(), &chosen(service)));
        assert!(serves("platform"), "{service:?}");
        assert_eq!(SERVICES.map(serves), SERVICES.map(|name| name == server), "{service:?}");
        done(&clone, remove(clone.root(), "specimen", false));
        assert_eq!(SERVICES.map(|name| clone.read(&file(name))), before, "{service:?}");
    }
}
