//! What documents tell people to type, request and open, against what is there.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use clap::error::ErrorKind;

use crate::markdown::Document;
use crate::shell;
use crate::{Check, Error, Finding, Tree};

/// What the programs know.
#[derive(Debug)]
pub struct Known {
    /// The command line of `admin`.
    pub cli: clap::Command,
    /// Every route that is served: method and path, with its parameters in braces.
    pub routes: Vec<(String, String)>,
    /// The public listener of the defaults, as `127.0.0.1:3000`.
    pub api_host: String,
}

/// Folders whose files are named by their paths.
const ROOMS: &[&str] = &["app/", "business/", "foundation/", "zarf/"];

/// Every `admin ..` parses, every `make ..` is a target, every program and crate that is run or tested is there, every
/// curl is a route with its method, every path that is named exists.
///
/// # Errors
/// A document or the Makefile cannot be read.
pub fn commands(tree: &Tree, known: &Known) -> Result<Vec<Finding>, Error> {
    let (targets, programs) = (targets(tree)?, programs(tree)?);
    let mut findings = Vec::new();
    for (path, text) in tree.documents()? {
        let document = Document::parse(&text);
        let blocks = document.blocks.iter().filter(|block| block.kind == "sh");
        let commands = blocks.flat_map(|block| {
            shell::commands(&block.text).into_iter().map(|command| (block.line + command.line, command.words))
        });
        let commands: Vec<(usize, Vec<String>)> = commands.collect();
        let made = made(&commands);
        let mut reader =
            Reader { tree, known, targets: &targets, programs: &programs, path: &path, made, findings: &mut findings };
        for (line, words) in &commands {
            reader.command(*line, words, true);
        }
        for (line, code) in &document.codes {
            reader.code(*line, code);
        }
        for (line, target) in &document.links {
            reader.link(*line, target);
        }
    }
    Ok(findings)
}

struct Reader<'a> {
    tree: &'a Tree,
    known: &'a Known,
    targets: &'a BTreeSet<String>,
    programs: &'a BTreeSet<String>,
    path: &'a str,
    /// The resources that the reader has made by then: their routes and files are there to them.
    made: Vec<String>,
    findings: &'a mut Vec<Finding>,
}

