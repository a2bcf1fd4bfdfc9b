//! The tables of routes in the sources against the operations that are described.

use std::collections::BTreeMap;

use serde_json::Value;
use syn::visit::{self, Visit};
use syn::{Expr, ExprMethodCall};

use crate::sources::{self, Source};
use crate::{Check, Error, Finding, Service, Tree};

/// Methods of the table that add a row.
const METHODS: &[&str] = &["get", "post", "put", "patch", "delete"];

/// A row of a table, as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) method: String,
    pub(crate) route: String,
    /// The variant of `Permission`; `None` where the route asks for none.
    pub(crate) permission: Option<String>,
    pub(crate) operation: Option<String>,
}

/// Every row of a table is an operation of the document of some service, with the security that its permission asks for, and
/// every operation is a row of a table.
///
/// # Errors
/// A source cannot be read.
pub fn routes(tree: &Tree, services: &[Service]) -> Result<Vec<Finding>, Error> {
    let rows = rows(tree)?;
    let mut findings = Vec::new();
    for row in &rows {
        let place = (row.path.as_str(), Some(row.line));
        let name = format!("{} {}", row.method.to_uppercase(), row.route);
        let described: Vec<(&Service, &Value)> = services
            .iter()
            .filter_map(|service| Some((service, service.document["paths"].get(&row.route)?.get(&row.method)?)))
            .collect();
        if described.is_empty() {
            findings.push(Finding::drift(
                Check::Routes,
                place,
                format!("{name} is in no service's document"),
                "add its table to `tables` of a service (app/services/platform/src/lib.rs), and build again",
            ));
        }
        for (service, operation) in described {
            findings.extend(compare(row, &name, service, operation));
        }
    }
    for service in services {
        findings.extend(undescribed(service, &rows));
    }
    Ok(findings)
}

fn compare(row: &Row, name: &str, service: &Service, operation: &Value) -> Vec<Finding> {
    let place = (row.path.as_str(), Some(row.line));
    let mut findings = Vec::new();
    let id = operation["operationId"].as_str().unwrap_or_default();
    if let Some(written) = row.operation.as_deref().filter(|written| *written != id) {
        findings.push(Finding::drift(
            Check::Routes,
            place,
            format!("{name} is the operation `{written}` here, and `{id}` in the document of {}", service.name),
            "build again; if it stays, the row does not reach the document: see app/sdk/mux/src/openapi.rs",
        ));
    }
    let has_security = operation["security"].as_array().is_some_and(|needs| !needs.is_empty());
    if row.permission.is_some() != has_security {
        let (asked, shown) = if has_security { ("no permission", "credentials") } else { ("one", "no credentials") };
        findings.push(Finding::drift(
            Check::Routes,
            place,
            format!("{name} asks for {asked} here, and the document of {} shows {shown}", service.name),
            "build again; if it stays, mend `securities` in app/sdk/mux/src/openapi.rs",
        ));
    }
    findings
}

/// Operations of the document that no table has.
fn undescribed(service: &Service, rows: &[Row]) -> Vec<Finding> {
    let mut known: BTreeMap<(&str, &str), &Row> = BTreeMap::new();
    for row in rows {
        known.insert((row.route.as_str(), row.method.as_str()), row);
    }
    let mut findings = Vec::new();
    for (path, item) in service.document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            if METHODS.contains(&method.as_str()) && !known.contains_key(&(path.as_str(), method.as_str())) {
                let tag = operation["tags"][0].as_str().unwrap_or_default();
                findings.push(Finding::drift(
                    Check::Routes,
                    (&format!("app/services/{}/src/lib.rs", service.name), None),
                    format!(
                        "{} {path} ({tag}) is described, and no table in the sources has it",
                        method.to_uppercase()
                    ),
                    "build again: the program is of other sources; or restore the row in the domain's route.rs",
                ));
            }
        }
    }
    findings
}

/// Every row of every table, as the sources have it.
pub(crate) fn rows(tree: &Tree) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for folder in tree.folders("app/domain")? {
        let path = format!("{folder}/src/route.rs");
        if tree.has(&path) {
            let Source { path, file } = sources::parse(tree, path)?;
            let mut reader = Reader { path: &path, rows: &mut rows };
            reader.visit_file(&file);
        }
    }
    Ok(rows)
}

struct Reader<'a> {
    path: &'a str,
    rows: &'a mut Vec<Row>,
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        visit::visit_expr_method_call(self, call);
        let method = call.method.to_string();
        let arguments: Vec<&Expr> = call.args.iter().collect();
        if let [route, access, operation, _] = arguments.as_slice()
            && METHODS.contains(&method.as_str())
            && let Some(route) = sources::text(route)
        {
            self.rows.push(Row {
                path: self.path.to_owned(),
                line: sources::line(call.method.span()),
                method,
                route,
                permission: permission(access),
                operation: id(operation),
            });
        }
    }
}

/// `Permission::MoviesRead`.
fn permission(access: &Expr) -> Option<String> {
    let Expr::Path(path) = access else { return None };
    let segments: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    match segments.as_slice() {
        [.., kind, variant] if kind == "Permission" => Some(variant.clone()),
        _ => None,
    }
}

/// The first argument of the `operation(..)` that a chain of calls begins with; `None` where it begins with a variable.
fn id(operation: &Expr) -> Option<String> {
    match operation {
        Expr::MethodCall(call) => id(&call.receiver),
        Expr::Call(call) => sources::text(call.args.first()?),
        _ => None,
    }
}
