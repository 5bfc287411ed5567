//! One account: lock-out, sessions, presence over several devices.

use crate::{SCOPE, act, check};
use fenliu::domain::agent::{Agent, Command};
use fenliu::domain::event::{AgentSettings, Presence, Role};
use fenliu::domain::id::{AgentNo, Millis};
use fenliu::limits::{LOCK_OUT_MS, LOG_IN_FAILURES_MAX, SESSION_MS, SESSIONS_MAX};

fn settings(enabled: bool) -> AgentSettings {
    AgentSettings { weight: 1, capacity: 5, groups: vec![], enabled, welcome: String::new() }
}

fn create() -> Command {
    Command::Create {
        login: "li".into(),
        name: "李".into(),
        password: "argon2".into(),
        role: Role::Agent,
        settings: settings(true),
        serves: true,
    }
}

fn log_in(password_right: bool, token: u8) -> Command {
    Command::LogIn { password_right, token: [token; 32], client: String::new() }
}

fn new() -> Agent {
    let mut agent = Agent::new(SCOPE, AgentNo(3));
    act(&mut agent, create(), 0);
    agent
}

#[test]
fn an_account_is_created_once() {
    // SPEC: ACC-1
    check(Agent::new(SCOPE, AgentNo(3)), vec![], (0, create()), "account 3 li created | tell staff | AccountCreated { agent: AgentNo(3) }");
    check(new(), vec![], (1, create()), "refused: Exists { what: \"account\" }");
    check(Agent::new(SCOPE, AgentNo(3)), vec![], (0, Command::Connect), "refused: NotFound { what: \"account\" }");
}

#[test]
fn failed_log_ins_lock_the_account_for_a_time() {
    // SPEC: ACC-1
    let wrong = |times: u32| (0..times).map(|i| (100 + u64::from(i), log_in(false, 0))).collect::<Vec<_>>();
    check(
        new(),
        wrong(LOG_IN_FAILURES_MAX - 1),
        (200, log_in(true, 1)),
        &format!("session 1 opened |  | session of agent 3 to {}", 200 + SESSION_MS),
    );
    let until = 100 + u64::from(LOG_IN_FAILURES_MAX) - 1 + LOCK_OUT_MS;
    let locked = format!("refused: LockedOut {{ until: Millis({until}), now: Millis({}) }}", until - 1);
    check(new(), wrong(LOG_IN_FAILURES_MAX), (until - 1, log_in(true, 1)), &locked);
    check(
        new(),
        wrong(LOG_IN_FAILURES_MAX),
        (until, log_in(true, 1)),
        &format!("session 1 opened |  | session of agent 3 to {}", until + SESSION_MS),
    );
    check(new(), wrong(LOG_IN_FAILURES_MAX), (until, log_in(false, 1)), "log-in failed |  | LogInRefused");
    // A right password in between starts the count again.
    let mut between = wrong(LOG_IN_FAILURES_MAX - 1);
    between.push((150, log_in(true, 1)));
    between.extend(wrong(LOG_IN_FAILURES_MAX - 1));
    check(new(), between, (200, log_in(false, 2)), "log-in failed |  | LogInRefused");
}

#[test]
fn one_session_too_many_ends_the_oldest() {
    // SPEC: ACC-1
    let full = || (1..=SESSIONS_MAX as u64).map(|i| (i, log_in(true, i as u8))).collect::<Vec<_>>();
    let next = SESSIONS_MAX as u8 + 1;
    check(
        new(),
        full(),
        (100, log_in(true, next)),
        &format!("session 1 ended; session {next} opened |  | session of agent 3 to {}", 100 + SESSION_MS),
    );
    let mut one_left = full();
    one_left.push((50, Command::LogOut { token: [4; 32] }));
    check(new(), one_left, (100, log_in(true, next)), &format!("session {next} opened |  | session of agent 3 to {}", 100 + SESSION_MS));
    // Expired ones do not count, and are forgotten.
    let later = 100 + SESSION_MS;
    let mut agent = new();
    full().into_iter().for_each(|(at, command)| drop(act(&mut agent, command, at)));
    assert_eq!(
        act(&mut agent, log_in(true, next), later),
        format!("session {next} opened |  | session of agent 3 to {}", later + SESSION_MS)
    );
    assert_eq!(agent.sessions.len(), 1);
    check(new(), vec![], (1, Command::LogOut { token: [9; 32] }), " |  | Done");
}

