//! What is written of a topic, in Chinese and in English: one line to look at first, and a few to read. Plain text; it never holds
//! what a buyer wrote.

use super::channel::Language;
use super::{Class, HealthNews, Notification, Rate, Responsible, Topic};
use crate::domain::id::Millis;
use crate::domain::text::one_line;
use std::fmt::Write;

/// A notification in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// One line, the shop's name before it.
    pub subject: String,
    /// That line without the shop.
    pub news: String,
    pub text: String,
}

/// The names that a topic knows by number only.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub shop: String,
    /// Of the account that a topic is about; empty: it is about none.
    pub agent: String,
    pub group: String,
}

/// See the module. `now`: of the attempt, because waits go on.
pub fn words(notification: &Notification, names: &Names, language: Language, now: Millis) -> Words {
    let (subject, lines) = match language {
        Language::Chinese => chinese(notification, names, now),
        Language::English => english(notification, names, now),
    };
    let (open, shut) = if language == Language::Chinese { ("【", "】") } else { ("[", "] ") };
    let news = one_line(&subject);
    let subject = one_line(&format!("{open}{}{shut}{subject}", names.shop));
    let mut text = subject.clone();
    lines.iter().for_each(|line| {
        text.push('\n');
        text.push_str(&one_line(line));
    });
    Words { subject, news, text }
}

fn minutes(since: Millis, now: Millis) -> u64 {
    now.since(since) / 60_000
}

fn chinese(notification: &Notification, names: &Names, now: Millis) -> (String, Vec<String>) {
    match &notification.topic {
        Topic::Waiting { buyer, since, responsible, .. } => (
            format!("买家{buyer}已等待{}分钟", minutes(*since, now).max(1)),
            vec![with_whom(*responsible, names, Language::Chinese), "请尽快回复，或标记为无需回复。".into()],
        ),
        Topic::Unread { buyer, since, responsible, .. } => (
            format!("买家{buyer}的消息已{}小时无人查看", minutes(*since, now) / 60),
            vec![with_whom(*responsible, names, Language::Chinese), "此消息已升级给店铺负责人，请安排客服处理。".into()],
        ),
        Topic::Health(news) => {
            let yellow = if news.warnings.is_empty() { "" } else { "（黄色预警）" };
            (format!("{}服务健康报告{yellow}", news.day), health_lines(news, Language::Chinese))
        }
        Topic::Archive { conversations } => {
            (format!("明天将归档{conversations}个会话"), vec!["如需保留在会话列表中，请在归档前处理或关闭自动归档。".into()])
        }
        Topic::Violation { agent } => {
            (format!("账号{}违反发送规则", account(names, agent.0)), vec!["处理结果和解除办法见违规记录。".into()])
        }
        Topic::UrgentNotice { title, .. } => (format!("紧急通知：{title}"), vec!["全文见系统通知。".into()]),
        Topic::Code { digits } => (format!("验证码{}", digits.0), vec!["10分钟内有效。若非本人操作，请忽略。".into()]),
        Topic::Test => ("测试通知".into(), vec!["收到此消息说明该渠道可以使用。".into()]),
        Topic::More { count } => {
            let of = several(notification.class, Language::Chinese);
            (format!("另有{count}条{of}未逐条发送"), vec!["短时间内通知过多，每条见通知列表。".into()])
        }
    }
}

fn english(notification: &Notification, names: &Names, now: Millis) -> (String, Vec<String>) {
    match &notification.topic {
        Topic::Waiting { buyer, since, responsible, .. } => (
            format!("{buyer} has waited for {} min", minutes(*since, now).max(1)),
            vec![with_whom(*responsible, names, Language::English), "Please answer, or mark the conversation as needing no reply.".into()],
        ),
        Topic::Unread { buyer, since, responsible, .. } => (
            format!("{buyer} wrote {} h ago, and nobody has read it", minutes(*since, now) / 60),
            vec![
                with_whom(*responsible, names, Language::English),
                "This was escalated to you as the owner. Please have somebody look at it.".into(),
            ],
        ),
        Topic::Health(news) => {
            let yellow = if news.warnings.is_empty() { "" } else { " (yellow warning)" };
            (format!("health report of {}{yellow}", news.day), health_lines(news, Language::English))
        }
        Topic::Archive { conversations } => (
            format!("{conversations} conversations are archived tomorrow"),
            vec!["To keep one in the list, see to it before that, or change the rule on archives.".into()],
        ),
        Topic::Violation { agent } => (
            format!("account {} broke the rules on sending", account(names, agent.0)),
            vec!["What follows, and how it is lifted, stands in the guard's records.".into()],
        ),
        Topic::UrgentNotice { title, .. } => {
            (format!("urgent notice: {title}"), vec!["It stands in full among the system notices.".into()])
        }
        Topic::Code { digits } => {
            (format!("your code is {}", digits.0), vec!["It holds for 10 minutes. If you did not ask for it, ignore it.".into()])
        }
        Topic::Test => ("test notification".into(), vec!["This channel works.".into()]),
        Topic::More { count } => {
            let of = several(notification.class, Language::English);
            (
                format!("and {count} more {of}"),
                vec!["There were too many to tell one by one; each stands in the list of notifications.".into()],
            )
        }
    }
}

