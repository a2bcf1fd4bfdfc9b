//! `admin check`: drifts, planted in a copy of the tree, each caught with its file, its line and its mend.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::run::{Ran, admin_on, run};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../..");

/// What of the tree the checks look at.
const PARTS: &[&str] = &[
    "app",
    "business",
    "foundation",
    "zarf",
    ".ci",
    "Makefile",
    "Cargo.toml",
    "README.md",
    "ARCHITECTURE.md",
    "LICENSE-MIT",
];

/// A copy of the tree, committed, gone when this is dropped.
struct Copy(TempDir);

impl Copy {
    fn new() -> Self {
        let copy = Self(TempDir::new().unwrap());
        for part in PARTS {
            copy_all(&Path::new(ROOT).join(part), &copy.0.path().join(part));
        }
        copy.git(&["init", "-q", "-b", "main"]);
        copy.git(&["add", "-A"]);
        copy.git(&["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "release"]);
        copy
    }

    fn git(&self, arguments: &[&str]) {
        assert!(Command::new("git").arg("-C").arg(self.0.path()).args(arguments).status().unwrap().success());
    }

    /// Puts one text in place of another; the line that `of` stands on then.
    fn plant(&self, path: &str, before: &str, after: &str, of: &str) -> usize {
        let place = self.0.path().join(path);
        let text = fs::read_to_string(&place).unwrap();
        assert!(text.contains(before), "{path} has no `{before}`");
        let at = text.find(before).unwrap() + after.find(of).unwrap();
        let planted = text.replacen(before, after, 1);
        fs::write(place, &planted).unwrap();
        planted[..at].matches('\n').count() + 1
    }

    fn write(&self, path: &str, text: &str) {
        let place = self.0.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }

    fn check(&self, database: &dbtest::Database, arguments: &[&str]) -> Ran {
        let mut command = admin_on(database, &[&["check"], arguments].concat());
        command.current_dir(self.0.path());
        run(command)
    }
}

fn copy_all(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let name = entry.unwrap().file_name();
        copy_all(&from.join(&name), &to.join(&name));
    }
}

/// A drift: which check, in which file, on which line, told in which words, mended in which.
type Planted = (&'static str, &'static str, Option<usize>, &'static str, &'static str);

/// Plants every drift in the copy.
fn planted(copy: &Copy) -> Vec<Planted> {
    const ROUTE: &str = "app/domain/movieapp/src/route.rs";
    const STORE: &str = "business/domain/moviebus/src/store.rs";
    const SESSIONS: &str = "business/domain/sessionbus/src/store.rs";
    const USERS: &str = "business/domain/userbus/src/store.rs";
    const OPENAPI: &str = "zarf/openapi/platform.json";
    const GATEWAY: &str = "zarf/gateway/routes.conf";
    const RULES: &str = "zarf/observability/rules/routes.yaml";
    const POLICY: &str = "app/sdk/auth/src/policy.rs";
    const DEFAULTS: &str = "app/sdk/settings/config.default.toml";
    const MANIFEST: &str = "zarf/k8s/base/planted.yaml";
    const INDEX: &str = "business/sdk/migrate/migrations/9998_planted_index.sql";
    const LOCK: &str = "business/sdk/migrate/migrations/9999_planted_lock.sql";
    const USERS_TABLE: &str = "business/sdk/migrate/migrations/0002_users.sql";
    let users = fs::read_to_string(copy.0.path().join(USERS_TABLE)).unwrap();
    let users = users.lines().position(|line| line.starts_with("CREATE TABLE public.users")).unwrap() + 1;
    let row = ".put(\"/v1/movies/{id}/cover\", Permission::MoviesWrite, operation(\"cover\", \"Cover\"), update)";
    copy.write(MANIFEST, "env:\n  - name: MARQUEE__WEB__API_HOTS\n");
    copy.write("app/domain/movieapp/src/handlers.rs", "//! Handlers.\n");
    copy.write(INDEX, "-- For a list by stock.\nCREATE INDEX movies_by_stock ON public.movies (stock);\n");
    copy.write(LOCK, "-- Slow.\nALTER TABLE public.users ADD COLUMN nickname text;\nSELECT pg_sleep(2.5);\n");
    let line = |path, before, after, of| Some(copy.plant(path, before, after, of));
    vec![
        (
            "routes",
            ROUTE,
            line(ROUTE, ".patch(", &format!("{row}\n.patch("), ".put"),
            "PUT /v1/movies/{id}/cover",
            "`tables`",
        ),
        (
            "openapi",
            OPENAPI,
            line(
                OPENAPI,
                "\"Movie\": {",
                "\"Movie\": {\"properties\": {\"subtitle\": {}}},\n\"Former\": {",
                "\"Movie\"",
            ),
            "Movie.subtitle is gone",
            "--accept",
        ),
        ("schema", USERS_TABLE, Some(users), "column public.users.smuggled is in no migration", "as a migration"),
        (
            "statements",
            SESSIONS,
            line(SESSIONS, "SET spent_at = now()", "SET spend_at = now()", "spend_at"),
            "\"spend_at\"",
            "migration",
        ),
        (
            "statements",
            USERS,
            line(USERS, "\" AND NOT enabled\"", "\" AND NOT enabld\"", "enabld"),
            "\"enabld\" does not exist",
            "migration",
        ),
        (
            "statements",
            USERS,
            line(USERS, "=> \"name_folded\"", "=> \"nam_folded\"", "nam_folded"),
            "\"nam_folded\"",
            "migration",
        ),
        ("columns", STORE, line(STORE, "    stock: i32,", "    stock: i64,", "stock"), "Row.stock holds int8", "cast"),
        (
            "columns",
            STORE,
            line(STORE, "    director: Option<String>,", "    director: String,", "director"),
            "is never null",
            "Option",
        ),
        (
            "columns",
            STORE,
            line(STORE, "    title_folded: String,", "    title_sorted: String,", "title_sorted"),
            "has no column",
            "select",
        ),
        (
            "settings",
            "README.md",
            line("README.md", "MARQUEE__DB__DEADLINE=", "MARQUEE__DB__DEDLINE=", "MARQUEE"),
            "sets no key",
            "MARQUEE__DB__DEADLINE",
        ),
        ("settings", MANIFEST, Some(2), "MARQUEE__WEB__API_HOTS", "MARQUEE__WEB__API_HOST"),
        (
            "settings",
            DEFAULTS,
            line(DEFAULTS, "per_second = ", "per_minute = ", "per_minute"),
            "limits.per_minute is no key",
            "schema.rs",
        ),
        (
            "policy",
            POLICY,
            line(POLICY, "None  Any   Any    None    None;", "None  Any   Any    Any     None;", "None"),
            "movies:write grants support `any`",
            "build again",
        ),
        (
            "commands",
            "README.md",
            line("README.md", "admin -- jobs list", "admin -- jobs lst", "jobs"),
            "`admin jobs lst`",
            "--help",
        ),
        ("commands", "README.md", line("README.md", "`make arch`", "`make archs`", "make"), "`make archs`", "`arch`"),
        (
            "commands",
            "README.md",
            line("README.md", "localhost:3000/v1/users -H", "localhost:3000/v1/user -H", "local"),
            "/v1/user is no route",
            "/v1/users",
        ),
        (
            "commands",
            "README.md",
            line("README.md", "(ARCHITECTURE.md)", "(ARCHITECTUR.md)", "(ARCH"),
            "ARCHITECTUR.md is not there",
            "place",
        ),
        (
            "derived",
            GATEWAY,
            line(GATEWAY, "location = /v1/wallet {", "location = /v1/purse {", "location"),
            "the code makes another line: location = /v1/wallet {",
            "--accept",
        ),
        (
            "derived",
            RULES,
            line(RULES, "expr: vector(0.999)", "expr: vector(0.99)", "expr"),
            "the code makes another line: expr: vector(0.999)",
            "--accept",
        ),
        ("files", "app/domain/movieapp/src/handlers.rs", None, "no sibling", "siblings"),
        ("migrations", INDEX, Some(2), "blocks writes of movies", "CONCURRENTLY"),
        ("migrations", LOCK, Some(2), "users was held for", "split it"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_drift_is_caught_with_its_file_its_line_and_its_mend() {
    let (copy, database) = (Copy::new(), dbtest::Database::new().await);
    let planted = planted(&copy);
    database.execute("ALTER TABLE users ADD COLUMN smuggled text").await;
    let ran = copy.check(&database, &["--json", "--rows", "100"]).ended(7);
    let answer = ran.json();
    let findings = answer["findings"].as_array().unwrap();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    for (check, path, line, told, mend) in &planted {
        let is_it = |finding: &&Value| {
            text(finding, "check") == *check
                && text(finding, "path") == *path
                && text(finding, "finding").contains(told)
        };
        let found = findings.iter().find(is_it);
        assert!(found.is_some(), "{check}: `{told}` is not told of {path} in {answer:#}");
        let found = found.unwrap();
        assert_eq!(found["line"].as_u64(), line.map(|line| line as u64), "{found:#}");
        assert_eq!(found["weight"], "drift", "{found:#}");
        assert!(text(found, "mend").contains(mend), "{found:#}");
    }
    // Nothing is told of what nobody planted: whatever is found has the file of a planted one.
    for finding in findings.iter().filter(|finding| finding["weight"] == "drift") {
        let is_planted = planted.iter().any(|(_, path, ..)| text(finding, "path") == *path);
        assert!(is_planted, "{finding:#}");
    }
    assert_eq!(answer["drifts"], findings.iter().filter(|finding| finding["weight"] == "drift").count());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tree_as_it_is_has_no_drift() {
    let database = dbtest::Database::new().await;
    let mut command = admin_on(&database, &["check", "--json", "--rows", "1000"]);
    command.current_dir(ROOT);
    let ran = run(command).ended(0);
    let details = ran.json()["details"].to_string();
    assert!(details.contains("0 were not") || details.contains("not prepared: "), "{details}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_added_to_the_api_is_a_note_until_it_is_accepted() {
    let (copy, database) = (Copy::new(), dbtest::Database::new().await);
    copy.plant("zarf/openapi/platform.json", "\"/livez\": {", "\"/alive\": {", "\"/alive\"");
    let removed = copy.check(&database, &["--only", "openapi"]).ended(7).out;
    assert!(removed.contains("breaks clients: the path /alive is gone"), "{removed}");
    assert!(removed.contains("note: GET /livez is new\n      → admin check --accept"), "{removed}");
    assert!(removed.ends_with("\n1 drift, 1 note\n"), "{removed}");
    // What is made from the routes is made anew with it: all that is marked as made, in .gitattributes.
    let made = ":(attr:linguist-generated)zarf";
    let marked =
        Command::new("git").args(["-C", ROOT, "ls-files", "--", made, ":!zarf/k8s/rendered"]).output().unwrap();
    let marked = String::from_utf8(marked.stdout).unwrap();
    assert!(marked.lines().count() >= 9, "{marked}");
    for path in marked.lines() {
        fs::remove_file(copy.0.path().join(path)).unwrap();
    }
    let accepted = copy.check(&database, &["--only", "openapi", "--only", "derived", "--accept"]).ended(0).out;
    assert!(accepted.ends_with("\nno drift\n"), "{accepted}");
    for path in marked.lines() {
        let text = |root: &Path| fs::read_to_string(root.join(path)).unwrap();
        assert_eq!(text(copy.0.path()), text(Path::new(ROOT)), "{path} is the same each time");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_released_is_not_judged_and_what_is_allowed_stays() {
    let (copy, database) = (Copy::new(), dbtest::Database::new().await);
    let path = "business/sdk/migrate/migrations/9999_planted.sql";
    let judged = |arguments: &[&str], code| {
        let ran = copy.check(&database, &[&["--only", "migrations", "--rows", "0", "--json"], arguments].concat());
        ran.ended(code).json()["findings"].as_array().unwrap().len()
    };
    copy.write(path, "DROP TABLE public.mails;\n");
    assert_eq!(judged(&[], 7), 1);
    copy.write(path, "-- check: allow drop: no release has used it since 0.1\nDROP TABLE public.mails;\n");
    assert_eq!(judged(&[], 0), 0);
    copy.write(path, "DROP TABLE public.mails;\n");
    copy.git(&["add", "-A"]);
    copy.git(&["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "next"]);
    assert_eq!(judged(&[], 0), 0);
    assert_eq!(judged(&["--since", "HEAD~1"], 7), 1);
    copy.git(&["tag", "v1", "HEAD~1"]);
    assert_eq!(judged(&[], 7), 1, "the last tag is the last release");
    copy.plant("business/sdk/migrate/migrations/0010_mails.sql", "subject ", "subjekt ", "subjekt");
    assert_eq!(judged(&[], 7), 2, "a migration that was released stays as it is");
    let unknown = copy.check(&database, &["--only", "migrations", "--since", "v9"]).ended(3);
    assert!(unknown.err.contains("v9"), "{}", unknown.err);
}

#[test]
fn outside_of_a_clone_there_is_nothing_to_compare() {
    let mut command = crate::run::admin(&["check"]);
    command.current_dir("/");
    assert!(run(command).ended(3).err.contains("no clone"));
}