impl Reader<'_> {
    fn report(&mut self, line: usize, finding: String, mend: impl Into<String>) {
        self.findings.push(Finding::drift(Check::Commands, (self.path, Some(line)), finding, mend));
    }

    /// A command; one that is `whole` has all the arguments that it needs.
    fn command(&mut self, line: usize, words: &[String], whole: bool) {
        let Some((program, arguments)) = words.split_first() else { return };
        match program.as_str() {
            "admin" => self.admin(line, arguments, whole),
            "make" => self.make(line, arguments),
            "cargo" => self.cargo(line, arguments, whole),
            "curl" => self.curl(line, arguments),
            _ => {}
        }
        for word in words.iter().filter(|word| is_path(word)) {
            self.file(line, word);
        }
    }

    fn admin(&mut self, line: usize, arguments: &[String], whole: bool) {
        let words = std::iter::once("admin").chain(arguments.iter().map(String::as_str));
        let Err(error) = self.known.cli.clone().try_get_matches_from(words) else { return };
        let is_open = arguments.iter().any(|word| word.contains('$'));
        let is_fine = match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
            // A command that is only mentioned, or one whose values the shell fills in.
            ErrorKind::MissingRequiredArgument
            | ErrorKind::MissingSubcommand
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => !whole,
            ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::InvalidSubcommand => is_open,
            _ => false,
        };
        if !is_fine {
            let told = error.to_string();
            let first = told.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let finding = format!("`admin {}` is no command: {first}", arguments.join(" "));
            self.report(line, finding, "write it as `admin --help` has it");
        }
    }

    fn make(&mut self, line: usize, arguments: &[String]) {
        for word in arguments.iter().filter(|word| !word.starts_with('-') && !word.contains('=')) {
            if !self.targets.contains(word) {
                let mend = nearest(word, self.targets.iter().map(String::as_str), "the targets that `make` prints");
                self.report(line, format!("`make {word}` is no target of the Makefile"), mend);
            }
        }
    }

    fn cargo(&mut self, line: usize, arguments: &[String], whole: bool) {
        let ours = arguments.iter().position(|word| word == "--").unwrap_or(arguments.len());
        let (own, rest) = arguments.split_at(ours);
        let mut ran = None;
        for pair in own.windows(2) {
            let [flag, name] = pair else { continue };
            let is_named = match flag.as_str() {
                "--bin" => self.programs.contains(name),
                "-p" | "--package" => self.tree.has_crate(name),
                _ => continue,
            };
            if flag == "--bin" {
                ran = Some(name.as_str());
            }
            if !is_named {
                let mend = nearest(name, self.programs.iter().map(String::as_str), "the crates of the workspace");
                self.report(line, format!("the workspace has no `{name}` for `cargo .. {flag}`"), mend);
            }
        }
        if ran == Some("admin") && own.first().is_some_and(|word| word == "run") {
            self.admin(line, rest.get(1..).unwrap_or_default(), whole);
        }
    }

    fn curl(&mut self, line: usize, arguments: &[String]) {
        let mut method = None;
        for (at, word) in arguments.iter().enumerate() {
            let next = || arguments.get(at + 1).map(String::as_str);
            match word.as_str() {
                "--request" => method = next(),
                "-d" | "--data" | "--data-raw" | "--data-binary" | "--data-urlencode" | "--json" => {
                    method = method.or(Some("POST"));
                }
                "-T" | "--upload-file" => method = method.or(Some("PUT")),
                short if short.starts_with('-') && !short.starts_with("--") && short.ends_with('X') => method = next(),
                _ => {}
            }
        }
        let method = method.unwrap_or("GET");
        for word in arguments {
            if let Some(path) = self.api_path(word) {
                self.route(line, method, &path);
            }
        }
    }

    /// The path of an address of the public listener.
    fn api_path(&self, word: &str) -> Option<String> {
        let address = word.strip_prefix("http://").unwrap_or(word);
        let (host, path) = address.split_once('/')?;
        let (_, port) = self.known.api_host.rsplit_once(':')?;
        let is_ours = ["localhost", "127.0.0.1"].iter().any(|name| host == format!("{name}:{port}"));
        let path = path.split(['?', '#']).next().unwrap_or_default();
        is_ours.then(|| format!("/{path}"))
    }

    fn route(&mut self, line: usize, method: &str, path: &str) {
        if self.made.iter().any(|name| path.strip_prefix("/v1/").is_some_and(|rest| rest.starts_with(name))) {
            return;
        }
        let of_path: Vec<&(String, String)> =
            self.known.routes.iter().filter(|(_, route)| matches(route, path)).collect();
        if of_path.iter().any(|(served, _)| served == method) {
            return;
        }
        let (finding, mend) = if of_path.is_empty() {
            let paths = self.known.routes.iter().map(|(_, route)| route.as_str());
            (format!("{path} is no route"), nearest(path, paths, "the routes that `admin routes` prints"))
        } else {
            let methods: BTreeSet<&str> = of_path.iter().map(|(served, _)| served.as_str()).collect();
            let methods = methods.into_iter().collect::<Vec<_>>().join(", ");
            (format!("{path} is not served for {method}"), format!("it is served for {methods}"))
        };
        self.report(line, finding, mend);
    }

    /// Words between backquotes: a command, an address or a path, or none of them.
    fn code(&mut self, line: usize, code: &str) {
        let words: Vec<String> = code.split_whitespace().map(str::to_owned).collect();
        match words.first().map(String::as_str) {
            Some("admin" | "make" | "cargo") if !code.contains("..") => {
                for command in shell::commands(code) {
                    self.command(line, &command.words, false);
                }
            }
            Some(word) if words.len() == 1 && is_path(word) => self.file(line, word),
            _ => {}
        }
    }

    fn link(&mut self, line: usize, target: &str) {
        if let Some(path) = self.api_path(target) {
            return self.route(line, "GET", &path);
        }
        let file = target.split('#').next().unwrap_or_default();
        if file.is_empty() || target.contains("://") || target.starts_with("mailto:") {
            return;
        }
        let folder = Path::new(self.path).parent().unwrap_or(Path::new(""));
        self.file(line, &plain(&folder.join(file)).to_string_lossy());
    }

    fn file(&mut self, line: usize, path: &str) {
        let file = path.split([':', '#']).next().unwrap_or_default().trim_end_matches('/');
        let is_made = self.made.iter().any(|name| {
            file.split('/').any(|part| part.strip_prefix(name).is_some_and(|end| ["bus", "app"].contains(&end)))
        });
        if !is_made && !self.tree.has(file) {
            self.report(line, format!("{file} is not there"), "name the place where it is now, or take the words away");
        }
    }
}

