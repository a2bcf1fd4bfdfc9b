//! Statements that are put together at run time, followed through the code that does it.
//!
//! What is pushed under a condition may be there or not, so that one builder stands for many statements. They are made one
//! after another, each by other decisions, until every part was in one that the server takes. A part that is in none is
//! what is reported.

use std::collections::{HashMap, HashSet};

use rehearsal::{Refusal, Replayed};
use syn::visit::Visit as _;
use syn::{Block, Expr, ExprCall, ExprMethodCall, Pat, Stmt};

use super::krate::{File, Function};
use super::syntax::{Arms, Called, Locals, Makers, gives, is_path, is_rooted, makes_builder, mentions};
use super::texts::{Piece, Row, Scope, Text, Unresolved, row_of};
use super::{Described, Preparation, refused};
use crate::sources;
use crate::{Check, Error, Finding};

/// How many statements of one builder are tried at most.
const MOST: usize = 256;

/// One `QueryBuilder`, with every statement that it was seen to make.
pub(crate) struct Builder {
    krate: usize,
    path: String,
    line: usize,
    variants: Vec<Variant>,
    row: Option<Row>,
}

/// A statement that the builder makes by some decisions.
struct Variant {
    text: Text,
}

impl Builder {
    /// Every builder that the function makes.
    pub(crate) fn of(at: usize, file: &File, function: &Function) -> Vec<Result<Self, Unresolved>> {
        let mut makers = Makers(Vec::new());
        makers.visit_block(&function.block);
        let follow = |(name, line): (String, usize)| {
            let mut builder = Self { krate: at, path: file.path.clone(), line, variants: Vec::new(), row: None };
            let mut met = HashSet::new();
            for seed in 0..MOST {
                let mut run = Run::new(file, seed);
                let frame = Frame::of(file, function, &name);
                run.block(&frame, &function.block);
                if let Some((line, why)) = run.lost {
                    let allowed = file.allowed(builder.line).or_else(|| file.allowed(line));
                    return Err(Unresolved { path: file.path.clone(), line, why, allowed });
                }
                builder.row = builder.row.or(run.row);
                let text = Text { path: file.path.clone(), pieces: run.pieces };
                if met.insert(text.sql()) {
                    builder.variants.push(Variant { text });
                }
            }
            Ok(builder)
        };
        makers.0.into_iter().map(follow).collect()
    }

    /// Has the server prepare statements of it until each part was in one that it takes.
    pub(super) async fn prepare(self, replayed: &mut Replayed, done: &mut Preparation) -> Result<(), Error> {
        let mut open: HashSet<&Piece> = self.variants.iter().flat_map(|variant| &variant.text.pieces).collect();
        let mut refusals: Vec<(&Text, Refusal)> = Vec::new();
        for Variant { text } in &self.variants {
            if open.is_empty() {
                break;
            }
            if !text.pieces.iter().any(|piece| open.contains(piece)) {
                continue;
            }
            match replayed.prepare(&text.sql()).await? {
                Ok(prepared) => {
                    for piece in &text.pieces {
                        open.remove(piece);
                    }
                    done.described.extend(self.row.clone().map(|row| Described {
                        krate: self.krate,
                        place: (self.path.clone(), self.line),
                        text: text.sql(),
                        row,
                        prepared,
                    }));
                }
                Err(refusal) => refusals.push((text, refusal)),
            }
        }
        done.findings.extend(told(&open, &refusals));
        Ok(())
    }
}

