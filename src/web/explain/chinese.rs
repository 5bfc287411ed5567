//! Explanations in Chinese.

use super::{Age, Because, Place, age, behind, exclusions, joined, seen, weighed};
use crate::domain::diversion::Strategy;
use crate::domain::explain::{Cause, Closed, Exclusion, Explanation, Outcome, Seen, Step};
use crate::domain::id::AgentNo;
use crate::domain::offline::Way;

pub fn decision(why: &Explanation) -> String {
    let mut text = [cause(why), step(&why.step), before(why), outcome(why)].concat();
    let others: Vec<String> = behind(why).map(|s| format!("客服 {}({})", s.agent.0, standing(s))).collect();
    if !others.is_empty() {
        text.push_str(&format!("其他可接待的客服:{}。", others.join("、")));
    }
    let reasons = exclusions(why, exclusion, ":", "、");
    if !reasons.is_empty() {
        text.push_str(&format!("未能接待的客服——{}。", reasons.join(";")));
    }
    if why.unlisted > 0 {
        text.push_str(&format!("另有 {} 位客服未列出。", why.unlisted));
    }
    text
}

pub fn one_agent(why: &Explanation, agent: AgentNo, place: &Place) -> String {
    let agent = agent.0;
    match place {
        Place::Chosen(standing) => {
            let although = standing.and_then(|s| s.excluded).map(|e| format!(",尽管{}", exclusion(e))).unwrap_or_default();
            format!("客服 {agent} 接待了该会话{although}。{}", step(&why.step))
        }
        Place::Excluded(reason) => format!("客服 {agent} 未接待:{}。", exclusion(*reason)),
        Place::Behind { own, first, because } => {
            let other = why.chosen().map_or(0, |a| a.0);
            let because = match (because, first) {
                (Because::Named, _) => step(&why.step).trim_end_matches('。').to_owned(),
                (Because::Busy, _) => format!("客服 {agent} 当时繁忙,客服 {other} 不繁忙"),
                (Because::Load, Some(first)) => format!(
                    "客服 {agent} 负载 {}、权重 {},客服 {other} 负载 {}、权重 {},后者负载与权重之比更低",
                    own.load, own.weight, first.load, first.weight
                ),
                (Because::Load | Because::Turn, _) => format!("客服 {agent} 最近刚接待过,轮到对方"),
            };
            let because = if because.is_empty() { "由人工指定该客服".to_owned() } else { because };
            format!("客服 {agent} 本可接待,但客服 {other} 优先:{because}。")
        }
        Place::NotAsked => format!("客服 {agent} 未被询问。{}", step(&why.step)),
        Place::NotListed => {
            let (listed, more) = (why.seen.len(), why.unlisted);
            format!("客服 {agent} 不在列出的 {listed} 位客服之中;另有 {more} 位未列出,记录中没有其原因。")
        }
        Place::Unknown => format!("当时没有客服 {agent}。"),
    }
}

fn ago(ms: u64) -> String {
    match age(ms) {
        Age::Seconds(n) => format!("{n} 秒"),
        Age::Minutes(n) => format!("{n} 分钟"),
        Age::Hours(n) => format!("{n} 小时"),
        Age::Days(n) => format!("{n} 天"),
    }
}

