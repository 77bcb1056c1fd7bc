//! Finds shared libraries by name, as the dynamic linker would, without loading them.
//!
//! The windowing crates load the window's libraries at run time and panic if one is missing; this check reports it
//! first.

use std::path::{Path, PathBuf};

/// Folders that the dynamic linker searches.
pub(super) fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os("LD_LIBRARY_PATH")
        .iter()
        .flat_map(std::env::split_paths)
        .collect();
    folders.extend(configured(Path::new("/etc/ld.so.conf"), 0));
    let machine = format!("{}-linux-gnu", std::env::consts::ARCH);
    folders.extend([format!("/lib/{machine}"), format!("/usr/lib/{machine}")].map(PathBuf::from));
    folders.extend(["/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib"].map(PathBuf::from));
    folders.retain(|folder| folder.is_dir());
    folders
}

pub(super) fn find(folders: &[PathBuf], library: &str) -> Option<PathBuf> {
    folders
        .iter()
        .map(|folder| folder.join(library))
        .find(|path| path.exists())
}

/// Folders in an `ld.so.conf` and its includes.
fn configured(file: &Path, depth: u32) -> Vec<PathBuf> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut folders = Vec::new();
    for line in text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
    {
        match line.strip_prefix("include") {
            // More levels than any real system has; also ends a file that includes itself.
            Some(pattern) if depth < 4 => {
                for included in included(file, pattern.trim()) {
                    folders.extend(configured(&included, depth + 1));
                }
            }
            Some(_) => {}
            None if line.starts_with('/') => folders.push(PathBuf::from(line)),
            None => {}
        }
    }
    folders
}

/// Files of an include line: one file, or `FOLDER/*.conf`, sorted.
fn included(file: &Path, pattern: &str) -> Vec<PathBuf> {
    let pattern = file.parent().unwrap_or(Path::new("/")).join(pattern);
    if pattern.file_name().is_none_or(|name| name != "*.conf") {
        return vec![pattern];
    }
    let folder = pattern.parent().unwrap_or(Path::new("/"));
    let entries = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let mut files: Vec<_> = entries
        .filter(|path| path.extension().is_some_and(|end| end == "conf"))
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn configured_folders_come_from_the_file_and_its_includes() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let file = root.path().join("ld.so.conf");
        let more = root.path().join("more");
        fs::create_dir(&more).expect("a folder");
        fs::write(
            &file,
            "# first\n/opt/a # why\ninclude more/*.conf\ninclude ld.so.conf\n",
        )
        .expect("a file");
        fs::write(more.join("b.conf"), "/opt/b\nnonsense\n").expect("a file");
        fs::write(more.join("c.txt"), "/opt/c\n").expect("a file");
        let folders = configured(&file, 0);
        assert_eq!(folders[..2], ["/opt/a", "/opt/b"].map(PathBuf::from));
        assert!(!folders.contains(&PathBuf::from("/opt/c")));
    }

    #[test]
    fn the_c_library_is_found_and_a_made_up_one_is_not() {
        let folders = folders();
        assert!(find(&folders, "libc.so.6").is_some(), "{folders:?}");
        assert_eq!(find(&folders, "libcadforge-made-up.so.1"), None);
    }
}
