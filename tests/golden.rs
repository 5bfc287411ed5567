//! The bytes of every record kind and variant (SPEC: OPS-4: records of every earlier released version can be read).
//!
//! `tests/golden/v2.txt` holds one record a line, `name hex`. A line is never edited: a test that fails here says that the
//! format changed, and data folders in the field with it. New variants add lines: run once with `FENLIU_BLESS=1`, which only
//! ever adds.

#[path = "golden/desk.rs"]
mod desk;
#[path = "golden/guard.rs"]
mod guard;
#[path = "golden/notify.rs"]
mod notify;
#[path = "golden/suggestion.rs"]
mod suggestion;

use fenliu::domain::agent::{Agent, Session};
use fenliu::domain::conversation::{self, Conversation, Place, Reception};
use fenliu::domain::desk::time::{Reminder, RoundLimits, Starts};
use fenliu::domain::diversion::condition::{Condition, WeekWindow};
use fenliu::domain::diversion::{Greeting, Group, NoAnswer, Preference, Queue, Recent, Rule, Scope, Settings, Strategy, Target, Welcome};
use fenliu::domain::event::{
    self, Actor, AgentSettings, Arrival, Author, Change, Conducted, Event, Handing, Heard, Limited, PlatformChange, Presence, RetryKey,
    Role, Ruling, Unanswered, Worked,
};
use fenliu::domain::explain::{Cause, Closed, Exclusion, Explanation, Outcome, Seen, Step};
use fenliu::domain::facts::{Facts, OrderState, OrderStatus, Priority, Profile, Visit};
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo, Millis, ShopScope, TokenHash};
use fenliu::domain::offline::{Automatic, DayWindow, Failure, Firing, Offline, Operator, Range, Run, Targets, Way};
use fenliu::domain::quarter::{Quarter, ReadOf};
use fenliu::domain::shop::Shop;
use fenliu::domain::view::Credential;
use fenliu::limits::HISTORY_CHUNK;
use fenliu::store::history::{self, Entry, Tail};
use fenliu::store::record;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::Debug;

const CONVERSATION: ConversationId = ConversationId([0xc1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff]);
const TOKEN: TokenHash = [0x7e; 32];
const AT: Millis = Millis(1_790_000_000_123);
const READ: ReadOf = ReadOf { quarter: Quarter(1_988_889), messages: 300 };

fn starts() -> Starts {
    let round = RoundLimits { late: Some(AT), warn: None, remind: Some(Reminder { at: AT, day_ends: AT.plus(9) }) };
    Starts { round: Some(round), escalate: Some(AT) }
}

fn settings() -> AgentSettings {
    AgentSettings {
        weight: 3,
        capacity: 70_000,
        groups: vec![(GroupNo(1), None), (GroupNo(300), Some(5))],
        enabled: true,
        welcome: String::new(),
    }
}

fn texts(of: &[&str]) -> Vec<String> {
    of.iter().map(|text| (*text).into()).collect()
}

/// Every kind of condition once.
fn condition() -> Condition {
    let week = vec![WeekWindow { days: 0b1_1111, from_min: 540, to_min: 1_440 }];
    Condition::All(vec![
        Condition::Any(vec![Condition::Tag(texts(&["复购意向强"])), Condition::Level(texts(&["vip"]))]),
        Condition::Not(Box::new(Condition::Product(texts(&["p-1"])))),
        Condition::Category(texts(&["茶"])),
        Condition::Keyword(texts(&["退款", "refund"])),
        Condition::Entry(texts(&["product/7"])),
        Condition::Language(texts(&["zh"])),
        Condition::Channel(texts(&["app"])),
        Condition::Region(texts(&["华东"])),
        Condition::Order(OrderStatus::ALL.to_vec()),
        Condition::Week(week),
    ])
}

