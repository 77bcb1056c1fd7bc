//! Entries in memory; the least recently used go first.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Key;

/// One entry may take at most this part of the whole: a huge one would drive out all others.
const LARGEST_PART: u64 = 4;

/// A map that holds no more than its bound of bytes.
pub(super) struct Memory {
    bound: u64,
    held: u64,
    clock: u64,
    entries: HashMap<Key, (Arc<[u8]>, u64)>,
    /// Keys by their last use.
    uses: BTreeMap<u64, Key>,
}

impl Memory {
    pub(super) fn new(bound: u64) -> Self {
        Self {
            bound,
            held: 0,
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
        self.held += size;
        self.uses.insert(self.clock, key);
        self.entries.insert(key, (payload, self.clock));
        while self.held > self.bound {
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
            self.held -= size(&payload);
        }
    }
}

/// With what the two maps need for an entry, roughly.
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

    fn held(memory: &mut Memory, numbers: std::ops::Range<u32>) -> Vec<u32> {
        let has = |number: &u32| memory.entries.contains_key(&key(*number));
        numbers.filter(has).collect()
    }

    #[test]
    fn the_least_recently_used_goes_first_and_the_bound_holds() {
        // Room for eight.
        let mut memory = Memory::new(8 * 1256);
        for number in 0..8 {
            memory.put(key(number), vec![number as u8; 1000].into());
        }
        assert_eq!(memory.get(&key(0)).unwrap()[0], 0);
        memory.put(key(8), vec![8; 1000].into());
        memory.put(key(9), vec![9; 1000].into());
        assert_eq!(held(&mut memory, 0..10), [0, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(memory.held, 8 * 1256);
        // Again, and larger: counted once.
        memory.put(key(9), vec![9; 2000].into());
        assert_eq!(held(&mut memory, 0..10), [0, 4, 5, 6, 7, 8, 9]);
        assert!(memory.held <= memory.bound);
        memory.put(key(10), vec![1; 5000].into());
        assert!(memory.get(&key(10)).is_none(), "it would take half of the room");
        for number in 0..10 {
            memory.remove(&key(number));
        }
        assert_eq!((memory.held, memory.uses.len()), (0, 0));
    }
}
