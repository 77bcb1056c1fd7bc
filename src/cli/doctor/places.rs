//! Where things are, as far as the checks need it.

use std::path::PathBuf;

use crate::locate::{Env, LocateError, Overrides};

pub(super) type Place = Result<PathBuf, LocateError>;

/// Locations, or the errors of looking for them.
pub(super) struct Places {
    pub(super) assets: Place,
    pub(super) worker: Place,
    pub(super) python: Place,
    pub(super) data: Place,
    /// `None` if caching is off.
    pub(super) cache: Option<PathBuf>,
}

impl Places {
    pub(super) fn of(env: &Env, overrides: &Overrides) -> Self {
        Self {
            assets: env.assets(overrides),
            worker: env.worker(overrides),
            python: env.python(overrides),
            data: env.data(),
            cache: env.cache(),
        }
    }
}
