//! What the guard finds in a text, where, and what it lets pass.

use fenliu::domain::guard::check;
use fenliu::domain::guard::{Approval, Contacts, Finding, Guard, Rule, Settings, Voice, Words};
use fenliu::domain::id::Millis;
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

const NOW: Millis = Millis(1_000);

fn owned(list: &[&str]) -> Vec<String> {
    list.iter().map(|item| (*item).to_owned()).collect()
}

fn guard(settings: Settings, words: &[&str], approvals: Vec<Approval>) -> Guard {
    let carriers = owned(&["www.kuaidi100.com"]);
    Guard::new(settings, Arc::new(Words::new(&owned(words))), approvals, carriers, Arc::default())
}

fn found(guard: &Guard, text: &str) -> Vec<Finding> {
    guard.clear(text.to_owned(), Voice::Fixed, NOW).err().unwrap_or_default()
}

/// What was found, by rule, as it stands in the text.
fn told(guard: &Guard, text: &str) -> Vec<(Rule, String)> {
    let written = |finding: &Finding| text.chars().skip(finding.start as usize).take((finding.end - finding.start) as usize).collect();
    found(guard, text).iter().map(|finding| (finding.rule, written(finding))).collect()
}

#[track_caller]
fn finds(text: &str, rule: Rule, written: &str) {
    assert_eq!(told(&Guard::usual(), text), [(rule, written.to_owned())], "{text}");
}

#[test]
fn a_banned_word_is_told_as_listed_and_where_it_stands() {
    // SPEC: GRD-2
    let guard = guard(Settings::default(), &["傻逼", "Damn It", "weixin", "сука", "كلب"], vec![]);
    for (text, word, written) in [
        ("你是傻*逼吗", "傻逼", "傻*逼"),
        ("ＤＡＭＮ　ＩＴ", "Damn It", "ＤＡＭＮ　ＩＴ"),
        ("damnit!", "Damn It", "damnit"),
        ("加 w\u{200b}ei-x.i\u{ad}n", "weixin", "w\u{200b}ei-x.i\u{ad}n"),
        ("wеiхin", "weixin", "wеiхin"),
        ("СУКА", "сука", "СУКА"),
        ("هذا كلب", "كلب", "كلب"),
    ] {
        let findings = found(&guard, text);
        let banned: Vec<&Finding> = findings.iter().filter(|finding| finding.rule == Rule::Banned).collect();
        assert_eq!(banned.len(), 1, "{text}: {findings:?}");
        assert_eq!(banned[0].found, word, "{text}");
        assert!(told(&guard, text).contains(&(Rule::Banned, written.to_owned())), "{text}: {findings:?}");
    }
    for fine in ["不傻。逼近了", "madam, nit", "weixinx", "كلبان"] {
        assert_eq!(told(&guard, fine), [], "{fine}");
    }
    // Refused of agents too, also where contacts are only warned of.
    let settings = Settings { contacts: Contacts::Warn, ..Settings::default() };
    let guard = self::guard(settings, &["傻逼"], vec![]);
    assert!(guard.clear("傻逼".into(), Voice::Agent, NOW).is_err());
}

