//! The mails that a development machine keeps, on the debug listener.
//!
//! A mail is untrusted HTML: it is shown in a frame without scripts, forms, or an origin, and loads nothing.

use std::sync::Arc;

use actix_web::http::header::{self, ContentType};
use actix_web::web::{self, Data, Path, ServiceConfig};
use actix_web::{HttpResponse, HttpResponseBuilder};
use mail::{Kept, MailId, Mailbox};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use types::Name;

/// How many mails the list shows.
const SHOWN: u32 = 100;

/// Nothing but the page's own style, and the mail in its frame.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// Of a mail nothing but its text and style; `sandbox` also when it is opened without the frame.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'self'; sandbox";

/// The pages and what they show.
#[derive(Clone)]
struct Pages {
    mailbox: Mailbox,
    templates: Arc<Environment<'static>>,
}

/// Adds the pages of the mailbox.
pub(crate) fn pages(mailbox: Mailbox) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let Ok(templates) = templates() else { return };
        config.app_data(Data::new(Pages { mailbox, templates: Arc::new(templates) }));
        config.service(
            web::scope("/mail")
                .route("", web::get().to(list))
                .route("/{mail_id}", web::get().to(show))
                .route("/{mail_id}/text", web::get().to(text))
                .route("/{mail_id}/html", web::get().to(html)),
        );
    }
}

async fn list(pages: Data<Pages>) -> HttpResponse {
    match pages.mailbox.query(None, SHOWN).await {
        Ok(mails) => {
            let mails = mails.iter().map(|kept| Value::from_pairs(fields(kept))).collect::<Vec<_>>();
            pages.page("list.html", Value::from_pairs([("mails", Value::from(mails))]))
        }
        Err(error) => failure(&error),
    }
}

async fn show(pages: Data<Pages>, mail_id: Path<String>) -> HttpResponse {
    match find(&pages.mailbox, &mail_id).await {
        Ok(kept) => pages.page("mail.html", Value::from_pairs(fields(&kept))),
        Err(error) => failure(&error),
    }
}

/// For `curl`: the mail as it is, where a page has its characters escaped.
async fn text(pages: Data<Pages>, mail_id: Path<String>) -> HttpResponse {
    match find(&pages.mailbox, &mail_id).await {
        Ok(kept) => answer(HttpResponse::Ok(), POLICY).insert_header(ContentType::plaintext()).body(kept.text),
        Err(error) => failure(&error),
    }
}

async fn html(pages: Data<Pages>, mail_id: Path<String>) -> HttpResponse {
    match find(&pages.mailbox, &mail_id).await {
        Ok(kept) => answer(HttpResponse::Ok(), MAIL_POLICY).body(kept.html),
        Err(error) => failure(&error),
    }
}

async fn find(mailbox: &Mailbox, mail_id: &str) -> Result<Kept, sqldb::Error> {
    let mail_id = MailId::parse(mail_id).map_err(|_| sqldb::Error::NotFound)?;
    mailbox.query_by_id(mail_id).await
}

impl Pages {
    fn page(&self, name: &str, values: Value) -> HttpResponse {
        match self.templates.get_template(name).and_then(|template| template.render(&values)) {
            Ok(page) => answer(HttpResponse::Ok(), POLICY).body(page),
            Err(error) => {
                tracing::error!(%error, "a page of the mailbox cannot be rendered");
                answer(HttpResponse::InternalServerError(), POLICY).finish()
            }
        }
    }
}

fn failure(error: &sqldb::Error) -> HttpResponse {
    match error {
        sqldb::Error::NotFound => answer(HttpResponse::NotFound(), POLICY).body("There is no such mail.\n"),
        error => answer(HttpResponse::ServiceUnavailable(), POLICY).body(format!("{error}\n")),
    }
}

fn answer(mut response: HttpResponseBuilder, policy: &'static str) -> HttpResponseBuilder {
    response
        .insert_header(ContentType::html())
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CACHE_CONTROL, "no-store"));
    response
}

fn fields(kept: &Kept) -> [(&'static str, Value); 6] {
    [
        ("id", Value::from(kept.id.to_string())),
        ("to", Value::from(kept.to.as_str())),
        ("name", Value::from(kept.name.as_ref().map(Name::as_str).unwrap_or_default())),
        ("subject", Value::from(kept.subject.as_str())),
        ("text", Value::from(kept.text.as_str())),
        ("created_at", Value::from(kept.created_at.format("%Y-%m-%d %H:%M:%S UTC").to_string())),
    ]
}

fn templates() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("style.css", include_str!("mailbox/style.css"))?;
    environment.add_template("list.html", include_str!("mailbox/list.html"))?;
    environment.add_template("mail.html", include_str!("mailbox/mail.html"))?;
    Ok(environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_parse() {
        assert!(templates().is_ok());
    }
}
