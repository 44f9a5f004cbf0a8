//! Walks the tree of a line in the order in which a shell would run it.

use super::scope::Scope;
use super::words::{children, named, slice};
use super::{Code, Effect, ProcessEffect, Reading, Surroundings, Word};
use std::ops::ControlFlow;
use tree_sitter::{Node, ParseOptions, Parser, Tree};

/// Bytes of a line that are read; no line that a person should judge is longer.
const LONGEST: usize = 64 * 1024;
/// Nodes that are walked, over all lines within lines.
const STEPS: usize = 50_000;
/// How often the parser reports before it is given up; it does so every hundred operations or so.
const PARSING: usize = 20_000;
/// How deep functions, and lines within words, may stand in each other.
pub const DEEPEST: usize = 12;
/// How deep the tree of a line may be.
const NESTED: usize = 80;
/// Rounds of a loop over words that are all known.
const ROUNDS: usize = 16;

/// What a program reads from its standard input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Input {
    #[default]
    None,
    Text(String),
    /// The output of something, or a file.
    Unknown,
}

/// What is around a command: its input, and words that stand behind a redirection.
#[derive(Debug, Clone, Default)]
pub struct Around {
    pub input: Input,
    pub extra: Vec<Word>,
}

pub struct Reader<'a> {
    pub surroundings: &'a Surroundings,
    pub reading: Reading,
    steps: usize,
    nested: usize,
}

impl<'a> Reader<'a> {
    pub fn new(surroundings: &'a Surroundings) -> Self {
        Reader { surroundings, reading: Reading { understood: true, ..Reading::default() }, steps: 0, nested: 0 }
    }

    pub fn unclear(&mut self, why: impl Into<String>) {
        let why = why.into();
        self.reading.understood = false;
        if !self.reading.unclear.contains(&why) {
            self.reading.unclear.push(why);
        }
    }

    pub fn effect(&mut self, effect: Effect) {
        if !self.reading.effects.contains(&effect) {
            self.reading.effects.push(effect);
        }
    }

    /// False once there is too much to read.
    pub fn step(&mut self) -> bool {
        self.steps += 1;
        if self.steps > STEPS {
            self.unclear("it is too long to be read");
        }
        self.steps <= STEPS
    }

    /// Reads a whole line; gives what it prints, where that is known.
    pub fn line(&mut self, text: &str, scope: &mut Scope) -> Option<String> {
        if scope.depth > DEEPEST || text.len() > LONGEST {
            self.unclear("it is too long or too deep to be read");
            return None;
        }
        let Some(tree) = parse(text) else {
            self.unclear("it is too long to be read");
            return None;
        };
        if tree.root_node().has_error() {
            self.unclear("a part of it cannot be read as a command line");
        }
        scope.depth += 1;
        let output = self.statements(tree.root_node(), text, scope);
        scope.depth -= 1;
        output
    }

    /// What stands between two brackets or in a whole line; the output of a single statement.
    pub fn statements(&mut self, node: Node<'_>, text: &str, scope: &mut Scope) -> Option<String> {
        let (mut output, mut count) = (None, 0);
        for child in children(node) {
            if child.kind() == "&" {
                self.effect(Effect::Process(ProcessEffect::Background));
            }
            if child.is_named() && child.kind() != "comment" {
                output = self.statement(child, text, scope, Around::default());
                count += 1;
            }
        }
        output.filter(|_| count == 1)
    }

    /// One statement; gives what it prints, where that is known.
    pub fn statement(&mut self, node: Node<'_>, text: &str, scope: &mut Scope, around: Around) -> Option<String> {
        if !self.step() || self.nested > NESTED {
            self.unclear("it is too long or too deep to be read");
            return None;
        }
        self.nested += 1;
        let output = self.kind(node, text, scope, around);
        self.nested -= 1;
        output
    }

    fn kind(&mut self, node: Node<'_>, text: &str, scope: &mut Scope, around: Around) -> Option<String> {
        match node.kind() {
            "command" => return self.command(node, text, scope, around),
            "redirected_statement" => return self.redirected(node, text, scope, around),
            "pipeline" => return self.pipeline(node, text, scope, around.input),
            "list" => self.list(node, text, scope),
            "subshell" => {
                let mut inner = scope.clone();
                return self.statements(node, text, &mut inner);
            }
            "compound_statement" | "do_group" | "program" | "negated_command" | "ERROR" => {
                return self.statements(node, text, scope);
            }
            "if_statement" | "case_statement" => self.branches(node, text, scope),
            "elif_clause" | "else_clause" | "case_item" => {
                self.statements(node, text, scope);
            }
            "while_statement" | "c_style_for_statement" => {
                self.forget_assigned(node, text, scope);
                for child in named(node) {
                    self.statement(child, text, scope, Around { input: around.input.clone(), ..Around::default() });
                }
            }
            "for_statement" => self.each(node, text, scope),
            "function_definition" => self.function(node, text, scope),
            "variable_assignment" | "variable_assignments" | "declaration_command" => {
                self.declared(node, text, scope);
            }
            _ => self.visit(node, text, scope),
        }
        None
    }

