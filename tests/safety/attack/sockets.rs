//! Ways to talk to what is outside: connections, datagrams, names, sockets in files and in the kernel, and the proxy where a list of
//! hosts is allowed. Listeners are outside, in the test, and heard nothing.

use super::setting::*;
use std::io::Read;
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use std::path::Path;

/// Tries each way to send a word to one of the listeners, and says of each how it went.
const SENDER: &str = "
import socket, sys
tcp, udp, abstract, paths = int(sys.argv[1]), int(sys.argv[2]), '\\0' + sys.argv[3], sys.argv[4:]
def say(name, way):
    try:
        way()
        print(name, 'sent', flush=True)
    except OSError as error:
        print(name, 'failed', error.errno, flush=True)
def stream(family, address):
    made = socket.socket(family)
    made.connect(address)
    made.sendall(b'out')
def datagram(family, address, kind=socket.SOCK_DGRAM):
    socket.socket(family, kind).sendto(b'out', address)
def pair(address, kind, connect):
    mine, other = socket.socketpair(socket.AF_UNIX, kind)
    if connect:
        mine.connect(address)
        mine.send(b'out')
    else:
        mine.sendto(b'out', address)
query = b'\\x12\\x34\\x01\\0\\0\\1\\0\\0\\0\\0\\0\\0\\4leak\\7example\\0\\0\\1\\0\\1'
say('tcp', lambda: stream(socket.AF_INET, ('127.0.0.1', tcp)))
say('tcp-mapped', lambda: stream(socket.AF_INET6, ('::ffff:127.0.0.1', tcp)))
say('udp', lambda: datagram(socket.AF_INET, ('127.0.0.1', udp)))
say('dns', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(query, ('127.0.0.1', udp)))
say('fast-open', lambda: socket.socket().sendto(b'out', 0x20000000, ('127.0.0.1', tcp)))
for number, path in enumerate(paths):
    say('unix-%d' % number, lambda: stream(socket.AF_UNIX, path))
    say('unix-datagram-%d' % number, lambda: datagram(socket.AF_UNIX, path + '.d'))
    say('pair-%d' % number, lambda: pair(path + '.d', socket.SOCK_DGRAM, False))
    say('pair-raw-%d' % number, lambda: pair(path + '.d', socket.SOCK_RAW, False))
    say('pair-connected-%d' % number, lambda: pair(path + '.d', socket.SOCK_DGRAM, True))
say('abstract', lambda: stream(socket.AF_UNIX, abstract))
";

/// Where others listen: the user's programs, a server of the machine.
struct Outside {
    tcp: TcpListener,
    udp: UdpSocket,
    streams: Vec<UnixListener>,
    datagrams: Vec<UnixDatagram>,
    abstracted: UnixListener,
    arguments: String,
}

impl Outside {
    fn listen(scene: &Scene) -> Outside {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let name = scene.path().file_name().unwrap().to_str().unwrap();
        let abstracted = UnixListener::bind_addr(&SocketAddr::from_abstract_name(name).unwrap()).unwrap();
        let ports = (tcp.local_addr().unwrap().port(), udp.local_addr().unwrap().port());
        let mut arguments = format!("{} {} {name}", ports.0, ports.1);
        let (mut streams, mut datagrams) = (Vec::new(), Vec::new());
        for folder in ["{work}", "{home}", "{outside}"] {
            let path = scene.fill(&format!("{folder}/s"));
            streams.push(UnixListener::bind(&path).unwrap());
            datagrams.push(UnixDatagram::bind(format!("{path}.d")).unwrap());
            for path in [path.clone(), format!("{path}.d")] {
                std::fs::set_permissions(Path::new(&path), std::fs::Permissions::from_mode(0o777)).unwrap();
            }
            arguments.push_str(&format!(" {path}"));
        }
        tcp.set_nonblocking(true).unwrap();
        udp.set_nonblocking(true).unwrap();
        abstracted.set_nonblocking(true).unwrap();
        streams.iter().for_each(|listener| listener.set_nonblocking(true).unwrap());
        datagrams.iter().for_each(|socket| socket.set_nonblocking(true).unwrap());
        Outside { tcp, udp, streams, datagrams, abstracted, arguments }
    }

