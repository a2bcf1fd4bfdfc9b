//! The policy as a page: who may do what, by which routes.

use std::fmt::Write as _;

use auth::{Grant, Permission};
use types::Role;

use super::escape;
use crate::route::{Access, Route, Routes};

/// The policy, with the routes of these tables, as the body of a page.
pub(super) fn body(tables: &[Routes]) -> String {
    let mut html = String::from(
        "<p>Every route asks for one permission; a caller with several roles has the most that one of them is \
         granted, a caller with none what all of them are. A permission without a route is asked for by a part of one.</p><dl>\
         <dt class=\"any\">any</dt><dd>granted, whatever it is about</dd>\
         <dt class=\"own\">own</dt><dd>granted for what belongs to the caller; everything else is not found (404)</dd>\
         <dt class=\"none\">no</dt><dd>refused: 401 without credentials, 403 with them</dd></dl>\
         <div class=\"wide\"><table><thead><tr><th scope=\"col\">permission</th><th scope=\"col\">anonymous</th>",
    );
    for role in Role::ALL {
        let _ = write!(html, "<th scope=\"col\">{role}</th>");
    }
    html.push_str("<th scope=\"col\">routes</th></tr></thead><tbody>");
    for permission in Permission::ALL {
        let row = permission.row();
        let _ = write!(
            html,
            "\n<tr><th scope=\"row\"><code>{permission}</code><br>{}</th>{}",
            escape(permission.description()),
            cell(row.anonymous),
        );
        for role in Role::ALL {
            html.push_str(cell(row.of(role).max(row.anonymous)));
        }
        let _ = write!(html, "<td>{}</td></tr>", list(tables, |access| access == Access::Needs(*permission)));
    }
    let open = list(tables, |access| !matches!(access, Access::Needs(_)));
    let _ = write!(
        html,
        "</tbody></table></div><p>These ask for none, and do not look at credentials: {open}.</p>\
         <p><a href=\"/docs/\">The reference</a></p>"
    );
    html
}

fn cell(grant: Grant) -> &'static str {
    match grant {
        Grant::Any => "<td class=\"any\">any</td>",
        Grant::Own => "<td class=\"own\">own</td>",
        Grant::None => "<td class=\"none\">no</td>",
    }
}

/// The routes that ask for it.
fn list(tables: &[Routes], asks: impl Fn(Access) -> bool) -> String {
    let routes = tables.iter().flat_map(Routes::iter).filter(|route| asks(route.access));
    routes.map(named).collect::<Vec<_>>().join(", ")
}

fn named(route: &Route) -> String {
    format!("<code>{} {}</code>", route.method, escape(route.path))
}
