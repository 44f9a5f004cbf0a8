//! Places outside of the home folder where this machine keeps secrets of its user, and the sockets of programs that would act for
//! whoever asks. What runs in a jail does not read them; those in the home folder are in `policy::secrets`.

/// Variables that say where one of these is, when it is not in its usual place.
pub const BY_VARIABLE: &[(&str, &str)] = &[
    ("GNUPGHOME", ""),
    ("NETRC", ""),
    ("PASSWORD_STORE_DIR", ""),
    ("GH_CONFIG_DIR", ""),
    ("AWS_CONFIG_FILE", ""),
    ("AWS_SHARED_CREDENTIALS_FILE", ""),
    ("AZURE_CONFIG_DIR", ""),
    ("CLOUDSDK_CONFIG", ""),
    ("GOOGLE_APPLICATION_CREDENTIALS", ""),
    ("KUBECONFIG", ""),
    ("DOCKER_CONFIG", ""),
    ("REGISTRY_AUTH_FILE", ""),
    ("RCLONE_CONFIG", ""),
    ("BOTO_CONFIG", ""),
    ("SOPS_AGE_KEY_FILE", ""),
    ("NPM_CONFIG_USERCONFIG", ""),
    ("npm_config_userconfig", ""),
    ("COMPOSER_HOME", "auth.json"),
    ("HF_HOME", "token"),
    ("HF_HOME", "stored_tokens"),
    ("PIP_CONFIG_FILE", ""),
    ("CARGO_HOME", "credentials"),
    ("CARGO_HOME", "credentials.toml"),
    ("GRADLE_USER_HOME", "gradle.properties"),
    ("PGPASSFILE", ""),
    ("CLAUDE_CONFIG_DIR", ""),
    ("CODEX_HOME", ""),
    ("XAUTHORITY", ""),
    // Sockets: keyrings, agents, terminals, the session's bus.
    ("SSH_AUTH_SOCK", ""),
    ("XDG_RUNTIME_DIR", ""),
    ("TMUX_TMPDIR", ""),
    ("SCREENDIR", ""),
];

/// Variables that move a folder of the home folder, and what it is usually called there.
pub const MOVED: &[(&str, &str)] =
    &[("XDG_CONFIG_HOME", ".config/"), ("XDG_DATA_HOME", ".local/share/"), ("XDG_CACHE_HOME", ".cache/")];

/// Variables that name such a socket by its address: `unix:path=/…` among others, or `unix:///…`.
pub const BY_ADDRESS: &[&str] = &["DBUS_SESSION_BUS_ADDRESS", "DOCKER_HOST", "CONTAINER_HOST"];

/// Folders of everybody, which are no place of secrets, whichever variable names them.
pub const SHARED: &[&str] = &["/tmp", "/var/tmp", "/private/tmp", "/run", "/var/run"];

/// Anywhere: secrets that are mounted into containers, and sockets whose owners would do for a command what the jail denies it.
pub const ANYWHERE: &[&str] = &[
    "/run/secrets",
    "/run/user",
    "/run/dbus",
    "/run/docker",
    "/run/docker.sock",
    "/run/podman",
    "/run/containerd",
    "/run/crio",
    "/run/cri-dockerd.sock",
    "/run/k3s",
    "/run/incus",
    "/run/host-services",
    "/run/pcscd",
    "/run/buildkit",
    "/run/snapd.sock",
    "/run/snapd-snap.socket",
    "/run/libvirt",
    "/run/systemd/private",
    "/run/systemd/notify",
    "/run/systemd/journal",
    "/run/systemd/userdb",
    "/run/lxd.socket",
    "/run/lxd",
    "/run/incus",
    "/run/cri-dockerd.sock",
    "/run/k3s",
    "/run/WSL",
    "/run/screen",
    "/run/tmux",
    // Windows around a WSL: whoever reaches these starts programs there.
    "/run/WSL",
    "/mnt/wslg",
    "/var/run/docker.sock",
    "/var/run/secrets",
    "/var/run/dbus",
    "/var/lib/lxd",
    "/var/lib/incus",
    "/var/snap/lxd/common/lxd",
    "/var/lib/docker",
    "/var/lib/containers",
    "/var/lib/lxd",
    "/var/lib/incus",
    "/var/snap/lxd",
    "/etc/shadow",
    "/etc/gshadow",
];
