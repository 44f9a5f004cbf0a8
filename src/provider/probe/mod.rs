//! What an endpoint really does, found out with a few tiny requests.
//!
//! A probe is a row: a scene that is sent, and the quirks under which it is tried, one after the other, until the endpoint
//! takes it. What was found holds for all later probes. A refusal of the request's form is an answer here; a missing key, a
//! missing model, a quota or an outage is none, and ends the probing.

mod scenes;

use super::{Endpoint, codec, refusal};
use crate::base::message::Part;
use crate::base::model::{Finish, ModelCall, ModelInfo, Stop, Usage};
use crate::base::quirks::{CallIds, EffortField, LimitField, Quirks};
use crate::base::{Error, Kind, Result};
use crate::net::http::read_refusal;
use crate::net::{HttpRequest, Transport};
use futures_util::StreamExt;
use scenes::Scene;
use std::time::Duration;

/// The longest that one answer may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// A way to ask: what it changes, in words, and in the quirks.
type Try = (&'static str, fn(&mut Quirks));

/// One thing to find out.
struct Probe {
    name: &'static str,
    scene: Scene,
    tries: &'static [Try],
    /// What to do when none of the tries is taken; `None`: then there is nothing more to find out.
    otherwise: Option<Try>,
}

const AS_IS: Try = ("yes", |_| {});

/// In this order: each is asked with what was found before.
const PROBES: &[Probe] = &[
    Probe {
        name: "answers",
        scene: Scene::Hello,
        tries: &[
            AS_IS,
            ("without `stream_options`", |quirks| quirks.no_stream_options = true),
            ("limited by `max_completion_tokens`", |quirks| quirks.limit = LimitField::MaxCompletionTokens),
            ("limited by `max_completion_tokens`, without `stream_options`", |quirks| {
                (quirks.limit, quirks.no_stream_options) = (LimitField::MaxCompletionTokens, true);
            }),
            ("limited by `max_tokens`", |quirks| quirks.limit = LimitField::MaxTokens),
            ("whole, not streamed", |quirks| quirks.no_stream = true),
            ("whole, limited by `max_completion_tokens`", |quirks| {
                (quirks.limit, quirks.no_stream) = (LimitField::MaxCompletionTokens, true);
            }),
            ("without a limit of their length", |quirks| {
                (quirks.limit, quirks.no_stream_options) = (LimitField::Absent, true);
            }),
        ],
        otherwise: None,
    },
    Probe {
        name: "system role",
        scene: Scene::System,
        tries: &[AS_IS],
        otherwise: Some(("no: instructions go before your first words", |quirks| quirks.no_system = true)),
    },
    Probe {
        name: "tool calls",
        scene: Scene::Tool,
        tries: &[
            AS_IS,
            ("yes, without `tool_choice`", |quirks| quirks.no_tool_choice = true),
            ("yes, answered whole", |quirks| quirks.no_streamed_tools = true),
            ("yes, answered whole and without `tool_choice`", |quirks| {
                (quirks.no_streamed_tools, quirks.no_tool_choice) = (true, true);
            }),
        ],
        otherwise: Some(("no", |quirks| quirks.no_tools = true)),
    },
    Probe {
        name: "ids of others",
        scene: Scene::OneCall,
        tries: &[AS_IS, ("as nine letters or digits", |quirks| quirks.ids = CallIds::Nine)],
        otherwise: Some(("refused", |_| {})),
    },
    Probe {
        name: "parallel calls",
        scene: Scene::TwoCalls,
        tries: &[AS_IS],
        otherwise: Some(("no: one after the other", |quirks| quirks.no_parallel_calls = true)),
    },
    Probe {
        name: "images",
        scene: Scene::Image,
        tries: &[AS_IS],
        otherwise: Some(("no", |quirks| quirks.no_images = true)),
    },
    Probe {
        name: "reasoning back",
        scene: Scene::Reasoning,
        tries: &[AS_IS],
        otherwise: Some(("refused: it stays here", |quirks| quirks.no_reasoning_back = true)),
    },
    Probe {
        name: "effort",
        scene: Scene::Effort,
        tries: &[AS_IS],
        otherwise: Some(("refused", |quirks| quirks.effort = EffortField::Absent)),
    },
];

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub name: &'static str,
    pub found: String,
}

/// What was found, and what it took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub findings: Vec<Finding>,
    /// On top of those that were given.
    pub quirks: Quirks,
    pub requests: u32,
    pub usage: Usage,
    /// Did it send reasoning?
    pub reasoning: bool,
}

/// Tries `model` at `endpoint`, whose known quirks are where it begins.
pub async fn probe(endpoint: &Endpoint, model: &ModelInfo, transport: &dyn Transport) -> Result<Report> {
    let mut prober =
        Prober { endpoint: endpoint.clone(), model, transport, report: Report::default(), seen: Vec::new() };
    for probe in PROBES {
        if prober.applies(probe.scene) {
            prober.run(probe).await?;
        }
    }
    prober.report.quirks = prober.endpoint.quirks;
    prober.say("usage", if prober.report.usage.input > 0 { "counted" } else { "not told" });
    Ok(prober.report)
}

struct Prober<'a> {
    endpoint: Endpoint,
    model: &'a ModelInfo,
    transport: &'a dyn Transport,
    report: Report,
    /// The sealed reasoning of the answers so far.
    seen: Vec<Part>,
}

/// How an endpoint took a request.
enum Taken {
    Yes(Finish),
    /// It refuses requests of this form.
    No,
}

