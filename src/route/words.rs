//! The words by which a task is told from another: tables, and the few rules that read them.
//!
//! English first; the common words of German, French, Spanish, Italian, Portuguese, Russian, Japanese and Chinese besides. What
//! none of them fits is [`TaskKind::Other`], which is priced and routed like new work.

use super::task::TaskKind;

/// How much a word says about a kind. A word at the front of the task counts more, the first one most: "add a test that fails" is no fix.
///
/// A word that ends in `*` fits every word that begins with it. Words with blanks, and those of scripts without blanks, are looked
/// for anywhere. Words are parted by a comma and a blank.
const KINDS: &[(TaskKind, u32, &str)] = &[
    (
        TaskKind::Fix,
        3,
        "fix*, bug*, broken, crash*, panic*, regression*, repair*, hotfix, deadlock*, segfault*, leak*, \
         race condition, off-by-one, stack trace, stacktrace, traceback, mend, debug, behebe*, repariere*, fehler*, \
         korrigier*, corrige*, corrig*, répar*, bogue*, arregla*, repara*, error en, sistem*, ripara*, conserta*, \
         исправ*, почин*, ошибк*, 修复, 修正, 错误, bug, 直して, バグ, 不具合",
    ),
    (
        TaskKind::Fix,
        2,
        "fails, failing, failed, wrong, incorrect*, doesn't work, does not work, not working, stopped working, \
         throws, exception*, error, errors, issue, hangs, freezes, timeout, timeouts, flaky, stopped, unexpected*, \
         nullpointer*, typeerror*, kaputt, funktioniert nicht, stürzt, ne marche pas, ne fonctionne pas, plante, \
         no funciona, falla, falha, не работает, 报错, 崩溃",
    ),
    (
        TaskKind::Feature,
        2,
        "add, adds, implement*, support, create*, build, introduce*, extend, feature*, new, allow*, enable, \
         make it possible, integrate*, expose, endpoint*, port, scaffold*, prototype*, wire, provide, generate, \
         let users, füge, ergänze*, hinzufüg*, implementier*, baue, erstelle*, neue*, unterstütz*, ajoute*, \
         implémente*, crée*, créer, nouvelle, nouveau, añad*, agrega*, implementa*, crea, crear, nueva, nuevo, \
         aggiungi*, adicion*, добав*, реализ*, создай*, 添加, 新增, 实现, 增加, 支持, 追加, 実装, 作成",
    ),
    (
        TaskKind::Refactor,
        3,
        "refactor*, restructure*, simplif*, clean up, cleanup, deduplicate*, extract*, decouple*, modulari*, \
         reorganis*, reorganiz*, untangle*, consolidate*, inline, split, tidy, rewrite, migrate*, convert*, move, \
         replace, dead code, optimi*, speed up, faster, refaktor*, vereinfach*, aufräum*, räume, umbau*, aufteil*, \
         teile, refactoris*, simplifie*, nettoie*, sépare*, refactoriza*, simplifica*, limpia*, рефактор*, упрост*, \
         重构, 简化, リファクタ*, 整理",
    ),
    (
        TaskKind::Test,
        3,
        "write tests, write a test, write unit tests, add tests, add a test, add unit tests, add test, \
         add integration tests, add regression tests, test coverage, coverage, unit test, unit tests, \
         property test*, property-based, fuzz*, snapshot test*, benchmark*, integration test*, e2e, mock*, testet*, \
         tests für, teste für, schreibe tests, tests pour, écris des tests, écrire des tests, pruebas, tests para, \
         testes, test per, тесты, тест, 单元测试, 写测试, 测试用例, テストを, テスト",
    ),
    (TaskKind::Test, 1, "test, tests"),
    (
        TaskKind::Explain,
        3,
        "explain*, what does, what is, what are, how does, how do, how is, how are, why does, why is, why do, \
         why are, where is, where are, where does, where do, which file*, which function*, describe, summari*, \
         tell me, understand, walk me through, give me an overview, overview, who calls, list all, show me, \
         is there, can you tell, compare, erkläre*, erklär*, was macht, was ist, wie funktioniert, wie werden, \
         warum, wo ist, wo wird, beschreib*, explique*, expliqu*, comment fonctionne, pourquoi, où est, qu'est-ce, \
         explica*, qué hace, cómo funciona, por qué, dónde, spiega*, come funziona, объясни*, почему, как работает, \
         что делает, 解释, 说明, 为什么, 怎么, 是什么, 説明, なぜ, 教えて",
    ),
    (
        TaskKind::Review,
        4,
        "review*, audit*, code review, look over, critique*, check my, check the diff, check this diff, \
         find problems, find bugs, look for bugs, security holes, vulnerabilit*, feedback, what do you think, \
         überprüf*, prüfe*, begutacht*, relis*, vérifie*, revisa*, revisar, проверь, ревью, 审查, 代码审查, 检查, レビュー",
    ),
    (
        TaskKind::Docs,
        3,
        "document*, docs, doc comment*, docstring*, readme*, changelog*, comment*, javadoc*, rustdoc*, tutorial*, \
         man page, release notes, guide, manual, typo*, wording, spelling, translate*, dokumentier*, \
         dokumentation*, kommentier*, tippfehler, documente*, documentation, commente*, documenta*, документ*, 文档, \
         注释, ドキュメント, コメント",
    ),
    (TaskKind::Docs, 3, "typo*, spelling, wording, tippfehler"),
    (
        TaskKind::Chore,
        3,
        "bump*, upgrade*, update dependenc*, update the dependenc*, dependenc*, rename*, format the, reformat*, \
         lint*, clippy, eslint, prettier, gitignore, commit, rebase*, merge conflict*, merge, pin, version, ci, \
         workflow*, pipeline*, dockerfile*, makefile*, license*, delete, remove the file, remove unused, \
         sort the imports, sort imports, run, install, deploy*, publish*, config, configuration, aktualisier*, \
         benenne*, umbenenn*, abhängigkeit*, lösche, mets à jour, mettre à jour, renomme*, dépendances, supprime*, \
         actualiza*, renombra*, dependencias, elimina*, обнови*, переимен*, 升级, 更新, 重命名, 删除, アップデート, 更新して",
    ),
];