/// The names of the resources that the commands make.
fn made(commands: &[(usize, Vec<String>)]) -> Vec<String> {
    let name = |words: &[String]| match words {
        [new, resource, name, rest @ ..] if new == "new" && resource == "resource" => {
            (!rest.iter().any(|word| word == "--dry-run")).then(|| name.clone())
        }
        _ => None,
    };
    commands.iter().filter_map(|(_, words)| (0..words.len()).find_map(|at| name(&words[at..]))).collect()
}

/// A path of the tree, told by its first folder; patterns and places to fill in are none.
fn is_path(word: &str) -> bool {
    let is_open = word.contains(['*', '<', '{', '$', '|', ',']) || word.contains("..");
    ROOMS.iter().any(|room| word.starts_with(room) && word.len() > room.len()) && !is_open
}

/// Whether a route with parameters serves the path.
fn matches(route: &str, path: &str) -> bool {
    let (mut parts, mut words) = (route.split('/'), path.split('/'));
    loop {
        match (parts.next(), words.next()) {
            (None, None) => return true,
            (Some(part), Some(_)) if part.ends_with("*}") => return true,
            (Some(part), Some(word)) if part == word || (part.starts_with('{') && !word.is_empty()) => {}
            _ => return false,
        }
    }
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

/// What it may have meant.
pub(crate) fn nearest<'a>(word: &str, among: impl Iterator<Item = &'a str>, otherwise: &str) -> String {
    let near = among.map(|known| (strsim::jaro_winkler(word, known), known)).filter(|(score, _)| *score > 0.85);
    match near.max_by(|one, other| one.0.total_cmp(&other.0)) {
        Some((_, known)) => format!("did it mean `{known}`?"),
        None => format!("name one of {otherwise}"),
    }
}

/// The targets of the Makefile.
fn targets(tree: &Tree) -> Result<BTreeSet<String>, Error> {
    let text = tree.find("Makefile")?.unwrap_or_default();
    let heads = text.lines().filter(|line| !line.starts_with(['\t', '#', '.', ' ']));
    let heads = heads.filter_map(|line| line.split_once(':')).filter(|(_, rest)| !rest.starts_with('='));
    Ok(heads.flat_map(|(names, _)| names.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect())
}

/// The programs of the workspace, by their names.
fn programs(tree: &Tree) -> Result<BTreeSet<String>, Error> {
    let is_program =
        |path: &str| path.ends_with("/src/main.rs") || (path.contains("/src/bin/") && path.ends_with(".rs"));
    let mut programs = BTreeSet::new();
    for room in ["app", "business", "foundation", "zarf"] {
        for path in tree.files(room, is_program)? {
            let name = match path.strip_suffix("/src/main.rs") {
                Some(folder) => folder.rsplit('/').next(),
                None => path.rsplit('/').next().map(|file| file.trim_end_matches(".rs")),
            };
            programs.extend(name.map(str::to_owned));
        }
    }
    Ok(programs)
}

impl Tree {
    /// Whether the workspace has a crate of this name; folder and crate have one name.
    fn has_crate(&self, name: &str) -> bool {
        let rooms = [
            "app/domain",
            "app/sdk",
            "app/services",
            "app/tooling",
            "business",
            "business/domain",
            "business/sdk",
            "foundation",
            "zarf",
        ];
        rooms.iter().any(|room| self.has(&format!("{room}/{name}/Cargo.toml")))
    }
}