impl Prober<'_> {
    fn applies(&self, scene: Scene) -> bool {
        let quirks = self.endpoint.quirks;
        match scene {
            Scene::Hello | Scene::System | Scene::Tool | Scene::Image => true,
            Scene::OneCall | Scene::TwoCalls => !quirks.no_tools,
            Scene::Reasoning => !self.seen.is_empty(),
            Scene::Effort => self.report.reasoning || self.model.reasoning,
        }
    }

    async fn run(&mut self, probe: &Probe) -> Result<()> {
        let before = self.endpoint.quirks;
        let mut refused: Vec<Vec<u8>> = Vec::new();
        // Taken, though the model did not do what it was asked for.
        let mut idle: Option<Quirks> = None;
        for (words, change) in probe.tries {
            let mut quirks = before;
            change(&mut quirks);
            let endpoint = Endpoint { quirks, ..self.endpoint.clone() };
            let request = self.encode(&endpoint, probe.scene)?;
            // What leaves the request as it was need not be asked again.
            if refused.contains(&request.body) {
                continue;
            }
            refused.push(request.body.clone());
            match self.exchange(&endpoint, request, probe.name != "answers").await? {
                Taken::No => {}
                Taken::Yes(finish) => {
                    if probe.scene != Scene::Tool || finish.stop == Stop::Calls {
                        self.endpoint.quirks = quirks;
                        self.say(probe.name, words);
                        self.learn(&finish);
                        return Ok(());
                    }
                    idle = idle.or(Some(quirks));
                    self.learn(&finish);
                }
            }
        }
        if let Some(quirks) = idle {
            self.endpoint.quirks = quirks;
            self.say(probe.name, "taken, but the model made no call when asked to");
            return Ok(());
        }
        let Some((words, change)) = &probe.otherwise else {
            return Err(Error::new(
                Kind::Provider,
                format!("{} refused every way of asking `{}`", self.endpoint.provider, self.model.id),
            )
            .hint("look at the provider's wire and base_url: `agent doctor` shows them"));
        };
        change(&mut self.endpoint.quirks);
        self.say(probe.name, words);
        Ok(())
    }

    fn say(&mut self, name: &'static str, found: &str) {
        self.report.findings.push(Finding { name, found: found.to_owned() });
    }

    fn learn(&mut self, finish: &Finish) {
        let thoughts: Vec<&Part> = finish.parts.iter().filter(|part| matches!(part, Part::Reasoning(_))).collect();
        self.report.reasoning |= !thoughts.is_empty() || finish.usage.reasoning > 0;
        let sealed = |part: &&&Part| matches!(part, Part::Reasoning(reasoning) if reasoning.seal.is_some());
        if self.seen.is_empty() {
            self.seen = thoughts.iter().filter(sealed).map(|part| (*part).clone()).collect();
            if !self.seen.is_empty() {
                self.say("reasoning", "sent beside the answer");
            }
        }
    }

    fn encode(&self, endpoint: &Endpoint, scene: Scene) -> Result<HttpRequest> {
        // What is not known of the model must not keep the probe from asking.
        let model = ModelInfo { images: true, ..self.model.clone() };
        let (messages, tools, images) = (scene.messages(&self.seen), scene.tools(), scene.images());
        let call = ModelCall {
            model: &model,
            system: scene.system(),
            tools: &tools,
            messages: &messages,
            max_output: scene.max_output(),
            effort: scene.effort(),
            cache_key: "",
            images: &images,
        };
        codec(model.wire, endpoint.clone()).encode(&call)
    }

    /// `worked`: has this endpoint answered before? Then an error of its own is its answer to the form of this request, as
    /// servers have it whose templates fail.
    async fn exchange(&mut self, endpoint: &Endpoint, request: HttpRequest, worked: bool) -> Result<Taken> {
        self.report.requests += 1;
        let codec = codec(self.model.wire, endpoint.clone());
        let answer = async {
            let response = self.transport.send(request).await?;
            if response.status != 200 {
                let body = read_refusal(response.body).await;
                let (words, _) = refusal::words(&body);
                let form = matches!(response.status, 400 | 405 | 413 | 415 | 422)
                    || (worked && matches!(response.status, 500 | 501))
                    || (response.status == 404 && worked && words.contains("support"));
                return if form { Ok(Err(Usage::default())) } else { Err(codec.refusal(response.status, &body)) };
            }
            let (mut frames, mut decoder) = (codec.frames(), codec.decoder(&self.model.name()));
            let (mut body, mut found, mut deltas) = (response.body, Vec::new(), Vec::new());
            while let Some(chunk) = body.next().await {
                frames.push(&chunk?, &mut found)?;
                for frame in found.drain(..) {
                    if let Err(error) = decoder.frame(&frame, &mut deltas) {
                        // An error inside the answer, which some servers have in the place of a status.
                        return if matches!(error.kind, Kind::Provider | Kind::Transient) && worked {
                            Ok(Err(decoder.usage()))
                        } else {
                            Err(error)
                        };
                    }
                }
                deltas.clear();
                if decoder.complete() {
                    break;
                }
            }
            let usage = decoder.usage();
            // A stream that holds no answer is as good as a refusal.
            Ok(decoder.finish().map_err(|_| usage))
        };
        let taken = tokio::time::timeout(PATIENCE, answer).await.map_err(|_| {
            Error::new(Kind::Network, format!("{} did not answer within {} s", endpoint.provider, PATIENCE.as_secs()))
        })??;
        Ok(match taken {
            Ok(finish) => {
                self.report.usage.add(finish.usage.plausible());
                Taken::Yes(finish)
            }
            Err(usage) => {
                self.report.usage.add(usage.plausible());
                Taken::No
            }
        })
    }
}
