//! `admin events`.

use events::{Letter, LetterFilter, Standing};
use serde_json::{Value, json};

use crate::cli::{self, Events, ListLetters};
use crate::context::Context;
use crate::exit::Failure;
use crate::output::Reply;
use crate::table::{REASON, Table, shortened};

pub(super) async fn run(context: &Context, command: Events) -> Result<Reply, Failure> {
    match command {
        Events::Status => status(context).await,
        Events::List(arguments) => list(context, arguments).await,
        Events::Retry(letters) => {
            let filter = chosen(letters, false);
            let connected = context.connect().await?;
            let count = events::retry(&connected.db, &filter).await?;
            done(count, &filter, "put back")
        }
        Events::Drop(cli::DropLetters { letters, waiting }) => {
            let filter = chosen(letters, waiting);
            let connected = context.connect().await?;
            let count = events::drop_letters(&connected.db, &filter).await?;
            done(count, &filter, "dropped")
        }
        Events::Forget { consumer } => {
            let connected = context.connect().await?;
            if !events::forget(&connected.db, &consumer).await? {
                return Err(Failure::not_found(format!("there is no consumer {consumer}")).mend("admin events status"));
            }
            Ok(Reply::lines(json!({ "consumer": consumer }), format!("{consumer} is forgotten")))
        }
    }
}

async fn status(context: &Context) -> Result<Reply, Failure> {
    let connected = context.connect().await?;
    let standings = events::standings(&connected.db).await?;
    let holders = events::holders(&connected.db).await?;
    let (position, orphans) = (
        events::last_position(&connected.db).await?,
        holders.iter().filter(|holder| holder.relay_id.is_none()).count(),
    );
    if orphans > 0 {
        context
            .output
            .note(&format!("{orphans} of {} parts are handed on by nobody: does a service run?", holders.len()));
    }
    let mut table = Table::new(&["consumer", "behind", "oldest", "waiting", "dead"], "no consumers");
    for standing in &standings {
        let oldest = standing.oldest.as_ref().map(super::moment).unwrap_or_default();
        let [behind, waiting, dead] = [standing.behind, standing.waiting, standing.dead].map(|count| count.to_string());
        table.row([&standing.consumer, &behind, &oldest, &waiting, &dead]);
    }
    let data = json!({
        "position": position,
        "consumers": standings.iter().map(standing).collect::<Vec<_>>(),
        "partitions": holders
            .iter()
            .map(|holder| json!({ "partition": holder.partition, "relay": holder.relay_id }))
            .collect::<Vec<_>>(),
    });
    Ok(Reply::table(data, table))
}

async fn list(context: &Context, arguments: ListLetters) -> Result<Reply, Failure> {
    let filter = LetterFilter { consumer: arguments.consumer, event_id: None, waiting: arguments.waiting };
    let connected = context.connect().await?;
    let letters = events::letters(&connected.db, &filter, arguments.limit).await?;
    if u32::try_from(letters.len()) == Ok(arguments.limit) {
        context.output.note(&format!("there may be more than {}; --limit N shows more", arguments.limit));
    }
    let header = ["event", "consumer", "entity", "id", "action", "attempts", "state", "reason"];
    let mut table = Table::new(&header, "no dead letters");
    for letter in &letters {
        let (event, id, attempts) =
            (letter.event_id.to_string(), letter.entity_id.to_string(), letter.attempts.to_string());
        table.row([
            &event,
            &letter.consumer,
            &letter.entity,
            &id,
            &letter.action,
            &attempts,
            &state(letter),
            &shortened(&letter.reason, REASON),
        ]);
    }
    Ok(Reply::table(letters.iter().map(json).collect(), table))
}

fn chosen(letters: cli::Letters, waiting: bool) -> LetterFilter {
    LetterFilter { consumer: letters.consumer, event_id: letters.event, waiting }
}

/// The answer of a command on letters. One that was named has to be there.
fn done(count: u64, filter: &LetterFilter, what: &str) -> Result<Reply, Failure> {
    match (count, filter.event_id) {
        (0, Some(event_id)) => {
            Err(Failure::not_found(format!("there is no dead letter {event_id}")).mend("admin events list"))
        }
        _ => Ok(Reply::lines(json!({ "count": count }), format!("{count} {what}"))),
    }
}

fn state(letter: &Letter) -> String {
    match &letter.dead_at {
        Some(at) => format!("dead since {}", super::moment(at)),
        None if letter.attempts == 0 => "waits".to_owned(),
        None => format!("next {}", super::moment(&letter.next_at)),
    }
}

fn json(letter: &Letter) -> Value {
    json!({
        "event_id": letter.event_id,
        "consumer": letter.consumer,
        "position": letter.position,
        "entity": letter.entity,
        "entity_id": letter.entity_id,
        "action": letter.action,
        "occurred_at": super::moment(&letter.occurred_at),
        "attempts": letter.attempts,
        "next_at": super::moment(&letter.next_at),
        "dead_at": letter.dead_at.as_ref().map(super::moment),
        "reason": letter.reason,
    })
}

fn standing(standing: &Standing) -> Value {
    json!({
        "consumer": standing.consumer,
        "behind": standing.behind,
        "oldest": standing.oldest.as_ref().map(super::moment),
        "waiting": standing.waiting,
        "dead": standing.dead,
    })
}
