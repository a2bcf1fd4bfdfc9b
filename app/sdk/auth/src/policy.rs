//! The policy: one table of who may do what.

use std::fmt;

use apierror::{ApiError, Code};
use serde::Serialize;
use types::{Role, Scope};

use crate::caller::Caller;

/// How far a permission reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grant {
    /// Not at all.
    None,
    /// To what belongs to the caller.
    Own,
    /// To everything.
    Any,
}

/// What a permission grants to each role, and to callers who name no one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Callers without credentials; whoever has some is never granted less.
    pub anonymous: Grant,
    /// [`Role::Admin`]
    pub admin: Grant,
    /// [`Role::Editor`]
    pub editor: Grant,
    /// [`Role::Support`]
    pub support: Grant,
    /// [`Role::Customer`]
    pub customer: Grant,
}

/// The policy does not let the caller do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody is signed in, and somebody might be allowed.
    #[error("sign-in needed")]
    Unauthenticated,
    /// None of the caller's roles permits it.
    #[error("not permitted")]
    Forbidden,
}

/// Declares [`Permission`] together with the policy, so that no permission can be without its row. A row is a struct
/// with a field for each role, so that none can be without its cell.
macro_rules! policy {
    ($($(#[doc = $doc:literal])* $permission:ident = $name:literal:
        $anonymous:ident $admin:ident $editor:ident $support:ident $customer:ident;)*) => {
        /// What a route can ask for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Permission {
            $($(#[doc = $doc])* $permission,)*
        }

        impl Permission {
            /// Every permission, in the order of the policy.
            pub const ALL: &[Self] = &[$(Self::$permission,)*];

            /// Its name, as `resource:action`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$permission => $name,)*
                }
            }

            /// What it lets one do.
            pub fn description(self) -> &'static str {
                match self {
                    $(Self::$permission => concat!($($doc,)*).trim_start(),)*
                }
            }

            /// Its row of the policy.
            pub const fn row(self) -> Row {
                match self {
                    $(Self::$permission => Row {
                        anonymous: Grant::$anonymous,
                        admin: Grant::$admin,
                        editor: Grant::$editor,
                        support: Grant::$support,
                        customer: Grant::$customer,
                    },)*
                }
            }
        }
    };
}

policy! {
    //                                     anonymous admin editor support customer
    /// Ask for an access token.
    TokensCreate     = "tokens:create":         Any   Any   Any    Any     Any;
    /// Sign up, show that an address is one's own.
    AccountsRegister = "accounts:register":     Any   Any   Any    Any     Any;
    /// Get back into an account whose password is forgotten.
    AccountsRecover  = "accounts:recover":      Any   Any   Any    Any     Any;
    /// See where one is signed in.
    SessionsRead     = "sessions:read":         None  Own   Own    Own     Own;
    /// Sign out, here or elsewhere.
    SessionsEnd      = "sessions:end":          None  Own   Own    Own     Own;
    /// See films.
    MoviesRead       = "movies:read":           Any   Any   Any    Any     Any;
    /// Add, change and remove films.
    MoviesWrite      = "movies:write":          None  Any   Any    None    None;
    /// See one account.
    UsersRead        = "users:read":            None  Any   Own    Any     Own;
    /// List and search accounts.
    UsersQuery       = "users:query":           None  Any   None   None    None;
    /// Change the name and the address of an account.
    UsersWrite       = "users:write":           None  Any   Own    Own     Own;
    /// Change the password of an account.
    UsersPassword    = "users:password":        None  Any   Own    Own     Own;
    /// Delete an account for good.
    UsersDelete      = "users:delete":          None  Any   Own    Own     Own;
    /// Keep accounts from signing in, let them again.
    UsersEnable      = "users:enable":          None  Any   None   None    None;
    /// Give roles and take them away.
    UsersGrant       = "users:grant":           None  Any   None   None    None;
    /// See whom an id would pay.
    PayeesRead       = "payees:read":           None  Any   Any    Any     Any;
    /// See who changed what, when, from where.
    AuditsRead       = "audits:read":           None  Any   None   None    None;
    /// See cinemas.
    CinemasRead      = "cinemas:read":          Any   Any   Any    Any     Any;
    /// Add, change and remove cinemas.
    CinemasWrite     = "cinemas:write":         None  Any   Any    None    None;
    /// Find places of the world.
    LocationsRead    = "locations:read":        Any   Any   Any    Any     Any;
    /// See orders.
    OrdersRead       = "orders:read":           None  Any   None   Any     Own;
    /// Place orders.
    OrdersWrite      = "orders:write":          None  None  None   None    Own;
    /// Give up orders that are not paid yet.
    OrdersCancel     = "orders:cancel":         None  Any   None   None    Own;
    /// Pay for orders.
    OrdersPay        = "orders:pay":            None  None  None   None    Own;
    /// Take back orders that are paid.
    OrdersRefund     = "orders:refund":         None  Any   None   None    None;
    /// See one's wallet.
    WalletRead       = "wallet:read":           None  Own   Own    Own     Own;
    /// Fill one's wallet, send money from it.
    WalletWrite      = "wallet:write":          None  Own   Own    Own     Own;
    /// Tell what became of a charge, for whoever can sign it.
    PaymentsTell     = "payments:tell":         Any   Any   Any    Any     Any;
    /// See what was sold, to whom, for how much.
    SalesRead        = "sales:read":            None  Any   None   Any     None;
    /// See posters and trailers.
    MediaRead        = "media:read":            Any   Any   Any    Any     Any;
    /// Upload posters and trailers.
    MediaWrite       = "media:write":           None  Any   Any    None    None;
    /// Hear of what happens, as far as one may see it.
    LiveListen       = "live:listen":           Any   Any   Any    Any     Any;
    // `admin new resource` adds rows above this line.
}

