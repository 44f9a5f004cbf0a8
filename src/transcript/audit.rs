//! Records to effects: what was done in a session, for whom, by which rule, in which jail, and what it cost.
//!
//! One [`Effect`] is one line of `agent audit --json`; `docs/audit.md` describes it. Fields are only ever added. What an
//! older log does not tell is null or empty, and never guessed.

use crate::base::access::{Access, Answer, Ask};
use crate::base::change::FileChange;
use crate::base::event::{
    Aside, ChangedFile, CheckResult, Commit, Event, GuardedFile, HostDenied, Record, SessionStarted, ToolFinished,
    ToolStarted, ToolStatus, TurnFinished,
};
use crate::base::model::Usage;
use crate::base::money::Usd;
use serde::Serialize;

/// The version of the format.
pub const SCHEMA: u32 = 1;

/// What kind of effect it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A session began, or went on.
    Session,
    /// A request to a model: what was sent away and paid.
    Request,
    /// A call of a tool that ran.
    Call,
    /// A call that policy or a person did not let run.
    Denied,
    /// A check of the user's own.
    Check,
    /// What was found apart from any call.
    Found,
}

/// A question and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    pub why: String,
    /// `allow`, `review` or `deny`; none where it was never answered.
    pub answer: Option<Answer>,
    /// Who answered: the user of the session.
    pub by: Option<String>,
}

/// A host and its port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Host {
    pub host: String,
    pub port: u16,
    /// Why it was not reached; empty where it was allowed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// One effect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effect {
    pub audit: u32,
    pub session: String,
    /// The record it begins with.
    pub seq: u64,
    pub time: String,
    pub what: What,
    /// For whom.
    pub user: Option<String>,
    /// `agent/<version>`.
    pub agent: Option<String>,
    pub model: Option<String>,
    pub project: Option<String>,
    /// The mode of the session.
    pub mode: Option<String>,
    /// What confined it: of a call its own jail, else that of the session.
    pub jail: Option<String>,
    pub network: Option<String>,
    pub rule: Option<String>,
    /// The id of the call, and the name of its tool.
    pub call: Option<String>,
    pub tool: Option<String>,
    /// One line for people.
    pub summary: String,
    pub access: Vec<Access>,
    pub questions: Vec<Question>,
    /// `done`, `failed`, `denied` or `interrupted`; null: nothing is known of its end.
    pub status: Option<String>,
    pub exit: Option<i32>,
    /// The limit that ended it.
    pub limit: Option<String>,
    pub duration_ms: Option<u64>,
    pub edited: Vec<ChangedFile>,
    pub hosts_allowed: Vec<Host>,
    pub hosts_denied: Vec<Host>,
    pub quarantined: Vec<GuardedFile>,
    /// Where what was quarantined is kept.
    pub kept: Option<String>,
    pub commits: Vec<Commit>,
    pub tokens: Option<Usage>,
    /// Null: it costs nothing by itself, or its price is not known.
    pub cost_usd: Option<Usd>,
    pub error: Option<String>,
}

/// The effects of a session, in the order in which they began.
pub fn effects<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<Effect> {
    let mut audit = Audit::default();
    for record in records {
        audit.push(record);
    }
    audit.effects
}

/// The log as far as it was read.
#[derive(Default)]
struct Audit {
    session: Option<SessionStarted>,
    /// The model at work.
    model: Option<String>,
    effects: Vec<Effect>,
    /// Questions of calls that did not start yet.
    asked: Vec<Ask>,
    answered: Vec<(String, Question, Vec<Host>)>,
}

/// How much of a file was changed.
fn lines(file: &FileChange) -> ChangedFile {
    ChangedFile { path: file.path.clone(), added: file.added, removed: file.removed }
}

