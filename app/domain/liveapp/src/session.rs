//! One client's conversation with the feed, whatever it is sent by.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use apierror::{ApiError, Code};
use auth::Caller;
use feed::{Attached, Item, Key, Missed, Of, Seat};
use tokio::time::{Instant, sleep, timeout};
use types::Roles;
use uuid::Uuid;

use crate::access::Access;
use crate::error;
use crate::model::{Message, names};
use crate::topic::Topic;

/// How often it is asked whether a token is still good. The answer may be 5 s old (`auth::STATE_LIFETIME`): what is taken from
/// somebody is gone within 10 s.
const CHECK: Duration = Duration::from_secs(2);

/// All who are due within this time ask together: `auth` asks the database with one statement for many.
const TICK: Duration = Duration::from_millis(250);

/// How long the answer may take: whoever cannot be confirmed is not sent to.
const CONFIRMATION: Duration = Duration::from_secs(1);

/// How long somebody may stay who cannot be confirmed, for a database that is away for a moment: all would come back at once.
const UNCONFIRMED: Duration = Duration::from_secs(10);

/// The pause after which it is asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// A client.
pub(crate) struct Session {
    access: Arc<Access>,
    pub(crate) seat: Seat,
    caller: Caller,
    token: Option<Box<str>>,
    topics: Vec<Topic>,
    /// The subscription that is under way.
    resume: Option<Box<Resume>>,
    checked: Instant,
}

/// A subscription on its way from what was missed to what happens.
struct Resume {
    topics: Vec<Topic>,
    keys: Vec<Key>,
    /// The roles that allowed them.
    roles: Option<Roles>,
    after: Option<i64>,
    /// The id that the client came back with.
    after_id: Option<Uuid>,
    is_reset: bool,
    left: usize,
}

/// What comes next of a subscription.
pub(crate) enum Step {
    /// These, and there is more.
    Read(Vec<Item>),
    /// The last of what was missed; after these messages, the rest comes as it happens.
    Live(Missed, Vec<Message>),
}

/// Why nothing more is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The token has ended, or the session, or the account.
    Unauthorized,
    /// A role is gone that something needed.
    Forbidden,
    /// It cannot be told whether the token is still good.
    Unconfirmed,
}

impl Session {
    pub(crate) fn new(access: Arc<Access>, seat: Seat, caller: Caller, token: Option<Box<str>>) -> Self {
        Self { access, seat, caller, token, topics: Vec::new(), resume: None, checked: Instant::now() }
    }

    /// Says who the client is.
    pub(crate) async fn authenticate(&mut self, token: Box<str>) -> Result<Message, ApiError> {
        let principal = self.access.authenticator.recognise(&token).await?;
        if self.caller.user_id().is_some_and(|user_id| user_id != principal.user_id) {
            return Err(ApiError::new(Code::Conflict).with_detail("the connection is another user's"));
        }
        self.seat.identify(principal.user_id.uuid()).map_err(error::refused)?;
        let user_id = principal.user_id.uuid();
        let before = std::mem::replace(&mut self.caller, Caller::User(principal));
        if before.user_id().is_some() && self.reconsider().await.is_err() {
            // The next check sees the change, and what it takes away.
            self.caller = before;
            return Err(ApiError::new(Code::Forbidden));
        }
        self.checked = Instant::now();
        self.token = Some(token);
        Ok(Message::Authenticated { user_id })
    }

    /// Begins to subscribe; [`Session::step`] does the rest, as long as it [is resuming](Session::is_resuming).
    pub(crate) async fn subscribe(&mut self, topics: Vec<Topic>, after: Option<Uuid>) -> Result<(), ApiError> {
        let live = self.seat.feed().live();
        let new = topics.iter().filter(|topic| !self.topics.contains(topic)).count();
        if self.topics.len() + new > live.topics {
            let words = format!("a connection has at most {} topics", live.topics);
            return Err(ApiError::new(Code::Conflict).with_detail(words));
        }
        let mut keys = Vec::new();
        for topic in &topics {
            // What is had already was looked up then.
            match self.topics.contains(topic) {
                true => keys.extend(self.key_of(*topic)),
                false => keys.extend(self.access.keys(&self.caller, *topic).await?),
            }
        }
        let position = match after {
            Some(event_id) => self.seat.feed().locate(event_id).await?,
            None => None,
        };
        let is_reset = after.is_some() && position.is_none();
        let (roles, left) = (self.roles(), live.replay);
        self.resume = Some(Box::new(Resume { topics, keys, roles, after: position, after_id: after, is_reset, left }));
        Ok(())
    }

    /// Whether a subscription is under way.
    pub(crate) fn is_resuming(&self) -> bool {
        self.resume.is_some()
    }

