//! Sentences with contacts in them, hidden in as many ways as agents think of. Made without a look at how the guard finds them.

use crate::support::dice::Dice;
use crate::tally::Case;

fn one<'a>(dice: &mut Dice, of: &[&'a str]) -> &'a str {
    of[dice.below(of.len())]
}

fn mobile(dice: &mut Dice) -> String {
    let rest: String = (0..8).map(|_| char::from(b'0' + dice.below(10) as u8)).collect();
    format!(
        "{}{rest}",
        one(dice, &["133", "135", "136", "138", "139", "150", "152", "158", "159", "166", "177", "180", "186", "188", "189", "191", "199"])
    )
}

fn number(dice: &mut Dice, length: usize) -> String {
    (0..length).map(|at| char::from(b'0' + if at == 0 { 1 + dice.below(9) } else { dice.below(10) } as u8)).collect()
}

fn account(dice: &mut Dice) -> String {
    let name = one(dice, &["xiaomei", "lulu", "kefu", "shop", "daisy", "wang", "zhangsan", "baby", "lisa", "tea", "ahua", "mimi"]);
    let sign = one(dice, &["", "_", "-"]);
    let digits = 2 + dice.below(4);
    format!("{name}{sign}{}", number(dice, digits))
}

/// Each digit in another way of writing.
fn written(digits: &str, signs: &[&str; 10], between: &str) -> String {
    let all: Vec<&str> = digits.bytes().map(|b| signs[usize::from(b - b'0')]).collect();
    all.join(between)
}

fn grouped(digits: &str, sizes: &[usize], between: &str) -> String {
    let mut rest = digits;
    let mut groups = Vec::new();
    for size in sizes {
        let (group, next) = rest.split_at(*size);
        groups.push(group);
        rest = next;
    }
    groups.join(between)
}

const CHINESE: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
const SPOKEN: [&str; 10] = ["〇", "幺", "二", "三", "四", "五", "六", "七", "八", "九"];
const FORMAL: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
const CIRCLED: [&str; 10] = ["⓪", "①", "②", "③", "④", "⑤", "⑥", "⑦", "⑧", "⑨"];
const BLACK: [&str; 10] = ["⓿", "❶", "❷", "❸", "❹", "❺", "❻", "❼", "❽", "❾"];
const KEYCAP: [&str; 10] = ["0️⃣", "1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣", "6️⃣", "7️⃣", "8️⃣", "9️⃣"];
const WIDE: [&str; 10] = ["０", "１", "２", "３", "４", "５", "６", "７", "８", "９"];
const BOLD: [&str; 10] = ["𝟎", "𝟏", "𝟐", "𝟑", "𝟒", "𝟓", "𝟔", "𝟕", "𝟖", "𝟗"];
const ARABIC: [&str; 10] = ["٠", "١", "٢", "٣", "٤", "٥", "٦", "٧", "٨", "٩"];
const PINYIN: [&str; 10] = ["ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"];
const ENGLISH: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const MIXED: [&str; 10] = ["0", "一", "2", "三", "4", "五", "6", "七", "8", "九"];

/// Frames that a number stands in.
const FRAMES: [&str; 22] = [
    "亲，有问题打我电话{}就行",
    "我的手机号{}，随时联系",
    "加我：{}",
    "{}，这个是我私人的，下单给您优惠",
    "您好，平台不方便说，{} 找我聊",
    "这边给您留个号 {} 哈",
    "售后直接找我 {}",
    "老板电话：{}。",
    "记一下{}",
    "可以直接联系{}我给您处理",
    "{}",
    "微信同号{}",
    "拨打{}咨询",
    "Please call me at {} for a better price",
    "my number is {}",
    "Text me: {}",
    "You can reach me directly on {}.",
    "Call {} after 6 pm and ask for Lee",
    "WhatsApp {}",
    "Cheaper outside the app, phone {}",
    "短信发到{}，谢谢亲",
    "急事打{}，我一直在",
];

