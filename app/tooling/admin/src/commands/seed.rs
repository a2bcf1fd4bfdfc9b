//! `admin seed`.

use seeding::{PASSWORD, Permit, SeedError, Tally};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::cli::Seed;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Reply;

pub(super) async fn run(context: &Context, arguments: Seed) -> Result<Reply, Failure> {
    let settings = context.settings()?.settings;
    let permit = Permit::of(settings.env).map_err(|error| {
        Failure::refused(error.to_string()).mend("`admin users create` for a user, `admin import movies` for films")
    })?;
    let connected = context.connect_to(&settings).await?;
    connected.check_schema().await?;

    let users = userbus::Business::new(connected.db.clone());
    let movies = moviebus::Business::new(connected.db.clone());
    let places = cinemabus::places::Business::new(connected.db.clone());
    let stop = CancellationToken::new();
    let seed = async {
        let created = seeding::users(permit, &users).await?;
        if arguments.users_only {
            return Ok::<_, SeedError>((created, None, None));
        }
        let films = seeding::films(permit, &movies, &stop).await?;
        let places = seeding::places(&places, &stop).await?.created;
        Ok((created, Some(films), Some(places)))
    };
    let (created, films, places) = super::interruptible(seed, &stop).await??;

    let mut text = match created.as_slice() {
        [] => "the users are there already".to_owned(),
        created => format!("created {} (password {PASSWORD})", created.join(", ")),
    };
    if let Some(Tally { created, known, rejected, .. }) = films {
        text.push_str(&format!(
            "\n{created} films created, {known} there already, {rejected} rows of the collection refused"
        ));
    }
    if let Some(created) = places {
        text.push_str(&format!("\n{created} places created"));
    }
    let exit = if stop.is_cancelled() { Exit::Interrupted } else { Exit::Done };
    Ok(Reply::lines(json!({ "users_created": created, "films": films, "places_created": places }), text)
        .with_exit(exit))
}

impl From<SeedError> for Failure {
    fn from(error: SeedError) -> Self {
        match error {
            SeedError::Users(error) => Self::from(error),
            SeedError::Films(error) => Self::of(super::import::exit_of(&error), &error),
            SeedError::Places(error) => Self::of(super::import::places::exit_of(&error), &error),
            SeedError::Store(error) => Self::from(error),
        }
        .mend("run it again: it adds what is missing")
    }
}
