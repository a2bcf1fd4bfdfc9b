//! Statements that stand in the sources as they are sent, and what they fill.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprMacro, GenericArgument, ItemConst, Lit, Pat, PathArguments, Token, Type};

use super::builder::Builder;
use super::krate::{File, Function, Krate};
use crate::sources;

/// How deep constants may be made of others.
const DEEPEST: usize = 16;

/// A text with the lines that its parts stand on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) path: String,
    pub(crate) pieces: Vec<Piece>,
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Piece {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// A statement with what its rows become.
pub(crate) struct Statement {
    pub(crate) krate: usize,
    pub(crate) text: Text,
    pub(crate) rows: Vec<Row>,
}

/// What a row becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// A struct of the crate.
    Struct(String),
    /// A tuple, by position.
    Tuple(Vec<Type>),
}

/// A place whose text cannot be told.
pub(crate) struct Unresolved {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) why: String,
    pub(crate) allowed: Option<String>,
}

/// What a crate gives to the database.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) statements: Vec<Statement>,
    pub(crate) builders: Vec<Builder>,
    pub(crate) unresolved: Vec<Unresolved>,
}

impl Text {
    pub(crate) fn sql(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    /// The line of its first word.
    pub(crate) fn line(&self) -> usize {
        let blank = self.sql().chars().take_while(|c| c.is_whitespace()).count();
        self.line_at(blank + 1)
    }

    /// The line of a character, from 1.
    pub(crate) fn line_at(&self, at: usize) -> usize {
        let mut before = 0;
        for piece in &self.pieces {
            let length = piece.text.chars().count();
            if at <= before + length {
                let lines = piece.text.chars().take(at.saturating_sub(before + 1)).filter(|c| *c == '\n').count();
                return piece.line + lines;
            }
            before += length;
        }
        self.pieces.last().map_or(1, |piece| piece.line)
    }
}

pub(crate) fn find(at: usize, krate: &Krate) -> Found {
    let mut found = Found::default();
    for file in &krate.files {
        let mut finder = Finder { at, krate, file, found: &mut found, known: HashMap::new(), passed: Vec::new() };
        for expression in file.consts.values() {
            finder.note(&Scope { file, consts: HashMap::new() }, expression);
        }
        for function in &file.functions {
            finder.function(function);
        }
        finder.follow_arguments();
    }
    found.statements.sort_by_key(|statement| (statement.text.path.clone(), statement.text.line()));
    found
}

/// The constants that can be seen somewhere.
pub(crate) struct Scope<'a> {
    pub(crate) file: &'a File,
    pub(crate) consts: HashMap<String, Expr>,
}

impl<'a> Scope<'a> {
    pub(crate) fn of(file: &'a File, function: &Function) -> Self {
        let mut inner = Consts(HashMap::new());
        inner.visit_block(&function.block);
        Self { file, consts: inner.0 }
    }

    /// The text of an expression that the compiler knows.
    pub(crate) fn text(&self, expression: &Expr) -> Option<Vec<Piece>> {
        self.text_within(expression, 0)
    }

    /// The same, so deep within constants of constants: one may be named as another that it is made of.
    fn text_within(&self, expression: &Expr, depth: usize) -> Option<Vec<Piece>> {
        if depth > DEEPEST {
            return None;
        }
        let depth = depth + 1;
        match expression {
            Expr::Lit(literal) => {
                let text = match &literal.lit {
                    Lit::Str(text) => text.value(),
                    Lit::Int(number) => number.base10_digits().to_owned(),
                    _ => return None,
                };
                Some(vec![Piece { line: sources::line(literal.lit.span()), text }])
            }
            Expr::Reference(inner) => self.text_within(&inner.expr, depth),
            Expr::Paren(inner) => self.text_within(&inner.expr, depth),
            Expr::Group(inner) => self.text_within(&inner.expr, depth),
            Expr::Path(path) => {
                let name = path.path.segments.last()?.ident.to_string();
                self.text_within(self.consts.get(&name).or_else(|| self.file.consts.get(&name))?, depth)
            }
            Expr::Macro(call) => self.text_of_macro(call, depth),
            _ => None,
        }
    }

