//! The table: names of programs to how they are read.

use super::Kind::{self, Builds, By, Deletes, Idle, Network, Reads, System, Writes};
use super::{Arguments, archives, code, files, git, network, packages, system, text, wrappers};

/// How this program is read; `None` for one that is not known. What is in the system's folders is what its name says.
pub fn kind(arguments: &Arguments<'_>) -> Option<Kind> {
    let folder = arguments.program.rsplit_once('/').map(|(folder, _)| folder);
    let known = ["/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin", "/opt/homebrew/bin"];
    if folder.is_some_and(|folder| !known.contains(&folder)) {
        return None;
    }
    let name = arguments.name();
    if let Some((_, kind)) = TABLE.iter().find(|(names, _)| names.split_ascii_whitespace().any(|known| known == name)) {
        return Some(*kind);
    }
    let versioned = |base: &str| {
        name.strip_prefix(base).is_some_and(|rest| rest.chars().all(|char| char.is_ascii_digit() || char == '.'))
    };
    match name {
        _ if versioned("python") || versioned("pypy") => Some(By(code::python)),
        _ if versioned("pip") => Some(By(packages::pip)),
        _ if versioned("ruby") || versioned("perl") || versioned("lua") || versioned("php") => Some(By(code::script)),
        _ if name.starts_with("mkfs") || name.starts_with("fsck") => Some(System),
        _ => None,
    }
}

