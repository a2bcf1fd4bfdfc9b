//! Files that are made from the code, against what it would make now.

use crate::{Check, Error, Finding, Tree};

const ACCEPT: &str = "admin check --accept";

/// A file that is made from the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// The file, relative to the root of the clone.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Each file is committed as it would be made now.
///
/// # Errors
/// A file cannot be read.
pub fn derived(tree: &Tree, files: &[Derived]) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for Derived { path, text } in files {
        let finding = |line, finding: String| Finding::drift(Check::Derived, (path, line), finding, ACCEPT);
        match tree.find(path)? {
            None => findings.push(finding(None, "the file is not there".to_owned())),
            Some(found) if found == *text => {}
            Some(found) => {
                let same = found.lines().zip(text.lines()).take_while(|(found, made)| found == made).count();
                let told = match (found.lines().nth(same), text.lines().nth(same)) {
                    (_, Some(made)) => format!("the code makes another line: {}", made.trim()),
                    (Some(found), None) => format!("the code makes this line no longer: {}", found.trim()),
                    (None, None) => "it does not end as the code ends it".to_owned(),
                };
                findings.push(finding(Some(same + 1), told));
            }
        }
    }
    Ok(findings)
}
