//! Keys on the disk: whole or not at all, for the user alone, and a hostile or broken file is refused in words that hold no key.

use agent::auth::stored::{Stored, What, origin};
use agent::auth::vault::Vault;
use agent::base::Kind;
use agent::base::secret::Secret;
use agent::config::Config;
use agent::config::logins::Logins;
use agent::config::paths::Environment;
use agent::disk::Disk;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use tempfile::TempDir;

const TIME: &str = "2026-11-21T00:00:00Z";

struct Home {
    folder: TempDir,
    environment: Environment,
    config: Config,
}

impl Home {
    fn new() -> Home {
        let folder = TempDir::new().unwrap();
        let environment = Environment::from_made(&[("HOME".into(), folder.path().into())]);
        let config = Config::load(&environment, true, &["auth.keyring=off".into()]).unwrap();
        Home { folder, environment, config }
    }

    fn vault(&self, disk: Disk) -> Vault {
        Vault::open(&self.config, &self.environment, disk).unwrap()
    }

    fn keys(&self) -> PathBuf {
        self.folder.path().join(".config/agent/keys.json")
    }

    fn write(&self, text: &str, mode: u32) {
        std::fs::create_dir_all(self.keys().parent().unwrap()).unwrap();
        std::fs::write(self.keys(), text).unwrap();
        std::fs::set_permissions(self.keys(), std::fs::Permissions::from_mode(mode)).unwrap();
    }
}

fn key(text: &str) -> Stored {
    Stored { what: What::Key(Secret::new(text)), origin: None }
}

fn found(vault: &Vault, provider: &str) -> Option<String> {
    vault.get(provider).unwrap().map(|(stored, _)| stored.secret().expose().to_owned())
}

#[test]
fn files_are_the_users_alone() {
    let home = Home::new();
    let vault = home.vault(Disk::default());
    vault.put("openai", &key("sk-1"), TIME).unwrap();
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(home.keys()), 0o600);
    assert_eq!(mode(home.keys().parent().unwrap().into()), 0o700);
    let record = Logins::path(&home.environment).unwrap();
    assert!(!std::fs::read_to_string(&record).unwrap().contains("sk-1"));
    assert_eq!(mode(record), 0o600);
    vault.put("groq", &key("gsk-2"), TIME).unwrap();
    vault.put("openai", &key("sk-3"), TIME).unwrap();
    assert_eq!(found(&vault, "openai").as_deref(), Some("sk-3"));
    assert_eq!(vault.remove("openai").unwrap().len(), 1);
    assert_eq!((found(&vault, "openai"), found(&vault, "groq").as_deref()), (None, Some("gsk-2")));
    assert!(vault.remove("openai").unwrap().is_empty());
    vault.remove("groq").unwrap();
    assert!(!home.keys().exists(), "an empty file is no use");
}

