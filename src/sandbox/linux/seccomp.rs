//! System calls that nothing in a jail makes: those that look into other processes, change the machine, or open ways out that neither
//! mounts nor Landlock see. All of them fail; none of them kills.

use crate::base::access::Network;
use crate::sandbox::spec::Spec;
use seccompiler::{
    BpfProgram, Error, Result, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter, sock_filter,
};
use std::collections::BTreeMap;

/// Refused whatever the arguments are.
const REFUSED: &[i64] = &[
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_perf_event_open,
    // Ways around this filter, and parts of the kernel with many holes.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_bpf,
    libc::SYS_userfaultfd,
    libc::SYS_open_by_handle_at,
    // Keys of the user's session.
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    // Mounts and namespaces.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    OPEN_TREE_ATTR,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    // The machine.
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_fanotify_init,
];

/// Shared memory, semaphores and queues that belong to a user and to no file: without a namespace of their own they are those of the
/// user's other programs, and stay behind when the command has ended.
const SHARED: &[i64] = &[
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_semctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
];

/// Linux 6.15; the number is the same on all machines.
const OPEN_TREE_ATTR: i64 = 467;

/// Flags of `clone` and `unshare` that make namespaces.
const NAMESPACES: &[i32] = &[
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
];

/// Of `unshare` alone; in `clone` the bit is a part of a signal's number.
const NEW_TIME: u64 = 0x80;

/// What types into a terminal as if its user did.
const TYPING: &[u64] = &[0x5412 /* TIOCSTI */, 0x541C /* TIOCLINUX */];

/// On x86-64 calls have a second set of numbers with this bit, which the rules would not see.
#[cfg(target_arch = "x86_64")]
const X32: u32 = 0x4000_0000;

/// Both filters, in the order in which they are to be applied.
pub fn programs(spec: &Spec) -> Result<[BpfProgram; 2]> {
    let machine: TargetArch = std::env::consts::ARCH.try_into().map_err(Error::Backend)?;
    let filter = |rules: BTreeMap<i64, Vec<SeccompRule>>, error: i32| -> Result<BpfProgram> {
        let action = SeccompAction::Errno(error.cast_unsigned());
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, action, machine).map_err(Error::Backend)?;
        filter.try_into().map_err(Error::Backend)
    };
    // What has its flags in memory cannot be looked at; C libraries go back to `clone` when it is not there.
    let missing = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let mut missing = filter(missing, libc::ENOSYS)?;
    without_second_numbers(&mut missing);
    Ok([filter(refused(spec)?, libc::EPERM)?, missing])
}

/// Holds for this process and all that come from it.
pub fn apply(programs: &[BpfProgram]) -> Result<()> {
    programs.iter().try_for_each(|program| apply_filter(program))
}

fn refused(spec: &Spec) -> Result<BTreeMap<i64, Vec<SeccompRule>>> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = REFUSED.iter().map(|number| (*number, Vec::new())).collect();
    let flags = || NAMESPACES.iter().map(|flag| u64::from(flag.cast_unsigned()));
    let has = |flag: u64| rule(vec![word(0, SeccompCmpOp::MaskedEq(flag), flag)?]);
    rules.insert(libc::SYS_clone, flags().map(has).collect::<Result<_>>()?);
    rules.insert(libc::SYS_unshare, flags().chain([NEW_TIME]).map(has).collect::<Result<_>>()?);
    let typing = |request: &u64| rule(vec![word(1, SeccompCmpOp::Eq, *request)?]);
    rules.insert(libc::SYS_ioctl, TYPING.iter().map(typing).collect::<Result<_>>()?);
    rules.insert(libc::SYS_socket, sockets(spec)?);
    rules.insert(libc::SYS_socketpair, pairs(spec)?);
    if !spec.namespaces {
        rules.extend(SHARED.iter().map(|number| (*number, Vec::new())));
        // The limits of another process: too low a one ends it, also the one that looks after this command.
        let others = vec![word(0, SeccompCmpOp::Ne, 0)?, long(2, SeccompCmpOp::Ne, 0)?];
        rules.insert(libc::SYS_prlimit64, vec![rule(others)?]);
    }
    #[cfg(target_arch = "x86_64")]
    rules.extend([libc::SYS_iopl, libc::SYS_ioperm].map(|number| (number, Vec::new())));
    Ok(rules)
}

