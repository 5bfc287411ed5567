//! Who may grant what (ACC-1), in the machines: the shop that decides, the account that obeys.

use crate::{SCOPE, act, check};
use fenliu::domain::desk::{Desk, OwnRole};
use fenliu::domain::event::{Actor, AgentSettings, Change, Event, Role};
use fenliu::domain::explain::Exclusion;
use fenliu::domain::id::{AgentNo, Millis};
use fenliu::domain::permission::{Permission as P, Permissions};
use fenliu::domain::refusal::Refusal;
use fenliu::domain::shop::{Command, Shop};
use fenliu::domain::{Effect, Machine, agent, dispatcher};

const BOSS: u32 = 1;
const LEAD: u32 = 2;
const AGENT: u32 = 3;
const ANALYST: u32 = 4;
/// Has the shop's role 7: manages and serves, no more.
const CLERK: u32 = 5;
const SECOND_BOSS: u32 = 6;

fn platform() -> Actor {
    Actor::Platform("p".into())
}

fn account(agent: u32) -> Actor {
    Actor::Account(AgentNo(agent))
}

fn settings(enabled: bool) -> AgentSettings {
    AgentSettings { weight: 1, capacity: 5, groups: vec![], enabled, welcome: String::new() }
}

fn create(login: &str, role: Role, by: Actor) -> Command {
    Command::CreateAccount { login: login.into(), name: "n".into(), password: "argon2".into(), role, settings: settings(true), by }
}

fn own(no: u16, permissions: &[P]) -> OwnRole {
    OwnRole { no, name: format!("role {no}"), permissions: Permissions::of(permissions) }
}

fn desk(roles: Vec<OwnRole>) -> Box<Desk> {
    Box::new(Desk { roles, ..Desk::default() })
}

fn set_desk(roles: Vec<OwnRole>, by: Actor, based_on: Option<u32>) -> Command {
    Command::SetDesk { desk: desk(roles), by, based_on }
}

fn set_role(agent: u32, role: Role, by: Actor) -> Command {
    Command::SetRole { agent: AgentNo(agent), role, by }
}

fn shop() -> Shop {
    let mut shop = Shop::new(SCOPE);
    act(&mut shop, Command::Create { shop: "tea".into(), name: "茶馆".into() }, 0);
    act(&mut shop, set_desk(vec![own(7, &[P::Manage, P::Serve])], platform(), Some(0)), 1);
    let roles = [Role::Owner, Role::Supervisor, Role::Agent, Role::Analyst, Role::Own(7), Role::Owner];
    for (no, role) in (1..).zip(roles) {
        let told = act(&mut shop, create(&format!("account {no}"), role, platform()), 2);
        assert!(told.ends_with(&format!("create account {no}")), "{told}");
    }
    shop
}

#[track_caller]
fn forbidden(command: Command) {
    let refused = shop().decide(command, Millis(9));
    assert!(matches!(refused, Err(Refusal::Forbidden { .. })), "{refused:?}");
}

#[test]
fn nobody_changes_the_account_of_one_who_may_more() {
    // SPEC: ACC-1
    let configure = |agent: u32, by| Command::ConfigureAccount { agent: AgentNo(agent), settings: settings(false), by: account(by) };
    for agent in [LEAD, ANALYST] {
        forbidden(configure(agent, CLERK));
        forbidden(set_role(agent, Role::Agent, account(CLERK)));
    }
    for (agent, by) in [(AGENT, CLERK), (CLERK, CLERK), (LEAD, BOSS), (CLERK, BOSS)] {
        assert!(shop().decide(configure(agent, by), Millis(9)).is_ok(), "{agent} by {by}");
    }
}

