//! Candidates that run while another one sleeps, so that a sleeper does not keep a worker from those who work.
//!
//! The sleeper stays where it is and is looked at again when the other one has ended: what has come of it by then is
//! known a little later, and is the same. Whether there is another one, the client says.

use std::io;

use cadforge_protocol::frame::Reply;

use crate::listener::Listener;
use crate::process_tree::Process;
use crate::run::{Finished, Runner};
use crate::scratch::Scratch;
use crate::supervisor::{Candidate, Client, Monitor, ProcessEvent};
use cadforge_platform::linux::MemoryFile;

/// Folders that are not in use at the moment, and how many there are.
#[derive(Default)]
pub struct Beside {
    spare: Vec<Scratch>,
    made: u8,
}

impl Runner {
    /// What happens next to a process of the candidate that is watched.
    pub fn next(
        &mut self,
        monitor: &mut Monitor<'_>,
        process: &Process,
        stack_dump: &MemoryFile,
        listener: Option<&Listener>,
    ) -> io::Result<ProcessEvent> {
        loop {
            match monitor.next(process, stack_dump, listener, &self.scratch)? {
                Ok(event) => return Ok(event),
                Err(candidate) => self.run_beside(&candidate, monitor.client)?,
            }
        }
    }

    /// Runs a candidate in a folder of its own. Strays are not looked for meanwhile: the sleeper has processes too.
    fn run_beside(&mut self, candidate: &Candidate, client: &mut dyn Client) -> io::Result<()> {
        let scratch = match self.beside.spare.pop() {
            Some(scratch) => scratch,
            None => {
                self.beside.made += 1;
                Scratch::new(self.beside.made)?
            }
        };
        let own = std::mem::replace(&mut self.scratch, scratch);
        self.run(candidate, client)?.send(candidate.id, client)?;
        self.zygote.refill()?;
        self.reap_done(Process::has_ended)?;
        self.scratch.clear()?;
        let scratch = std::mem::replace(&mut self.scratch, own);
        self.beside.spare.push(scratch);
        Ok(())
    }
}

impl Finished {
    /// Tells the client.
    pub fn send(self, id: u64, client: &mut dyn Client) -> io::Result<()> {
        let done = Reply::Done {
            id,
            outcome: self.outcome,
            cpu_ms: self.cpu_ms,
            run_ms: self.run_ms,
            mesh_ms: self.mesh_ms,
            resumed: self.resumed,
            claims: self.claims,
        };
        client.send(&done, &self.blobs.as_slices())
    }
}
