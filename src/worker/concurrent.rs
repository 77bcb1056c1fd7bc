//! Runs other candidates while one sleeps, so that a sleeping candidate does not block a worker.
//!
//! The sleeper is sampled again when the other candidate has ended: its result is the same, only later. The client
//! decides whether another candidate is run.

use std::io;

use cadforge_protocol::frame::Reply;

use crate::listener::Listener;
use crate::process_tree::Process;
use crate::run::{Finished, Runner};
use crate::scratch::Scratch;
use crate::supervisor::{Candidate, Client, Monitor, ProcessEvent};
use cadforge_platform::linux::MemoryFile;

/// Unused folders, and the number of all.
#[derive(Default)]
pub(crate) struct ConcurrentFolders {
    spare: Vec<Scratch>,
    made: u8,
}

impl Runner {
    /// The next event of a monitored process; runs other candidates meanwhile.
    pub(crate) fn next(
        &mut self,
        monitor: &mut Monitor<'_>,
        process: &Process,
        stack_dump: &MemoryFile,
        listener: Option<&Listener>,
    ) -> io::Result<ProcessEvent> {
        loop {
            match monitor.next(process, stack_dump, listener, &self.scratch)? {
                Ok(event) => return Ok(event),
                Err(candidate) => self.run_concurrently(&candidate, monitor.client)?,
            }
        }
    }

    /// Runs a candidate in a folder of its own. Strays are not killed meanwhile: the sleeper has processes too.
    pub(crate) fn run_concurrently(
        &mut self,
        candidate: &Candidate,
        client: &mut dyn Client,
    ) -> io::Result<()> {
        let scratch = match self.concurrent.spare.pop() {
            Some(scratch) => scratch,
            None => {
                self.concurrent.made += 1;
                Scratch::new(self.concurrent.made)?
            }
        };
        let own = std::mem::replace(&mut self.scratch, scratch);
        self.run(candidate, client)?.send(candidate.id, client)?;
        self.zygote.refill()?;
        self.reap_done(Process::has_ended)?;
        self.scratch.clear()?;
        let scratch = std::mem::replace(&mut self.scratch, own);
        self.concurrent.spare.push(scratch);
        Ok(())
    }
}

impl Finished {
    pub(crate) fn send(self, id: u64, client: &mut dyn Client) -> io::Result<()> {
        let done = Reply::Done {
            id,
            outcome: self.outcome,
            cpu_ms: self.cpu_ms,
            run_ms: self.run_ms,
            mesh_ms: self.mesh_ms,
            resumed: self.resumed,
            claims: self.claims,
            stages: self.stages,
        };
        client.send(&done, &self.blobs.as_slices())
    }
}
