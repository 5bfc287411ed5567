//! A shop and the platform: validation by field, and creation that may be repeated after a crash.

use crate::{SCOPE, act, check};
use fenliu::domain::diversion::condition::Condition;
use fenliu::domain::diversion::{Group, Rule, Settings, Target};
use fenliu::domain::event::{Actor, AgentSettings, Change, Event, Role, Scope};
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo, Millis};
use fenliu::domain::platform::{self, Platform};
use fenliu::domain::refusal::Refusal;
use fenliu::domain::shop::{Command, Shop};
use fenliu::domain::{Machine, agent};
use fenliu::limits::{BUYER_TOKEN_MS_MAX, CAPACITY_MAX, GROUPS_PER_AGENT_MAX, WEIGHT_MAX};

fn settings(groups: &[u32]) -> AgentSettings {
    AgentSettings {
        weight: 1,
        capacity: 5,
        groups: groups.iter().map(|g| (GroupNo(*g), None)).collect(),
        enabled: true,
        welcome: String::new(),
    }
}

fn by() -> Actor {
    Actor::Platform("p".into())
}

fn create_group(name: &str) -> Command {
    Command::CreateGroup { settings: group(name), by: by() }
}

fn set_group(number: u32, name: &str) -> Command {
    Command::ConfigureGroup { group: GroupNo(number), settings: group(name), by: by() }
}

fn configure(agent: u32, settings: AgentSettings) -> Command {
    Command::ConfigureAccount { agent: AgentNo(agent), settings, by: by() }
}

fn account(login: &str, settings: AgentSettings) -> Command {
    Command::CreateAccount { login: login.into(), name: "n".into(), password: "argon2".into(), role: Role::Agent, settings, by: by() }
}

fn group(name: &str) -> Group {
    Group { name: name.into(), capacity: None }
}

/// Two groups and one account.
fn shop() -> Shop {
    let mut shop = Shop::new(SCOPE);
    act(&mut shop, Command::Create { shop: "tea".into(), name: "茶馆".into() }, 0);
    act(&mut shop, create_group("pre"), 1);
    act(&mut shop, create_group("after"), 2);
    act(&mut shop, account("li", settings(&[1])), 3);
    shop
}

#[test]
fn a_shop_is_created_once() {
    // SPEC: OPS-1
    let create = || Command::Create { shop: "tea".into(), name: "茶馆".into() };
    check(Shop::new(SCOPE), vec![], (0, create()), "shop tea created | tell settings 0 | ShopCreated { scope: ShopScope(7) }");
    check(shop(), vec![], (9, create()), "refused: Exists { what: \"shop\" }");
    check(Shop::new(SCOPE), vec![], (0, account("li", settings(&[]))), "refused: NotFound { what: \"shop\" }");
}

#[test]
fn an_account_command_repeated_after_a_crash_finds_the_same_number() {
    // SPEC: ACC-1
    check(
        shop(),
        vec![],
        (4, account("wang", settings(&[]))),
        "wang reserved for agent 2; audited; agent 2 known; audited; agent 2 has its role |  | forward: create account 2",
    );
    // The reservation is on disk, the account is not: the repeated command goes on where it stopped.
    check(shop(), vec![(4, account("wang", settings(&[])))], (5, account("wang", settings(&[]))), " |  | forward: create account 2");
    // Where both are, the account says so.
    let mut there = agent::Agent::new(SCOPE, AgentNo(2));
    let create = || agent::Command::Create {
        login: "wang".into(),
        name: "".into(),
        password: "".into(),
        role: Role::Agent,
        settings: settings(&[]),
        serves: true,
    };
    act(&mut there, create(), 6);
    assert_eq!(act(&mut there, create(), 7), "refused: Exists { what: \"account\" }");
}

