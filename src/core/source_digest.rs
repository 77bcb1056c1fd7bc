//! For build scripts: a digest of the sources that can change a result, so that no other version uses the cached
//! results. During development the version number does not change.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher;
use std::path::{Path, PathBuf};

/// Sets `CADFORGE_SOURCES` for the crate being built: a digest of the Rust sources in these folders of `src` and of the
/// versions of all dependencies.
pub fn set(folders: &[&str]) {
    let src = Path::new("..");
    let lock = src.join("../Cargo.lock");
    let mut files = Vec::new();
    for folder in folders {
        let folder = src.join(folder);
        println!("cargo:rerun-if-changed={}", folder.display());
        collect(&folder, &mut files);
    }
    println!("cargo:rerun-if-changed={}", lock.display());
    files.sort();
    files.push(lock);
    let mut hash = DefaultHasher::new();
    for file in files {
        let content = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        hash.write(file.as_os_str().as_encoded_bytes());
        hash.write_usize(content.len());
        hash.write(&content);
    }
    println!("cargo:rustc-env=CADFORGE_SOURCES={:016x}", hash.finish());
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
