//! Files that appear whole or not at all.

use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::DataError;

/// Writes a file through `write`; until that is done, whatever was there before stays.
pub(super) fn write_whole<T>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<T, DataError>,
) -> Result<T, DataError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let mut file = tempfile::Builder::new()
        .prefix(".cadforge-")
        .suffix(".tmp")
        .tempfile_in(folder)
        .map_err(DataError::io("write", path))?;
    let mut out = BufWriter::with_capacity(1 << 18, file.as_file_mut());
    let done = write(&mut out)?;
    out.flush().map_err(DataError::io("write", path))?;
    drop(out);
    let finish = || -> io::Result<()> {
        // Temporary files are private; this is a file like any other.
        file.as_file()
            .set_permissions(std::fs::Permissions::from_mode(0o644))?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    finish().map_err(DataError::io("write", path))?;
    Ok(done)
}