#[test]
fn settings_of_an_account_are_checked_by_field() {
    // SPEC: DIV-11
    let bad: Vec<(&str, AgentSettings)> = vec![
        ("weight", AgentSettings { weight: WEIGHT_MAX + 1, ..settings(&[]) }),
        ("capacity", AgentSettings { capacity: CAPACITY_MAX + 1, ..settings(&[]) }),
        ("capacity", AgentSettings { groups: vec![(GroupNo(1), Some(CAPACITY_MAX + 1))], ..settings(&[]) }),
        ("groups", settings(&[3])),
        ("groups", settings(&[0])),
        ("groups", settings(&[1, 2, 1])),
        ("groups", settings(&[1; GROUPS_PER_AGENT_MAX + 1])),
    ];
    for (field, settings) in bad {
        for command in [account("new", settings.clone()), configure(1, settings.clone())] {
            match shop().decide(command, Millis(9)) {
                Err(Refusal::Invalid { field: told, .. }) => assert_eq!(told, field, "{settings:?}"),
                other => panic!("{settings:?} was taken: {other:?}"),
            }
        }
    }
    check(shop(), vec![], (9, configure(1, settings(&[2, 1]))), "audited; agent 1 known |  | forward: configure account 1");
    check(shop(), vec![], (9, configure(2, settings(&[]))), "refused: NotFound { what: \"account\" }");
}

#[test]
fn groups_are_numbered_and_named_once() {
    // SPEC: DIV-11
    check(shop(), vec![], (9, create_group("vip")), "group 3 set to vip; audited | tell group | GroupCreated { group: GroupNo(3) }");
    check(shop(), vec![], (9, create_group("pre")), "refused: Exists { what: \"group\" }");
    check(shop(), vec![], (9, set_group(2, "x")), "group 2 set to x; audited | tell group | Done");
    for number in [0, 3] {
        check(shop(), vec![], (9, set_group(number, "x")), "refused: NotFound { what: \"group\" }");
    }
    // A rename may not take another group's name either; a group may keep its own.
    check(shop(), vec![], (9, set_group(2, "pre")), "refused: Exists { what: \"group\" }");
    check(shop(), vec![], (9, set_group(2, "after")), "group 2 set to after; audited | tell group | Done");
}

/// A draft with one rule.
fn draft(target: Target) -> Box<Settings> {
    let when = Condition::Entry(vec!["p".into()]);
    Box::new(Settings { rules: vec![Rule { name: "r".into(), when, target }], ..Settings::default() })
}

fn set(settings: Box<Settings>, based_on: Option<u32>, rolled_back_to: Option<u32>) -> Command {
    Command::SetSettings { settings, by: by(), based_on, rolled_back_to }
}

#[test]
fn settings_are_applied_as_a_whole_or_not_at_all() {
    // SPEC: DIV-11
    let good = || draft(Target::Agents(vec![AgentNo(1)]));
    let faulty = Box::new(Settings { zone: "Nowhere".into(), fallback_group: Some(GroupNo(9)), ..*draft(Target::Groups(vec![])) });
    let Err(Refusal::Faulty { faults }) = shop().decide(set(faulty, None, None), Millis(9)) else { panic!("taken") };
    let mut fields: Vec<_> = faults.into_iter().map(|fault| fault.field).collect();
    fields.sort();
    assert_eq!(fields, ["fallback_group", "rules[0].target", "zone"], "all of them at once");
    let told = "settings 1 set | tell settings 1 | SettingsSet { version: 1 }";
    check(shop(), vec![], (9, set(good(), None, None)), told);
    check(shop(), vec![], (9, set(good(), Some(0), None)), told);
    // A group without members, an agent who does not exist: both stand in the shop's own books.
    for target in [Target::Groups(vec![GroupNo(2)]), Target::Agents(vec![AgentNo(2)])] {
        assert!(matches!(shop().decide(set(draft(target), None, None), Millis(9)), Err(Refusal::Faulty { .. })));
    }
    let mut shop = shop();
    act(&mut shop, configure(1, settings(&[2])), 4);
    act(&mut shop, set(draft(Target::Groups(vec![GroupNo(2)])), None, None), 9);
    assert_eq!((shop.version, shop.schedule_at, shop.settings.rules.len()), (1, Millis(0), 1), "the schedule is as it was");
    act(&mut shop, set(Box::new(Settings { zone: "Europe/Berlin".into(), ..Settings::default() }), None, None), 12);
    assert_eq!((shop.version, shop.schedule_at), (2, Millis(12)));
}