#[test]
fn telephone_numbers_are_seen_however_they_are_written() {
    // SPEC: GRD-3, TXT-1
    for (text, written) in [
        ("电话13800138000", "13800138000"),
        ("电话 138-0013-8000。", "138-0013-8000"),
        ("call +442071838750", "442071838750"),
        ("总机0571-88888888", "0571-88888888"),
        ("热线400-820-8820", "400-820-8820"),
        ("电话1３8００138000", "1３8００138000"),
        ("一三八〇〇一三八〇〇〇", "一三八〇〇一三八〇〇〇"),
        ("幺三八 零零幺三 八零零零", "幺三八 零零幺三 八零零零"),
        ("l38OOl38OOO", "l38OOl38OOO"),
        ("①③⑧00138000", "①③⑧00138000"),
        ("1️⃣3️⃣8️⃣00138000", "1️⃣3️⃣8️⃣00138000"),
        ("1🌹3🌹8🌹0🌹0🌹1🌹3🌹8🌹0🌹0🌹0", "1🌹3🌹8🌹0🌹0🌹1🌹3🌹8🌹0🌹0🌹0"),
        ("yi san ba ling ling yi san ba ling ling ling", "yi san ba ling ling yi san ba ling ling ling"),
        ("one three eight zero zero one three eight zero zero zero", "one three eight zero zero one three eight zero zero zero"),
        ("1\u{200b}3\u{200b}8\u{200b}00138000", "1\u{200b}3\u{200b}8\u{200b}00138000"),
        ("电话是67008866。", "67008866"),
    ] {
        finds(text, Rule::Phone, written);
    }
    // What is turned round is read as it is seen, and refused for being turned.
    let turned = told(&Guard::usual(), "find me: \u{202e}00083100831\u{202c}");
    assert_eq!(turned, [(Rule::Banned, "\u{202e}".to_owned()), (Rule::Phone, "00083100831".to_owned())]);
    assert!(!found(&Guard::usual(), "我的号 \u{202e}8765\u{202e}4321831").is_empty());
}

#[test]
fn signs_that_may_be_pictures_hide_nothing() {
    // SPEC: GRD-2, GRD-3, GRD-4
    let guard = guard(Settings::default(), &["返现", "fuck"], vec![]);
    for text in ["好评返🇨🇳现", "fuck🇺🇸", "fuck™", "返㊙️现", "返1️⃣现", "13812345678🇨🇳", "全🇨🇳网最低价", "🇫🇺🇨🇰", "ⓕⓤⓒⓚ"]
    {
        assert!(!found(&guard, text).is_empty(), "{text}");
    }
    for text in ["正品™,放心🇨🇳", "请看图①和图②", "5️⃣星好评", "ℹ️ 详情见页面"] {
        assert_eq!(found(&guard, text), [], "{text}");
    }
}

#[test]
fn behind_an_allowed_host_nothing_leads_elsewhere() {
    // SPEC: GRD-3
    let settings = Settings { allowed_hosts: owned(&["tea.example.com"]), ..Settings::default() };
    let guard = guard(settings, &[], vec![]);
    for text in [
        "https://tea.example.com%2eevil.ai/",
        "https://tea.example.com。evil.ai/",
        "https://tea.example.com~.evil.ai/",
        "https://tea.example.com,evil.ai",
        "https://evil.ai/x",
        "看 evil.gg/abc",
    ] {
        assert!(!found(&guard, text).is_empty(), "{text}");
    }
    for text in [
        "https://tea.example.com/a?b=1",
        "https://tea.example.com:8443/a",
        "打开 https://tea.example.com，看看",
        "https://tea.example.com。",
    ] {
        assert_eq!(found(&guard, text), [], "{text}");
    }
}

#[test]
fn other_contacts_are_seen() {
    // SPEC: GRD-3, TXT-1
    for (text, rule, written) in [
        ("请看 https://x.example/a 谢谢", Rule::Web, "https://x.example/a"),
        ("去www.abc看看", Rule::Web, "www.abc"),
        ("我的店 myshop点com", Rule::Web, "myshop点com"),
        ("www . myshop . com", Rule::Web, "www . myshop . com"),
        ("写信到a.b@mail.example", Rule::Mail, "a.b@mail.example"),
        ("name at qq dot com", Rule::Mail, "name at qq dot com"),
        ("name(at)shop.cn", Rule::Mail, "name(at)shop.cn"),
        ("加微信聊", Rule::Messenger, "加微信聊"),
        ("VX: abc", Rule::Messenger, "VX: abc"),
        ("徽信 lulu2020", Rule::Messenger, "徽信 lulu2020"),
        ("QQ 1234567", Rule::Messenger, "QQ 1234567"),
        ("Telegram @lulu2020", Rule::Messenger, "Telegram @lulu2020"),
        ("我们在淘宝也有店", Rule::Platform, "淘宝"),
        ("see our Amazon shop", Rule::Platform, "Amazon"),
        ("淘.宝同名", Rule::Platform, "淘.宝"),
    ] {
        let told = told(&Guard::usual(), text);
        assert!(
            told.iter().any(|(known, part)| *known == rule && (written.contains(part.as_str()) || part == written)),
            "{text}: {told:?}"
        );
    }
}

