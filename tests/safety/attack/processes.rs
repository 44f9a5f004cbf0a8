//! Other processes and terminals of the user, and what wants to outlive its command.

use super::setting::*;
use super::sockets::keeps_scopes;
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// A program of the user's with a secret in its environment, which waits; ended with this value.
struct Victim(Child);

impl Victim {
    fn start(scene: &Scene) -> Victim {
        let mut command = scene.started(Path::new("sh"));
        command.args(["-c", "echo up; exec sleep 600"]);
        command.env("VICTIM", "SECRET-OF-THE-VICTIM").stdout(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut word = [0; 3];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut word).unwrap();
        Victim(child)
    }

    fn lives(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Looks into a process by all the ways there are.
const LOOKS: &str = "
import ctypes, os, signal, sys
victim = int(sys.argv[1])
library = ctypes.CDLL(None, use_errno=True)
def look(name, way):
    try:
        print(name, way(), flush=True)
    except OSError as error:
        print(name, 'refused', flush=True)
look('environment', lambda: open('/proc/%d/environ' % victim).read())
look('memory', lambda: open('/proc/%d/mem' % victim, 'rb').fileno() and 'opened')
look('maps', lambda: open('/proc/%d/maps' % victim).read() and 'read')
look('folder', lambda: os.readlink('/proc/%d/cwd' % victim) and 'seen')
look('root', lambda: os.listdir('/proc/%d/root/etc' % victim) and 'seen')
look('files', lambda: os.readlink('/proc/%d/fd/1' % victim) and 'seen')
look('a file', lambda: os.open('/proc/%d/fd/0' % victim, os.O_RDONLY) and 'open')
class Piece(ctypes.Structure):
    _fields_ = [('base', ctypes.c_void_p), ('length', ctypes.c_size_t)]
look('attach', lambda: 'done' if library.ptrace(16, victim, 0, 0) == 0 else 'refused')
print('over', flush=True)
";

#[test]
fn other_processes_of_the_user_are_not_looked_into() {
    in_each_jail(|scene| {
        scene.file("{work}/looks.py", LOOKS);
        let mut victim = Victim::start(scene);
        let script = format!("python3 looks.py {}", victim.0.id());
        scene.plain(&script).stdout_has("SECRET-OF-THE-VICTIM").stdout_has("over");
        for outcome in [scene.jailed(&script), scene.modelled(&script)] {
            for told in [
                "SECRET-OF-THE-VICTIM",
                "opened",
                "maps read",
                "folder seen",
                "root seen",
                "files seen",
                "a file open",
                "attach done",
            ] {
                assert!(!outcome.stdout.contains(told), "{told} in {:?}\n{outcome}", scene.setting);
            }
            assert!(outcome.stdout.contains("over"), "{outcome}");
        }
        assert!(victim.lives());
    });
}

/// On kernels before 6.12 Landlock alone does not keep signals inside, and `agent sandbox explain` says so.
#[test]
fn other_processes_of_the_user_are_not_ended() {
    in_each_jail(|scene| {
        if scene.setting == Setting::Landlock && !keeps_scopes(scene) {
            let backend = ["sandbox", "explain", "-c", "sandbox.backend=landlock"];
            scene.agent(&backend).stdout_has("a command can send signals to your other processes");
            return;
        }
        let mut victim = Victim::start(scene);
        let id = victim.0.id();
        scene.plain(&format!("kill -9 {id}"));
        assert!(!victim.0.wait().unwrap().success(), "without a jail it is ended");
        let mut victim = Victim::start(scene);
        let id = victim.0.id();
        let script = format!(
            "for signal in STOP INT HUP TERM KILL; do kill -s $signal {id} && echo sent; kill -s $signal -{id} && echo sent; done; \
             python3 -c 'import os, signal; signal.pidfd_send_signal(os.pidfd_open({id}), 9); print(\"sent\")'; echo over"
        );
        scene.jailed(&script).stdout_has("over").stdout_lacks("sent");
        // Every process of the user's that can be reached, which may be the command itself.
        scene.jailed("kill -9 -1; kill -9 $PPID; echo over");
        scene.modelled("kill -9 -1; kill -9 $PPID; sleep 0; true").code(0);
        assert!(victim.lives(), "{:?}", scene.setting);
    });
}

/// Lowers a limit of a process, which can end it as well as a signal can.
const LIMITER: &str = "
import resource, sys
try:
    resource.prlimit(int(sys.argv[1]), resource.RLIMIT_NOFILE, (9, 9))
    print('lowered', flush=True)
except OSError:
    print('refused', flush=True)
resource.prlimit(0, resource.RLIMIT_NOFILE, (64, 64))
print('own', resource.getrlimit(resource.RLIMIT_NOFILE)[0], 'over', flush=True)
";

#[test]
fn limits_of_other_processes_are_not_lowered() {
    in_each_jail(|scene| {
        scene.file("{work}/limiter.py", LIMITER);
        let victim = Victim::start(scene);
        let script = format!("python3 limiter.py {}", victim.0.id());
        for outcome in [scene.jailed(&script), scene.modelled(&script)] {
            let own = outcome.stdout.contains("own 64 over");
            assert!(own && !outcome.stdout.contains("lowered"), "{:?}\n{outcome}", scene.setting);
        }
        scene.plain(&script).stdout_has("lowered");
    });
}

/// Makes, shows or removes a piece of memory that the user's processes share by its number.
const SHARED: &str = "
import ctypes, sys
library = ctypes.CDLL(None, use_errno=True)
library.shmat.restype = ctypes.c_void_p
what, key = sys.argv[1], int(sys.argv[2])
piece = library.shmget(key, 4096, 0o1600 if what == 'make' else 0)
if piece < 0:
    print('none')
elif what == 'make':
    ctypes.memmove(library.shmat(piece, None, 0), b'SECRET-shared', 14)
    print('made')
elif what == 'show':
    print(ctypes.string_at(library.shmat(piece, None, 0)).decode())
else:
    library.shmctl(piece, 0, None)
";

#[test]
fn memory_that_programs_share_is_their_own_and_none_is_left_behind() {
    in_each_jail(|scene| {
        scene.file("{work}/shared.py", SHARED);
        let key = 0x5a00_0000 | (std::process::id() & 0xff_ffff);
        let shared = |what: &str, key: u32| format!("python3 shared.py {what} {key}; echo over");
        scene.plain(&shared("make", key)).stdout_has("made");
        let shown = scene.plain(&shared("show", key));
        let seen = [scene.jailed(&shared("show", key)), scene.modelled(&shared("show", key))];
        scene.jailed(&shared("make", key ^ 0x0100_0000)).stdout_has("over");
        let left = scene.plain(&shared("show", key ^ 0x0100_0000));
        scene.plain(&format!("{}; {}", shared("remove", key), shared("remove", key ^ 0x0100_0000)));
        shown.stdout_has("SECRET-shared");
        for outcome in seen {
            let told = outcome.stdout.contains("SECRET-shared");
            assert!(outcome.stdout.contains("over") && !told, "{:?}\n{outcome}", scene.setting);
        }
        left.stdout_has("none");
    });
}

/// The agent's own process: its parent, where the key is.
#[test]
fn the_agent_itself_is_neither_looked_into_nor_ended() {
    in_each_jail(|scene| {
        let script = "for id in $(ls /proc | grep '^[0-9]'); do tr '\\0' '\\n' < /proc/$id/environ; cat /proc/$id/cmdline; done 2>/dev/null | \
                      grep -c 'test-[k]ey-0123'; echo counted";
        let outcome = scene.modelled(script).code(0);
        assert!(outcome.stdout.contains("\"0\\ncounted"), "{:?}\n{outcome}", scene.setting);
    });
}

/// Each leaves its number in `up` and then waits, holding the workspace.
const DAEMONS: &[(&str, &str)] = &[
    ("an own session", "setsid sh -c 'echo $$ > up; exec sleep 600' > /dev/null 2>&1 &"),
    ("two forks", "(setsid sh -c 'echo $$ > up; exec sleep 600' > /dev/null 2>&1 &)"),
    ("deaf to signals", "(trap '' HUP INT TERM; setsid sh -c 'echo $$ > up; sleep 600; sleep 600' > /dev/null 2>&1 &)"),
    ("nohup", "nohup sh -c 'echo $$ > up; exec sleep 600' > /dev/null 2>&1 &"),
];

#[test]
fn nothing_outlives_its_command() {
    in_each_jail(|scene| {
        for (name, daemon) in DAEMONS {
            let script = format!("rm -f up; {daemon} \nwhile ! test -s up; do sleep 0.01; done; sleep 1");
            scene.plain(&script);
            let left = working_in(&scene.work());
            assert!(!left.is_empty(), "{name}: nothing goes on without a jail, so it shows nothing");
            let ids = left.join(" ");
            let _ = Command::new("kill").args(["-9"]).args(left).status();
            assert!(all_gone(&scene.work()), "{name}: {ids}");
            scene.jailed(&script).code(0);
            assert!(all_gone(&scene.work()), "{name} outlives `agent sandbox` in {:?}", scene.setting);
            scene.modelled(&script).code(0);
            assert!(all_gone(&scene.work()), "{name} outlives `agent run` in {:?}", scene.setting);
        }
    });
}

/// Under Landlock alone such a process falls to the harness, and what it writes comes after its command.
#[test]
fn what_forks_twice_at_the_end_of_its_command_writes_nothing_later() {
    let script = "(setsid sh -c 'mkdir -p .vscode; while :; do echo x > .vscode/tasks.json; sleep 0.01; done' > /dev/null 2>&1 &)";
    in_each_jail(|scene| {
        scene.plain(&format!("{script}; while ! test -s .vscode/tasks.json; do sleep 0.01; done"));
        let _ = Command::new("kill").args(["-9"]).args(working_in(&scene.work())).status();
        assert!(all_gone(&scene.work()));
        scene.plain("rm -r .vscode").code(0);
        for round in 0..5 {
            scene.modelled(script).code(0);
            assert!(all_gone(&scene.work()), "round {round} in {:?}", scene.setting);
            let left = scene.work().join(".vscode/tasks.json");
            assert!(!left.exists(), "round {round} in {:?}", scene.setting);
        }
    });
}

/// Processes that work in this folder.
fn working_in(folder: &Path) -> Vec<String> {
    let folder = folder.canonicalize().unwrap();
    let ids = fs::read_dir("/proc").unwrap().flatten();
    ids.filter(|id| fs::read_link(id.path().join("cwd")).is_ok_and(|cwd| cwd == folder))
        .map(|id| id.file_name().to_string_lossy().into_owned())
        .collect()
}

fn all_gone(folder: &Path) -> bool {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !working_in(folder).is_empty() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

/// Types a word into the terminal as if its user did; once with bits in the request that the kernel drops.
const TYPIST: &str = "
import ctypes, os
library = ctypes.CDLL(None, use_errno=True)
try:
    terminal = os.open('/dev/tty', os.O_RDWR)
except OSError as error:
    terminal = 0
for request in (0x5412, 0x5412 | 1 << 32, 0x541C):
    result = library.syscall(ctypes.c_long(NUMBER), ctypes.c_long(terminal), ctypes.c_long(request), b'x')
    print('typed' if result == 0 else 'refused %d' % ctypes.get_errno(), flush=True)
";

#[test]
fn nothing_is_typed_into_the_terminal() {
    let typist = TYPIST.replace("NUMBER", &libc::SYS_ioctl.to_string());
    let at_terminal = "python3 -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'";
    in_each_jail(|scene| {
        scene.file("{work}/typist.py", &typist);
        let backend = scene.setting.backend();
        let plain = scene.plain(&format!("{at_terminal} python3 typist.py"));
        // Linux 6.2 and newer can have it switched off for all.
        match fs::read_to_string("/proc/sys/dev/tty/legacy_tiocsti").is_ok_and(|set| set.trim() == "0") {
            true => drop(plain.stdout_has("refused")),
            false => drop(plain.stdout_has("typed")),
        }
        let script = format!("{at_terminal} {{agent}} sandbox -c sandbox.backend={backend} -- python3 typist.py");
        let outcome = scene.plain(&script).code(0).stdout_lacks("typed");
        assert_eq!(outcome.stdout.matches("refused 1").count(), 3, "{:?}\n{outcome}", scene.setting);
        scene.modelled("python3 typist.py; true < /dev/tty || echo none").stdout_lacks("typed\\n").stdout_has("none");
    });
}
