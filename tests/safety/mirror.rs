//! Package managers with the network open to a list of hosts: they fetch from a mirror on it, through the proxy, and work on what they
//! have fetched with the network off.

use super::work::{LONGEST_BUILD, has, in_jail, project};
use crate::support::{Project, run_command};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A server of files. Not at `127.0.0.1`: programs reach that without a proxy.
struct Mirror {
    address: String,
    files: Files,
}

impl Mirror {
    fn start() -> Mirror {
        let listener = TcpListener::bind("127.0.0.2:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let files = Files::default();
        let served = files.clone();
        // It ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let files = served.clone();
                std::thread::spawn(move || {
                    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                    let first = lines.next().unwrap_or_default();
                    lines.find(String::is_empty);
                    let path = first.split(' ').nth(1).unwrap_or_default();
                    let found = files.lock().unwrap().get(path).cloned();
                    let kind = if path.starts_with("/simple/") { "text/html" } else { "application/octet-stream" };
                    let (status, body) = found.map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
                    let length = body.len();
                    let head = format!(
                        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
                    );
                    let _ = (&stream).write_all(head.as_bytes()).and_then(|()| (&stream).write_all(&body));
                });
            }
        });
        Mirror { address, files }
    }

    fn serve(&self, path: &str, body: impl Into<Vec<u8>>) {
        self.files.lock().unwrap().insert(path.into(), body.into());
    }
}

/// Fetches with the mirror's host allowed, which nothing reaches with the network off, and then works without it.
#[track_caller]
fn fetches(project: &Project, mirror: &Mirror, fetch: &str, work: &str, shows: &str) {
    if in_jail(project, "namespaces", &[], "true").code != 0 {
        return super::work::skipped("a list of hosts needs namespaces");
    }
    let list = format!("hosts.mirror.allow=[\"{}\"]", mirror.address);
    let list = ["-c", &list, "-c", "hosts.mirror.private=true", "--net", "mirror"];
    let refused = in_jail(project, "namespaces", &[], fetch);
    assert_ne!(refused.code, 0, "with the network off\n{refused}");
    in_jail(project, "namespaces", &list, fetch).code(0);
    in_jail(project, "namespaces", &[], work).code(0).stdout_has(shows);
}

fn tar(folder: &Path, name: &str) -> Vec<u8> {
    let mut command = Command::new("tar");
    command.args(["-czf", "packed.tgz", name]).current_dir(folder);
    run_command(command, LONGEST_BUILD).code(0);
    std::fs::read(folder.join("packed.tgz")).unwrap()
}

