//! Values that the machine may have influenced.

/// A value, and whether results that depend on it may be cached: see [`cadforge_executor::Execution::cacheable`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Cacheable<T> {
    pub(super) value: T,
    pub(super) is_cacheable: bool,
}

impl<T> Cacheable<T> {
    /// The value; `all` becomes false if it is not cacheable.
    pub(super) fn take(self, all: &mut bool) -> T {
        *all &= self.is_cacheable;
        self.value
    }
}