/// One finding for each part that is in no statement that the server takes, on the line that the server complains of.
fn told(open: &HashSet<&Piece>, refusals: &[(&Text, Refusal)]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (text, refusal) in refusals {
        let finding = refused(text, refusal);
        let blamed = |piece: &&Piece| {
            let last = piece.line + piece.text.matches('\n').count();
            finding.line.is_some_and(|line| (piece.line..=last).contains(&line))
        };
        let is_open = text.pieces.iter().filter(blamed).any(|piece| open.contains(piece));
        if is_open && !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    if findings.is_empty() && !open.is_empty() {
        // The complaint is of a part that others take: the first one of a statement with an open part tells most.
        let first = refusals.iter().find(|(text, _)| text.pieces.iter().any(|piece| open.contains(piece)));
        findings.extend(first.map(|(text, refusal)| {
            let line = text.pieces.iter().find(|piece| open.contains(piece)).map(|piece| piece.line);
            Finding { line, check: Check::Statements, ..refused(text, refusal) }
        }));
    }
    findings
}

/// Whether the code goes on after a statement.
#[derive(Clone, Copy, PartialEq)]
enum Flow {
    On,
    Out,
}

/// What can be seen in a function that is followed.
struct Frame<'a> {
    scope: Scope<'a>,
    /// What the builder is called here.
    name: String,
    /// What each variable is set to.
    locals: HashMap<String, Expr>,
}

impl<'a> Frame<'a> {
    fn of(file: &'a File, function: &Function, name: &str) -> Self {
        let mut locals = Locals(HashMap::new());
        locals.visit_block(&function.block);
        Self { scope: Scope::of(file, function), name: name.to_owned(), locals: locals.0 }
    }
}

/// One way through the code.
struct Run<'a> {
    file: &'a File,
    seed: usize,
    decisions: usize,
    depth: usize,
    pieces: Vec<Piece>,
    parameters: usize,
    row: Option<Row>,
    /// Where the text could not be followed, and why.
    lost: Option<(usize, String)>,
}

impl<'a> Run<'a> {
    fn new(file: &'a File, seed: usize) -> Self {
        let (pieces, row, lost) = (Vec::new(), None, None);
        Self { file, seed, decisions: 0, depth: 0, pieces, parameters: 0, row, lost }
    }

