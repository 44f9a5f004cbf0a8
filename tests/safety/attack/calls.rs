//! System calls that look into other processes, change the machine, or go around the filter: none of them is carried out in a jail.

use super::setting::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Makes each call in a child of its own and prints its name and the error.
const CALLER: &str = "
import ctypes, os
library = ctypes.CDLL(None, use_errno=True)
own = os.getpid()
def call(name, number, *arguments):
    child = os.fork()
    if child == 0:
        result = library.syscall(ctypes.c_long(number), *[ctypes.c_long(argument) for argument in arguments])
        os.write(1, ('%s %d\\n' % (name, ctypes.get_errno() if result == -1 else 0)).encode())
        os._exit(0)
    os.waitpid(child, 0)
";

/// Arguments are such that the kernel, where it is asked at all, carries the call out or finds another fault than a lack of rights.
/// `True` where each user of each machine may make it; the others depend on the machine's settings, or need rights.
const CALLS: &[(&str, i64, &str, bool)] = &[
    ("ptrace", libc::SYS_ptrace, "0, 0, 0, 0", true),
    ("process_vm_readv", libc::SYS_process_vm_readv, "own, 0, 0, 0, 0, 0", true),
    ("process_vm_writev", libc::SYS_process_vm_writev, "own, 0, 0, 0, 0, 0", true),
    ("process_madvise", libc::SYS_process_madvise, "-1, 0, 0, 0, 0", false),
    ("pidfd_getfd", libc::SYS_pidfd_getfd, "-1, 0, 0", false),
    ("kcmp", libc::SYS_kcmp, "own, own, 0, 0, 0", false),
    ("perf_event_open", libc::SYS_perf_event_open, "0, 0, -1, -1, 0", false),
    ("io_uring_setup", libc::SYS_io_uring_setup, "1, 0", false),
    ("io_uring_enter", libc::SYS_io_uring_enter, "-1, 1, 0, 0, 0, 0", false),
    ("bpf", libc::SYS_bpf, "0, 0, 0", false),
    ("userfaultfd", libc::SYS_userfaultfd, "1", false),
    ("open_by_handle_at", libc::SYS_open_by_handle_at, "-100, 0, 0", false),
    ("keyctl", libc::SYS_keyctl, "0, -3, 1, 0, 0", false),
    ("add_key", libc::SYS_add_key, "0, 0, 0, 0, 0", false),
    ("request_key", libc::SYS_request_key, "0, 0, 0, 0", false),
    ("mount", libc::SYS_mount, "0, 0, 0, 0, 0", false),
    ("umount2", libc::SYS_umount2, "0, 0", false),
    ("pivot_root", libc::SYS_pivot_root, "0, 0", false),
    ("chroot", libc::SYS_chroot, "0", false),
    ("fsopen", libc::SYS_fsopen, "0, 0", false),
    ("open_tree", libc::SYS_open_tree, "-100, 0, 1", false),
    ("move_mount", libc::SYS_move_mount, "-100, 0, -100, 0, 0", false),
    ("setns", libc::SYS_setns, "-1, 0", false),
    ("unshare a namespace of users", libc::SYS_unshare, "0x10000000", false),
    ("unshare a namespace of mounts", libc::SYS_unshare, "0x20000", false),
    ("unshare users, with bits that the kernel drops", libc::SYS_unshare, "0x10000000 | 1 << 32", false),
    ("clone into a namespace of users", libc::SYS_clone, "0x10000000 | 17, 0, 0, 0, 0", false),
    ("clone3", libc::SYS_clone3, "0, 0", true),
    ("kexec_load", libc::SYS_kexec_load, "0, 0, 0, 0", false),
    ("init_module", libc::SYS_init_module, "0, 0, 0", false),
    ("swapon", libc::SYS_swapon, "0, 0", false),
    ("reboot", libc::SYS_reboot, "0, 0, 0, 0", false),
    ("a number of the second set", 0x4000_0000 | libc::SYS_getpid, "", false),
];

#[test]
fn calls_that_lead_out_are_refused() {
    let mut script = CALLER.to_owned();
    for (name, number, arguments, _) in CALLS {
        let name = name.replace(' ', "_");
        let _ = writeln!(script, "call('{name}', {number}, {arguments})");
    }
    in_each_jail(|scene| {
        scene.file("{work}/calls.py", &script);
        let errors = |told: &str| -> BTreeMap<String, i32> {
            let lines = told.lines().filter_map(|line| line.split_once(' '));
            lines.map(|(name, error)| (name.to_owned(), error.parse().unwrap())).collect()
        };
        let plain = errors(&scene.plain("python3 calls.py").code(0).stdout);
        let jailed = errors(&scene.jailed("python3 calls.py").code(0).stdout);
        let refused = [libc::EPERM, libc::ENOSYS];
        for (name, _, _, anywhere) in CALLS {
            let error = jailed[&name.replace(' ', "_")];
            assert!(refused.contains(&error), "{name} gives {error} in {:?}", scene.setting);
            let error = plain[&name.replace(' ', "_")];
            assert!(!anywhere || !refused.contains(&error), "{name} gives {error} without a jail, so it shows nothing");
        }
    });
}

/// What these calls are good for, with the programs that make them.
#[test]
fn programs_make_no_namespaces() {
    in_each_jail(|scene| {
        let attempts = [
            "unshare -Ur id -u",
            "unshare -Urm mount -t tmpfs none /mnt",
            "unshare -Urn true",
            "bwrap --bind / / true",
        ];
        for attempt in attempts {
            let script = format!("({attempt}) > /dev/null 2>&1 && echo made");
            scene.jailed(&script).stdout_lacks("made");
            scene.modelled(&format!("{script}; true")).stdout_lacks("made\\n");
        }
    });
}