fn diversion() -> Box<Settings> {
    let (all, groups) = (Condition::always(), vec![GroupNo(1), GroupNo(2)]);
    let tags = Scope { tags: texts(&["t"]), levels: texts(&["l"]), products: texts(&["p"]), ..Scope::unbound(GroupNo(1)) };
    let words = Scope { categories: texts(&["c"]), keywords: texts(&["k"]), entries: texts(&["e"]), ..Scope::unbound(GroupNo(2)) };
    let orders = Scope { languages: texts(&["en"]), orders: OrderStatus::ALL.to_vec(), ..Scope::unbound(GroupNo(3)) };
    Box::new(Settings {
        welcome: Welcome { text: "亲,欢迎".into(), order: Greeting::OwnFirst },
        zone: "Europe/Berlin".into(),
        gate: true,
        preferences: vec![Preference::Dedicated, Preference::RecentContact],
        recent: Recent { any_ms: 86_400_000, online_ms: 259_200_000, obeys_capacity: true },
        scopes: vec![tags, words, orders],
        rules: vec![
            Rule { name: "售前".into(), when: condition(), target: Target::Groups(groups.clone()) },
            Rule { name: "rest".into(), when: all, target: Target::Agents(vec![AgentNo(9)]) },
        ],
        fallback_group: Some(GroupNo(2)),
        strategy: Strategy::WeightedRoundRobin,
        busy_above: 4,
        offline_grace_ms: 60_000,
        queue: Queue { length_max: 1_000, wait_ms_max: Some(1_800_000) },
        no_answer: NoAnswer { after_ms: Some(180_000), later_rounds: true, moves_max: 3, suspend_after: Some(2) },
        offline: Offline {
            way: Way::Deputy(AgentNo(7)),
            text: "稍后回复".into(),
            automatic: Automatic {
                on: true,
                range: Range::AskedForPerson,
                windows: vec![DayWindow { from_min: 540, to_min: 570 }],
                slot_min: 30,
                targets: Targets::Groups(groups),
                online_min: 1,
                unanswered_average_max: Some(5),
                per_head: Some(10),
                heads_in_scope: true,
            },
        },
    })
}

/// Each kind of step, cause, exclusion and outcome at least once.
fn explanations() -> Vec<(&'static str, Explanation)> {
    let offline = |why, way| Step::Offline { why, way };
    let person = Cause::Person { by: AgentNo(5), reason: "尺码".into(), note: "asks for XL".into(), over_capacity: true };
    vec![
        ("nobody_online", explanation(Cause::Opened, offline(Closed::NobodyOnline, Way::Pool), Outcome::Pooled)),
        ("queue_full", explanation(Cause::Opened, offline(Closed::QueueFull, Way::Deputy(AgentNo(7))), Outcome::Owned(AgentNo(7)))),
        ("waited_too_long", explanation(Cause::WaitedTooLong, offline(Closed::WaitedTooLong, Way::MainAccount), Outcome::Pooled)),
        (
            "recent_contact",
            explanation(Cause::Opened, Step::RecentContact { agent: AgentNo(4), age_ms: 3_600_000, substitute: true }, OWNED),
        ),
        ("dedicated", explanation(Cause::WroteAgain, Step::Dedicated { agent: AgentNo(1) }, OWNED)),
        ("scope", explanation(Cause::Waited, Step::Scope { by: 0b1010, groups: vec![GroupNo(1), GroupNo(300)], version: 12 }, OWNED)),
        ("rule", explanation(Cause::AgentOffline, Step::Rule { index: 1, name: "售前".into(), version: 12 }, Outcome::Queued)),
        ("fallback_group", explanation(Cause::NoAnswer { after_ms: 180_000, moves: 2 }, Step::FallbackGroup { group: GroupNo(2) }, OWNED)),
        ("any_agent", explanation(Cause::FactsChanged, Step::AnyAgent, OWNED)),
        ("given", explanation(Cause::Slot { slot: AT }, Step::Given, OWNED)),
        ("passed_to_group", explanation(person.clone(), Step::PassedToGroup { group: GroupNo(3) }, Outcome::Queued)),
        ("passed_to_agent", explanation(person, Step::PassedToAgent, OWNED)),
        ("agent_barred", explanation(Cause::AgentBarred { why: Exclusion::Held }, Step::AnyAgent, OWNED)),
    ]
}

const OWNED: Outcome = Outcome::Owned(AgentNo(1));

