//! Users as JSON, with the only conversions to and from the business.

use mux::reply::rfc3339;
use request::{Body, Field, Object, field};
use secrecy::SecretString;
use serde::Serialize;
use types::{Email, Name, Password, Role, Roles, SecretToken};
use utoipa::ToSchema;
use uuid::Uuid;

/// An account.
#[derive(Serialize, ToSchema)]
pub(crate) struct User {
    id: Uuid,
    name: String,
    /// In lower case.
    #[schema(format = "email")]
    email: String,
    /// Of admin, editor, support, customer.
    roles: Vec<&'static str>,
    /// Whether an admin lets them sign in.
    enabled: bool,
    /// When the address that they had then was shown to be theirs; null until then.
    #[schema(required = true, format = DateTime)]
    activated_at: Option<String>,
    /// One more after every change; the entity tag is made of it.
    version: i64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// Somebody as whoever pays them sees them.
#[derive(Serialize, ToSchema)]
pub(crate) struct Payee {
    id: Uuid,
    name: String,
}

/// That something is under way, and no more: nobody learns from it whether an address is known.
#[derive(Serialize, ToSchema)]
pub(crate) struct Accepted {
    /// What happens now, for people.
    message: &'static str,
}

/// The body that signs up.
pub(crate) struct Registration(pub(crate) userbus::NewRegistration);

/// The body that shows an address to be one's own. `None` is text that no token has: it fails as an unknown token does.
pub(crate) struct Activation(pub(crate) Option<SecretToken>);

/// The body that asks for a mail.
pub(crate) struct Recipient(pub(crate) Email);

/// The body that sets another password in the place of a forgotten one.
pub(crate) struct NewPassword {
    /// `None` as in [`Activation`].
    pub(crate) token: Option<SecretToken>,
    pub(crate) password: Password,
}

/// The body that changes a password.
pub(crate) struct PasswordChange {
    pub(crate) current: SecretString,
    pub(crate) password: Password,
}

/// The merge patch that changes an account.
pub(crate) struct UpdateUser {
    pub(crate) name: Option<Name>,
    pub(crate) email: Option<Email>,
    pub(crate) enabled: Option<bool>,
}

/// The body that sets a user's roles.
pub(crate) struct UserRoles(pub(crate) Roles);

/// The most characters of a token, or of a current password, that are looked at.
const MAX: usize = 1024;

static NAME: Field<Name> = field::line(1..=Name::MAX, |text| Ok(Name::parse(text)?)).example("Ada Lovelace");

static EMAIL: Field<Email> = field::text(1..=Email::MAX, |text| Ok(Email::parse(text)?))
    .format("email")
    .pattern(Email::PATTERN)
    .example("ada@example.com");

static PASSWORD: Field<Password> =
    field::text(Password::MIN..=Password::MAX, |text| Ok(Password::parse(text)?)).secret().describe(
        "Not a common one, not the address, not the name of the product. Every character counts, white space too.",
    );

static CURRENT_PASSWORD: Field<SecretString> =
    field::text(0..=MAX, |text| Ok(SecretString::from(text))).secret().describe("The caller's own.");

static TOKEN: Field<Option<SecretToken>> =
    field::text(0..=MAX, |text| Ok(SecretToken::parse(text).ok())).secret().describe("The one that was mailed.");

static ENABLED: Field<bool> =
    field::boolean().describe("Whether they may sign in; for whoever has the permission `users:enable`.");

pub(crate) static ROLE: Field<Role> =
    field::enumeration(&["admin", "editor", "support", "customer"], |text| Ok(Role::parse(text)?));

static ROLES: Field<Vec<Role>> = field::set(&ROLE, 0..=Role::ALL.len())
    .describe("All roles that the user is to have; the others are taken away.")
    .example(r#"["customer", "editor"]"#);

impl Body for Registration {
    const NAME: &'static str = "Registration";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let name = object.required("name", &NAME);
        let email = object.required("email", &EMAIL);
        let password = object.required("password", &PASSWORD);
        Some(Self(userbus::NewRegistration { name: name?, email: email?, password: password? }))
    }
}

impl Body for Activation {
    const NAME: &'static str = "Activation";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let token = object.required("token", &TOKEN);
        Some(Self(token?))
    }
}

impl Body for Recipient {
    const NAME: &'static str = "Recipient";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let email = object.required("email", &EMAIL);
        Some(Self(email?))
    }
}

impl Body for NewPassword {
    const NAME: &'static str = "NewPassword";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let token = object.required("token", &TOKEN);
        let password = object.required("password", &PASSWORD);
        Some(Self { token: token?, password: password? })
    }
}

impl Body for PasswordChange {
    const NAME: &'static str = "PasswordChange";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let current = object.required("current_password", &CURRENT_PASSWORD);
        let password = object.required("password", &PASSWORD);
        Some(Self { current: current?, password: password? })
    }
}

impl Body for UpdateUser {
    const NAME: &'static str = "UpdateUser";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let name = object.patch("name", &NAME);
        let email = object.patch("email", &EMAIL);
        let enabled = object.patch("enabled", &ENABLED);
        Some(Self { name: name?, email: email?, enabled: enabled? })
    }
}

impl Body for UserRoles {
    const NAME: &'static str = "UserRoles";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let roles = object.required("roles", &ROLES);
        Some(Self(roles?.into_iter().collect()))
    }
}

impl Accepted {
    /// With these words.
    pub(crate) const fn saying(message: &'static str) -> Self {
        Self { message }
    }
}

impl From<UpdateUser> for userbus::UpdateUser {
    fn from(update: UpdateUser) -> Self {
        Self { name: update.name, email: update.email, enabled: update.enabled, ..Self::default() }
    }
}

impl From<&userbus::User> for Payee {
    fn from(user: &userbus::User) -> Self {
        Self { id: user.id.uuid(), name: user.name.as_str().to_owned() }
    }
}

impl From<&userbus::User> for User {
    fn from(user: &userbus::User) -> Self {
        Self {
            id: user.id.uuid(),
            name: user.name.as_str().to_owned(),
            email: user.email.as_str().to_owned(),
            roles: user.roles.iter().map(Role::as_str).collect(),
            enabled: user.enabled,
            activated_at: user.activated_at.map(rfc3339),
            version: user.version.number(),
            created_at: rfc3339(user.created_at),
            updated_at: rfc3339(user.updated_at),
        }
    }
}
