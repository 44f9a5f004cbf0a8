//! What stands around the words of a call: redirections, here-documents, assignments.

use super::effect::UNKNOWN;
use super::reader::{Around, Input, Reader, code_by_variable};
use super::scope::{Scope, resolve};
use super::words::{children, named, slice};
use super::{Effect, Word};
use tree_sitter::Node;

/// Variables that change which code runs, where it comes from, or whom it talks to: beginnings with `*`, else whole names.
const ALTERING: &[&str] = &[
    "PATH",
    "CDPATH",
    "LD_*",
    "DYLD_*",
    "BASH_*",
    "ENV",
    "GIT_*",
    "PYTHON*",
    "PERL5*",
    "RUBY*",
    "NODE_*",
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "MAVEN_*",
    "GRADLE_*",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "MANPAGER",
    "LESS*",
    "RUSTC*",
    "RUSTFLAGS",
    "CARGO_*",
    "CC",
    "CXX",
    "SHELL",
    "IFS",
    "PS4",
    "PROMPT_COMMAND",
    "SSH_*",
    "GCONV_PATH",
    "npm_*",
    "NPM_*",
    "PIP_*",
    "UV_*",
    "http_proxy",
    "https_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "GO*",
    "HOME",
    "CURL_HOME",
    "KUBECONFIG",
    "TAR_OPTIONS",
    "RIPGREP_CONFIG_PATH",
    "GREP_OPTIONS",
    "MAKEFLAGS",
    "BROWSER",
    "DOCKER_*",
    "AWS_*",
    "XDG_*",
    "TMPDIR",
    "MAKE",
    "AR",
    "LUA_*",
    "PHP*",
    "DENO_*",
    "BUN_*",
    "COMPOSER_*",
];

/// Is it one of the variables that change what programs do?
pub fn alters(name: &str) -> bool {
    ALTERING.iter().any(|known| match known.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *known,
    })
}

