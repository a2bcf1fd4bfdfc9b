//! What is looked for in the code around a builder.

use std::collections::HashMap;

use syn::visit::{self, Visit};
use syn::{Expr, Pat};

use super::texts::Piece;
use crate::sources;

/// Every `let mut sql = QueryBuilder::new(..)`.
pub(super) struct Makers(pub(super) Vec<(String, usize)>);

impl<'ast> Visit<'ast> for Makers {
    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let (Pat::Ident(name), Some(init)) = (&local.pat, &local.init)
            && let Expr::Call(call) = &*init.expr
            && is_path(&call.func, "QueryBuilder", "new")
        {
            self.0.push((name.ident.to_string(), sources::line(name.ident.span())));
        }
        visit::visit_local(self, local);
    }
}

pub(super) fn is_path(expression: &Expr, kind: &str, function: &str) -> bool {
    let Expr::Path(path) = expression else { return false };
    let mut segments = path.path.segments.iter().rev();
    segments.next().is_some_and(|last| last.ident == function)
        && segments.next().is_some_and(|first| first.ident == kind)
}

/// What each variable of a function is set to.
pub(super) struct Locals(pub(super) HashMap<String, Expr>);

impl<'ast> Visit<'ast> for Locals {
    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let (Pat::Ident(name), Some(init)) = (&local.pat, &local.init) {
            self.0.insert(name.ident.to_string(), (*init.expr).clone());
        }
        visit::visit_local(self, local);
    }
}

/// The literals that arms of a `match` end with.
pub(super) struct Arms(pub(super) Vec<Piece>);

impl<'ast> Visit<'ast> for Arms {
    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        match sources::text(&arm.body) {
            Some(text) => {
                let line = sources::line(syn::spanned::Spanned::span(&arm.body));
                self.0.push(Piece { line, text });
            }
            None => visit::visit_arm(self, arm),
        }
    }
}

/// The functions that an expression calls, also by way of variables.
pub(super) struct Called<'a> {
    pub(super) locals: &'a HashMap<String, Expr>,
    pub(super) names: Vec<String>,
    pub(super) depth: usize,
}

impl<'ast> Visit<'ast> for Called<'_> {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        let Some(name) = path.path.get_ident().map(ToString::to_string) else { return };
        if let Some(local) = self.locals.get(&name)
            && self.depth < 4
        {
            self.depth += 1;
            self.visit_expr(&local.clone());
            self.depth -= 1;
        } else if !self.names.contains(&name) {
            self.names.push(name);
        }
    }
}

/// Whether a chain of calls begins with the builder.
pub(super) fn is_rooted(expression: &Expr, name: &str) -> bool {
    match expression {
        Expr::Path(path) => path.path.is_ident(name),
        Expr::MethodCall(call) => is_rooted(&call.receiver, name),
        Expr::Reference(inner) => is_rooted(&inner.expr, name),
        Expr::Paren(inner) => is_rooted(&inner.expr, name),
        _ => false,
    }
}

/// Whether the builder itself is one of the arguments.
pub(super) fn gives<'e>(mut arguments: impl Iterator<Item = &'e Expr>, name: &str) -> bool {
    arguments.any(|argument| match argument {
        Expr::Path(path) => path.path.is_ident(name),
        Expr::Reference(inner) => matches!(&*inner.expr, Expr::Path(path) if path.path.is_ident(name)),
        _ => false,
    })
}

/// Whether the name is anywhere within.
pub(super) fn mentions(expression: &Expr, name: &str) -> bool {
    struct Looker<'a>(&'a str, bool);
    impl<'ast> Visit<'ast> for Looker<'_> {
        fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
            self.1 |= path.path.is_ident(self.0);
        }
    }
    let mut looker = Looker(name, false);
    looker.visit_expr(expression);
    looker.1
}

/// Whether it is `QueryBuilder::new(..)`.
pub(super) fn makes_builder(expression: &Expr) -> bool {
    matches!(expression, Expr::Call(call) if is_path(&call.func, "QueryBuilder", "new"))
}
