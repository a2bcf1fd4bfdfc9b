//! What the tests of users have in common.

use std::time::{Duration, Instant};

use apitest::{Answer, Api};
use jobs::Runner;
use mail::{Kept, Mailbox, Mailer, Sender};
use serde_json::Value;
use sessionbus::Device;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};
use types::{Email, Role, SecretToken};
use userbus::mails::Mails;
use userbus::{Business, User};

/// Does the jobs that ask for mail, and keeps the mails.
pub(crate) struct Postman {
    mailbox: Mailbox,
    _stop: DropGuard,
    _work: JoinSet<()>,
}

/// Two users of each role, called "A Tester", with addresses such as `editor-0@example.com`.
pub(crate) async fn start(instances: usize) -> Api {
    serve(instances, auth::STATE_LIFETIME).await
}

/// As [`start`], by instances that believe the state of a user and of a session for half a second.
pub(crate) async fn start_forgetful(instances: usize) -> Api {
    serve(instances, Duration::from_millis(500)).await
}

async fn serve(instances: usize, state_lifetime: Duration) -> Api {
    Api::start_with(instances, state_lifetime, |instance| {
        vec![userapp::routes(instance.db, instance.users, brakes::Brakes::off())]
    })
    .await
}

/// The account of the first user of this role.
pub(crate) async fn account(api: &Api, role: Role) -> Value {
    api.get("/v1/users/me").by(role).send().await.expect(200).json()
}

/// The path of an account.
pub(crate) fn path(user: &Value) -> String {
    format!("/v1/users/{}", user["id"].as_str().unwrap())
}

/// A session of this user: its access token, its refresh token.
pub(crate) async fn session(api: &Api, user: &User) -> (String, SecretToken) {
    let (session, refresh) = sessions(api).create(user.id, Device::default()).await.unwrap();
    (api.authenticator().mint_within(user, session.id).unwrap().expose().to_owned(), refresh)
}

/// The business of sessions behind the API.
pub(crate) fn sessions(api: &Api) -> sessionbus::Business {
    sessionbus::Business::new(api.db().clone())
}

/// The business of users behind the API.
pub(crate) fn users(api: &Api) -> Business {
    Business::new(api.db().clone())
}

/// Whether somebody can sign in.
pub(crate) async fn signs_in(api: &Api, email: &str, password: &str) -> bool {
    users(api).authenticate(email, &password.to_owned().into()).await.is_ok()
}

/// Demands that every instance refuses this access token soon.
pub(crate) async fn refused_soon(api: &Api, instances: usize, access: &str) {
    let start = Instant::now();
    for instance in 0..instances {
        while me(api, instance, access).await.status() != 401 {
            // With the usual lifetime of a state, ten times as long as the one here, 10 s are the limit.
            assert!(start.elapsed() < Duration::from_secs(5), "instance {instance} still takes the token");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// What an instance answers to whoever has this access token.
pub(crate) async fn me(api: &Api, instance: usize, access: &str) -> Answer {
    api.get("/v1/users/me").on(instance).bearer(access).send().await
}

impl Postman {
    pub(crate) fn of(api: &Api) -> Self {
        let mailbox = Mailbox::new(api.db().clone());
        let mailer = Mailer::kept(Sender::parse("Marquee <no-reply@example.com>").unwrap(), mailbox.clone());
        let mails = Mails::new(users(api), mailer, "https://marquee.example").unwrap();
        let stop = CancellationToken::new();
        let mut work = JoinSet::new();
        work.spawn(mails.register(Runner::new(api.db().clone())).run(stop.clone()));
        Self { mailbox, _stop: stop.drop_guard(), _work: work }
    }

    /// The mails to an address, the newest first, once there are so many.
    pub(crate) async fn mails(&self, email: &str, count: usize) -> Vec<Kept> {
        let (email, start) = (Email::parse(email).unwrap(), Instant::now());
        loop {
            let mails = self.mailbox.query(Some(&email), 100).await.unwrap();
            if mails.len() >= count {
                return mails;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "{} of {count} mails", mails.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The token in the newest of so many mails.
    pub(crate) async fn token(&self, email: &str, count: usize) -> String {
        let text = self.mails(email, count).await[0].text.clone();
        let (_, token) = text.split_once("\"token\": \"").unwrap_or_else(|| panic!("no token in {text}"));
        token[..SecretToken::LENGTH].to_owned()
    }
}