    fn text_of_macro(&self, call: &ExprMacro, depth: usize) -> Option<Vec<Piece>> {
        let name = call.mac.path.segments.last()?.ident.to_string();
        let line = sources::line(call.mac.path.segments.last()?.ident.span());
        match name.as_str() {
            "concat" => {
                let parts = call.mac.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated).ok()?;
                let texts: Option<Vec<_>> = parts.iter().map(|part| self.text_within(part, depth)).collect();
                Some(texts?.concat())
            }
            "include_str" => {
                let name = call.mac.parse_body::<syn::LitStr>().ok()?.value();
                let place = Path::new(&self.file.path).parent()?.join(name);
                let text = self.file.tree.read(&place.to_string_lossy()).ok()?;
                Some(vec![Piece { line, text: without_remarks(&text) }])
            }
            _ => self.text_within(self.file.macros.get(&name)?, depth),
        }
    }
}

/// Constants within a function.
struct Consts(HashMap<String, Expr>);

impl<'ast> Visit<'ast> for Consts {
    fn visit_item_const(&mut self, item: &'ast ItemConst) {
        self.0.insert(item.ident.to_string(), (*item.expr).clone());
    }
}

struct Finder<'a> {
    at: usize,
    krate: &'a Krate,
    file: &'a File,
    found: &'a mut Found,
    /// The statement of each text, so that one that is used twice is prepared once.
    known: HashMap<(usize, String), usize>,
    /// Texts that a function takes as an argument: function, place of the argument, row, line.
    passed: Vec<(String, usize, Option<Row>, usize)>,
}

impl<'a> Finder<'a> {
    fn function(&mut self, function: &'a Function) {
        let scope = Scope::of(self.file, function);
        for expression in scope.consts.values() {
            self.note(&scope, expression);
        }
        let mut calls = Calls { finder: self, scope: &scope, function };
        calls.visit_block(&function.block);
        for builder in Builder::of(self.at, self.file, function) {
            match builder {
                Ok(builder) => self.found.builders.push(builder),
                Err(unresolved) => self.found.unresolved.push(unresolved),
            }
        }
    }

    /// Keeps the text if it is a statement; its place among them.
    fn note(&mut self, scope: &Scope<'_>, expression: &Expr) -> Option<usize> {
        let pieces = scope.text(expression)?;
        let text = Text { path: self.file.path.clone(), pieces };
        let sql = text.sql();
        if !is_statement(&sql) {
            return None;
        }
        let key = (text.line(), sql);
        if let Some(at) = self.known.get(&key) {
            return Some(*at);
        }
        let at = self.found.statements.len();
        self.found.statements.push(Statement { krate: self.at, text, rows: Vec::new() });
        self.known.insert(key, at);
        Some(at)
    }

    fn fill(&mut self, at: usize, row: Option<Row>) {
        if let (Some(row), Some(statement)) = (row, self.found.statements.get_mut(at))
            && !statement.rows.contains(&row)
        {
            statement.rows.push(row);
        }
    }

    fn unresolved(&mut self, line: usize, why: &str) {
        let (path, allowed) = (self.file.path.clone(), self.file.allowed(line));
        self.found.unresolved.push(Unresolved { path, line, why: why.to_owned(), allowed });
    }

    /// What functions take as an argument is known where they are called, in the same file.
    fn follow_arguments(&mut self) {
        let file = self.file;
        for (name, place, row, line) in std::mem::take(&mut self.passed) {
            let mut told = 0;
            for function in &file.functions {
                let scope = Scope::of(file, function);
                let mut arguments = Arguments { name: &name, place, found: Vec::new() };
                arguments.visit_block(&function.block);
                for argument in arguments.found {
                    match self.note(&scope, &argument) {
                        Some(at) => self.fill(at, row.clone()),
                        None => self.unresolved(line, "not every caller gives a text that is known"),
                    }
                    told += 1;
                }
            }
            if told == 0 {
                self.unresolved(line, "it is an argument, and nobody in this file gives one");
            }
        }
    }
}

/// The calls within a function.
struct Calls<'f, 'a> {
    finder: &'f mut Finder<'a>,
    scope: &'f Scope<'a>,
    function: &'a Function,
}

