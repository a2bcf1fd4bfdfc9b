//! What the gateway answers by itself, in the words of the services.

use std::fmt::Write as _;

use apierror::Code;

/// What nginx finds out by itself, and the problem that this is. 494 to 497 are its own (a head that is too large, TLS).
const CAUSES: &[(&[u16], Code)] = &[
    (&[400, 495, 496, 497, 505], Code::BadRequest),
    (&[404], Code::NotFound),
    (&[405], Code::MethodNotAllowed),
    (&[408], Code::RequestTimeout),
    (&[413], Code::ContentTooLarge),
    (&[414], Code::UriTooLong),
    (&[429], Code::QuotaExceeded),
    (&[431, 494], Code::HeadersTooLarge),
    (&[500, 501], Code::Internal),
    // Nobody of the service is there: the client may try again.
    (&[502, 503], Code::Unavailable),
    (&[504], Code::DeadlineExceeded),
];

/// Those that a later request may fare better than say when.
const LATER: &[Code] = &[Code::QuotaExceeded, Code::Unavailable, Code::DeadlineExceeded];

/// The pages of errors, each a problem document (RFC 9457). `$problem_instance`, `$trace_id` and `$allowed` are maps of `nginx.conf`.
pub fn problems() -> String {
    let mut text = String::from(
        "# Made by `admin check --accept` from the kinds of errors of the API: what the gateway answers by itself.\n",
    );
    for (statuses, code) in CAUSES {
        let status = code.status().as_u16();
        let statuses = statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(" ");
        let field = match code {
            code if LATER.contains(code) => "\n    add_header Retry-After 1 always;",
            Code::MethodNotAllowed => "\n    add_header Allow $allowed always;",
            _ => "",
        };
        let (slug, title, media_type) = (code.slug(), code.title().replace('\'', "\\'"), problem::MEDIA_TYPE);
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\nerror_page {statuses} ={status} /.problem/{slug};\n\
             location = /.problem/{slug} {{\n    \
                 internal;\n    \
                 default_type {media_type};\n    \
                 include answer.conf;{field}\n    \
                 return {status} '{{\"type\":\"/problems/{slug}\",\"title\":\"{title}\",\"status\":{status},\"instance\":\"$problem_instance\",\"trace_id\":\"$trace_id\"}}';\n\
             }}\n"
        );
    }
    text
}
