//! On whose behalf work is done, from where, and under which trace.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use types::UserId;

tokio::task_local! {
    /// A task-local, and not an argument of every method of every domain: it belongs to the request, the command or the
    /// job, and no change must be able to forget it.
    static ORIGIN: Arc<Origin>;
}

/// Where a change comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Who wants it.
    pub actor: Actor,
    /// The address of the client, where there is one.
    pub address: Option<IpAddr>,
    /// The place in a trace at which it happens.
    pub traceparent: Option<Traceparent>,
}

/// Who makes a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Someone who did not say who they are.
    Anonymous,
    /// A user of the product.
    User(UserId),
    /// The person at the command line, by the name that the operating system has for them.
    Operator(String),
    /// A part of the product that nobody asked, such as `jobs` or `seed`.
    System(&'static str),
}

/// A place in a trace: the field `traceparent` of W3C Trace Context, version 00.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Traceparent([u8; Self::LENGTH]);

/// Runs `work`; every change in it comes from `origin`.
///
/// It belongs to the task: in work that is spawned, changes come from [`Origin::UNKNOWN`] unless it is given one again.
pub async fn within<F: Future>(origin: Origin, work: F) -> F::Output {
    ORIGIN.scope(Arc::new(origin), work).await
}

/// Where a change would come from that is made now; [`Origin::UNKNOWN`] outside of [`within`].
pub fn origin() -> Origin {
    current().as_ref().clone()
}

pub(crate) fn current() -> Arc<Origin> {
    ORIGIN.try_with(Arc::clone).unwrap_or_else(|_| Arc::new(Origin::UNKNOWN))
}

impl Origin {
    /// The origin of what nobody gave one.
    pub const UNKNOWN: Self = Self::system("unknown");

    /// An origin without address and trace.
    pub const fn new(actor: Actor) -> Self {
        Self { actor, address: None, traceparent: None }
    }

    /// A part of the product that nobody asked.
    pub const fn system(part: &'static str) -> Self {
        Self::new(Actor::System(part))
    }

    /// The same place, with another actor: after a sign-in it is known who asks.
    #[must_use]
    pub fn by(self, actor: Actor) -> Self {
        Self { actor, ..self }
    }
}

impl Actor {
    /// What kind of actor it is, in a word: `anonymous`, `user`, `operator` or `system`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::User(_) => "user",
            Self::Operator(_) => "operator",
            Self::System(_) => "system",
        }
    }

    /// The user that it is.
    pub const fn user_id(&self) -> Option<UserId> {
        match self {
            Self::User(user_id) => Some(*user_id),
            _ => None,
        }
    }

    /// What it is called, if it is no user.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Anonymous | Self::User(_) => None,
            Self::Operator(name) => Some(name),
            Self::System(name) => Some(name),
        }
    }
}

impl Traceparent {
    /// Its length in bytes.
    pub const LENGTH: usize = 55;

    /// Reads the field's value (W3C Trace Context, section 3.2); `None` when it is malformed or of another version.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; Self::LENGTH] = text.as_bytes().try_into().ok()?;
        let dashes = [2, 35, 52];
        let in_form = bytes.iter().enumerate().all(|(at, byte)| match byte {
            b'-' => dashes.contains(&at),
            b'0'..=b'9' | b'a'..=b'f' => !dashes.contains(&at),
            _ => false,
        });
        let is_set = |id: &[u8]| id.iter().any(|byte| *byte != b'0');
        (in_form && bytes.starts_with(b"00") && is_set(&bytes[3..35]) && is_set(&bytes[36..52])).then_some(Self(bytes))
    }

    /// The value of the field.
    pub fn as_str(&self) -> &str {
        // The bytes are ASCII.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The id of the trace: 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        &self.as_str()[3..35]
    }
}

impl fmt::Debug for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_trace_is_taken_in_its_form_alone() {
        let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let parent = Traceparent::parse(text).unwrap();
        assert_eq!((parent.as_str(), parent.trace_id()), (text, "0af7651916cd43dd8448eb211c80319c"));
        for text in [
            "",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319cab7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319--b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
            "00-0af7651916cd43dd8448eb211c80319ü-b7ad6b7169203331-1",
        ] {
            assert_eq!(Traceparent::parse(text), None, "{text}");
        }
    }

    #[tokio::test]
    async fn work_has_the_origin_that_was_given_nearest_around_it() {
        assert_eq!(origin(), Origin::UNKNOWN);
        let user = Actor::User(UserId::new());
        let outer = Origin { address: Some([192, 0, 2, 1].into()), ..Origin::new(Actor::Anonymous) };
        within(outer.clone(), async {
            assert_eq!(origin(), outer);
            within(origin().by(user.clone()), async {
                assert_eq!(origin(), Origin { actor: user, ..outer.clone() });
            })
            .await;
            assert_eq!(origin(), outer);
            let mut spawned = tokio::task::JoinSet::new();
            spawned.spawn(async { origin() });
            assert_eq!(spawned.join_all().await, [Origin::UNKNOWN]);
        })
        .await;
    }
}
