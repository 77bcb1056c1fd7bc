//! Digest of a task's inputs of scores.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use cadforge_reward::{Check, Scale};

/// First 12 hex digits of the SHA-256 over everything that can change a score; see [`super::Task::version`].
///
/// Every part is hashed with its name and length, so that no two states have equal bytes. Fails if the mesh file cannot
/// be read.
#[expect(
    clippy::too_many_arguments,
    reason = "every part of a task that can change a score, by name"
)]
pub(super) fn version(
    semantic_hints: &[String],
    bbox_mm: Option<[f64; 3]>,
    scale: Scale,
    reference: Option<&str>,
    further_references: &BTreeMap<String, String>,
    reference_mesh: Option<&Path>,
    axis: Option<usize>,
    checks: &[Check],
    files: &Path,
) -> io::Result<String> {
    let mut hash = Sha256::new();
    for hint in semantic_hints {
        part(&mut hash, "semantic_hint", hint.as_bytes());
    }
    if let Some(size) = bbox_mm {
        part(&mut hash, "bbox_mm", &size.map(f64::to_le_bytes).concat());
    }
    part(
        &mut hash,
        "scale",
        if scale == Scale::Free { b"free" } else { b"mm" },
    );
    if let Some(code) = reference {
        part(&mut hash, "reference", code.as_bytes());
    }
    for code in further_references.values() {
        part(&mut hash, "further_reference", code.as_bytes());
    }
    if let Some(path) = reference_mesh {
        // The extension selects the format.
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        part(&mut hash, "reference_mesh", extension.as_encoded_bytes());
        part(&mut hash, "reference_mesh_digest", &digest(path)?);
    }
    if let Some(axis) = axis {
        part(&mut hash, "axis", &[axis as u8]);
    }
    for check in checks {
        part(&mut hash, "check", format!("{check:?}").as_bytes());
    }
    for (name, digest) in contents(files)? {
        part(&mut hash, "file", name.as_os_str().as_bytes());
        part(&mut hash, "file_digest", &digest);
    }
    Ok(hash
        .finalize()
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

fn part(hash: &mut Sha256, name: &str, bytes: &[u8]) {
    for piece in [name.as_bytes(), bytes] {
        hash.update((piece.len() as u64).to_le_bytes());
        hash.update(piece);
    }
}

/// Readable files of a folder, by relative path; empty if the folder is missing.
fn contents(folder: &Path) -> io::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        let entries = match std::fs::read_dir(folder.join(&below)) {
            Err(error) if below.as_os_str().is_empty() && error.kind() == io::ErrorKind::NotFound => break,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            if name.as_bytes().starts_with(b".") || name == "__pycache__" {
                continue;
            }
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(below.join(name));
            } else if kind.is_file() {
                found.insert(below.join(name), digest(&entry.path())?);
            }
        }
    }
    Ok(found)
}

/// SHA-256 of a file of any size.
fn digest(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = std::fs::File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().to_vec()),
            read => hash.update(&buffer[..read]),
        }
    }
}
