//! Notices, on their way to whoever wants them.

use std::time::Duration;

use cards::webhook::{Secret, WireNotice};
use cards::wire::WireCharge;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use outbound::{Call, Client, Method, Url};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::book::{Book, Notices};

/// The pauses before a notice is sent, the first time and again.
const PAUSES: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
];

/// How long one attempt may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Something to do later.
pub(crate) enum Task {
    /// Tell of the charge as it is.
    Tell(WireCharge),
    /// Decide a charge after a while, and tell of it.
    Decide(String, Duration, &'static str),
}

/// Where notices go, and how they are signed.
#[derive(Clone)]
pub(crate) struct Notifier {
    pub(crate) client: Client,
    pub(crate) secret: Secret,
    /// `None` until somebody wants them.
    pub(crate) target: watch::Receiver<Option<Url>>,
    pub(crate) book: Book,
}

impl Notifier {
    /// Does what is to be done, all at once, for ever.
    pub(crate) async fn run(self, mut tasks: UnboundedReceiver<Task>) {
        let mut under_way = FuturesUnordered::new();
        loop {
            tokio::select! {
                Some(task) = tasks.recv() => under_way.push(self.one(task)),
                Some(()) = under_way.next(), if !under_way.is_empty() => {}
                else => return,
            }
        }
    }

    async fn one(&self, task: Task) {
        let charge = match task {
            Task::Tell(charge) => charge,
            Task::Decide(id, after, status) => {
                sleep(after).await;
                let Some(charge) = self.book.state().decide(&id, status) else { return };
                charge
            }
        };
        self.tell(&charge).await;
    }

    async fn tell(&self, charge: &WireCharge) {
        let notice = WireNotice { kind: format!("charge.{}", charge.status), data: charge.clone() };
        let Ok(body) = serde_json::to_vec(&notice) else { return };
        let id = format!("msg_{}", Uuid::now_v7().simple());
        let mut wanted = 1;
        for pause in PAUSES {
            sleep(pause).await;
            match self.book.state().mood.notices {
                Notices::None => return,
                Notices::Sent => {}
                Notices::Twice => wanted = 2,
            }
            while wanted > 0 && self.send(&id, &body).await {
                wanted -= 1;
            }
            if wanted == 0 {
                return;
            }
        }
    }

    /// Whether it was taken.
    async fn send(&self, id: &str, body: &[u8]) -> bool {
        let Some(target) = self.target.borrow().clone() else { return false };
        // Signed anew each time: a notice is of the moment it is sent.
        let timestamp = types::now().timestamp().to_string();
        let signature = self.secret.sign(id, &timestamp, body);
        let call = Call::new(Method::POST, target)
            .header("content-type", "application/json")
            .and_then(|call| call.header("webhook-id", id))
            .and_then(|call| call.header("webhook-timestamp", &timestamp))
            .and_then(|call| call.header("webhook-signature", &signature));
        let Ok(call) = call else { return false };
        let answer = self.client.call(call.body(body.to_vec()), Instant::now() + PATIENCE).await;
        answer.is_ok_and(|answer| answer.status.is_success())
    }
}
