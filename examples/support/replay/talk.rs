//! One recorded conversation, played: the buyer's turns in order, and the owner's recorded answers in between.

use crate::assistant::Assistant;
use crate::check::{Expected, Played};
use crate::floor::{ENTRIES, Floor, Open, Talk};
use crate::support::client::{Accepted, Client, From};
use crate::support::conversations::{Conversation, Speaker};
use crate::support::device::{Device, Side};
use crate::support::dice::Dice;
use crate::support::problem::Error;
use crate::tally::Tally;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

/// Life of the buyers' tokens: a run with its check.
const TOKEN_S: u64 = 24 * 3_600;

/// What all conversations of a run share.
pub struct Stage {
    pub client: Client,
    pub key: String,
    pub run: String,
    pub seed: u64,
    pub assistant: Assistant,
    pub tally: Rc<Tally>,
    /// Ctrl-C: nothing new is begun.
    pub stop: Rc<Cell<bool>>,
}

/// A buyer writes over HTTP or over a socket of its own.
enum Pen {
    Http(Client, String),
    Socket(Device),
}

impl Pen {
    async fn send(&self, id: &str, text: &str, entry: &str) -> Result<Accepted, Error> {
        match self {
            Pen::Http(client, token) => client.send(token, id, text, entry).await,
            Pen::Socket(device) => device.send(id, text, entry).await,
        }
    }
}

/// A conversation under way.
struct Play<'a> {
    stage: &'a Stage,
    floor: &'a Floor,
    talk: Rc<Talk>,
    played: Played,
    /// Message number of the last acknowledged message.
    last_seq: u64,
    /// Message number of the buyer's last one.
    buyer_seq: u64,
    entry: &'static str,
    n: usize,
}

/// Plays conversation number `n` of the run; what it returns is checked at the end.
pub async fn play(stage: &Stage, floor: &Floor, recorded: &Conversation, n: usize) -> Option<Played> {
    let mut dice = Dice::new(stage.seed, n as u64);
    let name: String = recorded.id.chars().take(40).collect();
    let buyer = format!("{}-{n}-{name}", stage.run);
    let token = match stage.client.buyer_token(&stage.key, &floor.shop, &buyer, &name, TOKEN_S).await {
        Ok(token) => token,
        Err(e) => {
            stage.tally.failed(format!("{}: no token: {e}", recorded.id));
            return None;
        }
    };
    let entry = ENTRIES[dice.below(ENTRIES.len())];
    let pen = if dice.below(4) == 0 {
        match Device::open(&stage.client, Side::Buyer, &token.token, |_, _| ()).await {
            Ok(device) => Pen::Socket(device),
            Err(e) => {
                stage.tally.failed(format!("{}: no socket: {e}", recorded.id));
                return None;
            }
        }
    } else {
        Pen::Http(stage.client.clone(), token.token.clone())
    };
    let talk = floor.begin(&token.conversation);
    let played = Played::new(&recorded.id, &floor.shop, token.token);
    let mut play = Play { stage, floor, talk, played, last_seq: 0, buyer_seq: 0, entry, n };
    if let Err(why) = play.turns(recorded, &pen, &token.conversation).await {
        stage.tally.failed(format!("{}: {why}", recorded.id));
    }
    floor.end(&token.conversation);
    if let Pen::Socket(device) = pen {
        stage.tally.disordered.set(stage.tally.disordered.get() + device.disordered());
        device.close().await;
    }
    stage.tally.count(&floor.shop, |c| c.conversations += 1);
    Some(play.played)
}

