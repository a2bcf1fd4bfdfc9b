//! Callers, targets, what the policy says of them, what is served.

use std::cell::OnceCell;
use std::fmt;

use apitest::{Answer, Request, Standing};
use auth::{Grant, Permission};
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use mux::Access;
use types::{Role, UserId};
use userbus::User;
use uuid::Uuid;

use crate::policy::ground::Ground;

/// Cells that are asked at once.
const AT_ONCE: usize = 8;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// Nobody in particular.
    Anonymous,
    /// A user with this role.
    Active(Role),
    /// A user from whom every role was taken.
    WithoutRole,
    /// An admin with a good token who has not shown that the address is theirs.
    NotActivated,
    /// An admin with a good token whom another has disabled.
    Disabled,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// No one thing: a list, something new.
    None,
    /// What belongs to the caller.
    Own,
    /// What belongs to somebody else, or to nobody.
    Other,
    /// What is not there.
    Missing,
}

/// The targets of a route that asks for no one thing.
pub(crate) const NOTHING: &[Target] = &[Target::None];
/// The targets of a route whose things belong to nobody.
pub(crate) const NOBODYS: &[Target] = &[Target::Other, Target::Missing];
/// The targets of a route whose things belong to users.
pub(crate) const OWNED: &[Target] = &[Target::Own, Target::Other, Target::Missing];

/// What is known of a route.
pub(crate) struct Line {
    /// The id of its operation.
    pub(crate) operation: &'static str,
    /// Who is meant to have it.
    pub(crate) access: Access,
    /// Whose its targets are.
    pub(crate) targets: &'static [Target],
    /// A request that is right in all but, perhaps, its caller and its target, which is fresh.
    pub(crate) ask: for<'a> fn(&'a Cell<'a>) -> LocalBoxFuture<'a, Request<'a>>,
}

/// One cell, about to be asked.
pub(crate) struct Cell<'a> {
    pub(crate) ground: &'a Ground,
    pub(crate) target: Target,
    /// The caller, unless it is nobody.
    pub(crate) caller: Option<User>,
    /// The id of what belongs to somebody else, in a list of which everyone sees their own.
    pub(crate) others: OnceCell<Uuid>,
}

/// What a cell has to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// 2xx, or 101.
    Granted,
    /// 401.
    Unauthenticated,
    /// 403.
    Forbidden,
    /// 404, whether it is there or not.
    NotFound,
}

/// A cell that answers something else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Red {
    pub(crate) operation: &'static str,
    pub(crate) who: Who,
    pub(crate) target: Target,
    pub(crate) finding: String,
}

/// The rules.
///
/// 1. Whom a route is open to without a look at credentials is granted it.
/// 2. Credentials of a user who may not sign in are 401, even where none are needed.
/// 3. Without a grant: 401 for nobody, 403 for a user, whether the target is there or not.
/// 4. With one, what is not there is 404.
/// 5. What is there is granted with `any`; with `own` to its owner, and 404 to others, who learn nothing of it. A list
///    with `own` shows nothing of others.
pub(crate) fn expected(access: Access, who: Who, target: Target) -> Expected {
    let Access::Needs(permission) = access else {
        return Expected::Granted;
    };
    let Some(grant) = grant(permission, who) else { return Expected::Unauthenticated };
    match (grant, who, target) {
        (Grant::None, Who::Anonymous, _) => Expected::Unauthenticated,
        (Grant::None, _, _) => Expected::Forbidden,
        (_, _, Target::Missing) | (Grant::Own, _, Target::Other) => Expected::NotFound,
        (Grant::Own | Grant::Any, _, _) => Expected::Granted,
    }
}

/// What the policy grants, to those who may sign in.
fn grant(permission: Permission, who: Who) -> Option<Grant> {
    let row = permission.row();
    match who {
        Who::NotActivated | Who::Disabled => None,
        Who::Anonymous => Some(row.anonymous),
        Who::Active(role) => Some(row.of(role).max(row.anonymous)),
        Who::WithoutRole => Some(Role::ALL.map(|role| row.of(role)).into_iter().fold(Grant::Any, Grant::min)),
    }
}

