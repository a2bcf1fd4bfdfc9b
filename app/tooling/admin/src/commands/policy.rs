//! `admin policy`.

use auth::{Grant, Permission, policy};

use crate::output::Reply;
use crate::table::Table;

pub(super) fn run() -> Reply {
    let mut table =
        Table::new(&["permission", "anonymous", "admin", "editor", "support", "customer", "what it is for"], "");
    for permission in Permission::ALL {
        let row = permission.row();
        let [anonymous, admin, editor, support, customer] =
            [row.anonymous, row.admin, row.editor, row.support, row.customer].map(cell);
        let (name, purpose) = (permission.as_str(), permission.description());
        table.row([name, anonymous, admin, editor, support, customer, purpose]);
    }
    Reply::table(policy::to_json(), table)
}

fn cell(grant: Grant) -> &'static str {
    match grant {
        Grant::None => "-",
        Grant::Own => "own",
        Grant::Any => "any",
    }
}