    /// How often each was reached: TCP, UDP, streams, datagrams, the abstract one.
    fn heard(&self) -> [usize; 5] {
        let mut buffer = [0; 512];
        let tcp = std::iter::from_fn(|| self.tcp.accept().ok()).count();
        let udp = std::iter::from_fn(|| self.udp.recv(&mut buffer).ok()).count();
        let streams = self.streams.iter().map(|listener| std::iter::from_fn(|| listener.accept().ok()).count()).sum();
        let mut word = [0; 16];
        let datagrams =
            self.datagrams.iter().map(|socket| std::iter::from_fn(|| socket.recv(&mut word).ok()).count()).sum();
        [tcp, udp, streams, datagrams, std::iter::from_fn(|| self.abstracted.accept().ok()).count()]
    }
}

#[test]
fn with_the_network_off_nothing_outside_hears_a_word() {
    in_each_jail(|scene| {
        scene.file("{work}/sender.py", SENDER);
        let outside = Outside::listen(scene);
        let script = format!("python3 sender.py {}", outside.arguments);
        scene.plain(&script).code(0).stdout_lacks("failed");
        assert_eq!(outside.heard(), [3, 2, 3, 12, 1], "without a jail");
        // The script itself has run to its end each time.
        let outcome = scene.jailed(&script).code(0).stdout_has("\nabstract failed");
        assert_eq!(outside.heard(), [0; 5], "{:?}\n{outcome}", scene.setting);
        let outcome = scene.modelled(&script).code(0).stdout_has("abstract failed");
        assert_eq!(outside.heard(), [0; 5], "{:?}\n{outcome}", scene.setting);
    });
}

/// As docs/sandbox.md says: with the whole network, sockets in files are reached under namespaces and none under Landlock.
#[test]
fn with_the_whole_network_sockets_in_files_are_reached_where_the_documents_say_so() {
    in_each_jail(|scene| {
        scene.file("{work}/sender.py", SENDER);
        let outside = Outside::listen(scene);
        let script = format!("python3 sender.py {}", outside.arguments);
        let outcome = scene.sandbox(&["--net", "full"], &script).code(0);
        let [tcp, udp, streams, datagrams, abstracted] = outside.heard();
        assert!(tcp > 0 && udp > 0, "{outcome}");
        let expected = if scene.setting == Setting::Namespaces { (3, 12) } else { (0, 0) };
        assert_eq!((streams, datagrams), expected, "{:?}\n{outcome}", scene.setting);
        if keeps_scopes(scene) {
            assert_eq!(abstracted, 0, "{:?}\n{outcome}", scene.setting);
        }
    });
}

/// Asks a service of the user's session for what it holds, as a keyring or a bus would answer.
const CLIENT: &str = "
import socket, sys
for path in sys.argv[1:]:
    try:
        made = socket.socket(socket.AF_UNIX)
        made.connect(path)
        made.sendall(b'out')
        print('reached', path, flush=True)
    except OSError as error:
        print('refused', path, flush=True)
print('over')
";

