//! Rust sources as syntax trees.

use proc_macro2::Span;
use syn::{Attribute, Expr, ExprLit, Lit};

use crate::Error;
use crate::tree::Tree;

/// A source file.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) file: syn::File,
}

/// The sources that ship, of the crates below a folder: no tests, no examples.
pub(crate) fn read(tree: &Tree, folder: &str) -> Result<Vec<Source>, Error> {
    let paths = tree.files(folder, |path| path.ends_with(".rs") && path.contains("/src/"))?;
    paths.into_iter().map(|path| parse(tree, path)).collect()
}

pub(crate) fn parse(tree: &Tree, path: String) -> Result<Source, Error> {
    let text = tree.read(&path)?;
    match syn::parse_file(&text) {
        Ok(file) => Ok(Source { path, file }),
        Err(error) => {
            let line = error.span().start().line;
            Err(Error::Syntax { path, line, reason: error.to_string() })
        }
    }
}

/// The line on which something begins.
pub(crate) fn line(span: Span) -> usize {
    span.start().line
}

/// Whether it is compiled for tests alone.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

/// The text of a string literal.
pub(crate) fn text(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        Expr::Reference(inner) => text(&inner.expr),
        Expr::Paren(inner) => text(&inner.expr),
        Expr::Group(inner) => text(&inner.expr),
        _ => None,
    }
}
