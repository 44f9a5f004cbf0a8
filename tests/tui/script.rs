//! Records by hand: a session as it might have been.

use agent::base::Kind;
use agent::base::access::{Access, Answer, Ask, Mode, Network, Remember};
use agent::base::call::{ToolCall, ToolResult};
use agent::base::change::{Accept, ChangeKind, FileChange, FileReview, Review};
use agent::base::event::*;
use agent::base::message::{ImageRef, Part, Reasoning};
use agent::base::model::{Delta, Stop, Usage, Wire};
use agent::base::money::Usd;
use agent::transcript::view::View;

pub const MODEL: &str = "anthropic/claude-sonnet-5";

/// A view that is fed by hand.
#[derive(Default)]
pub struct Script {
    pub view: View,
    pub seq: u64,
}

impl Script {
    pub fn event(&mut self, event: Event) -> &mut Self {
        self.seq += 1;
        let time = format!("2026-11-22T10:{:02}:{:02}.000Z", self.seq / 60 % 60, self.seq % 60);
        self.view.push(&Record { schema: 1, seq: self.seq, time, event });
        self
    }

    pub fn text(&mut self, piece: &str) -> &mut Self {
        self.view.delta(&Delta::Text(piece.into()));
        self
    }

    pub fn thought(&mut self, piece: &str) -> &mut Self {
        self.view.delta(&Delta::Reasoning(piece.into()));
        self
    }
}

pub fn started(resumed: bool) -> Event {
    Event::SessionStarted(SessionStarted {
        session: "019a9f3e-7c55-7000-8000-0123456789ab".into(),
        version: "0.1.0".into(),
        root: "/home/ada/engine".into(),
        project: "/home/ada/engine".into(),
        branch: Some("main".into()),
        model: MODEL.into(),
        models: Vec::new(),
        wire: Wire::Messages,
        mode: Mode::Auto,
        sandbox: "namespaces".into(),
        network: Network::Off,
        user: "ada".into(),
        resumed,
        replayed: false,
    })
}

pub fn says(source: Source, text: &str) -> Event {
    Event::UserMessage(UserMessage { source, text: text.into(), images: Vec::new() })
}

pub fn task(text: &str) -> Event {
    says(Source::Task, text)
}

pub fn with_image(text: &str) -> Event {
    let image = ImageRef { blob: "9f".repeat(32), media_type: "image/png".into(), bytes: 48213 };
    Event::UserMessage(UserMessage { source: Source::Steer, text: text.into(), images: vec![image] })
}

pub fn turn(turn: u64) -> Event {
    Event::TurnStarted { turn, model: MODEL.into() }
}

pub fn turned(turn: u64, tokens: Usage, error: Option<&str>) -> Event {
    Event::TurnFinished(TurnFinished {
        turn,
        model: MODEL.into(),
        stop: error.is_none().then_some(Stop::End),
        tokens,
        cost_usd: Some(Usd(3000)),
        duration_ms: 1840,
        first_token_ms: Some(620),
        role: Role::Main,
        cache_miss: None,
        error: error.map(|message| Fault { kind: Kind::Network, message: message.into(), hint: None }),
    })
}

pub fn usage(input: u64, cached: u64, output: u64) -> Usage {
    Usage { input, cached, cache_written: 0, output, reasoning: 0 }
}

pub fn answer(text: &str) -> Event {
    message(vec![Part::Text { text: text.into() }])
}

pub fn thinks(text: &str) -> Part {
    Part::Reasoning(Reasoning { text: text.into(), seal: None })
}

pub fn message(parts: Vec<Part>) -> Event {
    Event::Message { turn: 1, parts }
}

pub fn call(id: &str, name: &str, arguments: &str) -> Part {
    Part::Call(ToolCall { id: id.into(), name: name.into(), arguments: arguments.into(), freeform: false })
}

pub fn runs(call: &str, tool: &str, summary: &str) -> Event {
    Event::ToolStarted(ToolStarted {
        call: call.into(),
        tool: tool.into(),
        summary: summary.into(),
        access: vec![Access::Exec { command: summary.into() }],
        rule: "mode auto".into(),
        jail: "namespaces".into(),
    })
}

pub fn ran(call: &str, tool: &str, status: ToolStatus, output: &str) -> Event {
    Event::ToolFinished(finished(call, tool, status, output))
}