fn cause(why: &Explanation) -> String {
    match &why.cause {
        Cause::Opened => String::new(),
        Cause::Waited => "此前在排队,直到有客服空出。".into(),
        Cause::WaitedTooLong => "排队时间已达店铺设置的上限。".into(),
        Cause::AgentOffline => "原客服离线已超过宽限时间。".into(),
        Cause::AgentBarred { why } => format!("原客服已不能接待买家:{}。", exclusion(*why)),
        Cause::NoAnswer { after_ms, moves } => format!("原客服在 {}内未回复,这是该接待第 {moves} 次转移。", ago(*after_ms)),
        Cause::WroteAgain => "买家在离线消息池中再次留言。".into(),
        Cause::FactsChanged => "等待期间买家信息有变化。".into(),
        Cause::Slot { .. } => "由离线消息自动分配从消息池中取出。".into(),
        Cause::Person { by, reason, note, over_capacity } => {
            let mut text = format!("客服 {} {}", by.0, if why.from.is_some() { "人工转接" } else { "手动分配" });
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

fn step(step: &Step) -> String {
    match step {
        Step::Offline { why, way } => {
            let why = match why {
                Closed::NobodyOnline => "店铺当时没有在线且未挂起的客服",
                Closed::QueueFull => "排队人数已满",
                Closed::WaitedTooLong => "排队等待结束",
            };
            let way = match way {
                Way::Pool => "进入离线消息池".into(),
                Way::Deputy(agent) => format!("由代理账号(客服 {})接收", agent.0),
                Way::MainAccount => "由主账号接收".into(),
            };
            format!("{why},按离线消息处理:{way}。")
        }
        Step::RecentContact { agent, age_ms, substitute } => {
            let contact = format!("客服 {} 在 {}前接待过该买家", agent.0, ago(*age_ms));
            if *substitute {
                format!("{contact},但当时无法接待,因此转由同事接待。")
            } else {
                format!("{contact},按最近联系人优先分配。")
            }
        }
        Step::Dedicated { agent } => format!("客服 {} 是该买家的专属客服。", agent.0),
        Step::Scope { by, groups, version } => {
            let dimensions = ["买家", "商品", "意图", "订单"];
            let by: Vec<&str> = dimensions.into_iter().enumerate().filter(|(bit, _)| by >> bit & 1 == 1).map(|(_, d)| d).collect();
            let groups = joined(groups.iter().map(|g| g.0), "、");
            let by = if by.is_empty() { String::new() } else { format!(",依据:{}", by.join("、")) };
            format!("按接待范围(规则版本 {version})匹配到分组 {groups}{by}。")
        }
        Step::Rule { index, name, version } => format!("命中第 {} 条分流规则“{name}”(规则版本 {version})。", index + 1),
        Step::FallbackGroup { group } => format!("没有命中任何规则,由兜底分组 {} 接待。", group.0),
        Step::AnyAgent => "没有命中任何规则,也没有兜底分组,在全店客服中分配。".into(),
        Step::PassedToGroup { group } => format!("由人工转接到分组 {}。", group.0),
        Step::PassedToAgent => String::new(),
        Step::Given => "在自动分配所指定的分组或客服中分配。".into(),
    }
}

fn before(why: &Explanation) -> String {
    let passed_on = |from: &AgentNo| matches!(&why.cause, Cause::Person { by, .. } if by == from);
    let from = why.from.filter(|from| !passed_on(from));
    from.map(|from| format!("此前由客服 {} 接待。", from.0)).unwrap_or_default()
}

fn outcome(why: &Explanation) -> String {
    let chosen = match why.outcome {
        Outcome::Owned(agent) => agent,
        Outcome::Queued => return format!("没有客服可以接待,进入排队(当时有 {} 个在排队)。", why.queue_len),
        Outcome::Pooled => return "在离线消息池中等待。".into(),
    };
    let mut text = format!("由客服 {} 接待", chosen.0);
    if let Some(seen) = seen(why, chosen) {
        text.push_str(&format!("({})", standing(seen)));
        if let Some(reason) = seen.excluded {
            text.push_str(&format!(",尽管{}", exclusion(reason)));
        }
    }
    if weighed(&why.step) {
        let picked = match why.strategy {
            Strategy::WeightedLeastLoad => "负载与权重之比最低者,再次最久未接待者",
            Strategy::WeightedRoundRobin => "按权重轮到者",
            Strategy::LeastRecentlyAssigned => "最久未接待者",
        };
        text.push_str(&format!(":不繁忙者优先,其次{picked}"));
    }
    text.push('。');
    text
}

fn standing(s: &Seen) -> String {
    format!("负载 {}/{},权重 {}{}", s.load, s.capacity, s.weight, if s.busy { ",繁忙" } else { "" })
}

fn exclusion(exclusion: Exclusion) -> &'static str {
    match exclusion {
        Exclusion::Offline => "离线",
        Exclusion::Suspended => "挂起",
        Exclusion::Full => "已达接待上限",
        Exclusion::FullInGroup => "已达其在该分组的接待上限",
        Exclusion::GroupFull => "所在分组已达接待上限",
        Exclusion::WeightZero => "权重为 0",
        Exclusion::OutOfScope => "不在本次询问的分组或客服之列",
        Exclusion::Disabled => "账号已停用",
        Exclusion::NotServing => "其角色不接待买家",
        Exclusion::Held => "违规处罚中,暂不能发送",
        Exclusion::Missed => "此前未及时回复该接待",
        Exclusion::PassesOn => "正由其转出",
    }
}
