//! Programs that make, move, change and delete files.

use super::super::{Effect, GitEffect, ProcessEffect, Word};
use super::{Arguments, Found, Inner, Touch, operand};

pub fn tee(arguments: &Arguments<'_>, found: &mut Found) {
    found.writes(arguments.split("").operands);
}

pub fn tree(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-L -P -I -o -H -T --filelimit --charset");
    found.writes(&split.values(&["-o"]));
    found.reads(split.operands);
}

/// A size beyond what is ordinary fills the disk.
pub fn sized(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-s --size -l --length -r --reference -o -m --offset --mode");
    let huge = |word: &Word| {
        let digits: String = word.text.chars().filter(char::is_ascii_digit).collect();
        word.text.ends_with(['T', 'P', 'E']) || (word.text.ends_with('G') && digits.len() > 1) || digits.len() > 10
    };
    if split.values(&["-s", "--size", "-l", "--length"]).iter().any(huge) {
        found.effects.push(Effect::Process(ProcessEffect::Exhaust));
    }
    found.writes(split.operands);
}

pub fn mktemp(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-p --tmpdir --suffix -t");
    found.writes(&split.values(&["-p", "--tmpdir"]));
    if split.operands.is_empty() && !split.has(&["-p", "--tmpdir"]) {
        found.output = Some("/tmp/tmp.XXXXXXXXXX\n".into());
        found.idle = true;
    }
    found.writes(split.operands);
}

pub fn rm(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("");
    for word in &split.operands {
        found.touch(Touch::Delete, [*word]);
        let name = word.text.trim_end_matches(['/', '*', '.']);
        let repository = name == ".git" || name.ends_with("/.git") || word.text.contains(".git/");
        if repository && !word.text.ends_with(".lock") {
            found.effects.push(Effect::Git(GitEffect::Loss));
        }
    }
}

pub fn cp(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-t --target-directory -S --suffix -m --mode -o --owner -g --group");
    let into = split.value(&["-t", "--target-directory"]);
    let install = arguments.name() == "install" && split.has(&["-d", "--directory"]);
    match (into, split.operands.split_last()) {
        (Some(folder), _) => {
            found.writes([&folder]);
            found.reads(split.operands.iter().copied());
        }
        (None, Some((_, _))) if install => found.writes(split.operands.iter().copied()),
        (None, Some((last, rest))) => {
            found.reads(rest.iter().copied());
            found.writes([*last]);
            endless(rest, found);
        }
        (None, None) => {}
    }
}

fn endless(words: &[&Word], found: &mut Found) {
    if words.iter().any(|word| matches!(word.text.as_str(), "/dev/zero" | "/dev/urandom" | "/dev/random")) {
        found.effects.push(Effect::Process(ProcessEffect::Exhaust));
    }
}

pub fn mv(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-t --target-directory -S --suffix");
    let mut operands: Vec<&Word> = split.operands;
    if arguments.name() == "rename" {
        found.given("rename");
        found.writes(operands.into_iter().skip(1));
        return;
    }
    match split.flags.iter().find(|(flag, _)| flag == "-t" || flag == "--target-directory") {
        Some((_, Some(folder))) => found.writes([folder]),
        _ => found.writes(operands.pop()),
    }
    // Where it was, it is no more; that it is somewhere else is said by the write.
    found.writes(operands);
}

pub fn dd(arguments: &Arguments<'_>, found: &mut Found) {
    let mut counted = false;
    let mut endless = false;
    for word in arguments.words {
        let Some((name, value)) = word.text.split_once('=') else { continue };
        let file = Word { text: value.into(), known: word.known };
        match name {
            "if" => {
                endless = matches!(value, "/dev/zero" | "/dev/urandom" | "/dev/random");
                found.reads([&file]);
            }
            "of" => found.writes([&file]),
            "count" => counted = value.len() < 6,
            _ => {}
        }
    }
    if endless && !counted {
        found.effects.push(Effect::Process(ProcessEffect::Exhaust));
    }
}

pub fn split_file(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-l -b -n -a -C --lines --bytes --number --filter -f -s");
    split.values(&["--filter"]).iter().for_each(|line| found.line(line));
    found.reads(split.operands.iter().take(1).copied());
    match split.operands.get(1) {
        Some(prefix) => found.writes([*prefix]),
        None => found.at(Touch::Write, "."),
    }
}

