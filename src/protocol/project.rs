//! The project folder of a run: files that a script may read beside its own, and never write.
//!
//! A [`Project`] is the folder as it was found: what of it may be read, and a digest of all of it. Whether the worker keeps to
//! that is the sandbox's business.

use std::fs::{self, FileType};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use cadforge_core::cache::KeyBuilder;
use cadforge_core::cache::digests::Digests;

/// Files, and folders, that a project folder has at most. A run places a link for each in the worst case.
pub const MAX_FILES: usize = 2000;

/// Bytes that its files have together at most: all of them are read for the digest.
pub const MAX_BYTES: u64 = 200_000_000;

/// Part of the message of a script that looks for a file and has no project folder; see the worker's `messages.py`.
pub const NEEDED: &str = "of its project folder only";

/// The file that makes a folder a task, whose references lie beside it.
const TASK_FILE: &str = "task.toml";

/// The subfolder of a task whose files its candidates, seeds and reference may read.
const TASK_FILES: &str = "files";

/// A folder whose files a script may read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    folder: PathBuf,
    origin: Origin,
    entries: Vec<Entry>,
    digest: [u8; 32],
}

/// Whose folder it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Origin {
    /// A person named it.
    Named,
    /// It came with a task.
    Task,
}

/// Something in the folder that may be read with all that it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Below the folder.
    pub path: PathBuf,
    /// Whether it is a symbolic link: what it leads to is readable only if it is another entry or lies in one.
    pub is_link: bool,
}

/// Why a folder cannot be a project folder.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// It cannot be read.
    #[error("the project folder {folder} cannot be read: {error}\nhint: name a folder that is there")]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Candidates would see too much.
    #[error(
        "{folder} cannot be a project folder: {reason}\nhint: put the script, with the files that it reads, in a folder of its own"
    )]
    Refused {
        /// The folder.
        folder: PathBuf,
        /// Why.
        reason: String,
    },
}

impl Project {
    /// The folder that a person named.
    ///
    /// # Errors
    /// If it cannot be read; if it is `/` or holds the home folder; if it holds or lies in a task; if it has more than
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

    /// The files that a task brings for its candidates; `None` if it brings none.
    ///
    /// # Errors
    /// As for [`Self::open`], but for where the folder lies.
    pub fn of_task(task: &Path) -> Result<Option<Self>, ProjectError> {
        let folder = task.join(TASK_FILES);
        if !folder.exists() {
            return Ok(None);
        }
        Self::scan(resolved(&folder)?, Origin::Task).map(Some)
    }

    /// The folder as it is now.
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

    /// What may be read. No entry lies in another one.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Changes with the folder's place, and with every name and content in it that a script can read.
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

/// A folder's content is hashed again only when the system says that it was changed.
static DIGESTS: Digests = Digests::new();

impl Scan<'_> {
    /// Adds what may be read in a folder, given below the root; whether that is all that it holds.
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
                self.note("folder", &path, &[]);
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
            self.note("link", &path, target.as_os_str().as_bytes());
        } else {
            self.bytes += fs::symlink_metadata(&whole).map_or(0, |metadata| metadata.len());
            self.check_size()?;
            // One that cannot be read counts by its name.
            let digest = DIGESTS.of(&whole).ok();
            self.note("file", &path, digest.as_ref().map_or(&[], <[u8; 32]>::as_slice));
        }
        self.check_size()?;
        entries.push(Entry {
            path,
            is_link: kind.is_symlink(),
        });
        Ok(())
    }

    fn note(&mut self, kind: &str, path: &Path, content: &[u8]) {
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

/// Whether a script may not read it, nor know of it: configuration and secrets by their leading dot, bytecode that Python
/// makes anew, what is neither file nor folder, and names that are no UTF-8.
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
        return Err(refused(folder, "its path is no UTF-8".to_owned()));
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
