//! The application that is asked, users, sessions, the mails that it sends.

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use apitest::{Api, Standing};
use assembly::{Cards, Resources};
use cards::webhook::Secret;
use events::Told;
use feed::Feed;
use jobs::Runner;
use mail::{Mailbox, Mailer, Sender};
use mux::Routes;
use secrecy::SecretString;
use sessionbus::{Device, Session};
use stores::{Address, Limits, Store, Stores};
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use types::{Email, Name, Password, Role, SecretToken};
use userbus::mails::Mails;
use userbus::{NewRegistration, User};
use uuid::Uuid;

use crate::process::{PATIENCE, eventually};

/// What the provider of card payments knows us by, and signs its notices with.
const PROVIDER_KEY: &str = "key";
const NOTICE_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Tables of routes at work.
pub(crate) struct Ground {
    pub(crate) api: Api,
    pub(crate) resources: Resources,
    /// Writes the mails, charges the cards.
    _jobs: JoinSet<()>,
    /// Has the media.
    _files: TempDir,
}

impl Ground {
    /// Serves these tables.
    pub(crate) async fn serve(tables: impl Fn(&Resources) -> Vec<Routes>) -> Self {
        let kept = RefCell::new(None);
        let (cards, provider) = cards();
        let files = tempfile::tempdir().unwrap();
        let stores = stores(files.path());
        let process = [
            ("media.stores", format!("file://{}", files.path().display())),
            ("payments.provider_url", provider.url().to_string()),
            ("payments.provider_key", PROVIDER_KEY.to_owned()),
            ("payments.notice_secret", NOTICE_SECRET.to_owned()),
        ];
        let api = Api::start_as(1, Duration::from_secs(5), &process, |instance| {
            let settings = settings::load(&settings::Sources::default()).unwrap().settings;
            let feed = Feed::new(instance.db.clone(), liveapp::ENTITIES, settings.live.clone());
            // Nothing has happened yet.
            feed.tell(Told::From { from: 0, head: 0 });
            let resources = Resources {
                settings,
                db: instance.db,
                authenticator: instance.authenticator,
                payees: Arc::new(peers::Local::new(instance.users.clone())),
                users: instance.users,
                cards: cards.clone(),
                readiness: service::Readiness::starting(),
                stores: stores.clone(),
                feed,
            };
            let tables = tables(&resources);
            kept.replace(Some(resources));
            tables
        })
        .await;
        let resources = kept.take().unwrap();
        resources.readiness.probe(|| Box::pin(async { Ok(()) })).await;
        let mailer = Mailer::kept(Sender::parse("no-reply@example.com").unwrap(), Mailbox::new(api.db().clone()));
        let mails = Mails::new(resources.users.clone(), mailer, "https://films.example").unwrap();
        let mut jobs = JoinSet::new();
        jobs.spawn(async move { provider.run(CancellationToken::new()).await.unwrap() });
        jobs.spawn(mails.register(Runner::new(api.db().clone())).run(CancellationToken::new()));
        Self { api, resources, _jobs: jobs, _files: files }
    }

    /// An address that nobody has yet.
    pub(crate) fn address(&self) -> String {
        format!("{}@example.com", Uuid::now_v7())
    }

    /// A fresh user with this role.
    pub(crate) async fn user(&self, role: Role, standing: Standing) -> User {
        self.api.add(&self.address(), &[role], standing).await
    }

    /// A fresh user with no role.
    pub(crate) async fn user_without_role(&self) -> User {
        self.api.add(&self.address(), &[], Standing::Active).await
    }

    /// A fresh session of a user, and what refreshes it.
    pub(crate) async fn session(&self, user: &User) -> (Session, SecretToken) {
        let sessions = sessionbus::Business::new(self.api.db().clone());
        sessions.create(user.id, Device::default()).await.unwrap()
    }

    /// An access token of a fresh session.
    pub(crate) async fn token(&self, user: &User) -> String {
        let (session, _) = self.session(user).await;
        self.api.authenticator().mint_within(user, session.id).unwrap().expose().to_owned()
    }

    /// A token that activates a fresh account.
    pub(crate) async fn activation_token(&self) -> String {
        let email = Email::parse(&self.address()).unwrap();
        let password = Password::parse("correct horse battery").unwrap();
        let new = NewRegistration { name: Name::parse("Somebody").unwrap(), email: email.clone(), password };
        self.resources.users.register(new).await.unwrap();
        self.mailed_token(&email).await
    }

    /// A token that resets the user's password.
    pub(crate) async fn reset_token(&self, user: &User) -> String {
        self.resources.users.request_password_reset_mail(&user.email).await.unwrap();
        self.mailed_token(&user.email).await
    }

    /// The token in the one mail to this address.
    async fn mailed_token(&self, email: &Email) -> String {
        let mailbox = Mailbox::new(self.api.db().clone());
        let mail = eventually(PATIENCE, async || mailbox.query(Some(email), 1).await.unwrap().pop()).await;
        let text = mail.expect("a mail").text;
        let (_, rest) = text.split_once("\"token\": \"").expect(&text);
        rest.split('"').next().unwrap().to_owned()
    }
}

/// A provider of card payments that charges nobody.
fn cards() -> (Cards, cardsim::Server) {
    let secret = Secret::parse(&NOTICE_SECRET.to_owned().into()).unwrap();
    let (listen, key) = (SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SecretString::from(PROVIDER_KEY));
    let options = cardsim::Options { listen, key: key.clone(), secret: secret.clone(), notify: None };
    let server = cardsim::Server::bind(options).unwrap();
    let provider = cards::Provider::new(&server.url(), key).unwrap();
    (Cards { provider: Some(provider), notices: Some(secret) }, server)
}

/// One store, for as many at once as there are.
fn stores(folder: &Path) -> Stores {
    let patience = PATIENCE;
    let at_once = NonZeroUsize::new(64).unwrap();
    let store = Store::open(&Address::folder(folder.to_owned()), patience, &Handle::current()).unwrap();
    Stores::new(vec![store], Limits { uploads: at_once, behind: at_once, patience }, Handle::current())
}
