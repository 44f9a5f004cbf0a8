//! Programs that speak with other hosts, with what they read and write here.

use super::super::effect::UNKNOWN;
use super::super::{Code, Effect, Word};
use super::{Arguments, Found, Inner, Touch, host_of, operand};

/// Flags of curl that take a value.
const CURL_VALUED: &str = "-o -d -H -X -u -A -e -b -c -F -T -K -x -m -w -r -E -C -z -Y -y -D -t -P -Q -h --output --data --data-binary --data-raw --data-urlencode --data-ascii --header --request --user --user-agent --referer --cookie --cookie-jar --form --upload-file --config --proxy --max-time --write-out --range --cert --key --cacert --retry --connect-timeout --output-dir --dump-header --url --json --resolve --connect-to --netrc-file --trace --trace-ascii --stderr --unix-socket --retry-delay --limit-rate --form-string --preproxy --libcurl --etag-save --hsts";
/// Those whose value is a file that is written.
const CURL_WRITES: &[&str] = &[
    "-o",
    "--output",
    "-c",
    "--cookie-jar",
    "-D",
    "--dump-header",
    "--output-dir",
    "--trace",
    "--trace-ascii",
    "--stderr",
    "--libcurl",
    "--etag-save",
    "--hsts",
];
/// Those whose value is a file that is read.
const CURL_READS: &[&str] =
    &["-T", "--upload-file", "-K", "--config", "-E", "--cert", "--key", "--netrc-file", "--unix-socket"];
/// Those whose value may name a file that is read.
const CURL_NAMES: &[&str] = &[
    "-d",
    "--data",
    "--data-binary",
    "--data-urlencode",
    "--data-ascii",
    "--json",
    "-F",
    "--form",
    "-H",
    "--header",
    "-b",
    "--cookie",
];
/// Those that send something.
const CURL_SENDS: &[&str] = &[
    "-d",
    "--data",
    "--data-binary",
    "--data-raw",
    "--data-urlencode",
    "--json",
    "-F",
    "--form",
    "-T",
    "--upload-file",
    "--form-string",
    "--data-ascii",
];

pub fn curl(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split(CURL_VALUED);
    found.writes(&split.values(CURL_WRITES));
    if split.has(&["-O", "--remote-name", "--remote-name-all", "-J"]) && !split.has(&["--output-dir"]) {
        found.at(Touch::Write, ".");
    }
    found.reads(&split.values(CURL_READS));
    for word in split.values(CURL_NAMES) {
        found.reads(&file_within(word));
    }
    if split.has(&["-n", "--netrc"]) {
        found.at(Touch::Read, "~/.netrc");
    }
    let method = split.value(&["-X", "--request"]).map(|word| word.text.to_ascii_uppercase());
    let addresses: Vec<Word> = split
        .operands
        .iter()
        .map(|word| (*word).clone())
        .chain(split.values(&["--url", "-x", "--proxy", "--preproxy"]))
        .collect();
    for address in &addresses {
        if address.text.starts_with("file://") { found.reads([address]) } else { found.network(Some(address)) }
    }
    if addresses.is_empty() && !split.has(&["--version", "--help", "-V", "-h"]) {
        found.network(None);
    }
    let here = |word: &Word| host_of(&word.text).is_some_and(|host| is_loopback(&host));
    let changes =
        split.has(CURL_SENDS) || method.is_some_and(|method| !matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS"));
    if changes && !addresses.iter().all(here) {
        found.effects.push(Effect::Publish("curl".into()));
    }
}

/// The file that a value names for curl to read: `@file`, `name=@file`, `name=<file`.
fn file_within(word: Word) -> Option<Word> {
    let file = match word.text.split_once('@') {
        Some(("", file)) => Some(file),
        Some((before, file)) if before.ends_with('=') => Some(file),
        _ => word.text.split_once("=<").map(|(_, file)| file),
    };
    file.map(|file| Word { text: file.split(';').next().unwrap_or_default().into(), known: word.known })
}

pub fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host == "::1"
        || host.starts_with("127.")
        || host == "0.0.0.0"
        || host.ends_with(".localhost")
}