#[test]
fn presence_is_held_by_the_last_device() {
    // SPEC: DIV-6
    let mut agent = new();
    let mut tell = |command, at| act(&mut agent, command, at);
    assert_eq!(tell(Command::SetPresence(Presence::Online), 1), "refused: NotConnected");
    assert_eq!(tell(Command::Connect, 2), "1 devices; Online | tell Online | Done");
    assert_eq!(tell(Command::Connect, 3), "2 devices |  | Done");
    assert_eq!(tell(Command::Disconnect, 4), "1 devices |  | Done", "one of two devices left");
    assert_eq!(tell(Command::SetPresence(Presence::Suspended), 5), "Suspended | tell Suspended | Done");
    assert_eq!(tell(Command::SetPresence(Presence::Suspended), 6), " |  | Done");
    assert_eq!(tell(Command::Disconnect, 7), "0 devices; Offline | tell Offline | Done");
    assert_eq!(tell(Command::Connect, 8), "1 devices; Suspended | tell Suspended | Done", "what was chosen outlives a broken connection");
    assert_eq!(tell(Command::SetPresence(Presence::Offline), 9), "Offline | tell Offline | Done");
    assert_eq!(tell(Command::Disconnect, 10), "0 devices |  | Done");
    assert_eq!(tell(Command::Connect, 11), "1 devices |  | Done", "so does chosen offline");
    assert_eq!(tell(Command::SetPresence(Presence::Online), 12), "Online | tell Online | Done");
    assert_eq!(agent.presence(), Presence::Online);
}

#[test]
fn a_disabled_account_cannot_log_in_and_loses_its_sessions() {
    // SPEC: ACC-1
    let history = || vec![(1, log_in(true, 1)), (2, log_in(true, 2))];
    let disable = || Command::Configure { settings: settings(false), serves: true };
    check(new(), history(), (3, disable()), "session 1 ended; session 2 ended; settings changed, enabled false | tell staff | Done");
    let mut disabled = history();
    disabled.push((3, disable()));
    check(new(), disabled, (4, log_in(true, 3)), "log-in failed |  | LogInRefused");
    let mut agent = new();
    history().into_iter().for_each(|(at, command)| drop(act(&mut agent, command, at)));
    act(&mut agent, disable(), 3);
    assert!(agent.sessions.is_empty() && agent.locked_until == Millis(0));
}

#[test]
fn who_did_not_answer_is_suspended_while_online_only() {
    // SPEC: DIV-7
    let cases: [(&[Command], &str); 4] = [
        (&[Command::Connect], "Suspended | tell Suspended | Done"),
        (&[Command::Connect, Command::SetPresence(Presence::Suspended)], " |  | Done"),
        (&[Command::Connect, Command::SetPresence(Presence::Offline)], " |  | Done"),
        (&[], " |  | Done"),
    ];
    for (before, expected) in cases {
        let mut agent = new();
        before.iter().for_each(|command| drop(act(&mut agent, again(command), 1)));
        assert_eq!(act(&mut agent, Command::Suspend, 2), expected, "{before:?}");
    }
    // What it is suspended to outlives a broken connection, as if the agent had chosen it.
    check(
        new(),
        vec![(1, Command::Connect), (2, Command::Suspend), (3, Command::Disconnect)],
        (4, Command::Connect),
        "1 devices; Suspended | tell Suspended | Done",
    );
}

/// The same command once more.
fn again(command: &Command) -> Command {
    match command {
        Command::Connect => Command::Connect,
        Command::SetPresence(presence) => Command::SetPresence(*presence),
        other => panic!("not needed: {other:?}"),
    }
}

#[test]
fn the_dispatcher_learns_who_the_main_account_is() {
    // SPEC: OFF-1
    let create = Command::Create {
        login: "o".into(),
        name: "".into(),
        password: "argon2".into(),
        role: Role::Owner,
        settings: settings(true),
        serves: true,
    };
    let owner = || Agent::new(SCOPE, AgentNo(3));
    check(
        owner(),
        vec![(0, create)],
        (1, Command::Configure { settings: settings(true), serves: true }),
        "settings changed, enabled true | tell staff (main) | Done",
    );
    check(
        new(),
        vec![],
        (1, Command::Configure { settings: settings(true), serves: true }),
        "settings changed, enabled true | tell staff | Done",
    );
}
