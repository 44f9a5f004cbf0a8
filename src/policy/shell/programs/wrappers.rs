//! Programs that run another one which stands in their words, and what the shell does itself.

use super::super::around::alters;
use super::super::reader::{Input, code_by_variable};
use super::super::{Code, Effect, Word};
use super::{Arguments, Found, Inner, operand};

pub fn cd(arguments: &Arguments<'_>, found: &mut Found) {
    found.idle = true;
    found.folder = Some(arguments.split("").operands.first().map(|word| (*word).clone()));
}

pub fn pwd(arguments: &Arguments<'_>, found: &mut Found) {
    found.idle = true;
    found.output = arguments.here.map(str::to_owned);
}

pub fn popd(_: &Arguments<'_>, found: &mut Found) {
    found.idle = true;
    found.folder = Some(Some(Word { text: String::new(), known: false }));
}

pub fn reads_into(arguments: &Arguments<'_>, found: &mut Found) {
    found.idle = true;
    if arguments.words.iter().any(|word| word.text.contains("$(") || word.text.contains('`')) {
        found.given(arguments.name());
    }
    found.set = arguments.words.iter().map(|word| word.text.split('=').next().unwrap_or_default().to_owned()).collect();
}

/// An alias may stand for anything from then on; `enable -f` loads code.
pub fn alias(arguments: &Arguments<'_>, found: &mut Found) {
    found.idle = arguments.words.is_empty() || arguments.name().starts_with("comp");
    if !found.idle {
        found.altered.push(arguments.name().into());
    }
    if arguments.name() == "enable" && arguments.says(&["-f"]) {
        found.runs(Code::Foreign("enable -f".into()));
    }
    for word in arguments.words {
        if let Some((_, line)) = word.text.split_once('=') {
            found.line(&Word { text: line.into(), known: word.known });
        }
    }
}

/// `declare` behind `command` or `builtin`; the shell's own is read from the tree.
pub fn declare(arguments: &Arguments<'_>, found: &mut Found) {
    found.idle = true;
    let names = arguments.words.iter().filter_map(|word| word.text.split('=').next());
    found.set = names.map(str::to_owned).collect();
    found.altered = found.set.iter().filter(|name| alters(name)).cloned().collect();
}

pub fn env(arguments: &Arguments<'_>, found: &mut Found) {
    let mut at = 0;
    while let Some(word) = arguments.words.get(at) {
        let text = word.text.as_str();
        if let Some((name, value)) = text.split_once('=').filter(|_| !text.starts_with('-')) {
            let value = Word { text: value.into(), known: word.known };
            found.effects.extend(code_by_variable(name, &value));
            if alters(name) {
                found.altered.push(name.to_owned());
            }
        } else if matches!(text, "-S" | "--split-string") || text.starts_with("-S") {
            let line = arguments.words.get(at + 1).or(Some(word));
            line.into_iter().for_each(|line| found.line(line));
            return;
        } else if !text.starts_with('-') {
            break;
        } else if matches!(text, "-u" | "--unset" | "-C" | "--chdir") {
            at += 1;
        }
        at += 1;
    }
    let rest = arguments.words.get(at..).unwrap_or_default();
    found.idle = true;
    if rest.is_empty() {
        found.effects.push(Effect::Environment);
        found.idle = false;
    } else if let Some(folder) = arguments.split("-C --chdir -u --unset").value(&["-C", "--chdir"]) {
        found.inner.push(Inner::At(folder, rest.to_vec()));
    } else {
        found.inner.push(Inner::Call(rest.to_vec()));
    }
}

pub fn eval(arguments: &Arguments<'_>, found: &mut Found) {
    found.idle = true;
    if arguments.words.iter().all(|word| word.known) {
        let line = arguments.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        found.inner.push(Inner::Here(line));
    } else {
        found.idle = false;
        found.runs(Code::Given("eval".into()));
        found.unclear.push("what `eval` runs is only known when it runs".into());
        found.forgets = true;
    }
}

pub fn trap(arguments: &Arguments<'_>, found: &mut Found) {
    found.idle = true;
    let line = arguments.split("").operands.first().copied().filter(|word| word.text != "-");
    line.into_iter().for_each(|line| found.line(line));
}

pub fn source(arguments: &Arguments<'_>, found: &mut Found) {
    found.forgets = true;
    found.altered.push(arguments.name().into());
    script_file(arguments.words.first(), "source", found);
}

