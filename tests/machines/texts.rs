//! Texts of a shop: templates and their variables, lists of phrases and their limits, what a phrase must not hold, finding.

use crate::{SCOPE, act};
use fenliu::domain::Machine;
use fenliu::domain::guard::Guard;
use fenliu::domain::id::{AgentNo, Millis};
use fenliu::domain::order::{Carrier, Item, Logistics, Parcel, Report};
use fenliu::domain::text::find::{Query, phrases};
use fenliu::domain::text::template::{Fault, Values, Variable, check, render};
use fenliu::domain::text::{CATEGORIES, Command, ListId, Phrase, Template, Texts};

#[test]
fn a_template_is_filled_under_chinese_and_english_names() {
    // SPEC: TXT-2
    let values = Values::default().with(Variable::OrderNo, "A-1").with(Variable::Buyer, "{shop}");
    for (text, expected) in [
        ("您的订单{订单号}已发货", "您的订单A-1已发货"),
        ("order { Order_No }.", "order A-1."),
        ("{订单号}{order_no}", "A-1A-1"),
        ("full width ｛订单号｝", "full width A-1"),
        ("{{订单号}} is {订单号}", "{订单号} is A-1"),
        ("{{{订单号}}}", "{A-1}"),
        ("dear {买家}", "dear {shop}"), // what is filled in is not read again
        ("", ""),
    ] {
        assert_eq!(check(text), Ok(()), "{text}");
        assert_eq!(render(text, &values).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn a_template_with_a_fault_is_refused_at_its_place() {
    // SPEC: TXT-2
    let unknown = |at, name: &str| Err(Fault::Unknown { at, name: name.into() });
    for (text, expected) in [
        ("订单{订单}", unknown(3, "订单")),
        ("{{ok}} {order_no} {x}", unknown(19, "x")),
        ("{}", unknown(1, "")),
        ("好的{order_no", Err(Fault::Unclosed { at: 3 })),
        ("{a{order_no}", Err(Fault::Unclosed { at: 1 })),
        ("order_no}", Err(Fault::Unopened { at: 9 })),
    ] {
        assert_eq!(check(text), expected, "{text}");
    }
    let told = check("订单{订单}").unwrap_err().to_string();
    assert!(told.starts_with("character 3: there is no variable `订单`; there are {order_no} = {订单号}, "), "{told}");
}

#[test]
fn what_cannot_be_filled_is_named_and_nothing_is_rendered() {
    // SPEC: TXT-2
    let values = Values::default().with(Variable::OrderNo, "A-1").with(Variable::Carrier, "  ");
    let unfilled = render("{订单号} {carrier} {物流单号} {carrier}", &values).unwrap_err();
    assert_eq!(unfilled.names, ["carrier", "物流单号"]);
    assert_eq!(unfilled.to_string(), "nothing is known here of carrier, 物流单号");
}

#[test]
fn what_an_order_fills() {
    // SPEC: TXT-3
    let item = |title: &str, price_minor, quantity| Item {
        title: title.into(),
        product: String::new(),
        sku: "红".into(),
        picture: String::new(),
        price_minor,
        quantity,
    };
    let parcel = |number: &str| Parcel { carrier: "sf".into(), number: number.into() };
    let report = Report {
        order: "A-1".into(),
        items: vec![item("连衣裙", 1_999, 2), item("帽子", 5, 1)],
        parcels: vec![parcel("SF1"), parcel("SF2")],
        logistics: Some(Logistics { id: "n1".into(), text: "已到达上海".into() }),
        currency: "CNY".into(),
        ..Report::default()
    };
    let carrier = Carrier { code: "sf".into(), name: "顺丰".into(), link: "https://sf.example/{number}".into() };
    let all = "{order_no}|{product}|{sku}|{quantity}|{amount}|{tracking_no}|{carrier}|{tracking_link}|{logistics}";
    let filled = render(all, &Values::of_order(&report, Some(&carrier))).unwrap();
    assert_eq!(filled, "A-1|连衣裙|红|3|CNY 40.03|SF2|顺丰|https://sf.example/SF2|已到达上海");
    let amount = |currency: &str| {
        Values::of_order(&Report { currency: currency.into(), ..report.clone() }, None).get(Variable::Amount).map(str::to_owned)
    };
    assert_eq!([amount("JPY"), amount("KWD"), amount("")], [Some("JPY 4003".into()), Some("KWD 4.003".into()), None]);
    let unknown = Values::of_order(&report, None);
    assert_eq!((unknown.get(Variable::Carrier), unknown.get(Variable::TrackingLink)), (Some("sf"), None));
    assert_eq!(Values::of_order(&Report::default(), None), Values::default());
}

const ME: AgentNo = AgentNo(3);

fn phrase(text: &str) -> Phrase {
    Phrase { intent: "物流".into(), text: text.into(), products: vec![], added_at: Millis(0) }
}

fn set(no: Option<u32>, text: &str) -> Command {
    Command::SetPhrase { no, phrase: phrase(text), by: ME, guard: Guard::usual() }
}

fn template(no: Option<u32>, category: &str, text: &str) -> Command {
    let template = Template { name: "n".into(), category: category.into(), text: text.into(), added_at: Millis(0) };
    Command::SetTemplate { no, template, by: ME, guard: Guard::usual() }
}

#[track_caller]
fn refused(texts: &Texts, command: Command, expected: &str) {
    let refusal = texts.decide(command, Millis(9)).expect_err(expected);
    assert!(format!("{refusal:?}").contains(expected), "{refusal:?}");
}

#[test]
fn a_list_of_phrases_has_its_limits_and_never_uses_a_number_twice() {
    // SPEC: TXT-1
    let mut texts = Texts::new(SCOPE, ListId::Own(ME));
    for no in 1..=50 {
        let outcome = act(&mut texts, set(None, "亲,今天发货"), no);
        assert!(outcome.ends_with(&format!("Numbered {{ no: {no} }}")), "{outcome}");
    }
    refused(&texts, set(None, "第五十一"), "LimitReached { what: \"phrase\", limit: 50 }");
    act(&mut texts, set(Some(7), &"长".repeat(200)), 60);
    assert_eq!((texts.phrases[&7].added_at, texts.phrases.len()), (Millis(7), 50), "changed, not added");
    refused(&texts, set(Some(7), &"长".repeat(201)), "at most 200 characters");
    act(&mut texts, Command::RemovePhrase { no: 50, by: ME }, 61);
    refused(&texts, Command::RemovePhrase { no: 50, by: ME }, "NotFound");
    refused(&texts, set(Some(50), "x"), "NotFound");
    act(&mut texts, set(None, "新的"), 62);
    assert!(texts.phrases.contains_key(&51) && !texts.phrases.contains_key(&50));
    assert!(act(&mut texts, set(Some(51), "新的"), 63).starts_with(" | "), "the same again changes nothing");
    for (bad, field) in [(" ", "text"), ("a\tb", "text"), ("see www.x.example", "text")] {
        refused(&texts, set(Some(51), bad), &format!("Invalid {{ field: {field:?}"));
    }
    let products = vec!["p".into(); 21];
    let bound = Command::SetPhrase { no: None, phrase: Phrase { products, ..phrase("x") }, by: ME, guard: Guard::usual() };
    refused(&texts, bound, "Invalid { field: \"products\"");
}

#[test]
fn a_template_is_checked_when_it_is_saved() {
    // SPEC: TXT-2
    let mut texts = Texts::new(SCOPE, ListId::Templates);
    for category in CATEGORIES.into_iter().chain(["我们自己的"]) {
        act(&mut texts, template(None, category, "订单{订单号}:{{ok}}"), 5);
    }
    assert_eq!(texts.templates.len(), 13);
    refused(&texts, template(None, "thanks", "谢谢{称呼}"), "character 3: there is no variable `称呼`");
    refused(&texts, template(Some(1), "thanks", "谢谢{买家"), "character 3: this brace is never closed");
    refused(&texts, template(None, " ", "x"), "Invalid { field: \"category\"");
    refused(&texts, template(None, "thanks", &"长".repeat(1_001)), "at most 1000 characters");
    act(&mut texts, Command::RemoveTemplate { no: 13, by: ME }, 6);
    refused(&texts, Command::RemoveTemplate { no: 13, by: ME }, "NotFound");
    refused(&texts, set(None, "a phrase among templates"), "Internal");
    for _ in texts.templates.len()..200 {
        act(&mut texts, template(None, "thanks", "x"), 7);
    }
    refused(&texts, template(None, "thanks", "x"), "LimitReached { what: \"template\", limit: 200 }");
}

#[test]
fn a_phrase_holds_no_way_out_of_the_shop() {
    // SPEC: TXT-1
    let mut texts = Texts::new(SCOPE, ListId::Team);
    for text in ["请看 https://x.example/a 谢谢", "电话13800138000", "加微信聊", "我们在淘宝也有店"] {
        refused(&texts, set(None, text), "Invalid { field: \"text\"");
    }
    act(&mut texts, set(None, "支持微信支付,京东快递包邮"), 1);
}

#[test]
fn a_text_is_found_by_letters_and_by_pinyin() {
    // SPEC: TXT-1
    let finds = |typed: &str, text: &str| Query::new(typed).finds(text);
    for typed in ["快递", "kuaidi", "kd", "kuaid", "kdi", "KD", "快d", "发什么快", "fsmkd", "", "shenmekuai", "sf", "shunfeng"] {
        assert!(finds(typed, "亲,发什么快递?顺丰(SF)。"), "{typed}");
    }
    for typed in ["退款", "tk", "kuaidian", "dk"] {
        assert!(!finds(typed, "发什么快递?"), "{typed}");
    }
    // Several readings, and the vowel that keyboards write as v.
    assert!(finds("yinhang", "银行") && finds("zhongqing", "重庆") && finds("chongqing", "重庆") && finds("lvse", "绿色"));
    assert!(finds("ref", "Refund policy") && !finds("fund x", "Refund policy"));
}

#[test]
fn what_is_found_is_for_the_product_and_by_intent() {
    // SPEC: TXT-1
    let mut texts = Texts::new(SCOPE, ListId::Team);
    for (intent, product) in [("尺码", ""), ("物流", "p1"), ("物流", ""), ("尺码", "p2")] {
        let products = if product.is_empty() { vec![] } else { vec![product.to_owned()] };
        let phrase = Phrase { intent: intent.into(), products, ..phrase("好的") };
        act(&mut texts, Command::SetPhrase { no: None, phrase, by: ME, guard: Guard::usual() }, 1);
    }
    let numbers = |typed: &str, product: Option<&str>| -> Vec<u32> {
        phrases(&texts.phrases, &Query::new(typed), product).iter().map(|(no, _)| *no).collect()
    };
    assert_eq!(numbers("", None), [1, 4, 2, 3]);
    assert_eq!(numbers("", Some("p1")), [1, 2, 3]);
    assert_eq!(numbers("wl", Some("p2")), [3]);
    assert_eq!(numbers("hd", Some("p2")), [1, 4, 3]);
}
