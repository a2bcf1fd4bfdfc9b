//! Who sits where, and what was told last.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use metrics::{counter, gauge};
use settings::Live;
use uuid::Uuid;

use crate::feed::Refused;
use crate::item::{Item, Key};
use crate::outbox::{End, Outbox, Put};
use crate::seat::{Attached, Kind, Missed, Who};

/// The first pause that clients are asked to make when the process stops, and by how much more it is at most.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(4));

/// What the feed knows; under one lock.
#[derive(Default)]
pub(crate) struct State {
    /// All up to here was told; `None` until it has begun.
    last: Option<i64>,
    /// Where the events were when it began: until then it tells of the past, and nobody can join in.
    begun: i64,
    /// The id of the last event, shown or not.
    last_id: Option<Uuid>,
    /// The last events that are shown, oldest first: of those above `reach` all.
    memory: VecDeque<Arc<Item>>,
    reach: i64,
    topics: HashMap<Key, HashMap<u64, Arc<Outbox>>>,
    seats: HashMap<u64, Arc<Outbox>>,
    /// Whose queue is to be filled from memory.
    behind: HashMap<u64, Arc<Outbox>>,
    counts: HashMap<Who, usize>,
    next: u64,
    is_draining: bool,
}

impl State {
    /// What comes is above `from`, and happens once it is above `head`.
    pub(crate) fn begin(&mut self, from: i64, head: i64) {
        (self.last, self.last_id, self.reach, self.begun) = (Some(from), None, from, head);
        self.memory.clear();
    }

    /// What was told is of no use any more.
    pub(crate) fn void(&mut self) {
        self.last = None;
        self.memory.clear();
        self.behind.clear();
        for outbox in self.seats.values() {
            outbox.end(End::Void);
        }
    }

    /// Nothing that is shown lies between the last one and this position.
    pub(crate) fn pass(&mut self, position: i64, event_id: Option<Uuid>) {
        self.last = Some(position);
        self.last_id = event_id.or(self.last_id);
    }

    /// Hands an event to whoever subscribed; says how many those are.
    pub(crate) fn hand_out(&mut self, item: Item, limit: usize) -> usize {
        self.pass(item.position, Some(item.id));
        let item = Arc::new(item);
        let mut count = 0;
        for key in &item.keys {
            for (seat_id, outbox) in self.topics.get(key).into_iter().flatten() {
                match outbox.put(&item) {
                    Put::Taken => count += 1,
                    Put::Behind => drop(self.behind.insert(*seat_id, Arc::clone(outbox))),
                    Put::Not => {}
                }
            }
        }
        self.memory.push_back(item);
        while self.memory.len() > limit {
            if let Some(forgotten) = self.memory.pop_front() {
                self.reach = forgotten.position;
            }
        }
        self.drop_slow();
        count
    }

    /// Ends those whose next event is not in memory any more.
    fn drop_slow(&mut self) {
        let reach = self.reach;
        self.behind.retain(|_, outbox| match outbox.behind() {
            Some(last) if last < reach => {
                outbox.end(End::Slow);
                counter!("live_dropped_total", "reason" => "slow").increment(1);
                false
            }
            still => still.is_some(),
        });
    }

    /// Fills a queue from memory that had no room for all that came; says how much that was.
    pub(crate) fn fill(&self, outbox: &Outbox, keys: &[Key]) -> usize {
        // Who fell behind memory was ended when memory moved on.
        let (Some(after), Some(position)) = (outbox.behind(), self.last) else { return 0 };
        outbox.fill(self.memory_above(after).filter(|item| item.is_for(keys)), position)
    }

    fn memory_above(&self, position: i64) -> impl Iterator<Item = &Arc<Item>> {
        self.memory.range(self.memory.partition_point(|item| item.position <= position)..)
    }

    pub(crate) fn enter(&mut self, who: Who, kind: Kind, live: &Live) -> Result<(u64, Arc<Outbox>), Refused> {
        if self.is_draining {
            return Err(Refused::Draining);
        }
        if self.seats.len() >= live.max_connections {
            return Err(Refused::Process);
        }
        self.count(who, live)?;
        self.next += 1;
        let outbox = Arc::new(Outbox::new(live.queue));
        self.seats.insert(self.next, Arc::clone(&outbox));
        gauge!("live_connections", "kind" => kind.as_str()).increment(1);
        gauge!("live_connections_max").set(live.max_connections as f64);
        Ok((self.next, outbox))
    }

