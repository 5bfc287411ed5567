//! What an account may send, and what follows when it breaks the rules (GRD-6, GRD-7, GRD-8): its answers while it does not stand well,
//! its habits, the ladder, the test, the undertaking.
//!
//! Only sending stops: nothing here touches what reaches the account. Whether it may be given buyers is the shop's to say, which knows
//! what its role allows; it is asked whenever that changes.

use super::Agent;
use crate::domain::content::Extra;
use crate::domain::event::{Actor, Author, Conducted, Event, Heard, RetryKey};
use crate::domain::facts::Priority;
use crate::domain::guard::Guard;
use crate::domain::guard::conduct::{Conduct, Question, Step};
use crate::domain::guard::habits::{self, Answered};
use crate::domain::guard::record::{Caught, Ground, Origin, Penalty, Violation};
use crate::domain::guard::standing::{ALL_POINTS, Hold, Pace, Undertaking};
use crate::domain::id::{ConversationId, Millis};
use crate::domain::notify::{Class, Topic, courier};
use crate::domain::refusal::Refusal;
use crate::domain::{Answer, Decision, Effect, Reply, conversation, shop};
use crate::limits;
use std::sync::Arc;

/// What it says to a buyer, and from where.
pub(super) struct Speech {
    pub conversation: ConversationId,
    pub text: String,
    pub extra: Option<Box<Extra>>,
    pub retry: RetryKey,
    pub guard: Arc<Guard>,
    pub origin: Origin,
}

/// What it has said.
pub(super) struct Said {
    pub conversation: ConversationId,
    pub text: String,
    pub made: bool,
    pub guard: Arc<Guard>,
    pub origin: Origin,
}

/// Nobody tries again what has no client message id.
const NO_RETRY: RetryKey = RetryKey { client_id: 0, body: 0 };

fn amiss(field: &'static str, problem: impl Into<String>) -> Refusal {
    Refusal::Invalid { field, problem: problem.into() }
}

impl Agent {
    pub(super) fn say(&self, speech: Speech, now: Millis) -> Result<Decision, Refusal> {
        let agent = self.place().1;
        if !self.standing.may_send() {
            return Ok(self.caught(speech, now));
        }
        let mut decision = Decision::default();
        if now < self.standing.throttled_until {
            match self.standing.pace(speech.retry, speech.guard.conduct.throttled_per_min, now) {
                Pace::Again => {}
                Pace::Go(at) => decision.events.push(Event::Conduct { agent, at, what: Conducted::SentSlowly { retry: speech.retry } }),
                Pace::Wait(until) => return Err(Refusal::TooMany { retry_after_s: until.since(now).div_ceil(1_000).max(1) }),
            }
        }
        let Speech { conversation, text, extra, retry, guard, origin } = speech;
        let command = conversation::Command::Answer { agent, text, extra, retry, guard, origin };
        decision.answer = Answer::Forward(Effect::Conversation(self.place().0, conversation, command).into());
        Ok(decision)
    }

    /// It cannot send now; that it tried is kept (GRD-9). The same attempt again is none of its own.
    fn caught(&self, speech: Speech, at: Millis) -> Decision {
        let decision = Decision::reply(Reply::Caught { ground: Box::new(Ground::Held) });
        let Speech { conversation, text, retry, guard, origin, .. } = speech;
        if self.standing.last_caught == Some(retry) && retry != NO_RETRY {
            return decision;
        }
        let (by, coupon) = (Author::Agent(self.place().1), guard.holds_coupon(&text));
        let caught = Caught { conversation, by, text, ground: Ground::Held, sent: None, coupon, origin, retry, at };
        decision.event(Event::TextCaught { caught: Box::new(caught) })
    }

    pub(super) fn said(&self, said: Said, now: Millis) -> Decision {
        let Said { conversation, text, made, guard, origin } = said;
        if !self.standing.may_send() || origin.batch {
            return Decision::default();
        }
        let (agent, rules) = (self.place().1, &guard.conduct.automation);
        let one = Answered::new(conversation, &text, made, rules, now);
        let seen = habits::Seen { text: &text, client: &origin.client, client_known: guard.knows_client(&origin) };
        let signs = self.habits.signs(&one, &seen, rules);
        let violation = self.habits.violation(&signs, rules, now);
        let mut decision = Decision::default().event(Event::Heard(Heard::Answered(one)));
        if !signs.is_empty() {
            decision.events.push(Event::Conduct { agent, at: now, what: Conducted::Flagged { signs } });
        }
        match violation {
            Some(signs) => self.punished(decision, Violation::Automation { signs }, None, &guard.conduct, now),
            None => decision,
        }
    }

    /// What is found by rule does not count twice: who cannot send has been told already. What a person reports does.
    pub(super) fn violate(&self, violation: Violation, by: Option<Actor>, conduct: &Conduct, now: Millis) -> Decision {
        let known = matches!(&violation, Violation::Reported { id, .. } if !id.is_empty() && self.standing.reports.contains(id));
        if known || by.is_none() && !self.standing.may_send() {
            return Decision::default();
        }
        self.punished(Decision::default(), violation, by, conduct, now)
    }