fn explanation(cause: Cause, step: Step, outcome: Outcome) -> Explanation {
    let all = [
        None,
        Some(Exclusion::Disabled),
        Some(Exclusion::Offline),
        Some(Exclusion::Suspended),
        Some(Exclusion::WeightZero),
        Some(Exclusion::Full),
        Some(Exclusion::FullInGroup),
        Some(Exclusion::GroupFull),
        Some(Exclusion::OutOfScope),
        Some(Exclusion::Missed),
        Some(Exclusion::PassesOn),
    ];
    let seen = |(agent, excluded): (u32, Option<Exclusion>)| {
        let (load, busy) = (agent * 100, agent.is_multiple_of(2));
        Seen { agent: AgentNo(agent), load, capacity: 70_000, weight: 2, busy, excluded }
    };
    let (from, group, seen) = (Some(AgentNo(8)), Some(GroupNo(2)), (1..).zip(all).map(seen).collect());
    Explanation { at: AT, cause, step, from, outcome, group, strategy: Strategy::WeightedRoundRobin, seen, unlisted: 400, queue_len: 251 }
}

fn visit() -> Visit {
    Visit {
        entry: "product/7".into(),
        product: "p-1".into(),
        category: "茶".into(),
        channel: "app".into(),
        region: "华东".into(),
        language: "zh".into(),
    }
}

fn profile() -> Profile {
    Profile {
        tags: texts(&["复购意向强", "询价未下单"]),
        level: "vip".into(),
        region: "华东".into(),
        language: "zh".into(),
        priority: Priority::High,
        dedicated: Some(AgentNo(300)),
    }
}

fn arrival() -> Arrival {
    Arrival {
        conversation: CONVERSATION,
        reception: 2,
        arrived: AT,
        priority: Priority::Urgent,
        facts: Box::new(Facts::new(&visit(), &profile(), Some((OrderState::Shipped, AT)), texts(&["退款"]))),
        group: Some(GroupNo(1)),
        recent: Some((AgentNo(4), AT)),
        dedicated: Some(AgentNo(300)),
        unanswered: Some(AT),
        last: AT,
        asked: Some(AT),
        missed: vec![AgentNo(3), AgentNo(300)],
        decision: 300,
    }
}

fn runs() -> Vec<Run> {
    let firings = [
        (Firing::Slot(AT), Operator::System),
        (Firing::Late(AT), Operator::System),
        (Firing::Missed { first: AT, last: AT.plus(1_800_000), slots: 2 }, Operator::System),
        (Firing::ByHand, Operator::Account(AgentNo(300))),
    ];
    let failures = [
        Failure::TooFewAgents,
        Failure::AverageAbove,
        Failure::ReachedAgent,
        Failure::OlderThanADay,
        Failure::DidNotAsk,
        Failure::BeyondTheCap,
        Failure::NoCapacity,
        Failure::OutOfScope,
        Failure::NotInPool,
    ];
    let run = |(firing, operator)| Run {
        at: AT,
        firing,
        operator,
        pooled: 9_000,
        eligible: 8_000,
        taken: 5_000,
        heads: 20,
        assigned: vec![(AgentNo(4), 40), (AgentNo(300), 39)],
        failures: failures.map(|failure| (failure, 300)).to_vec(),
        stayed: vec![(CONVERSATION, Failure::NoCapacity)],
    };
    firings.map(run).to_vec()
}

fn message(author: Author, text: &str, owner: Option<AgentNo>) -> Event {
    let retry = RetryKey { client_id: 0x0123_4567_89ab_cdef, body: 0xdead_beef };
    Event::MessageAdded {
        conversation: CONVERSATION,
        seq: 70_000,
        at: AT,
        author,
        text: text.into(),
        retry,
        owner,
        extra: None,
        starts: Some(Box::new(starts())),
    }
}

