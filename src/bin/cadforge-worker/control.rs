//! How the supervisor and its zygote talk: descriptors one way, news the other.
//!
//! Messages are of fixed size. The zygote's memory must look the same at every fork, so that equal
//! candidates get equal addresses; whatever differs between candidates is read by their children.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, cmsg_space, recvmsg, sendmsg};
use nix::unistd::Pid;

use crate::linux::Ended;

/// One end of the connection.
pub struct Control(UnixStream);

/// What a child is given, in the order in which it is sent.
pub const GIFTS: usize = 7;

/// What the zygote tells of a child.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum News {
    /// It runs.
    Forked(Pid),
    /// It has ended, and is reaped.
    Ended(Ended),
    /// It could not be forked; the number of the system's error.
    Failed(i32),
}

impl Control {
    /// The supervisor's end and the zygote's.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = UnixStream::pair()?;
        Ok((Self(one), Self(other)))
    }

    /// The connection itself, for what is said before the first child.
    pub fn stream(&mut self) -> &mut UnixStream {
        &mut self.0
    }

    /// Asks for a child that is given these descriptors.
    pub fn order(&self, gifts: [RawFd; GIFTS]) -> io::Result<()> {
        let message = [ControlMessage::ScmRights(&gifts)];
        sendmsg::<()>(
            self.0.as_raw_fd(),
            &[IoSlice::new(&[1])],
            &message,
            MsgFlags::empty(),
            None,
        )?;
        Ok(())
    }

    /// The next order; `None` once the supervisor is gone.
    #[expect(unsafe_code, reason = "descriptors arrive as numbers")]
    pub fn next_order(&self) -> io::Result<Option<[OwnedFd; GIFTS]>> {
        let mut byte = [0];
        let mut buffer = [0; cmsg_space::<[RawFd; GIFTS]>()];
        let mut slices = [IoSliceMut::new(&mut byte)];
        let received = recvmsg::<()>(
            self.0.as_raw_fd(),
            &mut slices,
            Some(&mut buffer),
            MsgFlags::MSG_CMSG_CLOEXEC,
        )?;
        if received.bytes == 0 {
            return Ok(None);
        }
        let numbers = received.cmsgs()?.find_map(|message| match message {
            ControlMessageOwned::ScmRights(numbers) => <[RawFd; GIFTS]>::try_from(numbers).ok(),
            _ => None,
        });
        let numbers = numbers.ok_or_else(|| io::Error::other("an order without its descriptors"))?;
        // SAFETY: the system has just made these descriptors, and nobody else knows them.
        Ok(Some(
            numbers.map(|number| unsafe { OwnedFd::from_raw_fd(number) }),
        ))
    }

    /// Tells the supervisor.
    pub fn tell(&mut self, news: News) -> io::Result<()> {
        let fields: [u64; 4] = match news {
            News::Forked(pid) => [1, pid.as_raw() as u64, 0, 0],
            News::Ended(Ended {
                status,
                cpu_s,
                peak_resident,
            }) => [2, status as u64, cpu_s.to_bits(), peak_resident],
            News::Failed(error) => [3, error as u64, 0, 0],
        };
        let mut bytes = [0; 32];
        for (slot, field) in bytes.chunks_exact_mut(8).zip(fields) {
            slot.copy_from_slice(&field.to_le_bytes());
        }
        self.0.write_all(&bytes)
    }

    /// The zygote's next news; an error also if it is gone.
    pub fn hear(&mut self) -> io::Result<News> {
        let mut bytes = [0; 32];
        self.0.read_exact(&mut bytes)?;
        let field = |at: usize| u64::from_le_bytes(std::array::from_fn(|index| bytes[8 * at + index]));
        match field(0) {
            1 => Ok(News::Forked(Pid::from_raw(field(1) as i32))),
            2 => Ok(News::Ended(Ended {
                status: field(1) as i32,
                cpu_s: f64::from_bits(field(2)),
                peak_resident: field(3),
            })),
            3 => Ok(News::Failed(field(1) as i32)),
            other => Err(io::Error::other(format!("the zygote speaks nonsense: {other}"))),
        }
    }
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_arrive_as_they_were_told() {
        let (mut zygote, mut supervisor) = Control::pair().unwrap();
        let ended = Ended {
            status: 139,
            cpu_s: 0.25,
            peak_resident: 1 << 40,
        };
        for news in [
            News::Forked(Pid::from_raw(7)),
            News::Ended(ended),
            News::Failed(11),
        ] {
            zygote.tell(news).unwrap();
            assert_eq!(supervisor.hear().unwrap(), news);
        }
        drop(zygote);
        assert!(supervisor.hear().is_err());
    }

    #[test]
    fn descriptors_arrive_open_and_the_end_is_noticed() {
        let (supervisor, zygote) = Control::pair().unwrap();
        let (mut reader, writer) = io::pipe().unwrap();
        supervisor.order([writer.as_raw_fd(); GIFTS]).unwrap();
        let gifts = zygote.next_order().unwrap().unwrap();
        drop(writer);
        std::fs::File::from(gifts.into_iter().last().unwrap())
            .write_all(b"x")
            .unwrap();
        let mut text = String::new();
        // Ends, because no copy of the write end is left.
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "x");
        drop(supervisor);
        assert!(zygote.next_order().unwrap().is_none());
    }
}
