//! Languages: a script of the workspace, a module, or code that stands in a word.

use super::super::reader::Input;
use super::super::{Code, Effect, Word};
use super::wrappers::script_file;
use super::{Arguments, Found, operand};

/// Modules of Python that only look at what they are given.
const LOOKING: &[&str] = &[
    "json.tool",
    "py_compile",
    "compileall",
    "this",
    "calendar",
    "tokenize",
    "ast",
    "dis",
    "tabnanny",
    "site",
    "platform",
    "sysconfig",
    "timeit",
    "zipfile",
    "base64",
    "pydoc",
];

pub fn python(arguments: &Arguments<'_>, found: &mut Found) {
    let words = arguments.words;
    let at = operand(words, "-c -m -W -X --check-hash-based-pycs", 0);
    let flag = |wanted: &str| {
        words
            .iter()
            .position(|word| word.text.starts_with(wanted) && !word.text.starts_with("--"))
            .filter(|index| at.is_none_or(|at| *index < at))
    };
    if flag("-c").is_some() {
        return found.given(arguments.name());
    }
    if let Some(index) = flag("-m") {
        let module = words.get(index).and_then(|word| word.text.strip_prefix("-m")).filter(|rest| !rest.is_empty());
        let module = module.or_else(|| words.get(index + 1).map(|word| word.text.as_str())).unwrap_or_default();
        let rest = words.get(index + 2..).unwrap_or_default();
        return match module {
            "pip" | "pip3" => super::packages::pip(&Arguments { program: "pip", words: rest, ..*arguments }, found),
            "venv" | "virtualenv" | "ensurepip" => found.writes(super::split(rest, "--prompt").operands),
            "http.server" | "smtpd" | "webbrowser" | "smtplib" | "ftplib" => found.network(None),
            "twine" => super::packages::publisher(&Arguments { program: "twine", words: rest, ..*arguments }, found),
            module if LOOKING.contains(&module) => found.reads(super::split(rest, "").operands),
            module => found.runs(Code::Workspace(format!("python -m {module}"))),
        };
    }
    if arguments.says(&["-V", "--version", "-h", "--help"]) && at.is_none() {
        found.idle = true;
        return;
    }
    script_or_input(at.and_then(|at| words.get(at)), arguments, found);
}