#[test]
fn honest_sentences_pass() {
    // SPEC: GRD-3, TXT-1
    for fine in [
        "您的订单号是 13800138000,请查收",
        "订单 2026032912345678901 已发货",
        "order no. 13912345678",
        "SF1380013800012",
        "#999-8887776-5554443",
        "order ID 701-9876543-2109876",
        "尺码 165/88A,胸围 88-92,腰围 70-74 cm",
        "原价199.00元,满300减50,100+20更划算",
        "2026-03-29 10:00 到 2026-04-01 18:00",
        "支持微信支付,京东快递包邮,支付宝也行",
        "WeChat Pay, Amazon Pay and cards are welcome. 抖音支付也可以",
        "Made by Betsy, size 3.5 cm, v2.0, 3.5.2, e.g. red, i.e. dark.",
        "请提供收货手机号",
        "1688元全包",
        "ISBN 978-7-121-36217-0",
        "@someone thanks",
        "北京东路 16:9",
        "我们不能加微信，请在平台沟通",
    ] {
        assert_eq!(told(&Guard::usual(), fine), [], "{fine}");
    }
}

#[test]
fn what_a_shop_allows_passes_and_nothing_that_looks_like_it() {
    // SPEC: GRD-3
    let settings =
        Settings { allowed_hosts: owned(&["myshop.com", "amazon.in"]), own_platforms: owned(&["Taobao"]), ..Settings::default() };
    let guard = guard(settings, &[], vec![]);
    for fine in
        ["https://myshop.com/a?b=1", "see help.myshop.com.", "我们在淘宝和taobao都有", "https://www.kuaidi100.com/x?nu=1", "Amazon.in/help"]
    {
        let told: Vec<_> = told(&guard, fine).into_iter().filter(|(rule, _)| *rule == Rule::Web || fine.contains("淘")).collect();
        assert_eq!(told, [], "{fine}");
    }
    for bad in [
        "https://myshop.com.evil.example",
        "https://myshop.com@evil.example/x",
        "https://evil.example/myshop.com",
        "https://notmyshop.com",
        "https://myshоp.com", // a Cyrillic о
        "https://evil.example\\@myshop.com",
        "evil.com . myshop.com",
    ] {
        assert!(told(&guard, bad).iter().any(|(rule, _)| *rule == Rule::Web), "{bad}");
    }
}

#[test]
fn contacts_in_agents_messages_are_as_the_shop_set_them() {
    // SPEC: GRD-3
    let settings = Settings { contacts: Contacts::Warn, ..Settings::default() };
    let guard = guard(settings, &[], vec![]);
    let cleared = guard.clear("打13800138000".into(), Voice::Agent, NOW).expect("it is only warned of");
    assert_eq!((cleared.warnings.len(), cleared.warnings[0].rule, cleared.text()), (1, Rule::Phone, "打13800138000"));
    assert!(guard.clear("打13800138000".into(), Voice::Fixed, NOW).is_err());
    assert!(Guard::usual().clear("打13800138000".into(), Voice::Agent, NOW).is_err());
}

#[test]
fn a_marketing_phrase_needs_an_approval_that_holds_now() {
    // SPEC: GRD-4
    let approval =
        |phrases: &[&str], from, to| Approval { campaign: "双11".into(), phrases: owned(phrases), from: Millis(from), to: Millis(to) };
    let settings = Settings { marketing: owned(&["骨折价"]), ..Settings::default() };
    let none = guard(settings.clone(), &[], vec![]);
    for text in ["全网最低价！", "限 时 抢 购", "今天骨折价", "Lowest price ever!"] {
        assert!(told(&none, text).iter().any(|(rule, _)| *rule == Rule::Marketing), "{text}");
    }
    assert_eq!(found(&none, "今天骨折价")[0].found, "骨折价");
    let approved = guard(settings, &[], vec![approval(&["全网最低价", "骨折价"], 1_000, 2_000), approval(&["限时抢购"], 0, 1_000)]);
    assert_eq!(told(&approved, "全网最低价，骨折价"), []);
    assert_eq!(told(&approved, "限时抢购").len(), 1, "it ended");
    assert_eq!(told(&approved, "全网最低").len(), 1, "that phrase was not approved");
    assert!(approved.clear("全网最低价".into(), Voice::Agent, Millis(999)).is_err());
    assert!(approved.clear("全网最低价".into(), Voice::Agent, Millis(1_999)).is_ok());
    assert!(approved.clear("全网最低价".into(), Voice::Agent, Millis(2_000)).is_err());
}

