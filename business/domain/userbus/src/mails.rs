//! The mails about accounts: the jobs that ask for them, and what does these jobs.
//!
//! A job knows an address or an id, never a token. A token is made when its mail is written, and of it only the digest
//! is kept: who reads the database, its backups or the queue finds nothing that opens an account. Whether an address is
//! known is looked up by the job, long after the request that asked for the mail was answered.

use std::sync::Arc;
use std::time::Duration;

use jobs::{Failure, Job, Runner};
use mail::{Mailer, Template, TemplateError, Templates, template};
use serde::{Deserialize, Serialize};
use throttle::{Outcome, Policy, Throttles};
use types::{Email, SecretToken, UserId};
use uuid::Uuid;

use crate::model::User;
use crate::store::Purpose;
use crate::{Business, Error};

/// Tells the owner of an address what came of its registration: a token that activates the account, or that there is one
/// already.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ActivationMail {
    address: String,
}

/// Brings the owner of an address a token that resets their password, if they have an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PasswordResetMail {
    address: String,
}

/// Tells a user that their password was changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PasswordChangedMail {
    user_id: Uuid,
}

/// Tells a user, where they were reached until now, that their mail goes to another address.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AddressChangedMail {
    address: String,
}

/// Tells somebody that their account is gone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountDeletedMail {
    address: String,
}

/// Tells a user that a session was ended because a copy of its token was used.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionEndedMail {
    user_id: Uuid,
}

/// Writes the mails about accounts, and sends them.
#[derive(Clone)]
pub struct Mails {
    users: Business,
    throttles: Throttles,
    mailer: Mailer,
    templates: Arc<Templates>,
    public_url: String,
}

const PRODUCT: &str = "Marquee";

/// Notices of one kind to one address. An account can be moved to any address, and whoever has it can do again and again
/// what a notice is sent of: nobody's mailbox is to be filled that way.
const NOTICES: Policy =
    Policy { name: "notices of a kind to an address", burst: 10, period: Duration::from_secs(6 * 60) };

const ACTIVATION: Template = template!("activation");
const PASSWORD_CHOICE: Template = template!("password-choice");
const ALREADY_REGISTERED: Template = template!("already-registered");
const PASSWORD_RESET: Template = template!("password-reset");
const PASSWORD_CHANGED: Template = template!("password-changed");
const ADDRESS_CHANGED: Template = template!("address-changed");
const ACCOUNT_DELETED: Template = template!("account-deleted");
const SESSION_ENDED: Template = template!("session-ended");

const TEMPLATES: [Template; 8] = [
    ACTIVATION,
    PASSWORD_CHOICE,
    ALREADY_REGISTERED,
    PASSWORD_RESET,
    PASSWORD_CHANGED,
    ADDRESS_CHANGED,
    ACCOUNT_DELETED,
    SESSION_ENDED,
];

impl Mails {
    /// Writes mails about the accounts of `users` that name `public_url`, where the service is reached.
    ///
    /// # Errors
    /// A template does not parse.
    pub fn new(users: Business, mailer: Mailer, public_url: &str) -> Result<Self, TemplateError> {
        let templates = Arc::new(Templates::new(PRODUCT, &TEMPLATES)?);
        let throttles = Throttles::new(users.db.clone());
        Ok(Self { users, throttles, mailer, templates, public_url: public_url.trim_end_matches('/').to_owned() })
    }

    /// Gives the runner what does the jobs of this module.
    #[must_use]
    pub fn register(&self, runner: Runner) -> Runner {
        let on = |mails: &Self| mails.clone();
        let (activation, reset, password) = (on(self), on(self), on(self));
        let (address, deleted, session) = (on(self), on(self), on(self));
        runner
            .on(move |job: ActivationMail| {
                let mails = activation.clone();
                async move { mails.activation(job).await }
            })
            .on(move |job: PasswordResetMail| {
                let mails = reset.clone();
                async move { mails.password_reset(job).await }
            })
            .on(move |job: PasswordChangedMail| {
                let mails = password.clone();
                async move { mails.notice_user(&PASSWORD_CHANGED, job.user_id).await }
            })
            .on(move |job: AddressChangedMail| {
                let mails = address.clone();
                async move { mails.notice(&ADDRESS_CHANGED, Email::restore(job.address)).await }
            })
            .on(move |job: AccountDeletedMail| {
                let mails = deleted.clone();
                async move { mails.notice(&ACCOUNT_DELETED, Email::restore(job.address)).await }
            })
            .on(move |job: SessionEndedMail| {
                let mails = session.clone();
                async move { mails.notice_user(&SESSION_ENDED, job.user_id).await }
            })
    }

