//! Where tools keep things in the jail: which folder is whose, under each setting of the network; and settings without
//! credentials.

use agent::base::access::Network;
use agent::config::paths::Environment;
use agent::disk::Disk;
use agent::sandbox::caches::{Caches, UserFolders, caches};
use agent::sandbox::settings::without_credentials;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const OWN: &str = "/home/ada/.cache/agent/projects/1";

/// The caches of a project on a disk where there are `paths` alone.
fn on(paths: &[&str], set: &[(&str, &str)], network: Network) -> Caches {
    let mut variables = vec![("HOME".to_owned(), OsString::from("/home/ada"))];
    variables.extend(set.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))));
    let environment = Environment::from_made(&variables);
    let user = UserFolders::of(&environment);
    caches(Path::new(OWN), &user, network, &|path| paths.iter().any(|there| Path::new(there) == path))
}

fn value(caches: &Caches, name: &str) -> Option<String> {
    let found: Vec<_> = caches.environment.iter().filter(|(set, _)| set == name).collect();
    assert!(found.len() < 2, "`{name}` is set {} times", found.len());
    found.first().map(|(_, value)| value.to_str().unwrap().to_owned())
}

#[test]
fn each_folder_is_the_users_or_the_projects() {
    let own = |below: &str| Some(format!("{OWN}/{below}"));
    let users = |below: &str| Some(format!("/home/ada/{below}"));
    let there = ["/home/ada/.cargo", "/home/ada/go/pkg/mod", "/home/ada/.npm", "/home/ada/.m2/repository"];
    let filled = format!("{OWN}/caches/cargo-registry/cache");
    let after = [&there[..], &[filled.as_str()]].concat();
    // What the case is called, what is on the disk, the network, the variable, and its value.
    type Case<'a> = (&'a str, &'a [&'a str], Network, &'a str, Option<String>);
    let cases: &[Case<'_>] = &[
        ("off reads the user's crates", &there, Network::Off, "CARGO_HOME", users(".cargo")),
        ("off reads the user's modules", &there, Network::Off, "GOMODCACHE", users("go/pkg/mod")),
        ("off reads the user's packages", &there, Network::Off, "npm_config_cache", users(".npm")),
        ("off leaves Maven what it has", &there, Network::Off, "MAVEN_OPTS", None),
        ("off builds into the project's own", &there, Network::Off, "GOCACHE", own("caches/go-build")),
        ("off logs into the project's own", &there, Network::Off, "npm_config_logs_dir", own("caches/npm-logs")),
        ("off and nothing there: the project's", &[], Network::Off, "npm_config_cache", own("caches/npm")),
        ("off after a fetch reads what was fetched", &after, Network::Off, "CARGO_HOME", own("homes/cargo")),
        ("of that tool alone", &after, Network::Off, "GOMODCACHE", users("go/pkg/mod")),
        ("hosts fetch crates into the project's", &there, Network::Hosts, "CARGO_HOME", own("homes/cargo")),
        ("hosts fetch modules into the project's", &there, Network::Hosts, "GOMODCACHE", own("caches/go-modules")),
        ("hosts fetch packages into the project's", &there, Network::Hosts, "npm_config_cache", own("caches/npm")),
        ("full is no different", &there, Network::Full, "CARGO_HOME", own("homes/cargo")),
        (
            "what was installed is the user's",
            &["/home/ada/.cache/ms-playwright"],
            Network::Full,
            "PLAYWRIGHT_BROWSERS_PATH",
            users(".cache/ms-playwright"),
        ),
        ("what was not installed is nowhere", &[], Network::Full, "PLAYWRIGHT_BROWSERS_PATH", None),
        ("temporary files", &there, Network::Off, "TMPDIR", own("tmp")),
        ("off is said", &there, Network::Off, "CARGO_NET_OFFLINE", Some("true".to_owned())),
        ("hosts are not", &there, Network::Hosts, "CARGO_NET_OFFLINE", None),
        ("no shared folder for targets where there is none", &there, Network::Off, "CARGO_TARGET_DIR", None),
    ];
    for (name, paths, network, variable, wanted) in cases {
        assert_eq!(value(&on(paths, &[], *network), variable), *wanted, "{name}");
    }
}

#[test]
fn what_the_user_has_set_is_where_theirs_is() {
    let set = [
        ("CARGO_HOME", "/data/cargo"),
        ("GOPATH", "/data/go"),
        ("NPM_CONFIG_CACHE", "/data/npm"),
        ("XDG_CACHE_HOME", "/data/cache"),
        ("CARGO_TARGET_DIR", "/data/target"),
        ("NPM_CONFIG_USERCONFIG", "/data/npmrc"),
    ];
    let there = ["/data/cargo", "/data/go/pkg/mod", "/data/npm", "/data/cache/ms-playwright", "/data/npmrc"];
    let made = on(&there, &set, Network::Off);
    for (name, wanted) in [
        ("CARGO_HOME", "/data/cargo"),
        ("GOMODCACHE", "/data/go/pkg/mod"),
        ("npm_config_cache", "/data/npm"),
        ("PLAYWRIGHT_BROWSERS_PATH", "/data/cache/ms-playwright"),
        ("XDG_CACHE_HOME", &format!("{OWN}/caches/xdg")),
        ("CARGO_TARGET_DIR", &format!("{OWN}/caches/cargo-target")),
        ("npm_config_userconfig", &format!("{OWN}/settings/npmrc")),
    ] {
        assert_eq!(value(&made, name).as_deref(), Some(wanted), "{name}");
    }
    let command = [("NPM_CONFIG_CACHE", "/data/npm"), ("CARGO_TARGET_DIR", "/data/target"), ("LANG", "C")];
    let over = made.over(command.map(|(name, value)| (name.to_owned(), OsString::from(value))).to_vec());
    assert!(!over.iter().any(|(name, value)| name == "NPM_CONFIG_CACHE" || value == "/data/target"));
    assert!(over.iter().any(|(name, value)| name == "LANG" && value == "C"), "what is no cache stays");
}