fn phone(dice: &mut Dice) -> (&'static str, String) {
    let digits = mobile(dice);
    match dice.below(21) {
        0 => ("plain", digits),
        1 => ("spaces", grouped(&digits, &[3, 4, 4], " ")),
        2 => ("digit by digit", grouped(&digits, &[1; 11], " ")),
        3 => ("dashes", grouped(&digits, &[3, 4, 4], "-")),
        4 => ("dots", grouped(&digits, &[3, 4, 4], one(dice, &[".", "·", "..", "。"]).trim_end_matches('。')).replace("..", ".")),
        5 => (
            "emoji between",
            grouped(&digits, if dice.below(2) == 0 { &[1; 11] } else { &[3, 4, 4] }, one(dice, &["😀", "🌹", "❤️", "⭐", "👉"])),
        ),
        6 => ("Chinese numerals", written(&digits, &CHINESE, one(dice, &["", " "]))),
        7 => ("spoken numerals", written(&digits, &SPOKEN, "")),
        8 => ("formal numerals", written(&digits, &FORMAL, one(dice, &["", "-"]))),
        9 => ("figures and numerals", written(&digits, &MIXED, "")),
        10 => ("letters for digits", digits.replace('0', one(dice, &["O", "o"])).replacen('1', one(dice, &["l", "I"]), 1 + dice.below(3))),
        11 => ("full width", written(&digits, &WIDE, "")),
        12 => ("circled", written(&digits, if dice.below(2) == 0 { &CIRCLED } else { &BLACK }, one(dice, &["", " "]))),
        13 => ("keycaps", written(&digits, &KEYCAP, "")),
        14 => ("pinyin", written(&digits, &PINYIN, one(dice, &[" ", "", "-"]))),
        15 => ("English words", written(&digits, &ENGLISH, one(dice, &[" ", "-", ", "]))),
        16 => ("zero width", grouped(&digits, &[2, 3, 3, 3], one(dice, &["\u{200b}", "\u{200d}", "\u{2060}", "\u{feff}"]))),
        17 => ("other digits", written(&digits, if dice.below(2) == 0 { &BOLD } else { &ARABIC }, "")),
        18 => ("country code", format!("{}{}", one(dice, &["+86", "+86 ", "0086", "(+86)", "86-"]), digits)),
        19 => ("right to left", format!("\u{202e}{}\u{202c}", digits.chars().rev().collect::<String>())),
        _ => ("odd groups", grouped(&digits, &[2, 2, 2, 2, 3], one(dice, &["*", "_", "/", "~", "  ", " - ", "|"]))),
    }
}

fn landline(dice: &mut Dice) -> String {
    let (area, length) = [("010", 8), ("021", 8), ("0755", 8), ("0571", 8), ("0531", 8), ("0371", 8), ("0931", 7)][dice.below(7)];
    let rest = format!("{}{}", 2 + dice.below(7), number(dice, length - 1));
    let text = match dice.below(5) {
        0 => format!("{area}{rest}"),
        1 => format!("{area} {rest}"),
        2 => format!("({area}){rest}"),
        _ => format!("{area}-{rest}"),
    };
    let frame = one(dice, &["公司座机{}", "打{}找小王", "电话是{}。", "{}，上班时间有人接", "call our office {}", "固话：{} 转801"]);
    frame.replace("{}", &text)
}

fn service(dice: &mut Dice) -> String {
    let rest = number(dice, 7);
    let text = match dice.below(3) {
        0 => format!("400{rest}"),
        1 => format!("400-{}-{}", &rest[..3], &rest[3..]),
        _ => format!("400 {} {}", &rest[..4], &rest[4..]),
    };
    one(dice, &["厂家热线{}", "客服电话：{}", "您打{}问下厂家", "{}有人接听", "hotline {}"]).replace("{}", &text)
}

fn wechat(dice: &mut Dice) -> String {
    let id = account(dice);
    let frame = one(
        dice,
        &[
            "加我微信{}",
            "薇信：{}",
            "V信 {} 备注姓名",
            "vx:{}",
            "加V {}",
            "wx号{}哈",
            "徽信{}",
            "微 信 搜 {}",
            "＋微❤{}",
            "我的卫星号是{}",
            "加薇 {} 发您优惠",
            "威信：{}",
            "ｖｘ：{}",
            "wei xin: {}",
            "add my wechat {}",
            "WeChat ID: {}",
            "微信号 {}，私下便宜20",
            "搜v {}",
            "ｗｅｃｈａｔ {}",
            "wеchаt: {}",
            "微\u{200b}信：{}",
            "微.信 {}",
            "加个微信吧，方便发图",
            "方便加一下您的微信吗",
            "平台说话不方便，微信聊",
            "留个微信吧亲",
        ],
    );
    frame.replace("{}", &id)
}

fn qq(dice: &mut Dice) -> String {
    let length = 6 + dice.below(5);
    let digits = number(dice, length);
    let digits = match dice.below(5) {
        0 => written(&digits, &CHINESE, ""),
        1 => grouped(&digits, &[3, digits.len() - 3], " "),
        2 => written(&digits, &CIRCLED, ""),
        _ => digits,
    };
    one(dice, &["QQ{}", "加QQ：{}", "扣扣 {}", "企鹅号{}", "我的q是{}，加我", "扣 扣：{}", "Q Q {}", "qq号：{}", "企鹅：{}", "ＱＱ：{}"])
        .replace("{}", &digits)
}

