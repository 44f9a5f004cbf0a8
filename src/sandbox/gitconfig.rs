//! Is a git configuration plain, so that no key of it starts a program, reads another file or leads git elsewhere? What is not
//! in the table or not understood is not plain.

/// Section and key of what git itself writes into a new repository, and of what people set by hand without harm. A star stands
/// for any key of the section.
const PLAIN: &[(&str, &str)] = &[
    ("core", "repositoryformatversion"),
    ("core", "filemode"),
    ("core", "bare"),
    ("core", "logallrefupdates"),
    ("core", "ignorecase"),
    ("core", "precomposeunicode"),
    ("core", "symlinks"),
    ("core", "autocrlf"),
    ("core", "eol"),
    ("core", "safecrlf"),
    ("core", "quotepath"),
    ("core", "abbrev"),
    ("core", "compression"),
    ("core", "longpaths"),
    ("core", "sharedrepository"),
    ("core", "sparsecheckout"),
    ("core", "sparsecheckoutcone"),
    ("core", "untrackedcache"),
    ("core", "commitgraph"),
    ("core", "multipackindex"),
    ("core", "hidedotfiles"),
    ("extensions", "objectformat"),
    ("extensions", "compatobjectformat"),
    ("extensions", "refstorage"),
    ("extensions", "partialclone"),
    ("extensions", "worktreeconfig"),
    ("extensions", "relativeworktrees"),
    ("remote", "url"),
    ("remote", "pushurl"),
    ("remote", "fetch"),
    ("remote", "push"),
    ("remote", "mirror"),
    ("remote", "tagopt"),
    ("remote", "prune"),
    ("remote", "promisor"),
    ("remote", "partialclonefilter"),
    ("remote", "skipdefaultupdate"),
    ("branch", "remote"),
    ("branch", "pushremote"),
    ("branch", "merge"),
    ("branch", "rebase"),
    ("branch", "description"),
    ("branch", "autosetupmerge"),
    ("branch", "autosetuprebase"),
    ("branch", "sort"),
    ("submodule", "url"),
    ("submodule", "active"),
    ("submodule", "branch"),
    ("submodule", "ignore"),
    ("submodule", "fetchrecursesubmodules"),
    ("submodule", "alternatelocation"),
    ("submodule", "alternateerrorstrategy"),
    ("submodule", "recurse"),
    ("user", "name"),
    ("user", "email"),
    ("init", "defaultbranch"),
    ("pull", "*"),
    ("push", "*"),
    ("rebase", "autosquash"),
    ("rebase", "autostash"),
    ("merge", "ff"),
    ("merge", "conflictstyle"),
    ("fetch", "prune"),
    ("fetch", "prunetags"),
    ("commit", "verbose"),
    ("color", "*"),
    ("advice", "*"),
    ("gc", "auto"),
    ("gc", "autodetach"),
    ("index", "*"),
    ("feature", "*"),
    ("maintenance", "auto"),
    ("maintenance", "strategy"),
];

/// Is every key in the table, and every address one that git dials itself? `submodule` allows the work tree of a submodule's
/// git folder, which lies elsewhere by its nature.
pub fn is_plain(bytes: &[u8], submodule: bool) -> bool {
    std::str::from_utf8(bytes).ok().and_then(entries).is_some_and(|entries| {
        entries.iter().all(|entry| {
            let known = PLAIN.iter().any(|(section, key)| {
                *section == entry.section && (*key == entry.key || (*key == "*" && entry.subsection.is_none()))
            });
            let work_tree = submodule && entry.section == "core" && entry.key == "worktree";
            (known && harmless(entry)) || (work_tree && entry.value.starts_with("../"))
        })
    })
}

/// The work tree that a submodule's git folder names.
pub fn work_tree(bytes: &[u8]) -> Option<String> {
    let entries = std::str::from_utf8(bytes).ok().and_then(entries)?;
    entries.into_iter().rfind(|entry| entry.section == "core" && entry.key == "worktree").map(|entry| entry.value)
}

/// `ext::` and its kin start a program that the address names; one that begins with `-` is taken for an option.
fn harmless(entry: &Entry) -> bool {
    // In the place of a remote's name there may be an address.
    let address = matches!(entry.key.as_str(), "url" | "pushurl" | "remote" | "pushremote");
    !address || !(entry.value.contains("::") || entry.value.contains('\\') || entry.value.starts_with('-'))
}

struct Entry {
    section: String,
    subsection: Option<String>,
    key: String,
    value: String,
}

/// All keys with their values, section and key in lower case; `None` where a line is not understood.
fn entries(text: &str) -> Option<Vec<Entry>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut found, mut header) = (Vec::new(), None);
    for line in text.lines() {
        let mut rest = line.trim();
        if let Some(inner) = rest.strip_prefix('[') {
            let (name, after) = section(inner)?;
            header = Some(name);
            rest = after.trim_start();
        }
        if rest.is_empty() || rest.starts_with(['#', ';']) {
            continue;
        }
        // A value that goes on in the next line is never plain.
        if rest.ends_with('\\') {
            return None;
        }
        let (section, subsection) = header.clone()?;
        let (key, value) = rest.split_once('=').map_or((rest, ""), |(key, value)| (key.trim_end(), value.trim()));
        if key.is_empty() || !key.chars().all(|char| char.is_ascii_alphanumeric() || char == '-') {
            return None;
        }
        // Quotes may stand in the middle of a value and are no part of it.
        let value = value.replace('"', "");
        found.push(Entry { section, subsection, key: key.to_ascii_lowercase(), value });
    }
    Some(found)
}

type Header = (String, Option<String>);

/// What follows `[`: the section, its subsection, and what comes behind `]`.
fn section(inner: &str) -> Option<(Header, &str)> {
    let end = inner.find(|char: char| !(char.is_ascii_alphanumeric() || matches!(char, '-' | '.')))?;
    let (name, rest) = inner.split_at_checked(end)?;
    let mut rest = rest.trim_start();
    let mut subsection = None;
    if let Some(quoted) = rest.strip_prefix('"') {
        let close = closing(quoted)?;
        subsection = quoted.get(..close).map(str::to_owned);
        rest = quoted.get(close + 1..)?.trim_start();
    }
    let name = name.to_ascii_lowercase();
    // The old form, `[remote.origin]`.
    let header = match (name.split_once('.'), subsection) {
        (Some((section, old)), None) => (section.to_owned(), Some(old.to_owned())),
        (Some(_), Some(_)) => return None,
        (None, subsection) => (name, subsection),
    };
    Some((header, rest.strip_prefix(']')?))
}

/// Where a quoted name ends.
fn closing(quoted: &str) -> Option<usize> {
    let mut escaped = false;
    quoted.char_indices().find_map(|(at, char)| {
        let end = char == '"' && !escaped;
        escaped = char == '\\' && !escaped;
        end.then_some(at)
    })
}
