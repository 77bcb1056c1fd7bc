//! The files and pipes that the children of one run share with their supervisor.
//!
//! Memory files and pipes only: none of them has a name that a candidate could open.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use cadforge_protocol::RunSpec;
use cadforge_protocol::frame::{MAX_BLOBS, ReaderReport, RunReport, read_frame};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::pipe2;

use crate::control::INHERITED_FDS;
use crate::output::Output;
use cadforge_platform::linux::MemoryFile;

pub(crate) struct Files {
    pub(crate) source: MemoryFile,
    /// Steps of the code, written by the reader.
    pub(crate) plan: MemoryFile,
    /// Boundary representation, exported by the runner.
    pub(crate) brep: MemoryFile,
    /// Mesh exported by the runner.
    pub(crate) stl: MemoryFile,
    /// Mesh made by the reader; the runner has no access to it.
    pub(crate) mesh: MemoryFile,
    pub(crate) run_report: MemoryFile,
    pub(crate) reader_report: MemoryFile,
    /// The project folder as the client described it, sealed; empty if there is none.
    pub(crate) project: MemoryFile,
    pub(crate) reader_stack: MemoryFile,
    pub(crate) runner_stack: MemoryFile,
    /// Write end of the children's standard output.
    pub(crate) stdout: OwnedFd,
    /// Write end of the children's standard error.
    pub(crate) stderr: OwnedFd,
}

impl Files {
    /// Creates the files; all but source and project are empty. The output reads what both children print.
    pub(crate) fn new(source: &[u8], spec: &RunSpec) -> io::Result<(Self, Output)> {
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
            run_report: file("cadforge-ran")?,
            reader_report: file("cadforge-read")?,
            project: file("cadforge-project")?,
            reader_stack: file("cadforge-words")?,
            runner_stack: file("cadforge-words")?,
            stdout,
            stderr,
        };
        files.source.file().write_all(source)?;
        files.source.seal()?;
        if let Some(project) = &spec.project {
            serde_json::to_writer(files.project.file(), project)?;
        }
        files.project.seal()?;
        Ok((
            files,
            Output::new(stdout_reader, stderr_reader, spec.limits.output_bytes),
        ))
    }

    /// Descriptors of a child, in the order that it expects.
    pub(crate) fn fds(
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

/// The runner's report and the triangles of each face. A malformed report is the candidate's failure.
pub(crate) fn read_run_report(file: &MemoryFile) -> Result<(RunReport, Vec<u8>), String> {
    // Together with the output it must fit into one frame.
    let bytes = file.read(MAX_BLOBS / 4).map_err(|error| error.to_string())?;
    let frame = read_frame::<RunReport>(&mut bytes.as_slice()).map_err(|error| error.to_string())?;
    let (ran, blobs) = frame.ok_or("it is empty")?;
    let [faces] = <[Vec<u8>; 1]>::try_from(blobs).map_err(|_| "it lacks its blob")?;
    Ok((ran, faces))
}

/// The reader's report and its blobs; no candidate code can have changed them.
pub(crate) fn read_reader_report(file: &MemoryFile) -> io::Result<(ReaderReport, Vec<Vec<u8>>)> {
    let bytes = file.read(MAX_BLOBS)?;
    let frame = read_frame::<ReaderReport>(&mut bytes.as_slice()).map_err(io::Error::other)?;
    frame.ok_or_else(|| io::Error::other("the reader's report is empty"))
}

fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
    fcntl(&reader, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok((reader, writer))
}