/// `node -e`, `perl -e`, `ruby -e`; scripts; what comes from the input.
pub fn script(arguments: &Arguments<'_>, found: &mut Found) {
    let words = arguments.words;
    let name = arguments.name();
    let valued = match name {
        "node" | "nodejs" => "-e -p -r --require --import --loader --eval --print --test-reporter",
        "perl" => "-e -E -I -M",
        "ruby" => "-e -r -I -C",
        "php" => "-r -d -c -S -t -B -E -R",
        "osascript" => "-e -l",
        _ => "-e -E -c --eval",
    };
    let at = operand(words, valued, 0);
    let before = words.get(..at.unwrap_or(words.len())).unwrap_or_default();
    let gives = |word: &&Word| {
        let text = word.text.as_str();
        let cluster = text.starts_with('-') && !text.starts_with("--");
        matches!(text, "--eval" | "--print" | "-p" | "-r" | "eval")
            && matches!(name, "node" | "nodejs" | "php" | "deno" | "bun")
            || text.starts_with("--eval=")
            || (cluster
                && text.contains(['e', 'E'])
                && matches!(
                    name,
                    "perl"
                        | "ruby"
                        | "node"
                        | "nodejs"
                        | "lua"
                        | "luajit"
                        | "osascript"
                        | "Rscript"
                        | "R"
                        | "elixir"
                        | "julia"
                        | "swift"
                        | "groovy"
                        | "scala"
                ))
    };
    let evaluates = matches!(name, "deno") && arguments.first() == Some("eval");
    let required = before.iter().any(|word| matches!(word.text.as_str(), "-r" | "--require" | "--import" | "--loader"));
    if evaluates || before.iter().find(gives).is_some_and(|word| !(required && word.text == "-r")) {
        if matches!(name, "perl" | "ruby")
            && before.iter().any(|word| word.text.contains('i') && word.text.starts_with('-'))
        {
            found.writes(at.and_then(|at| words.get(at..)).unwrap_or_default());
        }
        return found.given(name);
    }
    if arguments.says(&["-v", "--version", "-h", "--help"]) && at.is_none() {
        found.idle = true;
        return;
    }
    if matches!(name, "node" | "nodejs") && arguments.says(&["--check", "-c"]) {
        return found.reads(at.and_then(|at| words.get(at)));
    }
    let first = at.and_then(|at| words.get(at));
    match (name, first.map(|word| word.text.as_str())) {
        ("bun", Some("install" | "i" | "add" | "remove" | "update" | "publish" | "x" | "pm" | "link"))
        | ("deno", Some("install" | "add" | "publish" | "upgrade" | "cache" | "remove")) => {
            super::packages::npm(arguments, found)
        }
        ("bun" | "deno" | "swift", Some(command)) if !command.contains(['.', '/']) => {
            found.runs(Code::Workspace(format!("{name} {command}")));
        }
        ("deno", Some(_)) => found.runs(Code::Foreign(arguments.line())),
        _ if arguments.says(&["--test"]) => found.runs(Code::Workspace(format!("{name} --test"))),
        ("php", _) if arguments.says(&["-l", "-S", "-m", "-i"]) => found.runs(Code::Workspace("php".into())),
        _ => script_or_input(first, arguments, found),
    }
}

fn script_or_input(file: Option<&Word>, arguments: &Arguments<'_>, found: &mut Found) {
    match (file, arguments.input) {
        (Some(file), _) if file.text != "-" => script_file(Some(file), arguments.name(), found),
        (_, Input::None) => found.runs(Code::Given(arguments.name().into())),
        (_, Input::Text(_)) => found.given(arguments.name()),
        (_, Input::Unknown) => {
            found.runs(Code::Foreign(format!("{} from its input", arguments.name())));
            found.unclear.push(format!("what `{}` reads from its input is only known when it runs", arguments.name()));
        }
    }
}

/// A program that is only to be looked at is run by `ldd`.
pub fn loads(arguments: &Arguments<'_>, found: &mut Found) {
    found.reads(arguments.split("").operands);
    found.runs(Code::Workspace(arguments.line()));
}

/// Clients of databases: a file is written, another host is spoken with; some commands of theirs run programs.
pub fn database(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split(
        "-h -p -U -u -d -f -c -e -P --host --port --user --username --dbname --command --execute --file -cmd -init",
    );
    let hosts = split.values(&["-h", "--host"]);
    let shell = |word: &Word| {
        [".shell", ".system", "\\!", "system ", "COPY ", ".output", ".once", "load_extension", "| "]
            .iter()
            .any(|text| word.text.contains(text))
    };
    if arguments.words.iter().any(shell) {
        found.given(arguments.name());
    }
    let drops = |word: &Word| {
        let text = word.text.to_ascii_lowercase();
        ["drop ", "truncate ", "delete from", "flushall", "flushdb", "dropdatabase"]
            .iter()
            .any(|lost| text.contains(lost))
    };
    if arguments.words.iter().any(drops) {
        found.effects.push(Effect::Publish(arguments.line()));
    }
    found.reads(&split.values(&["-f", "--file", "-init"]));
    match arguments.name() {
        "sqlite3" | "duckdb" => {
            found.writes(split.operands.iter().filter(|word| !word.text.contains(' ')).take(1).copied())
        }
        _ if hosts.is_empty() => found.network(Some(&Word { text: "localhost".into(), known: true })),
        _ => hosts.iter().for_each(|host| found.network(Some(host))),
    }
}