pub fn wget(arguments: &Arguments<'_>, found: &mut Found) {
    let valued = "-O -o -P -i -U -T -t -e -a -D -A -R --output-document --output-file --directory-prefix --input-file --header --post-data --post-file --body-data --body-file --method --user --password --use-askpass --execute -d --dir --out";
    let split = arguments.split(valued);
    let files = split.values(&[
        "-O",
        "--output-document",
        "-o",
        "-a",
        "--output-file",
        "-P",
        "--directory-prefix",
        "-d",
        "--dir",
    ]);
    found.writes(&files);
    if files.is_empty() && !split.has(&["--spider"]) {
        found.at(Touch::Write, ".");
    }
    found.reads(&split.values(&["-i", "--input-file", "--post-file", "--body-file"]));
    split.values(&["--use-askpass"]).into_iter().for_each(|program| found.inner.push(Inner::Call(vec![program])));
    if !split.values(&["-e", "--execute"]).is_empty() {
        found.given("wget -e");
    }
    if split.has(&["--post-data", "--post-file", "--body-data", "--body-file", "--method"]) {
        found.effects.push(Effect::Publish("wget".into()));
    }
    split.operands.iter().for_each(|address| found.network(Some(address)));
    if split.operands.is_empty() {
        found.network(None);
    }
}

pub fn http(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-a -o --auth --output --session --timeout --proxy --body");
    found.writes(&split.values(&["-o", "--output"]));
    let method = |word: &&&Word| word.text.chars().all(|char| char.is_ascii_uppercase());
    let changes = split.operands.iter().any(|word| {
        matches!(word.text.as_str(), "POST" | "PUT" | "PATCH" | "DELETE")
            || (word.text.contains('=') && !word.text.contains("=="))
    });
    for word in &split.operands {
        if let Some((_, file)) = word.text.split_once('@').filter(|(name, _)| !name.contains("://")) {
            found.reads([&Word { text: file.into(), known: word.known }]);
        }
    }
    let address = split.operands.iter().find(|word| !method(word)).copied();
    let local = address
        .is_some_and(|word| word.text.starts_with(':') || host_of(&word.text).is_some_and(|host| is_loopback(&host)));
    found.network(address);
    if changes && !local {
        found.effects.push(Effect::Publish(arguments.name().into()));
    }
}

pub fn netcat(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-e -c -p -w -s -o -x -X -i --exec --sh-exec --lua-exec");
    split.values(&["-e", "-c", "--exec", "--sh-exec"]).iter().for_each(|line| found.line(line));
    if arguments.name() == "socat" {
        for word in arguments.words {
            let upper = word.text.to_ascii_uppercase();
            let line = ["EXEC:", "SYSTEM:", "SHELL:"].iter().find(|kind| upper.starts_with(*kind));
            if let Some(kind) = line {
                let line = word.text.get(kind.len()..).unwrap_or_default().split(',').next().unwrap_or_default();
                found.line(&Word { text: line.trim_matches(['\'', '"']).into(), known: word.known });
            }
            let host = word
                .text
                .split(':')
                .nth(1)
                .filter(|_| upper.starts_with("TCP") || upper.starts_with("UDP") || upper.starts_with("OPENSSL"));
            found.effects.extend(host.map(|host| Effect::Network(host.to_ascii_lowercase())));
        }
        found.network(None);
        return;
    }
    found.network(split.operands.first().copied());
}

const SSH: &str = "-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w -B";

pub fn ssh(arguments: &Arguments<'_>, found: &mut Found) {
    if arguments.name() == "sshpass" {
        let at = operand(arguments.words, "-p -f -d -P", 0);
        let rest = at.and_then(|at| arguments.words.get(at..)).unwrap_or_default();
        return found.inner.push(Inner::Call(rest.to_vec()));
    }
    let split = arguments.split(SSH);
    for option in split.values(&["-o"]) {
        let lower = option.text.to_ascii_lowercase();
        if ["proxycommand", "localcommand", "knownhostscommand", "pkcs11provider"]
            .iter()
            .any(|name| lower.starts_with(name))
        {
            let line = option.text.split_once(['=', ' ']).map(|(_, line)| line).unwrap_or_default();
            found.line(&Word { text: line.into(), known: option.known });
            found.runs(Code::Given("ssh -o".into()));
        }
    }
    found.reads(&split.values(&["-i", "-F"]));
    found.writes(&split.values(&["-E"]));
    found.at(Touch::Read, "~/.ssh");
    let Some(at) = operand(arguments.words, SSH, 0) else { return };
    found.network(arguments.words.get(at));
    // What runs there is out of the reach of any jail here.
    if arguments.words.len() > at + 1 || *arguments.input != super::super::reader::Input::None {
        found.effects.push(Effect::Publish("ssh, by a command on another host".into()));
    }
}