/// Code in a file: of the workspace, or unknown where it comes from a pipe.
pub fn script_file(file: Option<&Word>, program: &str, found: &mut Found) {
    let Some(file) = file else { return };
    let streamed = file.text.starts_with("/dev/fd/") || file.text == "/dev/stdin" || file.text == "-";
    if !file.known || streamed || file.text.contains("://") {
        found.runs(Code::Foreign(format!("{program} {}", file.text)));
        found.unclear.push(format!("what `{program}` runs is only known when it runs"));
    } else {
        found.reads([file]);
        let inside = !file.text.starts_with(['/', '~']) && !file.text.starts_with("../");
        let code = format!("{program} {}", file.text);
        found.runs(if inside { Code::Workspace(code) } else { Code::Foreign(code) });
    }
}

pub fn shell(arguments: &Arguments<'_>, found: &mut Found) {
    let words = arguments.words;
    let name = arguments.name();
    let given = words.iter().position(|word| {
        word.text == "--command"
            || (word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains('c'))
    });
    let file = operand(words, "-o -O --rcfile --init-file", 0);
    for file in arguments.split("--rcfile --init-file").values(&["--rcfile", "--init-file"]) {
        script_file(Some(&file), name, found);
    }
    match given.filter(|at| file.is_none_or(|file| *at < file)) {
        Some(at) => {
            found.idle = true;
            let line = operand(words, "-o -O", at + 1).and_then(|at| words.get(at));
            line.into_iter().for_each(|line| found.line(line));
        }
        None if arguments.says(&["--version", "--help"]) => found.idle = true,
        None => match (file.and_then(|at| words.get(at)).filter(|_| !arguments.says(&["-s"])), arguments.input) {
            (Some(file), _) => script_file(Some(file), name, found),
            (None, Input::Text(text)) => {
                found.idle = true;
                found.inner.push(Inner::Line(text.clone()));
            }
            (None, Input::Unknown) => {
                found.runs(Code::Foreign(format!("{name} from its input")));
                found.unclear.push(format!("what `{name}` reads from its input is only known when it runs"));
            }
            (None, Input::None) => found.idle = true,
        },
    }
}

/// Flags of wrappers that take the next word, and how many words stand before the program.
const WRAPPERS: &[(&str, &str, usize)] = &[
    ("nice", "-n --adjustment", 0),
    ("ionice", "-c -n -p", 0),
    ("timeout", "-s --signal -k --kill-after", 1),
    ("gtimeout", "-s --signal -k --kill-after", 1),
    ("stdbuf", "-i -o -e --input --output --error", 0),
    ("time", "-f -o --format --output", 0),
    ("exec", "-a", 0),
    ("taskset", "-p", 1),
    ("chrt", "-T -P -D", 1),
    ("chroot", "", 1),
    ("faketime", "-f", 1),
    ("setarch", "", 1),
    ("unshare", "-S -G -R -w --wd --root", 0),
    ("nsenter", "-t --target -S -G", 0),
    ("xvfb-run", "-s -n -e -f -w --server-args", 0),
    ("ltrace", "-e -o -p -u", 0),
    ("perf", "-e -o -p", 1),
    ("doppler", "-p -c -t", 1),
    ("dotenv", "-e -f", 0),
];

/// Runs the rest of its words as they are. `command -v` only looks.
pub fn wrapper(arguments: &Arguments<'_>, found: &mut Found) {
    found.idle = true;
    let name = arguments.name();
    if name == "command" && matches!(arguments.first(), Some("-v" | "-V")) {
        return;
    }
    let (_, valued, skipped) = WRAPPERS.iter().find(|(known, ..)| *known == name).copied().unwrap_or_default();
    if matches!(name, "chroot" | "unshare" | "nsenter" | "firejail" | "bwrap") {
        found.effects.push(Effect::System(name.into()));
        found.idle = false;
    }
    if name == "perf" && !matches!(arguments.first(), Some("stat" | "record" | "trace")) {
        return;
    }
    if let Some(file) = arguments.split(valued).value(&["-o", "--output"]).filter(|_| name == "time") {
        found.writes([&file]);
    }
    let Some(at) = operand(arguments.words, valued, 0) else { return };
    let mut at = at + skipped;
    // Assignments and a second `--` may stand in between.
    while arguments.words.get(at).is_some_and(|word| word.text == "--") {
        at += 1;
    }
    let rest = arguments.words.get(at..).unwrap_or_default();
    if !rest.is_empty() {
        found.inner.push(Inner::Call(rest.to_vec()));
    }
}

