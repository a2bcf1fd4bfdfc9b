//! What a new resource changes in files that are there already.

use crate::dsl::Resource;
use crate::render::Names;

/// A place for it is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Missing(pub(crate) String);

/// Changes the text of a file.
type Change = fn(&Resource, &str) -> Result<String, Missing>;

/// The files, each with its change.
pub(crate) const WIRED: &[(&str, Change)] = &[
    ("Cargo.toml", workspace),
    ("business/types/src/id.rs", ids),
    ("business/types/src/lib.rs", id_exports),
    ("app/sdk/auth/src/policy.rs", policy),
    ("app/sdk/auth/tests/auth/policy.rs", policy_text),
    ("app/services/platform/Cargo.toml", platform_manifest),
    ("app/services/platform/src/lib.rs", tables),
    ("app/services/platform/tests/platform/policy/lines.rs", lines),
    ("app/services/accounts/Cargo.toml", accounts_manifest),
    ("app/services/accounts/src/lib.rs", accounts_tables),
    ("app/services/catalog/Cargo.toml", catalog_manifest),
    ("app/services/catalog/src/lib.rs", catalog_tables),
    ("app/services/orders/Cargo.toml", orders_manifest),
    ("app/services/orders/src/lib.rs", orders_tables),
];

/// The services that can be chosen beside the platform, which serves everything.
pub(crate) const SERVICES: &[&str] = &["accounts", "catalog", "orders"];

/// The one that serves a resource for which none was chosen: together they serve what the platform does.
const USUAL: &str = "catalog";

/// The service that serves `resource` beside the platform.
pub(crate) fn service(resource: &Resource) -> &str {
    resource.service.as_deref().unwrap_or(USUAL)
}

fn workspace(resource: &Resource, text: &str) -> Result<String, Missing> {
    let Names { bus, app, .. } = Names::of(resource);
    let text = above(
        text,
        "# `admin new resource` adds its app crate above this line.",
        &format!("{app} = {{ path = \"app/domain/{app}\" }}"),
    )?;
    let line = format!("{bus} = {{ path = \"business/domain/{bus}\" }}");
    above(&text, "# `admin new resource` adds its business crate above this line.", &line)
}

fn ids(resource: &Resource, text: &str) -> Result<String, Missing> {
    let (name, plural) = (&resource.name, &resource.plural);
    let kind = format!("/// Names the rows of {}.\n#[derive(Debug)]\npub enum {}Kind {{}}", plural.words, name.pascal);
    let text = above(text, "// `admin new resource` adds kinds above this line.", &kind)?;
    let (article, words, pascal) = (name.article(), &name.words, &name.pascal);
    let id = format!("/// Identifies {article} {words}.\npub type {pascal}Id = Id<{pascal}Kind>;");
    above(&text, "// `admin new resource` adds ids above this line.", &id)
}

fn id_exports(resource: &Resource, text: &str) -> Result<String, Missing> {
    after(text, "pub use crate::id::{", &format!("{}Id, ", resource.name.pascal))
}

fn policy(resource: &Resource, text: &str) -> Result<String, Missing> {
    let plural = &resource.plural;
    let [reads_grant, writes_grant] = match resource.owned {
        true => ["None  Any   None   Any     Own", "None  Any   None   None    Own"],
        false => ["Any   Any   Any    Any     Any", "None  Any   Any    None    None"],
    };
    let [read, write] = ["Read", "Write"].map(|action| format!("{}{action}", plural.pascal));
    let [reads, writes] = ["read", "write"].map(|action| format!("\"{}:{action}\":", plural.snake));
    let rows = format!(
        "/// See {several}.\n{read:<16} = {reads:<24} {reads_grant};\n\
         /// Add, change and remove {several}.\n{write:<16} = {writes:<24} {writes_grant};",
        several = plural.words
    );
    above(text, "// `admin new resource` adds rows above this line.", &rows)
}