pub fn scp(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split(SSH);
    found.at(Touch::Read, "~/.ssh");
    if split
        .values(&["-S", "-o"])
        .iter()
        .any(|word| word.text.contains('/') || word.text.to_ascii_lowercase().contains("command"))
    {
        found.given(arguments.name());
    }
    copies(&split.operands, arguments.name(), found);
}

fn copies(operands: &[&Word], name: &str, found: &mut Found) {
    let remote = |word: &Word| {
        word.text.split_once(':').is_some_and(|(host, _)| !host.contains('/')) || word.text.contains("://")
    };
    let Some((last, rest)) = operands.split_last() else { return };
    for word in operands.iter().filter(|word| remote(word)) {
        found.network(Some(word));
    }
    if remote(last) {
        found.effects.push(Effect::Publish(name.into()));
    } else if !rest.is_empty() {
        found.writes([*last]);
    }
    found.reads(rest.iter().filter(|word| !remote(word)).copied());
}

pub fn rsync(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-e -f -B -T -M --rsh --exclude --include --exclude-from --include-from --files-from --rsync-path --backup-dir --log-file --port --password-file --bwlimit --chmod --filter");
    split
        .values(&["-e", "--rsh", "--rsync-path"])
        .iter()
        .filter(|word| word.text != "ssh")
        .for_each(|line| found.line(line));
    found.writes(&split.values(&["--log-file", "--backup-dir"]));
    if split.flags.iter().any(|(flag, _)| flag.starts_with("--delete") || flag == "--remove-source-files") {
        found.touch(Touch::Delete, split.operands.last().copied());
    }
    copies(&split.operands, "rsync", found);
}

pub fn keys(arguments: &Arguments<'_>, found: &mut Found) {
    let name = arguments.name();
    let split = arguments.split("-f -t -b -C -N -P -i -p -R -F -l -s -D -o -m -O");
    if split.values(&["-D", "-s"]).iter().any(|word| word.text.contains('/')) {
        found.runs(Code::Foreign(name.into()));
    }
    match (name, split.value(&["-f"])) {
        ("ssh-keygen", Some(file)) if split.has(&["-l", "-y"]) => found.reads([&file]),
        ("ssh-keygen", Some(file)) => found.writes([&file]),
        ("ssh-keyscan", _) => found.network(split.operands.first().copied()),
        ("ssh-copy-id", _) => {
            found.network(split.operands.first().copied());
            found.effects.push(Effect::Publish(name.into()));
            found.at(Touch::Read, "~/.ssh");
        }
        ("ssh-agent", _) => found.idle = split.operands.is_empty(),
        _ => found.at(Touch::Write, "~/.ssh"),
    }
}

pub fn openssl(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-in -out -key -keyout -cert -connect -CAfile -passin -inkey -engine -provider -config -subj -days -newkey -pubin -extfile -signature -sign -verify -CA -CAkey -host -proxy");
    let values = |flags: &[&str]| split.values(flags);
    found.reads(&values(&["-in", "-key", "-cert", "-CAfile", "-inkey", "-extfile", "-CA", "-CAkey"]));
    found.writes(&values(&["-out", "-keyout"]));
    if !values(&["-engine", "-provider"]).is_empty() {
        found.runs(Code::Foreign("openssl -engine".into()));
    }
    if matches!(arguments.first(), Some("s_client" | "s_server" | "ocsp" | "s_time")) {
        let host = values(&["-connect", "-host", "-proxy"]);
        let host = host.first().filter(|word| word.known).and_then(|word| host_of(&word.text));
        found.effects.push(Effect::Network(host.unwrap_or_else(|| UNKNOWN.into())));
    }
}