#[test]
fn nothing_of_the_users_is_writable() {
    let everything = ["/home/ada/.cargo", "/home/ada/go/pkg/mod", "/home/ada/.npm", "/home/ada/.cache/ms-playwright"];
    for network in [Network::Off, Network::Hosts, Network::Full] {
        let made = on(&everything, &[], network);
        assert_eq!(made.writable, [format!("{OWN}/caches"), format!("{OWN}/tmp")].map(std::path::PathBuf::from));
        assert!(made.writable.contains(&made.temporary));
    }
}

#[test]
fn the_folders_are_made_for_the_user_alone_and_again_without_harm() {
    let folder = tempfile::tempdir().unwrap();
    let (home, own) = (folder.path().join("home"), folder.path().join("own"));
    std::fs::create_dir_all(home.join(".cargo")).unwrap();
    std::fs::write(home.join(".cargo/config.toml"), "[term]\n").unwrap();
    std::fs::write(home.join(".cargo/credentials.toml"), "token = \"x\"\n").unwrap();
    std::fs::write(home.join(".npmrc"), "registry=https://mirror.example/\n//mirror.example/:_authToken=hunter2\n")
        .unwrap();
    let environment = Environment::from_made(&[("HOME".to_owned(), home.clone().into())]);
    let user = UserFolders::of(&environment);
    let made = caches(&own, &user, Network::Hosts, &|path| path.exists());
    made.prepare(&Disk::default()).unwrap();
    let (cargo, npmrc) = (own.join("homes/cargo"), own.join("settings/npmrc"));
    assert_eq!(std::fs::read_to_string(cargo.join("config.toml")).unwrap(), "[term]\n", "settings are found");
    assert!(cargo.join("credentials.toml").symlink_metadata().is_err(), "credentials are not");
    assert!(cargo.join("registry").is_dir());
    assert_eq!(std::fs::read_to_string(&npmrc).unwrap(), "registry=https://mirror.example/\n");
    for path in made.writable.iter().chain([&cargo]) {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700, "{}", path.display());
    }

    // The user changes settings, and something turned a link: the next start sees to both.
    std::fs::write(home.join(".npmrc"), "registry=https://other.example/\n").unwrap();
    std::fs::remove_file(cargo.join("registry")).unwrap();
    std::os::unix::fs::symlink(&home, cargo.join("registry")).unwrap();
    made.prepare(&Disk::default()).unwrap();
    assert_eq!(std::fs::read_to_string(&npmrc).unwrap(), "registry=https://other.example/\n");
    assert_eq!(
        cargo.join("registry").canonicalize().unwrap(),
        own.join("caches/cargo-registry").canonicalize().unwrap()
    );
}

#[test]
fn a_disk_that_fails_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let environment = Environment::from_made(&[("HOME".to_owned(), folder.path().into())]);
    let user = UserFolders::of(&environment);
    let made = caches(&folder.path().join("own"), &user, Network::Off, &|path| path.exists());
    let error = made.prepare(&Disk::failing(1, true)).unwrap_err();
    assert!(error.to_string().starts_with("cannot make `"), "{error}");
    made.prepare(&Disk::default()).unwrap();
}

#[test]
fn settings_lose_credentials_and_nothing_else() {
    let cases = [
        ("a mirror", "registry=https://npm.example/\n", "registry=https://npm.example/\n"),
        ("a token of a host", "//npm.example/:_authToken=x\n//npm.example/:always-auth=true\n", ""),
        ("the old names", "_auth=eDp5\n_password = y\nemail=a@example.org\nusername=a\n", "email=a@example.org\n"),
        ("a scope", "@auth0:registry=https://npm.example/\n", "@auth0:registry=https://npm.example/\n"),
        (
            "a scope with a password",
            "@a:registry=https://u:p@npm.example/x@1\n",
            "@a:registry=https://npm.example/x@1\n",
        ),
        ("a key inside", "key=\"-----BEGIN\\nxyz\"\ncert=\"-----BEGIN\\nxyz\"\ncafile=/a\n", "cafile=/a\n"),
        ("a file of authorities", "[global]\ncert = /etc/ca.pem\n", "[global]\ncert = /etc/ca.pem\n"),
        (
            "a user in pip",
            "[global]\nindex-url = https://u:p@ss@pypi.example/simple\n",
            "[global]\nindex-url = https://pypi.example/simple\n",
        ),
        (
            "two on lines",
            "extra-index-url =\n    https://a:b@one.example/\n    https://two.example/\n",
            "extra-index-url =\n    https://one.example/\n    https://two.example/\n",
        ),
        ("a value that goes on", "password = a\n  b\ntimeout = 3\n", "timeout = 3\n"),
        ("a value behind an empty line", "password =\r\n\r\n  b\r\ntimeout = 3\r\n", "timeout = 3\n"),
        ("a carriage return alone", "fund=false\r//npm.example/:_authToken=x\rx=1", "fund=false\nx=1\n"),
        ("a comment", "# //npm.example/:_authToken=x\n; y\nfund=false", "fund=false\n"),
        ("a proxy", "https-proxy=http://u:p@proxy.example:3128\n", "https-proxy=http://proxy.example:3128\n"),
        ("nothing", "", ""),
    ];
    for (name, text, wanted) in cases {
        assert_eq!(without_credentials(text), wanted, "{name}");
    }
}