/// Words that make a task larger, and such as make it smaller.
const BULK: &[(i32, &str)] = &[
    (
        2,
        "whole codebase, entire codebase, across the codebase, whole project, entire project, from scratch, \
         architecture, redesign*, rewrite, migrate*, end to end, end-to-end, all files, every file, throughout, \
         subsystem*, framework, multi-tenant, whole repo*, entire repo*, port the, everywhere, gesamte*, überall, \
         von grund auf, migrier*, toute l'application, tout le projet, todo el proyecto, desde cero, весь проект, \
         с нуля, 整个项目, 全部, 从零, 全体",
    ),
    (
        1,
        "all, each, every, several, multiple, system, module*, design, and then, as well as, integration, database, \
         schema, concurren*, distributed, alle, mehrere, tous, toutes, todos, todas, все, 所有, すべて",
    ),
    (
        -2,
        "typo*, one-liner, one line, single line, trivial*, tiny, quick*, small, simple, just, only, minor, bump*, \
         rename*, this line, off-by-one, spelling, tippfehler, klein*, kurz*, nur, petit*, juste, simplement, \
         pequeñ*, solo, просто, 小, 只, だけ",
    ),
];

/// Extensions and the language they are of.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("rust", &["rs"]),
    ("python", &["py", "pyi", "ipynb"]),
    ("typescript", &["ts", "tsx", "mts"]),
    ("javascript", &["js", "jsx", "mjs", "cjs", "vue", "svelte"]),
    ("go", &["go"]),
    ("java", &["java"]),
    ("kotlin", &["kt", "kts"]),
    ("c", &["c", "h"]),
    ("cpp", &["cc", "cpp", "cxx", "hpp", "hh"]),
    ("csharp", &["cs"]),
    ("ruby", &["rb"]),
    ("php", &["php"]),
    ("swift", &["swift"]),
    ("scala", &["scala"]),
    ("elixir", &["ex", "exs"]),
    ("haskell", &["hs"]),
    ("ocaml", &["ml", "mli"]),
    ("zig", &["zig"]),
    ("lua", &["lua"]),
    ("dart", &["dart"]),
    ("shell", &["sh", "bash", "zsh", "fish"]),
    ("sql", &["sql"]),
    ("html", &["html", "css", "scss"]),
    ("markdown", &["md", "mdx", "rst", "adoc"]),
    ("config", &["toml", "yaml", "yml", "json", "ini", "tf", "nix", "proto"]),
];

