//! Programs that read and print text, with the flags by which some of them do more than that.

use super::super::reader::Input;
use super::super::{Code, Effect, ProcessEffect, Word};
use super::{Arguments, Found, Touch};

/// What it prints is known where its words are.
pub fn echo(arguments: &Arguments<'_>, found: &mut Found) {
    found.idle = true;
    let words: Vec<&Word> = arguments.words.iter().collect();
    if !words.iter().all(|word| word.known) {
        return;
    }
    let mut texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    if arguments.name() == "printf" {
        found.set = arguments.split("-v").values(&["-v"]).into_iter().map(|word| word.text).collect();
        let Some((format, rest)) = texts.split_first() else { return };
        let plain = format.replace("\\n", "\n").replace("\\t", "\t");
        let literal = !plain.contains(['%', '\\']);
        found.output = match (literal, plain.trim_end_matches('\n'), rest) {
            (true, ..) => Some(plain),
            (false, "%s" | "%b", [one]) if !one.contains('\\') => Some((*one).to_owned()),
            _ => None,
        };
        return;
    }
    while texts.first().is_some_and(|flag| matches!(*flag, "-n" | "-e" | "-E" | "-ne" | "-en")) {
        texts.remove(0);
    }
    found.output = Some(texts.join(" ") + "\n").filter(|text| !text.contains('\\'));
}

/// Reads what never ends.
const ENDLESS: &[&str] = &["/dev/zero", "/dev/urandom", "/dev/random", "/dev/full"];

pub fn head(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-n -c --lines --bytes -s --pid");
    if arguments.name() == "tail" && split.operands.iter().any(|word| ENDLESS.contains(&word.text.as_str())) {
        found.effects.push(Effect::Process(ProcessEffect::Exhaust));
    }
    let huge = |word: &Word| word.text.ends_with(['G', 'T', 'P']);
    if split.values(&["-c", "--bytes"]).iter().any(huge) {
        found.effects.push(Effect::Process(ProcessEffect::Exhaust));
    }
    found.reads(split.operands);
}

pub fn pager(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-o -O -p -k -t -T -b -h -x -y -z --log-file --lesskey-src");
    found.writes(&split.values(&["-o", "-O", "--log-file"]));
    for word in split.operands {
        if word.text.starts_with("+!") || word.text.starts_with("+|") {
            found.line(&Word { text: word.text.chars().skip(2).collect(), known: word.known });
        } else if !word.text.starts_with('+') {
            found.reads([word]);
        }
    }
}

pub fn bat(arguments: &Arguments<'_>, found: &mut Found) {
    let split =
        arguments.split("-l -r -H --language --line-range --theme --style --paging --pager --color --wrap --tabs");
    split.values(&["--pager"]).iter().for_each(|line| found.line(line));
    found.reads(split.operands);
}

pub fn man(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-P --pager -H --html -M -S -s -C -k");
    let lines = split.values(&["-P", "--pager", "-H", "--html"]);
    found.idle = lines.is_empty();
    lines.iter().for_each(|line| found.line(line));
}

pub fn sort(arguments: &Arguments<'_>, found: &mut Found) {
    let valued = "-k -t -o -S -T --key --field-separator --output --buffer-size --temporary-directory --compress-program --files0-from --parallel";
    let split = arguments.split(valued);
    found.writes(&split.values(&["-o", "--output", "-T", "--temporary-directory"]));
    split.values(&["--compress-program", "--compress-prog"]).iter().for_each(|line| found.line(line));
    found.reads(split.operands);
}

/// The second file is written.
pub fn uniq(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-f -s -w -l -c -n -o");
    found.reads(split.operands.iter().take(1).copied());
    found.writes(split.operands.iter().skip(1).copied());
}

pub fn grep(arguments: &Arguments<'_>, found: &mut Found) {
    let valued = "-e -f -A -B -C -m -d -D --regexp --file --after-context --before-context --context --include --exclude --exclude-dir --max-count --color";
    let split = arguments.split(valued);
    found.reads(&split.values(&["-f", "--file"]));
    let pattern = usize::from(!split.has(&["-e", "--regexp", "-f", "--file"]));
    let files: Vec<&Word> = split.operands.into_iter().skip(pattern).collect();
    if files.is_empty() && *arguments.input == Input::None {
        found.at(Touch::Read, ".");
    }
    found.reads(files);
}