pub fn finished(call: &str, tool: &str, status: ToolStatus, output: &str) -> ToolFinished {
    let error = status != ToolStatus::Done;
    ToolFinished {
        tool: tool.into(),
        status,
        result: ToolResult { call: call.into(), output: output.into(), images: Vec::new(), error },
        duration_ms: 40,
        exit: None,
        limit: None,
        hosts: Vec::new(),
        spill: None,
        refused: None,
    }
}

pub fn command(call: &str, exit: i32, output: &str) -> Event {
    let status = if exit == 0 { ToolStatus::Done } else { ToolStatus::Failed };
    Event::ToolFinished(ToolFinished { exit: Some(exit), duration_ms: 3240, ..finished(call, "shell", status, output) })
}

pub fn change(path: &str) -> FileChange {
    FileChange {
        path: path.into(),
        kind: ChangeKind::Modify,
        from: None,
        added: 2,
        removed: 1,
        diff: format!(
            "--- a/{path}\n+++ b/{path}\n@@ -1,3 +1,4 @@\n fn main() {{\n-    println!(\"hello\");\n+    println!(\"hello, 世界\");\n+\tdone();\n }}\n"
        ),
    }
}

pub fn edited(call: &str, files: Vec<FileChange>) -> Event {
    Event::Edited { call: call.into(), files }
}

pub fn plan(steps: &[(&str, StepStatus)]) -> Event {
    let steps = steps.iter().map(|(step, status)| PlanStep { step: (*step).into(), status: *status });
    Event::PlanUpdated { steps: steps.collect() }
}

pub fn asks(id: u64, call: &str, why: &str) -> Event {
    Event::Asked(Ask {
        id,
        call: call.into(),
        tool: "shell".into(),
        why: why.into(),
        access: vec![Access::Exec { command: "git push".into() }],
        change: Vec::new(),
        made: false,
    })
}

pub fn allow(ask: u64, remember: Remember) -> Event {
    Event::Answered { ask, answer: Answer::Allow { remember } }
}

pub fn deny(ask: u64, comment: Option<&str>) -> Event {
    Event::Answered { ask, answer: Answer::Deny { comment: comment.map(str::to_owned) } }
}

pub fn reviewed(ask: u64) -> Event {
    let file = |path: &str, accept| FileReview { path: path.into(), accept };
    let review = Review {
        files: vec![file("a.rs", Accept::All), file("b.rs", Accept::None), file("c.rs", Accept::Hunks(vec![0]))],
        comment: Some("b.rs stays as it is".into()),
        ..Review::default()
    };
    Event::Answered { ask, answer: Answer::Review(review) }
}

pub fn check(command: &str, passed: bool, round: u32) -> Event {
    Event::CheckFinished(CheckResult {
        command: command.into(),
        passed,
        round,
        exit: Some(i32::from(!passed)),
        duration_ms: 1200,
    })
}

pub fn aside(question: &str, answer: &str) -> Event {
    Event::Aside(Aside {
        question: question.into(),
        answer: answer.into(),
        model: MODEL.into(),
        tokens: usage(900, 800, 20),
        cost_usd: Some(Usd(700)),
        error: None,
    })
}

pub fn outcome(status: Status, summary: &str, error: Option<(&str, &str)>) -> Event {
    let changed = |path: &str| ChangedFile { path: path.into(), added: 2, removed: 1 };
    Event::Outcome(Outcome {
        status,
        exit: 0,
        summary: summary.into(),
        turns: 4,
        tokens: usage(8000, 6000, 400),
        cost_usd: Some(Usd(12300)),
        duration_ms: 12_400,
        checks: Vec::new(),
        changed: if error.is_some() { Vec::new() } else { vec![changed("src/main.rs"), changed("src/a.rs")] },
        session: "019a9f3e".into(),
        error: error.map(|(message, hint)| Fault {
            kind: Kind::Limit,
            message: message.into(),
            hint: Some(hint.into()),
        }),
    })
}

pub fn switched() -> Event {
    Event::Switched(Switched {
        from: MODEL.into(),
        to: "openai/gpt-5.5".into(),
        cause: SwitchCause::Overloaded,
        reason: "anthropic is overloaded".into(),
        cache_lost: 12_000,
        extra_usd: Some(Usd(20_000)),
        until: None,
    })
}

pub fn waiting(attempt: u32) -> Event {
    Event::Waiting { reason: "anthropic is overloaded".into(), wait_ms: 2000, attempt }
}
