//! Requests byte by byte, for what a well-behaved client does not send.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::api::Api;
use crate::split::split_is_wanted;

/// How long a gateway has nothing to say when it has said all.
const QUIET: Duration = Duration::from_secs(1);

/// How long it may be silent before it says anything: as long as a connection is waited for to close.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection to the first instance.
pub struct Raw(TcpStream);

impl Raw {
    /// Connects.
    pub async fn connect(api: &Api) -> Self {
        Self(TcpStream::connect(api.address(0)).await.unwrap())
    }

    /// Sends these bytes.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends as much of these bytes as the other side takes.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// Says nothing more, and gives the status codes of all answers until the connection closes.
    pub async fn held(self) -> Vec<u16> {
        answers(self.0, Vec::new()).await
    }

    /// Says that nothing more comes, and gives the status codes of all answers until the connection closes.
    pub async fn finish(mut self) -> Vec<u16> {
        let mut bytes = Vec::new();
        if split_is_wanted() {
            // A gateway takes the end of what a client says for the client's leave: it is said once all was answered.
            let mut patience = PATIENCE;
            while let Ok(Ok(1..)) = tokio::time::timeout(patience, self.0.read_buf(&mut bytes)).await {
                patience = QUIET;
            }
        }
        // The other side may have closed already.
        let _ = self.0.shutdown().await;
        answers(self.0, bytes).await
    }
}

async fn answers(mut stream: TcpStream, mut bytes: Vec<u8>) -> Vec<u16> {
    let reading = stream.read_to_end(&mut bytes);
    // A reset after an answer is an end as well.
    let _ = tokio::time::timeout(PATIENCE, reading).await.expect("the connection closes");
    String::from_utf8_lossy(&bytes)
        .split("HTTP/1.1 ")
        .skip(1)
        .map(|answer| answer[..3].parse().expect("a status code"))
        .collect()
}
