//! What a quick phrase and a welcome text must not hold (TXT-1, TXT-4): an address of the web, a way to get in touch elsewhere, the
//! name of another platform.
//!
//! Precise rather than complete, for what it refuses a person wrote on purpose: numbers of orders, sizes, prices and dates pass. It
//! is no guard of what is sent (SPEC section 7), and never looks at a buyer's words.

use std::ops::Range;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Web,
    Mail,
    Phone,
    /// An account of a messenger.
    Messenger,
    Platform,
}

/// The first thing that must not stand in a text, and at which character, from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("character {at}: `{found}`: {} must not stand in a text of the shop", name(*kind))]
pub struct Found {
    pub at: usize,
    pub kind: Kind,
    pub found: String,
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Web => "a web address",
        Kind::Mail => "a mail address",
        Kind::Phone => "a telephone number",
        Kind::Messenger => "a contact of a messenger",
        Kind::Platform => "the name of another platform",
    }
}

/// The ends of the addresses that people give; no word of English among them.
const DOMAINS: [&str; 18] =
    ["com", "cn", "net", "org", "cc", "vip", "xyz", "io", "hk", "tw", "jp", "ru", "uk", "de", "fr", "shop", "store", "site"];

const MESSENGERS: [&str; 20] = [
    "whatsapp",
    "telegram",
    "skype",
    "weixin",
    "wechat",
    "vx",
    "微信号",
    "加微信",
    "加我微信",
    "加个微信",
    "微信联系",
    "加薇",
    "v信",
    "加qq",
    "qq号",
    "qq群",
    "扣扣号",
    "加扣扣",
    "line id",
    "钉钉号",
];

const PLATFORMS: [&str; 30] = [
    "淘宝",
    "天猫",
    "京东",
    "拼多多",
    "抖音",
    "快手",
    "小红书",
    "闲鱼",
    "唯品会",
    "苏宁易购",
    "阿里巴巴",
    "速卖通",
    "亚马逊",
    "沃尔玛",
    "taobao",
    "tmall",
    "pinduoduo",
    "temu",
    "shein",
    "amazon",
    "aliexpress",
    "ebay",
    "shopee",
    "lazada",
    "etsy",
    "walmart",
    "tiktok",
    "douyin",
    "xiaohongshu",
    "alibaba",
];

/// After a name these make something harmless of it: a carrier, a way to pay.
const HARMLESS_AFTER: [&str; 5] = ["快递", "物流", "支付", "付款", " pay"];
/// Before a number these say what it is.
const NUMBER_OF: [&str; 8] = ["单号", "订单", "编号", "货号", "条码", "order", "no.", "#"];

/// The first that is found, if any.
pub fn lint(text: &str) -> Result<(), Found> {
    let chars: Vec<char> = text.chars().map(plain).collect();
    let mut found: Vec<(Range<usize>, Kind)> = addresses(&chars);
    found.extend(phones(&chars).map(|at| (at, Kind::Phone)));
    found.extend(words(&chars, &MESSENGERS).map(|at| (at, Kind::Messenger)));
    found.extend(words(&chars, &PLATFORMS).map(|at| (at, Kind::Platform)));
    found.extend(qq(&chars).map(|at| (at, Kind::Messenger)));
    match found.into_iter().min_by_key(|(at, _)| at.start) {
        None => Ok(()),
        Some((at, kind)) => Err(Found { at: at.start + 1, kind, found: text.chars().skip(at.start).take(at.len()).collect() }),
    }
}

/// Full-width letters as plain ones, capitals as small ones: one character for one.
fn plain(c: char) -> char {
    let c = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        c => c,
    };
    c.to_ascii_lowercase()
}

fn is_at(chars: &[char], at: usize, word: &str) -> bool {
    word.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c))
}

/// Where one of `list` stands: of Latin letters as a whole word.
fn words<'a>(chars: &'a [char], list: &'a [&'a str]) -> impl Iterator<Item = Range<usize>> + 'a {
    let whole = |at: usize, end: usize, word: &str| {
        let letter = |c: Option<&char>| c.is_some_and(char::is_ascii_alphabetic);
        let first = word.starts_with(|c: char| c.is_ascii()) && at > 0 && letter(chars.get(at - 1));
        let last = word.ends_with(|c: char| c.is_ascii()) && letter(chars.get(end));
        !first && !last && !HARMLESS_AFTER.iter().any(|after| is_at(chars, end, after))
    };
    (0..chars.len()).filter_map(move |at| {
        let word = list.iter().find(|word| is_at(chars, at, word) && whole(at, at + word.chars().count(), word))?;
        Some(at..at + word.chars().count())
    })
}

