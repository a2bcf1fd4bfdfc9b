//! The clone on the disk, and the programs that look at it.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::plan::PlanError;

pub(crate) fn read(root: &Path, path: &str) -> Result<String, PlanError> {
    fs::read_to_string(root.join(path)).map_err(|source| PlanError::File { path: path.to_owned(), source })
}

/// The files that git knows by `pathspec`, in their order.
pub(crate) fn tracked(root: &Path, pathspec: &str) -> Result<Vec<String>, PlanError> {
    let mut git = git(root);
    let list = run("git", git.args(["ls-files", "-z", "--", pathspec]), None)?;
    Ok(list.split_terminator('\0').map(str::to_owned).collect())
}

/// What is not committed of `files`, and what of `folders` is not, or is not even known.
pub(crate) fn dirty(root: &Path, files: &[&str], folders: &[String]) -> Result<Vec<String>, PlanError> {
    let mut found = Vec::new();
    let status = ["status", "--porcelain", "--untracked-files=all"];
    if !files.is_empty() {
        found.push(run("git", git(root).args(status).arg("--").args(files), None)?);
    }
    if !folders.is_empty() {
        found.push(run("git", git(root).args(status).args(["--ignored=matching", "--"]).args(folders), None)?);
    }
    let mut lines: Vec<String> =
        found.iter().flat_map(|report| report.lines()).map(|line| line.trim().to_owned()).collect();
    lines.sort();
    lines.dedup();
    Ok(lines)
}

/// As `make lint` wants it.
pub(crate) fn formatted(root: &Path, path: &str, text: String) -> Result<String, PlanError> {
    if !path.ends_with(".rs") {
        let text = if path.ends_with(".sql") { aligned(&text) } else { text };
        return Ok(tidy(&text));
    }
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024", "--emit", "stdout", "--config-path"]).arg(root);
    run("rustfmt", &mut rustfmt, Some(&text)).map_err(|error| match error {
        PlanError::Program { program, report } => PlanError::Program { program, report: format!("{path}: {report}") },
        other => other,
    })
}

/// What `program` prints.
pub(crate) fn run(program: &'static str, command: &mut Command, input: Option<&str>) -> Result<String, PlanError> {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut child = command
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| failed(program, &source))?;
    if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
        stdin.write_all(input.as_bytes()).map_err(|source| failed(program, &source))?;
    }
    let output = child.wait_with_output().map_err(|source| failed(program, &source))?;
    if !output.status.success() {
        return Err(PlanError::Program { program, report: String::from_utf8_lossy(&output.stderr).into_owned() });
    }
    String::from_utf8(output.stdout).map_err(|error| PlanError::Program { program, report: error.to_string() })
}

pub(crate) fn failed(program: &'static str, source: &io::Error) -> PlanError {
    PlanError::Program { program, report: source.to_string() }
}

fn git(root: &Path) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(root);
    git
}

/// Without empty lines in a row, or at the end.
pub(crate) fn tidy(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    lines.join("\n").trim_end().to_owned() + "\n"
}

/// With the types of the columns of a table below each other.
fn aligned(text: &str) -> String {
    let Some(end) = text.find("\n);").filter(|_| text.contains("CREATE TABLE")) else { return text.to_owned() };
    let (text, rest) = text.split_at(end);
    let is_column = |line: &str| {
        line.starts_with("    ") && !["--", "CONSTRAINT"].iter().any(|start| line.trim_start().starts_with(start))
    };
    let name = |line: &str| line.trim_start().split(' ').next().unwrap_or_default().len();
    let width = text.lines().filter(|line| is_column(line)).map(name).max().unwrap_or_default();
    let line = |line: &str| match line.trim_start().split_once(' ') {
        Some((name, rest)) if is_column(line) => format!("    {name:<width$} {rest}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect::<String>().trim_end().to_owned() + rest
}
