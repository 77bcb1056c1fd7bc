use std::os::unix::fs::symlink;

use super::*;

fn write(folder: &Path, below: &str, text: &str) {
    let path = folder.join(below);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn entries(project: &Project) -> Vec<&str> {
    let path = |entry: &Entry| entry.path.to_str().unwrap().len();
    assert!(project.entries().iter().all(|entry| path(entry) > 0));
    project
        .entries()
        .iter()
        .map(|entry| entry.path.to_str().unwrap())
        .collect()
}

fn reason(folder: &Path, home: Option<&Path>) -> String {
    Project::open_unless_home(folder, home).unwrap_err().to_string()
}

#[test]
fn a_folder_is_one_entry_unless_something_in_it_is_hidden() {
    let folder = tempfile::tempdir().unwrap();
    for file in [
        "a.py",
        "whole/b.py",
        "whole/in/c.py",
        "part/d.py",
        "part/in/e.py",
        "part/.secret",
        ".git/config",
    ] {
        write(folder.path(), file, "");
    }
    write(folder.path(), "whole2/__pycache__/b.pyc", "");
    symlink("/etc/passwd", folder.path().join("out")).unwrap();
    let project = Project::open(folder.path()).unwrap();
    assert_eq!(
        entries(&project),
        ["a.py", "out", "part/d.py", "part/in", "whole"]
    );
    let links: Vec<bool> = project.entries().iter().map(|entry| entry.is_link).collect();
    assert_eq!(links, [false, true, false, false, false]);
}

#[test]
fn only_readable_content_changes_the_digest() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "sizes.json", "{}");
    let first = Project::open(at).unwrap();
    let mut seen = vec![*first.digest()];
    let mut changed = |what: &str| {
        let now = *first.refreshed().unwrap().digest();
        assert!(!seen.contains(&now), "{what} changed nothing");
        seen.push(now);
    };
    write(at, "sizes.json", "[]");
    changed("a content of equal length");
    write(at, "more.json", "[]");
    changed("a new file");
    fs::rename(at.join("more.json"), at.join("less.json")).unwrap();
    changed("a new name");
    fs::create_dir(at.join("parts")).unwrap();
    changed("a folder");
    symlink("sizes.json", at.join("link")).unwrap();
    changed("a link");
    fs::remove_file(at.join("less.json")).unwrap();
    changed("a file that is gone");
    let before = first.refreshed().unwrap();
    write(at, ".git/HEAD", "x");
    write(at, "__pycache__/helper.pyc", "x");
    let after = first.refreshed().unwrap();
    assert_eq!(after.digest(), before.digest());
}

#[test]
fn root_home_and_its_parents_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let inside = home.path().join("parts");
    fs::create_dir(&inside).unwrap();
    assert!(reason(Path::new("/"), None).contains("root"));
    assert!(reason(home.path(), Some(home.path())).contains("home folder"));
    assert!(reason(home.path(), Some(&inside)).contains("home folder"));
    assert!(Project::open_unless_home(&inside, Some(home.path())).is_ok());
    // Also through a link.
    let link = inside.join("link");
    symlink(home.path(), &link).unwrap();
    assert!(reason(&link, Some(home.path())).contains("home folder"));
}

#[test]
fn tasks_and_folders_in_them_are_refused() {
    let pack = tempfile::tempdir().unwrap();
    write(pack.path(), "spacer/task.toml", "");
    write(pack.path(), "spacer/files/base.step", "");
    for below in ["", "spacer", "spacer/files"] {
        let reason = reason(&pack.path().join(below), None);
        assert!(reason.contains("task") && reason.contains("hint:"), "{reason}");
    }
    let files = Project::of_task(&pack.path().join("spacer")).unwrap().unwrap();
    assert_eq!(entries(&files), ["base.step"]);
    fs::create_dir(pack.path().join("nut")).unwrap();
    assert!(Project::of_task(&pack.path().join("nut")).unwrap().is_none());
}

#[test]
fn a_folder_that_is_too_large_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for file in 0..MAX_FILES {
        write(folder.path(), &format!("{file}.txt"), "");
    }
    // Hidden files do not count.
    write(folder.path(), ".git/object", "");
    assert!(Project::open(folder.path()).is_ok());
    write(folder.path(), "one_more.txt", "");
    assert!(reason(folder.path(), None).contains("more than 2000 files"));
    let heavy = tempfile::tempdir().unwrap();
    let file = fs::File::create(heavy.path().join("scan.stl")).unwrap();
    file.set_len(MAX_BYTES + 1).unwrap();
    assert!(reason(heavy.path(), None).contains("more than 200 MB"));
    assert!(reason(&heavy.path().join("missing"), None).contains("cannot be read"));
    assert!(reason(&heavy.path().join("scan.stl"), None).contains("cannot be read"));
}
