//! Files that belong to an evaluation.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};

use sha2::{Digest, Sha256};

use super::error::TrajectoryError;
use cadforge_assess::{Artifacts, Assessment};

/// Writes a file atomically: a reader sees the old content or the new.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), TrajectoryError> {
    replace_file(path, bytes).map_err(TrajectoryError::io("write", path))
}

/// Replaces or creates `path`: writes a temporary file beside it, syncs it, then renames it. The target of a link is
/// replaced; permissions are preserved.
pub fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let mut file = tempfile::Builder::new()
        .prefix(".cadforge-")
        .suffix(".tmp")
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    let permissions = match fs::metadata(&path) {
        Ok(old) => old.permissions(),
        Err(_) => new_file_permissions(),
    };
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    // Syncs the rename too; not every file system can open a folder for that.
    if let Ok(folder) = fs::File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Temporary files are private; a saved file has the usual permissions of a new file.
fn new_file_permissions() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    fs::Permissions::from_mode(0o644)
}

/// Writes one evaluation to `dir`: `candidate.py`, `candidate.stl` if it built, and `reward.json`, the evaluation
/// with these paths.
pub fn write_evaluation(dir: &Path, code: &[u8], assessment: &mut Assessment) -> Result<(), TrajectoryError> {
    std::fs::create_dir_all(dir).map_err(TrajectoryError::io("create", dir))?;
    let code_path = dir.join("candidate.py");
    let stl_path = dir.join("candidate.stl");
    let reward_path = dir.join("reward.json");
    write_atomically(&code_path, code)?;
    let stl = match &assessment.shape {
        Some(shape) => {
            write_atomically(&stl_path, &shape.stl)?;
            Some(stl_path)
        }
        None => {
            // A file of an earlier run does not belong to this candidate.
            match std::fs::remove_file(&stl_path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(TrajectoryError::io("remove", &stl_path)(error));
                }
                _ => None,
            }
        }
    };
    assessment.evaluation.artifacts = Artifacts {
        dir: Some(dir.to_owned()),
        code: Some(code_path),
        stl,
        reward: Some(reward_path.clone()),
    };
    let json = serde_json::to_vec_pretty(&assessment.evaluation).expect("an evaluation is plain data");
    write_atomically(&reward_path, &json)
}

/// Stores `bytes` under `<folder>/<hash>.<extension>` once and returns that relative path.
pub(super) fn store(
    root: &Path,
    folder: &str,
    extension: &str,
    bytes: &[u8],
) -> Result<PathBuf, TrajectoryError> {
    let mut name = String::with_capacity(32);
    for byte in &Sha256::digest(bytes)[..12] {
        name.push_str(&format!("{byte:02x}"));
    }
    let relative = Path::new(folder).join(format!("{name}.{extension}"));
    let path = root.join(&relative);
    if !path.exists() {
        let parent = root.join(folder);
        std::fs::create_dir_all(&parent).map_err(TrajectoryError::io("create", &parent))?;
        write_atomically(&path, bytes)?;
    }
    Ok(relative)
}
