//! Accounts of messengers, and asking for them (GRD-3): WeChat by its many names, QQ, WhatsApp, Telegram.
//!
//! The bare name is no contact: people pay by WeChat, and are told that pictures cannot be sent by WhatsApp.

use super::digits::Run;
use super::normal::Normal;
use super::vocabulary::{Seen, Term};
use super::words::is_spaced;
use crate::limits;
use std::ops::Range;

/// What follows the name of a way to pay, a carrier, a product.
const HARMLESS_AFTER: [&str; 30] = [
    "支付",
    "付款",
    "转账",
    "钱包",
    "零钱",
    "红包",
    "收款",
    "登录",
    "登陆",
    "扫码支付",
    "扫码付",
    "账单",
    "退款",
    "小程序",
    "授权",
    "提现",
    "付",
    "支",
    "买单",
    "分付",
    "pay",
    "版本",
    "领",
    "型",
    "字",
    "腰",
    "脸",
    "绑",
    "或支付宝",
    "余额",
];
/// Before a verb these say that nobody does it.
const NOT: [&str; 26] = [
    "不能",
    "不可",
    "不要",
    "不会",
    "不支持",
    "不提供",
    "不允许",
    "不得",
    "不让",
    "无法",
    "没法",
    "勿",
    "禁止",
    "严禁",
    "谨防",
    "警惕",
    "拒绝",
    "不用",
    "不需要",
    "无需",
    "避免",
    "没有",
    "不存在",
    "不必",
    "不该",
    "小心",
];
/// Characters before a request in which a negation still concerns it.
const NOT_NEAR: usize = 8;
/// Characters between a name and the account.
const ACCOUNT_GAP: usize = 12;

/// How an account is introduced behind the name of a messenger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lead {
    None,
    /// `:`
    Sign,
    /// `id`, `@`
    Word,
}

struct Reading<'a> {
    normal: &'a Normal,
    runs: &'a [Run],
}

/// Where contacts of messengers stand in the normal text.
pub fn messengers(normal: &Normal, seen: &[Seen], runs: &[Run]) -> Vec<Range<usize>> {
    let reading = Reading { normal, runs };
    let mut found: Vec<Range<usize>> = seen.iter().filter_map(|word| reading.contact(word)).take(limits::MARKS_MAX).collect();
    found.extend(reading.hearts());
    found
}

