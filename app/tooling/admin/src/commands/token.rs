//! `admin token`.

use auth::Authenticator;
use keystore::KeyStore;
use serde_json::json;
use userbus::Business;

use crate::cli::Token;
use crate::context::Context;
use crate::exit::Failure;
use crate::output::Reply;

/// Flag that takes the place of a setting, so that it is read and judged as one.
const TTL: &str = "auth.access_ttl";

pub(super) async fn run(context: &Context, arguments: Token) -> Result<Reply, Failure> {
    let mut flags = context.flags.clone();
    flags.keys.extend(arguments.ttl.map(|ttl| (TTL.to_owned(), ttl)));
    let context = Context { flags, output: context.output.clone() };
    let settings = context.settings()?.settings;
    let keys = KeyStore::open(&settings.auth.keys_dir)?;

    let connected = context.connect_to(&settings).await?;
    let users = Business::new(connected.db.clone());
    let named = arguments.user.email.or(arguments.user.user_id).unwrap_or_default();
    let user = super::users::find(&users, &named).await?;
    if !user.may_sign_in() {
        let mend =
            if user.enabled { "activate the account first" } else { "`admin users enable` lets the user in again" };
        return Err(Failure::refused(format!("{named} may not sign in: no service would take the token")).mend(mend));
    }
    let tokens = auth::Settings {
        issuer: settings.auth.issuer,
        audience: settings.auth.audience,
        access_ttl: settings.auth.access_ttl,
    };
    let token = Authenticator::new(keys, tokens, users, &connected.db).mint(&user)?;
    let data = json!({
        "access_token": token.expose(),
        "token_type": "Bearer",
        "expires_in": token.expires_in.as_secs(),
        "token_id": token.token_id.to_string(),
        "user_id": user.id.to_string(),
    });
    Ok(Reply::document(data, format!("{}\n", token.expose())))
}
