//! The paths of the workspace for `@`: walked once, in the order of the walk, walked again behind an answer when they are old.

use super::locked;
use super::names::Names;
use crate::base::desk::Hit;
use crate::workspace::place::Place;
use crate::workspace::walk;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Paths that are kept at the most.
const MOST: usize = 400_000;
/// A list that is older is made again, once it was asked.
const FRESH: Duration = Duration::from_secs(4);

#[derive(Default)]
pub(super) struct Files {
    list: Mutex<Option<List>>,
    /// Held by who walks.
    walking: Mutex<()>,
    /// The last question; older ones are not answered any more.
    asked: AtomicU64,
    last: Mutex<Option<Last>>,
    stop: AtomicBool,
}

/// The paths of a folder.
struct List {
    folder: PathBuf,
    names: Arc<Names>,
    walked: Instant,
}

/// What fitted the last question: what goes on from it can fit nothing else.
struct Last {
    names: Arc<Names>,
    query: String,
    all: Vec<u32>,
}

impl Files {
    /// A new question, which makes those before it old. Its number.
    pub(super) fn ask(&self) -> u64 {
        self.asked.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A walk that is under way ends.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// The best paths for `query`; none where a later question was asked.
    pub(super) fn find(self: &Arc<Self>, place: &Place, query: &str, most: usize, ticket: u64) -> Vec<Hit> {
        let wanted = || self.asked.load(Ordering::Relaxed) == ticket;
        let names = self.names(place);
        if query.trim().is_empty() {
            return shallow(&names, most);
        }
        let last = locked(&self.last).take().filter(|last| Arc::ptr_eq(&last.names, &names));
        let among = last.as_ref().filter(|last| query.starts_with(&last.query)).map(|last| last.all.as_slice());
        let Some(ranked) = names.rank(query, among, most, &wanted) else { return Vec::new() };
        let hit = |(index, fits)| Hit { text: names.get(index).to_owned(), detail: String::new(), fits };
        let hits = ranked.best.into_iter().map(hit).collect();
        *locked(&self.last) = Some(Last { names: Arc::clone(&names), query: query.to_owned(), all: ranked.all });
        hits
    }

    /// All paths; waits for the first walk alone.
    pub(super) fn names(self: &Arc<Self>, place: &Place) -> Arc<Names> {
        let (names, is_fresh) = self.known(place);
        match names {
            Some(names) if is_fresh => names,
            Some(names) => {
                let (files, place) = (Arc::clone(self), place.clone());
                let again = move || {
                    if let Ok(_alone) = files.walking.try_lock() {
                        files.walk(&place);
                    }
                };
                // Without another thread the list stays as it is.
                let _ = std::thread::Builder::new().name("files".into()).spawn(again);
                names
            }
            None => {
                let _alone = locked(&self.walking);
                match self.known(place).0 {
                    Some(names) => names,
                    None => self.walk(place),
                }
            }
        }
    }

    /// The list of this folder, and whether it is fresh.
    fn known(&self, place: &Place) -> (Option<Arc<Names>>, bool) {
        let list = locked(&self.list);
        let list = list.as_ref().filter(|list| list.folder == place.folder());
        (list.map(|list| Arc::clone(&list.names)), list.is_some_and(|list| list.walked.elapsed() < FRESH))
    }

    fn walk(&self, place: &Place) -> Arc<Names> {
        let mut names = Names::default();
        let mut add = |path: &Path, is_folder: bool| {
            let Some(path) = path.to_str() else { return true };
            let shown = place.show(Path::new(path));
            let name = if is_folder { format!("{shown}/") } else { shown };
            names.len() < MOST && names.push(&name)
        };
        for root in place.roots() {
            walk::all(place, root, &self.stop, &mut add);
        }
        names.finish();
        let names = Arc::new(names);
        // One that was walked again and is as it was keeps what is known of it.
        let mut list = locked(&self.list);
        let same = list.as_ref().filter(|list| list.folder == place.folder() && list.names.iter().eq(names.iter()));
        let names = same.map_or(names, |list| Arc::clone(&list.names));
        *list = Some(List { folder: place.folder().to_path_buf(), names: Arc::clone(&names), walked: Instant::now() });
        names
    }
}

/// The first paths, those at the top before those below.
fn shallow(names: &Names, most: usize) -> Vec<Hit> {
    let depth = |name: &str| name.trim_end_matches('/').matches('/').count();
    let mut by_depth: Vec<(usize, &str)> = names.iter().map(|name| (depth(name), name)).collect();
    if most < by_depth.len() && most > 0 {
        by_depth.select_nth_unstable(most - 1);
    }
    by_depth.truncate(most);
    by_depth.sort_unstable();
    let hit = |(_, name): (usize, &str)| Hit { text: name.to_owned(), detail: String::new(), fits: Vec::new() };
    by_depth.into_iter().map(hit).collect()
}