/// The variant's name; a new variant does not compile until it is named here and shown below.
fn event_name(event: &Event) -> &'static str {
    match event {
        Event::MessageAdded { .. } => "message_added",
        Event::ReceptionOpened { .. } => "reception_opened",
        Event::OpenedUnseen { .. } => "opened_unseen",
        Event::ReceptionOwned { .. } => "reception_owned",
        Event::ReceptionQueued { .. } => "reception_queued",
        Event::ReceptionPooled { .. } => "reception_pooled",
        Event::IntentFound { .. } => "intent_found",
        Event::PersonAsked { .. } => "person_asked",
        Event::ProfileSet { .. } => "profile_set",
        Event::OrderNoted { .. } => "order_noted",
        Event::PoolAssigned { .. } => "pool_assigned",
        Event::ReceptionClosed { .. } => "reception_closed",
        Event::RoundAnswered { .. } => "round_answered",
        Event::ReadByStaff { .. } => "read_by_staff",
        Event::ReadByBuyer { .. } => "read_by_buyer",
        Event::Routed { .. } => "routed",
        Event::AccountCreated { .. } => "account_created",
        Event::SettingsChanged { .. } => "settings_changed",
        Event::PresenceChanged { .. } => "presence_changed",
        Event::SessionOpened { .. } => "session_opened",
        Event::SessionEnded { .. } => "session_ended",
        Event::LogInFailed { .. } => "log_in_failed",
        Event::ShopCreated { .. } => "shop_created",
        Event::LoginReserved { .. } => "login_reserved",
        Event::GroupSet { .. } => "group_set",
        Event::SettingsSet { .. } => "settings_set",
        Event::Audited { .. } => "audited",
        Event::OrderReported { .. } => "order_reported",
        Event::BuyerTokenIssued { .. } => "buyer_token_issued",
        Event::BuyerTokenRevoked { .. } => "buyer_token_revoked",
        Event::Platform { what: PlatformChange::ShopListed { .. }, .. } => "shop_listed",
        Event::Platform { what: PlatformChange::ApiKeyIssued { .. }, .. } => "api_key_issued",
        Event::Platform { what: PlatformChange::ApiKeyRevoked { .. }, .. } => "api_key_revoked",
        Event::Courier { what, .. } => notify::kind(what),
        Event::Heard(_) => "heard",
        Event::OrderSettled { .. } => "order_settled",
        Event::MessageRecalled { .. } => "message_recalled",
        Event::Limit { what: Limited::TimedOut { .. }, .. } => "timed_out",
        Event::Limit { what: Limited::Warned { .. }, .. } => "warned",
        Event::Limit { what: Limited::Reminded { .. }, .. } => "reminded",
        Event::Limit { what: Limited::Escalated { .. }, .. } => "escalated",
        Event::RoundWithdrawn { .. } => "round_withdrawn",
        Event::DeskWork { what: Worked::MessageLabelled { .. }, .. } => "message_labelled",
        Event::DeskWork { what: Worked::Labelled { .. }, .. } => "labelled",
        Event::DeskWork { what: Worked::NoteAdded { .. }, .. } => "note_added",
        Event::Prioritised { .. } => "prioritised",
        Event::DeskWork { what: Worked::Marked { .. }, .. } => "marked",
        Event::Blocked { .. } => "blocked",
        Event::Unblocked { .. } => "unblocked",
        Event::Archived { .. } => "archived",
        Event::Restored { .. } => "restored",
        Event::Erased { .. } => "erased",
        Event::FileAdded { .. } => "file_added",
        Event::OrderTold { .. } => "order_told",
        Event::DraftSet { .. } => "draft_set",
        Event::NoticesRead { .. } => "notices_read",
        Event::RoleSet { .. } => "role_set",
        Event::NoticeAdded { .. } => "notice_added",
        Event::NoticePrioritised { .. } => "notice_prioritised",
        Event::DeskSet { .. } => "desk_set",
        Event::Conduct { what: Conducted::Flagged { .. }, .. } => "flagged",
        Event::Conduct { what: Conducted::Violated { .. }, .. } => "violated",
        Event::Conduct { what: Conducted::Lifted, .. } => "lifted",
        Event::Conduct { what: Conducted::TestDrawn { .. }, .. } => "test_drawn",
        Event::Conduct { what: Conducted::TestTaken { .. }, .. } => "test_taken",
        Event::Conduct { what: Conducted::UndertakingGiven { .. }, .. } => "undertaking_given",
        Event::Conduct { what: Conducted::Reviewed { .. }, .. } => "reviewed",
        Event::Conduct { what: Conducted::SentSlowly { .. }, .. } => "sent_slowly",
        Event::TextCaught { .. } => "text_caught",
        Event::CouponTried { .. } => "coupon_tried",
        Event::Ruled { what: Ruling::Guard { .. }, .. } => "guard_set",
        Event::Ruled { what: Ruling::Words { .. }, .. } => "words_set",
        Event::Ruled { what: Ruling::Approvals { .. }, .. } => "approvals_set",
        Event::Ruled { what: Ruling::Conduct { .. }, .. } => "conduct_set",
        Event::Ruled { what: Ruling::Questions { .. }, .. } => "questions_set",
        Event::ArchiveAnnounced { .. } => "archive_announced",
        Event::HealthReported { .. } => "health_reported",
        Event::PhraseSet { .. } => "phrase_set",
        Event::TemplateSet { .. } => "template_set",
        Event::Platform { what: PlatformChange::CarrierSet { .. }, .. } => "carrier_set",
        Event::Suggested(_) => "suggested",
        Event::SuggestionSettled(_) => "suggestion_settled",
    }
}