pub fn rg(arguments: &Arguments<'_>, found: &mut Found) {
    let valued = "-e -f -A -B -C -m -g -t -T -j -M -r -E -d --regexp --file --glob --iglob --type --type-not --type-add --max-count --max-depth --context --pre --pre-glob --sort --sortr --color --replace --hostname-bin --max-columns --threads --ignore-file --encoding --colors";
    let split = arguments.split(valued);
    for program in split.values(&["--pre", "--hostname-bin"]) {
        found.inner.push(super::Inner::Call(vec![program]));
    }
    found.reads(&split.values(&["-f", "--file", "--ignore-file"]));
    let pattern = usize::from(!split.has(&["-e", "--regexp", "-f", "--file", "--files", "--type-list"]));
    let files: Vec<&Word> = split.operands.into_iter().skip(pattern).collect();
    if files.is_empty() && *arguments.input == Input::None {
        found.at(Touch::Read, ".");
    }
    found.reads(files);
}

pub fn ag(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-A -B -C -m -G --pager --ignore --ignore-dir -p --path-to-ignore");
    split.values(&["--pager"]).iter().for_each(|line| found.line(line));
    found.reads(split.operands.into_iter().skip(1));
}

pub fn jq(arguments: &Arguments<'_>, found: &mut Found) {
    let mut words = arguments.words.iter();
    let mut filter = false;
    while let Some(word) = words.next() {
        match word.text.as_str() {
            "--arg" | "--argjson" => {
                words.nth(1);
            }
            "--slurpfile" | "--rawfile" => {
                words.next();
                found.reads(words.next());
            }
            "-f" | "--from-file" | "-L" => {
                filter = true;
                found.reads(words.next());
            }
            "--indent" | "--tab" => {}
            text if text.starts_with('-') => {}
            _ if !filter => filter = true,
            _ => found.reads([word]),
        }
    }
}

pub fn yq(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-o -p -I --output-format --input-format --indent --from-file");
    let files: Vec<&Word> = split
        .operands
        .iter()
        .filter(|word| !matches!(word.text.as_str(), "e" | "eval" | "ea" | "eval-all"))
        .skip(1)
        .copied()
        .collect();
    if split.has(&["-i", "--inplace"]) {
        found.writes(files);
    } else {
        found.reads(files);
    }
}

pub fn sed(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-e -f -l --expression --file --line-length");
    let mut scripts = split.values(&["-e", "--expression"]);
    for file in split.values(&["-f", "--file"]) {
        found.reads([&file]);
        found.runs(Code::Workspace(format!("sed -f {}", file.text)));
    }
    let mut operands = split.operands;
    if scripts.is_empty()
        && !split.flags.iter().any(|(flag, _)| flag == "-f" || flag == "--file")
        && !operands.is_empty()
    {
        scripts.push(operands.remove(0).clone());
    }
    let in_place = split.flags.iter().any(|(flag, _)| flag.starts_with("-i") || flag.starts_with("--in-place"));
    if in_place {
        // On a Mac the word behind `-i` may be an empty end for copies.
        found.writes(operands.into_iter().filter(|word| !word.text.is_empty()));
    } else {
        found.reads(operands);
    }
    for script in scripts {
        if !script.known {
            found.unclear.push("a part of the script of `sed` is only known when it runs".into());
        }
        script_of_sed(&script.text, found);
    }
}