impl<'ast> Visit<'ast> for Calls<'_, '_> {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        visit::visit_expr_call(self, call);
        let Expr::Path(path) = &*call.func else { return };
        let segments: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let Some(name) = segments.last() else { return };
        let line =
            sources::line(path.path.segments.first().map_or_else(proc_macro2::Span::call_site, |s| s.ident.span()));
        if is_asserted(&call.func) {
            return self.finder.unresolved(line, "it is put together at run time (AssertSqlSafe)");
        }
        let is_sqlx = segments.first().is_some_and(|first| first == "sqlx");
        let takes_text =
            matches!(name.as_str(), "query_as" | "query_scalar" | "raw_sql") || (is_sqlx && name == "query");
        let (true, Some(argument)) = (takes_text, call.args.first()) else { return };
        let row = match name.as_str() {
            "query_as" => self.row(&path.path),
            _ => None,
        };
        if let Some(at) = self.finder.note(self.scope, argument) {
            return self.finder.fill(at, row);
        }
        let is_told = matches!(argument, Expr::Call(call) if is_asserted(&call.func));
        if is_told
            || self.scope.text(argument).is_some_and(|pieces| pieces.iter().all(|piece| piece.text.trim().is_empty()))
        {
            return;
        }
        match parameter(self.function, argument) {
            Some(place) => self.finder.passed.push((self.function.name.clone(), place, row, line)),
            None => self.finder.unresolved(line, "it is neither a literal nor a constant"),
        }
    }
}

impl Calls<'_, '_> {
    /// What the rows become: as the call says, or else as the function's answer does.
    fn row(&self, path: &syn::Path) -> Option<Row> {
        let records = &self.finder.krate.records;
        if let Some(PathArguments::AngleBracketed(arguments)) = path.segments.last().map(|segment| &segment.arguments) {
            let types = arguments.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(kind) => Some(kind),
                _ => None,
            });
            return types.last().and_then(row_of);
        }
        let syn::ReturnType::Type(_, answer) = &self.function.signature.output else { return None };
        let mut names = Names { krate: self.finder.krate, met: HashSet::new() };
        names.visit_type(answer);
        let mut rows = names.met.into_iter().filter(|name| records.contains_key(name));
        match (rows.next(), rows.next()) {
            (Some(name), None) => Some(Row::Struct(name)),
            _ => None,
        }
    }
}

/// Whether a text is declared to be safe, since it is put together at run time.
fn is_asserted(function: &Expr) -> bool {
    matches!(function, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "AssertSqlSafe"))
}

/// The row that a type names: a tuple, or a struct.
pub(crate) fn row_of(kind: &Type) -> Option<Row> {
    match kind {
        Type::Tuple(tuple) if !tuple.elems.is_empty() => Some(Row::Tuple(tuple.elems.iter().cloned().collect())),
        Type::Path(path) => Some(Row::Struct(path.path.segments.last()?.ident.to_string())),
        _ => None,
    }
}

/// Every name within a type, and within what it stands for.
struct Names<'a> {
    krate: &'a Krate,
    met: HashSet<String>,
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_ident(&mut self, ident: &'ast proc_macro2::Ident) {
        let name = ident.to_string();
        if self.met.insert(name.clone())
            && let Some(alias) = self.krate.aliases.get(&name)
        {
            let alias = alias.clone();
            let mut inner = Names { krate: self.krate, met: std::mem::take(&mut self.met) };
            inner.visit_type(&alias);
            self.met = inner.met;
        }
    }
}

/// The place among the parameters of the function that the expression names; `self` has none.
fn parameter(function: &Function, expression: &Expr) -> Option<usize> {
    let Expr::Path(path) = expression else { return None };
    let name = path.path.get_ident()?;
    let typed = function.signature.inputs.iter().filter_map(|input| match input {
        syn::FnArg::Typed(typed) => Some(&*typed.pat),
        syn::FnArg::Receiver(_) => None,
    });
    typed.enumerate().find_map(|(place, pattern)| match pattern {
        Pat::Ident(pattern) if pattern.ident == *name => Some(place),
        _ => None,
    })
}

/// What calls of a function give at one place.
struct Arguments<'a> {
    name: &'a str,
    place: usize,
    found: Vec<Expr>,
}

impl<'ast> Visit<'ast> for Arguments<'_> {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(path) = &*call.func
            && path.path.segments.last().is_some_and(|segment| segment.ident == self.name)
        {
            self.found.extend(call.args.iter().nth(self.place).cloned());
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if call.method == self.name {
            self.found.extend(call.args.iter().nth(self.place).cloned());
        }
        visit::visit_expr_method_call(self, call);
    }
}

/// Whether a text is a whole statement.
pub(crate) fn is_statement(text: &str) -> bool {
    const FIRST: &[&str] =
        &["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "VALUES", "LOCK", "TRUNCATE", "NOTIFY", "CALL"];
    let first = text.split_whitespace().next().unwrap_or_default();
    FIRST.contains(&first) && text.split_whitespace().nth(1).is_some()
}

/// A file of SQL without the lines that are remarks.
fn without_remarks(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n")
}
