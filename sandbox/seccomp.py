"""The system calls that a lightbox may not make, as a filter for bubblewrap.

bubblewrap's namespaces leave holes: AF_VSOCK sockets work without a network namespace's consent,
and rarely used calls are a large part of the kernel's attack surface. libseccomp writes the filter,
so that every architecture it knows is served.
"""

from __future__ import annotations

import errno
from typing import IO

from deskhand.errors import EnvironmentProblem

DENIED = (
    "acct add_key adjtimex bpf clock_adjtime clock_settime delete_module fsconfig fsmount fsopen fspick "
    "finit_module init_module io_uring_enter io_uring_register io_uring_setup ioperm iopl "
    "kexec_file_load kexec_load keyctl lookup_dcookie mbind mount mount_setattr move_mount move_pages "
    "name_to_handle_at open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root "
    "process_vm_readv process_vm_writev ptrace quotactl quotactl_fd reboot request_key setns "
    "settimeofday swapoff swapon syslog umount2 unshare userfaultfd vhangup vmsplice"
).split()
ALLOWED_FAMILIES = frozenset({1, 2, 10, 16})
"""AF_UNIX, AF_INET, AF_INET6 (loopback only: there is no other interface), AF_NETLINK."""

_WORD = 0xFFFFFFFF
_CLONE_NEWUSER = 0x10000000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C


def write_filter(file: IO[bytes]) -> None:
    """Write the filter's program to ``file`` and rewind it.

    Raises:
        EnvironmentProblem: libseccomp is not on this machine.
    """
    try:
        import pyseccomp as seccomp
    except (ImportError, RuntimeError, OSError) as error:
        raise EnvironmentProblem(
            "libseccomp is missing: apt-get install libseccomp2; pip install pyseccomp"
        ) from error
    program = seccomp.SyscallFilter(defaction=seccomp.ALLOW)
    not_permitted, no_such_call = seccomp.ERRNO(errno.EPERM), seccomp.ERRNO(errno.ENOSYS)
    for name in DENIED:
        if seccomp.resolve_syscall(seccomp.system_arch(), name) > 0:
            program.add_rule(not_permitted, name)
    # clone3 hides its flags behind a pointer; without it, libc falls back to clone, which is checked.
    program.add_rule(no_such_call, "clone3")
    program.add_rule(
        not_permitted, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_NEWUSER, _CLONE_NEWUSER)
    )
    for request in (_TIOCSTI, _TIOCLINUX):
        # Masked: the kernel reads 32 bits, so high bits must not slip past the comparison.
        program.add_rule(not_permitted, "ioctl", seccomp.Arg(1, seccomp.MASKED_EQ, _WORD, request))
    no_family = seccomp.ERRNO(errno.EAFNOSUPPORT)
    most = 64
    for call in ("socket", "socketpair"):
        for family in set(range(most)) - ALLOWED_FAMILIES:
            program.add_rule(no_family, call, seccomp.Arg(0, seccomp.EQ, family))
        program.add_rule(no_family, call, seccomp.Arg(0, seccomp.GE, most))
    program.export_bpf(file)
    file.seek(0)