/// Asks every cell of the lines, and gives those that answer otherwise than the policy says, sorted.
pub(crate) async fn red_cells(ground: &Ground, lines: &[&'static Line]) -> Vec<Red> {
    let everyone = Role::ALL.into_iter().map(Who::Active).chain([
        Who::WithoutRole,
        Who::Anonymous,
        Who::NotActivated,
        Who::Disabled,
    ]);
    let everyone: Vec<Who> = everyone.collect();
    let cells = lines.iter().flat_map(|line| {
        let targets = line.targets.iter().map(move |target| (line, *target));
        targets.flat_map(|(line, target)| everyone.iter().map(move |who| (line, *who, target)))
    });
    // Nothing belongs to nobody.
    let cells = cells.filter(|(_, who, target)| !(*who == Who::Anonymous && *target == Target::Own));
    let asked = cells.map(|(line, who, target)| asked(ground, line, who, target)).collect::<Vec<_>>();
    let answers = futures_util::stream::iter(asked).buffer_unordered(AT_ONCE);
    let mut red: Vec<Red> = answers.filter_map(std::future::ready).collect().await;
    red.sort();
    red
}

/// The cells as lines of text.
pub(crate) fn shown(red: &[Red]) -> String {
    red.iter().map(|red| format!("  {red}\n")).collect()
}

async fn asked(ground: &Ground, line: &'static Line, who: Who, target: Target) -> Option<Red> {
    let cell = Cell::new(ground, target, caller(ground, who).await);
    let mut request = (line.ask)(&cell).await;
    if let Some(caller) = &cell.caller {
        request = request.header("authorization", format!("Bearer {}", ground.token(caller).await));
    }
    let answer = request.send().await;
    let shown = String::from_utf8_lossy(answer.body()).into_owned();
    let sees_all = matches!(line.access, Access::Needs(permission) if grant(permission, who) == Some(Grant::Any));
    let shows_others = !sees_all && cell.others.get().is_some_and(|id| shown.contains(&id.to_string()));
    let finding = match shows_others {
        true => "it shows what belongs to somebody else".to_owned(),
        false => differs(expected(line.access, who, target), &answer)?,
    };
    Some(Red { operation: line.operation, who, target, finding })
}

fn differs(expected: Expected, answer: &Answer) -> Option<String> {
    let status = answer.status();
    let is_as_expected = match expected {
        Expected::Granted => status == 101 || (200..300).contains(&status),
        Expected::Unauthenticated => status == 401,
        Expected::Forbidden => status == 403,
        Expected::NotFound => status == 404,
    };
    (!is_as_expected)
        .then(|| format!("expected {expected:?}, got {status}: {}", String::from_utf8_lossy(answer.body())))
}

/// A fresh caller.
async fn caller(ground: &Ground, who: Who) -> Option<User> {
    match who {
        Who::Anonymous => None,
        Who::Active(role) => Some(ground.user(role, Standing::Active).await),
        Who::WithoutRole => Some(ground.user_without_role().await),
        Who::NotActivated => Some(ground.user(Role::Admin, Standing::Dormant).await),
        Who::Disabled => Some(ground.user(Role::Admin, Standing::Disabled).await),
    }
}

impl<'a> Cell<'a> {
    pub(crate) fn new(ground: &'a Ground, target: Target, caller: Option<User>) -> Self {
        Self { ground, target, caller, others: OnceCell::new() }
    }

    /// The user who is the target, or a user id that nobody has.
    pub(crate) async fn target_user(&self) -> Result<User, UserId> {
        match (self.target, &self.caller) {
            (Target::Own, Some(caller)) => Ok(caller.clone()),
            (Target::Other, _) => Ok(self.ground.user(Role::Customer, Standing::Active).await),
            _ => Err(UserId::new()),
        }
    }
}

impl fmt::Display for Red {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {:?} of {:?}: {}", self.operation, self.who, self.target, self.finding)
    }
}

/// As it is written in a table of routes.
pub(crate) const fn needs(permission: Permission) -> Access {
    Access::Needs(permission)
}
