//! Programs that people use, through the proxy: curl, and Python's own library.

use super::lab::{Proxy, echo, web};
use std::path::PathBuf;
use std::process::Command;

/// The program, or a word that the test is skipped; never in CI.
fn program(names: &[&str], given: Option<&str>) -> Option<PathBuf> {
    let given = given.and_then(std::env::var_os).map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = given.or_else(|| {
        std::env::split_paths(&path)
            .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
            .find(|file| file.is_file())
    });
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "none of {names:?} is there: in CI nothing is skipped");
        eprintln!("SKIPPED: none of {names:?} is on PATH");
    }
    found
}

fn run(program: &PathBuf, proxy: &Proxy, arguments: &[&str]) -> (bool, String, String) {
    let address = format!("http://{}", proxy.address);
    let mut command = Command::new(program);
    command.args(arguments).env_clear();
    for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"] {
        command.env(name, &address);
    }
    for kept in ["PATH", "HOME"] {
        command.envs(std::env::var_os(kept).map(|value| (kept, value)));
    }
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn curl_fetches_tunnels_and_shows_why_not() {
    let Some(curl) = program(&["curl"], None) else { return };
    let (port, seen) = web("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine");
    let echo = echo();
    let rules = [format!("!ok.example:{port}"), format!("!ok.example:{echo}")];
    let proxy = Proxy::new(&[&rules[0], &rules[1]], &["ok.example=127.0.0.1"]);
    let url = format!("http://ok.example:{port}/file");
    let (well, out, err) = run(&curl, &proxy, &["-qsS", "-d", "data", &url]);
    assert!(well && out == "fine", "{out}{err}");
    assert!(seen.lock().unwrap().remove(0).starts_with("POST /file HTTP/1.1\r\n"));
    let (well, out, err) = run(&curl, &proxy, &["-qsSp", &url]);
    assert!(well && out == "fine", "through a tunnel: {out}{err}");
    let (_, out, _) = run(&curl, &proxy, &["-qsS", "http://evil.example/"]);
    assert_eq!(out, "agent: evil.example:80 is not reached: it is on no list; the user can allow it\n");
    let (well, _, err) = run(&curl, &proxy, &["-qsS", "https://evil.example/"]);
    assert!(!well && err.contains("403"), "{err}");
    // A real greeting of curl's goes through whole: the echo is no TLS server.
    let (well, _, err) = run(&curl, &proxy, &["-qsSk", &format!("https://ok.example:{echo}/")]);
    assert!(!well && !err.contains("403"), "{err}");
    let denied: Vec<String> =
        proxy.denied().into_iter().map(|denied| format!("{}:{}", denied.host, denied.port)).collect();
    assert_eq!(denied, ["evil.example:80", "evil.example:443"]);
    let sent = proxy.egress.seen().into_iter().find(|seen| seen.port == echo).unwrap().sent;
    assert!(sent > 100, "{sent} bytes of a greeting");
}

const PYTHON: &str = r#"
import socket, ssl, sys, urllib.request, urllib.error
proxy, web, echo = sys.argv[1], sys.argv[2], int(sys.argv[3])
print(urllib.request.urlopen(f"http://ok.example:{web}/", timeout=30).read().decode())
try:
    urllib.request.urlopen("https://evil.example/", timeout=30)
except urllib.error.URLError as error:
    print("refused" if "403" in str(error) else error)
# Python 3.11 asks for tunnels in HTTP/1.0. The echo answers a greeting with itself, which is no TLS server.
try:
    urllib.request.urlopen(f"https://ok.example:{echo}/", timeout=30)
except urllib.error.URLError as error:
    print("greeted" if isinstance(error.reason, ssl.SSLError) else error)
# A tunnel to an allowed host, and a greeting to another in it.
host, port = proxy.rsplit(":", 1)
tunnel = socket.create_connection((host, int(port)), timeout=30)
tunnel.sendall(f"CONNECT ok.example:{echo} HTTP/1.1\r\n\r\n".encode())
assert b" 200 " in tunnel.recv(4096)
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
try:
    context.wrap_socket(tunnel, server_hostname="evil.example")
except (ssl.SSLError, OSError) as error:
    print("hung up" if isinstance(error, (ssl.SSLEOFError, ConnectionError)) else repr(error))
"#;

#[test]
fn python_fetches_and_cannot_front() {
    let Some(python) = program(&["python3"], Some("AGENT_TEST_PYTHON")) else { return };
    let (port, _) = web("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine");
    let echo = echo();
    let rules = [format!("!ok.example:{port}"), format!("!ok.example:{echo}")];
    let proxy = Proxy::new(&[&rules[0], &rules[1]], &["ok.example=127.0.0.1"]);
    let (address, web, echo) = (proxy.address.to_string(), port.to_string(), echo.to_string());
    let (well, out, err) = run(&python, &proxy, &["-I", "-c", PYTHON, &address, &web, &echo]);
    assert!(well, "{out}{err}");
    assert_eq!(out, "fine\nrefused\ngreeted\nhung up\n");
    let denied: Vec<String> = proxy.denied().iter().map(|denied| format!("{}: {}", denied.host, denied.why)).collect();
    let fronted = "ok.example: the TLS greeting asks for another host: evil.example";
    assert_eq!(denied, ["evil.example: it is on no list", fronted]);
}