/// The commands of a script: `e` runs a line, `w` writes a file, `r` reads one; `s` has the first two as flags.
fn script_of_sed(script: &str, found: &mut Found) {
    let chars: Vec<char> = script.chars().collect();
    let mut at = 0;
    let rest_of_line = |from: usize| -> String {
        chars.get(from..).unwrap_or_default().iter().take_while(|char| **char != '\n').collect::<String>().trim().into()
    };
    let known = |text: String| Word { text, known: true };
    while let Some(char) = chars.get(at) {
        at += 1;
        match char {
            '/' | '\\' => {
                at = past(
                    &chars,
                    if *char == '\\' { at + 1 } else { at },
                    if *char == '\\' { chars.get(at).copied().unwrap_or('/') } else { '/' },
                )
            }
            's' | 'y' => {
                let Some(mark) = chars.get(at).copied() else { return };
                let middle = past(&chars, at + 1, mark);
                let end = past(&chars, middle, mark);
                at = end;
                while let Some(flag) = chars.get(at).filter(|flag| flag.is_ascii_alphanumeric()) {
                    at += 1;
                    match flag {
                        'e' => found.given("sed"),
                        'w' => {
                            found.writes([&known(rest_of_line(at))]);
                            return;
                        }
                        _ => {}
                    }
                }
            }
            'e' => {
                let line = rest_of_line(at);
                if line.is_empty() {
                    found.given("sed")
                } else {
                    found.line(&known(line))
                }
                return;
            }
            'w' | 'W' | 'r' | 'R' => {
                let file = known(rest_of_line(at));
                found.touch(if char.eq_ignore_ascii_case(&'w') { Touch::Write } else { Touch::Read }, [&file]);
                at += file.text.chars().count() + 1;
            }
            'a' | 'i' | 'c' | ':' | 'b' | 't' | 'T' => {
                let line = rest_of_line(at);
                let ends = matches!(char, 'b' | 't' | 'T');
                let length = if ends { line.find([';', '}']).unwrap_or(line.len()) } else { line.len() };
                at += length + 1;
            }
            _ => {}
        }
    }
}

/// Behind the next `mark` that no backslash stands before.
fn past(chars: &[char], from: usize, mark: char) -> usize {
    let mut at = from;
    while let Some(char) = chars.get(at) {
        at += if *char == '\\' { 2 } else { 1 };
        if *char == mark {
            break;
        }
    }
    at
}

pub fn awk(arguments: &Arguments<'_>, found: &mut Found) {
    let split =
        arguments.split("-f -F -v -i -l -o -d -p -e --file --field-separator --assign --include --load --source");
    let mut programs = split.values(&["-e", "--source"]);
    for file in split.values(&["-f", "--file", "-i", "--include", "-l", "--load"]) {
        found.reads([&file]);
        found.runs(Code::Workspace(format!("awk -f {}", file.text)));
    }
    let mut operands = split.operands.clone();
    if programs.is_empty() && !split.has(&["-f", "--file"]) && !operands.is_empty() {
        programs.push(operands.remove(0).clone());
    }
    found.reads(operands.into_iter().filter(|word| !word.text.contains('=')));
    for program in programs {
        let text = program.text.as_str();
        let pipes = text.replace("||", "").contains('|');
        if !program.known || text.contains("system") || pipes || text.contains("@load") || text.contains("/inet/") {
            found.given("awk");
        }
        for statement in text.split([';', '{', '}', '\n']).filter(|statement| statement.contains("print")) {
            let Some((_, target)) = statement.split_once('>') else { continue };
            let target = target.trim_start_matches('>').trim();
            let name =
                target.strip_prefix('"').and_then(|rest| rest.split_once('"')).filter(|(_, rest)| rest.is_empty());
            let word = match name {
                Some((name, _)) => Word { text: name.into(), known: true },
                None => Word { text: target.into(), known: false },
            };
            found.writes([&word]);
        }
        if text.contains("getline") && text.contains('<') {
            found.reads([&Word { text: "getline".into(), known: false }]);
        }
    }
}

/// Editors run commands of their own: `-c`, `+`.
pub fn editor(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-c -S -u -s --cmd -l --eval -f -w --exec");
    let given = split.values(&["-c", "--cmd", "--eval", "--exec"]);
    let plus = split.operands.iter().any(|word| word.text.starts_with('+') && word.text.len() > 1);
    let stdin = matches!(arguments.name(), "ed" | "ex") && *arguments.input != Input::None;
    if !given.is_empty() || plus || stdin {
        found.given(arguments.name());
    }
    for script in split.values(&["-S", "-u", "-l"]) {
        super::wrappers::script_file(Some(&script).filter(|word| word.text != "NONE"), arguments.name(), found);
    }
    found.writes(split.operands.into_iter().filter(|word| !word.text.starts_with('+')));
}
