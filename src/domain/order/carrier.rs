//! Carriers 物流公司 and the public pages where their tracking numbers are followed (INB-9). It never asks a carrier anything.
//!
//! The addresses here are defaults: carriers move their pages, and what the platform sets for a code takes the place of ours.

use crate::domain::text::is_unseen;
use serde::{Deserialize, Serialize};

/// Where the tracking number stands in a link.
const NUMBER: &str = "{number}";

/// Where a carrier's tracking numbers are followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carrier {
    /// Lower-case letters, digits and `-`.
    pub code: String,
    pub name: String,
    /// An https address with `{number}` in it.
    pub link: String,
}

/// The usual ones: code, name, link. The platform adds others and overrides these. Chinese carriers want a code by SMS on their own
/// pages, so their numbers lead to a page that shows the traces of all of them.
const USUAL: [(&str, &str, &str); 21] = [
    ("4px", "4PX 递四方", "https://track.4px.com/#/result/0/{number}"),
    ("best", "百世 Best", "https://www.kuaidi100.com/chaxun?com=huitongkuaidi&nu={number}"),
    ("cainiao", "菜鸟 Cainiao", "https://global.cainiao.com/newDetail.htm?mailNoList={number}"),
    ("china-post", "中国邮政 China Post", "https://www.kuaidi100.com/chaxun?com=youzhengguonei&nu={number}"),
    ("deppon", "德邦 Deppon", "https://www.kuaidi100.com/chaxun?com=debangwuliu&nu={number}"),
    ("dhl", "DHL", "https://www.dhl.com/global-en/home/tracking/tracking-express.html?submit=1&tracking-id={number}"),
    ("ems", "EMS", "https://www.kuaidi100.com/chaxun?com=ems&nu={number}"),
    ("fedex", "FedEx", "https://www.fedex.com/fedextrack/?trknbr={number}"),
    ("jd", "京东物流 JD", "https://www.kuaidi100.com/chaxun?com=jd&nu={number}"),
    ("jt", "极兔 J&T", "https://www.kuaidi100.com/chaxun?com=jtexpress&nu={number}"),
    ("royal-mail", "Royal Mail", "https://www.royalmail.com/track-your-item#/tracking-results/{number}"),
    ("sf", "顺丰 SF", "https://www.sf-express.com/chn/sc/waybill/waybill-detail/{number}"),
    ("sto", "申通 STO", "https://www.kuaidi100.com/chaxun?com=shentong&nu={number}"),
    ("tnt", "TNT", "https://www.tnt.com/express/en_gc/site/shipping-tools/tracking.html?searchType=con&cons={number}"),
    ("ups", "UPS", "https://www.ups.com/track?tracknum={number}"),
    ("usps", "USPS", "https://tools.usps.com/go/TrackConfirmAction?tLabels={number}"),
    ("yanwen", "燕文 Yanwen", "https://track.yw56.com.cn/en/querydel?nums={number}"),
    ("yto", "圆通 YTO", "https://www.kuaidi100.com/chaxun?com=yuantong&nu={number}"),
    ("yunda", "韵达 Yunda", "https://www.kuaidi100.com/chaxun?com=yunda&nu={number}"),
    ("yunexpress", "云途 YunExpress", "https://www.yuntrack.com/parcelTracking?id={number}"),
    ("zto", "中通 ZTO", "https://www.kuaidi100.com/chaxun?com=zhongtong&nu={number}"),
];

/// The usual carriers, by code.
pub fn usual() -> impl Iterator<Item = Carrier> {
    USUAL.iter().map(|(code, name, link)| Carrier { code: (*code).into(), name: (*name).into(), link: (*link).into() })
}

/// The usual carrier of that code.
pub fn usual_of(code: &str) -> Option<Carrier> {
    usual().find(|carrier| carrier.code == code)
}

impl Carrier {
    /// The host of its page.
    pub fn host(&self) -> Option<&str> {
        let rest = self.link.split_once("://")?.1;
        rest.split(['/', '?', '#', ':']).next().filter(|host| !host.is_empty())
    }

    /// The page of one number. What is not plain in the number is percent-encoded: a number cannot lead elsewhere.
    pub fn trace(&self, number: &str) -> String {
        self.link.replace(NUMBER, &percent(number))
    }
}

fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// What is wrong with an address that people are led to: only https, a public host by its plain name, nothing invisible.
pub fn check_address(address: &str) -> Result<(), &'static str> {
    let rest = address.strip_prefix("https://").ok_or("must begin with https://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let part = |part: &str| {
        let plain = part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (1..=63).contains(&part.len()) && plain && !part.starts_with('-') && !part.ends_with('-')
    };
    // The last part of a name is never a number: what ends so is an address of a machine.
    let named = host.rsplit_once('.').is_some_and(|(_, last)| last.contains(|c: char| c.is_ascii_alphabetic()));
    if !named || host.len() > 253 || !host.split('.').all(part) {
        return Err("must name a host such as www.example.com after https://, without a port or a user's name");
    }
    let strange = |c: char| c.is_whitespace() || c.is_control() || is_unseen(c) || matches!(c, '"' | '\'' | '<' | '>' | '\\' | '`');
    if address.contains(strange) {
        return Err("must not contain spaces, quotes, `<`, `>`, `\\`, control characters or such as nobody sees");
    }
    Ok(())
}

/// What is wrong with a carrier's link.
pub fn check_link(link: &str) -> Result<(), &'static str> {
    check_address(link)?;
    match link.matches(NUMBER).count() {
        1 if link.replacen(NUMBER, "", 1).contains(['{', '}']) => Err("must not contain other braces than {number}"),
        1 => Ok(()),
        _ => Err("must contain {number} exactly once"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_link_is_a_right_one_and_codes_ascend() {
        // SPEC: INB-9
        for carrier in usual() {
            assert_eq!(check_link(&carrier.link), Ok(()), "{}", carrier.code);
            assert!(carrier.trace("A1").contains("A1"));
        }
        assert!(USUAL.windows(2).all(|two| two[0].0 < two[1].0));
        assert_eq!(usual_of("sf").unwrap().trace("SF 1/2&x=顺").rsplit('/').next(), Some("SF%201%2F2%26x%3D%E9%A1%BA"));
    }

    #[test]
    fn links_that_could_lead_astray_are_refused() {
        // SPEC: INB-9
        for wrong in [
            "",
            "http://a.example/{number}",
            "javascript:alert({number})",
            "https://{number}",
            "https://{number}.example/",
            "https:///{number}",
            "https://user@a.example/{number}",
            "https://a.example/",
            "https://a.example/{number}/{number}",
            "https://a.example/{number}{x}",
            "https://a.example/ {number}",
            "https://a.example/\"{number}",
            "HTTPS://a.example/{number}",
            "https://a.example:8443/{number}",
            "https://localhost/{number}",
            "https://10.0.0.1/{number}",
            "https://a..example/{number}",
            "https://a.example./{number}",
            "https://-a.example/{number}",
            "https://ä.example/{number}",
            "https://a.example/\u{202e}{number}",
            "https://a.example/\u{200b}{number}",
            "https://a.example/\u{7f}{number}",
        ] {
            assert!(check_link(wrong).is_err(), "{wrong}");
        }
        for right in ["https://a.example/t?n={number}#x", "https://xn--4px.b-c.example?n={number}", "https://a.example/物流/{number}"] {
            assert_eq!(check_link(right), Ok(()), "{right}");
        }
    }
}