    /// The next part of what was missed. An error ends the subscription that is under way.
    pub(crate) async fn step(&mut self) -> Result<Step, ApiError> {
        let Some(mut resume) = self.resume.take() else { return Err(ApiError::new(Code::Internal)) };
        // Catching up takes as long as the client reads: what was allowed then need not be now.
        if resume.roles != self.roles() {
            (resume.keys, resume.roles) = (self.keys(&resume.topics).await?, self.roles());
        }
        loop {
            match self.seat.attach(&resume.keys, resume.after).map_err(error::refused)? {
                Attached::Live(missed) => {
                    for topic in &resume.topics {
                        if !self.topics.contains(topic) {
                            self.topics.reserve_exact(1);
                            self.topics.push(*topic);
                        }
                    }
                    let mut messages = Vec::new();
                    if resume.is_reset {
                        messages.push(Message::Reset { topics: names(&resume.topics) });
                    }
                    let last_event_id = missed.last_id.or(resume.after_id.filter(|_| !resume.is_reset));
                    messages.push(Message::Subscribed { topics: names(&resume.topics), last_event_id });
                    return Ok(Step::Live(missed, messages));
                }
                Attached::Behind { after, reach } => {
                    if usize::try_from(reach - after).unwrap_or(usize::MAX) > resume.left {
                        // Nobody is sent a part of what they missed for the whole.
                        (resume.after, resume.is_reset) = (None, true);
                        continue;
                    }
                    let read = self.seat.feed().read(&resume.keys, after, reach).await?;
                    let far = usize::try_from(read.position - after).unwrap_or(usize::MAX);
                    resume.left = resume.left.saturating_sub(far);
                    resume.after = Some(read.position);
                    if !read.items.is_empty() {
                        self.resume = Some(resume);
                        return Ok(Step::Read(read.items));
                    }
                }
            }
        }
    }

    /// Takes subscriptions back.
    pub(crate) fn unsubscribe(&mut self, topics: &[Topic]) -> Message {
        let mut kept = Vec::new();
        let rest: Vec<Topic> = self.topics.iter().copied().filter(|topic| !topics.contains(topic)).collect();
        for topic in &rest {
            kept.extend(self.key_of(*topic));
        }
        let gone: Vec<Key> = self.seat.keys().iter().copied().filter(|key| !kept.contains(key)).collect();
        self.seat.detach(&gone);
        self.topics = rest;
        Message::Unsubscribed { topics: names(topics) }
    }

    /// When it has to be asked again whether the token is good; `None` for those who have none.
    pub(crate) fn check_at(&self) -> Option<Instant> {
        self.token.as_ref().map(|_| next_tick(self.checked + CHECK))
    }

    /// Asks whether the token is still good, and good for what is subscribed to.
    pub(crate) async fn check(&mut self) -> Result<(), Lost> {
        let Some(token) = &self.token else { return Ok(()) };
        let principal = loop {
            match timeout(CONFIRMATION, self.access.authenticator.recognise(token)).await {
                Ok(Ok(principal)) => break principal,
                Ok(Err(error)) if error.code() == Code::Unauthorized => return Err(Lost::Unauthorized),
                Ok(Err(_)) | Err(_) if self.checked.elapsed() > UNCONFIRMED => return Err(Lost::Unconfirmed),
                Ok(Err(_)) | Err(_) => sleep(PAUSE).await,
            }
        };
        self.checked = Instant::now();
        let has_changed = self.caller.principal().is_ok_and(|known| known.roles != principal.roles);
        self.caller = Caller::User(principal);
        if has_changed { self.reconsider().await } else { Ok(()) }
    }

    /// Whether the caller may still hear of all that is subscribed to, or about to be.
    async fn reconsider(&self) -> Result<(), Lost> {
        let mut allowed = Vec::new();
        let (topics, keys) = self.resume.as_ref().map(|resume| (&*resume.topics, &*resume.keys)).unwrap_or_default();
        for topic in self.topics.iter().chain(topics).filter(|topic| !topic.is_public()) {
            match timeout(CONFIRMATION, self.access.keys(&self.caller, *topic)).await {
                Ok(Ok(keys)) => allowed.extend(keys),
                Ok(Err(error)) if error.code() == Code::Unavailable => return Err(Lost::Unconfirmed),
                Ok(Err(_)) => return Err(Lost::Forbidden),
                Err(_) => return Err(Lost::Unconfirmed),
            }
        }
        let had = self.seat.keys().iter().chain(keys).filter(|key| key.entity != "movie");
        if had.copied().all(|key| allowed.contains(&key)) { Ok(()) } else { Err(Lost::Forbidden) }
    }

    /// What topics come to for the caller of now.
    async fn keys(&self, topics: &[Topic]) -> Result<Vec<Key>, ApiError> {
        let mut keys = Vec::new();
        for topic in topics {
            keys.extend(self.access.keys(&self.caller, *topic).await?);
        }
        Ok(keys)
    }

    fn roles(&self) -> Option<Roles> {
        self.caller.principal().ok().map(|principal| principal.roles)
    }

    /// What a topic is subscribed to by, of what the seat has.
    fn key_of(&self, topic: Topic) -> Vec<Key> {
        let of = match topic {
            Topic::Movies => Of::All,
            Topic::Movie(movie_id) => Of::Row(movie_id.uuid()),
            Topic::Order(order_id) => Of::Row(order_id.uuid()),
            Topic::Me => match self.caller.user_id() {
                Some(user_id) => Of::Owner(user_id.uuid()),
                None => return Vec::new(),
            },
        };
        self.seat.keys().iter().copied().filter(|key| key.of == of).collect()
    }
}

/// The first moment from `at` on at which whoever listens to this process asks.
fn next_tick(at: Instant) -> Instant {
    static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
    let since = at.saturating_duration_since(*FIRST).as_nanos();
    let ticks = since.div_ceil(TICK.as_nanos());
    *FIRST + TICK * u32::try_from(ticks).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_are_due_at_nearly_the_same_time_ask_together() {
        let first = next_tick(Instant::now());
        let mut moments = std::collections::HashSet::new();
        for micros in (0..2_000_000).step_by(1_037) {
            let due = first + Duration::from_micros(micros);
            let asked = next_tick(due);
            assert!(asked >= due && asked < due + TICK, "{:?}", asked - due);
            moments.insert(asked);
        }
        assert!(moments.len() <= 10, "{} moments in 2 s", moments.len());
    }
}
