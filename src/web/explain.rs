//! Explanations in plain sentences, English and Chinese (DIV-9): which step decided, who was chosen and how they stood,
//! who else could have been, who could not and why. Says only what the stored explanation holds.

use crate::domain::explain::{Exclusion, Explanation, Seen, Step};
use crate::domain::id::AgentNo;

const EXCLUSIONS: [Exclusion; 6] =
    [Exclusion::Offline, Exclusion::Suspended, Exclusion::Full, Exclusion::WeightZero, Exclusion::OutOfScope, Exclusion::Disabled];

/// Minutes, hours or days, whichever a person would say: (number, English unit, Chinese unit).
fn age(ms: u64) -> (u64, &'static str, &'static str) {
    match ms / 60_000 {
        0 => (ms / 1_000, "s", "秒"),
        minutes @ 1..=119 => (minutes, "min", "分钟"),
        minutes if minutes < 72 * 60 => (minutes / 60, "h", "小时"),
        minutes => (minutes / 1_440, "days", "天"),
    }
}

/// Did weights and loads choose among several?
fn weighed(step: &Step) -> bool {
    match step {
        Step::Rule { .. } | Step::FallbackGroup { .. } | Step::AnyAgent | Step::PassedToGroup { .. } => true,
        Step::RecentContact { substitute, .. } => *substitute,
        Step::ShopGate | Step::Transferred { .. } => false,
    }
}

fn numbers<'a>(agents: impl Iterator<Item = &'a Seen>, separator: &str) -> String {
    agents.map(|s| s.agent.0.to_string()).collect::<Vec<_>>().join(separator)
}

fn seen(why: &Explanation, agent: AgentNo) -> Option<&Seen> {
    why.seen.iter().find(|s| s.agent == agent)
}

/// Candidates who were not chosen.
fn behind(why: &Explanation) -> impl Iterator<Item = &Seen> {
    why.seen.iter().filter(|s| s.excluded.is_none() && Some(s.agent) != why.chosen)
}

fn excluded(why: &Explanation, exclusion: Exclusion) -> impl Iterator<Item = &Seen> + Clone {
    why.seen.iter().filter(move |s| s.excluded == Some(exclusion) && Some(s.agent) != why.chosen)
}

/// In English.
pub fn english(why: &Explanation) -> String {
    let mut text = english_step(why);
    english_before(why, &mut text);
    english_outcome(why, &mut text);
    let others: Vec<String> = behind(why).map(|s| format!("agent {} ({})", s.agent.0, english_standing(s))).collect();
    if !others.is_empty() {
        text.push_str(&format!(" Also possible: {}.", others.join(", ")));
    }
    let reasons: Vec<String> = EXCLUSIONS
        .into_iter()
        .filter(|e| excluded(why, *e).next().is_some())
        .map(|e| format!("{}: {}", english_exclusion(e), numbers(excluded(why, e), ", ")))
        .collect();
    if !reasons.is_empty() {
        text.push_str(&format!(" Agents who could not receive it — {}.", reasons.join("; ")));
    }
    if why.unlisted > 0 {
        text.push_str(&format!(" {} more agents are not listed.", why.unlisted));
    }
    text
}

fn english_step(why: &Explanation) -> String {
    match &why.step {
        Step::ShopGate => "Nobody of the shop was online and taking buyers.".into(),
        Step::RecentContact { agent, age_ms, substitute } => {
            let (n, unit, _) = age(*age_ms);
            let contact = format!("Agent {} spoke with this buyer {n} {unit} ago", agent.0);
            if *substitute {
                format!("{contact} but could not receive it now, so a colleague was sought.")
            } else {
                format!("{contact}, and a buyer goes back to whom they spoke with last.")
            }
        }
        Step::Rule { index, name, version } => format!("Rule {} “{name}” of rule set {version} applied.", index + 1),
        Step::FallbackGroup { group } => format!("No rule applied, so the fallback group {} was asked.", group.0),
        Step::AnyAgent => "No rule and no fallback group applied, so every agent of the shop was asked.".into(),
        Step::PassedToGroup { group } => format!("A person passed it to group {}.", group.0),
        Step::Transferred { by, reason, note, over_capacity } => {
            let mut text = format!("Agent {} passed it on", by.0);
            if !reason.is_empty() {
                text.push_str(&format!(", reason: “{reason}”"));
            }
            if !note.is_empty() {
                text.push_str(&format!(", note: “{note}”"));
            }
            text.push('.');
            if *over_capacity {
                text.push_str(" It went over the limit: a person may, and was told.");
            }
            text
        }
    }
}

