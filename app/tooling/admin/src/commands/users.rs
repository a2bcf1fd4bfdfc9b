//! `admin users`.

use std::io::{self, Read};

use paging::{Direction, OrderBy, Page};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use types::{Email, Name, Password, Role, Scope, UserId};
use userbus::{Business, Error, Fragment, NewUser, OrderField, QueryFilter, User};

use crate::cli::{self, CreateUser, ListUsers, Users};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::{Reply, ask_password};
use crate::table::Table;

/// How often a change is tried that meets the change of somebody else.
const ATTEMPTS: u32 = 3;

/// Characters of input that are read in search of a password: more than the longest one can take.
const LONGEST_INPUT: u64 = 4096;

pub(super) async fn run(context: &Context, command: Users) -> Result<Reply, Failure> {
    match command {
        Users::Create(arguments) => create(context, arguments).await,
        Users::List(arguments) => list(context, arguments).await,
        Users::Show(cli::User { user }) => {
            let connected = context.connect().await?;
            Ok(shown(&find(&Business::new(connected.db.clone()), &user).await?))
        }
        Users::Disable(cli::User { user }) => {
            change(context, &user, async |business, user| business.disable(user).await, "is disabled").await
        }
        Users::Enable(cli::User { user }) => {
            change(context, &user, async |business, user| business.enable(user).await, "is enabled").await
        }
        Users::Grant(cli::UserRole { user, role }) => {
            let role = parse_role(&role)?;
            let done = format!("holds the role {role}");
            change(context, &user, async |business, user| business.grant(user, role).await, &done).await
        }
        Users::Revoke(cli::UserRole { user, role }) => {
            let role = parse_role(&role)?;
            let done = format!("does not hold the role {role}");
            change(context, &user, async |business, user| business.revoke(user, role).await, &done).await
        }
    }
}

/// The user whom a person names by address or id.
pub(super) async fn find(business: &Business, user: &str) -> Result<User, Failure> {
    let found = match (UserId::parse(user), Email::parse(user)) {
        (Ok(user_id), _) => business.query_by_id(Scope::Any, user_id).await,
        (_, Ok(email)) => business.query_by_email(Scope::Any, &email).await,
        _ => return Err(Failure::usage(format!("{user} is neither a mail address nor an id"))),
    };
    found.map_err(|error| match error {
        Error::NotFound => Failure::not_found(format!("there is no user {user}")).mend("admin users list"),
        error => error.into(),
    })
}

async fn create(context: &Context, arguments: CreateUser) -> Result<Reply, Failure> {
    let name = Name::parse(&arguments.name).map_err(|error| Failure::usage(format!("--name {error}")))?;
    let email = Email::parse(&arguments.email).map_err(|error| Failure::usage(format!("--email {error}")))?;
    let roles = arguments.roles.iter().map(|role| parse_role(role)).collect::<Result<_, _>>()?;
    let password = password(arguments.password_stdin)?;
    let password =
        Password::parse(password.expose_secret()).map_err(|error| Failure::refused(format!("the password {error}")))?;
    let connected = context.connect().await?;
    let new = NewUser { name, email, password, roles, activated: true };
    let user = Business::new(connected.db.clone()).create(new).await?;
    let text = format!("{} is created with the id {}", user.email.as_str(), user.id);
    Ok(Reply::lines(json(&user), text))
}