#[test]
fn a_role_is_set_and_the_account_loses_its_sessions() {
    // SPEC: ACC-1 ACC-2
    let told = |agent, role: Role| format!("audited; agent {agent} has its role |  | forward: set role of account {agent} to {role:?}");
    check(shop(), vec![], (9, set_role(AGENT, Role::Supervisor, account(BOSS))), &told(AGENT, Role::Supervisor));
    check(shop(), vec![], (9, set_role(AGENT, Role::Own(7), platform())), &told(AGENT, Role::Own(7)));
    check(shop(), vec![], (9, set_role(LEAD, Role::Agent, account(BOSS))), &told(LEAD, Role::Agent));
    check(shop(), vec![], (9, set_role(AGENT, Role::Agent, account(BOSS))), " |  | Done");
    check(shop(), vec![], (9, set_role(99, Role::Agent, account(BOSS))), "refused: NotFound { what: \"account\" }");
    let audited = shop().decide(set_role(AGENT, Role::Analyst, account(BOSS)), Millis(9)).unwrap().events.remove(0);
    let change = Change::Role { agent: AgentNo(AGENT), before: Some(Role::Agent), after: Role::Analyst };
    assert_eq!(audited, Event::Audited { by: account(BOSS), change, at: Millis(9) });
    let mut agent = agent::Agent::new(SCOPE, AgentNo(AGENT));
    let create = agent::Command::Create {
        login: "li".into(),
        name: "李".into(),
        password: "argon2".into(),
        role: Role::Agent,
        settings: settings(true),
        serves: true,
    };
    act(&mut agent, create, 0);
    act(&mut agent, agent::Command::LogIn { password_right: true, token: [1; 32], client: String::new() }, 1);
    act(&mut agent, agent::Command::LogIn { password_right: true, token: [2; 32], client: String::new() }, 2);
    let command = agent::Command::SetRole { role: Role::Analyst, serves: false };
    assert_eq!(act(&mut agent, command, 3), "session 1 ended; session 2 ended; role set to Analyst | tell staff | Done");
    assert_eq!((agent.role, agent.sessions.len()), (Role::Analyst, 0));
}

#[test]
fn nobody_grants_more_than_it_has() {
    // SPEC: ACC-1
    forbidden(create("x", Role::Owner, account(BOSS)));
    forbidden(set_role(AGENT, Role::Owner, account(BOSS)));
    assert!(shop().decide(set_role(AGENT, Role::Owner, platform()), Millis(9)).is_ok(), "the platform alone makes owners");
    // Who manages, but has no more than to serve beside it, grants no more.
    for role in [Role::Supervisor, Role::Analyst] {
        forbidden(create("x", role, account(CLERK)));
        forbidden(set_role(AGENT, role, account(CLERK)));
    }
    for role in [Role::Agent, Role::Own(7)] {
        assert!(shop().decide(create("x", role, account(CLERK)), Millis(9)).is_ok(), "{role:?}");
    }
    for command in [create("x", Role::Own(8), platform()), set_role(AGENT, Role::Own(8), account(BOSS))] {
        assert!(matches!(shop().decide(command, Millis(9)), Err(Refusal::Invalid { field: "role", .. })));
    }
    // Nor by way of the document: for itself, for another role, or in a new one.
    forbidden(set_desk(vec![own(7, &[P::Manage, P::Serve, P::Export])], account(CLERK), None));
    forbidden(set_desk(vec![own(7, &[P::Manage, P::Serve]), own(8, &[P::Pool])], account(CLERK), None));
    let less = || set_desk(vec![own(7, &[P::Manage]), own(8, &[P::Serve])], account(CLERK), None);
    assert!(shop().decide(less(), Millis(9)).is_ok());
    // What a role has already may stay.
    let mut shop = shop();
    let roles = || vec![own(7, &[P::Manage, P::Serve]), own(9, &[P::Export])];
    act(&mut shop, set_desk(roles(), account(BOSS), None), 8);
    assert!(shop.decide(set_desk(roles(), account(CLERK), None), Millis(9)).is_ok());
}

