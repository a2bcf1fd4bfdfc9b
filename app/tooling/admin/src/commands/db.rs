//! `admin db`.

use std::process::Command;

use serde_json::json;
use settings::{ExposeSecret, SecretString};

use crate::cli::Db;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Reply;

pub(super) async fn run(context: &Context, command: Db) -> Result<Reply, Failure> {
    match command {
        Db::Url => url(context).await,
        Db::Psql { arguments } => psql(context, arguments).await,
    }
}

async fn url(context: &Context) -> Result<Reply, Failure> {
    let loaded = context.settings()?;
    if loaded.settings.db.url.is_some() {
        let masked = loaded.json();
        let shown = masked.as_array().into_iter().flatten().find(|shown| shown["key"] == "db.url");
        let url = shown.and_then(|shown| shown["value"].as_str()).unwrap_or_default().trim_matches('"').to_owned();
        return Ok(Reply::document(json!({ "url": url, "private": false }), format!("{url}\n")));
    }
    let connected = context.connect_to(&loaded.settings).await?;
    let data_dir = connected.database.cluster().map(|cluster| cluster.data_dir().to_owned());
    // A private cluster has no password: its folder is closed to others.
    let url = connected.database.url();
    Ok(Reply::document(json!({ "url": url, "private": true, "data_dir": data_dir }), format!("{url}\n")))
}

async fn psql(context: &Context, arguments: Vec<String>) -> Result<Reply, Failure> {
    let settings = context.settings()?.settings;
    let connected = context.connect_to(&settings).await?;
    let mut command = match connected.database.cluster() {
        Some(cluster) => cluster.psql_command(database::NAME),
        None => psql_command(&SecretString::from(connected.database.url()))?,
    };
    command.args(arguments);
    // Ctrl-C is psql's, which cancels its query: received here, so that it does not end this process.
    let _ours = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
    let ran = tokio::task::spawn_blocking(move || command.status())
        .await
        .map_err(|error| Failure::of(Exit::Failed, &error))?;
    match ran {
        Ok(status) => {
            let exit = if status.success() { Exit::Done } else { Exit::Failed };
            Ok(Reply::silent(exit))
        }
        Err(error) => {
            let mend =
                "psql comes with PostgreSQL's client programs; `admin db url` prints the address for another client";
            Err(Failure::of(Exit::Failed, &error).context("psql could not be started").mend(mend))
        }
    }
}

/// psql on `url`, whose password goes through the environment: arguments can be read by every user of the machine.
fn psql_command(url: &SecretString) -> Result<Command, Failure> {
    let url = url.expose_secret();
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    if query.split('&').any(|pair| pair.starts_with("password=")) {
        return Err(Failure::refused("db.url holds its password in the query")
            .mend("write it as postgres://user:password@host:port/database"));
    }
    let mut command = Command::new("psql");
    let (scheme, rest) = base.split_once("://").unwrap_or(("postgres", base));
    let open = match rest.rsplit_once('@') {
        Some((credentials, place)) => {
            let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
            if !password.is_empty() {
                command.env("PGPASSWORD", percent_decoded(password));
            }
            format!("{scheme}://{user}@{place}")
        }
        None => base.to_owned(),
    };
    command.arg(if query.is_empty() { open } else { format!("{open}?{query}") });
    Ok(command)
}

/// RFC 3986, 2.1.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'%');
        let code = code.and_then(|hex| u8::from_str_radix(str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_the_url_is_no_argument() {
        let url = SecretString::from("postgres://app:can%40ry%2F1@db:5432/films?sslmode=require");
        let command = psql_command(&url).unwrap();
        let arguments: Vec<_> = command.get_args().collect();
        assert_eq!(arguments, ["postgres://app@db:5432/films?sslmode=require"]);
        let password = command.get_envs().find(|(name, _)| *name == "PGPASSWORD");
        assert_eq!(password.unwrap().1.unwrap(), "can@ry/1");
        assert!(psql_command(&SecretString::from("postgres://db/films?password=canary")).is_err());
    }
}
