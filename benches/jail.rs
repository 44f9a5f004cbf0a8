//! What the jail costs a command: `cargo bench --bench jail`. Every backend is timed beside the bare command in the same run, in turns,
//! so that a slow or busy machine shows in all of them. Prints a table; asserts nothing.

#![expect(clippy::print_stdout, reason = "a table on standard output is all that this makes")]

use agent::base::access::Network;
use agent::process::jobs::Job;
use agent::process::spawn::Exec;
use agent::sandbox::choose::{Means, real};
use agent::sandbox::jail::{Jail, Limits};
use agent::sandbox::{Sandbox, Wanted};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const RUNS: usize = 101;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().canonicalize().expect("its path");
    let jail = jail(&root);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let bubblewrap = std::env::split_paths(&path).map(|folder| folder.join("bwrap")).find(|file| file.is_file());
    let means = Means { agent: env!("CARGO_BIN_EXE_agent").into(), bubblewrap };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let backends = [Wanted::None, Wanted::Landlock, Wanted::Namespaces];
    let sandboxes: Vec<Sandbox> =
        backends.iter().map(|wanted| Sandbox::choose(*wanted, means.clone()).sandbox).collect();
    let mut times = vec![Vec::new(); sandboxes.len()];
    for _ in 0..RUNS {
        for (sandbox, times) in sandboxes.iter().zip(&mut times) {
            times.push(runtime.block_on(time(sandbox, &root, &jail)));
        }
    }
    let medians: Vec<Duration> = times.into_iter().map(median).collect();
    let bare = medians.first().copied().unwrap_or_default();
    println!("{:<28} {:>10} {:>10} {:>8}", "running `true`, median", "whole", "jail", "budget");
    for ((sandbox, whole), budget) in sandboxes.iter().zip(&medians).zip(["", "5 ms", "15 ms"]) {
        let (whole, jail) = (whole.as_secs_f64() * 1e3, whole.saturating_sub(bare).as_secs_f64() * 1e3);
        println!("{:<28} {whole:>7.2} ms {jail:>7.2} ms {budget:>8}", sandbox.backend().name());
    }
}

/// A jail as a user's would be: a home with the usual places of secrets, and a repository.
fn jail(root: &Path) -> Jail {
    let make = |path: &str| {
        let path = root.join(path);
        std::fs::create_dir_all(&path).expect("a folder");
        path
    };
    let folders = ["home/.ssh", "home/.aws", "home/.config/gh", "home/.config/gcloud", "home/.docker", "home/.mozilla"];
    let mut denied: Vec<PathBuf> = folders.into_iter().map(make).collect();
    for number in 0..40 {
        make(&format!("home/.config/program-{number}"));
    }
    denied.extend(["/etc/shadow", "/run/user", "/run/dbus"].iter().filter_map(|path| real(Path::new(path))));
    let protected = vec![make("home/work/.git/hooks"), make("home/work/.vscode")];
    Jail {
        denied,
        readable: Vec::new(),
        writable: vec![make("home/work")],
        protected,
        temporary: make("home/.cache/tmp"),
        network: Network::Off,
        limits: Limits::default(),
    }
}

async fn time(sandbox: &Sandbox, root: &Path, jail: &Jail) -> Duration {
    let exec = Exec {
        program: "true".into(),
        folder: root.join("home/work"),
        environment: vec![("PATH".into(), std::env::var_os("PATH").unwrap_or_default())],
        ..Exec::default()
    };
    let started = Instant::now();
    let confined = sandbox.confine(exec, jail).expect("a jail");
    let job = Job::start(&confined.exec, "true", None, Box::new(|| None)).expect("a start");
    let state = job.ended().await;
    assert_eq!(state, agent::process::jobs::State::Exited(0));
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
