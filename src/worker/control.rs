//! Messages between the supervisor and its child processes: commands down, events up, with descriptors attached.
//!
//! Messages have a fixed size, and neither side allocates for them: a process that is forked again and again must have
//! the same memory at every fork, so that equal candidates get equal addresses. Messages of a process that ran
//! candidate code are as untrusted as the candidate: every field is checked, and the kernel names the sender.

use std::io;
use std::mem::{self, MaybeUninit};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use cadforge_protocol::MeshMethod;
use nix::libc;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, setsockopt, socketpair, sockopt};
use nix::unistd::Pid;

use cadforge_platform::linux::Ended;

/// One end of a connection that preserves message boundaries.
pub(crate) struct Control(OwnedFd);

/// Number of descriptors that come with [`Command::Begin`].
pub(crate) const INHERITED_FDS: usize = 10;

/// Role and limits of a process: part of [`Command::Begin`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct ProcessSpec {
    pub(crate) role: Role,
    pub(crate) cpu_s: f64,
    /// Bytes, in total.
    pub(crate) address_space: u64,
    /// Limit of the mesh.
    pub(crate) triangles: u32,
    /// First step of the plan to run.
    pub(crate) from: u32,
    /// Whether it pauses between steps and waits for a command.
    pub(crate) pausing: bool,
    /// CPU seconds for the mesh, in addition to those for the code.
    pub(crate) mesh_cpu_s: f64,
    pub(crate) mesh: MeshMethod,
    /// Whether objects that the code shows are exported for display.
    pub(crate) displays: bool,
    /// Whether variants may follow, each with the CPU time of the candidate.
    pub(crate) varies: bool,
    /// Whether it reports its stages.
    pub(crate) timed: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Role {
    #[default]
    Run,
    /// Parses code and reads shapes; executes no candidate code.
    Read,
    /// As `Read`, and writes the shape as a STEP file.
    ReadAndExport,
    /// Runs variants of a candidate that another process ran.
    Vary,
    /// Measures mass properties of exported shapes; executes no candidate code.
    Weigh,
}

impl Role {
    /// In the order of their discriminants.
    const ALL: [Self; 5] = [
        Self::Run,
        Self::Read,
        Self::ReadAndExport,
        Self::Vary,
        Self::Weigh,
    ];
}

#[derive(Debug)]
pub(crate) enum Command {
    /// Fork; the child uses this connection.
    Fork(Control),
    /// Start, with these descriptors.
    Begin(ProcessSpec, [OwnedFd; INHERITED_FDS]),
    /// Continue. For a reader: the shape is available, with so many objects to display.
    Go(u32),
    Reap(Pid),
    /// For a runner: run the variant in the first file, export its shape to the second. For a reader: measure the shape in
    /// the first file, report to the second.
    Vary([OwnedFd; 2], Reuse),
}

/// Whether a variant reuses results of the candidate's own run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reuse(pub(crate) bool);

#[derive(Debug)]
pub(crate) enum Event {
    /// It was forked and waits for a command.
    Alive,
    /// It is confined, and starts with the candidate.
    Prepared,
    /// As `Prepared`; the supervisor answers the process's seccomp notifications on this descriptor.
    PreparedWithListener(OwnedFd),
    /// It waits before this step.
    Paused(u32),
    /// The code is parsed, into so many steps.
    Planned(u32),
    /// The shape is exported, with so many objects to display; it is not changed any more.
    HandedOver(u32),
    /// Line and method index (`METHODS`) of the operation that CadQuery's clean-up broke; line 0 if there is none.
    Diagnosed(u32, u32),
    /// Its report is complete.
    Done,
    /// A coarse mesh for display is complete, after `Done`.
    Previewed,
    /// The fork failed, with this `errno`.
    ForkFailed(i32),
    /// A child has ended and is reaped.
    Ended(Ended),
}

/// Fields of a message: its type and five values.
type Fields = [u64; 6];

const BYTES: usize = mem::size_of::<Fields>();

/// Holds `INHERITED_FDS` descriptors and the sender's credentials.
type ControlBuffer = [u64; 24];