    /// The next step of the ladder.
    fn punished(&self, decision: Decision, violation: Violation, by: Option<Actor>, conduct: &Conduct, at: Millis) -> Decision {
        let no = self.standing.violations.saturating_add(1);
        let step = conduct.ladder.get(no as usize - 1).or(conduct.ladder.last()).cloned().unwrap_or(Step::WARNING);
        let penalty = Penalty { no, step, throttle_ms: conduct.throttle_ms };
        let (scope, agent) = self.place();
        let (class, priority, topic) = (Class::Guard, Priority::Normal, Topic::Violation { agent });
        let told = courier::Command::Notify { class, priority, topic, key: format!("violation/{}/{no}", agent.0) };
        let decision = decision.effect(Effect::Courier(scope, told));
        self.stands(decision.event(Event::Conduct { agent: self.place().1, at, what: Conducted::Violated { violation, penalty, by } }))
    }

    pub(super) fn draw_test(&self, questions: Vec<Question>, at: Millis) -> Result<Decision, Refusal> {
        match self.standing.hold {
            Hold::Frozen { test: true, .. } => {}
            Hold::Frozen { until, .. } => {
                let left_s = until.since(at).div_ceil(1_000);
                return Err(amiss("test", format!("nothing is left to be passed; the account may send again in {left_s} s by itself")));
            }
            Hold::None => return Err(amiss("test", "the account may send; there is no test to be passed")),
            Hold::Review { .. } => return Err(amiss("test", "no test helps here: give an undertaking, which will be reviewed")),
            Hold::Closed => return Err(amiss("test", "the account is closed for good")),
        }
        if questions.is_empty() {
            return Err(amiss("questions", "a test asks something"));
        }
        if let Some(after) = self.standing.test_after(at) {
            return Err(Refusal::TooMany { retry_after_s: after.since(at).div_ceil(1_000).max(1) });
        }
        Ok(Decision::default().event(Event::Conduct { agent: self.place().1, at, what: Conducted::TestDrawn { questions } }))
    }

    pub(super) fn take_test(&self, answers: &[u8], at: Millis) -> Result<Decision, Refusal> {
        let Some(questions) = &self.standing.test else {
            return Err(amiss("answers", "there is no test before this account; draw one"));
        };
        if answers.len() != questions.len() {
            return Err(amiss("answers", format!("{} questions, {} answers", questions.len(), answers.len())));
        }
        if let Some(at) = questions.iter().zip(answers).position(|(question, answer)| usize::from(*answer) >= question.answers.len()) {
            return Err(amiss(
                "answers",
                format!("answers[{at}] is none of the {} that the question has, from 0", questions[at].answers.len()),
            ));
        }
        let right = questions.iter().zip(answers).filter(|(question, answer)| question.right == **answer).count();
        let points = (right * ALL_POINTS as usize / questions.len().max(1)) as u32;
        let mut decision = Decision::reply(Reply::Tested { points });
        decision.events.push(Event::Conduct { agent: self.place().1, at, what: Conducted::TestTaken { points } });
        let over = matches!(self.standing.hold, Hold::Frozen { until, .. } if until <= at);
        if points == ALL_POINTS && over {
            decision.events.push(Event::Conduct { agent: self.place().1, at, what: Conducted::Lifted });
        }
        Ok(self.stands(decision))
    }

    pub(super) fn undertake(&self, text: String, due: Millis, at: Millis) -> Result<Decision, Refusal> {
        match &self.standing.hold {
            Hold::Review { undertaking: None } => {}
            Hold::Review { .. } => return Err(amiss("undertaking", "one is being reviewed; wait for the decision")),
            Hold::Closed => return Err(amiss("undertaking", "the account is closed for good")),
            _ => return Err(amiss("undertaking", "the account needs none")),
        }
        let (least, most) = (limits::UNDERTAKING_CHARS_MIN, limits::UNDERTAKING_CHARS_MAX);
        if !(least..=most).contains(&text.trim().chars().take(most + 1).count()) || text.chars().nth(most).is_some() {
            return Err(amiss("text", format!("{least} to {most} characters")));
        }
        let records_from = Millis(at.0.saturating_sub(limits::REVIEWED_RECORDS_MS));
        let undertaking = Undertaking { text, at, due, records_from };
        Ok(Decision::default().event(Event::Conduct { agent: self.place().1, at, what: Conducted::UndertakingGiven { undertaking } }))
    }

    pub(super) fn review(&self, lifted: bool, reason: String, by: Actor, at: Millis) -> Result<Decision, Refusal> {
        if !matches!(self.standing.hold, Hold::Review { undertaking: Some(_) }) {
            return Err(amiss("review", "no undertaking of this account waits for a review"));
        }
        Ok(self.stands(Decision::default().event(Event::Conduct {
            agent: self.place().1,
            at,
            what: Conducted::Reviewed { lifted, reason, by },
        })))
    }

    /// The clock: a freeze that ends by time alone is over.
    pub(super) fn lift(&self, at: Millis) -> Decision {
        match self.standing.lifts_at() {
            Some(until) if until <= at => {
                self.stands(Decision::default().event(Event::Conduct { agent: self.place().1, at, what: Conducted::Lifted }))
            }
            _ => Decision::default(),
        }
    }

    /// Where these events change whether it may send, the shop tells the dispatcher: nobody waits in vain for an answer.
    fn stands(&self, decision: Decision) -> Decision {
        let mut after = self.standing.clone();
        decision.events.iter().for_each(|event| after.apply(event));
        if after.may_send() == self.standing.may_send() {
            return decision;
        }
        let (scope, agent) = self.place();
        decision.effect(Effect::Shop(scope, shop::Command::AskServes { agent }))
    }
}
