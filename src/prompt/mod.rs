//! Prompts: prose in `prompts/`, by name and by model family, with `{{holes}}` that must be known and filled.

use crate::base::model::Family;

/// The prose of the tools.
const TOOLS: &[(&str, &str)] = &[
    ("read", include_str!("../../prompts/tools/read.md")),
    ("edit", include_str!("../../prompts/tools/edit.md")),
    ("write", include_str!("../../prompts/tools/write.md")),
    ("apply_patch", include_str!("../../prompts/tools/apply_patch.md")),
    ("search", include_str!("../../prompts/tools/search.md")),
    ("find", include_str!("../../prompts/tools/find.md")),
    ("shell", include_str!("../../prompts/tools/shell.md")),
    ("plan", include_str!("../../prompts/tools/plan.md")),
];

/// The description of a tool.
pub fn tool(name: &str) -> String {
    TOOLS.iter().find(|(known, _)| *known == name).map(|(_, text)| text.trim().to_owned()).unwrap_or_default()
}

/// The instructions of a family. Constant, so that a provider's cache holds them for all sessions.
pub fn system(family: Family) -> String {
    let own = match family {
        Family::Openai => include_str!("../../prompts/system/openai.md"),
        Family::Claude => include_str!("../../prompts/system/claude.md"),
        Family::Other => include_str!("../../prompts/system/other.md"),
    };
    format!("{}\n\n{}", include_str!("../../prompts/system/all.md").trim(), own.trim())
}

/// What asks a model to summarise its own history.
pub fn compaction() -> &'static str {
    include_str!("../../prompts/compaction.md").trim()
}

/// What is added to that where the user says what matters.
pub fn focus(focus: &str) -> Result<String, String> {
    fill(include_str!("../../prompts/focus.md").trim(), &[("focus", focus)])
}

/// A question beside the work.
pub fn aside(question: &str) -> Result<String, String> {
    fill(include_str!("../../prompts/aside.md").trim(), &[("question", question)])
}

/// What the model is told of its surroundings.
pub struct Surroundings<'a> {
    pub folder: &'a str,
    pub root: &'a str,
    pub branch: &'a str,
    pub platform: &'a str,
    pub date: &'a str,
    /// What confines commands, as a line of its own; empty where nothing does.
    pub sandbox: &'a str,
    pub instructions: &'a str,
}

/// The first words of a session.
pub fn context(around: &Surroundings<'_>) -> Result<String, String> {
    fill(
        include_str!("../../prompts/context.md"),
        &[
            ("folder", around.folder),
            ("root", around.root),
            ("branch", around.branch),
            ("platform", around.platform),
            ("date", around.date),
            ("sandbox", around.sandbox),
            ("instructions", around.instructions),
        ],
    )
    .map(|text| text.trim().to_owned())
}

/// Puts values into holes. A hole without a value and a value without a hole are errors.
pub fn fill(template: &str, values: &[(&str, &str)]) -> Result<String, String> {
    let mut out = String::with_capacity(template.len());
    let mut used = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, tail) = after.split_once("}}").ok_or("a hole is not closed")?;
        let (_, value) =
            values.iter().find(|(known, _)| *known == name).ok_or_else(|| format!("unknown hole `{name}`"))?;
        out.push_str(before);
        out.push_str(value);
        used.push(name);
        rest = tail;
    }
    out.push_str(rest);
    match values.iter().find(|(name, _)| !used.contains(name)) {
        Some((name, _)) => Err(format!("no hole for `{name}`")),
        None => Ok(out),
    }
}