impl Control {
    /// The supervisor's end, on which the kernel names every sender, and the child's.
    pub(crate) fn pair() -> io::Result<(Self, Self)> {
        let (ours, theirs) = socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket,
            None,
            SockFlag::SOCK_CLOEXEC,
        )?;
        setsockopt(&ours, sockopt::PassCred, &true)?;
        Ok((Self(ours), Self(theirs)))
    }

    pub(crate) fn from_descriptor(descriptor: OwnedFd) -> Self {
        Self(descriptor)
    }

    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    pub(crate) fn send_command(&self, command: &Command) -> io::Result<()> {
        match command {
            Command::Fork(control) => self.write([1, 0, 0, 0, 0, 0], &[control.0.as_raw_fd()]),
            Command::Begin(process_spec, fds) => {
                let (role, mesh) = (process_spec.role as u64, process_spec.mesh as u64);
                let flags = u64::from(process_spec.pausing)
                    | role << 1
                    | mesh << 4
                    | u64::from(process_spec.displays) << 6
                    | u64::from(process_spec.varies) << 7
                    | u64::from(process_spec.timed) << 8;
                let numbers = u64::from(process_spec.triangles) << 32 | u64::from(process_spec.from);
                let cpu = [process_spec.cpu_s, process_spec.mesh_cpu_s].map(f64::to_bits);
                let fields = [2, flags, cpu[0], process_spec.address_space, numbers, cpu[1]];
                self.write(fields, &fds.each_ref().map(AsRawFd::as_raw_fd))
            }
            Command::Go(objects) => self.write([3, u64::from(*objects), 0, 0, 0, 0], &[]),
            Command::Reap(pid) => self.write([4, pid.as_raw() as u64, 0, 0, 0, 0], &[]),
            Command::Vary(files, Reuse(reuse)) => self.write(
                [5, u64::from(*reuse), 0, 0, 0, 0],
                &files.each_ref().map(AsRawFd::as_raw_fd),
            ),
        }
    }

    /// The next command; `None` once the supervisor is gone.
    pub(crate) fn next_command(&self) -> io::Result<Option<Command>> {
        let Some(Received { fields, fds, .. }) = self.read()? else {
            return Ok(None);
        };
        let malformed = || io::Error::other("malformed command");
        let command = match fields[0] {
            1 => {
                let [first, ..] = fds;
                Command::Fork(Self(first.ok_or_else(malformed)?))
            }
            2 => {
                if fds.iter().any(Option::is_none) {
                    return Err(malformed());
                }
                let bits = |shift: u32, mask: u64| (fields[1] >> shift & mask) as usize;
                let process_spec = ProcessSpec {
                    role: *Role::ALL.get(bits(1, 7)).ok_or_else(malformed)?,
                    cpu_s: f64::from_bits(fields[2]),
                    address_space: fields[3],
                    triangles: (fields[4] >> 32) as u32,
                    from: fields[4] as u32,
                    pausing: fields[1] & 1 != 0,
                    mesh_cpu_s: f64::from_bits(fields[5]),
                    mesh: *MeshMethod::ALL.get(bits(4, 3)).ok_or_else(malformed)?,
                    displays: fields[1] >> 6 & 1 != 0,
                    varies: fields[1] >> 7 & 1 != 0,
                    timed: fields[1] >> 8 & 1 != 0,
                };
                Command::Begin(process_spec, fds.map(|fd| fd.expect("checked above")))
            }
            3 => Command::Go(fields[1] as u32),
            4 => Command::Reap(Pid::from_raw(fields[1] as i32)),
            5 => {
                let [first, second, ..] = fds;
                let files = [first.ok_or_else(malformed)?, second.ok_or_else(malformed)?];
                Command::Vary(files, Reuse(fields[1] & 1 != 0))
            }
            _ => return Err(malformed()),
        };
        Ok(Some(command))
    }

    /// Sends an event to the supervisor.
    pub(crate) fn send(&self, event: &Event) -> io::Result<()> {
        let plain = |kind, value| self.write([kind, value, 0, 0, 0, 0], &[]);
        match event {
            Event::Alive => plain(1, 0),
            Event::Prepared => plain(2, 0),
            Event::PreparedWithListener(listener) => self.write([3, 0, 0, 0, 0, 0], &[listener.as_raw_fd()]),
            Event::Paused(step) => plain(4, u64::from(*step)),
            Event::Planned(steps) => plain(5, u64::from(*steps)),
            Event::HandedOver(objects) => plain(8, u64::from(*objects)),
            Event::Diagnosed(line, method) => {
                self.write([10, u64::from(*line), u64::from(*method), 0, 0, 0], &[])
            }
            Event::Done => plain(9, 0),
            Event::Previewed => plain(11, 0),
            Event::ForkFailed(error) => plain(6, *error as u64),
            Event::Ended(Ended {
                status,
                cpu_s,
                peak_resident,
            }) => self.write([7, *status as u64, cpu_s.to_bits(), *peak_resident, 0, 0], &[]),
        }
    }

    /// The next event and its sender; also fails if the other end is closed.
    pub(crate) fn receive(&self) -> io::Result<(Event, Pid)> {
        let received = self.read()?;
        let Received { fields, fds, sender } = received.ok_or(io::ErrorKind::ConnectionAborted)?;
        let malformed = || io::Error::new(io::ErrorKind::InvalidData, "malformed event");
        let [first, ..] = fds;
        let event = match fields[0] {
            1 => Event::Alive,
            2 => Event::Prepared,
            3 => Event::PreparedWithListener(first.ok_or_else(malformed)?),
            4 => Event::Paused(fields[1] as u32),
            5 => Event::Planned(fields[1] as u32),
            8 => Event::HandedOver(fields[1] as u32),
            10 => Event::Diagnosed(fields[1] as u32, fields[2] as u32),
            9 => Event::Done,
            11 => Event::Previewed,
            6 => Event::ForkFailed(fields[1] as i32),
            7 => Event::Ended(Ended {
                status: fields[1] as i32,
                cpu_s: f64::from_bits(fields[2]),
                peak_resident: fields[3],
            }),
            _ => return Err(malformed()),
        };
        Ok((event, sender.ok_or_else(malformed)?))
    }

    #[expect(unsafe_code, reason = "nix allocates for control messages")]
    fn write(&self, fields: Fields, descriptors: &[RawFd]) -> io::Result<()> {
        debug_assert!(descriptors.len() <= INHERITED_FDS);
        let bytes = mem::size_of_val(descriptors);
        let mut slice = libc::iovec {
            iov_base: ptr::from_ref(&fields).cast_mut().cast(),
            iov_len: BYTES,
        };
        let mut buffer: ControlBuffer = [0; 24];
        // SAFETY: all zeros is a valid message header; every pointer in it lives longer than the call, and the
        // buffer has room for `INHERITED_FDS` descriptors.
        let sent = unsafe {
            let mut message: libc::msghdr = mem::zeroed();
            message.msg_iov = &raw mut slice;
            message.msg_iovlen = 1;
            if !descriptors.is_empty() {
                message.msg_control = buffer.as_mut_ptr().cast();
                message.msg_controllen = libc::CMSG_SPACE(bytes as u32) as _;
                let header = libc::CMSG_FIRSTHDR(&raw const message);
                (*header).cmsg_level = libc::SOL_SOCKET;
                (*header).cmsg_type = libc::SCM_RIGHTS;
                (*header).cmsg_len = libc::CMSG_LEN(bytes as u32) as _;
                ptr::copy_nonoverlapping(descriptors.as_ptr().cast::<u8>(), libc::CMSG_DATA(header), bytes);
            }
            retry(|| libc::sendmsg(self.0.as_raw_fd(), &raw const message, libc::MSG_NOSIGNAL))
        };
        match sent {
            Ok(BYTES) => Ok(()),
            Ok(_) => Err(io::ErrorKind::WriteZero.into()),
            Err(error) => Err(error),
        }
    }

    /// One whole message; `None` at the end of the connection.
    #[expect(
        unsafe_code,
        reason = "nix allocates for control messages, and descriptors arrive as numbers"
    )]
    fn read(&self) -> io::Result<Option<Received>> {
        let mut fields: Fields = [0; 6];
        let mut slice = libc::iovec {
            iov_base: ptr::from_mut(&mut fields).cast(),
            iov_len: BYTES,
        };
        let mut buffer: ControlBuffer = [0; 24];
        let mut fds: [Option<OwnedFd>; INHERITED_FDS] = [const { None }; INHERITED_FDS];
        let mut sender = None;
        // SAFETY: all zeros is a valid message header; every pointer in it lives longer than the call. The kernel
        // has filled the buffer up to `msg_controllen`, which the iteration respects; descriptors in it were
        // just made by the kernel, and nobody else knows them.
        unsafe {
            let mut message: libc::msghdr = mem::zeroed();
            message.msg_iov = &raw mut slice;
            message.msg_iovlen = 1;
            message.msg_control = buffer.as_mut_ptr().cast();
            message.msg_controllen = mem::size_of::<ControlBuffer>() as _;
            let received =
                retry(|| libc::recvmsg(self.0.as_raw_fd(), &raw mut message, libc::MSG_CMSG_CLOEXEC))?;
            let mut header = libc::CMSG_FIRSTHDR(&raw const message);
            let mut next = 0;
            while !header.is_null() {
                let data = libc::CMSG_DATA(header);
                let length = (*header).cmsg_len as usize - (data as usize - header as usize);
                match ((*header).cmsg_level, (*header).cmsg_type) {
                    (libc::SOL_SOCKET, libc::SCM_RIGHTS) => {
                        for at in (0..length).step_by(mem::size_of::<RawFd>()) {
                            let number = data.add(at).cast::<RawFd>().read_unaligned();
                            let fd = OwnedFd::from_raw_fd(number);
                            // Descriptors beyond the expected ones are closed at once.
                            if let Some(slot) = fds.get_mut(next) {
                                *slot = Some(fd);
                            }
                            next += 1;
                        }
                    }
                    (libc::SOL_SOCKET, libc::SCM_CREDENTIALS) if length >= mem::size_of::<libc::ucred>() => {
                        let mut credentials = MaybeUninit::<libc::ucred>::uninit();
                        ptr::copy_nonoverlapping(
                            data,
                            credentials.as_mut_ptr().cast::<u8>(),
                            mem::size_of::<libc::ucred>(),
                        );
                        sender = Some(Pid::from_raw(credentials.assume_init().pid));
                    }
                    _ => {}
                }
                header = libc::CMSG_NXTHDR(&raw const message, header);
            }
            match received {
                0 => return Ok(None),
                BYTES => {}
                _ => {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "message of the wrong length",
                    ));
                }
            }
        }
        Ok(Some(Received { fields, fds, sender }))
    }
}

