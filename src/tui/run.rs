//! The one place that waits: keys, the session, answers, signals and time become inputs; effects are carried out.

use super::draw::Drawer;
use super::host::{self, Keyboard, Restore, Signalled, Signals};
use super::linear::Linear;
use super::setup::Setup;
use super::state::{Effect, For, Input, State};
use super::term::Screen;
use crate::base::command::Signal;
use crate::base::desk::{Act, Desk, Opened};
use crate::base::port::{Item, Port, Reader};
use crate::base::{Error, Result};
use futures_util::{FutureExt, StreamExt};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::VecDeque;
use std::io::Stdout;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Frames are at least so far apart while things stream in; keys are answered at once.
const FRAME: Duration = Duration::from_millis(33);
/// While something goes on, its seconds are shown.
const SECOND: Duration = Duration::from_millis(1_000);
/// Items that are taken in one go.
const BATCH: usize = 512;

/// Shows the session until the user leaves; gives the exit code.
pub async fn run(desk: Arc<dyn Desk>, setup: Setup) -> Result<u8> {
    let size = host::size();
    let (state, effects) = State::new(setup.clone(), size)?;
    let plain = setup.preferences.plain;
    let keys = Keyboard::begin(plain)?;
    let mut screen = Screen::new(std::io::stdout(), size, setup.terminal);
    let restore = Restore::armed(screen.restoring_hook());
    if !plain {
        screen.enter().map_err(broken)?;
    }
    let (answers, results) = mpsc::unbounded_channel();
    let mut runner = Runner {
        desk,
        state,
        screen,
        drawer: Drawer::default(),
        linear: plain.then(Linear::default),
        keys,
        port: None,
        reader: None,
        answers,
        results,
        turned: 0,
        act: None,
        clock: Instant::now(),
        urgent: true,
        changed: true,
        drawn: Instant::now(),
        stopped: None,
        loading: false,
        code: None,
    };
    runner.draw()?;
    runner.carry_out(effects.into()).await?;
    let code = runner.work().await;
    runner.leave().await;
    drop(restore);
    code
}

fn broken(error: std::io::Error) -> Error {
    Error::io("write", "the terminal", &error)
}

struct Runner {
    desk: Arc<dyn Desk>,
    state: State,
    screen: Screen<Stdout>,
    drawer: Drawer,
    /// In place of the screen, where everything is said once and in order.
    linear: Option<Linear>,
    keys: Keyboard,
    port: Option<Arc<dyn Port>>,
    reader: Option<Reader>,
    answers: mpsc::UnboundedSender<Answer>,
    results: mpsc::UnboundedReceiver<Answer>,
    /// Counts the sessions that were let go of: one that was being opened meanwhile is not wanted any more.
    turned: u64,
    /// The act that can be cancelled.
    act: Option<tokio::task::AbortHandle>,
    clock: Instant,
    /// Something was typed: the next frame is drawn at once.
    urgent: bool,
    changed: bool,
    drawn: Instant,
    /// When we came back from having stopped ourselves, until the signal of it arrives.
    stopped: Option<Instant>,
    /// The grammars are being read.
    loading: bool,
    code: Option<u8>,
}

/// What was done, looked up or opened.
enum Answer {
    Input(Input),
    /// As wanted when so many sessions had been let go of.
    Opened(u64, Result<Opened>),
}

/// What woke us.
enum Woken {
    Keys(Vec<Input>),
    Item(Option<Result<Item>>),
    Answer(Answer),
    Signal(Signal),
    Continued,
    Resized,
    Time,
}

impl Runner {
    fn now(&self) -> u64 {
        self.clock.elapsed().as_millis() as u64
    }