const TABLE: &[(&str, Kind)] = &[
    // The shell's own, and programs that only say something.
    (
        ": true false test [ sleep date cal wait jobs type hash which whereis uname hostname whoami id nproc arch basename \
         dirname seq expr tput clear uuidgen tty stty umask ulimit set shopt unset unsetenv break continue shift exit return \
         logout help times groups lscpu free uptime locale getconf factor numfmt times fg bg disown logname users \
         sw_vers cowsay figlet bc dc yes tsort getent last who w lsb_release ncal tzselect reset apropos",
        Idle,
    ),
    ("echo printf", By(text::echo)),
    ("pwd", By(wrappers::pwd)),
    ("cd pushd", By(wrappers::cd)),
    ("popd dirs", By(wrappers::popd)),
    ("let getopts read mapfile readarray", By(wrappers::reads_into)),
    ("alias unalias enable bind complete compopt compgen", By(wrappers::alias)),
    ("export declare typeset local readonly", By(wrappers::declare)),
    ("env", By(wrappers::env)),
    ("printenv", By(system::environment)),
    // Wrappers.
    ("eval", By(wrappers::eval)),
    ("trap", By(wrappers::trap)),
    ("source .", By(wrappers::source)),
    ("sh bash dash zsh ksh ash fish rbash", By(wrappers::shell)),
    (
        "command builtin exec nice ionice timeout gtimeout nohup stdbuf time setsid xvfb-run caffeinate taskset chrt prlimit \
         setarch unbuffer chronic ts faketime dumb-init tini catchsegv numactl rlwrap winpty cgexec dbus-run-session \
         firejail bwrap unshare nsenter chroot ltrace valgrind perf busybox toybox sccache ccache doppler dotenv",
        By(wrappers::wrapper),
    ),
    ("strace", By(system::tracer)),
    ("gdb lldb", By(system::debugger)),
    ("sudo doas su runuser pkexec sg newgrp gosu setpriv", By(wrappers::privileged)),
    ("xargs parallel", By(wrappers::xargs)),
    ("watch entr hyperfine script flock nodemon watchexec", By(wrappers::line_runner)),
    ("at batch", By(wrappers::at)),
    ("tmux screen zellij", By(wrappers::terminal)),
    // Files.
    (
        "cat nl tac rev cut paste comm join diff cmp sdiff stat ls dir vdir du md5sum sha1sum sha224sum sha256sum sha384sum \
         sha512sum b2sum cksum sum strings od hexdump fold column expand unexpand realpath readlink nm objdump readelf size \
         zcat bzcat xzcat zless diffstat colordiff delta tokei cloc scc shellcheck exiftool eza exa lsd namei pathchk \
         md5 shasum otool jshon pandoc xmllint hadolint markdownlint yamllint wdiff icdiff lsof fuser ldconfig",
        Reads("-d -f -c -n -w -k -t -m -s -o -b -e --width --label --exclude -L --max-depth -x -F -I"),
    ),
    ("file more", Reads("-m -F -f")),
    ("ldd", By(code::loads)),
    ("head tail", By(text::head)),
    ("wc", Reads("")),
    ("tree", By(files::tree)),
    ("less", By(text::pager)),
    ("bat batcat", By(text::bat)),
    ("man", By(text::man)),
    ("sort", By(text::sort)),
    ("uniq", By(text::uniq)),
    ("tr fmt pr look", Idle),
    ("xxd", By(text::uniq)),
    ("base64 base32 basenc", Reads("-w -b --wrap")),
    ("tee", By(files::tee)),
    ("grep egrep fgrep zgrep", By(text::grep)),
    ("rg", By(text::rg)),
    ("ag ack", By(text::ag)),
    ("find gfind", By(files::find)),
    ("fd fdfind", By(files::fd)),
    ("jq gojq", By(text::jq)),
    ("yq", By(text::yq)),
    ("sed gsed", By(text::sed)),
    ("awk gawk mawk nawk", By(text::awk)),
    ("touch mkdir", Writes("-m --mode -d --date -r -t --reference -Z")),
    ("truncate fallocate mkfifo mknod", By(files::sized)),
    ("mktemp tempfile", By(files::mktemp)),
    ("rm", By(files::rm)),
    ("rmdir unlink shred srm trash trash-put", Deletes),
    ("cp ln install link", By(files::cp)),
    ("mv rename", By(files::mv)),
    ("rsync", By(network::rsync)),
    ("dd", By(files::dd)),
    ("split csplit", By(files::split_file)),
    ("chmod chown chgrp chattr setfacl xattr", By(files::chmod)),
    ("patch", By(files::patch)),
    ("open xdg-open start", By(system::opens)),
    ("vim vi nvim view ex nano emacs ed micro helix hx code subl pico joe", By(text::editor)),
    // Archives.
    ("tar gtar bsdtar", By(archives::tar)),
    ("zip unzip 7z 7za unrar rar cpio ar zipinfo", By(archives::zip)),
    ("gzip gunzip bzip2 bunzip2 xz unxz zstd unzstd lz4 brotli compress", By(archives::gzip)),
    // Languages.
    (
        "node nodejs bun deno tsx ts-node osascript Rscript R elixir julia tclsh swift guile racket scala groovy irb",
        By(code::script),
    ),
    ("php perl ruby lua luajit", By(code::script)),
    ("sqlite3 psql mysql mariadb mongo mongosh redis-cli duckdb clickhouse sqlcmd cqlsh", By(code::database)),
    (
        "make gmake cmake ctest cpack ninja meson bazel buck scons sbt ant mix rebar3 stack cabal ghc zig swiftc javac java \
         kotlinc gcc g++ clang clang++ cc c++ ld as rustc rustfmt rustdoc clippy-driver clang-format clang-tidy cppcheck \
         pytest py.test tox nox mypy pyright ruff black isort flake8 pylint bandit coverage sphinx-build mkdocs pre-commit \
         jest vitest mocha ava tap karma cypress playwright tsc eslint prettier biome webpack vite rollup esbuild parcel next \
         nuxt astro gatsby turbo nx lerna gulp grunt rspec rake rails rubocop phpunit phpstan phpcs pint psalm artisan gofmt \
         goimports golangci-lint staticcheck gopls dlv protoc buf flutter dart xcodebuild xcrun fastlane lein clojure \
         dune ocaml msbuild nmake just task mage earthly act jupyter alembic celery gunicorn \
         uvicorn flask streamlit django-admin hugo jekyll typst pdflatex latexmk xelatex bibtex stylelint svelte-check swc oxlint \
         dprint knip depcheck madge storybook ng vue react-scripts expo metro nyc c8 wasm-pack maturin cross \
         cargo-nextest shfmt yapf autopep8 pydocstyle vulture radon jsonlint ajv graphql-codegen prisma drizzle-kit knex \
         sequelize typeorm dbmate goose sqlx diesel sea-orm-cli flyway liquibase bats shellspec helm-docs tflint checkov \
         pip-compile pip-sync pyinstaller nuitka cython f2py cdk8s mvnw gradlew poe doxygen ctags etags cscope",
        Builds,
    ),
    // Packages.
    ("cargo", By(packages::cargo)),
    ("rustup", By(packages::rustup)),
    ("npm pnpm yarn", By(packages::npm)),
    ("npx pnpx bunx uvx pipx", By(packages::npx)),
    ("pip", By(packages::pip)),
    ("uv poetry pipenv pdm hatch rye conda mamba micromamba", By(packages::uv)),
    ("go", By(packages::go)),
    ("bundle bundler gem composer", By(packages::gem)),
    ("mvn gradle", By(packages::maven)),
    ("dotnet nuget", By(packages::dotnet)),
    (
        "twine pod vsce ovsx goreleaser semantic-release release-it np changeset standard-version jsr",
        By(packages::publisher),
    ),
    ("brew apt apt-get aptitude dnf yum zypper pacman apk snap flatpak port dpkg rpm nix-env", By(system::packages)),
    ("nix nix-shell nix-build guix asdf mise rtx nvm fnm volta pyenv rbenv sdk", By(system::versions)),
    // Git and forges.
    ("git", By(git::git)),
    ("gh glab hub", By(git::forge)),
    ("hg svn bzr jj fossil", By(git::other)),
    // Network.
    ("curl", By(network::curl)),
    ("wget aria2c axel", By(network::wget)),
    ("http https xh httpie curlie", By(network::http)),
    ("nc ncat netcat socat telnet", By(network::netcat)),
    ("ssh mosh sshpass autossh", By(network::ssh)),
    ("scp sftp", By(network::scp)),
    ("ssh-keygen ssh-add ssh-copy-id ssh-agent ssh-keyscan", By(network::keys)),
    ("openssl", By(network::openssl)),
    (
        "ftp lftp ping ping6 dig host nslookup whois traceroute mtr nmap masscan tcpdump tshark arp-scan iperf iperf3 rclone \
         s3cmd mail mailx mutt sendmail msmtp swaks irssi ngrok cloudflared localtunnel lt wscat websocat grpcurl mosquitto_pub \
         speedtest youtube-dl yt-dlp torify proxychains hping3",
        Network,
    ),
    ("docker podman nerdctl buildah docker-compose podman-compose", By(system::docker)),
    ("kubectl oc helm k9s kustomize kind minikube skaffold argocd flux", By(system::cluster)),
    (
        "aws gcloud gsutil az doctl heroku vercel netlify fly flyctl wrangler firebase railway render surge now supabase \
         pulumi cdk sam serverless sls eb linode-cli oci ibmcloud",
        By(system::cloud),
    ),
    ("terraform tofu terragrunt packer ansible ansible-playbook vagrant", By(system::infrastructure)),
    // The machine.
    ("kill pkill killall skill xkill", By(system::kill)),
    ("ps top htop pstree pgrep pidof vmstat iostat btop pmap", By(system::processes)),
    ("df lsblk blkid findmnt", Idle),
    ("mount umount", By(system::mount)),
    (
        "reboot shutdown halt poweroff init telinit service fdisk sfdisk gdisk parted wipefs swapoff swapon insmod \
         modprobe rmmod iptables ip6tables nft ufw firewall-cmd route useradd usermod userdel adduser deluser groupadd \
         groupdel passwd chpasswd visudo vipw launchctl defaults scutil networksetup setcap setenforce dmsetup losetup \
         hostnamectl timedatectl loginctl localectl update-rc.d chkconfig chsh chfn hdparm nvram spctl csrutil \
         diskutil kextload bootctl grub-install efibootmgr cryptsetup ifconfig iwconfig tc rfkill history \
         update-alternatives systemd-run systemd-nspawn logger wall write xhost xdotool dbus-send busctl gdbus \
         debugfs tune2fs mdadm zpool zfs btrfs lvremove vgremove pvremove blkdiscard nvme",
        System,
    ),
    ("systemctl journalctl sysctl crontab ip dmesg", By(system::services)),
    ("gpg gpg2 pass op secret-tool security keychain age sops vault bw lpass", By(system::secrets)),
    ("stress stress-ng", By(system::exhausts)),
    ("pbcopy pbpaste xclip xsel wl-copy wl-paste notify-send say", By(system::desktop)),
];
