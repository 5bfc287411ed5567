//! `fenliu why`: the decisions about one reception, in the words of the endpoint, from a data folder that may be in use.

use super::StartError;
use crate::config::Config;
use crate::domain::conversation::conversation_id;
use crate::domain::id::{AgentNo, ConversationId, Millis, ReceptionNo};
use crate::domain::schedule::Zone;
use crate::store::Store;
use crate::web::explain::{self, Sentences};

/// Whose reception.
#[derive(Clone, Debug)]
pub enum Whose {
    /// The platform's own id of the buyer.
    Buyer(String),
    /// A conversation's 32 hexadecimal digits.
    Conversation(String),
}

/// In which language the answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The shop's name in addresses.
    pub shop: String,
    pub whose: Whose,
    /// None: the last one.
    pub reception: Option<ReceptionNo>,
    /// Who asks "why me?", or "why not me?".
    pub agent: Option<u32>,
    pub language: Language,
}

/// Every decision about a reception, oldest first. Reads only, also while a server runs on the folder; what that server commits from now
/// on is not in the answer.
pub fn why(config: &Config, question: &Question) -> Result<String, StartError> {
    let unknown = |problem: String| Err(StartError::Unknown(problem));
    let Question { shop, whose, reception, agent, language } = question;
    let store = Store::open_read_only(&config.data_dir)?;
    let Some(scope) = store.shop_by_name(shop)? else {
        return unknown(format!("there is no shop {shop:?} in {}: give the name under which it was created", config.data_dir.display()));
    };
    let settings = store.shop(scope)?.map(|known| known.settings).unwrap_or_default();
    let id = match whose {
        Whose::Buyer(buyer) => conversation_id(scope, buyer),
        Whose::Conversation(digits) => match ConversationId::parse(digits) {
            Some(id) => id,
            None => return unknown(format!("{digits:?} is no conversation: give the 32 digits of 0-9 and a-f that the inbox shows")),
        },
    };
    let Some(summary) = store.conversation(scope, id)? else {
        return unknown(match whose {
            Whose::Buyer(buyer) => format!("buyer {buyer:?} never wrote to the shop {shop:?}: give the platform's id of the buyer"),
            Whose::Conversation(_) => format!("there is no conversation {id} in the shop {shop:?}: give its own shop with --shop"),
        });
    };
    let no = reception.unwrap_or(summary.reception);
    if !(1..=summary.reception).contains(&no) {
        return unknown(format!("there is no reception {no}: this conversation has the receptions 1 to {}", summary.reception));
    }
    let mut lines = vec![heading(*language, shop, &summary.buyer, id, no, summary.reception)];
    let zone = Zone::named(&settings.zone).unwrap_or_default();
    let decisions = store.explanations(scope, id, no)?;
    if decisions.is_empty() {
        lines.push(pick(*language, "Nothing has been decided about it yet.", "尚未作出分配。").into());
    }
    for decided in &decisions {
        let why = &decided.why;
        lines.push(format!("\n{} ({})", local(&zone, why.at), settings.zone));
        lines.push(format!("  {}", said(*language, explain::decision(why))));
        lines.extend(agent.map(|agent| format!("  {}", said(*language, explain::one_agent(why, AgentNo(agent))))));
    }
    Ok(lines.join("\n"))
}

fn heading(language: Language, shop: &str, buyer: &str, id: ConversationId, no: ReceptionNo, of: ReceptionNo) -> String {
    match language {
        Language::English => format!("shop {shop}, buyer {buyer}, conversation {id}: reception {no} of {of}"),
        Language::Chinese => format!("店铺 {shop},买家 {buyer},会话 {id}:第 {no} 次接待(共 {of} 次)"),
    }
}

fn pick<'a>(language: Language, english: &'a str, chinese: &'a str) -> &'a str {
    match language {
        Language::English => english,
        Language::Chinese => chinese,
    }
}

fn said(language: Language, sentences: Sentences) -> String {
    match language {
        Language::English => sentences.english,
        Language::Chinese => sentences.chinese,
    }
}

/// What the clock on the shop's wall showed.
fn local(zone: &Zone, at: Millis) -> String {
    let minute = zone.week_minute(at).minute;
    format!("{} {:02}:{:02}:{:02}", zone.day_of(at), minute / 60, minute % 60, at.0 / 1_000 % 60)
}
