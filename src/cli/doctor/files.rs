//! Tasks, assets, and the folder in which trajectories and settings are kept.

use std::path::Path;

use nix::sys::statvfs::statvfs;
use nix::unistd::{AccessFlags, access};

use super::{Check, Places};
use crate::cli::context::Global;

const GROUP: &str = "files";

/// Below this a long run may end for lack of room: a trajectory of a hundred steps takes a few MB.
const LITTLE_ROOM_MB: u64 = 500;

pub(super) fn check(global: &Global, places: &Places) -> Vec<Check> {
    let mut checks = vec![match global.task_set() {
        Ok(tasks) => match tasks.iter().count() {
            0 => Check::missing(
                GROUP,
                "tasks",
                "none in the packs given",
                "name a folder of tasks with `--tasks DIR`",
            ),
            count => Check::ok(GROUP, "tasks", format!("{count}, all valid")),
        },
        Err(error) => Check::failed(GROUP, "tasks", &error, "`cadforge tasks check` says more"),
    }];
    checks.push(match &places.assets {
        Ok(assets) => Check::ok(GROUP, "assets", assets.display().to_string()),
        Err(error) => Check::failed(GROUP, "assets", error, ""),
    });
    match &places.data {
        Ok(data) => checks.extend(data_folder(data)),
        Err(error) => checks.push(Check::failed(GROUP, "data folder", error, "")),
    }
    checks
}

/// Whether the folder, or the nearest one above it that exists, can be written to and has room.
fn data_folder(data: &Path) -> Vec<Check> {
    let nearest = data
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("/"));
    let place = data.display();
    let mut checks = vec![if access(nearest, AccessFlags::W_OK | AccessFlags::X_OK).is_err()
        || !nearest.is_dir()
    {
        let found = format!("{place}: cannot write to {}", nearest.display());
        Check::missing(
            GROUP,
            "data folder",
            found,
            "make it writable, or name another with CADFORGE_DATA",
        )
    } else if nearest == data {
        Check::ok(GROUP, "data folder", place.to_string())
    } else {
        Check::ok(GROUP, "data folder", format!("{place}, made when it is needed"))
    }];
    if let Ok(state) = statvfs(nearest) {
        let free_mb = state.blocks_available() * state.fragment_size() / 1_000_000;
        let found = format!("{:.1} GB free there", free_mb as f64 / 1000.0);
        checks.push(if free_mb < LITTLE_ROOM_MB {
            Check::warn(
                GROUP,
                "disk",
                found,
                "make room, or name another place with CADFORGE_DATA",
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
    use crate::cli::doctor::Status;

    #[test]
    fn a_data_folder_that_can_be_made_is_fine_and_is_not_made() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let data = root.path().join("share/cadforge");
        let checks = data_folder(&data);
        assert_eq!(checks[0].status, Status::Ok);
        assert!(
            checks[0].found.ends_with("made when it is needed"),
            "{}",
            checks[0].found
        );
        assert!(!root.path().join("share").exists());
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