    pub(crate) fn leave(&mut self, seat_id: u64, who: Who, kind: Kind, keys: &[Key]) {
        self.detach(seat_id, keys);
        self.seats.remove(&seat_id);
        self.behind.remove(&seat_id);
        self.uncount(who);
        gauge!("live_connections", "kind" => kind.as_str()).decrement(1);
    }

    /// Counts a seat as another's from now on.
    pub(crate) fn identify(&mut self, before: Who, who: Who, live: &Live) -> Result<(), Refused> {
        if before != who {
            self.count(who, live)?;
            self.uncount(before);
        }
        Ok(())
    }

    /// Attaches a seat to what it does not have yet; what it missed after a position, if it is still known.
    pub(crate) fn attach(
        &mut self,
        seat_id: u64,
        had: &[Key],
        keys: &[Key],
        after: Option<i64>,
        live: &Live,
    ) -> Result<Attached, Refused> {
        let (Some(last), Some(outbox)) = (self.last, self.seats.get(&seat_id).cloned()) else {
            return Err(Refused::Starting);
        };
        // Another replica is further, and what came from there is not to come again: what is new would be passed over with it.
        let is_ahead = !had.is_empty() && outbox.last() > last;
        if last < self.begun || is_ahead {
            return Err(Refused::Starting);
        }
        let new = || keys.iter().filter(|key| !had.contains(key));
        if new().any(|key| self.topics.get(key).is_some_and(|seats| seats.len() >= live.max_per_topic)) {
            return Err(Refused::Topic);
        }
        if let Some(after) = after.filter(|after| *after < self.reach) {
            return Ok(Attached::Behind { after, reach: self.reach });
        }
        let (missed, last_id) = match after {
            // Another replica is further: what comes here was had from there.
            Some(after) if after > last && had.is_empty() => {
                outbox.skip_to(after);
                (Vec::new(), None)
            }
            Some(after) => {
                // Together with what waits of the others: in the one order.
                let (queued, behind) = outbox.take_all();
                let mut missed: BTreeMap<i64, Arc<Item>> =
                    queued.into_iter().map(|item| (item.position, item)).collect();
                let theirs =
                    behind.into_iter().flat_map(|after| self.memory_above(after)).filter(|item| item.is_for(had));
                let own = self.memory_above(after).filter(|item| item.is_for(keys));
                missed.extend(theirs.chain(own).map(|item| (item.position, Arc::clone(item))));
                outbox.skip_to(last);
                (missed.into_values().collect(), self.last_id)
            }
            None => (Vec::new(), self.last_id),
        };
        for key in new() {
            self.topics.entry(*key).or_default().insert(seat_id, Arc::clone(&outbox));
            gauge!("live_subscriptions").increment(1);
        }
        Ok(Attached::Live(Missed { items: missed, last_id }))
    }

    pub(crate) fn detach(&mut self, seat_id: u64, keys: &[Key]) {
        for key in keys {
            let Some(seats) = self.topics.get_mut(key) else { continue };
            if seats.remove(&seat_id).is_some() {
                gauge!("live_subscriptions").decrement(1);
            }
            if seats.is_empty() {
                self.topics.remove(key);
            }
        }
    }

    /// Where an event is that memory has.
    pub(crate) fn position_of(&self, event_id: Uuid) -> Option<i64> {
        if self.last_id == Some(event_id) {
            return self.last;
        }
        self.memory.iter().rev().find(|item| item.id == event_id).map(|item| item.position)
    }

    /// Ends all seats one after the other, over this time, and takes no more.
    pub(crate) fn drain(&mut self, window: Duration) {
        self.is_draining = true;
        let count = u32::try_from(self.seats.len()).unwrap_or(u32::MAX).max(1);
        for (outbox, index) in self.seats.values().zip(0u32..) {
            let share = f64::from(index) / f64::from(count);
            // Not in the order in which they end: each comes back when it will.
            let spread = f64::from(index.wrapping_mul(2_654_435_761)) / f64::from(u32::MAX);
            let retry = RETRY.0 + RETRY.1.mul_f64(spread);
            outbox.end(End::Draining { after: window.mul_f64(share), retry });
        }
    }