impl Play<'_> {
    async fn turns(&mut self, recorded: &Conversation, pen: &Pen, conversation: &str) -> Result<(), String> {
        let mut answered = false;
        let answers_left = |from: usize| recorded.turns[from..].iter().filter(|t| t.from == Speaker::Agent).count() as u64;
        for (i, turn) in recorded.turns.iter().enumerate() {
            if self.stage.stop.get() {
                return Ok(());
            }
            let text = turn.text.as_str();
            if text.trim().is_empty() || (turn.from == Speaker::Agent && self.buyer_seq == 0) {
                self.stage.tally.left_out.set(self.stage.tally.left_out.get() + 1);
                continue;
            }
            let done = match turn.from {
                Speaker::Buyer => self.buyer(pen, i, text).await,
                Speaker::Agent => self.agent(conversation, i, text).await,
            };
            answered |= turn.from == Speaker::Agent;
            if let Err(why) = done {
                if !self.stage.stop.get() {
                    self.stage.tally.count(&self.floor.shop, |c| c.unanswered += answers_left(i));
                }
                return if self.stage.stop.get() { Ok(()) } else { Err(format!("turn {}: {why}", i + 1)) };
            }
        }
        if self.buyer_seq > 0 { self.close(conversation, answered).await } else { Ok(()) }
    }

    fn message_id(&self, turn: usize) -> String {
        format!("{}-{}-{turn}", self.stage.run, self.n)
    }

    async fn buyer(&mut self, pen: &Pen, turn: usize, text: &str) -> Result<(), String> {
        let start = Instant::now();
        self.talk.starts(self.last_seq + 1, start);
        self.stage.tally.count(&self.floor.shop, |c| c.sent += 1);
        let result = pen.send(&self.message_id(turn), text, self.entry).await;
        self.played.expect(Expected::of(From::Buyer, text, &result));
        let accepted = result.map_err(|e| format!("the buyer's message: {e}"))?;
        self.stage.tally.acknowledge.borrow_mut().record(start.elapsed());
        self.stage.tally.count(&self.floor.shop, |c| c.acknowledged += 1);
        (self.last_seq, self.buyer_seq) = (accepted.seq, accepted.seq);
        Ok(())
    }

    async fn agent(&mut self, conversation: &str, turn: usize, text: &str) -> Result<(), String> {
        let mut moves = 0;
        let (stage, shop) = (self.stage, &self.floor.shop);
        let made_of = stage.assistant.offer(&stage.client, shop, conversation, text, self.buyer_seq).await;
        loop {
            let owner = self.floor.owner(&self.talk, self.buyer_seq, self.stage.client.patience(), || self.stage.stop.get()).await;
            let owner = owner.ok_or("no agent got it in time")?;
            let start = Instant::now();
            // Each owner's attempt has an id of its own: ids belong to their sender.
            let result = owner.device.answer(conversation, &format!("{}-{moves}", self.message_id(turn)), text, made_of).await;
            if result.as_ref().is_err_and(|e| e.code() == "not_owner") && moves < 5 {
                moves += 1;
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
            self.played.expect(Expected::of(From::Agent, text, &result));
            if result.as_ref().is_err_and(|e| e.code() == "guarded") {
                self.stage.tally.count(&self.floor.shop, |c| c.unanswered += 1);
                return Ok(());
            }
            let accepted = result.map_err(|e| format!("the agent's answer: {e}"))?;
            self.stage.tally.answer.borrow_mut().record(start.elapsed());
            self.stage.tally.count(&self.floor.shop, |c| c.answers += 1);
            self.stage.tally.adopted.set(self.stage.tally.adopted.get() + u64::from(made_of.is_some()));
            self.last_seq = accepted.seq;
            return Ok(());
        }
    }

    async fn close(&mut self, conversation: &str, answered: bool) -> Result<(), String> {
        let owner = self.floor.owner(&self.talk, self.buyer_seq, self.stage.client.patience(), || self.stage.stop.get()).await;
        let Some(owner) = owner else {
            return if self.stage.stop.get() { Ok(()) } else { Err("no agent got it in time".into()) };
        };
        let read = (!answered).then_some(self.buyer_seq);
        let ended = Open { conversation: conversation.to_owned(), token: owner.token.clone(), read };
        let Some(Open { conversation, token, read }) = self.floor.leave_open(ended) else { return Ok(()) };
        if let Some(seq) = read {
            self.stage.client.read(&token, &conversation, seq).await.map_err(|e| format!("marking as read: {e}"))?;
        }
        self.stage.client.close(&token, &conversation).await.map_err(|e| format!("closing: {e}"))?;
        self.stage.tally.count(&self.floor.shop, |c| c.closed += 1);
        Ok(())
    }
}
