//! The files and pipes that the children of one run share with their supervisor.
//!
//! Memory files and pipes only: nothing here has a name that a candidate could open.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use cadforge_protocol::Limits;
use cadforge_protocol::frame::{MAX_BLOBS, ReaderReport, RunReport, read_frame};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::pipe2;

use crate::control::INHERITED_FDS;
use crate::supervisor::Output;
use cadforge_platform::linux::MemoryFile;

/// What the two children of a run share.
pub struct Files {
    /// The code, sealed.
    pub source: MemoryFile,
    /// Its steps, written by the reader.
    pub plan: MemoryFile,
    /// The shape, handed over by the runner.
    pub brep: MemoryFile,
    /// The mesh that the runner exports.
    pub stl: MemoryFile,
    /// The mesh that the reader makes: the runner has no way to it.
    pub mesh: MemoryFile,
    /// The runner's report.
    pub ran: MemoryFile,
    /// The reader's report.
    pub read: MemoryFile,
    /// The project folder, as the client described it; empty if there is none. Sealed.
    pub project: MemoryFile,
    /// Where the reader was when it was asked.
    pub reader_words: MemoryFile,
    /// Where the runner was when it was asked.
    pub runner_words: MemoryFile,
    /// The end that children print to.
    pub stdout: OwnedFd,
    /// The same for errors.
    pub stderr: OwnedFd,
}

impl Files {
    /// Empty, but for the source. The output is what both children print.
    pub fn new(source: &[u8], limits: &Limits) -> io::Result<(Self, Output)> {
        use std::io::Write;
        let file = |name| MemoryFile::new(name);
        let (stdout_reader, stdout) = pipe()?;
        let (stderr_reader, stderr) = pipe()?;
        let mut files = Self {
            source: file("cadforge-source")?,
            plan: file("cadforge-plan")?,
            brep: file("cadforge-brep")?,
            stl: file("cadforge-stl")?,
            mesh: file("cadforge-mesh")?,
            ran: file("cadforge-ran")?,
            read: file("cadforge-read")?,
            project: file("cadforge-project")?,
            reader_words: file("cadforge-words")?,
            runner_words: file("cadforge-words")?,
            stdout,
            stderr,
        };
        files.source.file().write_all(source)?;
        files.source.seal()?;
        if let Some(project) = &limits.project {
            serde_json::to_writer(files.project.file(), project)?;
        }
        files.project.seal()?;
        Ok((
            files,
            Output::new(stdout_reader, stderr_reader, limits.output_bytes),
        ))
    }

    /// What a child gets, in the order that it expects.
    pub fn fds(
        &self,
        report: &MemoryFile,
        mesh: &MemoryFile,
        words: &MemoryFile,
        scratch: BorrowedFd<'_>,
    ) -> io::Result<[OwnedFd; INHERITED_FDS]> {
        Ok([
            self.stdout.try_clone()?,
            self.stderr.try_clone()?,
            self.source.share()?,
            self.plan.share()?,
            report.share()?,
            mesh.share()?,
            self.brep.share()?,
            words.share()?,
            self.project.share()?,
            scratch.try_clone_to_owned()?,
        ])
    }
}

/// What the runner reports, and the triangles of each face; why it cannot be read is the candidate's doing.
pub fn read_ran(file: &MemoryFile) -> Result<(RunReport, Vec<u8>), String> {
    // Together with the output it must fit into one frame.
    let bytes = file.read(MAX_BLOBS / 4).map_err(|error| error.to_string())?;
    let frame = read_frame::<RunReport>(&mut bytes.as_slice()).map_err(|error| error.to_string())?;
    let (ran, blobs) = frame.ok_or("it is empty")?;
    let [faces] = <[Vec<u8>; 1]>::try_from(blobs).map_err(|_| "it lacks its blob")?;
    Ok((ran, faces))
}

/// What the reader reports, and its blobs. No candidate has touched it.
pub fn read_reading(file: &MemoryFile) -> io::Result<(ReaderReport, Vec<Vec<u8>>)> {
    let bytes = file.read(MAX_BLOBS)?;
    let frame = read_frame::<ReaderReport>(&mut bytes.as_slice()).map_err(io::Error::other)?;
    frame.ok_or_else(|| io::Error::other("an empty reading"))
}

/// A pipe whose read end does not block.
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
    fcntl(&reader, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok((reader, writer))
}
