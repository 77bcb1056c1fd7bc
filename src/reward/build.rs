//! Sets a digest of each profile's definition: rows that were scored by different definitions must not be averaged as if
//! they were one scale. Unlike the key of the cache, it ignores comments, formatting and tests.

use std::fs;
use std::path::{Path, PathBuf};

/// What grounded-v2 alone depends on.
const GROUNDED: [&str; 2] = ["../reward/grounded", "../reward/checks"];

fn main() {
    let mut files = Vec::new();
    for folder in ["../geometry", "../reward"] {
        println!("cargo:rerun-if-changed={folder}");
        collect(Path::new(folder), &mut files);
    }
    files.sort();
    let of_both = |file: &&PathBuf| !GROUNDED.iter().any(|folder| file.starts_with(folder));
    println!(
        "cargo:rustc-env=CADFORGE_V1_DIGEST={:016x}",
        digest(files.iter().filter(of_both))
    );
    println!("cargo:rustc-env=GROUNDED_V2_DIGEST={:016x}", digest(files.iter()));
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            collect(&path, files);
        } else if name.ends_with(".rs") && !["build.rs", "tests.rs", "testing.rs"].contains(&name.as_str()) {
            files.push(path);
        }
    }
}

/// FNV-1a of the code in the files: a hash that no version of the standard library changes.
fn digest<'a>(files: impl Iterator<Item = &'a PathBuf>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for file in files {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        add(file.to_string_lossy().as_bytes());
        // A module of tests ends each file that has one.
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let lines = code.lines().map(str::trim).filter(|line| !line.starts_with("//"));
        for word in lines.flat_map(str::split_whitespace) {
            add(word.as_bytes());
        }
    }
    hash
}
