//! The mails that a development machine keeps.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use mail::{Kept, MailId};
use serde_json::{Value, json};
use types::Name;

use crate::{Console, answer, within};

/// How many mails the list shows.
const SHOWN: u32 = 100;

pub(crate) async fn query(console: Data<Console>) -> HttpResponse {
    let Some(mailbox) = &console.0.views.mailbox else {
        return answer::json(&json!({ "kept": false, "mails": [] }));
    };
    match within(mailbox.query(None, SHOWN)).await {
        Ok(mails) => {
            let mails: Vec<Value> = mails.iter().map(line).collect();
            answer::json(&json!({ "kept": true, "mails": mails }))
        }
        Err(error) => answer::failure(&error),
    }
}

pub(crate) async fn query_by_id(console: Data<Console>, mail_id: Path<String>) -> HttpResponse {
    let (Some(mailbox), Ok(mail_id)) = (&console.0.views.mailbox, MailId::parse(&mail_id)) else {
        return answer::refuse(StatusCode::NOT_FOUND, "there is no such mail");
    };
    match within(mailbox.query_by_id(mail_id)).await {
        Ok(kept) => {
            let mut mail = line(&kept);
            mail["text"] = Value::from(kept.text.as_str());
            mail["links"] = Value::from(links(&kept.text));
            answer::json(&mail)
        }
        Err(error) => answer::failure(&error),
    }
}

fn line(kept: &Kept) -> Value {
    json!({
        "id": kept.id.to_string(),
        "to": kept.to.as_str(),
        "name": kept.name.as_ref().map(Name::as_str),
        "subject": kept.subject.as_str(),
        "at": kept.created_at.timestamp_millis(),
    })
}

/// The links of a text, each once.
fn links(text: &str) -> Vec<&str> {
    let mut links = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || ['<', '>', '"', '\'', '(', ')'].contains(&c)) {
        let link = word.trim_end_matches(['.', ',', ';']);
        if (link.starts_with("https://") || link.starts_with("http://")) && !links.contains(&link) {
            links.push(link);
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_without_what_surrounds_them() {
        let text = "See http://127.0.0.1:3000/docs, or <https://example.com/a?b=c>.\nhttp://127.0.0.1:3000/docs";
        assert_eq!(links(text), ["http://127.0.0.1:3000/docs", "https://example.com/a?b=c"]);
        assert_eq!(links("javascript:alert(1) ftp://x"), [""; 0]);
    }
}
