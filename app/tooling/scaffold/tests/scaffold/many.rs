//! Many resources beside each other, and any resource.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proptest::prelude::*;
use scaffold::{Resource, add_field, parse, plan, remove, rename};

use crate::clone::Clone;
use crate::team::{LATER, MEMBERS, assert_same, code, done, resource, with};

#[test]
fn of_twenty_resources_nineteen_stay_as_they_are_to_the_byte() {
    let twenty: Vec<Resource> = ('a'..='t')
        .map(|letter| {
            let members: Vec<&str> = MEMBERS.iter().chain(LATER).copied().skip(letter as usize % 7).take(4).collect();
            resource(&format!("thing_{letter}"), &members)
        })
        .collect();
    let runs = [(), ()].map(|()| {
        let twenty = twenty.clone();
        std::thread::spawn(move || with(&twenty))
    });
    let [clone, again] = runs.map(|run| run.join().unwrap());
    assert_same(&code(&clone), &code(&again));

    let others = |clone: &Clone| {
        let own = |path: &PathBuf| {
            let path = path.to_string_lossy();
            let folder = path.split('/').any(|part| part.starts_with("thingg") || part == "thing_gs.rs");
            folder || ["jewelbus", "jewelapp", "jewels.rs"].iter().any(|end| path.contains(end))
        };
        let shared = |path: &PathBuf| !path.to_string_lossy().contains("thing");
        code(clone).into_iter().partition::<BTreeMap<_, _>, _>(|(path, _)| shared(path) || own(path)).1
    };
    let before = others(&clone);
    let one = plan(Clone::new().root(), &twenty[0]).unwrap();
    let each = one.files().iter().filter(|file| file.before.is_none() && !file.path.ends_with("_thing_as.sql")).count();
    assert_eq!(before.len(), 19 * each);
    let all = code(&clone);
    done(&clone, add_field(clone.root(), "thing_g", "subtitle:text(80)?"));
    assert_same(&others(&clone), &before);
    for (path, text) in code(&clone) {
        let own = path.to_string_lossy().contains("thinggbus")
            || path.to_string_lossy().contains("thinggapp")
            || path.ends_with("thing_gs.rs");
        assert!(own || all[&path] == text, "{}", path.display());
    }
    done(&clone, rename(clone.root(), "thing_g", "jewel", None));
    assert_same(&others(&clone), &before);
    done(&clone, rename(clone.root(), "jewel", "thing_g", None));
    done(&clone, remove(clone.root(), "thing_g", false));
    assert_same(&others(&clone), &before);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, ..ProptestConfig::default() })]

    #[test]
    fn any_resource_grows_to_what_its_longer_line_gives(
        kept in prop::sample::subsequence(MEMBERS.to_vec(), 2..=4),
        later in prop::sample::subsequence(LATER.to_vec(), 1..=2),
        name in prop::sample::select(vec!["specimen", "list", "price_list", "note_kind"]),
        other in prop::sample::select(vec!["find", "state_of_things", "unit"]),
    ) {
        let whole = [&kept[..], &later[..]].concat();
        let parsed = |name: &str, members: &[&str]| parse(&[&[name], members].concat(), None);
        prop_assume!(parsed(name, &kept).is_ok() && parsed(name, &whole).is_ok() && parsed(other, &whole).is_ok());
        let clone = with(&[resource(name, &kept)]);
        for member in &later {
            done(&clone, add_field(clone.root(), name, member));
        }
        assert_same(&code(&clone), &code(&with(&[resource(name, &whole)])));
        done(&clone, rename(clone.root(), name, other, None));
        assert_same(&code(&clone), &code(&with(&[resource(other, &whole)])));
    }
}
