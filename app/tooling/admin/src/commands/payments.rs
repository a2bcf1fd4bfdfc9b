//! `admin payments`.

use cards::{Period, Provider};
use paymentbus::{Business, Error, Report};
use serde_json::{Value, json};
use types::Money;

use crate::cli::{Payments, Reconcile};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Reply;
use crate::table::Table;

pub(super) async fn run(context: &Context, command: Payments) -> Result<Reply, Failure> {
    match command {
        Payments::Reconcile(arguments) => reconcile(context, arguments).await,
    }
}

async fn reconcile(context: &Context, arguments: Reconcile) -> Result<Reply, Failure> {
    let Reconcile { from, to } = arguments;
    if from >= to {
        return Err(Failure::usage("--from has to be before --to"));
    }
    let settings = context.settings()?.settings;
    let connected = context.connect_to(&settings).await?;
    let settings = &settings.payments;
    let provider = match &settings.provider_url {
        Some(url) => Some(
            Provider::new(url, settings.provider_key.clone().unwrap_or_default())
                .map_err(|error| Failure::of(Exit::Configuration, &error).context("payments.provider_url"))?,
        ),
        None => {
            context
                .output
                .note("payments.provider_url is not set: the ledger is added up, and compared with no other books");
            None
        }
    };
    let has_books = provider.is_some();
    let payments = Business::new(connected.db.clone(), provider);
    let report = match has_books {
        true => payments.reconcile(Period { from, before: to }).await,
        false => payments.add_up().await,
    };
    let report = report.map_err(|error| meaning(&error))?;
    for finding in &report.findings {
        let charge = finding.charge_id.as_ref().map(|id| format!(", charge {id}")).unwrap_or_default();
        context.output.note(&format!("payment {}{charge}: {}", finding.payment_id, finding.fault.as_str()));
    }
    for total in &report.ledger.unbalanced {
        context.output.note(&format!("the ledger does not add up: {} is left over", shown(total)));
    }
    if report.ledger.drifted > 0 {
        context.output.note(&format!("{} accounts have another balance than their entries", report.ledger.drifted));
    }
    if has_books {
        context.output.note(&format!(
            "{} charges, {} payments by card, {} settled, {} do not fit",
            report.charges,
            report.payments,
            report.settled.len(),
            report.findings.len()
        ));
    }
    let mut table = Table::new(&["accounts", "currency", "minor units"], "nothing was ever booked");
    for (kind, total) in &report.ledger.totals {
        table.row([kind.as_str(), total.currency.as_str(), &total.amount.to_string()]);
    }
    let exit = if report.is_right() { Exit::Done } else { Exit::Drift };
    Ok(Reply::table(document(&report), table).with_exit(exit))
}

fn meaning(error: &Error) -> Failure {
    match error {
        Error::Provider(_) => {
            Failure::of(Exit::Unavailable, error).mend("is the provider of payments.provider_url up?")
        }
        Error::Store(sqldb::Error::Unavailable { .. }) => Failure::of(Exit::Unavailable, error),
        error => Failure::of(Exit::Failed, error),
    }
}

fn shown(money: &Money) -> String {
    format!("{} {}", money.amount, money.currency)
}

fn document(report: &Report) -> Value {
    let money = |money: &Money| json!({ "amount": money.amount, "currency": money.currency.as_str() });
    let findings = report.findings.iter().map(|finding| {
        json!({
            "payment_id": finding.payment_id.to_string(),
            "charge_id": finding.charge_id.as_ref().map(|id| id.as_str()),
            "fault": finding.fault.as_str(),
        })
    });
    let totals = report.ledger.totals.iter().map(|(kind, total)| json!({ "accounts": kind, "total": money(total) }));
    json!({
        "charges": report.charges,
        "payments": report.payments,
        "settled": report.settled.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "findings": findings.collect::<Vec<_>>(),
        "ledger": {
            "totals": totals.collect::<Vec<_>>(),
            "unbalanced": report.ledger.unbalanced.iter().map(money).collect::<Vec<_>>(),
            "drifted": report.ledger.drifted,
        },
    })
}