impl Permission {
    /// Whether it needs no credentials.
    pub const fn is_public(self) -> bool {
        matches!(self.row().anonymous, Grant::Any)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Row {
    /// The grant of a role.
    pub const fn of(self, role: Role) -> Grant {
        match role {
            Role::Admin => self.admin,
            Role::Editor => self.editor,
            Role::Support => self.support,
            Role::Customer => self.customer,
        }
    }

    /// What every role is granted, and so whoever is signed in and holds none: they may still see to their account.
    pub fn of_everyone(self) -> Grant {
        Role::ALL.into_iter().map(|role| self.of(role)).min().unwrap_or(Grant::None)
    }
}

/// 401 with a challenge, or 403.
impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unauthenticated => Self::unauthorized(None),
            Denied::Forbidden => Self::new(Code::Forbidden),
        }
    }
}

/// How far `permission` reaches for `caller`: as far as the most powerful of its roles; without any, as far as each of
/// them.
///
/// # Errors
/// It does not reach at all.
pub fn decide(permission: Permission, caller: &Caller) -> Result<Scope, Denied> {
    let row = permission.row();
    let (grant, user_id) = match caller {
        Caller::Anonymous => (row.anonymous, None),
        Caller::User(principal) => {
            let granted = principal.roles.iter().map(|role| row.of(role)).max().unwrap_or(row.of_everyone());
            (granted.max(row.anonymous), Some(principal.user_id))
        }
    };
    match (grant, user_id) {
        (Grant::Any, _) => Ok(Scope::Any),
        (Grant::Own, Some(user_id)) => Ok(Scope::Own(user_id)),
        (_, Some(_)) => Err(Denied::Forbidden),
        // Nothing belongs to nobody.
        (_, None) => Err(Denied::Unauthenticated),
    }
}

/// The policy as a table of text, for people.
pub fn to_text() -> String {
    let mut text = format!(
        "{:<19}{:<11}{:<7}{:<8}{:<9}{:<10}what it is for\n",
        "permission", "anonymous", "admin", "editor", "support", "customer"
    );
    for permission in Permission::ALL {
        let row = permission.row();
        let cell = |grant: Grant| match grant {
            Grant::None => "-",
            Grant::Own => "own",
            Grant::Any => "any",
        };
        text.push_str(&format!(
            "{:<19}{:<11}{:<7}{:<8}{:<9}{:<10}{}\n",
            permission.as_str(),
            cell(row.anonymous),
            cell(row.admin),
            cell(row.editor),
            cell(row.support),
            cell(row.customer),
            permission.description(),
        ));
    }
    text
}

/// The policy as JSON, for scripts: an array of `{permission, description, grants: {anonymous, admin, ..}}`.
pub fn to_json() -> serde_json::Value {
    Permission::ALL
        .iter()
        .map(|permission| {
            serde_json::json!({
                "permission": permission.as_str(),
                "description": permission.description(),
                "grants": permission.row(),
            })
        })
        .collect()
}