struct Received {
    fields: Fields,
    fds: [Option<OwnedFd>; INHERITED_FDS],
    /// Only where the socket asks the kernel for it.
    sender: Option<Pid>,
}

impl std::fmt::Debug for Control {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Control({})", self.0.as_raw_fd())
    }
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Repeats a call that a signal interrupts.
fn retry(mut call: impl FnMut() -> isize) -> io::Result<usize> {
    loop {
        match usize::try_from(call()) {
            Ok(count) => return Ok(count),
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn events_round_trip_and_name_their_sender() {
        let (supervisor, process) = Control::pair().unwrap();
        let ended = Ended {
            status: 139,
            cpu_s: 0.25,
            peak_resident: 1 << 40,
        };
        for event in [
            Event::Alive,
            Event::Prepared,
            Event::Paused(7),
            Event::Planned(u32::MAX),
            Event::HandedOver(3),
            Event::Diagnosed(12, 4),
            Event::Done,
            Event::ForkFailed(11),
            Event::Ended(ended),
        ] {
            process.send(&event).unwrap();
            let (received, sender) = supervisor.receive().unwrap();
            assert_eq!(format!("{received:?}"), format!("{event:?}"));
            assert_eq!(sender, Pid::this());
        }
        drop(process);
        assert!(supervisor.receive().is_err());
    }

    #[test]
    fn descriptors_arrive_open_and_the_closed_end_is_noticed() {
        let (supervisor, process) = Control::pair().unwrap();
        let (mut reader, writer) = io::pipe().unwrap();
        let process_spec = ProcessSpec {
            role: Role::Weigh,
            cpu_s: 1.5,
            address_space: u64::MAX,
            triangles: u32::MAX,
            from: 3,
            pausing: true,
            mesh_cpu_s: 60.5,
            mesh: MeshMethod::Bounded,
            displays: true,
            varies: true,
            timed: true,
        };
        let fds = std::array::from_fn(|_| writer.as_fd().try_clone_to_owned().unwrap());
        supervisor
            .send_command(&Command::Begin(process_spec, fds))
            .unwrap();
        drop(writer);
        let Some(Command::Begin(received, fds)) = process.next_command().unwrap() else {
            panic!("another command")
        };
        assert_eq!(received, process_spec);
        File::from(fds.into_iter().last().unwrap())
            .write_all(b"x")
            .unwrap();
        let mut text = String::new();
        // Ends, because no copy of the write end is left.
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "x");
        drop(supervisor);
        assert!(process.next_command().unwrap().is_none());
    }

    #[test]
    fn malformed_messages_are_errors_and_leak_no_descriptors() {
        let (supervisor, process) = Control::pair().unwrap();
        let (mut reader, writer) = io::pipe().unwrap();
        // More descriptors than any event has.
        process
            .write([99, 0, 0, 0, 0, 0], &[writer.as_raw_fd(); INHERITED_FDS])
            .unwrap();
        drop(writer);
        assert!(supervisor.receive().is_err());
        assert_eq!(reader.read(&mut [0]).unwrap(), 0);
        nix::unistd::write(&process, b"short").unwrap();
        assert_eq!(
            supervisor.receive().unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
    }
}
