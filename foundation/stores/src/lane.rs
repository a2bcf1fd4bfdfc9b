//! One store of an upload, from the first block to the file that is there, or is not.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use crate::error::Error;
use crate::upload::{Begun, Outcome};
use crate::window::Window;
use crate::writer::Writer;

/// Feeds a writer from the window, and says what became of the file. However it ends, the window is not held any more.
pub(crate) async fn run(
    window: Arc<Window>,
    lane: usize,
    mut writer: Writer,
    begun: UnboundedSender<Begun>,
    ended: UnboundedSender<(String, Outcome)>,
) {
    let out = window.out(lane);
    let outcome = tokio::select! {
        biased;
        () = out.cancelled() => Outcome::GivenUp,
        outcome = write(&window, lane, &mut writer, &begun) => match outcome {
            Ok(true) => Outcome::Stored,
            Ok(false) => Outcome::GivenUp,
            Err(error) => Outcome::Failed(error.chain()),
        },
    };
    window.leave(lane);
    let is_stored = outcome == Outcome::Stored;
    // First: a store that hangs takes its time for the removal as well. Whoever listened may have gone.
    let _ = ended.send((writer.store().name().to_owned(), outcome));
    if !is_stored {
        writer.abort().await;
    }
}

/// Whether the file is there in the end.
async fn write(
    window: &Window,
    lane: usize,
    writer: &mut Writer,
    begun: &UnboundedSender<Begun>,
) -> Result<bool, Error> {
    loop {
        let Some(part) = window.next(lane, writer.blocks()).await else {
            return Ok(false);
        };
        let count = part.blocks.len();
        if part.is_last {
            writer.close(part.blocks).await?;
            return Ok(true);
        }
        if !writer.has_begun()
            && let Some(parts) = writer.begin().await?
        {
            // Whoever listened has gone, and with them the file.
            let _ = begun.send(Begun { store: writer.store().name().to_owned(), parts });
        }
        writer.part(part.blocks).await?;
        window.written(lane, count);
    }
}
