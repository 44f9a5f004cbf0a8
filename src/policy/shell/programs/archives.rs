//! Archives: what goes in is read, what comes out is written.

use super::super::Word;
use super::{Arguments, Found, Touch};

pub fn tar(arguments: &Arguments<'_>, found: &mut Found) {
    let valued = "-f -C -T -X -I -F -b -g -H -V -K -N --file --directory --files-from --exclude --exclude-from --use-compress-program --checkpoint-action --to-command --info-script --new-volume-script --rsh-command --rmt-command --transform --strip-components --owner --group --mode --format";
    // The first word may be flags without a dash: `tar xzf`.
    let mut words: Vec<Word> = arguments.words.to_vec();
    let bundled = |text: &str| {
        !text.starts_with('-') && !text.contains(['/', '.']) && text.chars().all(|char| char.is_ascii_alphabetic())
    };
    if let Some(first) = words.first_mut().filter(|word| bundled(&word.text)) {
        first.text.insert(0, '-');
    }
    let split = super::split(&words, valued);
    let programs = [
        "--to-command",
        "--info-script",
        "--new-volume-script",
        "--rsh-command",
        "--rmt-command",
        "-I",
        "--use-compress-program",
        "-F",
    ];
    split.values(&programs).iter().for_each(|line| found.line(line));
    for action in split.values(&["--checkpoint-action"]) {
        let line = action.text.strip_prefix("exec=").map(|line| Word { text: line.into(), known: action.known });
        line.iter().for_each(|line| found.line(line));
    }
    let file = split.value(&["-f", "--file"]).filter(|file| file.text != "-");
    let file = file.as_ref();
    if file.is_some_and(|file| file.text.contains(':')) {
        found.network(file);
    }
    let folder = split.value(&["-C", "--directory"]);
    if split.has(&["-x", "--extract", "--get"]) {
        found.reads(file);
        match &folder {
            Some(folder) => found.writes([folder]),
            None => found.at(Touch::Write, "."),
        }
        if split.has(&["-P", "--absolute-names"]) {
            found.at(Touch::Write, "/");
        }
    } else if split.has(&["-c", "--create", "-r", "-u", "-A", "--append", "--update"]) {
        found.writes(file);
        found.reads(&folder);
        let inside = |word: &Word| match &folder {
            Some(folder) if !word.text.starts_with(['/', '~']) => {
                Word { text: format!("{}/{}", folder.text, word.text), known: folder.known && word.known }
            }
            _ => word.clone(),
        };
        found.reads(&split.operands.iter().map(|word| inside(word)).collect::<Vec<_>>());
        if split.has(&["--remove-files"]) {
            found.touch(Touch::Delete, split.operands.iter().copied());
        }
    } else {
        found.reads(file);
    }
    found.reads(&split.values(&["-T", "--files-from", "-X", "--exclude-from"]));
}

pub fn zip(arguments: &Arguments<'_>, found: &mut Found) {
    let name = arguments.name();
    let split = arguments.split("-d -x -P -b -TT --unzip-command -O -I -F -D -E -o");
    split.values(&["-TT", "--unzip-command"]).iter().for_each(|line| found.line(line));
    let extracts = matches!(name, "unzip" | "unrar") || matches!(arguments.first(), Some("x" | "e"));
    let lists = matches!(name, "zipinfo")
        || split.has(&["-l", "-Z", "-t", "-p"])
        || matches!(arguments.first(), Some("l" | "t"));
    match (name, lists, extracts) {
        ("cpio", ..) => found.at(Touch::Write, "."),
        (_, true, _) => found.reads(split.operands),
        (_, _, true) => {
            found.reads(split.operands.iter().copied());
            match split.values(&["-d"]).first() {
                Some(folder) => found.writes([folder]),
                None => found.at(Touch::Write, "."),
            }
        }
        _ => {
            let skip = usize::from(matches!(name, "7z" | "7za" | "rar" | "ar"));
            let mut operands = split.operands.into_iter().skip(skip);
            found.writes(operands.next());
            found.reads(operands);
        }
    }
}

pub fn gzip(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-S --suffix -o -T -q");
    found.writes(&split.values(&["-o"]));
    if split.has(&["-c", "--stdout", "-l", "--list", "-t", "--test", "-k", "--keep"]) {
        found.reads(split.operands);
    } else {
        found.writes(split.operands);
    }
}