    fn count(&mut self, who: Who, live: &Live) -> Result<(), Refused> {
        let (limit, refused) = match who {
            Who::User(_) => (live.max_per_user, Refused::User),
            Who::Address(_) => (live.max_per_address, Refused::Address),
        };
        let count = self.counts.entry(who).or_default();
        if *count >= limit {
            return Err(refused);
        }
        *count += 1;
        Ok(())
    }

    fn uncount(&mut self, who: Who) {
        if let Some(count) = self.counts.get_mut(&who) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use events::Event;
    use serde_json::json;

    use super::*;
    use crate::item::{Entity, Of};

    const ENTITIES: &[Entity] = &[Entity { name: "film", topic: Some("films"), is_listed: true, members: &[] }];
    const FILMS: Key = Key { entity: "film", of: Of::All };
    const ID: Uuid = Uuid::from_u128(7);
    const FILM: Key = Key { entity: "film", of: Of::Row(ID) };

    fn item(position: i64) -> Item {
        let event: Event = serde_json::from_value(json!({
            "id": Uuid::from_u128(position.unsigned_abs().into()), "position": position, "partition": 0, "entity": "film",
            "entity_id": ID, "version": position, "action": "updated", "owner_id": null, "data": {},
            "occurred_at": "2026-01-01T00:00:00Z",
        }))
        .unwrap();
        Item::new(ENTITIES, &event).unwrap()
    }

    fn live(queue: usize) -> Live {
        Live { queue, ..settings::load(&settings::Sources::default()).unwrap().settings.live }
    }

    fn enter(state: &mut State, live: &Live) -> (u64, Arc<Outbox>) {
        state.enter(Who::at(Ipv4Addr::LOCALHOST.into()), Kind::Sse, live).unwrap()
    }

    fn positions(missed: &Missed) -> Vec<i64> {
        missed.items.iter().map(|item| item.position).collect()
    }

    #[test]
    fn nobody_joins_in_while_the_past_is_told() {
        let (mut state, live) = (State::default(), live(10));
        let (seat, outbox) = enter(&mut state, &live);
        state.begin(0, 2);
        state.hand_out(item(1), 100);
        assert_eq!(state.attach(seat, &[], &[FILMS], None, &live).unwrap_err(), Refused::Starting);
        state.hand_out(item(2), 100);
        let Attached::Live(missed) = state.attach(seat, &[], &[FILMS], None, &live).unwrap() else { panic!("live") };
        assert_eq!((positions(&missed), outbox.take().is_none()), (vec![], true), "the past is nobody's present");
        assert_eq!(state.hand_out(item(3), 100), 1);
        assert_eq!(outbox.take().unwrap().position, 3);
    }

    #[test]
    fn a_subscription_with_a_past_comes_in_one_order_with_what_waits_and_what_had_no_room() {
        let (mut state, live) = (State::default(), live(2));
        let (seat, outbox) = enter(&mut state, &live);
        state.begin(0, 0);
        state.attach(seat, &[], &[FILM], None, &live).unwrap();
        for position in 1..=5 {
            state.hand_out(item(position), 100);
        }
        let attached = state.attach(seat, &[FILM], &[FILMS], Some(3), &live).unwrap();
        let Attached::Live(missed) = attached else { panic!("{attached:?}") };
        assert_eq!(positions(&missed), [1, 2, 3, 4, 5]);
        assert!(outbox.take().is_none() && outbox.behind().is_none());
    }

    #[test]
    fn who_comes_from_a_replica_that_is_further_waits_for_this_one() {
        let (mut state, live) = (State::default(), live(10));
        let (seat, outbox) = enter(&mut state, &live);
        state.begin(0, 0);
        let attached = state.attach(seat, &[], &[FILM], Some(2), &live).unwrap();
        let Attached::Live(Missed { last_id: None, .. }) = attached else { panic!("{attached:?}") };
        // What else they ask for would be passed over up to there.
        assert_eq!(state.attach(seat, &[FILM], &[FILMS], None, &live).unwrap_err(), Refused::Starting);
        for position in 1..=3 {
            state.hand_out(item(position), 100);
        }
        assert_eq!(outbox.take().unwrap().position, 3, "the others they have had");
        state.attach(seat, &[FILM], &[FILMS], None, &live).unwrap();
    }
}