    /// Whatever a node holds: only the lines in `$(…)` and `<(…)` within it, and redirections, do something.
    pub fn visit(&mut self, node: Node<'_>, text: &str, scope: &mut Scope) {
        if !self.step() || self.nested > NESTED {
            return self.unclear("it is too long or too deep to be read");
        }
        self.nested += 1;
        for child in named(node) {
            match child.kind() {
                "command_substitution" | "process_substitution" => {
                    let mut inner = scope.clone();
                    self.statements(child, text, &mut inner);
                }
                "redirected_statement" | "command" | "pipeline" | "list" => {
                    self.statement(child, text, scope, Around::default());
                }
                "raw_string" | "string_content" if runs_inside(slice(child, text)) => {
                    self.unclear("quoted text is read as arithmetic, which may run commands");
                }
                "variable_name" => {
                    // `unset PATH`, `$((PATH = 1))`, `${PATH:=x}`
                    let sets = ["unset", "=", "++", "--"].iter().any(|sign| slice(node, text).contains(sign));
                    if sets {
                        self.alter(slice(child, text));
                    }
                    let value = scope.variables.get(slice(child, text)).and_then(Option::as_deref);
                    if value.is_some_and(runs_inside) {
                        self.unclear("a variable's value is read as arithmetic, which may run commands");
                    }
                }
                _ => self.visit(child, text, scope),
            }
        }
        self.nested -= 1;
    }

    /// `a && b || c`: what is behind the first may not run.
    fn list(&mut self, node: Node<'_>, text: &str, scope: &mut Scope) {
        let (mut first, mut rest) = (node, Vec::new());
        while first.kind() == "list" {
            let parts = children(first);
            let (Some(left), Some(right)) = (parts.first().copied(), parts.last().copied()) else { return };
            let or = parts.iter().any(|part| part.kind() == "||");
            rest.push((or, right));
            first = left;
        }
        self.statement(first, text, scope, Around::default());
        let start = scope.variables.clone();
        for (or, right) in rest.into_iter().rev() {
            let before = scope.variables.clone();
            self.statement(right, text, scope, Around::default());
            if or {
                scope.join(&before);
            }
        }
        scope.join(&start);
    }

    fn branches(&mut self, node: Node<'_>, text: &str, scope: &mut Scope) {
        let start = scope.variables.clone();
        for child in named(node) {
            self.statement(child, text, scope, Around::default());
        }
        scope.join(&start);
    }

    /// A loop over words: read once for each where all are known, else once.
    fn each(&mut self, node: Node<'_>, text: &str, scope: &mut Scope) {
        let name = node.child_by_field_name("variable").map(|name| slice(name, text).to_owned()).unwrap_or_default();
        let Some(body) = node.child_by_field_name("body") else { return };
        let mut cursor = node.walk();
        let values: Vec<Node<'_>> = node.children_by_field_name("value", &mut cursor).collect();
        let values: Vec<Word> = values.into_iter().flat_map(|value| self.words(value, text, scope)).collect();
        self.forget_assigned(body, text, scope);
        self.alter(&name);
        let known = values.iter().all(|word| word.known) && !values.is_empty() && values.len() <= ROUNDS;
        if known {
            for word in values {
                scope.set(&name, Some(word.text));
                self.statement(body, text, scope, Around::default());
            }
        } else {
            scope.set(&name, None);
            self.statement(body, text, scope, Around::default());
        }
        scope.set(&name, None);
    }

    /// What a loop assigns has another value in the next round.
    fn forget_assigned(&mut self, node: Node<'_>, text: &str, scope: &mut Scope) {
        let mut open = vec![node];
        while let Some(next) = open.pop() {
            if !self.step() {
                return;
            }
            if next.kind() == "variable_assignment"
                && let Some(name) = next.child_by_field_name("name")
            {
                scope.set(slice(name, text), None);
            }
            open.extend(named(next));
        }
    }

    fn pipeline(&mut self, node: Node<'_>, text: &str, scope: &mut Scope, first: Input) -> Option<String> {
        let mut input = first;
        let mut output = None;
        for child in named(node) {
            let mut inner = scope.clone();
            output = self.statement(child, text, &mut inner, Around { input, extra: Vec::new() });
            input = output.clone().map_or(Input::Unknown, Input::Text);
        }
        output
    }
}

/// The tree of a line; `None` where it takes too long.
///
/// The grammar's scanner looks characters up in a table of bytes and reads far outside of it where one is no ASCII
/// (its `isdigit`). It is shown a control character for each of their bytes: a part of a word, as the shell takes
/// them, and of no name. Places in the tree are those of `text`.
fn parse(text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
    let mut left = PARSING;
    let mut progress = |_: &tree_sitter::ParseState| {
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let bytes: Vec<u8> = text.bytes().map(|byte| if byte.is_ascii() { byte } else { 1 }).collect();
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
}

/// Arithmetic and subscripts run what stands in such brackets, in a variable's value as well.
fn runs_inside(text: &str) -> bool {
    text.contains("$(") || text.contains('`')
}

/// Code that runs because a variable says so.
pub fn code_by_variable(name: &str, value: &Word) -> Option<Effect> {
    let loads = name.starts_with("LD_")
        || name.starts_with("DYLD_")
        || ["BASH_ENV", "ENV", "PROMPT_COMMAND", "PYTHONSTARTUP", "PERL5OPT", "RUBYOPT", "NODE_OPTIONS", "LESSOPEN"]
            .contains(&name)
        || ["GIT_SSH", "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_EXEC_PATH", "GIT_ASKPASS", "GIT_PROXY_COMMAND"]
            .contains(&name)
        || ["RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "RUSTC", "SSH_ASKPASS", "GIT_CONFIG_PARAMETERS"]
            .contains(&name)
        || (["EDITOR", "VISUAL", "PAGER", "GIT_EDITOR", "GIT_PAGER", "GIT_SEQUENCE_EDITOR", "MANPAGER"]
            .contains(&name)
            && !["cat", "true", ":", "less", "more", "vim", "vi", "nano", ""].contains(&value.text.as_str()));
    loads.then(|| Effect::Runs(Code::Given(format!("{name}={}", value.text))))
}