    /// One of `count` ways: all the first ones, all the last ones, then by chance that is the same each time.
    fn decide(&mut self, count: usize) -> usize {
        self.decisions += 1;
        match self.seed {
            _ if count <= 1 => 0,
            0 => 0,
            1 => count - 1,
            seed => {
                // SplitMix64 (Steele, Lea, Flood 2014), of the way and of the decision.
                let mut mixed = (seed as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (self.decisions as u64) << 32;
                mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                ((mixed ^ (mixed >> 31)) % count as u64) as usize
            }
        }
    }

    fn lose(&mut self, line: usize, why: &str) {
        self.lost.get_or_insert((line, why.to_owned()));
    }

    fn push(&mut self, line: usize, text: String) {
        if !text.is_empty() {
            self.pieces.push(Piece { line, text });
        }
    }

    fn block(&mut self, frame: &Frame<'_>, block: &Block) -> Flow {
        for statement in &block.stmts {
            let flow = match statement {
                Stmt::Local(local) => match &local.init {
                    Some(init) => match &init.diverge {
                        Some((_, other)) if mentions(other, &frame.name) && self.decide(2) == 0 => {
                            self.expression(frame, other)
                        }
                        _ => self.expression(frame, &init.expr),
                    },
                    None => Flow::On,
                },
                Stmt::Expr(expression, _) => self.expression(frame, expression),
                Stmt::Item(_) | Stmt::Macro(_) => Flow::On,
            };
            if flow == Flow::Out {
                return Flow::Out;
            }
        }
        Flow::On
    }

    fn expression(&mut self, frame: &Frame<'_>, expression: &Expr) -> Flow {
        if let Expr::Return(answer) = expression {
            if let Some(answer) = &answer.expr {
                self.expression(frame, answer);
            }
            return Flow::Out;
        }
        if !mentions(expression, &frame.name) && !makes_builder(expression) {
            return Flow::On;
        }
        match expression {
            Expr::MethodCall(call) => self.method(frame, call),
            Expr::Call(call) => self.call(frame, call),
            Expr::If(choice) => match (self.decide(2), &choice.else_branch) {
                (0, _) => self.block(frame, &choice.then_branch),
                (_, Some((_, other))) => self.expression(frame, other),
                (_, None) => Flow::On,
            },
            Expr::Match(choice) => {
                let at = self.decide(choice.arms.len());
                choice.arms.get(at).map_or(Flow::On, |arm| self.expression(frame, &arm.body))
            }
            Expr::Block(inner) => self.block(frame, &inner.block),
            Expr::Await(inner) => self.expression(frame, &inner.base),
            Expr::Try(inner) => self.expression(frame, &inner.expr),
            Expr::Reference(inner) => self.expression(frame, &inner.expr),
            Expr::Paren(inner) => self.expression(frame, &inner.expr),
            Expr::Field(inner) => self.expression(frame, &inner.base),
            Expr::Path(_) => Flow::On,
            other => {
                let line = sources::line(syn::spanned::Spanned::span(other));
                self.lose(line, "the builder is used in a way that is not followed");
                Flow::On
            }
        }
    }

    fn method(&mut self, frame: &Frame<'_>, call: &ExprMethodCall) -> Flow {
        let line = sources::line(call.method.span());
        let on_builder = is_rooted(&call.receiver, &frame.name);
        if self.expression(frame, &call.receiver) == Flow::Out {
            return Flow::Out;
        }
        match (on_builder, call.method.to_string().as_str()) {
            (true, "push") => {
                if let Some(text) = call.args.first() {
                    self.pushed(frame, text, line);
                }
            }
            (true, "push_bind") => {
                self.parameters += 1;
                let text = format!("${}", self.parameters);
                self.push(line, text);
            }
            (true, "build_query_as") => {
                let types = call.turbofish.iter().flat_map(|fish| &fish.args).filter_map(|argument| match argument {
                    syn::GenericArgument::Type(kind) => row_of(kind),
                    _ => None,
                });
                self.row = types.last();
            }
            (true, "build" | "build_query_scalar" | "sql") => {}
            (true, _) => self.lose(line, "this method of the builder is not followed"),
            (false, "push_after" | "push_order") if gives(call.args.iter(), &frame.name) => {
                self.keyset(frame, call, line);
            }
            (false, name) if gives(call.args.iter(), &frame.name) => self.enter(frame, name, call.args.iter(), line),
            (false, _) => {
                for argument in &call.args {
                    self.expression(frame, argument);
                }
            }
        }
        Flow::On
    }

    fn call(&mut self, frame: &Frame<'_>, call: &ExprCall) -> Flow {
        let line = sources::line(syn::spanned::Spanned::span(call));
        if is_path(&call.func, "QueryBuilder", "new") {
            // Of several builders in one function, the one that is followed alone.
            if let Some(text) = call.args.first() {
                self.pieces.clear();
                self.parameters = 0;
                self.pushed(frame, text, line);
            }
            return Flow::On;
        }
        match &*call.func {
            Expr::Path(path) if gives(call.args.iter(), &frame.name) => {
                let name = path.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
                self.enter(frame, &name, call.args.iter(), line);
            }
            _ => {
                for argument in &call.args {
                    self.expression(frame, argument);
                }
            }
        }
        Flow::On
    }

    /// Follows a function of the same crate that is given the builder.
    fn enter<'e>(&mut self, frame: &Frame<'_>, name: &str, arguments: impl Iterator<Item = &'e Expr>, line: usize) {
        let place =
            arguments.enumerate().find(|(_, argument)| is_rooted(argument, &frame.name)).map(|(place, _)| place);
        let file = self.file;
        let Some(function) = file.functions.iter().find(|function| function.name == name) else {
            return self.lose(line, &format!("`{name}`, which is given the builder, is not in this file"));
        };
        let typed: Vec<&Pat> = function
            .signature
            .inputs
            .iter()
            .filter_map(|input| match input {
                syn::FnArg::Typed(typed) => Some(&*typed.pat),
                syn::FnArg::Receiver(_) => None,
            })
            .collect();
        let Some(Pat::Ident(inner)) = place.and_then(|place| typed.get(place)) else {
            return self.lose(line, &format!("what `{name}` calls the builder is not told"));
        };
        if self.depth == 8 {
            return self.lose(line, "it goes too deep");
        }
        self.depth += 1;
        let frame = Frame::of(file, function, &inner.ident.to_string());
        self.block(&frame, &function.block);
        self.depth -= 1;
    }

