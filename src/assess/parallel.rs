//! Maps a function over items, on as many threads as workers.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Number of workers for `items` items: at most one per processor; each uses 300 MB.
pub fn workers(items: usize) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    items.clamp(1, processors)
}

/// Applies `work` to every item and returns the results in order. After the first error, threads finish their current
/// item and take no more.
pub fn map<T: Sync, R: Send, E: Send>(
    items: &[T],
    threads: usize,
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else {
                return Ok(done);
            };
            match work(item) {
                Ok(result) => done.push((index, result)),
                Err(error) => {
                    next.store(items.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    };
    let parts: Result<Vec<Vec<(usize, R)>>, E> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(run)).collect();
        handles
            .into_iter()
            .map(|handle| {
                handle
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    });
    let mut results: Vec<_> = parts?.into_iter().flatten().collect();
    results.sort_by_key(|(index, _)| *index);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_and_an_error_stops_the_work() {
        let items: Vec<u32> = (0..100).collect();
        let doubled = map(&items, 3, |item| Ok::<_, String>(2 * item)).unwrap();
        assert!(
            doubled
                .iter()
                .zip(&items)
                .all(|(doubled, item)| *doubled == 2 * item)
        );
        assert_eq!(doubled.len(), 100);
        let tried = AtomicUsize::new(0);
        let error = map(&items, 1, |item| {
            tried.fetch_add(1, Ordering::Relaxed);
            if *item == 5 { Err("five") } else { Ok(*item) }
        });
        assert_eq!((error, tried.into_inner()), (Err("five"), 6));
    }
}
