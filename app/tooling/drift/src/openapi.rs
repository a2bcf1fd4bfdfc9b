//! The API against its committed copy: what would break a client is named, one by one.

mod breaking;
mod lines;
mod schema;

use serde_json::Value;

use crate::{Check, Error, Finding, Service, Tree};

/// Where the copy is.
pub const COPY: &str = "zarf/openapi/platform.json";

const ACCEPT: &str = "admin check --accept";

/// A difference between two documents.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    /// Whether a client that works with the old one may fail with the new one.
    breaks: bool,
    /// Where it is in the old document: the keys that lead there.
    place: Vec<String>,
    /// What changed.
    what: String,
}

/// The document of a service against the copy that was committed: a change that would break a client is drift; one that
/// adds is a note.
///
/// # Errors
/// The copy cannot be read.
pub fn openapi(tree: &Tree, service: &Service) -> Result<Vec<Finding>, Error> {
    let Some(text) = tree.find(COPY)? else {
        let finding = "the copy of the API is not there";
        return Ok(vec![Finding::drift(Check::Openapi, (COPY, None), finding, ACCEPT)]);
    };
    let copy: Value = match serde_json::from_str(&text) {
        Ok(copy) => copy,
        Err(error) => {
            let finding = format!("the copy is no JSON: {error}");
            return Ok(vec![Finding::drift(Check::Openapi, (COPY, Some(error.line())), finding, ACCEPT)]);
        }
    };
    let told = |change: &Change| {
        let place = (COPY, lines::line_of(&text, &change.place));
        if change.breaks {
            let mend = format!("keep what clients use, or say in the commit why it goes and run `{ACCEPT}`");
            Finding::drift(Check::Openapi, place, format!("breaks clients: {}", change.what), mend)
        } else {
            Finding::drift(Check::Openapi, place, change.what.clone(), ACCEPT).into_note()
        }
    };
    let changes = breaking::changes(&copy, &service.document);
    let mut findings: Vec<Finding> = changes.iter().map(told).collect();
    if findings.is_empty() && accepted(service) != text {
        let finding = "the words of the API or its form differ from the copy; nothing that a client uses does";
        findings.push(Finding::drift(Check::Openapi, (COPY, None), finding, ACCEPT).into_note());
    }
    Ok(findings)
}

/// The copy as it would be committed now.
#[must_use]
pub fn accepted(service: &Service) -> String {
    format!("{:#}\n", service.document)
}
