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
fn a_service_can_be_chosen_beside_the_platform() {
    let clone = Clone::new();
    let [platform, accounts] = ["platform", "accounts"].map(|name| format!("app/services/{name}/src/lib.rs"));
    let before = clone.read(&accounts);
    done(&clone, plan(clone.root(), &specimen()));
    assert_eq!(clone.read(&accounts), before, "it was not chosen");
    done(&clone, remove(clone.root(), "specimen", false));

    let chosen = |name: &str| Resource { service: Some(name.to_owned()), ..specimen() };
    assert!(refusal(&clone, &chosen("acounts")).contains("there is accounts"));
    done(&clone, plan(clone.root(), &chosen("accounts")));
    for service in [&platform, &accounts] {
        let text = clone.read(service);
        assert!(text.contains("specimenapp::routes(db.clone())") && text.contains("specimenapp::SEED"), "{service}");
    }
    assert!(clone.read("app/services/accounts/Cargo.toml").contains("specimenapp.workspace = true"));
    done(&clone, remove(clone.root(), "specimen", false));
    assert_eq!(clone.read(&accounts), before);
}
