//! What a jail is made of, which rule holds where, and what the backends make of it: all by values alone.

use agent::base::access::{Mode, Network};
use agent::config::paths::Environment;
use agent::sandbox::jail::{Jail, Limits};
use agent::sandbox::layout::{Rule, layout, rule_at};
use agent::sandbox::macos;
use agent::sandbox::make::{Facts, jail};
use agent::sandbox::preferences::Preferences;
use std::path::{Path, PathBuf};

fn paths(texts: &[&str]) -> Vec<PathBuf> {
    texts.iter().map(PathBuf::from).collect()
}

/// A jail in `/home/u/work` with a little of everything.
fn sample() -> Jail {
    Jail {
        denied: paths(&["/home/u/.ssh", "/home/u/state", "/home/u/work/.env"]),
        readable: paths(&["/home/u/state/s1/spill"]),
        writable: paths(&["/home/u/cache/tmp", "/home/u/work"]),
        protected: paths(&["/home/u/work/.git/hooks", "/usr/lib/x"]),
        temporary: "/home/u/cache/tmp".into(),
        network: Network::Off,
        limits: Limits::default(),
    }
}

#[test]
fn the_nearest_rule_wins() {
    let rules = layout(&sample());
    for (path, expected) in [
        ("/etc/passwd", Rule::Read),
        ("/home/u/.ssh/id", Rule::Denied),
        ("/home/u/.sshx", Rule::Read),
        ("/home/u/state/s1/log", Rule::Denied),
        ("/home/u/state/s1/spill/a", Rule::Read),
        ("/home/u/work/src/a.rs", Rule::Write),
        ("/home/u/work/.env", Rule::Denied),
        ("/home/u/work/.git/hooks/pre-commit", Rule::Protected),
        ("/home/u/work/.git/index", Rule::Write),
    ] {
        assert_eq!(rule_at(&rules, Path::new(path)), expected, "{path}");
    }
    assert!(!rules.iter().any(|(path, _)| path.starts_with("/usr")), "what is not written needs no protection");
}

fn made(mode: Mode, roots: &[&str], variables: &[(&str, &str)], preferences: &Preferences, there: &[&str]) -> Jail {
    let made: Vec<_> = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    let environment = Environment::from_made(&made);
    let facts = Facts {
        mode,
        roots: &paths(roots),
        environment: &environment,
        readable: &[PathBuf::from("/home/u/.local/state/agent/sessions/1/spill")],
        temporary: Path::new("/cache/tmp"),
        caches: &paths(&["/cache/go"]),
        network: Network::Off,
        preferences,
        protected: &paths(&["/w/.git/hooks"]),
        secrets: &paths(&["/w/.env"]),
    };
    let there = paths(there);
    jail(&facts, &|path| there.contains(&path.to_path_buf()).then(|| path.to_path_buf()))
}

const THERE: &[&str] = &[
    "/w",
    "/w/.env",
    "/w/.git/hooks",
    "/cache/go",
    "/home/u/.ssh",
    "/home/u/.npmrc",
    "/home/u/.config/agent",
    "/home/u/.local/state/agent",
    "/home/u/.local/state/agent/sessions/1/spill",
    "/elsewhere/kube",
    "/opt/mine",
];

#[test]
fn a_jail_denies_what_exists_of_the_known_places_and_of_those_that_variables_name() {
    let variables = [("HOME", "/home/u"), ("KUBECONFIG", "/elsewhere/kube:/not/there")];
    let jail = made(Mode::Auto, &["/w"], &variables, &Preferences::default(), THERE);
    assert_eq!(
        jail.denied,
        paths(&[
            "/elsewhere/kube",
            "/home/u/.config/agent",
            "/home/u/.local/state/agent",
            "/home/u/.npmrc",
            "/home/u/.ssh",
            "/w/.env"
        ])
    );
    assert_eq!(jail.readable, paths(&["/home/u/.local/state/agent/sessions/1/spill"]));
    assert_eq!(jail.writable, paths(&["/cache/go", "/cache/tmp", "/w"]));
    assert_eq!(jail.protected, paths(&["/w/.git/hooks"]));
}

