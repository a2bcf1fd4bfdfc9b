//! A WebSocket, from its first message to its close.

use std::time::Duration;

use apierror::ApiError;
use feed::{End, Item};
use metrics::counter;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use crate::error;
use crate::model::{Message, Request};
use crate::session::{Lost, Session, Step};
use crate::wire::{Close, Incoming, Unsent, Wire};

/// How long what a message asks of the database may take, for each part of it.
const DEADLINE: Duration = Duration::from_secs(10);

/// How many messages a subscription counts for that asks for what was missed, beside one for each topic.
const REPLAY: usize = 10;

/// A client on a WebSocket.
struct Socket {
    wire: Wire,
    session: Session,
    /// Messages that may come before more time has passed.
    credit: u32,
    refilled: Instant,
    ping_at: Instant,
    drain: Option<(Instant, Duration)>,
    /// A message that has to wait until a subscription is through.
    held: Option<Box<Request>>,
    /// When the next message is read: looking up topics costs more than its message does.
    hear_at: Instant,
}

/// How a connection ends.
enum Stop {
    /// The client has gone.
    Gone,
    /// It is told why, behind what is left of a frame.
    Told(Close, Vec<u8>),
}

/// Serves a connection to its end.
pub(crate) async fn serve(stream: TcpStream, session: Session) {
    let live = session.seat.feed().live();
    let longest = live.max_message.bytes();
    let wire = Wire::new(stream, longest, longest.saturating_mul(live.messages_per_second), live.idle);
    let now = Instant::now();
    let (credit, ping_at) = (burst(&session), now + live.ping);
    let mut socket = Socket { wire, session, credit, refilled: now, ping_at, drain: None, held: None, hear_at: now };
    let stop = loop {
        if let Err(stop) = socket.turn().await {
            break stop;
        }
    };
    let Socket { wire, session, .. } = socket;
    // The place is free, whatever the client does with its end.
    drop(session);
    if let Stop::Told(close, left) = stop {
        Box::pin(async move { wire.close(&left, &close).await }).await;
    }
}

impl Socket {
    /// Sends what waits, then waits for whatever happens next.
    async fn turn(&mut self) -> Result<(), Stop> {
        self.heed_end()?;
        if self.session.is_resuming() || self.held.is_some() {
            return Box::pin(self.go_on()).await;
        }
        while let Some(item) = self.session.seat.take() {
            self.send(&item).await?;
        }
        // What ended it meanwhile may have woken a write, and wakes nothing again.
        self.heed_end()?;
        let now = Instant::now();
        let hears = self.hear_at <= now;
        let wake = [
            Some(self.ping_at),
            self.session.check_at(),
            self.drain.map(|(at, _)| at),
            Some(self.hear_at).filter(|_| !hears),
        ];
        let wake = wake.into_iter().flatten().min().unwrap_or(self.ping_at);
        tokio::select! {
            readable = self.wire.readable(), if hears => {
                readable.map_err(|_| Stop::Gone)?;
                self.hear().await
            }
            () = self.session.seat.news() => Ok(()),
            () = sleep_until(wake) => Box::pin(self.tick()).await,
        }
    }

    /// One part of a subscription that is under way, or a message that waited for it. Between two parts the clock goes on, and
    /// the client is heard.
    async fn go_on(&mut self) -> Result<(), Stop> {
        self.tick().await?;
        self.hear().await?;
        if self.session.is_resuming() {
            return self.catch_up().await;
        }
        match self.held.take() {
            Some(request) => self.answer(*request).await,
            None => Ok(()),
        }
    }

    /// Sends the next part of what was missed.
    async fn catch_up(&mut self) -> Result<(), Stop> {
        match sqldb::within(Instant::now() + DEADLINE, self.session.step()).await {
            Ok(Step::Read(items)) => {
                for item in &items {
                    self.send(item).await?;
                }
            }
            Ok(Step::Live(missed, messages)) => {
                for item in &missed.items {
                    self.send(item).await?;
                }
                for message in &messages {
                    self.tell(message).await?;
                }
            }
            Err(error) => self.refuse(&error).await?,
        }
        Ok(())
    }

    fn heed_end(&mut self) -> Result<(), Stop> {
        match self.session.seat.ended() {
            Some(End::Slow) => Err(slow(Vec::new())),
            Some(End::Void) => Err(Stop::Told(Close::new(1012, "the events begin anew: read again"), Vec::new())),
            Some(End::Draining { after, retry }) if self.drain.is_none() => {
                self.drain = Some((Instant::now() + after, retry));
                Ok(())
            }
            Some(End::Draining { .. }) | None => Ok(()),
        }
    }

    /// What is due by the clock.
    async fn tick(&mut self) -> Result<(), Stop> {
        let now = Instant::now();
        if let Some((at, retry)) = self.drain
            && at <= now
        {
            let words = format!("going away: come back in {} ms", retry.as_millis());
            return Err(Stop::Told(Close::new(1001, words), Vec::new()));
        }
        if self.session.check_at().is_some_and(|at| at <= now) {
            self.check().await?;
        }
        if self.ping_at <= now {
            // While something was sent, nobody listened.
            self.hear().await?;
            let live = self.session.seat.feed().live();
            if self.hears() && now.duration_since(self.wire.heard()) > live.idle {
                counter!("live_dropped_total", "reason" => "idle").increment(1);
                return Err(Stop::Told(Close::new(1008, "nothing was heard for too long"), Vec::new()));
            }
            self.ping_at = now + live.ping;
            self.wire.ping(&self.session.seat).await.map_err(|unsent| unsent_of(unsent, &[]))?;
        }
        Ok(())
    }

