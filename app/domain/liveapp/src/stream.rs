//! An event stream, as HTML defines it (section 9.2, server-sent events).

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use actix_web::web::Bytes;
use apierror::ApiError;
use feed::{End, Item};
use futures_util::Stream;
use futures_util::stream::unfold;
use metrics::counter;
use mux::Connection;
use tokio::time::{Instant, sleep_until};

use crate::error;
use crate::model::Message;
use crate::session::{Lost, Session, Step};

/// A comment, so that those between do not take the connection for dead.
const ALIVE: &str = ": alive\n\n";

/// How long reading what was missed may take for one part of it.
const DEADLINE: Duration = Duration::from_secs(10);

struct State {
    session: Session,
    connection: Option<Connection>,
    ready: VecDeque<Bytes>,
    ping_at: Instant,
    until: Option<Instant>,
    /// Nothing is waited for: what was missed is all that is wanted.
    is_past_only: bool,
    drain: Option<(Instant, Duration)>,
    is_done: bool,
}

/// What is sent to somebody who subscribed, for so long, and not after they have closed their side of the connection.
pub(crate) fn events(
    session: Session,
    connection: Option<Connection>,
    limit: Option<Duration>,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let ping_at = Instant::now() + session.seat.feed().live().ping;
    let state = State {
        session,
        connection,
        ready: VecDeque::new(),
        ping_at,
        until: limit.map(|limit| Instant::now() + limit),
        is_past_only: limit == Some(Duration::ZERO),
        drain: None,
        is_done: false,
    };
    unfold(state, |mut state| async move {
        let chunk = state.next().await?;
        Some((Ok(chunk), state))
    })
}

impl State {
    /// The next chunk; none at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if !self.is_done
                && self.session.check_at().is_some_and(|at| at <= Instant::now())
                && let Err(lost) = self.session.check().await
            {
                self.ready.clear();
                counter!("live_dropped_total", "reason" => "unauthorized").increment(1);
                self.end(match lost {
                    Lost::Unauthorized => "unauthorized",
                    Lost::Forbidden => "forbidden",
                    Lost::Unconfirmed => "unavailable",
                });
            }
            if let Some(chunk) = self.ready.pop_front() {
                return Some(chunk);
            }
            if self.is_done {
                return None;
            }
            if self.session.is_resuming() {
                self.catch_up().await;
                continue;
            }
            match self.session.seat.ended() {
                Some(End::Slow) => {
                    self.end("slow");
                    continue;
                }
                Some(End::Void) => {
                    self.end("reset");
                    continue;
                }
                Some(End::Draining { after, retry }) if self.drain.is_none() => {
                    self.drain = Some((Instant::now() + after, retry));
                }
                Some(End::Draining { .. }) | None => {}
            }
            if let Some(item) = self.session.seat.take() {
                counter!("live_events_sent_total", "kind" => "sse").increment(1);
                return Some(item.event().clone());
            }
            if self.is_past_only {
                self.is_done = true;
                continue;
            }
            self.wait().await;
        }
    }

    async fn wait(&mut self) {
        let wakes = [Some(self.ping_at), self.session.check_at(), self.until, self.drain.map(|(at, _)| at)];
        let wake = wakes.into_iter().flatten().min().unwrap_or(self.ping_at);
        tokio::select! {
            () = self.session.seat.news() => return,
            () = gone(self.connection.as_ref()) => {
                self.is_done = true;
                return;
            }
            () = sleep_until(wake) => {}
        }
        let now = Instant::now();
        if let Some((at, retry)) = self.drain
            && at <= now
        {
            self.ready.push_back(Bytes::from(format!("retry: {}\n\n", retry.as_millis())));
            self.end("draining");
        } else if self.until.is_some_and(|until| until <= now) {
            self.is_done = true;
        } else if self.ping_at <= now {
            self.ping_at = now + self.session.seat.feed().live().ping;
            self.ready.push_back(Bytes::from_static(ALIVE.as_bytes()));
        }
    }

    /// Takes the next part of what was missed.
    async fn catch_up(&mut self) {
        let deadline = Instant::now() + DEADLINE;
        match sqldb::within(deadline, self.session.step()).await {
            Ok(Step::Read(items)) => self.queue(&items),
            Ok(Step::Live(missed, messages)) => {
                self.queue(&missed.items);
                // Whoever comes back with this id has had all that was missed.
                self.ready.extend(messages.iter().map(|message| Bytes::from(message.to_event(missed.last_id))));
            }
            Err(error) => self.fail(&error),
        }
    }

    fn queue<I: Borrow<Item>>(&mut self, items: &[I]) {
        self.ready.extend(items.iter().map(|item| item.borrow().event().clone()));
        counter!("live_events_sent_total", "kind" => "sse").increment(items.len() as u64);
    }

    /// The answer has begun: what goes wrong now is told in it.
    fn fail(&mut self, error: &ApiError) {
        error::log(error);
        self.ready.push_back(Bytes::from(Message::error(error).to_event(None)));
        self.end("unavailable");
    }

    fn end(&mut self, reason: &'static str) {
        self.ready.push_back(Bytes::from(Message::End { reason }.to_event(None)));
        self.is_done = true;
    }
}

/// Waits until the client has closed its side.
async fn gone(connection: Option<&Connection>) {
    match connection {
        Some(connection) => connection.ended().await,
        None => std::future::pending().await,
    }
}
