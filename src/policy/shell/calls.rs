//! Calls: the words of a command, the functions that a line defines, and what a program was found to do.

use super::programs::{self, Arguments, Found, Inner, Touch};
use super::reader::{Around, DEEPEST, Input, Reader};
use super::scope::{Scope, resolve};
use super::words::{children, named, slice};
use super::{Call, Effect, ProcessEffect, Word};
use tree_sitter::Node;

impl Reader<'_> {
    pub fn function(&mut self, node: Node<'_>, text: &str, scope: &mut Scope) {
        let (Some(name), Some(body)) = (node.child_by_field_name("name"), node.child_by_field_name("body")) else {
            return;
        };
        scope.functions.insert(slice(name, text).to_owned(), slice(body, text).to_owned());
        // It is read where it is called; read here too, since a call may be hidden.
        let mut inner = Scope { arguments: None, ..scope.clone() };
        inner.within.push(slice(name, text).to_owned());
        self.statement(body, text, &mut inner, Around::default());
    }

    /// Runs a function that the line defines.
    fn called(&mut self, name: &str, words: &[Word], scope: &mut Scope) {
        if scope.within.iter().any(|within| within == name) {
            return self.effect(Effect::Process(ProcessEffect::Exhaust));
        }
        let Some(body) = scope.functions.get(name).cloned() else { return };
        let outer = scope.arguments.replace(words.to_vec());
        scope.within.push(name.to_owned());
        self.line(&body, scope);
        scope.within.pop();
        scope.arguments = outer;
    }

    pub fn command(&mut self, node: Node<'_>, text: &str, scope: &mut Scope, around: Around) -> Option<String> {
        let Around { mut input, extra } = around;
        let (mut words, mut set) = (Vec::new(), Vec::new());
        for child in children(node) {
            match child.kind() {
                "variable_assignment" => set.push(child),
                "command_name" => words.extend(self.words(child, text, scope)),
                "file_redirect" => words.extend(self.redirect(child, text, scope, &mut input)),
                "herestring_redirect" => {
                    let word = named(child).last().map(|word| self.word(*word, text, scope));
                    input = word.filter(|word| word.known).map_or(Input::Unknown, |word| Input::Text(word.text + "\n"));
                }
                "subshell" => {
                    self.unclear("brackets stand where words are expected");
                    self.statement(child, text, scope, Around::default());
                }
                "comment" | "=~" | "==" => {}
                _ => words.extend(self.words(child, text, scope)),
            }
        }
        words.extend(extra);
        self.assign_all(&set, text, scope, words.is_empty());
        self.run(words, &input, scope)
    }

    /// A call of a program, by its words.
    pub fn run(&mut self, words: Vec<Word>, input: &Input, scope: &mut Scope) -> Option<String> {
        let (program, words) = words.split_first()?;
        if !self.step() {
            return None;
        }
        let index = self.reading.calls.len();
        self.reading.calls.push(Call {
            program: program.text.clone(),
            words: words.to_vec(),
            folder: scope.folder.clone(),
            ..Call::default()
        });
        if !program.known || program.text.contains(['*', '?', '[']) && program.text.len() > 1 {
            self.unclear(format!("which program `{}` is, is only known when it runs", program.text));
            return None;
        }
        if scope.functions.contains_key(&program.text) {
            self.called(&program.text, words, scope);
            if let Some(call) = self.reading.calls.get_mut(index) {
                call.idle = true;
            }
            return None;
        }
        let here = self.here(scope);
        let found = programs::found(&Arguments { program: &program.text, words, input, here: here.as_deref() });
        self.take(index, found, input, scope)
    }

    /// What a program was found to do: effects with their paths, and the calls and lines within its words.
    fn take(&mut self, index: usize, found: Found, input: &Input, scope: &mut Scope) -> Option<String> {
        let mut effects = found.effects;
        for (touch, word) in found.touched {
            let Some(target) = resolve(&word, scope.folder.as_deref(), self.surroundings) else { continue };
            effects.push(match touch {
                Touch::Read => Effect::Read(target),
                Touch::Write => Effect::Write(target),
                Touch::Delete => Effect::Delete(target),
            });
        }
        effects.iter().for_each(|effect| self.effect(effect.clone()));
        found.unclear.into_iter().for_each(|why| self.unclear(why));
        self.reading.altered.extend(found.altered);
        if let Some(call) = self.reading.calls.get_mut(index) {
            call.effects.extend(effects);
            call.idle = found.idle;
        }
        for name in &found.set {
            self.alter(name);
            scope.set(name, None);
        }
        if let Some(folder) = &found.folder {
            scope.change_folder(folder.as_ref(), self.surroundings);
        }
        if found.forgets {
            scope.forget();
        }
        for inner in found.inner {
            if scope.depth > DEEPEST {
                self.unclear("it is too deep to be read");
                break;
            }
            scope.depth += 1;
            match inner {
                Inner::Line(line) => {
                    self.line(&line, &mut scope.clone());
                }
                // In the shell itself, as `eval` does.
                Inner::Here(line) => {
                    self.line(&line, scope);
                }
                Inner::Call(words) => {
                    self.run(words, input, &mut scope.clone());
                }
                Inner::At(folder, words) => {
                    let mut inner = scope.clone();
                    inner.change_folder(Some(&folder), self.surroundings);
                    self.run(words, input, &mut inner);
                }
            }
            scope.depth -= 1;
        }
        found.output
    }
}