impl Audit {
    fn push(&mut self, record: &Record) {
        match &record.event {
            Event::SessionStarted(started) => self.start(record, started),
            Event::TurnStarted { model, .. } => self.model = Some(model.clone()),
            Event::TurnFinished(turn) => self.request(record, turn),
            Event::ToolStarted(started) => self.call(record, started),
            Event::ToolFinished(finished) => self.finish(record, finished),
            Event::HostDenied(denied) => {
                self.on(record, &denied.call, |effect| effect.hosts_denied.push(host(denied)));
            }
            Event::Quarantined(found) => self.on(record, &found.call, |effect| {
                effect.quarantined.extend(found.files.iter().cloned());
                effect.kept = Some(found.kept.clone());
            }),
            Event::Committed(made) => {
                self.on(record, &made.call, |effect| effect.commits.extend(made.commits.iter().cloned()));
            }
            Event::Edited { call, files } => {
                self.on(record, call, |effect| effect.edited.extend(files.iter().map(lines)));
            }
            Event::Asked(ask) => self.asked.push(ask.clone()),
            Event::Answered { ask, answer } => self.answer(*ask, answer),
            Event::CheckStarted { command, .. } => self.check(record, command),
            Event::CheckFinished(check) => self.checked(check),
            Event::ModeChanged { to, .. } => {
                if let Some(session) = &mut self.session {
                    session.mode = *to;
                }
            }
            Event::Aside(aside) => self.aside(record, aside),
            Event::LogCut { .. }
            | Event::Context { .. }
            | Event::UserMessage(_)
            | Event::Routed(_)
            | Event::Switched(_)
            | Event::BudgetNoticed(_)
            | Event::Waiting { .. }
            | Event::Message { .. }
            | Event::CheckpointTaken(_)
            | Event::Proposed { .. }
            | Event::PlanUpdated { .. }
            | Event::Pruned { .. }
            | Event::Compacted { .. }
            | Event::LoopNoticed { .. }
            | Event::Ran { .. }
            | Event::Rewound { .. }
            | Event::Notice { .. }
            | Event::Outcome(_) => {}
        }
    }

    /// An effect that begins with this record, with all that the session says of it.
    fn effect(&self, record: &Record, what: What) -> Effect {
        let session = self.session.as_ref();
        let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Effect {
            audit: SCHEMA,
            session: session.map(|session| session.session.clone()).unwrap_or_default(),
            seq: record.seq,
            time: record.time.clone(),
            what,
            user: session.and_then(|session| said(&session.user)),
            agent: session.map(|session| format!("agent/{}", session.version)),
            model: self.model.clone(),
            project: session.and_then(|session| said(&session.project).or_else(|| said(&session.root))),
            mode: session.map(|session| session.mode.name().to_owned()),
            jail: session.and_then(|session| said(&session.sandbox)),
            network: session.filter(|session| !session.user.is_empty()).map(|session| session.network.name().into()),
            rule: None,
            call: None,
            tool: None,
            summary: String::new(),
            access: Vec::new(),
            questions: Vec::new(),
            status: None,
            exit: None,
            limit: None,
            duration_ms: None,
            edited: Vec::new(),
            hosts_allowed: Vec::new(),
            hosts_denied: Vec::new(),
            quarantined: Vec::new(),
            kept: None,
            commits: Vec::new(),
            tokens: None,
            cost_usd: None,
            error: None,
        }
    }

    fn start(&mut self, record: &Record, started: &SessionStarted) {
        self.session = Some(started.clone());
        self.model = Some(started.model.clone());
        let mut effect = self.effect(record, What::Session);
        let word = if started.resumed { "went on" } else { "began" };
        effect.summary = format!("session {word} in {}", started.root);
        self.effects.push(effect);
    }

    fn check(&mut self, record: &Record, command: &str) {
        let mut effect = self.effect(record, What::Check);
        effect.summary = command.to_owned();
        effect.access = vec![Access::Exec { command: command.to_owned() }];
        effect.rule = Some("the user's own check".into());
        self.effects.push(effect);
    }

    fn aside(&mut self, record: &Record, aside: &Aside) {
        let mut effect = self.effect(record, What::Request);
        effect.model = Some(aside.model.clone());
        effect.summary = format!("asked {} beside the work", aside.model);
        effect.status = Some(if aside.error.is_some() { "failed" } else { "done" }.into());
        effect.tokens = Some(aside.tokens);
        effect.cost_usd = aside.cost_usd;
        effect.error = aside.error.as_ref().map(|fault| fault.message.clone());
        (effect.jail, effect.network) = (None, None);
        self.effects.push(effect);
    }

    fn request(&mut self, record: &Record, turn: &TurnFinished) {
        let mut effect = self.effect(record, What::Request);
        effect.model = Some(turn.model.clone());
        effect.summary = format!("asked {}", turn.model);
        effect.status = Some(if turn.error.is_some() { "failed" } else { "done" }.into());
        effect.duration_ms = Some(turn.duration_ms);
        effect.tokens = Some(turn.tokens);
        effect.cost_usd = turn.cost_usd;
        effect.error = turn.error.as_ref().map(|fault| fault.message.clone());
        // A request is made by agent itself, outside of any jail.
        (effect.jail, effect.network) = (None, None);
        self.effects.push(effect);
    }