impl Reader<'_> {
    /// `> file`, `2>&1`, `< file`; gives the words that the grammar takes for more targets.
    pub fn redirect(&mut self, node: Node<'_>, text: &str, scope: &mut Scope, input: &mut Input) -> Vec<Word> {
        let operator = children(node).iter().map(|child| child.kind()).find(|kind| kind.contains(['<', '>']));
        let operator = operator.unwrap_or_default();
        let destinations: Vec<Node<'_>> =
            named(node).into_iter().filter(|child| child.kind() != "file_descriptor").collect();
        let Some((first, rest)) = destinations.split_first() else { return Vec::new() };
        let extra = rest.iter().flat_map(|word| self.words(*word, text, scope)).collect();
        let word = self.word(*first, text, scope);
        let number = word.text.chars().all(|char| char.is_ascii_digit() || char == '-') && !word.text.is_empty();
        if number && operator.ends_with('&') || operator.ends_with("&-") {
            return extra;
        }
        let reads = operator.starts_with('<');
        if reads {
            *input = Input::Unknown;
        }
        if let Some(rest) = ["/dev/tcp/", "/dev/udp/"].iter().find_map(|start| word.text.strip_prefix(start)) {
            let host = rest.split('/').next().filter(|_| word.known).unwrap_or(UNKNOWN);
            self.effect(Effect::Network(host.to_owned()));
        } else if first.kind() != "process_substitution"
            && let Some(target) = resolve(&word, scope.folder.as_deref(), self.surroundings)
        {
            self.effect(if reads { Effect::Read(target) } else { Effect::Write(target) });
        }
        extra
    }

    pub fn redirected(&mut self, node: Node<'_>, text: &str, scope: &mut Scope, around: Around) -> Option<String> {
        let Around { mut input, mut extra } = around;
        let (mut body, mut behind, mut hides) = (None, Vec::new(), false);
        for child in named(node) {
            match child.kind() {
                "file_redirect" => {
                    hides |= slice(child, text).contains('>') && !slice(child, text).starts_with("2>");
                    extra.extend(self.redirect(child, text, scope, &mut input));
                }
                "heredoc_redirect" => self.here_document(child, text, scope, &mut input, &mut extra, &mut behind),
                "herestring_redirect" => {
                    let word = named(child).last().map(|word| self.word(*word, text, scope));
                    input = word.filter(|word| word.known).map_or(Input::Unknown, |word| Input::Text(word.text + "\n"));
                }
                "comment" => {}
                _ => body = Some(child),
            }
        }
        let output = match body {
            Some(body) => self.statement(body, text, scope, Around { input, extra }),
            None => None,
        };
        let output = output.filter(|_| !hides);
        let mut last = output.clone();
        for (piped, next) in behind {
            let input = if piped { output.clone().map_or(Input::Unknown, Input::Text) } else { Input::None };
            last = self.statement(next, text, scope, Around { input, extra: Vec::new() });
        }
        last
    }

    /// The text of a here-document, and what stands behind its beginning: `cat <<END | sh`.
    fn here_document<'t>(
        &mut self,
        node: Node<'t>,
        text: &str,
        scope: &mut Scope,
        input: &mut Input,
        extra: &mut Vec<Word>,
        behind: &mut Vec<(bool, Node<'t>)>,
    ) {
        let mut literal = false;
        *input = Input::Text(String::new());
        for child in children(node) {
            match child.kind() {
                "heredoc_start" => literal = slice(child, text).contains(['\'', '"', '\\']),
                "heredoc_body" if literal => *input = Input::Text(slice(child, text).to_owned()),
                "heredoc_body" => {
                    let word = self.inside(child, text, scope);
                    *input = if word.known { Input::Text(word.text) } else { Input::Unknown };
                }
                "file_redirect" => {
                    let mut other = Input::None;
                    extra.extend(self.redirect(child, text, scope, &mut other));
                }
                "pipeline" => behind.extend(named(child).into_iter().map(|next| (true, next))),
                "heredoc_end" | "file_descriptor" | "comment" | "herestring_redirect" => {}
                _ if !child.is_named() => {}
                kind if kind.ends_with("command")
                    || kind.ends_with("statement")
                    || matches!(kind, "list" | "subshell") =>
                {
                    behind.push((false, child));
                }
                _ => extra.extend(self.words(child, text, scope)),
            }
        }
    }

    /// `export A=b`, `A=b`, `local a`.
    pub fn declared(&mut self, node: Node<'_>, text: &str, scope: &mut Scope) {
        if node.kind() == "variable_assignment" {
            return self.assign_all(&[node], text, scope, true);
        }
        for child in named(node) {
            match child.kind() {
                "variable_assignment" => self.assign_all(&[child], text, scope, true),
                "variable_name" => {}
                _ => {
                    let words = self.words(child, text, scope);
                    if words.iter().any(|word| !word.known || (word.text.starts_with('-') && word.text.contains('n'))) {
                        self.unclear("which variable is set is only known when it runs");
                        scope.forget();
                    }
                    let set = words.iter().filter_map(|word| word.text.split_once('='));
                    for (name, value) in set {
                        self.set(name, Word { text: value.into(), known: true }, scope);
                    }
                }
            }
        }
    }

    /// Sets variables. Those in front of a program (`stay` is false) are its alone.
    pub fn assign_all(&mut self, nodes: &[Node<'_>], text: &str, scope: &mut Scope, stay: bool) {
        for node in nodes {
            let (Some(name), value) = (node.child_by_field_name("name"), node.child_by_field_name("value")) else {
                continue;
            };
            let added = children(*node).iter().any(|child| child.kind() == "+=");
            let value = match value {
                Some(value) if value.kind() == "array" => {
                    self.visit(value, text, scope);
                    Word { text: String::new(), known: false }
                }
                Some(value) => self.word(value, text, scope),
                None => Word { text: String::new(), known: true },
            };
            let plain = name.kind() == "variable_name" && !added;
            if !plain {
                self.visit(name, text, scope);
            }
            let name = slice(name, text).split('[').next().unwrap_or_default();
            let value = Word { known: value.known && plain, ..value };
            if stay {
                self.set(name, value, scope);
            } else {
                self.note(name, &value);
            }
        }
    }

    fn set(&mut self, name: &str, value: Word, scope: &mut Scope) {
        self.note(name, &value);
        scope.set(name, value.known.then_some(value.text));
    }

    /// A variable that changes what programs do.
    fn note(&mut self, name: &str, value: &Word) {
        if let Some(effect) = code_by_variable(name, value) {
            self.effect(effect);
        }
        self.alter(name);
    }

    /// Something sets it, to whatever.
    pub fn alter(&mut self, name: &str) {
        if alters(name) && !self.reading.altered.iter().any(|known| known == name) {
            self.reading.altered.push(name.to_owned());
        }
    }
}