pub fn privileged(arguments: &Arguments<'_>, found: &mut Found) {
    let name = arguments.name();
    found.effects.push(Effect::Privilege(name.into()));
    if matches!(name, "su" | "runuser" | "sg") {
        let given = arguments.split("-c --command -s --shell -g -G -u").value(&["-c", "--command"]);
        given.iter().for_each(|line| found.line(line));
        return;
    }
    if arguments.says(&["-e"]) && name == "sudo" {
        found.writes(arguments.split("-u -g").operands);
        return;
    }
    let valued = "-u -g -h -p -C -r -t -T -U -D -R --user --group --host --prompt --chdir";
    let mut at = operand(arguments.words, valued, 0);
    while let Some(index) = at.filter(|at| arguments.words.get(*at).is_some_and(|word| word.text.contains('='))) {
        at = Some(index + 1);
    }
    let skipped = usize::from(name == "gosu");
    if let Some(rest) = at.and_then(|at| arguments.words.get(at + skipped..)).filter(|rest| !rest.is_empty()) {
        found.inner.push(Inner::Call(rest.to_vec()));
    }
}

/// The words that come from the input are not known.
pub fn xargs(arguments: &Arguments<'_>, found: &mut Found) {
    found.idle = true;
    let parallel = arguments.name() == "parallel";
    let valued = if parallel {
        "-j --jobs -a --arg-file -I -S --joblog --colsep -N -n"
    } else {
        "-I -n -P -L -s -d -E -a -i --max-args --max-procs --delimiter --arg-file --replace"
    };
    let split = arguments.split(valued);
    found.reads(&split.values(&["-a", "--arg-file"]));
    let Some(at) = operand(arguments.words, valued, 0) else { return };
    let mut words: Vec<Word> = arguments.words.get(at..).unwrap_or_default().to_vec();
    if let Some(end) = words.iter().position(|word| word.text == ":::") {
        words.truncate(end);
    }
    let mark = split.value(&["-I", "--replace"]).map_or("{}".to_owned(), |word| word.text);
    let replaced = split.has(&["-I", "-i", "--replace"]) || parallel;
    let mut placed = false;
    for word in &mut words {
        if replaced && word.text.contains(&mark) {
            word.known = false;
            placed = true;
        }
    }
    if !placed {
        words.push(Word { text: "{}".into(), known: false });
    }
    if parallel && words.len() == 2 {
        return words.into_iter().take(1).for_each(|line| found.line(&line));
    }
    found.inner.push(Inner::Call(words));
}

/// Programs that run a line, again and again or in a place of their own.
pub fn line_runner(arguments: &Arguments<'_>, found: &mut Found) {
    found.idle = true;
    let name = arguments.name();
    let valued = match name {
        "watch" => "-n --interval",
        "hyperfine" => "-w -r -m -M --warmup --runs -p --prepare -n --export-json --export-markdown",
        "flock" => "-w -E -c --timeout",
        "script" => "-c --command -T -B -O -I",
        "nodemon" | "watchexec" => "-w -e --exec -x --watch --ext",
        _ => "",
    };
    let split = arguments.split(valued);
    split.values(&["-c", "--command", "-x", "--exec", "-p", "--prepare"]).iter().for_each(|line| found.line(line));
    let operands: Vec<Word> = split.operands.iter().map(|word| (*word).clone()).collect();
    match name {
        "hyperfine" => operands.iter().for_each(|line| found.line(line)),
        "script" => found.writes(&operands),
        "nodemon" => found.runs(Code::Workspace("nodemon".into())),
        "flock" => {
            found.writes(operands.iter().take(1));
            let at = operand(arguments.words, valued, 0).map(|at| at + 1);
            let rest = at.and_then(|at| arguments.words.get(at..)).filter(|rest| !rest.is_empty());
            rest.into_iter().for_each(|rest| found.inner.push(Inner::Call(rest.to_vec())));
        }
        _ => {
            let at = operand(arguments.words, valued, 0);
            let rest = at.and_then(|at| arguments.words.get(at..)).unwrap_or_default();
            match rest {
                [] => {}
                [line] => found.line(line),
                rest => found.inner.push(Inner::Call(rest.to_vec())),
            }
        }
    }
}

pub fn at(arguments: &Arguments<'_>, found: &mut Found) {
    found.effects.push(Effect::System(arguments.name().into()));
    match arguments.input {
        Input::Text(text) => found.inner.push(Inner::Line(text.clone())),
        Input::None | Input::Unknown => found.given(arguments.name()),
    }
}

/// A terminal that lives on, and what is typed into it.
pub fn terminal(arguments: &Arguments<'_>, found: &mut Found) {
    if matches!(arguments.first(), Some("ls" | "list-sessions" | "-V" | "list-windows" | "-ls" | "capture-pane")) {
        return;
    }
    found.effects.push(Effect::Process(super::super::ProcessEffect::Background));
    if arguments.says(&["send-keys", "send", "-X", "run-shell", "run", "if-shell"]) {
        found.given(arguments.name());
        return;
    }
    let split = arguments.split("-s -n -t -c -x -y -S -L -f");
    let lines = split.operands.iter().skip(1).filter(|word| word.text.contains(' '));
    lines.for_each(|line| found.line(line));
}