const EVENT_KINDS: usize = 90;

fn conversation_events() -> Vec<Event> {
    let (conversation, at, from, began) = (CONVERSATION, AT, Some(AgentNo(3)), Millis(1_789_999_000_000));
    let limit = |what| Event::Limit { conversation, at, owner: Some(AgentNo(5)), what };
    vec![
        message(Author::Buyer, "在吗？", None),
        message(Author::Agent(AgentNo(300)), "hello", Some(AgentNo(300))),
        message(Author::System, "", Some(AgentNo(1))),
        Event::ReceptionOpened { conversation, reception: 2, at, buyer: "b-17".into(), name: "小李".into(), visit: visit(), asked: true },
        Event::ReceptionOwned {
            conversation,
            reception: 2,
            at,
            agent: AgentNo(4),
            group: Some(GroupNo(1)),
            from,
            how: Handing::ByRule,
            decision: 2,
        },
        Event::ReceptionOwned {
            conversation,
            reception: 2,
            at,
            agent: AgentNo(4),
            group: None,
            from,
            how: Handing::AfterNoAnswer,
            decision: 300,
        },
        Event::ReceptionQueued {
            conversation,
            reception: 2,
            at,
            group: Some(GroupNo(1)),
            from,
            how: Handing::ByPerson,
            decision: 3,
            arrived: AT,
            priority: Priority::Low,
            ahead: 300,
        },
        Event::ReceptionPooled { conversation, reception: 2, at, from, how: Handing::OfflineWay, decision: 4 },
        Event::ReceptionClosed {
            conversation,
            reception: 2,
            at,
            by: from,
            owner: Some(AgentNo(5)),
            unanswered: Some(Unanswered { began: AT, charged: from, late: true, group: Some(GroupNo(300)) }),
        },
        Event::RoundAnswered {
            conversation,
            reception: 2,
            agent: AgentNo(4),
            at,
            began,
            read: vec![READ],
            charged: AgentNo(300),
            late: true,
            group: Some(GroupNo(3)),
        },
        limit(Limited::TimedOut { reception: 2, began, charged: from, group: Some(GroupNo(3)) }),
        limit(Limited::Warned { reception: 2, began }),
        limit(Limited::Reminded {
            reception: 2,
            began,
            day_ends: at.plus(9),
            buyer: "小李".into(),
            priority: Priority::High,
            group: Some(GroupNo(300)),
        }),
        limit(Limited::Escalated { since: began, unread: 3, buyer: "小李".into(), priority: Priority::Urgent, group: None }),
        Event::IntentFound { conversation, reception: 2, keywords: texts(&["退款"]) },
        Event::PersonAsked { conversation, reception: 2, at },
        Event::ProfileSet { conversation, buyer: "b-17".into(), profile: profile(), at },
        Event::OrderNoted { conversation, order: "O-1".into(), state: OrderState::AfterSale, at },
        Event::ReadByStaff { conversation, seq: 9, at, by: AgentNo(4), read: vec![READ, READ], owner: Some(AgentNo(5)), escalate: None },
        Event::ReadByBuyer { conversation, seq: 9, at, owner: Some(AgentNo(5)), hidden: false },
        Event::OpenedUnseen { conversation, reception: 3, at, buyer: "b-17".into(), name: "小李".into() },
    ]
}

