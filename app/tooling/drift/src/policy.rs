//! The policy in the sources against the page that shows it.

use std::collections::BTreeMap;

use crate::routes::{self, Row as Route};
use crate::{Check, Error, Finding, Tree};

/// The page of the policy, as a service serves it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its HTML.
    pub page: String,
}

/// Where the policy is written.
const SOURCE: &str = "app/sdk/auth/src/policy.rs";

/// Who a row has cells for, in the order of the source.
const WHO: [&str; 5] = ["anonymous", "admin", "editor", "support", "customer"];

const MEND: &str = "build again: the page is made from the policy that the program was built with";

/// A row of the policy, as the source has it.
struct Row {
    line: usize,
    variant: String,
    name: String,
    grants: [Grant; 5],
}

/// How far a cell reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Grant {
    None,
    Own,
    Any,
}

/// A row of the page.
struct ShownRow {
    grants: BTreeMap<String, String>,
    routes: String,
}

/// Every row and cell of the policy is shown as it is, with the routes that ask for it; so is what documents print of it.
///
/// # Errors
/// A source or a document cannot be read.
pub fn policy(tree: &Tree, shown: &Shown) -> Result<Vec<Finding>, Error> {
    let rows = rows(&tree.read(SOURCE)?);
    let page = read(&shown.page);
    let routes = routes::rows(tree)?;
    let mut findings = Vec::new();
    for row in &rows {
        match page.get(&row.name) {
            Some(shown) => findings.extend(compare(row, shown, &routes)),
            None => findings.push(Finding::drift(
                Check::Policy,
                (SOURCE, Some(row.line)),
                format!("{} is not on the page /docs/policy", row.name),
                MEND,
            )),
        }
    }
    for name in page.keys().filter(|name| rows.iter().all(|row| row.name != **name)) {
        let finding = format!("{name} is on the page /docs/policy, and not in the policy");
        findings.push(Finding::drift(Check::Policy, (SOURCE, None), finding, MEND));
    }
    for (path, text) in tree.documents()? {
        findings.extend(printed(&path, &text, &rows));
    }
    Ok(findings)
}

fn compare(row: &Row, shown: &ShownRow, routes: &[Route]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let anonymous = row.grants[0];
    for (who, grant) in WHO.iter().zip(row.grants) {
        // Who has credentials is never granted less than who has none.
        let expected = grant.max(anonymous).shown();
        let found = shown.grants.get(*who).map_or("nothing", String::as_str);
        if found != expected {
            let name = &row.name;
            let finding = format!("{name} grants {who} `{expected}` here, and the page /docs/policy shows `{found}`");
            findings.push(Finding::drift(Check::Policy, (SOURCE, Some(row.line)), finding, MEND));
        }
    }
    for route in routes.iter().filter(|route| route.permission.as_ref() == Some(&row.variant)) {
        let named = format!("{} {}", route.method.to_uppercase(), route.route);
        if !shown.routes.contains(&format!("<code>{named}</code>")) {
            let finding =
                format!("{named} asks for {} here, and the page /docs/policy does not show it there", row.name);
            findings.push(Finding::drift(Check::Policy, (&route.path, Some(route.line)), finding, MEND));
        }
    }
    findings
}

/// Rows of a table in Markdown that begin with a permission.
fn printed(path: &str, text: &str, rows: &[Row]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut is_policy = false;
    for (at, line) in text.lines().enumerate() {
        let Some(inside) = line.trim().strip_prefix('|') else {
            is_policy = false;
            continue;
        };
        let cells: Vec<&str> = inside.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let Some((name, cells)) = cells.split_first() else { continue };
        is_policy |= *name == "permission";
        if !is_policy || !name.contains(':') || name.starts_with([':', '-']) {
            continue;
        }
        let place = (path, Some(at + 1));
        let Some(row) = rows.iter().find(|row| row.name == *name) else {
            let finding = format!("the policy has no {name}");
            findings.push(Finding::drift(Check::Policy, place, finding, "print it anew: admin policy"));
            continue;
        };
        for ((who, grant), cell) in WHO.iter().zip(row.grants).zip(cells) {
            if *cell != grant.shown() && *cell != grant.printed() {
                let finding = format!("{name} grants {who} `{}`, and this says `{cell}`", grant.printed());
                findings.push(Finding::drift(Check::Policy, place, finding, "print it anew: admin policy"));
            }
        }
    }
    findings
}

/// `Variant = "name": Any Own ..;`
fn rows(source: &str) -> Vec<Row> {
    let row = |(at, line): (usize, &str)| {
        let (variant, rest) = line.trim().split_once(" = \"").or_else(|| line.trim().split_once("= \""))?;
        let (name, cells) = rest.split_once("\":")?;
        let cells: Vec<Grant> = cells.trim().strip_suffix(';')?.split_whitespace().map_while(Grant::parse).collect();
        let grants = cells.try_into().ok()?;
        Some(Row { line: at + 1, variant: variant.trim().to_owned(), name: name.to_owned(), grants })
    };
    source.lines().enumerate().filter_map(row).collect()
}

/// The rows of the page, by permission.
fn read(page: &str) -> BTreeMap<String, ShownRow> {
    let head =
        page.split_once("<thead>").and_then(|(_, rest)| rest.split_once("</thead>")).map_or("", |(head, _)| head);
    let titles: Vec<&str> = head.split("<th scope=\"col\">").skip(1).map(|cell| until(cell, "</th>")).collect();
    let row = |row: &str| {
        let (head, cells) = row.split_once("</th>")?;
        let name = until(head.split_once("<code>")?.1, "</code>");
        let cells: Vec<&str> =
            cells.split("<td").skip(1).map(|cell| until(cell.split_once('>').map_or("", |c| c.1), "</td>")).collect();
        let grants = titles.iter().skip(1).zip(&cells).map(|(who, cell)| ((*who).to_owned(), (*cell).to_owned()));
        Some((name.to_owned(), ShownRow { grants: grants.collect(), routes: (*cells.last()?).to_owned() }))
    };
    page.split("<tr><th scope=\"row\">").skip(1).filter_map(row).collect()
}

fn until<'a>(text: &'a str, end: &str) -> &'a str {
    text.split_once(end).map_or(text, |(before, _)| before)
}

impl Grant {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "None" => Some(Self::None),
            "Own" => Some(Self::Own),
            "Any" => Some(Self::Any),
            _ => None,
        }
    }

    /// As the page has it.
    fn shown(self) -> &'static str {
        match self {
            Self::None => "no",
            Self::Own => "own",
            Self::Any => "any",
        }
    }

    /// As `admin policy` prints it.
    fn printed(self) -> &'static str {
        if self == Self::None { "-" } else { self.shown() }
    }
}
