//! Finds tasks, assets, the worker and Python from any working directory.
//!
//! Each is looked for by flag, then `CADFORGE_*`, then beside the executable, then in the XDG data folder.
