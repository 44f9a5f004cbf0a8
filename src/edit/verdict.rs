//! What was decided in the course of a review, collected into one answer.

use crate::base::access::{Answer, Remember};
use crate::base::change::{Accept, EditedHunk, FileChange, FileReview, Review};

#[derive(Debug, Default)]
pub struct Verdict {
    files: Vec<FileReview>,
    edited: Vec<EditedHunk>,
    comments: Vec<String>,
}

impl Verdict {
    /// Words for the model, about a place or the whole.
    pub fn says(&mut self, place: Option<&str>, words: Option<String>) {
        let Some(words) = words else { return };
        self.comments.push(place.map_or_else(|| words.clone(), |place| format!("{place}: {words}")));
    }

    /// All of a file, or nothing of it.
    pub fn whole(&mut self, path: &str, yes: bool) {
        if yes {
            self.files.push(FileReview { path: path.into(), accept: Accept::All });
        }
    }

    /// One more of the file's `count` hunks; with the last of them the file is accepted whole.
    pub fn hunk(&mut self, path: &str, number: usize, count: usize) {
        if !self.files.iter().any(|file| file.path == path) {
            self.files.push(FileReview { path: path.into(), accept: Accept::Hunks(Vec::new()) });
        }
        for file in self.files.iter_mut().filter(|file| file.path == path) {
            if let Accept::Hunks(taken) = &mut file.accept {
                taken.push(number);
                if taken.len() == count {
                    file.accept = Accept::All;
                }
            }
        }
    }

    /// The user's own text of an accepted hunk.
    pub fn edited(&mut self, path: &str, hunk: usize, text: String) {
        self.edited.push(EditedHunk { path: path.into(), hunk, text });
    }

    /// What is accepted, where nobody asked: what is named nowhere is put back.
    pub fn review(self) -> Review {
        let comment = (!self.comments.is_empty()).then(|| self.comments.join("; "));
        Review { files: self.files, edited: Vec::new(), edited_hunks: self.edited, comment }
    }

    /// The answer to a question about these files.
    pub fn answer(self, asked: &[FileChange]) -> Answer {
        let whole =
            |change: &FileChange| self.files.iter().any(|file| file.path == change.path && file.accept == Accept::All);
        let all = asked.iter().all(whole) && self.edited.is_empty() && self.comments.is_empty();
        if self.files.is_empty() {
            Answer::Deny { comment: self.review().comment }
        } else if all {
            Answer::Allow { remember: Remember::Once }
        } else {
            Answer::Review(self.review())
        }
    }
}
