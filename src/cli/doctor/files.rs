//! Tasks, assets, and the folders of trajectories, settings and results.

use std::path::Path;

use nix::sys::statvfs::statvfs;
use nix::unistd::{AccessFlags, access};

use super::places::Places;
use super::report::Check;
use crate::cache;
use crate::cli::context::Global;
use crate::cli::size::megabytes;

const GROUP: &str = "files";

/// Below this free space a long run may fail: a trajectory of a hundred steps takes a few MB.
const LOW_SPACE_MB: u64 = 500;

pub(super) fn check(global: &Global, places: &Places) -> Vec<Check> {
    let mut checks = vec![match global.task_set() {
        Ok(tasks) => match tasks.iter().count() {
            0 => Check::missing(
                GROUP,
                "tasks",
                "none in the packs given",
                "give a folder of tasks with `--tasks DIR`",
            ),
            count => Check::ok(GROUP, "tasks", format!("{count}, all valid")),
        },
        Err(error) => Check::failed(GROUP, "tasks", &error, "run `cadforge tasks check` for details"),
    }];
    checks.push(match &places.assets {
        Ok(assets) => Check::ok(GROUP, "assets", assets.display().to_string()),
        Err(error) => Check::failed(GROUP, "assets", error, ""),
    });
    match &places.data {
        Ok(data) => checks.extend(data_folder(data)),
        Err(error) => checks.push(Check::failed(GROUP, "data folder", error, "")),
    }
    checks.push(cache_folder(places.cache.as_deref()));
    checks
}

/// The cache folder and its size; the program works without it, only slower.
fn cache_folder(folder: Option<&Path>) -> Check {
    let name = "cache";
    let Some(folder) = folder else {
        return Check::ok(GROUP, name, "off: every candidate is built again");
    };
    let place = folder.display();
    let (nearest, writable) = nearest(folder);
    if !writable {
        let found = format!("{place}: cannot write to {}", nearest.display());
        let fix =
            "make it writable, or set another with CADFORGE_CACHE; without it every candidate is built again";
        return Check::warn(GROUP, name, found, fix);
    }
    let usage = cache::usage(folder);
    let found = match usage.entries {
        0 => format!("{place}, empty"),
        entries => format!("{place}, {entries} entries, {}", megabytes(usage.bytes)),
    };
    Check::ok(GROUP, name, found)
}

/// The folder or its nearest existing ancestor, and whether that is a writable folder.
fn nearest(folder: &Path) -> (&Path, bool) {
    let nearest = folder
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("/"));
    let writable = access(nearest, AccessFlags::W_OK | AccessFlags::X_OK).is_ok() && nearest.is_dir();
    (nearest, writable)
}

/// Whether the folder, or its nearest existing ancestor, is writable and has space.
fn data_folder(data: &Path) -> Vec<Check> {
    let (nearest, writable) = nearest(data);
    let place = data.display();
    let mut checks = vec![if !writable {
        let found = format!("{place}: cannot write to {}", nearest.display());
        Check::missing(
            GROUP,
            "data folder",
            found,
            "make it writable, or set another with CADFORGE_DATA",
        )
    } else if nearest == data {
        Check::ok(GROUP, "data folder", place.to_string())
    } else {
        Check::ok(GROUP, "data folder", format!("{place}, created when needed"))
    }];
    if let Ok(state) = statvfs(nearest) {
        let free_mb = state.blocks_available() * state.fragment_size() / 1_000_000;
        let found = format!("{:.1} GB free there", free_mb as f64 / 1000.0);
        checks.push(if free_mb < LOW_SPACE_MB {
            Check::warn(
                GROUP,
                "disk",
                found,
                "free space, or set another folder with CADFORGE_DATA",
            )
        } else {
            Check::ok(GROUP, "disk", found)
        });
    }
    checks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::report::Status;

    #[test]
    fn a_data_folder_that_can_be_created_is_ok_and_not_created() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let data = root.path().join("share/cadforge");
        let checks = data_folder(&data);
        assert_eq!(checks[0].status, Status::Ok);
        assert!(
            checks[0].found.ends_with("created when needed"),
            "{}",
            checks[0].found
        );
        assert!(!root.path().join("share").exists());
    }

    #[test]
    fn the_cache_is_shown_with_its_size_and_not_created() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let folder = root.path().join("cache");
        assert!(cache_folder(Some(&folder)).found.ends_with("cache, empty"));
        assert!(!folder.exists());
        let kept = cache::Cache::open(folder.clone(), cache::Bounds::default());
        kept.put(&cache::KeyBuilder::default().key(), vec![0; 1_500_000]);
        let check = cache_folder(Some(&folder));
        assert!(check.found.ends_with("1 entries, 1.5 MB"), "{}", check.found);
        assert_eq!(cache_folder(None).status, Status::Ok);
        let file = root.path().join("file");
        std::fs::write(&file, "").expect("a file");
        assert_eq!(cache_folder(Some(&file.join("cache"))).status, Status::Warn);
    }

    #[test]
    fn a_file_in_its_place_is_named() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let file = root.path().join("share");
        std::fs::write(&file, "").expect("a file");
        let checks = data_folder(&file.join("cadforge"));
        assert_eq!(checks[0].status, Status::Missing);
        assert!(
            checks[0].found.ends_with(file.to_str().expect("UTF-8")),
            "{}",
            checks[0].found
        );
    }
}