#[test]
fn coupon_codes_are_noticed_and_sent() {
    // SPEC: GRD-5
    let settings = Settings { coupon_prefixes: owned(&["TEA-"]), ..Settings::default() };
    let guard = guard(settings, &[], vec![]);
    for text in [
        "优惠券码 SAVE20 直接用",
        "use code WELCOME10 at checkout",
        "红包口令：A8K2M9",
        "TEA-XK2 送您",
        "coupon: ＳＡＶＥ２０",
        "复制 ￥k3Jd8Qz1￥ 打开",
    ] {
        assert!(guard.holds_coupon(text), "{text}");
        assert!(guard.clear(text.into(), Voice::Agent, NOW).is_ok_and(|cleared| cleared.coupon), "{text}");
    }
    for text in ["有优惠券可以领哦", "The discount is 10 %.", "tea is here", "优惠20元"] {
        assert!(!guard.holds_coupon(text), "{text}");
    }
}

#[test]
fn what_says_nothing_is_empty() {
    // SPEC: MET-4 (what is no valid reply)
    let guard = Guard::usual();
    let empty = |text: &str| guard.clear(text.into(), Voice::Agent, NOW).expect(text).empty;
    for text in ["", ".", "?", "。。。", "  \n\t", "😀👍🏽", "❤️", "1️⃣", "\u{200b}\u{3164}", "~~", "…", "👨‍👩‍👧", "🇨🇳"]
    {
        assert!(empty(text), "{text:?}");
    }
    for text in ["好", "ok", "1", "嗯。", "да", "نعم", "ใช่", "😀好"] {
        assert!(!empty(text), "{text:?}");
    }
}

#[test]
fn findings_are_in_order_bounded_and_none_overlaps_its_like() {
    // SPEC: GRD-3
    let text = "电话13800138000，".repeat(400);
    let findings = found(&Guard::usual(), &text);
    assert_eq!(findings.len(), 20);
    assert!(findings.windows(2).all(|pair| pair[0].end <= pair[1].start));
}

#[test]
fn faults_of_settings_words_and_approvals_are_all_told() {
    // SPEC: GRD-2, GRD-4
    let lines = |list: &[&str]| check::words(&owned(list)).into_iter().map(|fault| fault.problem).collect::<Vec<_>>();
    assert_eq!(
        lines(&["好词", "", "ＢＡＤ", "b a d", "!!!", &"长".repeat(51), "a\u{200b}b", "😀"]),
        [
            "line 2: empty",
            "line 4: the same word as line 3",
            "line 5: it has no letter, figure or character that could be found",
            "line 6: more than 50 characters",
            "line 7: contains invisible characters",
            "line 8: it has no letter, figure or character that could be found",
        ]
    );
    assert_eq!(check::words(&vec!["x".to_owned(); 10_001])[0].problem, "10001, at most 10000");
    assert_eq!(check::words(&vec!["x".to_owned(); 10_000]).len(), 100);
    let settings = Settings {
        allowed_hosts: owned(&["shop.example", "https://a.example", "A.example", "localhost"]),
        own_platforms: owned(&["淘宝", "淘宝", "!"]),
        coupon_prefixes: owned(&["T"]),
        ..Settings::default()
    };
    let fields: Vec<String> = check::settings(&settings).into_iter().map(|fault| fault.field).collect();
    assert_eq!(
        fields,
        ["allowed_hosts[1]", "allowed_hosts[2]", "allowed_hosts[3]", "own_platforms[2]", "own_platforms[1]", "coupon_prefixes[0]"]
    );
    assert_eq!(check::settings(&Settings::default()), []);
    let approval = Approval { campaign: String::new(), phrases: vec![], from: Millis(5), to: Millis(5) };
    let fields: Vec<String> = check::approvals(&[approval]).into_iter().map(|fault| fault.field).collect();
    assert_eq!(fields, ["approvals[0].campaign", "approvals[0].from", "approvals[0].to", "approvals[0].phrases"]);
}