fn other_events() -> Vec<Event> {
    let (conversation, at, agent, token) = (CONVERSATION, AT, AgentNo(4), TOKEN);
    let expires = Millis(1_790_043_200_123);
    let mut events: Vec<Event> = explanations().into_iter().map(|(_, why)| Event::Routed { arrival: arrival(), why }).collect();
    events.extend(runs().into_iter().map(|run| Event::PoolAssigned { run }));
    events.extend(changes().into_iter().map(|change| Event::Audited { by: Actor::Account(AgentNo(300)), change, at }));
    events.extend([Role::Owner, Role::Supervisor, Role::Agent].map(|role| Event::AccountCreated {
        agent,
        login: "wang".into(),
        name: "王".into(),
        password: "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA".into(),
        role,
        settings: settings(),
        at,
    }));
    events.push(Event::SettingsChanged { agent, settings: settings(), at });
    events.extend([Presence::Online, Presence::Suspended, Presence::Offline].map(|presence| Event::PresenceChanged {
        agent,
        presence,
        at,
    }));
    events.extend([
        Event::SessionOpened { agent, token, at, expires, client: "console 1".into() },
        Event::SessionEnded { agent, token, at },
        Event::LogInFailed { agent, at },
        Event::ShopCreated { shop: "tea-house".into(), name: "茶馆".into(), at },
        Event::LoginReserved { login: "wang".into(), agent, at },
        Event::GroupSet { group: GroupNo(2), settings: Group { name: "售后".into(), capacity: Some(40), welcome: String::new() }, at },
        Event::SettingsSet { settings: diversion(), version: 12, by: Actor::Platform("main".into()), rolled_back_to: Some(300), at },
        Event::BuyerTokenIssued { token, buyer: "b-17".into(), name: "小李".into(), conversation, at, expires },
        Event::BuyerTokenRevoked { token, at },
        Event::Platform { at, what: PlatformChange::ShopListed { shop: "tea-house".into(), number: 70_000 } },
        Event::Platform { at, what: PlatformChange::ApiKeyIssued { key: token, name: "main".into(), scopes: scopes() } },
        Event::Platform { at, what: PlatformChange::ApiKeyRevoked { key: token } },
    ]);
    events
}

fn changes() -> Vec<Change> {
    let group = Group { name: "售后".into(), capacity: Some(40), welcome: String::new() };
    vec![
        Change::Group { group: GroupNo(2), before: None, after: group },
        Change::Account { agent: AgentNo(4), before: Some(settings()), after: settings() },
        Change::Buyer { buyer: "b-17".into(), before: Profile::default(), after: profile() },
    ]
}

fn scopes() -> Vec<event::Scope> {
    use event::Scope;
    vec![Scope::Shops, Scope::Accounts, Scope::Orders, Scope::BuyerTokens, Scope::ApiKeys, Scope::Notices, Scope::Guard, Scope::Suggestions]
}

fn credentials() -> Vec<(&'static str, Credential)> {
    let shop = ShopScope::granted(70_000);
    let expires = Millis(1_790_043_200_123);
    vec![
        ("platform", Credential::Platform { name: "main".into(), scopes: scopes() }),
        ("staff", Credential::Staff { shop, agent: AgentNo(4), role: Role::Supervisor, expires, client: "console 1".into() }),
        ("buyer", Credential::Buyer { shop, buyer: "b-17".into(), name: "小李".into(), conversation: CONVERSATION, expires }),
    ]
}

fn conversation() -> Conversation {
    let mut open = Reception::new(3, AT, visit(), true);
    (open.keywords, open.place, open.group) = (texts(&["退款"]), Place::Owned(AgentNo(4)), Some(GroupNo(1)));
    (open.charged, open.answered, open.offline_way) = (Some(AgentNo(300)), true, true);
    (open.missed, open.told_off_hours, open.decision) = (vec![AgentNo(3)], true, 300);
    Conversation {
        buyer: "b-17".into(),
        name: "小李".into(),
        last_seq: 18,
        last_at: AT,
        staff_read: 10,
        buyer_read: 11,
        unread_runs: vec![
            conversation::Run { first: 11, count: 2, since: AT },
            conversation::Run { first: 15, count: 3, since: AT.plus(900_000) },
        ],
        receptions: 3,
        open: Some(open),
        closed_at: Millis(1_789_000_000_000),
        last_agent: Some((AgentNo(4), AT)),
        last_buyer_at: AT,
        profile: profile(),
        order: Some((OrderState::Paid, AT)),
        ..Conversation::default()
    }
}

fn agent() -> Agent {
    Agent {
        at: None,
        exists: true,
        login: "wang".into(),
        name: "王".into(),
        password: "$argon2id$".into(),
        role: Role::Owner,
        settings: settings(),
        failures: 2,
        locked_until: AT,
        sessions: vec![Session { token: TOKEN, expires: AT, client: "console 1".into() }],
        ..Agent::new(ShopScope::granted(1), AgentNo(4))
    }
}

fn shop() -> Shop {
    Shop {
        shop: "tea-house".into(),
        name: "茶馆".into(),
        groups: vec![
            Group { name: "售前".into(), capacity: None, welcome: String::new() },
            Group { name: "售后".into(), capacity: Some(40), welcome: String::new() },
        ],
        settings: diversion(),
        version: 12,
        schedule_at: AT,
        ..Shop::default()
    }
}