fn put(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn cargo_fetches_and_builds() {
    if !has("cargo") {
        return;
    }
    let (mirror, folder) = (Mirror::start(), tempfile::tempdir().unwrap());
    put(
        folder.path(),
        "part-1.0.0/Cargo.toml",
        "[package]\nname = \"part\"\nversion = \"1.0.0\"\nedition = \"2021\"\n",
    );
    put(folder.path(), "part-1.0.0/src/lib.rs", "pub fn one() -> u8 {\n    1\n}\n");
    let packed = tar(folder.path(), "part-1.0.0");
    let sum: String = Sha256::digest(&packed).iter().map(|byte| format!("{byte:02x}")).collect();
    let row = json!({"name": "part", "vers": "1.0.0", "deps": [], "cksum": sum, "features": {}, "yanked": false});
    mirror.serve("/config.json", json!({"dl": format!("http://{}/get", mirror.address)}).to_string());
    mirror.serve("/pa/rt/part", format!("{row}\n"));
    mirror.serve("/get/part/1.0.0/download", packed);
    let source = format!(
        "[source.crates-io]\nreplace-with = \"mirror\"\n[source.mirror]\nregistry = \"sparse+http://{}/\"\n",
        mirror.address
    );
    let manifest =
        "[package]\nname = \"work\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\npart = \"1\"\n";
    let project = project()
        .file(".cargo/config.toml", &source)
        .file("Cargo.toml", manifest)
        .file("src/main.rs", "fn main() {\n    println!(\"got {}\", part::one());\n}\n");
    fetches(&project, &mirror, "cargo fetch", "cargo run -q --offline", "got 1");
}

#[test]
fn npm_installs_a_locked_package() {
    if !has("npm") {
        return;
    }
    let (mirror, folder) = (Mirror::start(), tempfile::tempdir().unwrap());
    put(folder.path(), "package/package.json", "{\"name\":\"part\",\"version\":\"1.0.0\",\"main\":\"index.js\"}");
    put(folder.path(), "package/index.js", "exports.one = 1;\n");
    mirror.serve("/part/-/part-1.0.0.tgz", tar(folder.path(), "package"));
    let tarball = format!("http://{}/part/-/part-1.0.0.tgz", mirror.address);
    let version = json!({"name": "part", "version": "1.0.0", "dist": {"tarball": tarball}});
    let about = json!({"name": "part", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}});
    mirror.serve("/part", about.to_string());
    let project = project()
        .file("package.json", "{\"name\":\"work\",\"version\":\"1.0.0\",\"dependencies\":{\"part\":\"1.0.0\"}}");
    let npm = format!("--registry http://{} --fetch-retries 0 --no-audit --no-fund", mirror.address);
    let fetch = format!("npm install {npm} && rm -rf node_modules && npm ci {npm}");
    fetches(&project, &mirror, &fetch, "node -p \"'got ' + require('part').one\"", "got 1");
}

/// What `pip` asks to build a project: here no package of its own is needed for it.
const BUILDER: &str = "import zipfile

def wheel(folder, name, files):
    about = f'Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n' + ('Requires-Dist: part\\n' if name == 'work' else '')
    kind = 'Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'
    files = {**files, f'{name}-1.0.dist-info/METADATA': about, f'{name}-1.0.dist-info/WHEEL': kind}
    record = f'{name}-1.0.dist-info/RECORD'
    with zipfile.ZipFile(f'{folder}/{name}-1.0-py3-none-any.whl', 'w') as made:
        for path, text in files.items():
            made.writestr(path, text)
        made.writestr(record, ''.join(f'{path},,\\n' for path in [*files, record]))
    return f'{name}-1.0-py3-none-any.whl'

def build_editable(folder, config_settings=None, metadata_directory=None):
    import os
    return wheel(folder, 'work', {'work.pth': os.getcwd() + '/lib\\n'})
";

#[test]
fn pip_installs_a_project_with_what_it_needs() {
    if !has("python3") {
        return;
    }
    let (mirror, folder) = (Mirror::start(), tempfile::tempdir().unwrap());
    put(folder.path(), "builder.py", BUILDER);
    let mut command = Command::new("python3");
    let script = "import builder; builder.wheel('.', 'part', {'part.py': 'one = 1\\n'})";
    command.args(["-c", script]).current_dir(folder.path());
    run_command(command, LONGEST_BUILD).code(0);
    let name = "part-1.0-py3-none-any.whl";
    mirror.serve(&format!("/files/{name}"), std::fs::read(folder.path().join(name)).unwrap());
    mirror.serve("/simple/part/", format!("<!DOCTYPE html><a href=\"/files/{name}\">{name}</a>"));
    let about = "[project]\nname = \"work\"\nversion = \"1.0\"\ndependencies = [\"part\"]\n\
        [build-system]\nrequires = []\nbuild-backend = \"builder\"\nbackend-path = [\".\"]\n";
    let project = project()
        .file("builder.py", BUILDER)
        .file("pyproject.toml", about)
        .file("lib/work.py", "import part\nprint('got', part.one)\n");
    let host = mirror.address.split(':').next().unwrap();
    let fetch = format!(
        "test -d .venv || python3 -m venv .venv; .venv/bin/pip install --no-input --retries 0 --index-url http://{}/simple --trusted-host {host} -e .",
        mirror.address
    );
    fetches(&project, &mirror, &fetch, ".venv/bin/python -c 'import work'", "got 1");
}
