//! Mails as files: subject, text, HTML, with names for what is filled in.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use types::{Email, LineError, Name};

use crate::message::{Message, Subject};

/// The frame of every HTML part, which a template extends: `{% extends "layout.html" %}`, with its text in
/// `{% block body %}`.
const HTML_LAYOUT: &str = include_str!("../templates/layout.html");

/// The frame of every text part.
const TEXT_LAYOUT: &str = include_str!("../templates/layout.txt");

/// A mail before its values are known. [`template!`](crate::template!) reads one from the files of a crate.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    /// The name, such as `activation`.
    pub name: &'static str,
    /// The subject, one line.
    pub subject: &'static str,
    /// For those who read plain text.
    pub text: &'static str,
    /// For everyone else. Values are escaped.
    pub html: &'static str,
}

/// Reads a [`Template`] out of `templates/NAME.subject.txt`, `templates/NAME.txt` and `templates/NAME.html` of the
/// crate that calls it, when that is compiled.
#[macro_export]
macro_rules! template {
    ($name:literal) => {
        $crate::Template {
            name: $name,
            subject: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/", $name, ".subject.txt")),
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/", $name, ".txt")),
            html: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/", $name, ".html")),
        }
    };
}

/// A template cannot be used, or not with these values.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It does not parse, or names a value that it was not given. The values themselves are not repeated.
    #[error("the template {name} cannot be rendered")]
    Render {
        /// The file.
        name: String,
        /// Where and why.
        source: minijinja::Error,
    },
    /// What it renders is no subject.
    #[error("the subject of {name} {source}")]
    Subject {
        /// The template.
        name: &'static str,
        /// What is wrong with it.
        source: LineError,
    },
}

/// Templates, ready to be filled in.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    /// Parses templates. All of them know `product`, the name of the product.
    ///
    /// # Errors
    /// [`TemplateError::Render`] for the first that does not parse.
    pub fn new(product: &str, templates: &[Template]) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        // A name that is missing is a mistake, and must not become a hole in a sentence.
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|source| TemplateError::Render { name: "syntax".to_owned(), source })?);
        environment.set_auto_escape_callback(
            |name| {
                if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None }
            },
        );
        environment.add_global("product", Value::from(product));
        let layouts = [("layout.html".to_owned(), HTML_LAYOUT), ("layout.txt".to_owned(), TEXT_LAYOUT)];
        let parts = templates.iter().flat_map(|template| {
            [(subject(template), template.subject), (text(template), template.text), (html(template), template.html)]
        });
        for (name, source) in layouts.into_iter().chain(parts) {
            let added = environment.add_template_owned(name.clone(), source);
            added.map_err(|source| TemplateError::Render { name, source })?;
        }
        Ok(Self { environment })
    }

    /// Fills a template in for one person. A name that the template has and `values` has not is an error.
    ///
    /// # Errors
    /// See [`TemplateError`].
    pub fn render(
        &self,
        template: &Template,
        to: Email,
        name: Option<Name>,
        values: &[(&str, &str)],
    ) -> Result<Message, TemplateError> {
        let values = Value::from_pairs(values.iter().copied());
        let part = |name: String| {
            let rendered = self.environment.get_template(&name).and_then(|template| template.render(&values));
            rendered.map_err(|source| TemplateError::Render { name, source })
        };
        let subject = Subject::parse(part(subject(template))?.trim())
            .map_err(|source| TemplateError::Subject { name: template.name, source })?;
        Ok(Message { to, name, subject, text: part(text(template))?, html: part(html(template))? })
    }
}

fn subject(template: &Template) -> String {
    format!("{}.subject.txt", template.name)
}

fn text(template: &Template) -> String {
    format!("{}.txt", template.name)
}

fn html(template: &Template) -> String {
    format!("{}.html", template.name)
}