/// A keyring and a bus of the user's session, also where they do not lie in `/run/user`, with every network that there is.
#[test]
fn services_of_the_session_are_not_reached_whatever_the_network_is() {
    let ready = |scene: &Scene| {
        let scene = Scene::new(scene.setting)
            .env("XDG_RUNTIME_DIR", "{outside}/run")
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path={outside}/bus,guid=0")
            .env("DOCKER_HOST", "unix://{outside}/docker.sock");
        scene.file("{work}/client.py", CLIENT);
        scene.folder("{outside}/run/keyring");
        scene
    };
    in_each_jail(|scene| {
        let scene = ready(scene);
        let places = ["run/keyring/control", "run/bus", "bus", "docker.sock"].map(|name| {
            let path = scene.fill(&format!("{{outside}}/{name}"));
            let listener = UnixListener::bind(&path).unwrap();
            listener.set_nonblocking(true).unwrap();
            std::fs::set_permissions(Path::new(&path), std::fs::Permissions::from_mode(0o777)).unwrap();
            (path, listener)
        });
        let once = |listener: &UnixListener| std::iter::from_fn(|| listener.accept().ok()).count();
        let heard = || places.iter().map(|(_, listener)| once(listener)).sum::<usize>();
        let paths = places.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>().join(" ");
        let script =
            format!("python3 client.py {paths} $XDG_RUNTIME_DIR/bus; printenv XDG_RUNTIME_DIR DOCKER_HOST; true");
        scene.plain(&script).code(0).stdout_lacks("refused");
        assert_eq!(heard(), 5, "without a jail");
        let networks: &[&str] = match scene.setting {
            Setting::Namespaces => &["off", "rust", "full"],
            Setting::Landlock | Setting::Nothing => &["off", "full"],
        };
        for net in networks {
            let outcome = scene.sandbox(&["--net", net], &script).code(0).stdout_has("over").stdout_lacks("reached");
            assert_eq!(heard(), 0, "--net {net} in {:?}\n{outcome}", scene.setting);
            assert!(outcome.stdout.ends_with("over\n"), "variables are passed on\n{outcome}");
        }
        scene.modelled(&script).code(0).stdout_has("over").stdout_lacks("reached");
        assert_eq!(heard(), 0, "by a model in {:?}", scene.setting);
    });
}

/// Does Landlock keep signals and abstract sockets inside here? Linux 6.12.
pub fn keeps_scopes(scene: &Scene) -> bool {
    let backend = format!("sandbox.backend={}", scene.setting.backend());
    let explained = scene.agent(&["sandbox", "explain", "-c", &backend]).code(0).stdout;
    let version = explained.split("Landlock ").nth(1).and_then(|rest| rest.split([',', ')']).next());
    version.and_then(|version| version.parse::<u32>().ok()).is_some_and(|version| version >= 6)
}

const FAMILIES: &str = "
import socket
def say(name, *arguments):
    try:
        socket.socket(*arguments).close()
        print(name, 'made')
    except OSError as error:
        print(name, 'refused')
say('packet', 17, socket.SOCK_RAW)
say('raw', socket.AF_INET, socket.SOCK_RAW, 1)
say('vsock', 40)
say('alg', 38, socket.SOCK_SEQPACKET)
say('bluetooth', 31, socket.SOCK_RAW, 1)
say('can', 29, socket.SOCK_RAW, 1)
say('xdp', 44, socket.SOCK_RAW)
say('smc', 43)
say('key', 15, socket.SOCK_RAW, 2)
say('netlink-audit', 16, socket.SOCK_RAW, 9)
say('netlink-netfilter', 16, socket.SOCK_RAW, 12)
say('netlink-events', 16, socket.SOCK_RAW, 15)
mine, other = socket.socketpair()
mine.sendall(b'kept')
print('pair', other.recv(9))
";

#[test]
fn no_other_family_of_sockets_is_there_and_pairs_are() {
    in_each_jail(|scene| {
        scene.file("{work}/families.py", FAMILIES);
        scene.plain("python3 families.py").code(0).stdout_has("made");
        for net in ["off", "full"] {
            let outcome = scene.sandbox(&["--net", net], "python3 families.py").code(0);
            outcome.stdout_lacks("made").stdout_has("netlink-events refused").stdout_has("pair b'kept'");
        }
    });
}

#[test]
fn bash_opens_no_connection() {
    in_each_jail(|scene| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = format!(
            "bash -c 'echo out > /dev/tcp/127.0.0.1/{port}'; bash -c 'echo out > /dev/udp/127.0.0.1/{port}'; echo over"
        );
        scene.plain(&script).stdout_has("over");
        let mut text = String::new();
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_nonblocking(false).unwrap();
        stream.read_to_string(&mut text).unwrap();
        assert_eq!(text, "out\n", "without a jail");
        scene.jailed(&script).stdout_has("over");
        scene.modelled(&script).stdout_has("over");
        assert!(listener.accept().is_err(), "{:?}", scene.setting);
    });
}