impl Reading<'_> {
    fn contact(&self, word: &Seen) -> Option<Range<usize>> {
        let at = &word.at;
        match word.term {
            Term::Qq => self.number_after(at, 5..=12).or_else(|| self.asked(at)),
            Term::Wechat => self.account(at).or_else(|| self.number_after(at, 5..=13)).or_else(|| self.asked(at)),
            Term::Hidden => (!self.harmless(at)).then(|| self.account(at).unwrap_or(at.clone())),
            Term::Ask if self.is_another_word(at) => None,
            Term::Ask => {
                let account = self.account(at).or_else(|| self.number_after(at, 5..=13));
                account.or_else(|| (!self.harmless(at) && !self.denied(at.start)).then(|| at.clone()))
            }
            Term::Messenger => {
                let account = self.account(at).or_else(|| self.number_after(at, 6..=15));
                account.or_else(|| self.asked(at)).or_else(|| self.spoken_of(at))
            }
            Term::Vague => (self.introduced(at) == Lead::Word).then(|| self.account(at)).flatten(),
            _ => None,
        }
    }

    /// `参加微…`, `加微波炉`.
    fn is_another_word(&self, at: &Range<usize>) -> bool {
        let adds = self.normal.get(at.start) == Some('加');
        let joins = self.normal.before(at.start).is_some_and(|c| matches!(c, '参' | '增' | '更' | '附' | '追' | '添'));
        let small = self.normal.before(at.end) == Some('微')
            && self.normal.get(at.end).is_some_and(|c| matches!(c, '波' | '型' | '软' | '米' | '弱' | '观' | '孔' | '细' | '量'));
        adds && (joins || small)
    }

    /// `微❤`: hearts are the second character, xin.
    fn hearts(&self) -> Vec<Range<usize>> {
        let heart = |c: &char| matches!(c, '❤' | '♥' | '💚' | '💗' | '💓' | '💕' | '💖' | '🧡' | '💙' | '♡' | '💛' | '💜' | '🖤' | '❣');
        let chars = &self.normal.chars;
        let begins = |at: usize| {
            let first = chars[at];
            let before = at.checked_sub(1).and_then(|at| self.normal.get(at));
            matches!(first, '微' | '薇' | '威' | '徽' | '溦') || (matches!(first, 'v' | 'w') && !before.is_some_and(is_spaced))
        };
        let hearts = chars.iter().enumerate().filter(|(_, c)| heart(c)).filter_map(|(at, _)| at.checked_sub(1));
        hearts.filter(|at| begins(*at)).map(|at| at..at + 2).collect()
    }

    fn harmless(&self, at: &Range<usize>) -> bool {
        let after = at.end + usize::from(self.normal.get(at.end) == Some(' '));
        HARMLESS_AFTER.iter().any(|word| self.normal.is_at(after, word))
    }

    /// Signs and little words between a name and an account: where the account would begin, and how it was introduced.
    fn skip(&self, from: usize) -> (usize, Lead) {
        const WORDS: [(&str, Lead); 24] = [
            ("账号", Lead::Word),
            ("帐号", Lead::Word),
            ("号码", Lead::Word),
            ("号", Lead::Word),
            ("同号", Lead::Word),
            ("账户", Lead::Word),
            ("id", Lead::Word),
            ("handle", Lead::Word),
            ("username", Lead::Word),
            ("是", Lead::Sign),
            ("搜", Lead::Sign),
            ("加", Lead::Sign),
            ("为", Lead::None),
            ("码", Lead::None),
            ("live", Lead::None),
            ("me", Lead::None),
            ("邮箱", Lead::None),
            ("number", Lead::None),
            ("no", Lead::None),
            ("is", Lead::None),
            ("name", Lead::None),
            ("user", Lead::None),
            ("account", Lead::None),
            ("at", Lead::None),
        ];
        let (mut at, mut introduced) = (from, Lead::None);
        while at - from < ACCOUNT_GAP {
            if let Some((word, lead)) = WORDS.iter().find(|(word, _)| self.normal.is_at(at, word) && !self.goes_on(at, word)) {
                at += word.chars().count();
                introduced = introduced.max(*lead);
            } else if let Some(c) = self.normal.get(at).filter(|c| !c.is_alphanumeric() && !matches!(c, '\n' | '。' | '!' | '?' | ';')) {
                introduced = introduced.max(match c {
                    '@' => Lead::Word,
                    ':' | '=' | '#' | '>' | '➡' | '→' | '👉' => Lead::Sign,
                    _ => Lead::None,
                });
                at += 1;
            } else {
                break;
            }
        }
        (at, introduced)
    }

    fn goes_on(&self, at: usize, word: &str) -> bool {
        word.is_ascii() && self.normal.get(at + word.len()).is_some_and(is_spaced)
    }

    fn introduced(&self, at: &Range<usize>) -> Lead {
        self.skip(at.end).1
    }

    /// An account of letters behind a name.
    fn account(&self, at: &Range<usize>) -> Option<Range<usize>> {
        if self.harmless(at) {
            return None;
        }
        let (from, introduced) = self.skip(at.end);
        let part = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let tight = self.normal.chars[from.min(self.normal.chars.len())..].iter().take(24).take_while(|c| part(c));
        let account: Vec<char> = tight.copied().collect();
        let marked = account.iter().any(|c| c.is_ascii_digit() || *c == '_');
        let least = if at.len() > 1 && introduced > Lead::None { 3 } else { 5 };
        let usual = (least..=20).contains(&account.len()) && account[0].is_ascii_alphabetic();
        let digits = account.iter().filter(|c| c.is_ascii_digit()).count();
        // `VX-200` is a product: an account has more than a model's number.
        let told = introduced > Lead::None || self.is_asked_for(at);
        let taken =
            usual && (told || (marked && digits >= 2 && account.len() >= 6 && (from > at.end || !self.normal.chars[at.start].is_ascii())));
        (taken && (marked || !is_common(&account))).then(|| at.start..from + account.len())
    }

    /// A number behind a name, however it is written.
    fn number_after(&self, at: &Range<usize>, digits: std::ops::RangeInclusive<usize>) -> Option<Range<usize>> {
        if self.harmless(at) {
            return None;
        }
        let (from, introduced) = self.skip(at.end);
        if at.len() == 1 && introduced == Lead::None && !self.is_asked_for(at) {
            return None;
        }
        let next = self.runs.partition_point(|run| run.at().start < from);
        let run = self.runs.get(next).filter(|run| run.at().start == from && digits.contains(&run.digits.len()))?;
        let end = run.at().end;
        let named = self.normal.get(end).is_some_and(|c| c.is_ascii_alphabetic() || c == '元' || c == '.');
        (!named).then_some(at.start..end)
    }

    /// A verb right before the name: add, search, leave.
    fn is_asked_for(&self, at: &Range<usize>) -> bool {
        let from = at.start.saturating_sub(7);
        let before = &self.normal.chars[from..at.start];
        let clause = before.iter().rposition(|c| matches!(c, ',' | '。' | '!' | '?' | ';' | '\n' | '、')).map_or(0, |at| at + 1);
        before[clause..].iter().enumerate().any(|(i, c)| {
            let verb = matches!(c, '加' | '➕' | '+' | '搜' | '留' | '私' | '换' | '要' | '发');
            let previous = self.normal.before(from + clause + i);
            let next = self.normal.get(from + clause + i + 1);
            let other = matches!(
                (previous, c),
                (Some('参' | '增' | '更' | '附' | '追' | '保'), '加') | (Some('交' | '退'), '换') | (Some('需' | '不' | '只' | '主'), '要')
            ) || matches!((previous, c), (Some('开' | '补' | '已' | '批' | '出'), '发'))
                || matches!(
                    (c, next),
                    ('加', Some('急' | '工' | '固' | '拿' | '入' | '强'))
                        | ('发', Some('货' | '票' | '送' | '现' | '到'))
                        | ('要', Some('用' | '是' | '通'))
                );
            verb && !other
        })
    }

    /// In Chinese: a verb before the name or a request behind it, and nobody said no.
    fn asked(&self, at: &Range<usize>) -> Option<Range<usize>> {
        const AFTER: [&str; 19] = [
            "联系",
            "私聊",
            "聊",
            "沟通",
            "咨询",
            "找我",
            "发我",
            "发你",
            "细聊",
            "详聊",
            "群",
            "转给你",
            "加我",
            "好友",
            "上说",
            "同号",
            "同手机",
            "同电话",
            "多少",
        ];
        if self.harmless(at) || self.denied(at.start) {
            return None;
        }
        let after = at.end + usize::from(self.normal.get(at.end) == Some(' '));
        let request = AFTER.iter().any(|word| self.normal.is_at(after, word));
        (request || (at.len() > 1 && self.is_asked_for(at))).then(|| at.clone())
    }

    fn denied(&self, start: usize) -> bool {
        let from = start.saturating_sub(NOT_NEAR);
        let before: String = self.normal.chars[from..start].iter().collect();
        let near = |word: &&str| {
            before
                .rfind(*word)
                .is_some_and(|at| !before[at..].contains(['的', '就', ',', '。', '!', '?', '可']) || before[at..].starts_with("不可"))
        };
        NOT.iter().any(near)
            || (before.contains('别')
                && !["特别", "别的", "别人", "分别", "个别", "区别", "级别", "类别"].iter().any(|word| before.contains(word)))
    }

    /// In English: `text me on WhatsApp`, but not `we cannot receive pictures via WhatsApp`.
    fn spoken_of(&self, at: &Range<usize>) -> Option<Range<usize>> {
        const VERBS: [&str; 26] = [
            "add", "text", "message", "msg", "dm", "ping", "chat", "talk", "contact", "reach", "find", "write", "send", "connect", "touch",
            "call", "hit", "join", "speak", "move", "continue", "drop", "catch", "get", "share", "continue",
        ];
        const TOWARDS: [&str; 15] =
            ["on", "via", "through", "over", "in", "by", "using", "to", "my", "our", "the", "me", "a", "personal", "your"];
        const NOT: [&str; 18] = [
            "not", "cannot", "unable", "never", "longer", "without", "neither", "nor", "cant", "t", "don", "avoid", "scam", "fraud",
            "beware", "decline", "isn", "won",
        ];
        let from = at.start.saturating_sub(70);
        let before = &self.normal.chars[from..at.start];
        let sentence = before.iter().rposition(|c| matches!(c, '.' | '!' | '?' | ';' | '\n' | '。')).map_or(0, |at| at + 1);
        let before: String = before[sentence..].iter().collect();
        let words: Vec<&str> = before.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
        let after: String = self.normal.chars[at.end..].iter().take(4).collect();
        let says = |list: &[&str]| words.iter().any(|word| list.contains(word));
        let towards = words.last().is_some_and(|last| TOWARDS.contains(last));
        let asked = towards && says(&VERBS)
            || words.last().is_some_and(|last| *last == "add")
            || after.starts_with(" me")
            || after.starts_with(" us");
        (asked && !says(&NOT)).then(|| at.clone())
    }
}

/// Words of English that stand behind the name of a messenger.
fn is_common(account: &[char]) -> bool {
    const COMMON: [&str; 30] = [
        "account", "accounts", "number", "message", "messages", "official", "payment", "payments", "group", "please", "store", "where",
        "which", "there", "their", "right", "image", "images", "video", "videos", "chats", "support", "order", "orders", "business",
        "about", "after", "before", "today", "customer",
    ];
    let word: String = account.iter().collect();
    COMMON.contains(&word.as_str())
}