    /// What is pushed: a text, or one of several by a decision.
    fn pushed(&mut self, frame: &Frame<'_>, expression: &Expr, line: usize) {
        if let Some(pieces) = frame.scope.text(expression) {
            self.pieces.extend(pieces);
            return;
        }
        match expression {
            Expr::Match(choice) => {
                let at = self.decide(choice.arms.len());
                if let Some(arm) = choice.arms.get(at) {
                    self.pushed(frame, &arm.body, line);
                }
            }
            Expr::If(choice) => {
                let last = |block: &Block| match block.stmts.last() {
                    Some(Stmt::Expr(expression, None)) => Some(expression.clone()),
                    _ => None,
                };
                let chosen = match (self.decide(2), &choice.else_branch) {
                    (0, _) => last(&choice.then_branch),
                    (_, Some((_, other))) => match &**other {
                        Expr::Block(inner) => last(&inner.block),
                        other => Some(other.clone()),
                    },
                    (_, None) => None,
                };
                match chosen {
                    Some(chosen) => self.pushed(frame, &chosen, line),
                    None => self.lose(line, "what is pushed is no text that is known"),
                }
            }
            Expr::Path(path) => {
                let local = path.path.get_ident().and_then(|name| frame.locals.get(&name.to_string()));
                match local {
                    Some(local) => self.pushed(frame, &local.clone(), line),
                    None => self.lose(line, "what is pushed is no text that is known"),
                }
            }
            Expr::Call(call) => match &*call.func {
                // A function that answers one of several texts.
                Expr::Path(path) if path.path.get_ident().is_some() => {
                    let name = path.path.get_ident().map(ToString::to_string).unwrap_or_default();
                    let texts = self.answers(&name);
                    let at = self.decide(texts.len());
                    match texts.into_iter().nth(at) {
                        Some(piece) => self.pieces.push(piece),
                        None => self.lose(line, "what is pushed is no text that is known"),
                    }
                }
                _ => self.lose(line, "what is pushed is no text that is known"),
            },
            _ => self.lose(line, "what is pushed is no text that is known"),
        }
    }

    /// The order of a list, as the crate `keyset` writes it: by one of its terms, then by the id.
    fn keyset(&mut self, frame: &Frame<'_>, call: &ExprMethodCall, line: usize) {
        let made = match &*call.receiver {
            Expr::Path(path) => path.path.get_ident().and_then(|name| frame.locals.get(&name.to_string())).cloned(),
            _ => None,
        };
        let Some(Expr::Call(made)) =
            made.filter(|made| matches!(made, Expr::Call(call) if is_path(&call.func, "Keyset", "new")))
        else {
            return self.lose(line, "the order of the list is not made in this function");
        };
        let Some(id) = made.args.iter().nth(1).and_then(sources::text) else {
            return self.lose(line, "the id of the list is no literal");
        };
        let mut called = Called { locals: &frame.locals, names: Vec::new(), depth: 0 };
        if let Some(terms) = made.args.first() {
            called.visit_expr(terms);
        }
        let terms: Vec<Piece> = called.names.iter().flat_map(|name| self.answers(name)).collect();
        // The same term in both halves: by the way alone, not by how many decisions were made before.
        let term = terms.get(self.seed % (terms.len() + 1)).cloned();
        if call.method == "push_order" {
            self.push(line, " ORDER BY ".to_owned());
            if let Some(term) = term {
                self.pieces.push(term);
                self.push(line, " ASC, ".to_owned());
            }
            self.push(line, format!("{id} ASC"));
            return;
        }
        self.push(line, " AND (".to_owned());
        let is_two = term.is_some();
        if let Some(term) = term {
            self.pieces.push(term);
            self.push(line, ", ".to_owned());
        }
        let first = self.parameters + 1;
        self.parameters += if is_two { 2 } else { 1 };
        let places = if is_two { format!("${first}, ${}", self.parameters) } else { format!("${first}") };
        self.push(line, format!("{id}) > ({places})"));
    }

    /// The texts that a function of this file answers, one for each arm of its `match`.
    fn answers(&self, name: &str) -> Vec<Piece> {
        let Some(function) = self.file.functions.iter().find(|function| function.name == name) else {
            return Vec::new();
        };
        let mut arms = Arms(Vec::new());
        arms.visit_block(&function.block);
        arms.0
    }
}
