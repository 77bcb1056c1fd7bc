//! Files that are replaced as a whole.

use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::DataError;

/// Writes a file through `write`; the old file stays until that is done.
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
        // Temporary files are private; the result has the usual permissions.
        .permissions(std::fs::Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .map_err(DataError::io("write", path))?;
    let mut out = BufWriter::with_capacity(1 << 18, file.as_file_mut());
    let done = write(&mut out)?;
    out.flush().map_err(DataError::io("write", path))?;
    drop(out);
    let finish = || -> io::Result<()> {
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    finish().map_err(DataError::io("write", path))?;
    Ok(done)
}
