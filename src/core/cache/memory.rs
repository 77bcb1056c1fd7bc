//! Entries in memory, with eviction of the least recently used.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Key;

/// Maximum size of an entry, as a fraction of the bound: a huge one would evict all others.
const LARGEST_PART: u64 = 4;

/// A map bounded by its size in bytes.
pub(super) struct Memory {
    bound: u64,
    remaining: u64,
    clock: u64,
    entries: HashMap<Key, (Arc<[u8]>, u64)>,
    /// Keys in order of their last use.
    uses: BTreeMap<u64, Key>,
}

impl Memory {
    pub(super) fn new(bound: u64) -> Self {
        Self {
            bound,
            remaining: 0,
            clock: 0,
            entries: HashMap::new(),
            uses: BTreeMap::new(),
        }
    }

    pub(super) fn get(&mut self, key: &Key) -> Option<Arc<[u8]>> {
        let (payload, used) = self.entries.get_mut(key)?;
        self.clock += 1;
        self.uses.remove(used);
        *used = self.clock;
        self.uses.insert(self.clock, *key);
        Some(Arc::clone(payload))
    }

    pub(super) fn put(&mut self, key: Key, payload: Arc<[u8]>) {
        self.remove(&key);
        let size = size(&payload);
        if size > self.bound / LARGEST_PART {
            return;
        }
        self.clock += 1;
        self.remaining += size;
        self.uses.insert(self.clock, key);
        self.entries.insert(key, (payload, self.clock));
        while self.remaining > self.bound {
            let Some((_, oldest)) = self.uses.first_key_value() else {
                return;
            };
            let oldest = *oldest;
            self.remove(&oldest);
        }
    }

    pub(super) fn remove(&mut self, key: &Key) {
        if let Some((payload, used)) = self.entries.remove(key) {
            self.uses.remove(&used);
            self.remaining -= size(&payload);
        }
    }
}

/// Size in bytes, including roughly what the two maps need for an entry.
fn size(payload: &[u8]) -> u64 {
    payload.len() as u64 + 256
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::KeyBuilder;

    fn key(number: u32) -> Key {
        KeyBuilder::default().part("number", &number.to_le_bytes()).key()
    }

    fn remaining(memory: &mut Memory, numbers: std::ops::Range<u32>) -> Vec<u32> {
        let has = |number: &u32| memory.entries.contains_key(&key(*number));
        numbers.filter(has).collect()
    }

    #[test]
    fn the_least_recently_used_is_evicted_within_the_bound() {
        // Space for eight entries.
        let mut memory = Memory::new(8 * 1256);
        for number in 0..8 {
            memory.put(key(number), vec![number as u8; 1000].into());
        }
        assert_eq!(memory.get(&key(0)).unwrap()[0], 0);
        memory.put(key(8), vec![8; 1000].into());
        memory.put(key(9), vec![9; 1000].into());
        assert_eq!(remaining(&mut memory, 0..10), [0, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(memory.remaining, 8 * 1256);
        // Replaced by a larger one: counted once.
        memory.put(key(9), vec![9; 2000].into());
        assert_eq!(remaining(&mut memory, 0..10), [0, 4, 5, 6, 7, 8, 9]);
        assert!(memory.remaining <= memory.bound);
        memory.put(key(10), vec![1; 5000].into());
        assert!(memory.get(&key(10)).is_none(), "it would take half of the bound");
        for number in 0..10 {
            memory.remove(&key(number));
        }
        assert_eq!((memory.remaining, memory.uses.len()), (0, 0));
    }
}