/// The policy as a table of text, which a test has.
fn policy_text(resource: &Resource, text: &str) -> Result<String, Missing> {
    const START: &str = "insta::assert_snapshot!(policy::to_text(), @\"\n";
    const END: &str = "\n    \");\n";
    let plural = &resource.plural;
    let row = |action: &str, cells: &str, purpose: &str| {
        format!("\n    {:<19}{cells}{purpose} {}.", format!("{}:{action}", plural.snake), plural.words)
    };
    let [reads, writes] = match resource.owned {
        true => ["-          any    -       any      own       ", "-          any    -       -        own       "],
        false => ["any        any    any     any      any       ", "-          any    any     -        -         "],
    };
    let rows = row("read", reads, "See") + &row("write", writes, "Add, change and remove");
    let start = text.find(START).ok_or_else(|| Missing(START.trim().to_owned()))?;
    let end = text[start..].find(END).ok_or_else(|| Missing("the end of the table of text".to_owned()))?;
    let (before, rest) = text.split_at(start + end);
    Ok(format!("{before}{rows}{rest}"))
}

fn platform_manifest(resource: &Resource, text: &str) -> Result<String, Missing> {
    let Names { app, .. } = Names::of(resource);
    dependency(text, &format!("{app}.workspace = true"))
}

fn tables(resource: &Resource, text: &str) -> Result<String, Missing> {
    let Names { app, .. } = Names::of(resource);
    let text =
        above(text, "// `admin new resource` adds tables above this line.", &format!("{app}::routes(db.clone()),"))?;
    above(&text, "// `admin new resource` adds seeds above this line.", &format!("{app}::SEED,"))
}

fn accounts_manifest(resource: &Resource, text: &str) -> Result<String, Missing> {
    in_service("accounts", resource, text, platform_manifest)
}

fn accounts_tables(resource: &Resource, text: &str) -> Result<String, Missing> {
    in_service("accounts", resource, text, tables)
}

fn catalog_manifest(resource: &Resource, text: &str) -> Result<String, Missing> {
    in_service("catalog", resource, text, platform_manifest)
}

fn catalog_tables(resource: &Resource, text: &str) -> Result<String, Missing> {
    in_service("catalog", resource, text, tables)
}

fn orders_manifest(resource: &Resource, text: &str) -> Result<String, Missing> {
    in_service("orders", resource, text, platform_manifest)
}

fn orders_tables(resource: &Resource, text: &str) -> Result<String, Missing> {
    in_service("orders", resource, text, tables)
}

/// The change, when it is this service that serves the resource.
fn in_service(name: &str, resource: &Resource, text: &str, change: Change) -> Result<String, Missing> {
    if service(resource) == name { change(resource, text) } else { Ok(text.to_owned()) }
}

fn lines(resource: &Resource, text: &str) -> Result<String, Missing> {
    let plural = &resource.plural.snake;
    let at = text.find("\nmod ").ok_or_else(|| Missing("mod ..;".to_owned()))?;
    let (before, rest) = text.split_at(at + 1);
    let text = format!("{before}mod {plural};\n{rest}");
    // The list is on one line, or has a line for each.
    let list = text.find("const LISTS").and_then(|start| Some(start + text[start..].find("HEALTH")?));
    let (before, rest) = text.split_at(list.ok_or_else(|| Missing("HEALTH".to_owned()))?);
    Ok(format!("{before}{plural}::LINES, {rest}"))
}

/// `text` with lines above the line that holds `mark`, indented as it is.
fn above(text: &str, mark: &str, lines: &str) -> Result<String, Missing> {
    let at = once(text, mark)?;
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let indent = &text[start..at];
    let lines: String = lines.lines().map(|line| format!("{indent}{line}\n")).collect();
    Ok(format!("{}{lines}{}", &text[..start], &text[start..]))
}

/// `text` with `more` right after `mark`.
fn after(text: &str, mark: &str, more: &str) -> Result<String, Missing> {
    let (before, rest) = text.split_at(once(text, mark)? + mark.len());
    Ok(format!("{before}{more}{rest}"))
}

/// `text` with `line` in `[dependencies]`, which are sorted.
pub(crate) fn dependency(text: &str, line: &str) -> Result<String, Missing> {
    const START: &str = "[dependencies]\n";
    let start = once(text, START)? + START.len();
    let length = text[start..].find("\n[").map_or(text.len() - start, |end| end + 1);
    let mut place = start;
    for known in text[start..start + length].split_inclusive('\n') {
        if known.trim().is_empty() || known > line {
            break;
        }
        place += known.len();
    }
    Ok(format!("{}{line}\n{}", &text[..place], &text[place..]))
}

fn once(text: &str, mark: &str) -> Result<usize, Missing> {
    let mut places = text.match_indices(mark);
    match (places.next(), places.next()) {
        (Some((at, _)), None) => Ok(at),
        _ => Err(Missing(mark.trim().to_owned())),
    }
}
