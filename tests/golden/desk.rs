//! One of every record that the desk brought: its events, its settings, the heads of orders and texts.

use super::{AT, CONVERSATION, TOKEN, sealed};
use fenliu::domain::content::{Attachment, Card, Extra, FileKind, MessageMark, Naming, Saying, TextRef};
use fenliu::domain::conversation::{Block, Conversation, Run, Spoke};
use fenliu::domain::desk::time::{HealthRule, Pausing, TimeLimits};
use fenliu::domain::desk::{ArchiveRule, Desk, Fulfilment, Label, LabelNo, OwnRole, PriorityRule};
use fenliu::domain::diversion::condition::WeekWindow;
use fenliu::domain::event::{Actor, Author, Change, Event, PlatformChange, Prioritising, RetryKey, Role, Worked};
use fenliu::domain::facts::{OrderState, OrderStatus, Priority};
use fenliu::domain::health::{Figures, Report as HealthReport, What};
use fenliu::domain::hours::{Holiday, Hours, Open};
use fenliu::domain::id::{AgentNo, GroupNo, Millis};
use fenliu::domain::notice::{Notice, Stream};
use fenliu::domain::order::{Carrier, Item, Logistics, Order, OrderKey, Outcome, Parcel, Report, Scene, Telling};
use fenliu::domain::permission::{Permission, Permissions};
use fenliu::domain::quarter::Quarter;
use fenliu::domain::schedule::Day;
use fenliu::domain::text::{ListId, Phrase, Template, Texts};
use fenliu::domain::view::Draft;

const BY: AgentNo = AgentNo(300);
const OWNER: Option<AgentNo> = Some(AgentNo(4));
const KEY: OrderKey = OrderKey([7; 16]);