    async fn activation(&self, job: ActivationMail) -> Result<(), Failure> {
        let email = Email::restore(job.address);
        let Some((user, has_password)) = self.users.mailed(&email).await? else { return Ok(()) };
        if user.activated_at.is_some() {
            return self.send(&ALREADY_REGISTERED, email, None).await;
        }
        let (purpose, template) = match has_password {
            true => (Purpose::Activation, &ACTIVATION),
            false => (Purpose::PasswordReset, &PASSWORD_CHOICE),
        };
        match self.users.issue(&user, purpose).await? {
            Some(token) => self.send(template, email, Some((token, purpose))).await,
            None => Ok(()),
        }
    }

    async fn password_reset(&self, job: PasswordResetMail) -> Result<(), Failure> {
        let email = Email::restore(job.address);
        let Some((user, _)) = self.users.mailed(&email).await? else { return Ok(()) };
        let purpose = Purpose::PasswordReset;
        match self.users.issue(&user, purpose).await? {
            Some(token) => self.send(&PASSWORD_RESET, email, Some((token, purpose))).await,
            None => Ok(()),
        }
    }

    /// Tells a user something, where they are reached now.
    async fn notice_user(&self, template: &Template, user_id: Uuid) -> Result<(), Failure> {
        match self.users.query_by_id(types::Scope::Any, UserId::restore(user_id)).await {
            Ok(user) => self.notice(template, user.email).await,
            Err(Error::NotFound) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Tells whoever has the address something, unless they were told so often of late.
    async fn notice(&self, template: &Template, to: Email) -> Result<(), Failure> {
        let turn = [NOTICES.turn(&[template.name.as_bytes(), to.as_str().as_bytes()])];
        if let Outcome::Denied { .. } = self.throttles.take(&turn).await? {
            return Ok(());
        }
        let sent = self.send(template, to, None).await;
        if sent.is_err() {
            self.throttles.give_back(&turn).await?;
        }
        sent
    }

    /// No mail has a name in it: whoever registers an address, or moves to it, has chosen the name, and nobody's mailbox is
    /// a place for their words.
    async fn send(&self, template: &Template, to: Email, token: Option<(SecretToken, Purpose)>) -> Result<(), Failure> {
        let token = token.map(|(token, purpose)| (token.expose(), lifetime(purpose)));
        let address = to.as_str().to_owned();
        let mut values = vec![("url", self.public_url.as_str()), ("email", &address)];
        if let Some((token, lifetime)) = &token {
            values.extend([("token", token.as_str()), ("lifetime", lifetime)]);
        }
        let message = self.templates.render(template, to, None, &values).map_err(|error| Failure::give_up(&error))?;
        Ok(self.mailer.send(&message).await?)
    }
}

/// How long a token works, in words.
fn lifetime(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Activation => "3 days",
        Purpose::PasswordReset => "45 minutes",
    }
}

impl ActivationMail {
    pub(crate) fn to(email: &Email) -> Self {
        Self { address: email.as_str().to_owned() }
    }
}

impl PasswordResetMail {
    pub(crate) fn to(email: &Email) -> Self {
        Self { address: email.as_str().to_owned() }
    }
}

impl PasswordChangedMail {
    pub(crate) fn to(user: &User) -> Self {
        Self { user_id: user.id.uuid() }
    }
}

impl AddressChangedMail {
    /// At the address that the user had `before`.
    pub(crate) fn to(before: &User) -> Self {
        Self { address: before.email.as_str().to_owned() }
    }
}

impl AccountDeletedMail {
    pub(crate) fn to(user: &User) -> Self {
        Self { address: user.email.as_str().to_owned() }
    }
}

impl SessionEndedMail {
    /// For whoever ends the session of a user whose token was used twice.
    pub fn to(user_id: UserId) -> Self {
        Self { user_id: user_id.uuid() }
    }
}

/// Declares kinds of jobs: they share a lane, so that a mail server that does not answer holds up mail alone.
macro_rules! mail_jobs {
    ($($job:ty => $name:literal),+ $(,)?) => {$(
        impl Job for $job {
            const NAME: &'static str = $name;
            const LANE: &'static str = "mail";
            // Over half a day: a mail server that fails at night is up again by then.
            const ATTEMPTS: i16 = 20;
        }
    )+};
}

mail_jobs! {
    ActivationMail => "users.activation_mail",
    PasswordResetMail => "users.password_reset_mail",
    PasswordChangedMail => "users.password_changed_mail",
    AddressChangedMail => "users.address_changed_mail",
    AccountDeletedMail => "users.account_deleted_mail",
    SessionEndedMail => "users.session_ended_mail",
}

/// What the business of users answers to these jobs may pass.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::retry(&error)
    }
}
