//! The files that a candidate can access: Python, its libraries and the project folder for reading, one folder for
//! writing.
//!
//! Landlock version 1 (Linux 5.13) suffices: what it does not cover, such as truncation by path or changes of mode and
//! owner, is refused by seccomp.

use std::io;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

use cadforge_protocol::project::Project;
use landlock::{
    ABI, Access, AccessFs, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr,
};

/// Other files that the libraries read. None is secret, and none has to exist. Fonts are not among them: `text()` has
/// its own.
const SYSTEM: [&str; 14] = [
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/zoneinfo",
    "/usr/share/locale",
    "/usr/share/mime",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/ssl/openssl.cnf",
    "/dev/urandom",
    "/dev/random",
];

/// Scripts open it to discard output.
const DEV_NULL: &str = "/dev/null";

pub(crate) fn system_paths() -> impl Iterator<Item = PathBuf> {
    SYSTEM.into_iter().map(PathBuf::from)
}

/// Allows this process to read below `readable` and the entries of `project`, and to write below `scratch`.
pub(crate) fn restrict(
    readable: &[PathBuf],
    scratch: BorrowedFd<'_>,
    project: Option<&Project>,
) -> io::Result<()> {
    // Access rights that the kernel does not know are left out; it cannot restrict them.
    let all = AccessFs::from_all(ABI::V5);
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let mut rules = Ruleset::default()
        .handle_access(all)
        .and_then(Ruleset::create)
        .map_err(io::Error::other)?;
    for path in readable {
        rules = allow(rules, path, read)?;
    }
    rules = allow(
        rules,
        Path::new(DEV_NULL),
        AccessFs::ReadFile | AccessFs::WriteFile,
    )?;
    for entry in project.iter().flat_map(|project| project.entries()) {
        // A link could lead out of the project folder.
        let path = project.map_or(Path::new(""), Project::folder).join(&entry.path);
        if !entry.is_link && !path.is_symlink() {
            rules = allow(rules, &path, read)?;
        }
    }
    let write = all & !(AccessFs::Execute | AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::MakeSock);
    rules
        .add_rule(PathBeneath::new(scratch, write))
        .and_then(landlock::RulesetCreated::restrict_self)
        .map_err(io::Error::other)?;
    Ok(())
}

fn allow(
    rules: landlock::RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> io::Result<landlock::RulesetCreated> {
    // Missing paths need no rule.
    let Ok(file) = PathFd::new(path) else {
        return Ok(rules);
    };
    let access = if path.is_dir() {
        access
    } else {
        access & AccessFs::from_file(ABI::V5)
    };
    rules
        .add_rule(PathBeneath::new(file, access))
        .map_err(io::Error::other)
}
