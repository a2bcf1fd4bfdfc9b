//! What to try first on a developer's machine.

use std::net::SocketAddr;

use seeding::PASSWORD;

/// Lines for a terminal: a command that adds a film.
pub(crate) fn text(public: SocketAddr) -> String {
    let login = format!(
        "curl -s http://{public}/v1/auth/login -H 'Content-Type: application/json' \
         -d '{{\"email\":\"editor@example.com\",\"password\":\"{PASSWORD}\"}}' \
         | sed -E 's/.*\"access_token\":\"([^\"]+)\".*/\\1/'"
    );
    format!(
        "  add a film:\n\
         \x20   curl -i http://{public}/v1/movies \\\n\
         \x20     -H \"Authorization: Bearer $({login})\" \\\n\
         \x20     -H 'Content-Type: application/json' \\\n\
         \x20     -d '{{\"title\":\"My First Film\",\"year\":2026,\"price\":{{\"amount\":990,\"currency\":\"USD\"}},\"stock\":3}}'\n"
    )
}