/// What of a socket's type is no flag, and the types whose pairs can still be sent, or connected, to any path; `unix(7)`, where the
/// kernel takes "raw" for "datagram".
const TYPE_MASK: u64 = 0xf;
const DATAGRAMS: &[i32] = &[libc::SOCK_DGRAM, libc::SOCK_RAW];

/// Pairs reach nobody but who made them, in the family that has them; but those of datagrams are as good as a socket.
fn pairs(spec: &Spec) -> Result<Vec<SeccompRule>> {
    let mut rules = vec![rule(vec![word(0, SeccompCmpOp::Ne, family(libc::AF_UNIX))?])?];
    if !reaches_paths(spec) {
        for kind in DATAGRAMS {
            rules.push(rule(vec![word(1, SeccompCmpOp::MaskedEq(TYPE_MASK), family(*kind))?])?);
        }
    }
    Ok(rules)
}

/// Where the network is full, paths of sockets whose owners are powerful are hidden by mounts; Landlock cannot do that.
fn reaches_paths(spec: &Spec) -> bool {
    spec.namespaces && spec.jail.network == Network::Full
}

/// All families but those that the jail's network allows.
fn sockets(spec: &Spec) -> Result<Vec<SeccompRule>> {
    let mut allowed = vec![libc::AF_NETLINK];
    if spec.reaches_network() {
        allowed.extend([libc::AF_INET, libc::AF_INET6]);
    }
    if reaches_paths(spec) {
        allowed.push(libc::AF_UNIX);
    }
    let unlike = |allowed: &i32| word(0, SeccompCmpOp::Ne, family(*allowed));
    let others = rule(allowed.iter().map(unlike).collect::<Result<_>>()?)?;
    // Of netlink only the part that lists interfaces and addresses, which resolvers ask.
    let netlink = word(0, SeccompCmpOp::Eq, family(libc::AF_NETLINK))?;
    let other_part = word(2, SeccompCmpOp::Ne, u64::from(libc::NETLINK_ROUTE.cast_unsigned()))?;
    Ok(vec![others, rule(vec![netlink, other_part])?])
}

fn family(number: i32) -> u64 {
    u64::from(number.cast_unsigned())
}

/// The kernel reads these arguments as 32 bits, so more must not be compared.
fn word(argument: u8, comparison: SeccompCmpOp, value: u64) -> Result<SeccompCondition> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, comparison, value).map_err(Error::Backend)
}

/// An address.
fn long(argument: u8, comparison: SeccompCmpOp, value: u64) -> Result<SeccompCondition> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, comparison, value).map_err(Error::Backend)
}

fn rule(conditions: Vec<SeccompCondition>) -> Result<SeccompRule> {
    SeccompRule::new(conditions).map_err(Error::Backend)
}

/// Refuses the second set of numbers with "no such call".
#[cfg(target_arch = "x86_64")]
fn without_second_numbers(program: &mut BpfProgram) {
    const LOAD_NUMBER: u16 = 0x20;
    const JUMP_IF_AT_LEAST: u16 = 0x35;
    const RETURN: u16 = 0x06;
    const ERROR: u32 = 0x0005_0000;
    let check = [
        sock_filter { code: LOAD_NUMBER, jt: 0, jf: 0, k: 0 },
        sock_filter { code: JUMP_IF_AT_LEAST, jt: 0, jf: 1, k: X32 },
        sock_filter { code: RETURN, jt: 0, jf: 0, k: ERROR | libc::ENOSYS.cast_unsigned() },
    ];
    // Jumps are relative, so what follows stays as it is.
    program.splice(0..0, check);
}

#[cfg(not(target_arch = "x86_64"))]
fn without_second_numbers(_program: &mut Vec<sock_filter>) {}
