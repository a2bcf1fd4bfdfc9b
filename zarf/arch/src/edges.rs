//! Dependencies between crates of the workspace: downward, and between siblings only where it is allowed.
//!
//! Dev-dependencies keep the same rules, with one thing more: only they may name the crates of the test ground.

use crate::violation::{Rule, Violation};
use crate::workspace::{Crate, Layer, Section, Workspace};

/// Crates that only tests use; they may use each other, and `zarf` may use them.
const TEST_GROUND: &[&str] = &["apitest", "dbtest", "natstest", "otlptest", "storetest"];

/// Edges beyond the rules: from, to, why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("admin", "accounts", "`admin check` holds its document against the sources"),
    ("admin", "catalog", "`admin check` holds its document against the sources"),
    ("admin", "drift", "`admin check` reports what it finds"),
    ("admin", "live", "`admin check` holds its document against the sources"),
    ("admin", "orders", "`admin check` holds its document against the sources"),
    ("admin", "platform", "`admin routes` prints the table that the platform serves"),
    ("admin", "gateway", "`admin check` compares the routes of the gateway with those of the services"),
    ("admin", "watch", "`admin check` compares rules and dashboards with what the routes make of them"),
    ("admin", "scaffold", "`admin new resource` writes what it plans"),
    ("assembly", "sessionbus", "every service that has accounts ends what is left of their sessions"),
    ("assembly", "userbus", "every service takes tokens, which are those of users"),
    ("apitest", "userbus", "a test signs in as users of its own"),
    ("auth", "sessionbus", "a token ends with the session that it belongs to"),
    ("auth", "userbus", "what a caller may do depends on the roles that the user has now"),
    ("orderbus", "moviebus", "an order takes stock and price in its own transaction, which reaches no other process"),
    ("paymentbus", "orderbus", "an order is paid in the transaction in which its payment succeeds"),
    ("paymentbus", "walletbus", "a payment is booked in the transaction in which it changes"),
    ("peers", "userbus", "whom the service of accounts knows is asked by a call where it is in the same process"),
    ("salesview", "orderbus", "what was sold is told in the words of orders, which it reads"),
    ("salesview", "moviebus", "its tests compare what was sold with what is in the catalogue"),
    ("seeding", "cinemabus", "the first places are the same for the service as for the command line"),
    ("seeding", "moviebus", "the first films are the same for the service as for the command line"),
    ("seeding", "userbus", "the first users are the same for the service as for the command line"),
];

pub(crate) fn check(workspace: &Workspace, violations: &mut Vec<Violation>) {
    for from in &workspace.crates {
        check_place(from, violations);
        for dependency in from.dependencies.iter().filter(|dependency| dependency.member) {
            let Some(to) = workspace.get(&dependency.name) else {
                continue;
            };
            let excepted = EXCEPTIONS.iter().any(|(a, b, _)| *a == from.name && *b == to.name);
            if let Some((finding, mend)) = judge(from, to, dependency.section)
                && !excepted
            {
                violations.push(Violation {
                    rule: Rule::Layers,
                    place: format!("{} -> {}", from.name, to.name),
                    finding,
                    mend: mend.to_owned(),
                });
            }
        }
    }
    for (from, to, _) in EXCEPTIONS {
        if let (Some(krate), Some(_)) = (workspace.get(from), workspace.get(to))
            && !krate.dependencies.iter().any(|dependency| dependency.name == *to)
        {
            violations.push(Violation {
                rule: Rule::Layers,
                place: format!("{from} -> {to}"),
                finding: "the exception is spent: this edge is gone".to_owned(),
                mend: "delete its line from EXCEPTIONS in zarf/arch/src/edges.rs".to_owned(),
            });
        }
    }
}

/// The crate lies in a room, under its own name, with the suffix of its layer.
fn check_place(krate: &Crate, violations: &mut Vec<Violation>) {
    let mut report = |finding: String, mend: &str| {
        violations.push(Violation { rule: Rule::Tree, place: krate.folder.clone(), finding, mend: mend.to_owned() });
    };
    let Some(room) = krate.room else {
        report("the crate lies in no room of the tree".to_owned(), "move it to the room whose rules it shall keep");
        return;
    };
    if krate.folder.rsplit('/').next() != Some(&krate.name) {
        report(format!("the crate is called {}", krate.name), "give folder and crate one name");
    }
    if !room.suffixes.is_empty() && !room.suffixes.iter().any(|suffix| krate.name.ends_with(suffix)) {
        let suffixes = room.suffixes.join(" or ");
        report(format!("a crate of {} has a name that ends with {suffixes}", room.folder), "rename it");
    }
}

/// What is wrong with the edge, with the mend; None when it may be.
fn judge(from: &Crate, to: &Crate, section: Section) -> Option<(String, &'static str)> {
    let (below, above) = (to.room?, from.room?);
    if above.layer == Layer::Zarf {
        return None;
    }
    if below.layer == Layer::Zarf {
        return Some((
            "nothing may depend on zarf, which wraps the layers".to_owned(),
            "move what is needed into the layer that needs it",
        ));
    }
    let is_test_ground = |krate: &Crate| TEST_GROUND.contains(&krate.name.as_str());
    if is_test_ground(to) && section == Section::Normal && !is_test_ground(from) {
        return Some((
            format!("{} is for tests, and would ship", to.name),
            "name it in [dev-dependencies], or move what ships out of it",
        ));
    }
    if below.layer > above.layer {
        return Some((
            format!("{} reaches up to {}", above.folder, below.folder),
            "pass the value in as an argument, or move what both need down a layer",
        ));
    }
    if below.layer < above.layer {
        let leaks = above.folder == "app/sdk" && below.folder == "business/domain";
        return leaks.then(|| {
            (
                "app/sdk serves every domain, and may know none".to_owned(),
                "pass it in from the service, or list the edge with its reason in zarf/arch/src/edges.rs",
            )
        });
    }
    if below.rank > above.rank {
        return Some((
            format!("{} reaches up to {}", above.folder, below.folder),
            "pass the value in as an argument, or move what both need down into the sdk",
        ));
    }
    if below.rank == above.rank && !above.open {
        return Some((
            format!("crates of {} are siblings, and do not know each other", above.folder),
            "let the crate above join them, move what both need down, or list the edge with its reason in zarf/arch/src/edges.rs",
        ));
    }
    None
}
