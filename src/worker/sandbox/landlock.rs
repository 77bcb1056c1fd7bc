//! Which files a candidate can reach: Python, its libraries and the project folder to read, one folder to write.
//!
//! The first version of Landlock (Linux 5.13) is enough: what it does not cover, such as truncating by path or
//! changing modes and owners, is refused by the list of system calls.

use std::io;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

use cadforge_protocol::project::Project;
use landlock::{
    ABI, Access, AccessFs, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr,
};

/// What libraries read besides themselves. None of it is secret, and none of it has to exist.
/// Fonts are not among it: `text()` has its own.
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

/// Written by scripts that do not want to see what they print.
const NOWHERE: &str = "/dev/null";

/// See [`SYSTEM`].
pub fn system_paths() -> impl Iterator<Item = PathBuf> {
    SYSTEM.into_iter().map(PathBuf::from)
}

/// Leaves this process what lies below `readable` and the entries of `project` to read, and `scratch` to write.
pub fn restrict(readable: &[PathBuf], scratch: BorrowedFd<'_>, project: Option<&Project>) -> io::Result<()> {
    // Whatever of these the kernel knows; the others it cannot forbid either.
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
        Path::new(NOWHERE),
        AccessFs::ReadFile | AccessFs::WriteFile,
    )?;
    for entry in project.iter().flat_map(|project| project.entries()) {
        // A link would give away whatever it leads to.
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
    // What is not there need not be allowed.
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
