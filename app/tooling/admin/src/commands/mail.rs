//! `admin mail`: the mails that a development machine keeps.

use mail::{Kept, MailId, Mailbox};
use serde_json::{Value, json};
use types::{Email, Name};

use crate::cli::{ListMails, Mail, ShowMail};
use crate::context::Context;
use crate::exit::Failure;
use crate::output::Reply;
use crate::table::Table;

pub(super) async fn run(context: &Context, command: Mail) -> Result<Reply, Failure> {
    match command {
        Mail::List(arguments) => list(context, arguments).await,
        Mail::Show(arguments) => show(context, arguments).await,
    }
}

async fn list(context: &Context, arguments: ListMails) -> Result<Reply, Failure> {
    let parse = |text: String| Email::parse(&text).map_err(|error| Failure::usage(format!("--to {error}")));
    let to = arguments.to.map(parse).transpose()?;
    let loaded = context.settings()?;
    if loaded.settings.mail.smtp_url.is_some() {
        context.output.note("mail.smtp_url names a relay: mails are sent, and not kept here");
    }
    let connected = context.connect_to(&loaded.settings).await?;
    let found = Mailbox::new(connected.db.clone()).query(to.as_ref(), arguments.limit).await?;
    if u32::try_from(found.len()) == Ok(arguments.limit) {
        context.output.note(&format!("there may be more than {}; --limit N shows more", arguments.limit));
    }
    let mut table = Table::new(&["id", "when", "to", "subject"], "no mails");
    for kept in &found {
        table.row([&kept.id.to_string(), &super::moment(&kept.created_at), kept.to.as_str(), &kept.subject]);
    }
    Ok(Reply::table(found.iter().map(json).collect(), table))
}

async fn show(context: &Context, arguments: ShowMail) -> Result<Reply, Failure> {
    let mail_id = MailId::parse(&arguments.mail).map_err(|error| Failure::usage(format!("the id {error}")))?;
    let connected = context.connect().await?;
    let kept = Mailbox::new(connected.db.clone()).query_by_id(mail_id).await.map_err(|error| match error {
        sqldb::Error::NotFound => Failure::not_found(format!("there is no mail {mail_id}")).mend("admin mail list"),
        error => error.into(),
    })?;
    if arguments.html {
        return Ok(Reply::document(json(&kept), kept.html));
    }
    let (to, when) = (address(&kept), super::moment(&kept.created_at));
    let text = format!("To: {to}\nDate: {when}\nSubject: {}\n\n{}", kept.subject, kept.text);
    Ok(Reply::lines(json(&kept), text))
}

fn address(kept: &Kept) -> String {
    match &kept.name {
        Some(name) => format!("{} <{}>", name.as_str(), kept.to.as_str()),
        None => kept.to.as_str().to_owned(),
    }
}

fn json(kept: &Kept) -> Value {
    json!({
        "id": kept.id.to_string(),
        "to": kept.to.as_str(),
        "name": kept.name.as_ref().map(Name::as_str),
        "subject": kept.subject,
        "text": kept.text,
        "html": kept.html,
        "created_at": super::moment(&kept.created_at),
    })
}
