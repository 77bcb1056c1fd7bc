//! The fonts of `text()`. They are part of this program: every machine has the same fonts, and the program's digest in
//! cache keys covers them.
//!
//! The geometry kernel reads fonts by path, in the process that runs the candidate. Each font is a sealed memory file
//! at a descriptor of its own, which children inherit.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, RawFd};

use crate::context;
use cadforge_platform::linux::MemoryFile;

/// The font file of each style. Italics are the regular style, slanted by the kernel.
const FILES: [&[u8]; 2] = [
    include_bytes!("../../assets/fonts/Inter-Regular.otf"),
    include_bytes!("../../assets/fonts/Inter-SemiBold.otf"),
];

/// Descriptors in the children, in the order of [`FILES`], after those of [`context::CONTROL`].
pub(crate) const DESCRIPTORS: [RawFd; FILES.len()] = [context::CONTROL + 1, context::CONTROL + 2];

/// Opens the fonts in the zygote; returns the paths of the regular and the bold style.
pub(crate) fn open() -> io::Result<[String; FILES.len()]> {
    for (bytes, number) in FILES.into_iter().zip(DESCRIPTORS) {
        let mut file = MemoryFile::new("cadforge-font")?;
        file.file().write_all(bytes)?;
        file.seal()?;
        context::place(file.descriptor(), number)?;
    }
    Ok(DESCRIPTORS.map(path))
}

/// Reopens the fonts in a child: an inherited descriptor shares its file position with all other children.
pub(crate) fn reopen() -> io::Result<()> {
    for number in DESCRIPTORS {
        context::place(File::open(path(number))?.as_raw_fd(), number)?;
    }
    Ok(())
}

fn path(number: RawFd) -> String {
    format!("/proc/self/fd/{number}")
}