/// `qq` and a number.
fn qq(chars: &[char]) -> impl Iterator<Item = Range<usize>> + '_ {
    words(chars, &["qq"]).filter_map(|at| {
        let gap = chars[at.end..].iter().take_while(|c| matches!(c, ' ' | ':' | '\u{ff1a}')).count();
        let digits = chars[at.end + gap..].iter().take_while(|c| c.is_ascii_digit()).count();
        (5..=12).contains(&digits).then(|| at.start..at.end + gap + digits)
    })
}

/// Addresses of web and mail: words of Latin letters and digits with dots between them.
fn addresses(chars: &[char]) -> Vec<(Range<usize>, Kind)> {
    let part = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '/' | ':');
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let length = chars[at..].iter().take_while(|c| part(c)).count();
        let word: String = chars[at..at + length].iter().collect();
        if let Some(kind) = address(&word) {
            found.push((at..at + length, kind));
        }
        at += length.max(1);
    }
    found
}

fn address(word: &str) -> Option<Kind> {
    let known = |host: &str| {
        let host = host.split(['/', ':']).next().unwrap_or_default().trim_end_matches('.');
        host.rsplit_once('.').is_some_and(|(rest, end)| !rest.is_empty() && DOMAINS.contains(&end))
    };
    if let Some((_, host)) = word.split_once('@') {
        let (name, end) = host.rsplit_once('.')?;
        return (!name.is_empty() && end.len() >= 2 && end.chars().all(|c| c.is_ascii_alphabetic())).then_some(Kind::Mail);
    }
    let begins = ["http://", "https://", "www."].iter().any(|prefix| word.contains(prefix));
    (begins || known(word)).then_some(Kind::Web)
}

/// Telephone numbers: mobile ones of China, those with an area, service lines, and whatever begins with `+`.
fn phones(chars: &[char]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < chars.len() {
            let start = at;
            let (end, groups) = number(chars, start);
            at = end.max(start + 1);
            let joined = start > 0 && (chars[start - 1].is_ascii_alphanumeric() || matches!(chars[start - 1], '_' | '-' | '.'));
            if !groups.is_empty() && !joined && rings(&groups, &chars[..start]) {
                return Some(start..end);
            }
        }
        None
    })
}

/// The groups of digits that begin at `at`, a space or a hyphen between them, and where they end.
fn number(chars: &[char], at: usize) -> (usize, Vec<String>) {
    let (mut groups, mut end) = (Vec::new(), at);
    loop {
        let digits: String = chars[end..].iter().take_while(|c| c.is_ascii_digit()).collect();
        if digits.is_empty() {
            return (if groups.is_empty() { end } else { end - 1 }, groups);
        }
        end += digits.len();
        groups.push(digits);
        if !matches!(chars.get(end), Some(' ' | '-')) {
            // A letter makes it the number of something else.
            let named = chars.get(end).is_some_and(|c| c.is_ascii_alphabetic());
            return (end, if named { Vec::new() } else { groups });
        }
        end += 1;
    }
}

fn rings(groups: &[String], before: &[char]) -> bool {
    let digits: String = groups.concat();
    if before.last() == Some(&'+') {
        let sum = before.len() > 1 && before[before.len() - 2].is_ascii_digit();
        return !sum && (8..=15).contains(&digits.len());
    }
    let near: String = before[before.len().saturating_sub(8)..].iter().collect();
    if NUMBER_OF.iter().any(|word| near.contains(word)) {
        return false;
    }
    let sizes: Vec<usize> = groups.iter().map(String::len).collect();
    let local = digits.strip_prefix("86").filter(|rest| rest.len() == 11).unwrap_or(&digits);
    let mobile = local.len() == 11 && local.starts_with('1') && matches!(local.as_bytes()[1], b'3'..=b'9');
    match sizes.as_slice() {
        [11] | [13] | [3, 4, 4] | [2, 11] | [2, 3, 4, 4] if mobile => true,
        [3 | 4, 7 | 8] if groups[0].starts_with('0') => true,
        [3, 3, 4] | [3, 4, 3] | [3, 7] => matches!(groups[0].as_str(), "400" | "800"),
        [10] => digits.starts_with("400"),
        _ => false,
    }
}