pub fn chmod(arguments: &Arguments<'_>, found: &mut Found) {
    // `-w` and `-x` are modes, not flags.
    let words: Vec<&Word> = arguments.words.iter().filter(|word| !word.text.starts_with("--")).collect();
    let flag =
        |word: &Word| word.text.starts_with('-') && word.text.chars().skip(1).all(|char| "RvfchLHP".contains(char));
    let reference =
        arguments.says(&["--reference"]) || arguments.words.iter().any(|word| word.text.starts_with("--reference="));
    let operands = words.into_iter().filter(|word| !flag(word));
    found.writes(operands.skip(usize::from(!reference)));
    let sets_id = |word: &Word| {
        let text = word.text.as_str();
        text.contains("+s")
            || (text.len() == 4 && text.starts_with(['2', '4', '6']) && text.chars().all(|char| char.is_ascii_digit()))
    };
    if arguments.name() == "chmod" && arguments.words.iter().any(sets_id) {
        found.effects.push(Effect::Privilege("chmod".into()));
    }
}

pub fn patch(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-p -i -d -o -r -F --input --directory --output");
    found.reads(&split.values(&["-i", "--input"]));
    found.writes(&split.values(&["-d", "-o", "--directory", "--output"]));
    found.writes(split.operands.iter().take(1).copied());
    if !split.has(&["-d", "--directory"]) {
        found.at(Touch::Write, ".");
    }
}

pub fn find(arguments: &Arguments<'_>, found: &mut Found) {
    let words = arguments.words;
    let expression = |word: &Word| {
        word.text.starts_with('-') && !matches!(word.text.as_str(), "-H" | "-L" | "-P")
            || matches!(word.text.as_str(), "(" | "!")
    };
    let start = words.iter().position(expression).unwrap_or(words.len());
    let mut roots: Vec<Word> = words.iter().take(start).filter(|word| !word.text.starts_with('-')).cloned().collect();
    if roots.is_empty() {
        roots.push(Word { text: ".".into(), known: true });
    }
    found.reads(&roots);
    let mut at = start;
    while let Some(word) = words.get(at) {
        at += 1;
        match word.text.as_str() {
            "-delete" => found.touch(Touch::Delete, &roots),
            "-fprint" | "-fprint0" | "-fprintf" | "-fls" => found.writes(words.get(at)),
            "-exec" | "-execdir" | "-ok" | "-okdir" => {
                let rest = words.get(at..).unwrap_or_default();
                let end = rest.iter().position(|word| matches!(word.text.as_str(), ";" | "+")).unwrap_or(rest.len());
                let call: Vec<Word> = rest.iter().take(end).map(|word| each_found(word, &roots)).collect();
                if !call.is_empty() {
                    found.inner.push(Inner::Call(call));
                }
                at += end;
            }
            _ => {}
        }
    }
}

/// `{}` as something below the first place that is looked at.
fn each_found(word: &Word, roots: &[Word]) -> Word {
    let Some(root) = roots.first().filter(|_| word.text.contains("{}")) else { return word.clone() };
    let text = word.text.replace("{}", &format!("{}/*", root.text.trim_end_matches('/')));
    Word { text, known: word.known && root.known && word.text == "{}" && roots.len() == 1 }
}

pub fn fd(arguments: &Arguments<'_>, found: &mut Found) {
    let words = arguments.words;
    let valued = "-e -t -d -E -S -c -j --extension --type --max-depth --exclude --base-directory --search-path";
    let run = words.iter().position(|word| matches!(word.text.as_str(), "-x" | "-X" | "--exec" | "--exec-batch"));
    let before = words.get(..run.unwrap_or(words.len())).unwrap_or_default();
    let roots: Vec<Word> = super::split(before, valued).operands.into_iter().skip(1).cloned().collect();
    if roots.is_empty() {
        found.at(Touch::Read, ".");
    }
    found.reads(&roots);
    if let Some(rest) = run.and_then(|run| words.get(run + 1..)) {
        let here = [Word { text: ".".into(), known: true }];
        let roots = if roots.is_empty() { &here[..] } else { &roots };
        let mut call: Vec<Word> =
            rest.iter().take_while(|word| word.text != ";").map(|word| each_found(word, roots)).collect();
        if operand(&call, "", 0).is_some() && !rest.iter().any(|word| word.text.contains('{')) {
            call.push(each_found(&Word { text: "{}".into(), known: true }, roots));
        }
        found.inner.push(Inner::Call(call));
    }
}
