//! The fonts of `text()`. They are part of this program: every machine has the same ones, and what names the program in the
//! key of a cached result names them too.
//!
//! The geometry kernel reads fonts by path, in the process that runs the candidate. Each one is a sealed memory file at
//! a descriptor of its own, which children inherit.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, RawFd};

use crate::child;
use cadforge_platform::linux::MemoryFile;

/// The file of each style. Italics are the regular style, slanted by the kernel.
const FILES: [&[u8]; 2] = [
    include_bytes!("../../assets/fonts/Inter-Regular.otf"),
    include_bytes!("../../assets/fonts/Inter-SemiBold.otf"),
];

/// Where children find them, in the order of [`FILES`]: behind the descriptors that each is given.
pub const DESCRIPTORS: [RawFd; FILES.len()] = [child::CONTROL + 1, child::CONTROL + 2];

/// Makes the files in the process that all children are forked from; returns the paths of the regular and the bold style.
pub fn open() -> io::Result<[String; FILES.len()]> {
    for (bytes, number) in FILES.into_iter().zip(DESCRIPTORS) {
        let mut file = MemoryFile::new("cadforge-font")?;
        file.file().write_all(bytes)?;
        file.seal()?;
        child::place(file.descriptor(), number)?;
    }
    Ok(DESCRIPTORS.map(path))
}

/// Gives this child descriptors of its own: an inherited one shares its position with every other child.
pub fn reopen() -> io::Result<()> {
    for number in DESCRIPTORS {
        child::place(File::open(path(number))?.as_raw_fd(), number)?;
    }
    Ok(())
}

fn path(number: RawFd) -> String {
    format!("/proc/self/fd/{number}")
}
