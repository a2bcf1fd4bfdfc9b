//! Where a file lies in each store.

use object_store::path::Path;
use uuid::Uuid;

/// The place of a file in every store: a folder of the program's choice, and an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    folder: &'static str,
    id: Uuid,
}

impl Key {
    /// The place of the file `id` in `folder`, which is one plain word.
    pub const fn new(folder: &'static str, id: Uuid) -> Self {
        Self { folder, id }
    }

    /// The path: files are spread over 256 folders by the last byte of their id, which is random in version 7.
    pub(crate) fn path(self) -> Path {
        let spread = format!("{:02x}", self.id.as_bytes()[15]);
        Path::from_iter([self.folder, spread.as_str(), self.id.to_string().as_str()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_lies_where_its_id_says() {
        let id = Uuid::try_parse("01a1fe57-53d9-74e6-a7c6-8543980362f2").unwrap();
        assert_eq!(Key::new("media", id).path().as_ref(), "media/f2/01a1fe57-53d9-74e6-a7c6-8543980362f2");
    }
}
