//! What can go wrong with stores.

use std::time::Duration;

/// Why a file was not written, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// As many uploads are under way as are taken at once.
    #[error("as many uploads are under way as are taken at once")]
    Busy,
    /// There is no such store, or none at all.
    #[error("there is no such store")]
    NoStore,
    /// Every store failed; the reason of each.
    #[error("no store could do it: {0}")]
    AllFailed(String),
    /// A store failed.
    #[error("the store failed")]
    Failed(#[from] object_store::Error),
    /// A store did not answer in time.
    #[error("the store did not answer within {0:?}")]
    Late(Duration),
    /// What a store has is not what was written to it.
    #[error("the store has something else than what was written to it")]
    Corrupt,
    /// The name of the parts that a store keeps could not be noted: they could not be removed.
    #[error("the name of the parts that the store keeps could not be noted")]
    Unnoted,
    /// The work was given up by the process, which stops.
    #[error("the process stops")]
    Stopped,
}

impl Error {
    /// Whether the store says that it has no such file.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Failed(object_store::Error::NotFound { .. }))
    }

    /// The messages of the chain, for the log.
    pub(crate) fn chain(&self) -> String {
        let (mut text, mut cause) = (self.to_string(), std::error::Error::source(self));
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

/// What `work` gives, unless it takes longer than `limit`.
pub(crate) async fn timely<T, E: Into<Error>>(
    limit: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Error> {
    tokio::time::timeout(limit, work).await.map_err(|_| Error::Late(limit))?.map_err(Into::into)
}
