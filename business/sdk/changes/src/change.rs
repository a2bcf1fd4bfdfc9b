//! One change of one row.

use types::{Id, UserId, Version};
use uuid::Uuid;

use crate::fields::{Fields, has_difference};
use crate::name::{Action, Entity};

/// A change of a row, as its domain tells of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What kind of row it is.
    pub entity: Entity,
    /// Which row.
    pub id: Uuid,
    /// Its version after the change; the last one when it is gone.
    pub version: Version,
    /// What happened.
    pub action: Action,
    /// The user whose row it is, where rows have owners: who may see `own` rows may see their events.
    pub owner: Option<UserId>,
    /// The row before; `None` when there was none, or nothing is to be told of it.
    pub before: Option<Fields>,
    /// The row after; `None` when there is none, or nothing is to be told of it.
    pub after: Option<Fields>,
}

impl Change {
    /// The row came into being.
    pub fn created<K>(entity: Entity, id: Id<K>, version: Version, after: Fields) -> Self {
        Self::of(entity, id, version, Action::CREATED, None, Some(after))
    }

    /// The row changed. Where nothing differs, [`record`](crate::record) records nothing.
    pub fn updated<K>(entity: Entity, id: Id<K>, version: Version, before: Fields, after: Fields) -> Self {
        Self::of(entity, id, version, Action::UPDATED, Some(before), Some(after))
    }

    /// The row is gone.
    pub fn deleted<K>(entity: Entity, id: Id<K>, version: Version, before: Fields) -> Self {
        Self::of(entity, id, version, Action::DELETED, Some(before), None)
    }

    /// The same change under a verb of its domain.
    #[must_use]
    pub fn called(self, action: Action) -> Self {
        Self { action, ..self }
    }

    /// The same change of a row that belongs to a user.
    #[must_use]
    pub fn owned_by(self, owner: UserId) -> Self {
        Self { owner: Some(owner), ..self }
    }

    fn of<K>(
        entity: Entity,
        id: Id<K>,
        version: Version,
        action: Action,
        before: Option<Fields>,
        after: Option<Fields>,
    ) -> Self {
        Self { entity, id: id.uuid(), version, action, owner: None, before, after }
    }

    /// Whether there is something to tell: an update that changed nothing is no change. A domain's own verb always tells
    /// something.
    pub(crate) fn is_news(&self) -> bool {
        self.action != Action::UPDATED || has_difference(self)
    }
}