    async fn work(&mut self) -> Result<u8> {
        let mut signals = Signals::listen()?;
        loop {
            if let Some(code) = self.code {
                return Ok(code);
            }
            let woken = self.wait(&mut signals).await?;
            let mut inputs: VecDeque<Input> = VecDeque::new();
            match woken {
                Woken::Keys(typed) => inputs.extend(typed),
                Woken::Resized => {
                    self.resized();
                    (self.changed, self.urgent) = (true, true);
                }
                Woken::Continued => self.brought_back()?,
                Woken::Signal(signal) => inputs.push_back(Input::Signal(signal)),
                Woken::Answer(Answer::Input(input)) => inputs.push_back(input),
                Woken::Answer(Answer::Opened(turned, opened)) if turned == self.turned => {
                    inputs.push_back(Input::Opened(opened.map(|opened| {
                        self.reader = Some(opened.port.read(opened.past));
                        self.port = Some(opened.port);
                        (opened.session, opened.past)
                    })));
                }
                Woken::Answer(Answer::Opened(..)) => {}
                Woken::Item(item) => self.take_items(item, &mut inputs),
                Woken::Time => inputs.push_back(Input::Tick),
            }
            for input in inputs {
                self.urgent |= State::is_urgent(&input);
                self.changed = true;
                let now = self.now();
                let effects = self.state.update(input, now);
                self.carry_out(effects.into()).await?;
            }
            if self.changed && (self.urgent || self.drawn.elapsed() >= FRAME) {
                self.draw()?;
            }
        }
    }

    /// All that the session says by now.
    fn take_items(&mut self, first: Option<Result<Item>>, inputs: &mut VecDeque<Input>) {
        let mut next = first;
        loop {
            match next {
                Some(Ok(item)) => inputs.push_back(Input::Item(item)),
                Some(Err(error)) => inputs.push_back(Input::Found(Err(error))),
                None => {
                    self.let_go();
                    inputs.push_back(Input::Ended(None));
                    return;
                }
            }
            let Some(reader) = self.reader.as_mut().filter(|_| inputs.len() < BATCH) else { return };
            match reader.next().now_or_never() {
                Some(more) => next = more,
                None => return,
            }
        }
    }

    async fn wait(&mut self, signals: &mut Signals) -> Result<Woken> {
        let frame = (self.changed && !self.urgent).then(|| FRAME.saturating_sub(self.drawn.elapsed()));
        let second = self.state.is_working().then(|| SECOND.saturating_sub(self.drawn.elapsed()));
        let deadline = self.state.deadline().map(|at| Duration::from_millis(at.saturating_sub(self.now())));
        let sleep = [frame, second, deadline].into_iter().flatten().min();
        let reader = &mut self.reader;
        let item = async {
            match reader {
                Some(reader) => reader.next().await,
                None => std::future::pending().await,
            }
        };
        let time = async {
            match sleep {
                Some(time) => tokio::time::sleep(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            typed = self.keys.next() => typed.map(Woken::Keys),
            signal = signals.next() => Ok(match signal {
                Signalled::End(signal) => Woken::Signal(signal),
                Signalled::Resized => Woken::Resized,
                Signalled::Continued => Woken::Continued,
            }),
            Some(answer) = self.results.recv() => Ok(Woken::Answer(answer)),
            item = item => Ok(Woken::Item(item)),
            () = time => Ok(Woken::Time),
        }
    }

    fn resized(&mut self) {
        self.state.size = host::size();
        self.screen.resize(self.state.size);
        self.state.composer.set_width(self.state.size.0);
    }

    fn draw(&mut self) -> Result<()> {
        let now = self.now();
        self.state.clock = host::clock();
        // A frame of the old size would be garbled.
        if host::size() != self.state.size {
            self.resized();
        }
        if let Some(linear) = &mut self.linear {
            linear.say(&mut self.state, &mut std::io::stdout()).map_err(broken)?;
        } else if Drawer::is_full(&self.state) {
            let (columns, rows) = self.state.size;
            let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
            let cursor = self.drawer.full(&mut self.state, &mut buffer, now);
            self.screen.full(&buffer, cursor).map_err(broken)?;
        } else {
            let inline = self.drawer.inline(&self.state, now);
            self.screen.inline(&inline.finished, &inline.live, inline.cursor).map_err(broken)?;
        }
        let now = self.now();
        self.state.drawn(now);
        self.load_highlighter();
        (self.urgent, self.changed, self.drawn) = (false, false, Instant::now());
        Ok(())
    }

    /// Source is coloured once there is some: its grammars are read on another thread.
    fn load_highlighter(&mut self) {
        if self.state.highlighter.wanted() && !self.loading {
            self.loading = true;
            let (highlighter, answers) = (Arc::clone(&self.state.highlighter), self.answers.clone());
            tokio::task::spawn_blocking(move || {
                highlighter.load();
                let _ = answers.send(Answer::Input(Input::Tick));
            });
        }
    }

    async fn carry_out(&mut self, mut effects: VecDeque<Effect>) -> Result<()> {
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Open(open) => {
                    self.let_go();
                    let opening = self.desk.open(open);
                    let turned = self.turned;
                    self.answer(async move { Answer::Opened(turned, opening.await) });
                }
                Effect::Close => self.let_go(),
                Effect::Send(command) => {
                    let told = match &self.port {
                        Some(port) => port.send(command.clone()).await.is_ok(),
                        None => false,
                    };
                    if !told {
                        let now = self.now();
                        effects.extend(self.state.update(Input::Ended(Some(command)), now));
                    }
                }
                Effect::Look(look) => {
                    let looking = self.desk.look(look);
                    self.answer(async move { Answer::Input(Input::Found(looking.await)) });
                }
                Effect::Act(purpose, act) if act.needs_terminal() => {
                    let done = self.act_outside(act).await?;
                    let now = self.now();
                    effects.extend(self.state.update(Input::Done(purpose, done), now));
                }
                Effect::Act(purpose, act) => self.act(purpose, act),
                Effect::Cancel => {
                    if let Some(act) = self.act.take() {
                        act.abort();
                    }
                }
                Effect::Copy(text) => self.screen.copy(&text).map_err(broken)?,
                Effect::Call(text) => self.screen.call(&self.state.preferences.notify, &text).map_err(broken)?,
                Effect::Title(_) if self.linear.is_some() => {}
                Effect::Title(text) => self.screen.title(&text).map_err(broken)?,
                Effect::Suspend => self.suspend()?,
                Effect::Redraw if self.linear.is_some() => {}
                Effect::Redraw => {
                    self.screen.redraw().map_err(broken)?;
                    self.urgent = true;
                }
                Effect::Quit(code) => self.code = Some(code),
            }
        }
        Ok(())
    }

