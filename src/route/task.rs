//! What kind of task is this? From its words and a few facts, by plain rules that a reader can follow.

use super::words;

/// The kind of a task. The names are public: they are in the ledger, in the log and in `--json`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TaskKind {
    /// Something is broken and has to work.
    Fix,
    /// Something new.
    Feature,
    /// The same, better built.
    Refactor,
    /// Tests are written or mended.
    Test,
    /// A question; nothing is to change.
    Explain,
    /// A look at work that is there.
    Review,
    /// Words for readers.
    Docs,
    /// Versions, formats, names, configuration, commits.
    Chore,
    /// None of these could be seen.
    #[default]
    Other,
}

impl TaskKind {
    pub const ALL: [TaskKind; 9] = [
        TaskKind::Fix,
        TaskKind::Feature,
        TaskKind::Refactor,
        TaskKind::Test,
        TaskKind::Explain,
        TaskKind::Review,
        TaskKind::Docs,
        TaskKind::Chore,
        TaskKind::Other,
    ];

    pub fn name(self) -> &'static str {
        match self {
            TaskKind::Fix => "fix",
            TaskKind::Feature => "feature",
            TaskKind::Refactor => "refactor",
            TaskKind::Test => "test",
            TaskKind::Explain => "explain",
            TaskKind::Review => "review",
            TaskKind::Docs => "docs",
            TaskKind::Chore => "chore",
            TaskKind::Other => "other",
        }
    }

    pub fn from_name(name: &str) -> Option<TaskKind> {
        TaskKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How much there is to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Size {
    /// One place.
    Small,
    #[default]
    Medium,
    /// Many files, or a design.
    Large,
}

impl Size {
    pub const ALL: [Size; 3] = [Size::Small, Size::Medium, Size::Large];

    pub fn name(self) -> &'static str {
        match self {
            Size::Small => "small",
            Size::Medium => "medium",
            Size::Large => "large",
        }
    }

    pub fn from_name(name: &str) -> Option<Size> {
        Size::ALL.into_iter().find(|size| size.name() == name)
    }
}

/// What is known besides the words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Files in the workspace, where somebody counted.
    pub repository_files: Option<u64>,
    /// Files with changes that are not committed, where somebody counted.
    pub dirty_files: Option<u64>,
    /// Images that come with the task.
    pub images: usize,
    /// Is there a check that will notice a failure?
    pub checked: bool,
    /// Tokens of the conversation so far.
    pub history: u64,
    /// Rounds of checks that failed in this task already.
    pub checks_failed: u32,
    /// The extension of most files in the workspace, such as `rs`.
    pub extension: Option<String>,
}

/// A task as the router sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Task {
    pub kind: TaskKind,
    pub size: Size,
    /// The name of a programming language, in lower case.
    pub language: Option<&'static str>,
    /// Different files that its words name.
    pub files: usize,
    pub images: bool,
    /// Is there a check that will notice a failure?
    pub checked: bool,
    /// Tokens of the conversation so far; 0 for a fresh one.
    pub history: u64,
    /// Rounds of checks that failed in this task already.
    pub checks_failed: u32,
}

/// Reads a task: the words decide on the kind, words and facts on the size, paths on the language.
pub fn features(text: &str, facts: &Facts) -> Task {
    let prose = words::prose(text);
    let files = words::paths(text);
    let kind = words::kind(&prose);
    Task {
        kind,
        size: size(&prose, kind, files.len(), facts),
        language: files
            .iter()
            .find_map(|path| words::language(path.rsplit('.').next()?))
            .or_else(|| facts.extension.as_deref().and_then(words::language)),
        files: files.len(),
        images: facts.images > 0,
        checked: facts.checked,
        history: facts.history,
        checks_failed: facts.checks_failed,
    }
}

/// From this many words on a task is a specification.
const LONG: usize = 150;
/// A repository of so many files is one in which even a small task takes some finding.
const VAST: u64 = 20_000;

/// Points for large and against it; the words say most.
fn size(prose: &str, kind: TaskKind, files: usize, facts: &Facts) -> Size {
    let mut points = words::bulk(prose);
    let count = prose.split_whitespace().count();
    points += match count {
        LONG.. => 2,
        60.. => 1,
        _ => 0,
    };
    points += match files {
        6.. => 2,
        3..=5 => 1,
        1 if count < 30 => -1,
        _ => 0,
    };
    points += i32::from(facts.repository_files.is_some_and(|files| files >= VAST));
    // A review is as large as what there is to review.
    points += i32::from(kind == TaskKind::Review && facts.dirty_files.is_some_and(|files| files >= 20));
    points += i32::from(facts.checks_failed >= 2);
    match points {
        2.. => Size::Large,
        ..=-1 => Size::Small,
        _ => Size::Medium,
    }
}