async fn list(context: &Context, arguments: ListUsers) -> Result<Reply, Failure> {
    let fragment = |text: String| Fragment::parse(&text).map_err(|error| Failure::usage(format!("--email {error}")));
    let filter = QueryFilter {
        name: None,
        email: arguments.email.map(fragment).transpose()?,
        role: arguments.role.as_deref().map(parse_role).transpose()?,
        enabled: arguments.disabled.then_some(false),
    };
    let connected = context.connect().await?;
    let business = Business::new(connected.db.clone());
    let order_by = OrderBy::by(OrderField::CreatedAt, Direction::Ascending);
    let page = business.query(Scope::Any, &filter, order_by, &Page::first(arguments.limit)).await?;
    if page.next.is_some() {
        context.output.note(&format!("there are more than {}; --limit N shows more", arguments.limit));
    }
    let mut table = Table::new(&["id", "email", "name", "roles", "state", "created"], "no users");
    for user in &page.items {
        let (id, roles) = (user.id.to_string(), roles(user).join(" "));
        let created = super::moment(&user.created_at);
        table.row([&id, user.email.as_str(), user.name.as_str(), &roles, state(user), &created]);
    }
    Ok(Reply::table(page.items.iter().map(json).collect(), table))
}

/// Changes one user, and again from the start when somebody else has changed them meanwhile.
async fn change(
    context: &Context,
    user: &str,
    edit: impl AsyncFn(&Business, &User) -> Result<User, Error>,
    done: &str,
) -> Result<Reply, Failure> {
    let connected = context.connect().await?;
    let business = Business::new(connected.db.clone());
    let mut attempt = 1;
    loop {
        let before = find(&business, user).await?;
        match edit(&business, &before).await {
            Ok(after) => return Ok(Reply::lines(json(&after), format!("{} {done}", after.email.as_str()))),
            Err(Error::EditConflict { .. }) if attempt < ATTEMPTS => attempt += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// A password from standard input, or asked for twice. Never from an argument.
fn password(from_stdin: bool) -> Result<SecretString, Failure> {
    if from_stdin {
        let mut text = String::new();
        io::stdin().take(LONGEST_INPUT).read_to_string(&mut text)?;
        let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).unwrap_or(&text);
        return Ok(SecretString::from(line));
    }
    let missing =
        || Failure::usage("there is no terminal to ask for the password").mend("give it with --password-stdin");
    let first = SecretString::from(ask_password("Password: ")?.ok_or_else(missing)?);
    let again = SecretString::from(ask_password("Again: ")?.ok_or_else(missing)?);
    if first.expose_secret() != again.expose_secret() {
        return Err(Failure::refused("the two passwords differ"));
    }
    Ok(first)
}

fn parse_role(text: &str) -> Result<Role, Failure> {
    Role::parse(text).map_err(|error| Failure::usage(format!("the role {error}")))
}

fn shown(user: &User) -> Reply {
    let mut table = Table::new(&["member", "value"], "");
    let data = json(user);
    for (member, value) in data.as_object().into_iter().flatten() {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        table.row([member, &value]);
    }
    Reply::table(data, table)
}

fn json(user: &User) -> Value {
    json!({
        "id": user.id.to_string(),
        "name": user.name.as_str(),
        "email": user.email.as_str(),
        "roles": roles(user),
        "enabled": user.enabled,
        "activated_at": user.activated_at.as_ref().map(super::moment),
        "version": user.version.number(),
        "created_at": super::moment(&user.created_at),
        "updated_at": super::moment(&user.updated_at),
    })
}

fn roles(user: &User) -> Vec<&'static str> {
    user.roles.iter().map(Role::as_str).collect()
}

fn state(user: &User) -> &'static str {
    match (user.enabled, user.activated_at) {
        (false, _) => "disabled",
        (true, None) => "not activated",
        (true, Some(_)) => "active",
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (exit, mend) = match error {
            Error::Store(error) => return error.into(),
            Error::NotFound => (Exit::NotFound, None),
            Error::DuplicateEmail => (Exit::Refused, Some("`admin users show EMAIL` prints them")),
            Error::LastAdmin => {
                (Exit::Refused, Some("give another user the role first: admin users grant EMAIL admin"))
            }
            Error::EditConflict { .. } => (Exit::Refused, Some("run it again")),
            _ => (Exit::Failed, None),
        };
        Self { mend: mend.map(str::to_owned), ..Self::of(exit, &error) }
    }
}
