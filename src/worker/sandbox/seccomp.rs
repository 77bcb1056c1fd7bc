//! The system calls of a candidate: those that Python, numpy and the geometry kernel need for computing.
//!
//! An allow list: every other call fails with EPERM, which Python turns into a `PermissionError` with the call's
//! object. Calls that the C library tries first and can replace fail with ENOSYS.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::process;

use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, sock_filter,
};

/// Placeholder for the process's own number in filters compiled before the fork.
const OWN_PID: u32 = 0x7FAC_E1D5;

/// The kernel's limit on instructions; none of our filters reaches it.
const MAX_INSTRUCTIONS: usize = 4096;

/// Signals that stop a process, which then neither runs nor ends.
const STOP_SIGNALS: [libc::c_int; 4] = [libc::SIGSTOP, libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU];

/// Compiled once, before the first fork: a child only installs them, without allocating.
pub(crate) struct Filters {
    /// ENOSYS for calls that have older equivalents.
    unsupported: BpfProgram,
    /// For a child that runs to its end.
    unforkable: BpfProgram,
    /// For a child that may be forked: the listener decides on those calls.
    forkable: BpfProgram,
}

impl Filters {
    /// Compiles the filters for this architecture.
    pub(crate) fn new() -> io::Result<Self> {
        let unsupported = [libc::SYS_clone3, libc::SYS_openat2, libc::SYS_io_uring_setup];
        Ok(Self {
            unsupported: compile(
                unsupported.into_iter().map(|call| (call, Vec::new())).collect(),
                SeccompAction::Allow,
                SeccompAction::Errno(libc::ENOSYS as u32),
            )?,
            unforkable: allow(&signals_to_itself()?)?,
            forkable: allow(&notified_calls().map(|call| (call, Vec::new())))?,
        })
    }

    /// Confines this process and its future children. A `pausing` process returns the listener that decides on its
    /// forks and signals.
    pub(crate) fn install(&self, pausing: bool) -> io::Result<Option<OwnedFd>> {
        seccompiler::apply_filter(&self.unsupported).map_err(io::Error::other)?;
        if pausing {
            let listener = listener::install(&notified_calls())?;
            seccompiler::apply_filter(&self.forkable).map_err(io::Error::other)?;
            return Ok(Some(listener));
        }
        let mut filter: [sock_filter; MAX_INSTRUCTIONS] = [const {
            sock_filter {
                code: 0,
                jt: 0,
                jf: 0,
                k: 0,
            }
        }; MAX_INSTRUCTIONS];
        let filter = &mut filter[..self.unforkable.len()];
        filter.clone_from_slice(&self.unforkable);
        for instruction in filter.iter_mut() {
            if instruction.k == OWN_PID {
                instruction.k = process::id();
            }
        }
        seccompiler::apply_filter(filter).map_err(io::Error::other)?;
        Ok(None)
    }
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn compile(rules: Rules, otherwise: SeccompAction, matched: SeccompAction) -> io::Result<BpfProgram> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH).map_err(io::Error::other)?;
    SeccompFilter::new(rules, otherwise, matched, architecture)
        .and_then(BpfProgram::try_from)
        .map_err(io::Error::other)
}

/// The allow list and `more`.
fn allow(more: &[(i64, Vec<SeccompRule>)]) -> io::Result<BpfProgram> {
    let mut rules: Rules = ALLOWED.iter().map(|&call| (call, Vec::new())).collect();
    rules.extend(restricted()?);
    rules.extend(more.iter().cloned());
    compile(
        rules,
        SeccompAction::Errno(libc::EPERM as u32),
        SeccompAction::Allow,
    )
}

/// Calls of a pausing child that the listener decides on.
fn notified_calls() -> [i64; 3] {
    [libc::SYS_clone, libc::SYS_kill, libc::SYS_tgkill]
}

/// `abort` and `raise` end a process in a normal way; signals that stop it are refused.
fn signals_to_itself() -> io::Result<[(i64, Vec<SeccompRule>); 2]> {
    let rule = |signal_at: u8| {
        let mut conditions = vec![(0, Equal, u64::from(OWN_PID))];
        conditions.extend(STOP_SIGNALS.map(|signal| (signal_at, NotEqual, signal as u64)));
        rule(&conditions)
    };
    Ok([
        (libc::SYS_kill, vec![rule(1)?]),
        (libc::SYS_tgkill, vec![rule(2)?]),
    ])
}

pub(crate) fn is_stop_signal(signal: u64) -> bool {
    STOP_SIGNALS.iter().any(|&stopping| stopping as u64 == signal)
}

use Comparison::{Equal, NotEqual};

#[derive(Clone, Copy)]
enum Comparison {
    Equal,
    NotEqual,
}

/// Matches if every condition (argument index, comparison, value) holds. Compares the lower 32 bits.
fn rule(conditions: &[(u8, Comparison, u64)]) -> io::Result<SeccompRule> {
    let conditions = conditions
        .iter()
        .map(|&(at, comparison, value)| {
            let operator = match comparison {
                Equal => SeccompCmpOp::Eq,
                NotEqual => SeccompCmpOp::Ne,
            };
            SeccompCondition::new(at, SeccompCmpArgLen::Dword, operator, value)
        })
        .collect::<Result<_, _>>()
        .map_err(io::Error::other)?;
    SeccompRule::new(conditions).map_err(io::Error::other)
}

