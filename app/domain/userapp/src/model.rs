//! Users as JSON, with the only conversions to and from the business.

use chrono::SecondsFormat;
use request::{Body, Field, Object, field};
use serde::Serialize;
use types::{Role, Roles, Timestamp};
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
    /// When the address was shown to be theirs; null until then.
    #[schema(required = true, format = DateTime)]
    activated_at: Option<String>,
    /// One more after every change; the entity tag is made of it.
    version: i64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// The body that sets a user's roles.
pub(crate) struct UserRoles(pub(crate) Roles);

pub(crate) static ROLE: Field<Role> =
    field::enumeration(&["admin", "editor", "support", "customer"], |text| Ok(Role::parse(text)?));

static ROLES: Field<Vec<Role>> = field::set(&ROLE, 0..=Role::ALL.len())
    .describe("All roles that the user is to have; the others are taken away.")
    .example(r#"["customer", "editor"]"#);

impl Body for UserRoles {
    const NAME: &'static str = "UserRoles";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let roles = object.required("roles", &ROLES);
        Some(Self(roles?.into_iter().collect()))
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

/// Always in microseconds, so that texts of one length sort as the moments do.
fn rfc3339(time: Timestamp) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}