/// Pieces of which texts are put together: every script, signs, invisible and turning characters, parts of contacts.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<char>().prop_map(String::from),
        "[0-9]{1,6}",
        "[a-zA-Z .@/:-]{1,6}",
        proptest::sample::select(
            [
                "微信",
                "加",
                "QQ",
                "电话",
                "订单号",
                "13800138000",
                "一三八",
                "点com",
                "www.",
                "http://",
                "@",
                "\u{202e}",
                "\u{202c}",
                "\u{200b}",
                "\u{feff}",
                "1️⃣",
                "👨‍👩‍👧",
                "\u{301}",
                "ﾞ",
                "한",
                "ไทย",
                "ا",
                "א",
                "优惠券",
                "淘宝",
                "全网最低价",
                "\n",
                "坏词",
                "．",
                "①",
                "\u{fffd}",
                "\u{10ffff}",
                "ŉ",
                "ﷺ",
            ]
            .as_slice()
        )
        .prop_map(str::to_owned),
    ]
}

static GUARD: LazyLock<Guard> = LazyLock::new(|| guard(Settings::default(), &["坏词", "bad word", "w1"], vec![]));

/// Ways to write a text that change nothing of what it says.
fn disguised(text: &str, way: usize) -> String {
    let wide = |c: char| match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c),
        ' ' => '\u{3000}',
        c => c,
    };
    match way {
        0 => text.to_uppercase(),
        1 => text.chars().map(wide).collect(),
        2 => text.chars().flat_map(|c| [c, '\u{200b}']).collect(),
        _ => text.chars().flat_map(|c| ['\u{2060}', c, '\u{feff}']).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    // SPEC: GRD-2, GRD-3
    #[test]
    fn any_text_is_cleared_unchanged_or_refused_with_places_in_it(pieces in proptest::collection::vec(piece(), 0..40)) {
        let text = pieces.concat();
        match GUARD.clear(text.clone(), Voice::Fixed, NOW) {
            Ok(cleared) => prop_assert_eq!(cleared.text(), text.as_str()),
            Err(findings) => {
                prop_assert!(!findings.is_empty() && findings.len() <= 20);
                let length = text.chars().count() as u32;
                prop_assert!(findings.iter().all(|finding| finding.start < finding.end && finding.end <= length));
                prop_assert!(findings.windows(2).all(|pair| pair[0].start <= pair[1].start));
                prop_assert_eq!(GUARD.clear(text, Voice::Fixed, NOW).err(), Some(findings));
            }
        }
    }

    // SPEC: GRD-2, GRD-3
    #[test]
    fn a_refused_text_is_refused_in_other_writing(
        before in "[a-z ]{0,8}",
        bad in proptest::sample::select(["坏词", "bad word", "打13800138000", "加微信lulu2020", "a.b@shop.com", "https://shop.com", "我们的淘宝店", "全网最低价"].as_slice()),
        way in 0usize..4,
    ) {
        let text = format!("{before} {bad}");
        prop_assume!(GUARD.clear(text.clone(), Voice::Fixed, NOW).is_err());
        prop_assert!(GUARD.clear(disguised(&text, way), Voice::Fixed, NOW).is_err(), "{:?}", disguised(&text, way));
    }
}

#[test]
fn long_texts_of_every_kind_are_read() {
    // SPEC: GRD-3: linear; the counts are those of `examples/guard.rs --cost`.
    for unit in ["1", "一", "w", "@", ".", " ", "a.", "加微信", "1a", "\u{202e}1", "\u{301}", "😀", "://", "qq1 "] {
        let text: String = unit.chars().cycle().take(4_000).collect();
        let _ = GUARD.clear(text, Voice::Agent, NOW);
    }
}
