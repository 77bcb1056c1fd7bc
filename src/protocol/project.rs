//! The project folder of a run: files that a script may read besides its own, and never write.
//!
//! A [`Project`] is a snapshot of the folder: its readable entries, and a digest of their content. The sandbox enforces
//! it.

use std::fs::{self, FileType};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use cadforge_core::cache::KeyBuilder;
use cadforge_core::cache::digests::Digests;

/// Maximum number of files, and of folders. In the worst case a run places a link for each.
pub const MAX_FILES: usize = 2000;

/// Maximum size of all files in bytes: all are read for the digest.
pub const MAX_BYTES: u64 = 200_000_000;

/// Part of the message for a script that needs a file and has no project folder; see the worker's `messages.py`.
pub const NEEDED: &str = "of its project folder only";

/// The file that marks a folder as a task, whose references must not be read.
const TASK_FILE: &str = "task.toml";

/// Subfolder of a task whose files its candidates, seeds and reference may read.
const TASK_FILES: &str = "files";

/// A folder whose files a script may read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    folder: PathBuf,
    origin: Origin,
    entries: Vec<Entry>,
    digest: [u8; 32],
}

/// Origin of the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Origin {
    /// Named by a person.
    Named,
    /// Part of a task.
    Task,
}

/// An entry of the folder that may be read with all its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Relative to the folder.
    pub path: PathBuf,
    /// Whether it is a symbolic link: its target is readable only if it is in another entry.
    pub is_link: bool,
}

/// Reason why a folder cannot be a project folder.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// It cannot be read.
    #[error("the project folder {folder} cannot be read: {error}\nhint: name a folder that is there")]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// The system's error.
        error: std::io::Error,
    },
    /// Candidates could read too much.
    #[error(
        "{folder} cannot be a project folder: {reason}\nhint: put the script, with the files that it reads, in a folder of its own"
    )]
    Refused {
        /// The folder.
        folder: PathBuf,
        /// The reason, as a clause.
        reason: String,
    },
}

impl Project {
    /// Opens the folder that a person named.
    ///
    /// # Errors
    /// If it cannot be read, is `/` or contains the home folder, contains a task or is in one, or has more than
    /// [`MAX_FILES`] files or [`MAX_BYTES`] bytes.
    pub fn open(folder: &Path) -> Result<Self, ProjectError> {
        let home = std::env::var_os("HOME").map(PathBuf::from);
        Self::open_unless_home(folder, home.as_deref())
    }

    fn open_unless_home(folder: &Path, home: Option<&Path>) -> Result<Self, ProjectError> {
        let folder = resolved(folder)?;
        if folder.parent().is_none() {
            return Err(refused(&folder, "it is the root of the file system".to_owned()));
        }
        let home = home.and_then(|home| home.canonicalize().ok());
        if home.is_some_and(|home| home.starts_with(&folder)) {
            return Err(refused(&folder, "it holds the home folder".to_owned()));
        }
        if let Some(task) = folder.ancestors().find(|folder| folder.join(TASK_FILE).exists()) {
            return Err(refused(&folder, lies_in_task(task)));
        }
        Self::scan(folder, Origin::Named)
    }

    /// Files that a task provides for its candidates; `None` if there are none.
    ///
    /// # Errors
    /// As for [`Self::open`], except for its location.
    pub fn of_task(task: &Path) -> Result<Option<Self>, ProjectError> {
        let folder = task.join(TASK_FILES);
        if !folder.exists() {
            return Ok(None);
        }
        Self::scan(resolved(&folder)?, Origin::Task).map(Some)
    }

    /// The current state of the folder.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub fn refreshed(&self) -> Result<Self, ProjectError> {
        match self.origin {
            Origin::Named => Self::open(&self.folder),
            Origin::Task => Self::scan(resolved(&self.folder)?, Origin::Task),
        }
    }

    /// The folder, links resolved.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Readable entries. No entry contains another one.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Digest of the folder's location, and of every name and content in it that a script can read.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    fn scan(folder: PathBuf, origin: Origin) -> Result<Self, ProjectError> {
        let mut scan = Scan {
            root: &folder,
            files: 0,
            folders: 0,
            bytes: 0,
            key: KeyBuilder::default().part("folder", folder.as_os_str().as_bytes()),
        };
        let mut entries = Vec::new();
        scan.folder(Path::new(""), &mut entries)?;
        let digest = scan.key.key().bytes().try_into().expect("a key has 32 bytes");
        Ok(Self {
            folder,
            origin,
            entries,
            digest,
        })
    }
}

