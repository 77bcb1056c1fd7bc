//! Files named by their content.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rusqlite::TransactionBehavior;
use sha2::{Digest, Sha256};

use super::Store;
use crate::DataError;
use cadforge_trajectory as trajectory;

/// Inside a store's folder.
pub(super) const FOLDER: &str = "objects";

/// Removed files that belonged to no row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct RemovedFiles {
    /// Number of files.
    pub objects: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

/// Path of an object.
pub(super) fn path(folder: &Path, name: &str) -> PathBuf {
    folder
        .join(FOLDER)
        .join(name.get(..2).unwrap_or_default())
        .join(name)
}

/// Stores bytes and returns their name. Called within a transaction, which excludes other writers, including
/// [`Store::sweep`].
pub(super) fn keep(folder: &Path, bytes: &[u8], extension: &str) -> Result<String, DataError> {
    let mut name = String::with_capacity(40);
    for byte in &Sha256::digest(bytes)[..16] {
        name.push_str(&format!("{byte:02x}"));
    }
    name.push('.');
    name.push_str(extension);
    let path = path(folder, &name);
    let same_length = |metadata: std::fs::Metadata| metadata.len() == bytes.len() as u64;
    if !path.metadata().is_ok_and(same_length) {
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).map_err(DataError::io("make", parent))?;
        trajectory::replace_file(&path, bytes).map_err(DataError::io("write", &path))?;
    }
    Ok(name)
}

impl Store {
    /// Removes files without a row, which an import wrote before it was killed.
    pub fn sweep(&mut self) -> Result<RemovedFiles, DataError> {
        let folder = self.folder.clone();
        let fail = |error| DataError::Store {
            path: folder.clone(),
            error,
        };
        // Excludes imports.
        let hold = self
            .index
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(fail)?;
        let named = |hold: &rusqlite::Transaction<'_>| {
            hold.prepare("SELECT DISTINCT name FROM artifacts")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<BTreeSet<String>, _>>()
        };
        let named = named(&hold).map_err(fail)?;
        let mut swept = RemovedFiles::default();
        let parts = std::fs::read_dir(folder.join(FOLDER))
            .into_iter()
            .flatten()
            .flatten();
        for part in parts {
            for file in std::fs::read_dir(part.path()).into_iter().flatten().flatten() {
                let keep = file.file_name().to_str().is_some_and(|name| named.contains(name));
                let bytes = file.metadata().map_or(0, |metadata| metadata.len());
                if !keep && std::fs::remove_file(file.path()).is_ok() {
                    swept.objects += 1;
                    swept.bytes += bytes;
                }
            }
        }
        hold.commit().map_err(fail)?;
        Ok(swept)
    }
}

/// Size of a store on disk in bytes, index and artifacts together.
pub fn bytes(folder: &Path) -> u64 {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