#[test]
fn a_file_that_others_can_use_is_refused() {
    for mode in [0o644, 0o640, 0o604, 0o620, 0o602] {
        let home = Home::new();
        home.write(r#"{"openai": {"key": "sk-1"}}"#, mode);
        let error = home.vault(Disk::default()).get("openai").unwrap_err();
        assert_eq!(error.kind, Kind::Auth);
        assert!(error.message.contains(&format!("(mode {mode:04o})")), "{error}");
        assert_eq!(error.hints[0], format!("chmod 600 {}", home.keys().display()));
        assert!(home.vault(Disk::default()).put("groq", &key("x"), TIME).is_err(), "nothing is added to it either");
    }
    let home = Home::new();
    home.write(r#"{"openai": {"key": " sk-1\n"}}"#, 0o600);
    assert_eq!(found(&home.vault(Disk::default()), "openai").as_deref(), Some("sk-1"), "written by hand");
}

#[test]
fn a_broken_file_is_refused_kept_and_never_quoted() {
    let large = format!("{{\"openai\": {{\"key\": \"{}\"}}}}", "k".repeat(1 << 20));
    for text in [
        "",
        "sk-secret",
        r#"{"openai": "sk-secret"}"#,
        r#"{"openai": {"key": ["sk-secret"]}}"#,
        r#"{"openai": {"key": "sk-secret", "access_token": "sk-secret"}}"#,
        r#"{"openai": {"key": "sk-secret and more"}}"#,
        "{\"openai\": {\"key\": \"sk-secret\\u001b[2J\"}}",
        r#"{"openai": {}}"#,
        &large,
    ] {
        let home = Home::new();
        home.write(text, 0o600);
        let error = home.vault(Disk::default()).get("openai").unwrap_err();
        assert_eq!(error.kind, Kind::Auth);
        assert!(error.message.starts_with("cannot read `") && !error.message.contains("sk-secret"), "{error}");
        assert_eq!(std::fs::read_to_string(home.keys()).unwrap(), text);
    }
    // What is no file is not opened, let alone waited for.
    let home = Home::new();
    std::fs::create_dir_all(home.keys()).unwrap();
    assert!(home.vault(Disk::default()).get("openai").unwrap_err().message.contains("no regular file"));
    let home = Home::new();
    std::fs::create_dir_all(home.keys().parent().unwrap()).unwrap();
    symlink("/dev/zero", home.keys()).unwrap();
    assert!(home.vault(Disk::default()).get("openai").unwrap_err().message.contains("no regular file"));
    let home = Home::new();
    home.write("{}", 0o600);
    let record = Logins::path(&home.environment).unwrap();
    std::fs::create_dir_all(record.parent().unwrap()).unwrap();
    std::fs::write(&record, "[]").unwrap();
    let error = home.vault(Disk::default()).put("openai", &key("sk-1"), TIME).unwrap_err();
    assert!(error.message.contains("logins.json"), "{error}");
    assert_eq!(std::fs::read_to_string(home.keys()).unwrap(), "{}", "found out before anything is stored");
}

#[test]
fn a_key_stayed_behind_the_link_that_a_logout_removed() {
    let home = Home::new();
    home.write(r#"{"openai":{"key":"sk-old"}}"#, 0o600);
    let real = home.folder.path().join("safe.json");
    std::fs::rename(home.keys(), &real).unwrap();
    symlink(&real, home.keys()).unwrap();
    let vault = home.vault(Disk::default());
    vault.put("groq", &key("sk-new"), TIME).unwrap();
    let kept = || std::fs::read_to_string(&real).unwrap();
    assert!(home.keys().is_symlink() && kept().contains("sk-new") && kept().contains("sk-old"), "{}", kept());
    vault.remove("openai").unwrap();
    vault.remove("groq").unwrap();
    assert_eq!(kept().trim(), "{}");
    assert!(home.keys().is_symlink());
    std::fs::remove_file(&real).unwrap();
    let error = vault.put("groq", &key("sk-new"), TIME).unwrap_err();
    assert!(error.message.contains("leads nowhere"), "{error}");
}

/// Whatever operation fails, the old key or the new one is there, and the file can be read.
#[test]
fn a_disk_that_fails_loses_no_key() {
    for forever in [false, true] {
        for at in 1.. {
            let home = Home::new();
            let sound = home.vault(Disk::default());
            sound.put("groq", &key("gsk"), TIME).unwrap();
            sound.put("openai", &key("old"), TIME).unwrap();
            let ended = home.vault(Disk::failing(at, forever)).put("openai", &key("new"), TIME);
            let now = found(&sound, "openai").expect("one of them");
            assert_eq!(found(&sound, "groq").as_deref(), Some("gsk"));
            assert!(now == "old" || now == "new");
            if ended.is_ok() {
                assert_eq!(now, "new");
                assert!(at > 3, "the disk was never asked");
                break;
            }
        }
    }
}

#[test]
fn two_at_once_lose_nothing() {
    let home = Home::new();
    std::thread::scope(|scope| {
        for index in 0..8 {
            let vault = home.vault(Disk::default());
            scope.spawn(move || vault.put(&format!("p{index}"), &key(&format!("k{index}")), TIME).unwrap());
        }
    });
    let vault = home.vault(Disk::default());
    for index in 0..8 {
        assert_eq!(found(&vault, &format!("p{index}")), Some(format!("k{index}")));
    }
    assert_eq!(Logins::read(&home.environment).unwrap().iter().count(), 8);
}

#[test]
fn an_origin_is_scheme_host_and_port() {
    for (url, expected) in [
        ("https://api.openai.com/v1", "https://api.openai.com"),
        ("https://API.example.com:8443?x", "https://api.example.com:8443"),
        ("http://user:pass@host/path@x", "http://host"),
        ("http://[::1]:80/v1", "http://[::1]:80"),
    ] {
        assert_eq!(origin(url), expected);
    }
}
