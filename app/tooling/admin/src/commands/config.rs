//! `admin config`.

use crate::cli::Config;
use crate::context::Context;
use crate::exit::Failure;
use crate::output::Reply;
use crate::table::Table;

pub(super) fn run(context: &Context, command: Config) -> Result<Reply, Failure> {
    match command {
        Config::Show => show(context),
    }
}

fn show(context: &Context) -> Result<Reply, Failure> {
    let loaded = context.settings()?;
    let mut table = Table::new(&["key", "value", "source"], "no settings");
    for shown in loaded.show() {
        table.row([&shown.key, &shown.value, &shown.source.to_string()]);
    }
    Ok(Reply::table(loaded.json(), table))
}
