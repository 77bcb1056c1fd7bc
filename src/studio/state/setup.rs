//! Settings, and what they set up: the Python environment, the cache, the folder for tasks.

use std::path::PathBuf;

use crate::studio::environment::Recipe;
use crate::studio::settings::Settings;

/// Settings and what they set up.
#[derive(Debug, Default)]
pub struct Setup {
    pub settings: Settings,
    pub settings_file: Option<PathBuf>,
    /// Folder for new tasks, if available.
    pub pack: Option<PathBuf>,
    /// Why the new task was not written.
    pub new_task_problem: Option<String>,
    /// How to create a missing Python environment, if possible here.
    pub recipe: Option<Recipe>,
    pub creating_environment: bool,
    /// Size of the cache, once measured.
    pub cache: Option<CacheUsage>,
    /// Panic report of an earlier window.
    pub last_panic: Option<String>,
}

/// Size of the cache on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheUsage {
    /// Cache folder; none where results are not cached.
    pub folder: Option<PathBuf>,
    pub entries: u64,
    /// Size of the results in bytes.
    pub bytes: u64,
    /// Whether the cache was just cleared.
    pub cleaned: bool,
    /// Files that could not be removed.
    pub problem: Option<String>,
}
