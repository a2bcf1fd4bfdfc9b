//! A file that a store lacks, from one that has it.

use aws_lc_rs::digest::{Context, SHA256};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;

use crate::error::Error;
use crate::key::Key;
use crate::window::BLOCK;
use crate::writer::Writer;
use crate::{Reader, Stores};

/// What a file is, whoever has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of it.
    pub sha256: [u8; 32],
}

impl Stores {
    /// Writes the file to the store `to`, as those of `from` have it, and removes what an earlier writer left there, the
    /// parts named `begun` among it. It is there in the end if it is `content`, to the bit. The name under which the store
    /// keeps parts meanwhile is given to `note`, which says whether it is noted.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when it is something else; [`Error::NoStore`]; [`Error::Unnoted`]; stores failed.
    pub async fn copy<N: Future<Output = bool>>(
        &self,
        key: Key,
        content: Content,
        from: &[String],
        to: &str,
        begun: Option<&str>,
        note: impl FnOnce(String) -> N,
    ) -> Result<(), Error> {
        let store = self.named(to)?.clone();
        if begun.is_some() {
            store.clean(key, begun, self.0.patience).await?;
        }
        let from: Vec<String> = from.iter().filter(|name| *name != to).cloned().collect();
        let reader = self.read(key, 0..content.size, &from).await?;
        let mut writer = Writer::new(store.clone(), key, self.0.patience);
        let outcome = copy(reader, content, &mut writer, note).await;
        match &outcome {
            // What others have begun in a folder goes when the file is there, not before: who finds the number taken writes
            // under another, while that of a writer who lives after all would be free, and then be that of both.
            Ok(()) => drop(store.clean(key, None, self.0.patience).await),
            Err(_) => writer.abort().await,
        }
        outcome
    }
}

async fn copy<N: Future<Output = bool>>(
    mut reader: Reader,
    content: Content,
    writer: &mut Writer,
    note: impl FnOnce(String) -> N,
) -> Result<(), Error> {
    let mut note = Some(note);
    let mut hash = Context::new(&SHA256);
    let (mut blocks, mut block) = (Vec::new(), BytesMut::with_capacity(BLOCK));
    while let Some(chunk) = reader.next().await {
        let mut chunk = chunk?;
        hash.update(&chunk);
        while !chunk.is_empty() {
            if block.len() == BLOCK {
                blocks.push(std::mem::replace(&mut block, BytesMut::with_capacity(BLOCK)).freeze());
            }
            if blocks.len() == writer.blocks() {
                if !writer.has_begun()
                    && let Some(parts) = writer.begin().await?
                    && let Some(note) = note.take()
                    && !note(parts).await
                {
                    return Err(Error::Unnoted);
                }
                writer.part(std::mem::take(&mut blocks)).await?;
            }
            let taken: Bytes = chunk.split_to(chunk.len().min(BLOCK - block.len()));
            block.extend_from_slice(&taken);
        }
    }
    if hash.finish().as_ref() != content.sha256 {
        return Err(Error::Corrupt);
    }
    blocks.push(block.freeze());
    writer.close(blocks).await
}
