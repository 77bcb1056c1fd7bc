//! Lines that wait to be written: in memory up to a limit, then on disk.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

/// Maximum number of bytes in memory; further lines go to disk.
pub(super) const IN_MEMORY: usize = 32 << 20;

/// Lines by ticket.
#[derive(Default)]
pub(super) struct HeldLines {
    /// Bytes of the lines in memory.
    pub bytes: usize,
    /// Created on demand; unnamed, so that it is never left behind.
    disk: Option<File>,
    end: u64,
    on_disk: usize,
}

/// A stored line.
pub(super) enum Ticket {
    Memory(Vec<u8>),
    Disk { at: u64, length: usize },
}

impl HeldLines {
    pub fn put(&mut self, line: Vec<u8>) -> io::Result<Ticket> {
        if self.bytes + line.len() <= IN_MEMORY {
            self.bytes += line.len();
            return Ok(Ticket::Memory(line));
        }
        let file = match &mut self.disk {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        file.write_all_at(&line, self.end)?;
        let ticket = Ticket::Disk {
            at: self.end,
            length: line.len(),
        };
        self.end += line.len() as u64;
        self.on_disk += 1;
        Ok(ticket)
    }

    pub fn take(&mut self, ticket: Ticket) -> io::Result<Vec<u8>> {
        match ticket {
            Ticket::Memory(line) => {
                self.bytes -= line.len();
                Ok(line)
            }
            Ticket::Disk { at, length } => {
                let mut line = vec![0; length];
                let file = self.disk.as_ref().expect("where the line was put");
                file.read_exact_at(&mut line, at)?;
                self.on_disk -= 1;
                if self.on_disk == 0 {
                    self.end = 0;
                }
                Ok(line)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_the_memory_limit_are_read_from_disk() {
        let mut held = HeldLines::default();
        let line = |number: usize| vec![number as u8; IN_MEMORY / 3];
        let mut tickets: Vec<Ticket> = (0..7).map(|number| held.put(line(number)).unwrap()).collect();
        assert!(held.bytes <= IN_MEMORY && held.on_disk >= 4);
        for number in (0..7).rev() {
            assert!(
                held.take(tickets.pop().unwrap()).unwrap() == line(number),
                "{number}"
            );
        }
        assert_eq!((held.bytes, held.end), (0, 0));
    }
}