#[test]
fn an_owner_keeps_its_rights_against_all_below() {
    // SPEC: ACC-1
    let own = shop().decide(set_role(BOSS, Role::Agent, account(BOSS)), Millis(9));
    assert!(matches!(own, Err(Refusal::Invalid { field: "role", .. })), "{own:?}");
    let disable = |agent, by| Command::ConfigureAccount { agent: AgentNo(agent), settings: settings(false), by };
    forbidden(set_role(BOSS, Role::Agent, account(CLERK)));
    forbidden(disable(BOSS, account(CLERK)));
    forbidden(Command::ConfigureAccount { agent: AgentNo(BOSS), settings: settings(true), by: account(CLERK) });
    for by in [account(SECOND_BOSS), platform()] {
        assert!(shop().decide(set_role(BOSS, Role::Agent, by.clone()), Millis(9)).is_ok());
        assert!(shop().decide(disable(BOSS, by), Millis(9)).is_ok());
    }
    assert!(shop().decide(disable(AGENT, account(CLERK)), Millis(9)).is_ok());
}

#[test]
fn who_does_not_serve_is_nobodys_choice() {
    // SPEC: ACC-1 DIV-1
    let serves = |effects: &[Effect]| match effects {
        [Effect::Dispatcher(_, dispatcher::Command::Staff { settings, post, .. })] => {
            assert_eq!(post.barred, (!settings.enabled).then_some(Exclusion::NotServing), "and why says so");
            settings.enabled
        }
        other => panic!("{other:?}"),
    };
    for (role, expected) in [(Role::Agent, true), (Role::Analyst, false), (Role::Own(7), true), (Role::Owner, true)] {
        let decision = shop().decide(create("x", role, platform()), Millis(9)).unwrap();
        let fenliu::domain::Answer::Forward(effect) = decision.answer else { panic!("{role:?}") };
        let Effect::Agent(_, no, command) = *effect else { panic!("{role:?}") };
        let told = agent::Agent::new(SCOPE, no).decide(command, Millis(9)).unwrap();
        assert_eq!(serves(&told.effects), expected, "{role:?}");
    }
    let configure = Command::ConfigureAccount { agent: AgentNo(ANALYST), settings: settings(true), by: platform() };
    let decision = shop().decide(configure, Millis(9)).unwrap();
    let forwarded = format!("{:?}", decision.answer);
    assert!(forwarded.contains("serves: false"), "{forwarded}");
    // What a role grants changes with the document: those who have it are told, and nobody else.
    let without = "desk 2 set | account 5 serves: false | SettingsSet { version: 2 }";
    check(shop(), vec![], (9, set_desk(vec![own(7, &[P::Manage])], account(BOSS), Some(1))), without);
    check(shop(), vec![], (9, set_desk(vec![], account(BOSS), Some(1))), without);
    let history = || vec![(8, set_desk(vec![own(7, &[P::Manage])], account(BOSS), None))];
    let with = "desk 3 set | account 5 serves: true | SettingsSet { version: 3 }";
    check(shop(), history(), (9, set_desk(vec![own(7, &[P::Serve])], account(BOSS), Some(2))), with);
    check(shop(), vec![], (9, set_desk(vec![own(7, &[P::Serve])], account(BOSS), None)), "desk 2 set |  | SettingsSet { version: 2 }");
}

#[test]
fn the_document_is_set_as_a_whole_or_not_at_all() {
    // SPEC: ACC-1 ACC-2
    check(shop(), vec![], (9, set_desk(vec![], account(BOSS), Some(0))), "refused: Outdated { now: 1 }");
    let faulty = set_desk(vec![own(0, &[]), own(0, &[])], account(BOSS), Some(1));
    let Err(Refusal::Faulty { faults }) = shop().decide(faulty, Millis(9)) else { panic!("taken") };
    assert_eq!(faults.len(), 4, "{faults:?}");
    let mut shop = shop();
    act(&mut shop, set_desk(vec![own(3, &[P::Pool])], account(BOSS), Some(1)), 9);
    assert_eq!((shop.desk_version, shop.desk.roles.len()), (2, 1));
}
