//! Texts of a shop: templates and their variables, lists of phrases and their limits, what a phrase must not hold, finding.

use fenliu::domain::order::{Carrier, Item, Logistics, Parcel, Report};
use fenliu::domain::text::template::{Fault, Values, Variable, check, render};

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