/// Calls that are allowed only with certain arguments.
fn restricted() -> io::Result<Vec<(i64, Vec<SeccompRule>)>> {
    let one_of = |at: u8, values: &[u64]| {
        values
            .iter()
            .map(|&value| rule(&[(at, Equal, value)]))
            .collect::<io::Result<Vec<_>>>()
    };
    let ours = |request: u64| request & u64::from(u32::MAX);
    Ok(vec![
        // Without F_SETOWN and F_SETSIG, which send signals, and without leases.
        (
            libc::SYS_fcntl,
            one_of(
                1,
                &[
                    libc::F_DUPFD,
                    libc::F_DUPFD_CLOEXEC,
                    libc::F_GETFD,
                    libc::F_SETFD,
                    libc::F_GETFL,
                    libc::F_SETFL,
                    libc::F_GETLK,
                    libc::F_SETLK,
                    libc::F_SETLKW,
                    libc::F_GET_SEALS,
                ]
                .map(|command| command as u64),
            )?,
        ),
        (
            libc::SYS_ioctl,
            one_of(
                1,
                &[
                    ours(libc::TCGETS),
                    ours(libc::FIONREAD),
                    ours(libc::FIOCLEX),
                    ours(libc::FIONCLEX),
                    ours(libc::FIONBIO),
                    ours(libc::TIOCGWINSZ),
                ],
            )?,
        ),
        // Naming a thread, and ending with the parent.
        (
            libc::SYS_prctl,
            vec![
                rule(&[(0, Equal, libc::PR_SET_NAME as u64)])?,
                rule(&[(0, Equal, libc::PR_GET_NAME as u64)])?,
                rule(&[
                    (0, Equal, libc::PR_SET_PDEATHSIG as u64),
                    (1, Equal, libc::SIGKILL as u64),
                ])?,
            ],
        ),
        // Only the process's own limits, which it can but lower without privileges.
        (libc::SYS_prlimit64, one_of(0, &[0])?),
        (libc::SYS_sched_getaffinity, Vec::new()),
    ])
}

/// Calls that affect only this process, its memory and its files. Landlock restricts which files.
const ALLOWED: &[i64] = &[
    // Open files.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_preadv,
    libc::SYS_pwritev,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_fstat,
    libc::SYS_fstatfs,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_fadvise64,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_flock,
    libc::SYS_getdents64,
    libc::SYS_copy_file_range,
    libc::SYS_sendfile,
    // Files by path.
    libc::SYS_openat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_statfs,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getcwd,
    libc::SYS_chdir,
    libc::SYS_fchdir,
    libc::SYS_mkdirat,
    libc::SYS_unlinkat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_symlinkat,
    libc::SYS_umask,
    // Pipes and waiting.
    libc::SYS_pipe2,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_eventfd2,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_restart_syscall,
    // Commands of the supervisor arrive by these.
    libc::SYS_recvmsg,
    libc::SYS_sendmsg,
    // Memory.
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_mincore,
    libc::SYS_msync,
    libc::SYS_membarrier,
    // This process.
    libc::SYS_futex,
    libc::SYS_get_robust_list,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigpending,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_rt_sigsuspend,
    libc::SYS_sigaltstack,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getppid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getresuid,
    libc::SYS_getresgid,
    libc::SYS_getgroups,
    libc::SYS_getpgid,
    libc::SYS_getsid,
    libc::SYS_getpriority,
    libc::SYS_getrusage,
    libc::SYS_getcpu,
    libc::SYS_times,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_wait4,
    libc::SYS_waitid,
    libc::SYS_exit,
    libc::SYS_exit_group,
    // Time and random numbers.
    libc::SYS_gettimeofday,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_getrandom,
    // Older calls that exist on x86-64 only.
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_stat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lstat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_access,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mkdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rmdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_symlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_getdents,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_dup2,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_pipe,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_select,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_create,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_getpgrp,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_getrlimit,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_time,
];

mod listener {
    //! The filter with a user notification, which `seccompiler` does not support.

    use super::{FromRawFd, OwnedFd, RawFd, io, libc};

    const LOAD_WORD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const JUMP_IF_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

    /// Installs a filter that sends a notification for `calls`; returns the descriptor that receives them.
    ///
    /// The other filters check the architecture.
    #[expect(unsafe_code, reason = "seccomp with a listener has no safe wrapper")]
    pub(crate) fn install(calls: &[i64; 3]) -> io::Result<OwnedFd> {
        let instruction = |code, jt, k| libc::sock_filter { code, jt, jf: 0, k };
        let jump = |index: usize| instruction(JUMP_IF_EQUAL, (3 - index) as u8, calls[index] as u32);
        let program = [
            instruction(LOAD_WORD, 0, 0),
            jump(0),
            jump(1),
            jump(2),
            instruction(RETURN, 0, libc::SECCOMP_RET_ALLOW),
            instruction(RETURN, 0, libc::SECCOMP_RET_USER_NOTIF),
        ];
        let program = libc::sock_fprog {
            len: program.len() as u16,
            filter: program.as_ptr().cast_mut(),
        };
        // SAFETY: the kernel copies the program, which lives longer than the call; the descriptor it returns is
        // new, and nobody else knows it.
        unsafe {
            let listener = libc::syscall(
                libc::SYS_seccomp,
                libc::SECCOMP_SET_MODE_FILTER,
                libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
                &raw const program,
            );
            if listener < 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(OwnedFd::from_raw_fd(listener as RawFd))
        }
    }
}