fn every_event() -> Vec<Event> {
    let desk = [conversation_events(), desk::conversation_events(), other_events(), desk::other_events()].concat();
    [desk, guard::events(), suggestion::events(), notify::events()].concat()
}

/// Sixteen entries spill into a chunk, two stay in the tail.
fn chunk_and_tail() -> (Vec<u8>, Vec<u8>) {
    let mut tail = Tail::default();
    let mut chunk = Vec::new();
    for seq in 1..=HISTORY_CHUNK + 2 {
        let retry = RetryKey { client_id: seq * 0x0101_0101_0101_0101, body: seq as u32 };
        let entry = Entry { feed_seq: 100_000 + seq * seq * 50, at: AT.plus(seq * seq * 40), retry };
        tail.push(seq, entry, |_, entries| chunk = history::chunk_encode(entries));
    }
    let mut row = record::encode(&conversation());
    tail.append_to(&mut row);
    (chunk, row)
}

/// Encodes, decodes, encodes again: the same each time.
fn sealed<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Vec<u8> {
    let bytes = record::encode(value);
    let back: T = record::decode("golden", &bytes).expect("decodes");
    assert_eq!(record::encode(&back), bytes, "encodes to the same bytes again");
    bytes
}

fn every_record() -> BTreeMap<String, Vec<u8>> {
    let mut records = BTreeMap::new();
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    for event in &every_event() {
        let number = numbers.entry(event_name(event)).or_default();
        *number += 1;
        let bytes = sealed(event);
        assert_eq!(&record::decode::<Event>("golden", &bytes).expect("decodes"), event);
        records.insert(format!("event/{}/{number}", event_name(event)), bytes);
    }
    assert_eq!(numbers.len(), EVENT_KINDS, "every event variant has a golden record");
    for (name, credential) in credentials() {
        records.insert(format!("credential/{name}"), sealed(&credential));
    }
    for (name, why) in explanations() {
        records.insert(format!("explanation/{name}"), sealed(&why));
    }
    records.insert("head/conversation".into(), sealed(&conversation()));
    records.insert("head/conversation_with_suggestions".into(), sealed(&suggestion::kept(conversation())));
    records.insert("head/conversation_of_the_desk".into(), sealed(&desk::kept(conversation())));
    for (name, bytes) in desk::heads() {
        records.insert(name.into(), bytes);
    }
    records.insert("head/agent".into(), record::encode(&agent()));
    records.insert("head/shop".into(), sealed(&shop()));
    records.insert("head/courier".into(), sealed(&notify::courier()));
    let (chunk, row) = chunk_and_tail();
    records.insert("tally/figures".into(), sealed(&desk::figures()));
    records.insert("history/chunk".into(), chunk);
    records.insert("history/head_and_tail".into(), row);
    records
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hexadecimal")).collect()
}

fn golden_file() -> BTreeMap<String, Vec<u8>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/v2.txt");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut golden: BTreeMap<String, Vec<u8>> =
        text.lines().filter_map(|line| line.split_once(' ')).map(|(name, bytes)| (name.to_owned(), unhex(bytes))).collect();
    if std::env::var_os("FENLIU_BLESS").is_some() {
        for (name, bytes) in every_record() {
            golden.entry(name).or_insert(bytes);
        }
        let lines: String = golden.iter().map(|(name, bytes)| format!("{name} {}\n", hex(bytes))).collect();
        std::fs::write(path, lines).expect("tests/golden can be written");
    }
    golden
}

// SPEC: OPS-4
#[test]
fn every_record_is_written_and_read_as_when_it_was_released() {
    let golden = golden_file();
    let now = every_record();
    for (name, bytes) in &now {
        let right = golden.get(name).unwrap_or_else(|| panic!("`{name}` has no golden bytes: add them with FENLIU_BLESS=1"));
        assert_eq!(hex(bytes), hex(right), "`{name}` is written differently now: data folders in the field would be misread");
    }
    for name in golden.keys() {
        assert!(now.contains_key(name), "`{name}` was released once and is shown by nothing now");
    }
}