    fn call(&mut self, record: &Record, started: &ToolStarted) {
        let mut effect = self.effect(record, What::Call);
        let ToolStarted { call, tool, summary, access, rule, jail } = started;
        effect.call = Some(call.clone());
        effect.tool = Some(tool.clone());
        effect.summary.clone_from(summary);
        effect.access.clone_from(access);
        effect.rule = (!rule.is_empty()).then(|| rule.clone());
        effect.jail = (!jail.is_empty()).then(|| jail.clone());
        self.take_questions(&mut effect, call);
        self.effects.push(effect);
    }

    fn take_questions(&mut self, effect: &mut Effect, call: &str) {
        let (mine, others) = std::mem::take(&mut self.answered).into_iter().partition(|(of, ..)| of == call);
        self.answered = others;
        for (_, question, hosts) in mine {
            effect.questions.push(question);
            effect.hosts_allowed.extend(hosts);
        }
        let (mine, others): (Vec<Ask>, Vec<Ask>) =
            std::mem::take(&mut self.asked).into_iter().partition(|ask| ask.call == call);
        self.asked = others;
        effect.questions.extend(mine.into_iter().map(|ask| Question { why: ask.why, answer: None, by: None }));
    }

    fn answer(&mut self, id: u64, answer: &Answer) {
        // A session that goes on counts its questions anew.
        let Some(at) = self.asked.iter().rposition(|ask| ask.id == id) else { return };
        let ask = self.asked.remove(at);
        let by = self.session.as_ref().map(|session| session.user.clone()).filter(|user| !user.is_empty());
        let hosts = match answer {
            Answer::Allow { .. } => ask.access.iter().filter_map(connected).collect(),
            Answer::Review(_) | Answer::Deny { .. } => Vec::new(),
        };
        let question = Question { why: ask.why, answer: Some(answer.clone()), by };
        // A command may ask while it runs.
        match self.running(&ask.call) {
            Some(effect) => {
                effect.questions.push(question);
                effect.hosts_allowed.extend(hosts);
            }
            None => self.answered.push((ask.call, question, hosts)),
        }
    }

    fn running(&mut self, call: &str) -> Option<&mut Effect> {
        let is_it = |effect: &&mut Effect| effect.call.as_deref() == Some(call) && !call.is_empty();
        self.effects.iter_mut().rev().find(is_it)
    }

    /// Adds to the effect of the call, or to one of its own where nothing is known of that.
    fn on(&mut self, record: &Record, call: &str, add: impl FnOnce(&mut Effect)) {
        if let Some(effect) = self.running(call) {
            return add(effect);
        }
        let mut effect = Effect { summary: "found apart from any call".into(), ..self.effect(record, What::Found) };
        add(&mut effect);
        self.effects.push(effect);
    }

    fn finish(&mut self, record: &Record, finished: &ToolFinished) {
        let call = &finished.result.call;
        if self.running(call).is_none() {
            if finished.status != ToolStatus::Denied {
                // It could not be read, or broke off before it began: nothing happened.
                return;
            }
            let mut effect = self.effect(record, What::Denied);
            effect.call = Some(call.clone());
            effect.tool = Some(finished.tool.clone());
            effect.summary = format!("{}: {}", finished.tool, first_line(&finished.result.output));
            self.take_questions(&mut effect, call);
            self.effects.push(effect);
        }
        let Some(effect) = self.running(call) else { return };
        effect.status = Some(word(finished.status).into());
        effect.exit = finished.exit;
        effect.limit.clone_from(&finished.limit);
        effect.duration_ms = Some(finished.duration_ms);
    }

    fn checked(&mut self, check: &CheckResult) {
        let open = |effect: &&mut Effect| effect.what == What::Check && effect.status.is_none();
        if let Some(effect) = self.effects.iter_mut().rev().find(open) {
            effect.status = Some(if check.passed { "done" } else { "failed" }.into());
            effect.exit = check.exit;
            effect.duration_ms = Some(check.duration_ms);
        }
    }
}

fn word(status: ToolStatus) -> &'static str {
    match status {
        ToolStatus::Done => "done",
        ToolStatus::Failed => "failed",
        ToolStatus::Denied => "denied",
        ToolStatus::Interrupted => "interrupted",
    }
}

fn host(denied: &HostDenied) -> Host {
    Host { host: denied.host.clone(), port: denied.port, why: denied.why.clone() }
}

fn connected(access: &Access) -> Option<Host> {
    match access {
        Access::Connect { host, port } => Some(Host { host: host.clone(), port: *port, why: String::new() }),
        Access::Read { .. } | Access::Write { .. } | Access::Exec { .. } | Access::Leave { .. } => None,
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(200).collect()
}
