//! Commits of commands say truly which agent made them, however they are made; the repository's own hooks run as ever, and what goes
//! round ours is named.

use crate::support::*;
use agent::base::event::Commit;
use agent::disk::Disk;
use agent::workspace::trailers::{Made, Trailers};
use std::cell::Cell;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

const SESSION: &str = "019a9f3e-7c55-7000-8000-0123456789ab";
const MODEL: &str = "anthropic/claude-sonnet-5";
const TRUE: &str =
    "Agent: agent/0.1.0\nAgent-Session: 019a9f3e-7c55-7000-8000-0123456789ab\nAgent-Model: anthropic/claude-sonnet-5\n";

struct Lab {
    project: Project,
    trailers: Trailers,
    environment: Vec<(String, OsString)>,
    /// Commands that ran: git's clock. Two commits that say the same in the same second would be one and the same.
    ran: Cell<u64>,
}

fn lab() -> Lab {
    lab_with(&[])
}

fn lab_with(more: &[(&str, &str)]) -> Lab {
    let project = Project::new().file("a.txt", "one\n");
    fs::write(project.home().join(".gitconfig"), "[user]\nname = Ada\nemail = ada@example.com\n").unwrap();
    project.git_command(&["init", "-q", "-b", "main"]);
    project.git_command(&["add", "-A"]);
    project.git_command(&["commit", "-qm", "Start"]);
    let mut environment: Vec<(String, OsString)> = vec![
        ("PATH".into(), std::env::var_os("PATH").unwrap()),
        ("HOME".into(), project.home().into()),
        ("GIT_EDITOR".into(), "true".into()),
        ("GIT_CONFIG_NOSYSTEM".into(), "1".into()),
        ("LANG".into(), "C.UTF-8".into()),
    ];
    environment.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.into())));
    let session = project.home().join("it's a session");
    fs::create_dir(&session).unwrap();
    let work_tree = project.path();
    let made = Made {
        session_folder: &session,
        session: SESSION,
        version: "0.1.0",
        model: MODEL,
        work_tree: Some(&work_tree),
        home: Some(&project.home()),
        environment: &environment,
    };
    let trailers = Trailers::prepare(&made, Disk::default()).unwrap();
    Lab { environment: trailers.environment(&environment), project, trailers, ran: Cell::new(0) }
}

impl Lab {
    /// Runs a command as one of the agent's.
    #[track_caller]
    fn command(&self, script: &str) -> Outcome {
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(self.project.path()).stdin(Stdio::null());
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        self.ran.set(self.ran.get() + 1);
        command.env("GIT_COMMITTER_DATE", format!("@{} +0000", 1_800_000_000 + self.ran.get()));
        run_command(command, LONGEST_RUN)
    }

    fn message(&self, of: &str) -> String {
        format!("{}\n", self.project.git_command(&["log", "-1", "--format=%B", of]).trim_end())
    }

    /// Runs a command, and says which commits came by it.
    #[track_caller]
    fn commits(&self, script: &str) -> Vec<Commit> {
        let before = self.trailers.heads(&self.project.path());
        self.command(script).code(0);
        self.trailers.check(&self.project.path(), &before)
    }

    #[track_caller]
    fn is_marked(&self, script: &str, message: &str) {
        let made = self.commits(script);
        assert!(made.iter().all(|commit| commit.marked) && !made.is_empty(), "{script}: {made:?}");
        assert_eq!(self.message("HEAD"), format!("{message}\n\n{TRUE}"), "{script}");
    }