#[test]
fn who_edited_an_older_version_is_told() {
    // SPEC: DIV-11
    let good = || draft(Target::Agents(vec![AgentNo(1)]));
    let twice = || vec![(8, set(good(), Some(0), None)), (9, set(good(), Some(1), None))];
    check(shop(), twice(), (10, set(good(), Some(1), None)), "refused: Outdated { now: 2 }");
    check(shop(), twice(), (10, set(good(), Some(2), Some(1))), "settings 3 set as in 1 | tell settings 3 | SettingsSet { version: 3 }");
    check(shop(), twice(), (10, set(good(), None, None)), "settings 3 set | tell settings 3 | SettingsSet { version: 3 }");
}

#[test]
fn changes_of_accounts_and_groups_say_who_and_what_was_before() {
    // SPEC: ACC-2
    let audited = |command| {
        let decision = shop().decide(command, Millis(9)).expect("taken");
        decision
            .events
            .into_iter()
            .find_map(|event| if let Event::Audited { by, change, at } = event { Some((by, change, at)) } else { None })
    };
    let of = |change| Some((by(), change, Millis(9)));
    let account_1 = |before, after| Change::Account { agent: AgentNo(1), before, after };
    assert_eq!(audited(configure(1, settings(&[2]))), of(account_1(Some(settings(&[1])), settings(&[2]))));
    let created = Change::Account { agent: AgentNo(2), before: None, after: settings(&[]) };
    assert_eq!(audited(account("wang", settings(&[]))), of(created));
    assert_eq!(audited(create_group("x")), of(Change::Group { group: GroupNo(3), before: None, after: group("x") }));
    assert_eq!(audited(set_group(2, "x")), of(Change::Group { group: GroupNo(2), before: Some(group("after")), after: group("x") }));
}

#[test]
fn a_buyers_token_has_a_longest_life() {
    // SPEC: ACC-1
    let token = |expires| Command::IssueBuyerToken {
        token: [1; 32],
        buyer: "b".into(),
        name: "".into(),
        conversation: ConversationId([0; 16]),
        expires: Millis(expires),
    };
    let refused = shop().decide(token(9 + BUYER_TOKEN_MS_MAX + 1), Millis(9));
    assert!(matches!(refused, Err(Refusal::Invalid { field: "expires_in_s", .. })));
    assert!(shop().decide(token(9 + BUYER_TOKEN_MS_MAX), Millis(9)).is_ok());
}

#[test]
fn a_shop_command_repeated_after_a_crash_finds_the_same_number() {
    // SPEC: OPS-2
    let create = |shop: &str| platform::Command::CreateShop { shop: shop.into(), name: "n".into() };
    check(Platform::default(), vec![], (1, create("tea")), "shop tea listed as 1 |  | forward: create shop 1");
    check(Platform::default(), vec![(1, create("tea"))], (2, create("tea")), " |  | forward: create shop 1");
    check(Platform::default(), vec![(1, create("tea"))], (2, create("silk")), "shop silk listed as 2 |  | forward: create shop 2");
}

#[test]
fn an_api_key_is_revoked_once() {
    // SPEC: ACC-1
    let issue = || platform::Command::IssueApiKey { key: [5; 32], name: "k".into(), scopes: vec![Scope::Shops] };
    let revoke = || platform::Command::RevokeApiKey { key: [5; 32] };
    let mut platform = Platform::default();
    act(&mut platform, issue(), 1);
    assert!(platform.keys.contains(&[5; 32]));
    act(&mut platform, revoke(), 2);
    assert!(platform.keys.is_empty());
    assert_eq!(act(&mut platform, revoke(), 3), "refused: NotFound { what: \"API key\" }");
}
