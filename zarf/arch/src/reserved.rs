//! Crates from outside that belong to a few crates of the workspace.

use crate::violation::{Rule, Violation};
use crate::workspace::{Crate, Section, Workspace};

/// Who may use some crates from outside, and why nobody else.
struct Reserved {
    crates: &'static [&'static str],
    /// Crate names, or folders of the tree.
    users: &'static [&'static str],
    /// Crate names or folders whose tests may use them too.
    tests: &'static [&'static str],
    reason: &'static str,
    mend: &'static str,
}

/// The one table.
const RESERVED: &[Reserved] = &[
    Reserved {
        crates: &["sqlx"],
        users: &[
            "business/domain",
            "changes",
            "dbtest",
            "events",
            "idempotency",
            "jobs",
            "keyset",
            "mail",
            "migrate",
            "rehearsal",
            "secrets",
            "sqldb",
            "throttle",
            "zarf",
        ],
        tests: &[],
        reason: "SQL lives in the stores, where it is seen and executed by tests",
        mend: "ask a business crate; a new one goes into business/sdk",
    },
    Reserved {
        crates: &["async-nats"],
        users: &["events", "natstest"],
        tests: &[],
        reason: "one place knows how events get to the broker and back",
        mend: "announce a change, or make a consumer of events",
    },
    Reserved {
        crates: &["object_store"],
        users: &["stores", "storetest"],
        tests: &[],
        reason: "one place knows how files get to their stores and back: in bounded memory, with a limit on every call",
        mend: "use stores::Stores",
    },
    Reserved {
        crates: &["deadpool"],
        users: &["sqldb"],
        tests: &[],
        reason: "only the wrapper touches a pool, so that no unclean connection returns to it",
        mend: "use sqldb::Db",
    },
    Reserved {
        crates: &["actix-web", "actix-cors", "actix-ws", "actix-http", "actix-rt", "utoipa", "utoipa-swagger-ui"],
        users: &["app", "zarf"],
        tests: &[],
        reason: "HTTP belongs to app",
        mend: "return a value or an error, and let the app crate make HTTP of it",
    },
    Reserved {
        crates: &["tracing", "log", "metrics", "tracing-opentelemetry", "opentelemetry"],
        users: &["app"],
        tests: &[],
        reason: "whoever handles an error logs it, once; business and foundation return it",
        mend: "return an error or a number, and let app log or count it",
    },
    Reserved {
        crates: &[
            "tracing-subscriber",
            "tracing-appender",
            "opentelemetry_sdk",
            "opentelemetry-otlp",
            "metrics-exporter-prometheus",
        ],
        users: &["telemetry"],
        tests: &["app"],
        reason: "one place sets telemetry up",
        mend: "use the telemetry crate",
    },
    Reserved {
        crates: &["anyhow"],
        users: &["app/services", "app/tooling", "assembly", "service", "zarf"],
        tests: &[],
        reason: "a library names its errors, so that callers can tell them apart",
        mend: "make an error type with thiserror",
    },
    Reserved {
        crates: &["jsonwebtoken"],
        users: &["keystore"],
        tests: &["auth"],
        reason: "its verification is lax in places, which keystore closes",
        mend: "sign and verify through keystore",
    },
    Reserved {
        crates: &["argon2"],
        users: &["userbus"],
        tests: &[],
        reason: "passwords are hashed in one place, on threads of its own",
        mend: "ask userbus",
    },
    Reserved {
        crates: &["reqwest"],
        users: &["outbound", "apitest", "bench"],
        tests: &["app"],
        reason: "every call to another service has a deadline, bounded retries, a budget",
        mend: "call through outbound::Client",
    },
    Reserved {
        crates: &["pprof", "jemalloc_pprof", "tikv-jemallocator", "tikv-jemalloc-ctl"],
        users: &["profiling"],
        tests: &["service"],
        reason: "one profile at a time, and one place that chooses the allocator",
        mend: "ask profiling::Profiler",
    },
    Reserved {
        crates: &["config", "dotenvy"],
        users: &["settings"],
        tests: &[],
        reason: "one place knows the source of each setting",
        mend: "add a key to the settings crate",
    },
    Reserved {
        crates: &["clap", "clap_complete"],
        users: &["settings", "assembly", "cardsim", "app/services", "app/tooling", "zarf"],
        tests: &[],
        reason: "the command line belongs to programs",
        mend: "take the value as an argument",
    },
];

pub(crate) fn check(workspace: &Workspace, violations: &mut Vec<Violation>) {
    for krate in &workspace.crates {
        for dependency in krate.dependencies.iter().filter(|dependency| !dependency.member) {
            for reserved in RESERVED.iter().filter(|reserved| reserved.crates.contains(&dependency.name.as_str())) {
                let in_tests = dependency.section == Section::Dev && covers(reserved.tests, krate);
                if !in_tests && !covers(reserved.users, krate) {
                    violations.push(Violation {
                        rule: Rule::Reserved,
                        place: format!("{} -> {}", krate.name, dependency.name),
                        finding: reserved.reason.to_owned(),
                        mend: reserved.mend.to_owned(),
                    });
                }
            }
        }
    }
}

/// Whether the crate is named, or lies below a folder that is.
fn covers(names: &[&str], krate: &Crate) -> bool {
    names
        .iter()
        .any(|name| krate.name == *name || krate.folder.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')))
}