/// The language of files with this extension.
pub fn language(extension: &str) -> Option<&'static str> {
    let wanted = extension.to_ascii_lowercase();
    LANGUAGES.iter().find(|(_, extensions)| extensions.contains(&wanted.as_str())).map(|(name, _)| *name)
}

/// The task's own words, in lower case: without fenced blocks and quoted output, which are somebody else's.
pub fn prose(text: &str) -> String {
    let mut fenced = false;
    let mut out = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && !line.trim_start().starts_with('>') {
            out.push_str(&line.to_lowercase());
            out.push('\n');
        }
    }
    if out.trim().is_empty() { text.to_lowercase() } else { out }
}

/// The different files that a text names.
pub fn paths(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let separate = |c: char| c.is_whitespace() || "`'\"()[]{}<>,;*".contains(c) || !c.is_ascii();
    for word in text.split(separate) {
        let word = word.trim_end_matches(['.', ':', '!', '?']);
        // `src/a.rs:12:5` is a place in `src/a.rs`.
        let word = word.split_once(':').map_or(word, |(path, _)| path);
        let is_file = word
            .rsplit_once('.')
            .is_some_and(|(stem, extension)| !stem.is_empty() && !word.contains("//") && language(extension).is_some());
        if is_file && !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

/// The kind with the most points; of two with as many, the one further up in the table.
pub fn kind(prose: &str) -> TaskKind {
    let front: String = prose.split_whitespace().take(FRONT).collect::<Vec<_>>().join(" ");
    let first = prose.split_whitespace().next().unwrap_or_default();
    let mut points = [0u32; TaskKind::ALL.len()];
    for (kind, weight, words) in KINDS {
        let hits = |text: &str| words.split(", ").filter(|word| holds(text, word)).count().min(2) as u32;
        if let Some(sum) = TaskKind::ALL.iter().position(|known| known == kind).and_then(|at| points.get_mut(at)) {
            *sum += weight * (hits(prose) + 2 * hits(&front) + hits(first));
        }
    }
    let most = points.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return TaskKind::Other;
    }
    TaskKind::ALL.into_iter().zip(points).find(|(_, sum)| *sum == most).map_or(TaskKind::Other, |(kind, _)| kind)
}

/// So many words at the front say what is wanted; the rest is mostly about what there is.
const FRONT: usize = 4;

/// How much larger or smaller the words make a task.
pub fn bulk(prose: &str) -> i32 {
    BULK.iter().map(|(points, words)| if words.split(", ").any(|word| holds(prose, word)) { *points } else { 0 }).sum()
}

/// Is this word in the text? Words in scripts without blanks, and phrases, are looked for anywhere.
fn holds(text: &str, word: &str) -> bool {
    let (stem, open) = word.strip_suffix('*').map_or((word, false), |stem| (stem, true));
    let boundless = stem.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}'));
    text.match_indices(stem).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + stem.len()..).and_then(|tail| tail.chars().next());
        let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        boundless || (!inside(before) && (open || !inside(after)))
    })
}