fn english_before(why: &Explanation, text: &mut String) {
    if why.waited {
        text.push_str(" It had waited in the queue until somebody became free.");
    }
    if let Some(from) = why.from.filter(|_| !matches!(why.step, Step::Transferred { .. })) {
        text.push_str(&format!(" Agent {} had it before.", from.0));
    }
}

fn english_outcome(why: &Explanation, text: &mut String) {
    let Some(chosen) = why.chosen else {
        text.push_str(&format!(" Nobody could take it, so it waits in the queue ({} were waiting).", why.queue_len));
        return;
    };
    text.push_str(&format!(" Agent {} receives it", chosen.0));
    if let Some(standing) = seen(why, chosen) {
        text.push_str(&format!(" ({})", english_standing(standing)));
        if let Some(exclusion) = standing.excluded {
            text.push_str(&format!(", although {}", english_exclusion(exclusion)));
        }
    }
    if weighed(&why.step) {
        text.push_str(": not busy comes before busy, then the lowest load for its weight, then who received least recently");
    }
    text.push('.');
}

fn english_standing(s: &Seen) -> String {
    format!("load {}, weight {}{}", s.load, s.weight, if s.busy { ", busy" } else { "" })
}

fn english_exclusion(exclusion: Exclusion) -> &'static str {
    match exclusion {
        Exclusion::Offline => "offline",
        Exclusion::Suspended => "suspended",
        Exclusion::Full => "at the limit",
        Exclusion::WeightZero => "weight 0",
        Exclusion::OutOfScope => "not in the groups or agents that were asked",
        Exclusion::Disabled => "account disabled",
    }
}

/// In Chinese.
pub fn chinese(why: &Explanation) -> String {
    let mut text = chinese_step(why);
    chinese_before(why, &mut text);
    chinese_outcome(why, &mut text);
    let others: Vec<String> = behind(why).map(|s| format!("客服 {}({})", s.agent.0, chinese_standing(s))).collect();
    if !others.is_empty() {
        text.push_str(&format!("其他可接待的客服:{}。", others.join("、")));
    }
    let reasons: Vec<String> = EXCLUSIONS
        .into_iter()
        .filter(|e| excluded(why, *e).next().is_some())
        .map(|e| format!("{}:{}", chinese_exclusion(e), numbers(excluded(why, e), "、")))
        .collect();
    if !reasons.is_empty() {
        text.push_str(&format!("未能接待的客服——{}。", reasons.join(";")));
    }
    if why.unlisted > 0 {
        text.push_str(&format!("另有 {} 位客服未列出。", why.unlisted));
    }
    text
}

fn chinese_step(why: &Explanation) -> String {
    match &why.step {
        Step::ShopGate => "店铺当时没有在线且未挂起的客服。".into(),
        Step::RecentContact { agent, age_ms, substitute } => {
            let (n, _, unit) = age(*age_ms);
            let contact = format!("客服 {} 在 {n} {unit}前接待过该买家", agent.0);
            if *substitute {
                format!("{contact},但当时无法接待,因此转由同事接待。")
            } else {
                format!("{contact},按最近联系人优先分配。")
            }
        }
        Step::Rule { index, name, version } => format!("命中第 {} 条分流规则“{name}”(规则版本 {version})。", index + 1),
        Step::FallbackGroup { group } => format!("没有命中任何规则,由兜底分组 {} 接待。", group.0),
        Step::AnyAgent => "没有命中任何规则,也没有兜底分组,在全店客服中分配。".into(),
        Step::PassedToGroup { group } => format!("由人工转接到分组 {}。", group.0),
        Step::Transferred { by, reason, note, over_capacity } => {
            let mut text = format!("客服 {} 人工转接", by.0);
            if !reason.is_empty() {
                text.push_str(&format!(",原因:“{reason}”"));
            }
            if !note.is_empty() {
                text.push_str(&format!(",备注:“{note}”"));
            }
            text.push('。');
            if *over_capacity {
                text.push_str("超出了接待上限:人工操作允许超出,并已提示。");
            }
            text
        }
    }
}