    fn hook(&self, path: &str, text: &str) {
        let path = self.project.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn every_way_to_commit_carries_the_trailers() {
    let lab = lab();
    lab.is_marked("echo 1 >> a.txt; git commit -qam 'Change it'", "Change it");
    let author = lab.project.git_command(&["log", "-1", "--format=%an <%ae>"]);
    assert_eq!(author.trim(), "Ada <ada@example.com>", "the user is the author");
    lab.is_marked("echo 2 >> a.txt; git commit -qam 'No verify' --no-verify", "No verify");
    lab.is_marked(
        "echo 3 >> a.txt; printf 'From a file\\n\\n---\\nbody\\n' > ../m; git commit -q -a -F ../m",
        "From a file\n\n---\nbody",
    );
    lab.is_marked("git commit -q --amend --no-edit", "From a file\n\n---\nbody");
    lab.is_marked("echo 4 >> a.txt; GIT_EDITOR=\"sed -i '1s/^/By an editor/'\" git commit -q -a -v", "By an editor");
    lab.is_marked("echo 5 >> a.txt; git commit -q -a --fixup HEAD", "fixup! By an editor");
    lab.is_marked("GIT_SEQUENCE_EDITOR=true git rebase -q -i --autosquash HEAD~2", "By an editor");
    lab.is_marked("git checkout -q -b side HEAD~1; echo s > s.txt; git add .; git commit -qm Side", "Side");
    lab.is_marked("git checkout -q main; git merge -q --no-ff side -m 'Merge side'", "Merge side");
    lab.is_marked("git checkout -q -b pick HEAD^; git cherry-pick side", "Side");
    let reverted = lab.project.git_command(&["rev-parse", "HEAD"]);
    lab.is_marked("git revert --no-edit HEAD", &format!("Revert \"Side\"\n\nThis reverts commit {}.", reverted.trim()));
    lab.is_marked("git format-patch -q -1 --stdout side > ../p; git checkout -q -b am main~2; git am -q ../p", "Side");
    lab.is_marked("git commit -q --allow-empty -m 'agent: names itself'", "agent: names itself");
}

#[test]
fn what_a_message_claims_is_replaced_by_what_is_true() {
    let lab = lab();
    let forged = "Subject\\n\\nBody\\n\\nReviewed-by: Bob <b@example.com>\\nAgent-Session: another\\nagent : evil\\nAGENT-MODEL: other\\n goes on\\n";
    let made = lab.commits(&format!("printf '{forged}' | git commit -q --allow-empty -F -"));
    assert!(made[0].marked, "{made:?}");
    assert_eq!(lab.message("HEAD"), format!("Subject\n\nBody\n\nReviewed-by: Bob <b@example.com>\n{TRUE}"));
}

#[test]
fn messages_put_together_keep_one_set_of_trailers() {
    let lab = lab();
    lab.command("git commit -q --allow-empty -m One; git commit -q --allow-empty -m Two").code(0);
    lab.trailers.set_model("openai/gpt-6").unwrap();
    let made = lab.commits("GIT_SEQUENCE_EDITOR=\"sed -i '2s/pick/squash/'\" git rebase -q -i --keep-empty HEAD~2");
    assert!(made.len() == 1 && made[0].marked, "{made:?}");
    let message = lab.message("HEAD");
    assert_eq!(message, format!("One\n\nTwo\n\n{}", TRUE.replace(MODEL, "openai/gpt-6")), "{message}");
}

#[test]
fn a_model_that_takes_over_is_named_from_then_on() {
    let lab = lab();
    lab.is_marked("git commit -q --allow-empty -m One", "One");
    lab.trailers.set_model("openai/gpt-6").unwrap();
    let made = lab.commits("AGENT_MODEL=forged git commit -q --allow-empty -m Two");
    assert!(made[0].marked, "{made:?}");
    assert!(lab.message("HEAD").ends_with("Agent-Model: openai/gpt-6\n"));
    assert!(lab.message("HEAD~1").contains(MODEL));
}

#[test]
fn commits_of_the_user_never_get_them() {
    let lab = lab();
    lab.project.git_command(&["commit", "-q", "--allow-empty", "-m", "Mine"]);
    assert_eq!(lab.message("HEAD"), "Mine\n");
    assert_eq!(lab.project.git_command(&["config", "--local", "--list"]).matches("hook").count(), 0);
}

#[test]
fn what_git_refuses_is_still_refused() {
    let lab = lab();
    lab.command("git commit -q --allow-empty").code(1).stderr_has("empty commit message");
    lab.command("printf 'Template\\n\\n# say why\\n' > ../t; git config commit.template ../t").code(0);
    lab.command("git commit -q --allow-empty").code(1).stderr_has("did not edit");
    let edited = "GIT_EDITOR=\"sed -i '1s/^/Why\\n\\n/'\" git commit -q --allow-empty";
    lab.is_marked(edited, "Why\n\nTemplate");
    lab.command("git config core.commentChar ';'; git config --unset commit.template").code(0);
    lab.is_marked("GIT_EDITOR=\"sed -i '1s/^/# a title/'\" git commit -q --allow-empty --cleanup=strip", "# a title");
}

#[test]
fn the_repositorys_own_hooks_run_as_ever() {
    let lab = lab();
    lab.hook(".git/hooks/pre-commit", "#!/bin/sh\necho \"pre $# $(pwd)\" >> \"$HOME/ran\"\n");
    lab.hook(
        ".git/hooks/commit-msg",
        "#!/bin/sh\ngrep -q forbidden \"$1\" && { echo no such words >&2; exit 7; }\necho 'Change-Id: I1' >> \"$1\"\n",
    );
    lab.hook(".git/hooks/post-commit", "echo \"post in a file without a first line\" >> \"$HOME/ran\"\n");
    lab.command("git commit -q --allow-empty -m Good").code(0);
    let ran = fs::read_to_string(lab.project.home().join("ran")).unwrap();
    assert!(ran.starts_with(&format!("pre 0 {}", lab.project.path().display())) && ran.contains("post in"), "{ran}");
    let message = lab.message("HEAD");
    assert!(message.contains("Change-Id: I1") && message.contains("Agent-Session: 019a"), "{message}");
    lab.command("git commit -q --allow-empty -m 'forbidden'").code(1).stderr_has("no such words");
    // What a hook reads on its standard input, and what it is called with.
    lab.hook(".git/hooks/pre-push", "#!/bin/sh\necho \"$1 $(cut -d' ' -f1)\" > \"$HOME/pushed\"\nexit 3\n");
    lab.command("git init -q --bare ../other.git; git push -q ../other.git main").code(1);
    assert_eq!(fs::read_to_string(lab.project.home().join("pushed")).unwrap(), "../other.git refs/heads/main\n");
    // A hook that nobody may run is none.
    let path = lab.project.path().join(".git/hooks/pre-push");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    lab.command("git push -q ../other.git main").code(0);
}

#[test]
fn hooks_that_are_kept_elsewhere_run_too() {
    let lab = lab();
    lab.hook(".husky/_/pre-commit", "#!/bin/sh\necho elsewhere >> \"$HOME/ran\"\n");
    lab.project.git_command(&["config", "core.hooksPath", ".husky/_"]);
    lab.is_marked("git commit -q --allow-empty -m Husky", "Husky");
    assert_eq!(fs::read_to_string(lab.project.home().join("ran")).unwrap(), "elsewhere\n");
    lab.command("git worktree add -q ../tree && cd ../tree && git commit -q --allow-empty -m Tree").code(0);
    assert!(lab.message("tree").ends_with(TRUE));
    // Whoever names our own folder again does not make it call itself.
    lab.command(&format!("git config core.hooksPath \"{}\"", lab.trailers.folder().display())).code(0);
    lab.is_marked("git commit -q --allow-empty -m Again", "Again");
}

#[test]
fn configuration_that_the_user_passes_on_is_kept() {
    let lab =
        lab_with(&[("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "user.name"), ("GIT_CONFIG_VALUE_0", "Passed On")]);
    lab.is_marked("git commit -q --allow-empty -m Passed", "Passed");
    assert_eq!(lab.project.git_command(&["log", "-1", "--format=%an"]).trim(), "Passed On");
}

#[test]
fn what_goes_round_the_hooks_is_named() {
    let lab = lab();
    let ways = [
        "git -c core.hooksPath=/nowhere commit -q --allow-empty -m Round",
        "env -u GIT_CONFIG_COUNT git commit -q --allow-empty -m Round",
        "git update-ref refs/heads/main $(git commit-tree -p HEAD -m Round HEAD^{tree})",
        "git checkout -q --detach; env -u GIT_CONFIG_COUNT git commit -q --allow-empty -m Round",
        "git -c core.hooksPath=/nowhere commit -q --allow-empty -m Round -m \"Agent: agent/0.1.0\nAgent-Session: another\nAgent-Model: anthropic/claude-sonnet-5\"",
        "git -c core.hooksPath=/nowhere commit -q --allow-empty -m Round -m \"$(git log -1 --format=%b)\nAgent: agent/9\"",
        "env -u GIT_CONFIG_COUNT git commit -q --allow-empty -m Round; git pack-refs --all",
    ];
    for way in ways {
        let made = lab.commits(way);
        let told: Vec<(&str, bool)> = made.iter().map(|commit| (commit.subject.as_str(), commit.marked)).collect();
        assert_eq!(told, [("Round", false)], "{way}");
        assert_eq!(made[0].id, lab.project.git_command(&["rev-parse", "HEAD"]).trim());
    }
}

#[test]
fn what_others_made_is_not_named() {
    let lab = lab();
    lab.command("git init -q --bare ../far.git; git remote add far ../far.git; git push -q far main; git fetch -q far")
        .code(0);
    // Somebody else's work arrives.
    let far = lab.project.path().parent().unwrap().join("far.git");
    let other = lab.project.path().parent().unwrap().join("other");
    let (far, other) = (far.to_str().unwrap(), other.to_str().unwrap());
    lab.project.git_command(&["clone", "-q", "-b", "main", far, other]);
    lab.project.git_command(&["-C", other, "commit", "-q", "--allow-empty", "-m", "Theirs"]);
    lab.project.git_command(&["-C", other, "push", "-q", "origin", "main"]);
    assert_eq!(lab.commits("git pull -q far main && git fetch -q far"), []);
    assert_eq!(lab.message("HEAD"), "Theirs\n");
    assert_eq!(
        lab.commits("git branch old HEAD~1; git checkout -q old; git tag t; git checkout -q main; git branch -D old"),
        []
    );
    assert_eq!(lab.commits("echo 1 >> a.txt; git stash -q"), [], "a stash is on no branch");
    assert_eq!(lab.commits("git reset -q --hard HEAD~1"), []);
    let plain = Project::new();
    assert_eq!(lab.trailers.check(&plain.path(), &lab.trailers.heads(&plain.path())), [], "no repository");
}

#[test]
fn busy_hooks_are_there_only_where_the_repository_has_them() {
    let lab = lab();
    assert!(!lab.trailers.folder().join("reference-transaction").exists());
    assert!(lab.trailers.folder().join("post-checkout").exists());
    lab.hook(".git/hooks/reference-transaction", "#!/bin/sh\necho \"$1\" >> \"$HOME/refs\"\n");
    let (folder, tree, home) = (lab.project.home().join("again"), lab.project.path(), lab.project.home());
    fs::create_dir(&folder).unwrap();
    let made = Made {
        session_folder: &folder,
        session: SESSION,
        version: "0.1.0",
        model: MODEL,
        work_tree: Some(&tree),
        home: Some(&home),
        environment: &[],
    };
    let again = Trailers::prepare(&made, Disk::default()).unwrap();
    assert!(again.folder().join("reference-transaction").exists());
    Trailers::prepare(&made, Disk::default()).expect("a session that goes on has them already");
}