fn mail(dice: &mut Dice) -> (&'static str, String) {
    let (name, host) = (
        account(dice).replace('-', "_"),
        one(dice, &["qq.com", "163.com", "gmail.com", "outlook.com", "myshop.cn", "foxmail.com", "brand.co.uk"]),
    );
    let frame = one(dice, &["发到{}", "邮箱：{}", "mail me at {}", "send the pictures to {} please", "{}", "有事发邮件 {} 哦"]);
    let (kind, text) = match dice.below(6) {
        0 | 1 => ("mail", format!("{name}@{host}")),
        2 => ("mail, spelled", format!("{name} at {}", host.replace('.', " dot "))),
        3 => ("mail, spelled", format!("{name}(at){host}")),
        4 => ("mail, spelled", format!("{name}＠{}", host.replace('.', "．"))),
        _ => (
            "mail, spelled",
            format!("{name}{}{}", one(dice, &["【at】", "[at]", " @ "]), host.replace('.', one(dice, &["[dot]", "点", "."]))),
        ),
    };
    (kind, frame.replace("{}", &text))
}

fn web(dice: &mut Dice) -> (&'static str, String) {
    let name = one(dice, &["bestshop", "mystore88", "cheap-deals", "haohuo", "dashop", "lucky7"]);
    let frame =
        one(dice, &["官网{}下单便宜", "去{}看看", "Visit {} for more", "our own site is {}", "链接：{}", "{}", "order at {} and save 20%"]);
    let (kind, text) = match dice.below(9) {
        0 => ("web", format!("https://{name}.com/item?id=3")),
        1 => ("web", format!("www.{name}.com")),
        2 => ("web", format!("{name}.{}", one(dice, &["com", "cn", "net", "shop", "vip", "xyz", "top", "co.uk"]))),
        3 => ("web", format!("http://{name}.example/x")),
        4 => ("web, spelled", format!("{name}点com")),
        5 => ("web, spelled", format!("www . {name} . com")),
        6 => ("web, spelled", format!("{name} dot com")),
        7 => ("web, spelled", format!("{name}。ｃｏｍ")),
        _ => ("web, spelled", format!("{name}[.]com")),
    };
    (kind, frame.replace("{}", &text))
}

fn messenger(dice: &mut Dice) -> String {
    let phone = format!("+{} {}", one(dice, &["1", "44", "91", "86", "7", "971"]), number(dice, 10));
    let id = account(dice);
    one(
        dice,
        &[
            "whatsapp me at {p}",
            "WhatsApp: {p}",
            "add me on Telegram @{i}",
            "telegram {i}",
            "My Skype is live:{i}",
            "Line ID: {i}",
            "Whats App {p}",
            "find me on Telegram",
            "message me on WhatsApp, it is faster",
            "let's continue on WhatsApp",
            "加我钉钉号{p}",
            "tg：{i}",
            "Signal: @{i}",
            "add my WhatsApp {p}",
            "W h a t s A p p {p}",
            "contact me via telegram: {i}",
            "加whatsapp {p}",
        ],
    )
    .replace("{p}", &phone)
    .replace("{i}", &id)
}

fn platform(dice: &mut Dice) -> String {
    let name = one(dice, &["淘宝", "拼多多", "闲鱼", "京东", "天猫", "抖音", "Taobao", "AliExpress", "eBay", "Temu", "小红书", "Shopee"]);
    let name: String = match dice.below(4) {
        0 => name.chars().map(String::from).collect::<Vec<_>>().join(one(dice, &[".", " ", "*", "-", "\u{200b}"])),
        1 => name.to_uppercase(),
        _ => name.to_owned(),
    };
    one(dice, &["我们{}店更便宜", "您去{}搜我们店", "{}上也有卖", "we also sell on {}", "buy it on {} instead", "到{}下单减10元"])
        .replace("{}", &name)
}

/// Sentences with a contact in each.
pub fn cases(seed: u64, count: usize) -> Vec<Case> {
    let mut dice = Dice::new(seed, 1);
    let make = |_| {
        let (kind, text) = match dice.below(20) {
            0..=10 => {
                let (kind, number) = phone(&mut dice);
                (kind, one(&mut dice, &FRAMES).replace("{}", &number))
            }
            11 => ("landline", landline(&mut dice)),
            12 => ("400 number", service(&mut dice)),
            13 | 14 => ("WeChat", wechat(&mut dice)),
            15 => ("QQ", qq(&mut dice)),
            16 => mail(&mut dice),
            17 => web(&mut dice),
            18 => ("messengers", messenger(&mut dice)),
            _ => ("platform", platform(&mut dice)),
        };
        Case { contact: true, kind: kind.to_owned(), text }
    };
    (0..count).map(make).collect()
}
