//! What the guard found, as senders are shown it: rule, place, and a sentence in Chinese and in English.

use crate::domain::guard::{self, Part as DomainPart, Rule as DomainRule};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = GuardRule)]
pub enum Rule {
    Banned,
    Phone,
    Mail,
    Messenger,
    Web,
    Platform,
    Marketing,
}

/// In which part of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MessagePart)]
pub enum Part {
    Text,
    Card,
    File,
}

/// Something that must not be sent to a buyer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Finding {
    pub rule: Rule,
    pub part: Part,
    /// Where it begins, in characters from 0.
    pub start: u32,
    /// Behind its last character.
    pub end: u32,
    /// A banned word or marketing phrase as it is listed, else what stands there.
    pub found: String,
    pub zh: String,
    pub en: String,
}

impl From<&guard::Finding> for Finding {
    fn from(finding: &guard::Finding) -> Finding {
        let guard::Finding { rule, part, start, end, found } = finding;
        let (zh, en) = sentences(*rule, found);
        let part = match part {
            DomainPart::Text => Part::Text,
            DomainPart::Card => Part::Card,
            DomainPart::File => Part::File,
        };
        Finding { rule: (*rule).into(), part, start: *start, end: *end, found: found.clone(), zh, en }
    }
}

impl From<DomainRule> for Rule {
    fn from(rule: DomainRule) -> Rule {
        match rule {
            DomainRule::Banned => Rule::Banned,
            DomainRule::Phone => Rule::Phone,
            DomainRule::Mail => Rule::Mail,
            DomainRule::Messenger => Rule::Messenger,
            DomainRule::Web => Rule::Web,
            DomainRule::Platform => Rule::Platform,
            DomainRule::Marketing => Rule::Marketing,
        }
    }
}

/// In Chinese and in English.
fn sentences(rule: DomainRule, found: &str) -> (String, String) {
    match rule {
        DomainRule::Banned => {
            (format!("含有禁用语“{found}”,请改写后再发送。"), format!("It holds the banned word “{found}”; write it differently."))
        }
        DomainRule::Phone => {
            (format!("“{found}”像是电话号码,不能发给买家。"), format!("“{found}” looks like a telephone number, which must not be sent."))
        }
        DomainRule::Mail => {
            (format!("“{found}”是邮箱地址,不能发给买家。"), format!("“{found}” is a mail address, which must not be sent."))
        }
        DomainRule::Messenger => (
            format!("“{found}”像是站外联系方式,不能发给买家。"),
            format!("“{found}” looks like a contact outside the platform, which must not be sent."),
        ),
        DomainRule::Web => {
            (format!("链接“{found}”不在允许的网址之内。"), format!("The address “{found}” is not on the list of allowed hosts."))
        }
        DomainRule::Platform => (format!("提到了其他平台“{found}”。"), format!("It names another platform, “{found}”.")),
        DomainRule::Marketing => {
            (format!("营销用语“{found}”没有有效的活动报备。"), format!("The marketing phrase “{found}” has no approval that is valid now."))
        }
    }
}

/// All of it in one line.
pub fn in_words(findings: &[guard::Finding]) -> String {
    findings.iter().map(|finding| sentences(finding.rule, &finding.found).1).collect::<Vec<_>>().join(" ")
}