/// Places that variables have moved, as `XDG_DATA_HOME` and its like do.
#[test]
fn secrets_are_denied_where_variables_have_moved_them() {
    let variables = [
        ("HOME", "/home/u"),
        ("XDG_CONFIG_HOME", "/m/config"),
        ("XDG_DATA_HOME", "/m/data"),
        ("XDG_CACHE_HOME", "/m/cache"),
        ("HF_HOME", "/m/models"),
        ("npm_config_userconfig", "/m/npmrc"),
    ];
    let there = [
        "/m/config/gcloud",
        "/m/config/else",
        "/m/data/keyrings",
        "/m/cache/huggingface/token",
        "/m/models/token",
        "/m/models/hub",
        "/m/npmrc",
    ];
    let jail = made(Mode::Auto, &["/w"], &variables, &Preferences::default(), &there);
    let expected =
        ["/m/cache/huggingface/token", "/m/config/gcloud", "/m/data/keyrings", "/m/models/token", "/m/npmrc"];
    assert_eq!(jail.denied, paths(&expected));
}

/// Where sockets of the user's session are said to be, they are hidden; but not what everything else is in.
#[test]
fn sockets_of_the_session_are_denied_wherever_variables_say_they_are() {
    let variables = [
        ("HOME", "/home/u"),
        ("XDG_RUNTIME_DIR", "/elsewhere/run"),
        ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/elsewhere/bus,guid=1;unix:abstract=/x"),
        ("DOCKER_HOST", "unix:///elsewhere/docker.sock"),
        ("CONTAINER_HOST", "tcp://10.0.0.1:2375"),
        ("TMUX_TMPDIR", "/tmp"),
        ("SCREENDIR", "/home"),
        ("XAUTHORITY", "/home/u"),
    ];
    let there = [
        "/elsewhere/run",
        "/elsewhere/bus",
        "/elsewhere/docker.sock",
        "/x",
        "/tmp",
        "/home",
        "/home/u",
        "/home/u/.Xauthority",
        "/run/WSL",
        "/run/user",
        "/w",
    ];
    let jail = made(Mode::Auto, &["/w"], &variables, &Preferences::default(), &there);
    assert_eq!(
        jail.denied,
        paths(&[
            "/elsewhere/bus",
            "/elsewhere/docker.sock",
            "/elsewhere/run",
            "/home/u/.Xauthority",
            "/run/WSL",
            "/run/user"
        ])
    );
}

/// Our catalog and other projects' caches are in the home folder, too.
#[test]
fn of_our_cache_folder_only_the_projects_own_is_written() {
    let there = ["/home/u", "/home/u/.cache/agent", "/home/u/.cache/agent/projects/1/caches"];
    let environment = Environment::from_made(&[("HOME".to_owned(), "/home/u".into())]);
    let facts = Facts {
        mode: Mode::Auto,
        roots: &paths(&["/home/u"]),
        environment: &environment,
        readable: &[],
        temporary: Path::new("/home/u/.cache/agent/projects/1/tmp"),
        caches: &paths(&["/home/u/.cache/agent/projects/1/caches"]),
        network: Network::Off,
        preferences: &Preferences::default(),
        protected: &[],
        secrets: &[],
    };
    let made = jail(&facts, &|path| there.iter().any(|there| path == Path::new(there)).then(|| path.to_path_buf()));
    let rules = layout(&made);
    for (path, expected) in [
        ("/home/u/x", Rule::Write),
        ("/home/u/.cache/agent/catalog.json", Rule::Read),
        ("/home/u/.cache/agent/projects/2/caches/x", Rule::Read),
        ("/home/u/.cache/agent/projects/1/caches/x", Rule::Write),
        ("/home/u/.cache/agent/projects/1/tmp/x", Rule::Write),
    ] {
        assert_eq!(rule_at(&rules, Path::new(path)), expected, "{path}");
    }
}

#[test]
fn mode_read_writes_in_caches_alone() {
    let preferences = Preferences { write: paths(&["/opt/mine"]), ..Preferences::default() };
    let read = made(Mode::Read, &["/w"], &[("HOME", "/home/u")], &preferences, THERE);
    assert_eq!(read.writable, paths(&["/cache/go", "/cache/tmp"]));
    let ask = made(Mode::Ask, &["/w"], &[("HOME", "/home/u")], &preferences, THERE);
    assert_eq!(ask.writable, paths(&["/cache/go", "/cache/tmp", "/opt/mine", "/w"]));
}