fn chinese_before(why: &Explanation, text: &mut String) {
    if why.waited {
        text.push_str("此前在排队,直到有客服空出。");
    }
    if let Some(from) = why.from.filter(|_| !matches!(why.step, Step::Transferred { .. })) {
        text.push_str(&format!("此前由客服 {} 接待。", from.0));
    }
}

fn chinese_outcome(why: &Explanation, text: &mut String) {
    let Some(chosen) = why.chosen else {
        text.push_str(&format!("没有客服可以接待,进入排队(当时有 {} 个在排队)。", why.queue_len));
        return;
    };
    text.push_str(&format!("由客服 {} 接待", chosen.0));
    if let Some(standing) = seen(why, chosen) {
        text.push_str(&format!("({})", chinese_standing(standing)));
        if let Some(exclusion) = standing.excluded {
            text.push_str(&format!(",尽管{}", chinese_exclusion(exclusion)));
        }
    }
    if weighed(&why.step) {
        text.push_str(":不繁忙者优先,其次负载与权重之比最低者,再次最久未接待者");
    }
    text.push('。');
}

fn chinese_standing(s: &Seen) -> String {
    format!("负载 {},权重 {}{}", s.load, s.weight, if s.busy { ",繁忙" } else { "" })
}

fn chinese_exclusion(exclusion: Exclusion) -> &'static str {
    match exclusion {
        Exclusion::Offline => "离线",
        Exclusion::Suspended => "挂起",
        Exclusion::Full => "已达接待上限",
        Exclusion::WeightZero => "权重为 0",
        Exclusion::OutOfScope => "不在接待范围内",
        Exclusion::Disabled => "账号已停用",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::Millis;

    fn at(agent: u32, excluded: Option<Exclusion>) -> Seen {
        Seen { agent: AgentNo(agent), load: 2, weight: 3, busy: false, excluded }
    }

    fn decision(step: Step, chosen: Option<u32>, seen: Vec<Seen>) -> Explanation {
        let chosen = chosen.map(AgentNo);
        Explanation { at: Millis(0), step, from: None, waited: false, chosen, group: None, seen, unlisted: 0, queue_len: 4 }
    }

    // SPEC: DIV-9
    #[test]
    fn a_decision_says_why_a_suspended_agent_and_why_not_me() {
        let recent = Step::RecentContact { agent: AgentNo(3), age_ms: 7_200_000, substitute: false };
        let why = decision(recent, Some(3), vec![at(3, Some(Exclusion::Suspended)), at(4, Some(Exclusion::Offline)), at(5, None)]);
        let (english, chinese) = (english(&why), chinese(&why));
        assert!(english.contains("Agent 3 spoke with this buyer 2 h ago"), "{english}");
        assert!(english.contains("although suspended") && english.contains("offline: 4") && english.contains("agent 5"), "{english}");
        assert!(chinese.contains("2 小时前") && chinese.contains("尽管挂起") && chinese.contains("离线:4"), "{chinese}");
    }

    #[test]
    fn nobody_chosen_means_it_waits() {
        let rule = Step::Rule { index: 0, name: "tea".into(), version: 2 };
        let why = decision(rule, None, vec![at(1, Some(Exclusion::Full)), at(2, Some(Exclusion::Full))]);
        assert!(english(&why).starts_with("Rule 1 “tea” of rule set 2 applied. Nobody could take it"));
        assert!(english(&why).ends_with("at the limit: 1, 2."));
        assert!(chinese(&why).contains("已达接待上限:1、2"));
    }
}
