//! Results that several jobs need: computed once, then shared.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use cadforge_executor::{CancelToken, ExecutorError};

/// Results by key. The first job that needs one computes it, while others wait.
#[derive(Debug)]
pub(super) struct SharedResults<K, T>(Mutex<BTreeMap<K, Arc<Mutex<Option<T>>>>>);

impl<K, T> Default for SharedResults<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord, T: Clone> SharedResults<K, T> {
    /// The result for a key; errors of `compute` are not kept.
    pub(super) fn get<E: From<ExecutorError>>(
        &self,
        key: K,
        cancel: &CancelToken,
        compute: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let slot = {
            let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry(key).or_default())
        };
        let mut slot = wait_for(&slot, cancel)?;
        if let Some(result) = &*slot {
            return Ok(result.clone());
        }
        Ok(slot.insert(compute()?).clone())
    }
}

/// Waits while another job fills the slot, unless cancelled.
fn wait_for<'a, T>(
    slot: &'a Mutex<Option<T>>,
    cancel: &CancelToken,
) -> Result<MutexGuard<'a, Option<T>>, ExecutorError> {
    loop {
        match slot.try_lock() {
            Ok(guard) => return Ok(guard),
            Err(TryLockError::Poisoned(poisoned)) => return Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => {
                // The token's channel carries no messages: any result but a time-out means that it fired.
                let rest = cancel.receiver().recv_timeout(Duration::from_millis(10));
                if rest != Err(crossbeam_channel::RecvTimeoutError::Timeout) {
                    return Err(ExecutorError::Cancelled);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_result_is_computed_once_and_an_error_is_not_kept() {
        let (results, computed) = (SharedResults::default(), Cell::new(0));
        let get = |key: &str, result: Result<u32, ExecutorError>| {
            results.get(key.to_owned(), &CancelToken::never(), || {
                computed.set(computed.get() + 1);
                result
            })
        };
        assert!(get("a", Err(ExecutorError::Cancelled)).is_err());
        assert_eq!(get("a", Ok(1)).unwrap(), 1);
        assert_eq!(get("a", Ok(2)).unwrap(), 1);
        assert_eq!((get("b", Ok(2)).unwrap(), computed.get()), (2, 3));
    }
}