#[test]
fn what_the_user_allows_is_not_denied_and_what_the_user_denies_is() {
    let preferences = Preferences {
        allow_read: paths(&["/home/u/.npmrc", "/w/.env"]),
        deny: paths(&["/opt/mine"]),
        ..Preferences::default()
    };
    let jail = made(Mode::Auto, &["/w"], &[("HOME", "/home/u")], &preferences, THERE);
    assert!(!jail.denied.contains(&"/home/u/.npmrc".into()) && !jail.denied.contains(&"/w/.env".into()), "{jail:?}");
    assert!(jail.denied.contains(&"/opt/mine".into()), "{jail:?}");
}

#[test]
fn the_profile_for_macos_denies_later_what_it_allowed_before() {
    let text = macos::profile(&sample());
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("no {words:?} in {text}"));
    assert!(text.starts_with("(version 1)\n(deny default)\n"), "{text}");
    let work = at("(allow file-read* file-write* (subpath \"/home/u/work\"))");
    assert!(work < at("(deny file-write* (subpath \"/home/u/work/.git/hooks\"))"), "{text}");
    assert!(work < at("(deny file-read* file-write* (subpath \"/home/u/work/.env\"))"), "{text}");
    let state = at("(deny file-read* file-write* (subpath \"/home/u/state\"))");
    assert!(state < at("(allow file-read* (subpath \"/home/u/state/s1/spill\"))"), "{text}");
    assert!(!text.contains("network-outbound"), "{text}");
    let open = macos::profile(&Jail { network: Network::Full, ..sample() });
    assert!(open.contains("(allow network-outbound (remote ip))"), "{open}");
}

#[test]
fn a_path_cannot_end_its_string_in_the_profile() {
    let jail = Jail { writable: paths(&["/w/a\")(allow default)(\"\\"]), ..sample() };
    let text = macos::profile(&jail);
    assert!(text.contains(r#"(subpath "/w/a\")(allow default)(\"\\")"#), "{text}");
}

#[cfg(target_os = "linux")]
mod linux {
    use super::*;
    use agent::sandbox::linux::namespaces::{Found, Mount, mounts};

    fn found(path: &Path) -> Found {
        match path.to_str() {
            Some("/home/u/work/.env") => Found::File,
            Some("/gone") => Found::Nothing,
            _ => Found::Folder,
        }
    }

    #[test]
    fn mounts_stand_in_the_order_of_folders() {
        let write = |path: &str| Mount::Write { from: path.into(), at: path.into() };
        let expected = [
            Mount::NoFolder("/home/u/.ssh".into()),
            write("/home/u/cache/tmp"),
            Mount::NoFolder("/home/u/state".into()),
            Mount::Read("/home/u/state/s1/spill".into()),
            write("/home/u/work"),
            Mount::NoFile("/home/u/work/.env".into()),
            // On itself, so that it cannot be moved away with what is protected in it.
            write("/home/u/work/.git"),
            Mount::Read("/home/u/work/.git/hooks".into()),
            Mount::Write { from: "/home/u/cache/tmp".into(), at: "/tmp".into() },
        ];
        assert_eq!(mounts(&sample(), &[], &found), expected);
    }

    #[test]
    fn of_tmp_only_what_is_needed_is_put_back() {
        let jail = Jail { denied: paths(&["/tmp/h/.ssh", "/gone"]), writable: paths(&["/tmp/h/w"]), ..sample() };
        let needed = paths(&["/tmp/h", "/tmp/h/w/x", "/usr/bin", "/tmp"]);
        let at: Vec<Mount> = mounts(&jail, &needed, &found);
        let tmp =
            at.iter().position(|mount| matches!(mount, Mount::Write { at, .. } if at == Path::new("/tmp"))).unwrap();
        assert_eq!(
            at[tmp + 1..],
            [
                Mount::Read("/tmp/h".into()),
                Mount::NoFolder("/tmp/h/.ssh".into()),
                Mount::Write { from: "/tmp/h/w".into(), at: "/tmp/h/w".into() }
            ]
        );
        assert!(
            !at.contains(&Mount::Read("/usr/bin".into()))
                && !at.iter().any(|mount| *mount == Mount::NoFolder("/gone".into()))
        );
    }
}

#[test]
fn programs_are_told_of_the_proxy_in_the_ways_that_they_know() {
    let set = agent::sandbox::proxy::variables(4321);
    let value = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
    assert_eq!(value("https_proxy"), Some("http://127.0.0.1:4321"));
    assert_eq!(value("NODE_USE_ENV_PROXY"), Some("1"));
    let java = value("JAVA_TOOL_OPTIONS").unwrap();
    assert!(java.contains("-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=4321"), "{java}");
}