/// Who has the buyer, and of which group.
fn with_whom(responsible: Responsible, names: &Names, language: Language) -> String {
    let group = responsible.group.map(|no| if names.group.is_empty() { no.0.to_string() } else { names.group.clone() });
    match (responsible.agent.map(|no| account(names, no.0)), group, language) {
        (Some(agent), Some(group), Language::Chinese) => format!("接待客服：{agent}（分组：{group}）"),
        (Some(agent), None, Language::Chinese) => format!("接待客服：{agent}"),
        (None, Some(group), Language::Chinese) => format!("尚无客服接待，在分组「{group}」排队"),
        (None, None, Language::Chinese) => "尚无客服接待".into(),
        (Some(agent), Some(group), Language::English) => format!("With {agent}, group {group}."),
        (Some(agent), None, Language::English) => format!("With {agent}."),
        (None, Some(group), Language::English) => format!("No agent has the buyer; in the queue of group {group}."),
        (None, None, Language::English) => "No agent has the buyer.".into(),
    }
}

fn several(class: Class, language: Language) -> &'static str {
    let (chinese, english) = match class {
        Class::Reminder => ("等待提醒", "reminder(s)"),
        Class::Escalation => ("升级提醒", "escalation(s)"),
        Class::Health => ("健康报告", "health report(s)"),
        Class::Archive => ("归档预告", "archive notice(s)"),
        Class::Guard => ("违规通知", "violation(s)"),
        Class::Notice => ("紧急通知", "urgent notice(s)"),
        Class::Test => ("测试", "test(s)"),
    };
    if language == Language::Chinese { chinese } else { english }
}

fn account(names: &Names, no: u32) -> String {
    if names.agent.is_empty() { no.to_string() } else { names.agent.clone() }
}

fn health_lines(news: &HealthNews, language: Language) -> Vec<String> {
    let rates = [(Rate::Unread, news.unread_permille), (Rate::TimeOut, news.time_out_permille), (Rate::Adoption, news.adoption_permille)];
    let line = |(rate, permille): (Rate, Option<u32>)| {
        let name = match (language, rate) {
            (Language::Chinese, Rate::Unread) => "未读率：",
            (Language::Chinese, Rate::TimeOut) => "首次响应超时率：",
            (Language::Chinese, Rate::Adoption) => "建议采纳率：",
            (Language::English, Rate::Unread) => "unread: ",
            (Language::English, Rate::TimeOut) => "late first responses: ",
            (Language::English, Rate::Adoption) => "suggestions adopted: ",
        };
        let mut line = name.to_owned();
        let nothing = if language == Language::Chinese { "无数据" } else { "no data" };
        match permille {
            Some(permille) => drop(write!(line, "{}.{} %", permille / 10, permille % 10)),
            None => line.push_str(nothing),
        }
        if news.warnings.contains(&rate) {
            line.push_str(if language == Language::Chinese { "（预警）" } else { " (warning)" });
        }
        line
    };
    rates.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::Priority;
    use crate::domain::id::{AgentNo, ConversationId, GroupNo};

    fn told(topic: Topic, language: Language) -> Words {
        let (class, priority, key, channel, at) = (Class::Reminder, Priority::Normal, String::new(), None, Millis(0));
        let names = Names { shop: "茶\r\nBcc: x".into(), agent: "小林".into(), group: "售后\u{202e}".into() };
        words(&Notification { no: 1, class, priority, topic, key, channel, at }, &names, language, Millis(3 * 60_000))
    }

    // SPEC: NTF-1
    #[test]
    fn topics_are_told_in_both_languages_and_names_make_no_lines() {
        let waits = |agent: Option<u32>, group: Option<u32>| {
            let responsible = Responsible { agent: agent.map(AgentNo), group: group.map(GroupNo) };
            Topic::Waiting { conversation: ConversationId([1; 16]), buyer: "张\n三".into(), since: Millis(0), responsible }
        };
        let waiting = || waits(Some(7), Some(2));
        let said = told(waiting(), Language::Chinese);
        assert_eq!(said.subject, "【茶  Bcc: x】买家张 三已等待3分钟");
        assert_eq!(said.text.lines().count(), 3);
        assert_eq!(said.text.lines().nth(1), Some("接待客服：小林（分组：售后）"));
        for (topic, chinese, english) in [
            (waits(Some(7), None), "接待客服：小林", "With 小林."),
            (waits(None, Some(2)), "尚无客服接待，在分组「售后」排队", "No agent has the buyer; in the queue of group 售后."),
            (waits(None, None), "尚无客服接待", "No agent has the buyer."),
        ] {
            let line = |language| told(topic.clone(), language).text.lines().nth(1).map(str::to_owned);
            assert_eq!((line(Language::Chinese), line(Language::English)), (Some(chinese.into()), Some(english.into())));
        }
        let said = told(Topic::More { count: 7 }, Language::Chinese);
        assert!(said.subject.ends_with("另有7条等待提醒未逐条发送"), "{said:?}");
        assert_eq!(told(waiting(), Language::English).subject, "[茶  Bcc: x] 张 三 has waited for 3 min");
        let news = HealthNews {
            day: "2026-11-21".into(),
            unread_permille: Some(61),
            time_out_permille: Some(0),
            adoption_permille: None,
            warnings: vec![Rate::Unread],
        };
        let said = told(Topic::Health(Box::new(news)), Language::English);
        assert!(said.subject.ends_with("health report of 2026-11-21 (yellow warning)"), "{said:?}");
        assert!(said.text.ends_with("unread: 6.1 % (warning)\nlate first responses: 0.0 %\nsuggestions adopted: no data"), "{said:?}");
        let said = told(Topic::Violation { agent: AgentNo(7) }, Language::Chinese);
        assert!(said.subject.ends_with("账号小林违反发送规则"), "{said:?}");
    }
}
