//! An assistant that suggests answers, and agents who use them, change them, put them aside or name what is no longer there.
//!
//! Drawn from a stream of numbers of its own, so that a story without an assistant stays what it was.

use crate::broken::Checked;
use crate::people::Run;
use crate::random::Random;
use crate::world::{Caller, World};
use fenliu::domain::content::Extra;
use fenliu::domain::conversation::{Command, Conversation};
use fenliu::domain::event::{Actor, RetryKey};
use fenliu::domain::id::{AgentNo, ConversationId};
use fenliu::domain::suggestion::Adopted;

/// One and the same for every seed.
const STREAM: u64 = 0x6173_7369;
const ITEMS: [&str; 4] = ["有货,今天发", "in stock", "请稍等,马上查", "  明天到货  "];

/// The assistant of one run.
pub struct Assistant {
    a: Random,
    busy: u64,
    weights: [u32; 4],
    /// Ids of offers so far.
    ids: u64,
}

impl Assistant {
    pub fn draw(seed: u64) -> Assistant {
        let mut a = Random::new(seed ^ STREAM);
        let mut weights = [12, 8, 2, 2];
        for weight in &mut weights[1..] {
            *weight *= a.one(&[0, 1, 1, 3]);
        }
        Assistant { busy: a.one(&[20, 50, 90]), weights, a, ids: 0 }
    }
}

type Found = Option<(ConversationId, Conversation)>;

impl Run {
    /// Beside what happens anyway.
    pub fn assisted(&mut self) -> Checked {
        let Some(mut assistant) = self.assistant.take() else { return Ok(()) };
        let a = &mut assistant.a;
        let done = match a.chance(assistant.busy).then(|| a.weighted(&assistant.weights)) {
            None => Ok(()),
            Some(0) => self.suggests(a, &mut assistant.ids),
            Some(1) => self.adopts(a),
            Some(2) => self.puts_aside(a),
            Some(_) => self.names_another(a),
        };
        self.assistant = Some(assistant);
        done
    }

    fn one_open(&self, a: &mut Random, so: impl Fn(&Conversation) -> bool) -> Found {
        let all: Vec<_> = self.world.talks.iter().filter(|(_, talk)| so(talk)).collect();
        if all.is_empty() { None } else { Some(a.one(&all)).map(|(id, talk)| (*id, talk.clone())) }
    }

    /// Nearly always where a buyer waits.
    fn suggests(&mut self, a: &mut Random, ids: &mut u64) -> Checked {
        let anywhere = a.chance(10);
        let waits = |talk: &Conversation| anywhere || talk.open.as_ref().is_some_and(|open| open.unanswered_since.is_some());
        let Some((id, talk)) = self.one_open(a, waits) else { return Ok(()) };
        let again = a.chance(10);
        *ids += u64::from(!again);
        let last = talk.asked.last().copied();
        let for_seq = match a.below(4) {
            0 => last,
            1 => last.map(|last| last.saturating_sub(a.below(2))),
            _ => None,
        };
        let account = AgentNo(a.range(1, u64::from(self.knobs.staff)) as u32);
        let by = if a.chance(30) { Actor::Account(account) } else { Run::by() };
        let first = a.below(3) as usize;
        let items = ITEMS[first..=first + a.below(2) as usize].iter().map(|item| (*item).to_owned()).collect();
        let retry = RetryKey { client_id: *ids, body: 1 };
        let (oversees, guard) = (a.chance(50) || by == Run::by(), self.guard_of(account));
        self.world.ask(World::talk(id, Command::Suggest { by, oversees, for_seq, items, retry, guard }), Caller::Other)
    }

    /// The owner answers with the open offer, as it is or changed, or with nothing in it.
    fn adopts(&mut self, a: &mut Random) -> Checked {
        let usable = |talk: &Conversation| talk.suggestions.open.is_some() && talk.owner().is_some();
        let Some((id, talk)) = self.one_open(a, usable) else { return Ok(()) };
        let (Some(agent), Some(offer)) = (talk.owner(), talk.suggestions.open) else { return Ok(()) };
        let item = a.below(offer.items.len() as u64) as u8;
        let text = match a.below(10) {
            0..5 => offer.items[usize::from(item)].clone(),
            5 => offer.items[usize::from(item)].trim().to_owned(),
            6 => "?".to_owned(),
            _ => format!("{} 好的", offer.items[usize::from(item)]),
        };
        self.answers_with(id, agent, text, offer.no, item)
    }

    fn answers_with(&mut self, id: ConversationId, agent: AgentNo, text: String, offer: u32, item: u8) -> Checked {
        let extra = Extra { suggestion: Some(Adopted { offer, item, edited: false }), ..Extra::default() };
        self.tries_with(id, agent, text, extra.boxed())
    }

    fn puts_aside(&mut self, a: &mut Random) -> Checked {
        let Some((id, talk)) = self.one_open(a, |talk| talk.suggestions.offered > 0) else { return Ok(()) };
        let by = talk.owner().unwrap_or(AgentNo(1));
        let offer = (talk.suggestions.offered + 1).saturating_sub(a.below(3) as u32);
        self.world.ask(World::talk(id, Command::DismissSuggestion { by, oversees: a.chance(50), offer }), Caller::Other)
    }

    /// An offer that is over, one that never was, or an item that it does not have.
    fn names_another(&mut self, a: &mut Random) -> Checked {
        let Some((id, talk)) = self.one_open(a, |talk| talk.owner().is_some()) else { return Ok(()) };
        let agent = talk.owner().unwrap_or(AgentNo(1));
        let offer = (talk.suggestions.offered + 1).saturating_sub(a.below(4) as u32);
        self.answers_with(id, agent, a.one(&ITEMS).to_owned(), offer, a.below(3) as u8)
    }
}