fn labels() -> Vec<LabelNo> {
    vec![LabelNo(1), LabelNo(200)]
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

fn attachment(kind: FileKind) -> Attachment {
    Attachment { hash: TOKEN, kind, bytes: 70_000, name: "照片.jpg".into(), size: Some((1_024, 768)) }
}

fn rich(extra: Extra) -> Event {
    Event::MessageAdded {
        conversation: CONVERSATION,
        seq: 9,
        at: AT,
        author: Author::Buyer,
        text: "看".into(),
        retry: RetryKey { client_id: 1, body: 2 },
        owner: OWNER,
        extra: extra.boxed(),
        starts: None,
    }
}

fn messages() -> Vec<Event> {
    let kinds = [FileKind::Jpeg, FileKind::Png, FileKind::Gif, FileKind::Webp, FileKind::Mp4, FileKind::Pdf, FileKind::Text];
    let card = Card::Product { product: "p-1".into(), title: "龙井".into() };
    let of = |made_with| rich(Extra { made_with: Some(made_with), ..Extra::default() });
    let says = |saying| rich(Extra { saying: Some(saying), ..Extra::default() });
    vec![
        rich(Extra { attachments: kinds.map(attachment).into(), quote: Some(3), while_blocked: true, ..Extra::default() }),
        rich(Extra { card: Some(Card::Order { order: "O-1".into() }), ..Extra::default() }),
        rich(Extra { card: Some(card), ..Extra::default() }),
        of(TextRef::TeamPhrase(1)),
        of(TextRef::GroupPhrase(GroupNo(2), 3)),
        of(TextRef::OwnPhrase(BY, 4)),
        of(TextRef::Template(300)),
        says(Saying::Welcome),
        says(Saying::Fulfilment(Scene::Shipped)),
    ]
}

pub fn conversation_events() -> Vec<Event> {
    let (conversation, at, by, owner, buyer) = (CONVERSATION, AT, BY, OWNER, || "b-17".to_owned());
    let prioritised = |cause| Event::Prioritised { conversation, at, cause, owner };
    let worked = |what| Event::DeskWork { conversation, at, by, owner, what };
    let mut events = messages();
    events.extend([
        Event::MessageRecalled {
            conversation,
            seq: 9,
            at,
            by: Author::Buyer,
            owner,
            unread: Some(Quarter(1_988_889)),
            hidden: false,
            escalate: None,
        },
        worked(Worked::MessageLabelled { seq: 9, labels: labels() }),
        worked(Worked::Labelled { labels: labels() }),
        worked(Worked::NoteAdded { note: 2, text: "备注 @王".into(), mentions: vec![AgentNo(1)] }),
        prioritised(Prioritising::Rule(None)),
        prioritised(Prioritising::Rule(Some((300, Priority::Urgent)))),
        prioritised(Prioritising::Staff { by, priority: Some(Priority::Low) }),
        worked(Worked::Marked { reception: 2, answered: true, ended: Some(AT), starts: None }),
        Event::Blocked { conversation, buyer: buyer(), from: 9, reason: "骚扰".into(), at, by: Actor::Account(by) },
        Event::Unblocked { conversation, buyer: buyer(), appeared: 3, at, by: Actor::Platform("main".into()), escalate: Some(AT) },
        Event::RoundWithdrawn { conversation, reception: 2, at, began: AT },
        Event::OrderSettled { conversation, order: "O-1".into(), at },
        Event::Archived { conversation, at, by: None },
        Event::Restored { conversation, at, by: Some(by) },
        Event::Erased { conversation, buyer: buyer(), to: 18, archived_at: AT, keep_days: 90, at },
        Event::FileAdded { conversation, file: attachment(FileKind::Png), by: Author::Agent(by), at },
    ]);
    events
}

pub fn other_events() -> Vec<Event> {
    let (at, by, agent, conversation, retry) = (AT, BY, BY, CONVERSATION, RetryKey { client_id: 5, body: 0 });
    let carrier = Carrier { code: "sf".into(), name: "顺丰".into(), link: "https://example.test/{number}".into() };
    vec![
        reported(),
        Event::OrderTold { key: KEY, scene: Scene::Confirmed, retry, outcome: Outcome::Unfilled("news".into()), at },
        Event::OrderTold { key: KEY, scene: Scene::Logistics, retry, outcome: Outcome::Sent, at },
        Event::NoticeAdded { notice: Box::new(notice()) },
        Event::NoticePrioritised { stream: Stream::Service, no: 9, before: Priority::Urgent, priority: Priority::Low, by, at },
        Event::NoticesRead { agent, stream: Stream::System, to: 300, some: vec![302, 400], at },
        Event::DraftSet { agent, conversation, text: "还没写完".into(), at },
        Event::RoleSet { agent, role: Role::Own(300), at },
        Event::DeskSet { desk: Box::new(desk()), version: 2, by: Actor::Account(by), at },
        Event::ArchiveAnnounced { conversations: 12, at },
        Event::HealthReported { report: Box::new(health_report()), at },
        Event::PhraseSet { list: ListId::Team, no: 1, phrase: None, before: Some(phrase()), by, at },
        Event::PhraseSet { list: ListId::Group(GroupNo(2)), no: 1, phrase: Some(phrase()), before: None, by, at },
        Event::PhraseSet { list: ListId::Own(by), no: 51, phrase: Some(phrase()), before: None, by, at },
        Event::TemplateSet { no: 3, template: Some(template()), before: Some(template()), by, at },
        Event::Platform { at, what: PlatformChange::CarrierSet { carrier } },
        Event::Audited { by: Actor::Account(by), change: Change::Role { agent, before: Some(Role::Agent), after: Role::Analyst }, at },
        Event::Audited { by: Actor::Account(by), change: Change::Export { what: "orders".into(), period: Some((AT, AT)) }, at },
    ]
}

/// Every figure another number.
pub fn figures() -> Figures {
    let mut figures = Figures::default();
    figures.add(What::Answered { ms: 65_000 });
    figures.add(What::Answered { ms: 20_000_000 });
    Figures {
        received: 1,
        read: 2,
        recalled: 3,
        sent: 4,
        with_text: 5,
        opened: 6,
        given: 7,
        queued: 8,
        pooled: 9,
        closed: 10,
        due: 11,
        late: 12,
        begun: 13,
        withdrawn: 14,
        unanswered: 15,
        offered: 16,
        adopted: 17,
        edited: 18,
        ignored: 70_000,
        ..figures
    }
}

fn health_report() -> HealthReport {
    let day = Day::parse("2026-09-22").unwrap();
    let (from, to) = (Millis(AT.0 - 86_400_000), AT);
    HealthReport { day, from, to, after: 300, upto: 70_000, figures: figures(), rule: HealthRule::default() }
}

fn reported() -> Event {
    let (title, product, sku) = ("龙井 250g".into(), "p-1".into(), "s-1".into());
    let item = Item { title, product, sku, picture: "https://example.test/p.jpg".into(), price_minor: 12_800, quantity: 2 };
    let parcel = |number: &str| Parcel { carrier: "sf".into(), number: number.into() };
    let report = Box::new(Report {
        order: "O-1".into(),
        buyer: "b-17".into(),
        status: "shipped".into(),
        items: vec![item],
        parcels: vec![parcel("SF123"), parcel("SF124")],
        logistics: Some(Logistics { id: "l-1".into(), text: "已到达".into() }),
        currency: "CNY".into(),
    });
    Event::OrderReported { key: KEY, report, state: OrderState::Shipped, conversation: CONVERSATION, at: AT }
}

fn notice() -> Notice {
    Notice {
        stream: Stream::System,
        no: 300,
        kind: "logistics_exception".into(),
        title: "物流异常".into(),
        text: "SF123".into(),
        order: "O-1".into(),
        priority: Priority::Urgent,
        at: AT,
        id: "n-1".into(),
    }
}

fn phrase() -> Phrase {
    Phrase { intent: "问候".into(), text: "亲,在的".into(), products: texts(&["p-1"]), added_at: AT }
}

fn template() -> Template {
    Template { name: "发货".into(), category: "logistics".into(), text: "{订单号} 已发货".into(), added_at: AT }
}

fn desk() -> Desk {
    let rule = PriorityRule {
        name: "投诉".into(),
        kinds: texts(&["dispute_warning"]),
        keywords: texts(&["投诉", "差评"]),
        orders: OrderStatus::ALL.to_vec(),
        tags: texts(&["vip"]),
        waited_min: Some(30),
        priority: Priority::Urgent,
    };
    Desk {
        labels: vec![Label { no: LabelNo(200), name: "催发货".into(), colour: "#ff0000".into() }],
        roles: vec![OwnRole { no: 3, name: "夜班".into(), permissions: Permissions::of(&[Permission::Serve, Permission::Pool]) }],
        priorities: vec![rule],
        archive: ArchiveRule { after_days: 300, confirm: true, mail: true, keep_days: None },
        fulfilment: Fulfilment { confirmed: Some("{订单号}".into()), shipped: None, logistics: Some("{news}".into()) },
        draft_sync: false,
        time: time(),
        health: HealthRule { report_min: 605, unread_permille_max: 51, timeout_permille_max: 300, adoption_permille_min: 701 },
    }
}

fn time() -> TimeLimits {
    let day = |text| Day::parse(text).expect("a day");
    let open = vec![Open { from_min: 540, to_min: 720 }];
    let holiday = Holiday { name: "国庆节".into(), from: day("2026-10-01"), to: day("2026-10-07"), open };
    let week = vec![WeekWindow { days: 0b1_1111, from_min: 540, to_min: 1_440 }];
    TimeLimits {
        first_response_s: 300,
        warning_s: None,
        reminder_s: Some(90),
        escalation_h: Some(300),
        pausing: Pausing { first_response: true, warning: false, reminder: true, escalation: false },
        hours: Hours { week, holidays: vec![holiday] },
    }
}

fn mark() -> MessageMark {
    MessageMark { recalled_at: Some(AT), labels: labels() }
}

/// The heads that came with the desk, and what stands in rows of its own.
pub fn heads() -> [(&'static str, Vec<u8>); 7] {
    let news = Some(Logistics { id: "l-1".into(), text: "已到达".into() });
    let telling = |outcome| Telling { scene: Scene::Logistics, news: news.clone(), at: AT, outcome };
    let order = Order {
        state: Some(OrderState::Shipped),
        conversation: Some(CONVERSATION),
        first_at: Millis(1),
        changed_at: AT,
        reported_at: AT,
        history: vec![(OrderState::Paid, Millis(1)), (OrderState::Shipped, AT)],
        told: vec![telling(Outcome::Pending), telling(Outcome::Sent), telling(Outcome::Unset), telling(Outcome::Unfilled("news".into()))],
        ..Order::default()
    };
    let texts = Texts { last_no: 51, phrases: [(3, phrase())].into(), templates: [(4, template())].into(), ..Texts::default() };
    let draft = Draft { conversation: CONVERSATION, text: "还没写完".into(), at: AT };
    [
        ("head/order", sealed(&order)),
        ("head/texts", sealed(&texts)),
        ("row/message_mark", sealed(&mark())),
        ("row/file_meta", sealed(&attachment(FileKind::Png))),
        ("row/file_meta/naming", sealed(&[Naming::Uploaded { by_buyer: true }, Naming::Sent { seq: 7 }])),
        ("row/notice_entry", sealed(&notice())),
        ("row/draft_text", sealed(&draft)),
    ]
}

/// What the desk keeps of a conversation.
pub fn kept(head: Conversation) -> Conversation {
    Conversation {
        order_no: "O-1".into(),
        labels: labels(),
        ruled: Some((300, Priority::High)),
        overridden: Some(Priority::Urgent),
        notes: 2,
        mentioned: vec![AgentNo(1)],
        block: Some(Block {
            from: 17,
            at: AT,
            by: Actor::Account(BY),
            reason: "骚扰".into(),
            last_at: Millis(1_789_000_000_001),
            unseen: vec![Run { first: 17, count: 2, since: AT }],
        }),
        archived_at: Some(AT),
        erased_to: 3,
        fulfilled: vec![7, u64::MAX],
        kept: true,
        spoke: vec![Spoke { first: 17, author: Author::Buyer, last_at: AT }],
        recalled: vec![18],
        ..head
    }
}