/// Asks the proxy for a tunnel to each, and prints what it says first; and goes past the proxy.
const TUNNELS: &str = "
import os, socket, sys
host, port = os.environ['HTTPS_PROXY'].split('//')[1].rstrip('/').split(':')
def ask(request):
    made = socket.create_connection((host, int(port)), 20)
    made.sendall(request.encode())
    answer = made.recv(200)
    return answer.split(b'\\r\\n')[0].decode() or 'closed'
for target in sys.argv[1:]:
    print('CONNECT', target, ask('CONNECT %s HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n' % (target, target)), flush=True)
    print('GET', target, ask('GET http://%s/ HTTP/1.1\\r\\nHost: %s\\r\\nConnection: close\\r\\n\\r\\n' % (target, target)), flush=True)
    try:
        name, _, port_there = target.rpartition(':')
        socket.create_connection((name.strip('[]'), int(port_there)), 20)
        print('past the proxy', target, 'reached', flush=True)
    except (OSError, ValueError) as error:
        print('past the proxy', target, 'refused', flush=True)
";

#[test]
fn with_a_list_of_hosts_only_those_hear_a_word() {
    if !Setting::Namespaces.is_here() {
        return;
    }
    let scene = Scene::new(Setting::Namespaces);
    let listen = || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        (listener, port)
    };
    let ((allowed, port), (other, forbidden)) = (listen(), listen());
    scene.file(
        "{home}/.config/agent/config.toml",
        &format!(
            "[hosts.lab]\nallow = [\"127.0.0.1:{port}\"]\nprivate = true\n[hosts.wide]\nallow = [\"*.example.org\"]\n"
        ),
    );
    scene.file("{work}/tunnels.py", TUNNELS);
    let reached = scene.sandbox(&["--net", "lab"], &format!("timeout 20 python3 tunnels.py 127.0.0.1:{port}"));
    reached.stdout_has(&format!("CONNECT 127.0.0.1:{port} HTTP/1.1 200"));
    assert!(allowed.accept().is_ok(), "the one that is allowed is reached");
    while allowed.accept().is_ok() {}
    let targets = [
        format!("127.0.0.1:{forbidden}"),
        format!("localhost:{forbidden}"),
        format!("localhost:{port}"),
        format!("127.1:{port}"),
        format!("2130706433:{port}"),
        format!("0x7f000001:{port}"),
        format!("0177.0.0.1:{port}"),
        format!("[::1]:{forbidden}"),
        format!("[::ffff:127.0.0.1]:{forbidden}"),
        format!("0.0.0.0:{forbidden}"),
        format!("127.0.0.1:{port}@127.0.0.1:{forbidden}"),
        format!("127.0.0.2:{port}"),
        "169.254.169.254:80".into(),
        "[fd00:ec2::254]:80".into(),
        "example.org:443".into(),
    ];
    let arguments = targets.join(" ");
    let outcome = scene.sandbox(&["--net", "lab,wide"], &format!("python3 tunnels.py {arguments}")).code(0);
    for target in &targets {
        let lines = outcome.stdout.lines().filter(|line| line.contains(target.as_str()));
        let refused =
            |line: &str| ["HTTP/1.1 403", "HTTP/1.1 400", "closed", "refused"].iter().any(|word| line.contains(word));
        let lines: Vec<&str> = lines.collect();
        assert!(lines.len() >= 3 && lines.iter().all(|line| refused(line)), "{target}: {lines:#?}\n{outcome}");
    }
    assert!(other.accept().is_err() && allowed.accept().is_err(), "{outcome}");
}

#[test]
fn without_namespaces_a_list_of_hosts_runs_nothing() {
    if Setting::Landlock.is_here() {
        let scene = Scene::new(Setting::Landlock);
        scene.sandbox(&["--net", "rust"], "touch ran").code(7);
        assert!(scene.state("{work}/ran").is_empty());
    }
}
