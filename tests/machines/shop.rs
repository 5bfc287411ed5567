//! A shop and the platform: validation by field, and creation that may be repeated after a crash.

use crate::{SCOPE, act, check};
use fenliu::domain::diversion::{Group, Rule, Rules, Target};
use fenliu::domain::event::{AgentSettings, Role, Scope};
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo, Millis};
use fenliu::domain::platform::{self, Platform};
use fenliu::domain::refusal::Refusal;
use fenliu::domain::shop::{Command, Shop};
use fenliu::domain::{Machine, agent};
use fenliu::limits::{BUYER_TOKEN_MS_MAX, CAPACITY_MAX, GROUPS_PER_AGENT_MAX, RULES_MAX, WEIGHT_MAX};

fn settings(groups: &[u32]) -> AgentSettings {
    AgentSettings { weight: 1, capacity: 5, groups: groups.iter().map(|g| (GroupNo(*g), None)).collect(), enabled: true }
}

fn account(login: &str, settings: AgentSettings) -> Command {
    Command::CreateAccount { login: login.into(), name: "n".into(), password: "argon2".into(), role: Role::Agent, settings }
}

fn group(name: &str) -> Group {
    Group { name: name.into(), capacity: None }
}

/// Two groups and one account.
fn shop() -> Shop {
    let mut shop = Shop::new(SCOPE);
    act(&mut shop, Command::Create { shop: "tea".into(), name: "茶馆".into() }, 0);
    act(&mut shop, Command::CreateGroup(group("pre")), 1);
    act(&mut shop, Command::CreateGroup(group("after")), 2);
    act(&mut shop, account("li", settings(&[1])), 3);
    shop
}

#[test]
fn a_shop_is_created_once() {
    // SPEC: OPS-1
    let create = || Command::Create { shop: "tea".into(), name: "茶馆".into() };
    check(Shop::new(SCOPE), vec![], (0, create()), "shop tea created |  | ShopCreated { scope: ShopScope(7) }");
    check(shop(), vec![], (9, create()), "refused: Exists { what: \"shop\" }");
    check(Shop::new(SCOPE), vec![], (0, account("li", settings(&[]))), "refused: NotFound { what: \"shop\" }");
}

#[test]
fn an_account_command_repeated_after_a_crash_finds_the_same_number() {
    // SPEC: ACC-1
    check(shop(), vec![], (4, account("wang", settings(&[]))), "wang reserved for agent 2 |  | forward: create account 2");
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
        for command in [account("new", settings.clone()), Command::ConfigureAccount { agent: AgentNo(1), settings: settings.clone() }] {
            match shop().decide(command, Millis(9)) {
                Err(Refusal::Invalid { field: told, .. }) => assert_eq!(told, field, "{settings:?}"),
                other => panic!("{settings:?} was taken: {other:?}"),
            }
        }
    }
    check(
        shop(),
        vec![],
        (9, Command::ConfigureAccount { agent: AgentNo(1), settings: settings(&[2, 1]) }),
        " |  | forward: configure account 1",
    );
    check(
        shop(),
        vec![],
        (9, Command::ConfigureAccount { agent: AgentNo(2), settings: settings(&[]) }),
        "refused: NotFound { what: \"account\" }",
    );
}

#[test]
fn groups_are_numbered_and_named_once() {
    // SPEC: DIV-11
    check(shop(), vec![], (9, Command::CreateGroup(group("vip"))), "group 3 set to vip | tell group | GroupCreated { group: GroupNo(3) }");
    check(shop(), vec![], (9, Command::CreateGroup(group("pre"))), "refused: Exists { what: \"group\" }");
    check(shop(), vec![], (9, Command::ConfigureGroup { group: GroupNo(2), settings: group("x") }), "group 2 set to x | tell group | Done");
    for number in [0, 3] {
        check(
            shop(),
            vec![],
            (9, Command::ConfigureGroup { group: GroupNo(number), settings: group("x") }),
            "refused: NotFound { what: \"group\" }",
        );
    }
    // A rename may not take another group's name either; a group may keep its own.
    check(
        shop(),
        vec![],
        (9, Command::ConfigureGroup { group: GroupNo(2), settings: group("pre") }),
        "refused: Exists { what: \"group\" }",
    );
    check(
        shop(),
        vec![],
        (9, Command::ConfigureGroup { group: GroupNo(2), settings: group("after") }),
        "group 2 set to after | tell group | Done",
    );
}

#[test]
fn rules_are_checked_as_a_whole() {
    // SPEC: DIV-11
    let rule = |entry: Option<&str>, target| Rule { name: "r".into(), entry: entry.map(String::from), target };
    let groups = |numbers: &[u32]| Target::Groups(numbers.iter().map(|g| GroupNo(*g)).collect());
    let agents = |numbers: &[u32]| Target::Agents(numbers.iter().map(|a| AgentNo(*a)).collect());
    let set = |rules| Rules { rules, ..Rules::default() };
    let bad: Vec<(&str, Rules)> = vec![
        ("rules.target.groups", set(vec![rule(Some("p"), groups(&[1, 9]))])),
        ("rules.target.agents", set(vec![rule(Some("p"), agents(&[2]))])),
        ("rules.target", set(vec![rule(None, groups(&[]))])),
        ("rules.target", set(vec![rule(None, agents(&[]))])),
        // Never reached: the first takes every buyer.
        ("rules", set(vec![rule(None, groups(&[1])), rule(Some("p"), groups(&[2]))])),
        ("rules", set(vec![rule(Some("p"), groups(&[1])); RULES_MAX + 1])),
        ("fallback_group", Rules { fallback_group: Some(GroupNo(9)), ..Rules::default() }),
        ("recent_online_ms", Rules { recent_any_ms: 5, recent_online_ms: 4, ..Rules::default() }),
    ];
    for (field, rules) in bad {
        match shop().decide(Command::SetRules(rules.clone()), Millis(9)) {
            Err(Refusal::Invalid { field: told, .. }) => assert_eq!(told, field),
            other => panic!("{field}: taken: {other:?}"),
        }
    }
    let good = set(vec![rule(Some("p"), agents(&[1])), rule(Some("q"), groups(&[2, 1])), rule(None, groups(&[1]))]);
    check(
        shop(),
        vec![(8, Command::SetRules(good.clone()))],
        (9, Command::SetRules(good)),
        "rules 2 set | tell rules | RulesSet { version: 2 }",
    );
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