// SPEC: OPS-4
#[test]
fn golden_bytes_decode_to_what_was_meant() {
    let golden = golden_file();
    for event in &every_event() {
        let found = golden.iter().filter(|(name, _)| name.starts_with(&format!("event/{}/", event_name(event))));
        let meant = found.filter(|(_, bytes)| record::decode::<Event>("golden", bytes).ok().as_ref() == Some(event)).count();
        assert_eq!(meant, 1, "exactly one golden record says {event:?}");
    }
    let decoded: Agent = record::decode("golden", &golden["head/agent"]).expect("decodes");
    assert_eq!(decoded, agent());
    let (head, tail) = history::split(&golden["history/head_and_tail"]).expect("a head and a tail");
    let head: Conversation = record::decode("golden", head).expect("decodes");
    assert_eq!(head, conversation());
    let tail = Tail::decode(head.last_seq, tail).expect("a tail");
    assert_eq!(tail.first_seq(), 17);
    assert_eq!(tail.entries().expect("entries")[1].feed_seq, 100_000 + 18 * 18 * 50);
    let chunk = history::chunk_decode(&golden["history/chunk"]).expect("a chunk");
    assert_eq!(chunk[15].at, AT.plus(16 * 16 * 40));
}

// SPEC: OPS-4
#[test]
fn damage_is_an_error_and_never_another_record() {
    for (name, bytes) in every_record().iter().filter(|(name, _)| name.starts_with("event/")) {
        for cut in 0..bytes.len() {
            assert!(record::decode::<Event>("golden", &bytes[..cut]).is_err(), "{name} cut after {cut} bytes");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(record::decode::<Event>("golden", &longer).is_err(), "{name} with a byte more");
        let mut newer = bytes.clone();
        newer[0] += 1;
        assert!(record::decode::<Event>("golden", &newer).is_err(), "{name} of a later version");
    }
}

// Heard is what must never be stored: the encoder itself refuses it.
#[test]
#[should_panic(expected = "only stored types")]
fn what_was_only_heard_cannot_be_encoded() {
    record::encode(&Event::Heard(Heard::Reopened));
}

// The way out of bincode: wincode writes the same bytes. A struct is its fields in order, an enum its variant's number first.
#[test]
fn wincode_writes_the_same_bytes() {
    let wincode = |bytes: Result<Vec<u8>, wincode::error::WriteError>| [vec![record::VERSION], bytes.expect("encodes")].concat();
    macro_rules! same {
        ($record:expr, $mirror:expr) => {
            let config = wincode::config::Configuration::default().with_varint_encoding();
            assert_eq!(hex(&record::encode(&$record)), hex(&wincode(wincode::config::serialize(&$mirror, config))));
        };
    }
    let text = |t: &str| t.to_owned();
    let (id, at) = (CONVERSATION.0, AT.0);
    let retry = (0x0123_4567_89ab_cdef_u64, 0xdead_beef_u32);
    let starts = Some((Some((Some(at), None::<u64>, Some((at, at + 9)))), Some(at)));
    same!(message(Author::Buyer, "在吗？", None), (0u32, id, 70_000u64, at, 0u32, text("在吗？"), retry, None::<u32>, None::<u32>, starts));
    same!(
        message(Author::Agent(AgentNo(300)), "hello", Some(AgentNo(300))),
        (0u32, id, 70_000u64, at, (1u32, 300u32), text("hello"), retry, Some(300u32), None::<u32>, starts)
    );
    same!(settings(), (3u32, 70_000u32, vec![(1u32, None::<u32>), (300, Some(5))], true, text("")));
    let seen = (4u32, 400u32, 70_000u32, 2u32, true, Some(2u32));
    same!(explanation(Cause::Opened, Step::AnyAgent, OWNED).seen[3], seen);
    same!(arrival().missed, vec![3u32, 300]);
    let run = &runs()[3];
    same!(run.failures, vec![(0u32, 300u32), (1, 300), (2, 300), (3, 300), (4, 300), (5, 300), (6, 300), (7, 300), (8, 300)]);
    same!(run.operator, (1u32, 300u32));
    let no_answer = (Some(180_000u64), true, 3u32, Some(2u32));
    same!(diversion().no_answer, no_answer);
    same!(diversion().rules[1], (text("rest"), (0u32, Vec::<u32>::new()), (1u32, vec![9u32])));
    same!(credentials()[2].1, (2u32, 70_000u32, text("b-17"), text("小李"), id, 1_790_043_200_123u64));
}