    /// Whether what comes is read.
    fn hears(&self) -> bool {
        self.held.is_none() && self.hear_at <= Instant::now()
    }

    /// Reads and answers what has come.
    async fn hear(&mut self) -> Result<(), Stop> {
        while self.hears() {
            let text = match self.wire.read() {
                Incoming::Nothing => break,
                Incoming::Closed => return Err(Stop::Gone),
                Incoming::Wrong(close) => return Err(Stop::Told(close, Vec::new())),
                Incoming::Sign => None,
                Incoming::Text(text) => Some(text),
            };
            if !self.may_send() {
                let close = Close::new(1008, "more messages were sent than a client may send");
                return Err(Stop::Told(close, Vec::new()));
            }
            if let Some(text) = text {
                match request::decode::<Request>(text.as_bytes()) {
                    // A new token is good at once; all else is done in its order.
                    Ok(request) if self.session.is_resuming() && !matches!(request, Request::Authenticate(_)) => {
                        self.held = Some(Box::new(request));
                    }
                    // Rare, and large: not a part of what every connection keeps.
                    Ok(request) => Box::pin(self.answer(request)).await?,
                    Err(error) => Box::pin(self.refuse(&error)).await?,
                }
            }
        }
        self.wire.answer().map_err(|_| Stop::Gone)
    }

    async fn answer(&mut self, request: Request) -> Result<(), Stop> {
        let outcome = match request {
            Request::Authenticate(token) => self.session.authenticate(token).await.map(Some),
            Request::Unsubscribe(topics) => Ok(Some(self.session.unsubscribe(&topics))),
            Request::Subscribe(topics, after) => {
                let rate = self.session.seat.feed().live().messages_per_second.max(1) as f64;
                let cost = topics.len().saturating_sub(1) + after.map_or(0, |_| REPLAY);
                self.hear_at = Instant::now() + Duration::from_secs_f64(cost as f64 / rate);
                let subscribed = self.session.subscribe(topics, after);
                sqldb::within(Instant::now() + DEADLINE, subscribed).await.map(|()| None)
            }
        };
        match outcome {
            Ok(Some(message)) => self.tell(&message).await,
            Ok(None) => Ok(()),
            Err(error) => self.refuse(&error).await,
        }
    }

    async fn refuse(&mut self, error: &ApiError) -> Result<(), Stop> {
        error::log(error);
        self.tell(&Message::error(error)).await
    }

    async fn send(&mut self, item: &Item) -> Result<(), Stop> {
        if self.session.check_at().is_some_and(|at| at <= Instant::now()) {
            Box::pin(self.check()).await?;
        }
        let frame = item.frame();
        self.wire.send(frame, &self.session.seat).await.map_err(|unsent| unsent_of(unsent, frame))?;
        counter!("live_events_sent_total", "kind" => "websocket").increment(1);
        Ok(())
    }

    async fn tell(&mut self, message: &Message) -> Result<(), Stop> {
        let text = message.to_json();
        let frame = feed::text_frame(text.as_bytes());
        self.wire.send(&frame, &self.session.seat).await.map_err(|unsent| unsent_of(unsent, &frame))
    }

    async fn check(&mut self) -> Result<(), Stop> {
        self.session.check().await.map_err(|lost| {
            counter!("live_dropped_total", "reason" => "unauthorized").increment(1);
            let close = match lost {
                Lost::Unauthorized => Close::new(3000, "the token is not good any more"),
                Lost::Forbidden => Close::new(3003, "what was subscribed to may not be heard of any more"),
                Lost::Unconfirmed => Close::new(1013, "it cannot be told whether the token is good: come back"),
            };
            Stop::Told(close, Vec::new())
        })
    }

    /// Counts a message of the client.
    fn may_send(&mut self) -> bool {
        let (now, rate) = (Instant::now(), self.session.seat.feed().live().messages_per_second);
        let gained = now.duration_since(self.refilled).as_secs_f64() * rate as f64;
        if gained >= 1.0 {
            self.credit = self.credit.saturating_add(gained as u32).min(burst(&self.session));
            self.refilled = now;
        }
        let may = self.credit > 0;
        self.credit = self.credit.saturating_sub(1);
        may
    }
}

/// How many messages may come at once.
fn burst(session: &Session) -> u32 {
    u32::try_from(session.seat.feed().live().messages_per_second.saturating_mul(3)).unwrap_or(u32::MAX)
}

fn slow(left: Vec<u8>) -> Stop {
    Stop::Told(Close::new(1013, "too slow: events were waiting, come back with the last id"), left)
}

fn unsent_of(unsent: Unsent, frame: &[u8]) -> Stop {
    match unsent {
        Unsent::Gone => Stop::Gone,
        Unsent::Slow(left) => slow(frame.get(frame.len().saturating_sub(left)..).unwrap_or_default().to_vec()),
    }
}
