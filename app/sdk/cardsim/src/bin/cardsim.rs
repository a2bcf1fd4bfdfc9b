//! `cardsim`: a provider of card payments that charges nobody.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;

use cards::webhook::Secret;
use cardsim::{Options, Server};
use clap::Parser;
use outbound::Url;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

/// A provider of card payments that charges nobody, to develop against.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where it listens; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:3020")]
    listen: SocketAddr,
    /// What its customers show as a bearer token.
    #[arg(long, env = "CARDSIM_KEY", hide_env_values = true)]
    key: SecretString,
    /// What its notices are signed with: whsec_ and 24 to 64 bytes in base64.
    #[arg(long, env = "CARDSIM_SECRET", hide_env_values = true)]
    secret: SecretString,
    /// Where its notices go, such as http://127.0.0.1:3000/v1/payments/notices.
    #[arg(long)]
    notify: Option<Url>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when this fails.
            let _ = writeln!(std::io::stderr(), "cardsim: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { listen, key, secret, notify } = arguments;
    let server = Server::bind(Options { listen, key, secret: Secret::parse(&secret)?, notify })?;
    writeln!(std::io::stdout(), "cardsim: ready on {}", server.url())?;
    tokio::select! {
        served = server.run(CancellationToken::new()) => Ok(served?),
        // Without the signal's handler, the program ends by the signal itself.
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}