    fn let_go(&mut self) {
        self.reader = None;
        self.port = None;
        self.turned += 1;
    }

    fn answer(&self, future: impl Future<Output = Answer> + Send + 'static) -> tokio::task::AbortHandle {
        let answers = self.answers.clone();
        tokio::spawn(async move {
            let _ = answers.send(future.await);
        })
        .abort_handle()
    }

    fn act(&mut self, purpose: For, act: Act) {
        let cancellable = purpose == For::Command;
        let acting = self.desk.act(act);
        let handle = self.answer(async move {
            let done = acting.await;
            Answer::Input(Input::Done(purpose, done))
        });
        if cancellable {
            self.act = Some(handle);
        }
    }

    /// An act that has the terminal for itself.
    async fn act_outside(&mut self, act: Act) -> Result<Result<crate::base::desk::Done>> {
        self.step_aside()?;
        let done = self.desk.act(act).await;
        self.continued()?;
        Ok(done)
    }

    /// Ctrl-z: the shell has the terminal until it brings us back.
    fn suspend(&mut self) -> Result<()> {
        self.step_aside()?;
        host::stop_self();
        self.stopped = Some(Instant::now());
        self.continued()
    }

    /// A shell brought us back: whoever had the terminal may have set it as it liked.
    fn brought_back(&mut self) -> Result<()> {
        self.keys.stop();
        // Who stopped itself is back already, and has nothing on the screen that is not its own.
        let is_back = self.stopped.take().is_some_and(|since| since.elapsed() < SECOND);
        if self.linear.is_none() && !is_back {
            self.screen.leave().map_err(broken)?;
        }
        self.continued()
    }

    /// The terminal is somebody else's for a while.
    fn step_aside(&mut self) -> Result<()> {
        self.keys.stop();
        if self.linear.is_some() {
            return Ok(());
        }
        // Of the composer nothing stays behind, but what the user left with does.
        if !self.state.gone {
            self.screen.inline(&[], &[], None).map_err(broken)?;
        }
        self.screen.leave().map_err(broken)
    }

    fn continued(&mut self) -> Result<()> {
        self.keys.again()?;
        if self.linear.is_none() {
            self.screen.enter().map_err(broken)?;
        }
        (self.urgent, self.changed) = (true, true);
        Ok(())
    }

    /// The last words stay above, the terminal is as it was, and the session ends; also where the terminal is gone.
    async fn leave(&mut self) {
        self.let_go();
        self.state.bid_farewell();
        let _ = self.draw();
        let _ = self.step_aside();
        self.desk.close().await;
    }
}