/// A walk through a project folder.
struct Scan<'a> {
    root: &'a Path,
    files: usize,
    folders: usize,
    bytes: u64,
    key: KeyBuilder,
}

/// File content is hashed again only if the system reports a change.
static DIGESTS: Digests = Digests::new();

impl Scan<'_> {
    /// Adds the readable entries of a folder, given relative to the root; returns whether that is all of its content.
    fn folder(&mut self, below: &Path, entries: &mut Vec<Entry>) -> Result<bool, ProjectError> {
        let unreadable = |error| ProjectError::Unreadable {
            folder: self.root.join(below),
            error,
        };
        let found = fs::read_dir(self.root.join(below)).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut found = match found {
            Ok(found) => found,
            // The script could not read it either.
            Err(_) if !below.as_os_str().is_empty() => return Ok(false),
            Err(error) => return Err(unreadable(error)),
        };
        found.sort_by_key(fs::DirEntry::file_name);
        let mut is_whole = true;
        for entry in found {
            let path = below.join(entry.file_name());
            let kind = entry.file_type().map_err(unreadable)?;
            if is_hidden(&entry, kind) {
                is_whole = false;
                continue;
            }
            if entry.file_name() == TASK_FILE {
                let reason = format!("it holds a task, {}", self.root.join(below).display());
                return Err(refused(self.root, reason));
            }
            if kind.is_dir() {
                self.folders += 1;
                self.check_size()?;
                self.hash_entry("folder", &path, &[]);
                let mut inner = Vec::new();
                if self.folder(&path, &mut inner)? {
                    entries.push(Entry { path, is_link: false });
                } else {
                    is_whole = false;
                    entries.extend(inner);
                }
            } else {
                self.file(path, kind, entries)?;
            }
        }
        Ok(is_whole)
    }

    fn file(&mut self, path: PathBuf, kind: FileType, entries: &mut Vec<Entry>) -> Result<(), ProjectError> {
        let whole = self.root.join(&path);
        self.files += 1;
        if kind.is_symlink() {
            let target = fs::read_link(&whole).unwrap_or_default();
            self.hash_entry("link", &path, target.as_os_str().as_bytes());
        } else {
            self.bytes += fs::symlink_metadata(&whole).map_or(0, |metadata| metadata.len());
            self.check_size()?;
            // An unreadable file counts by its name.
            let digest = DIGESTS.of(&whole).ok();
            self.hash_entry("file", &path, digest.as_ref().map_or(&[], <[u8; 32]>::as_slice));
        }
        self.check_size()?;
        entries.push(Entry {
            path,
            is_link: kind.is_symlink(),
        });
        Ok(())
    }

    fn hash_entry(&mut self, kind: &str, path: &Path, content: &[u8]) {
        self.key = std::mem::take(&mut self.key)
            .part(kind, path.as_os_str().as_bytes())
            .part("content", content);
    }

    fn check_size(&self) -> Result<(), ProjectError> {
        let reason = if self.files > MAX_FILES {
            format!("it has more than {MAX_FILES} files")
        } else if self.folders > MAX_FILES {
            format!("it has more than {MAX_FILES} folders")
        } else if self.bytes > MAX_BYTES {
            format!("its files have more than {} MB", MAX_BYTES / 1_000_000)
        } else {
            return Ok(());
        };
        Err(refused(self.root, reason))
    }
}

/// Whether a script may neither read nor see it: names with a leading dot (configuration and secrets), bytecode,
/// entries that are neither files nor folders, and names that are not UTF-8.
fn is_hidden(entry: &fs::DirEntry, kind: FileType) -> bool {
    let name = entry.file_name();
    let Some(name) = name.to_str() else { return true };
    name.starts_with('.') || name == "__pycache__" || !(kind.is_file() || kind.is_dir() || kind.is_symlink())
}

fn resolved(folder: &Path) -> Result<PathBuf, ProjectError> {
    let unreadable = |error| ProjectError::Unreadable {
        folder: folder.to_owned(),
        error,
    };
    let resolved = folder.canonicalize().map_err(unreadable)?;
    if !resolved.is_dir() {
        return Err(unreadable(std::io::ErrorKind::NotADirectory.into()));
    }
    if resolved.to_str().is_none() {
        return Err(refused(folder, "its path is not UTF-8".to_owned()));
    }
    Ok(resolved)
}

fn refused(folder: &Path, reason: String) -> ProjectError {
    ProjectError::Refused {
        folder: folder.to_owned(),
        reason,
    }
}

fn lies_in_task(task: &Path) -> String {
    format!(
        "it lies in a task, {}, and candidates must not read references",
        task.display()
    )
}

#[cfg(test)]
mod tests;
