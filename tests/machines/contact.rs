//! DIV-1.1 to 3: the shop gate, the recent contact, the dedicated agent.

use crate::HOUR;
use crate::floor::{Floor, GRACE, MINUTE, arrival, disabled, quiet, rule, settings, to_agents};
use fenliu::domain::diversion::{Preference, Recent, Settings};
use fenliu::domain::event::AgentSettings;
use fenliu::domain::event::Presence::{self, Offline, Online, Suspended};
use fenliu::domain::id::{AgentNo, Millis};
use fenliu::domain::offline::Way;

const DAY: u64 = 24 * HOUR;

fn recent(obeys_capacity: bool) -> Settings {
    Settings { recent: Recent { obeys_capacity, ..quiet().recent }, ..quiet() }
}

/// Agent 1 spoke with the buyer `age_ms` ago; agent 2 is in the same group, agent 3 is elsewhere; neither has anything to do.
fn case(settings_of_shop: Settings, age_ms: u64, presence: Presence, room: bool, colleague_free: bool) -> String {
    let mut floor = Floor::new(settings_of_shop, &[None, None]);
    for (agent, group, capacity) in [(1, 1, u32::from(room)), (2, 1, u32::from(colleague_free)), (3, 2, 5)] {
        floor.at_work(agent, settings(1, capacity, &[(group, None)]));
    }
    floor.present(1, presence);
    floor.arrive_again(1, 1, age_ms)
}

#[test]
fn the_recent_contact_matrix() {
    // SPEC: DIV-1.2
    const HER: &str = "1 → 1 by recent contact 1";
    const ANY: [&str; 2] = ["1 → 2 by any agent", "1 → 3 by any agent"];
    const COLLEAGUE: [&str; 2] = ["1 → 2 in group 1 by recent contact 1's colleague", "1 → 3 by recent contact 1's colleague"];
    let first = [0, HOUR, DAY - 1, DAY];
    let second = [DAY + 1, 48 * HOUR, 3 * DAY];
    let later = [3 * DAY + 1, 30 * DAY];
    // (age, presence of the agent, room at the agent, does the capacity bind; where the colleague is free, and where not)
    type Row<'a> = (&'a [u64], Presence, bool, bool, [&'a str; 2]);
    let rows: [Row; 27] = [
        (&first, Online, true, true, [HER; 2]),
        (&first, Online, true, false, [HER; 2]),
        (&first, Online, false, true, ANY),
        (&first, Online, false, false, [HER; 2]),
        (&first, Suspended, true, true, [HER; 2]),
        (&first, Suspended, true, false, [HER; 2]),
        (&first, Suspended, false, true, ANY),
        (&first, Suspended, false, false, [HER; 2]),
        (&first, Offline, true, true, ANY),
        (&first, Offline, true, false, ANY),
        (&first, Offline, false, false, ANY),
        (&second, Online, true, true, [HER; 2]),
        (&second, Online, true, false, [HER; 2]),
        (&second, Online, false, true, COLLEAGUE),
        (&second, Online, false, false, [HER; 2]),
        (&second, Suspended, true, true, COLLEAGUE),
        (&second, Suspended, true, false, COLLEAGUE),
        (&second, Suspended, false, true, COLLEAGUE),
        (&second, Suspended, false, false, COLLEAGUE),
        (&second, Offline, true, true, ANY),
        (&second, Offline, true, false, ANY),
        (&second, Offline, false, false, ANY),
        (&later, Online, true, true, ["1 → 1 by any agent"; 2]),
        (&later, Online, false, false, ANY),
        (&later, Suspended, true, true, ANY),
        (&later, Suspended, false, false, ANY),
        (&later, Offline, true, true, ANY),
    ];
    for (ages, presence, room, obeys, expected) in rows {
        for age in ages {
            for (free, expected) in [(true, expected[0]), (false, expected[1])] {
                assert_eq!(case(recent(obeys), *age, presence, room, free), expected, "{age} {presence:?} {room} {obeys} {free}");
            }
        }
    }
}

#[test]
fn the_windows_of_the_recent_contact_are_settings() {
    // SPEC: DIV-1.2
    let of = |any_ms, online_ms| Settings { recent: Recent { any_ms, online_ms, obeys_capacity: true }, ..quiet() };
    let rows = [
        (of(HOUR, 2 * HOUR), HOUR, Suspended, "1 → 1 by recent contact 1"),
        (of(HOUR, 2 * HOUR), HOUR + 1, Suspended, "1 → 2 in group 1 by recent contact 1's colleague"),
        (of(HOUR, 2 * HOUR), 2 * HOUR, Online, "1 → 1 by recent contact 1"),
        (of(HOUR, 2 * HOUR), 2 * HOUR + 1, Suspended, "1 → 2 by any agent"),
        (of(0, HOUR), 1, Suspended, "1 → 2 in group 1 by recent contact 1's colleague"),
        (of(HOUR, HOUR), HOUR + 1, Suspended, "1 → 2 by any agent"),
        (of(0, 0), 1, Suspended, "1 → 2 by any agent"),
    ];
    for (shop, age, presence, expected) in rows {
        assert_eq!(case(shop.clone(), age, presence, true, true), expected, "{:?} {age}", shop.recent);
    }
}

#[test]
fn each_preference_can_be_left_out_or_come_first() {
    // SPEC: DIV-1
    use Preference::{Dedicated, RecentContact};
    let rows: [(&[Preference], &str); 5] = [
        (&[RecentContact, Dedicated], "1 → 1 by recent contact 1"),
        (&[Dedicated, RecentContact], "1 → 3 by dedicated 3"),
        (&[RecentContact], "1 → 1 by recent contact 1"),
        (&[Dedicated], "1 → 3 by dedicated 3"),
        (&[], "1 → 2 by rule 0"),
    ];
    for (preferences, expected) in rows {
        let shop = Settings { preferences: preferences.to_vec(), rules: vec![rule("", to_agents(&[2]))], ..quiet() };
        let mut floor = Floor::new(shop, &[]);
        (1..=3).for_each(|agent| drop(floor.at_work(agent, settings(1, 5, &[]))));
        let known = |a: &mut fenliu::domain::event::Arrival| {
            (a.recent, a.dedicated) = (Some((AgentNo(1), Millis(a.arrived.0 - HOUR))), Some(AgentNo(3)));
        };
        assert_eq!(floor.arrive_as(1, known), expected, "{preferences:?}");
        // Suspended, the recent contact still receives, where it is used at all; a dedicated agent does not.
        floor.present(1, Suspended);
        floor.present(3, Suspended);
        let expected = if preferences.contains(&RecentContact) { "2 → 1 by recent contact 1" } else { "2 → 2 by rule 0" };
        assert_eq!(floor.arrive_as(2, known), expected, "{preferences:?}");
        floor.present(2, Offline);
        let expected = if preferences.contains(&RecentContact) { "3 → 1 by recent contact 1" } else { "3 → pool by nobody online" };
        assert_eq!(floor.arrive_as(3, known), expected, "{preferences:?}: the gate");
    }
}

#[test]
fn a_dedicated_agent_receives_where_receivable() {
    // SPEC: DIV-1.3
    let rows = [
        (settings(1, 1, &[]), Online, "1 → 3 by dedicated 3"),
        (settings(0, 1, &[]), Online, "1 → 3 by dedicated 3"), // no rule asks it: the buyer's own setting does
        (settings(1, 0, &[]), Online, "1 → 1 by any agent"),
        (settings(1, 1, &[]), Suspended, "1 → 1 by any agent"),
        (settings(1, 1, &[]), Offline, "1 → 1 by any agent"),
        (disabled(), Online, "1 → 1 by any agent"),
    ];
    for (of, presence, expected) in rows {
        let mut floor = Floor::new(quiet(), &[]);
        floor.at_work(1, settings(1, 5, &[]));
        floor.at_work(3, of.clone());
        floor.present(3, presence);
        assert_eq!(floor.arrive_as(1, |a| a.dedicated = Some(AgentNo(3))), expected, "{of:?} {presence:?}");
        assert_eq!(floor.arrive_as(2, |a| (a.dedicated, a.missed) = (Some(AgentNo(3)), vec![AgentNo(3)])), "2 → 1 by any agent", "missed");
        assert_eq!(floor.arrive_as(3, |a| a.dedicated = Some(AgentNo(7))), "3 → 1 by any agent", "nobody of that number");
    }
}

#[test]
fn who_waits_goes_to_the_dedicated_agent_as_soon_as_that_is_receivable() {
    // SPEC: DIV-1.3, DIV-5
    let mut floor = Floor::new(quiet(), &[]);
    floor.at_work(1, settings(1, 0, &[]));
    floor.arrive(1);
    floor.arrive_as(2, |a| a.dedicated = Some(AgentNo(3)));
    floor.staff(3, settings(0, 1, &[]));
    assert_eq!(floor.present(3, Online), "2 → 3 by dedicated 3", "buyer 1 waits longer, but no rule asks agent 3");
}

#[test]
fn who_missed_a_buyer_is_no_recent_contact_of_theirs() {
    // SPEC: DIV-1.2, DIV-7
    for (age, expected) in [(HOUR, "1 → 2 by any agent"), (30 * HOUR, "1 → 2 in group 1 by recent contact 1's colleague")] {
        let mut floor = Floor::new(quiet(), &[None]);
        (1..=2).for_each(|agent| drop(floor.at_work(agent, settings(1, 5, &[(1, None)]))));
        let at = Millis(floor.now + 1 - age);
        assert_eq!(floor.arrive_as(1, |a| (a.recent, a.missed) = (Some((AgentNo(1), at)), vec![AgentNo(1)])), expected);
    }
}

#[test]
fn the_shop_gate() {
    // SPEC: DIV-1.1, OFF-1
    let (here, away) = (settings(1, 5, &[]), settings(1, 0, &[]));
    type Row<'a> = (bool, Vec<(AgentSettings, Presence)>, &'a str);
    let rows: [Row; 9] = [
        (true, vec![], "1 → pool by nobody online"),
        (true, vec![(here.clone(), Offline)], "1 → pool by nobody online"),
        (true, vec![(here.clone(), Suspended)], "1 → pool by nobody online"),
        (true, vec![(here.clone(), Suspended), (disabled(), Online)], "1 → pool by nobody online"),
        (true, vec![(away.clone(), Online)], "1 → queue by any agent"),
        (true, vec![(settings(0, 5, &[]), Online)], "1 → queue by any agent"),
        (true, vec![(here.clone(), Suspended), (here.clone(), Online)], "1 → 2 by any agent"),
        (false, vec![], "1 → queue by any agent"),
        (false, vec![(here, Suspended)], "1 → queue by any agent"),
    ];
    for (gate, agents, expected) in rows {
        let mut floor = Floor::new(Settings { gate, ..quiet() }, &[]);
        for (agent, (of, presence)) in (1..).zip(&agents) {
            floor.staff(agent, of.clone());
            floor.present(agent, *presence);
        }
        assert_eq!(floor.arrive(1), expected, "{gate} {agents:?}");
    }
}

#[test]
fn the_gate_is_open_to_a_recent_contact() {
    // SPEC: DIV-1.1, DIV-1.2
    let rows = [
        (HOUR, Suspended, "1 → 1 by recent contact 1"),
        (30 * HOUR, Suspended, "1 → pool by nobody online"),
        (HOUR, Offline, "1 → pool by nobody online"),
    ];
    for (age, presence, expected) in rows {
        let mut floor = Floor::new(quiet(), &[]);
        floor.at_work(1, settings(1, 5, &[]));
        floor.present(1, presence);
        assert_eq!(floor.arrive_again(1, 1, age), expected);
    }
    // Whichever of the two comes first: a dedicated agent is receivable only while the gate is open.
    let mut floor = Floor::new(Settings { preferences: vec![Preference::Dedicated, Preference::RecentContact], ..quiet() }, &[]);
    floor.at_work(1, settings(1, 5, &[]));
    floor.present(1, Suspended);
    let at = Millis(floor.now - HOUR);
    assert_eq!(floor.arrive_as(1, |a| (a.recent, a.dedicated) = (Some((AgentNo(1), at)), Some(AgentNo(1)))), "1 → 1 by recent contact 1");
}

#[test]
fn the_off_hours_text_is_the_shops() {
    // SPEC: OFF-1
    for (text, expected) in [("下班了", "pool, the offline way saying off hours"), ("", "pool, the offline way")] {
        let mut shop = quiet();
        shop.offline.text = text.into();
        let mut floor = Floor::new(shop, &[]);
        let route = fenliu::domain::dispatcher::Command::Route { arrival: arrival(1, floor.now), text: None };
        let told = floor.told(route).expect("routed");
        assert_eq!(told.effects.iter().map(crate::render::effect).collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn who_comes_while_nobody_is_online_stays_in_the_pool() {
    // SPEC: OFF-1, DIV-5
    let mut floor = Floor::new(quiet(), &[]);
    floor.at_work(1, settings(1, 5, &[]));
    floor.present(1, Suspended);
    floor.arrive(1);
    assert_eq!(floor.present(1, Online), "", "the pool is served by the automatic assignment, by hand, or when the buyer writes");
    assert_eq!(floor.again(1), "1 → 1 by any agent");
    assert_eq!(floor.dispatcher.pooled(), 0);
}

#[test]
fn who_waited_when_the_last_agent_left_goes_on_waiting_for_as_long_as_is_set() {
    // SPEC: DIV-5
    let mut floor =
        Floor::new(Settings { queue: fenliu::domain::diversion::Queue { length_max: 9, wait_ms_max: Some(5 * MINUTE) }, ..quiet() }, &[]);
    floor.at_work(1, settings(1, 0, &[]));
    assert_eq!(floor.arrive(1), "1 → queue by any agent");
    floor.present(1, Offline);
    assert_eq!(floor.after(GRACE), "");
    assert_eq!(floor.arrive(2), "2 → pool by nobody online");
    assert_eq!(floor.after(4 * MINUTE), "1 → pool by a long wait");
}

#[test]
fn the_deputy_and_the_main_account_receive_whatever_their_presence() {
    // SPEC: OFF-1
    let way = |way| {
        let mut shop = quiet();
        shop.offline.way = way;
        shop
    };
    let mut floor = Floor::new(way(Way::Deputy(AgentNo(2))), &[]);
    floor.staff(2, settings(1, 1, &[]));
    assert_eq!(floor.arrive(1), "1 → 2 by nobody online");
    assert_eq!(floor.arrive(2), "2 → pool by nobody online", "its limit binds it");
    assert_eq!(floor.after(10 * GRACE), "", "nobody takes it away while it is offline");
    floor.close(1);
    floor.staff(2, disabled());
    assert_eq!(floor.arrive(3), "3 → pool by nobody online");
    let mut main = Floor::new(way(Way::MainAccount), &[]);
    main.staff(1, settings(1, 5, &[]));
    assert_eq!(main.arrive(1), "1 → pool by nobody online", "there is none yet");
    main.tell(fenliu::domain::dispatcher::Command::Staff {
        agent: AgentNo(2),
        settings: settings(0, 1, &[]),
        post: fenliu::domain::event::Post { main: true, barred: None },
    });
    assert_eq!(main.arrive(2), "2 → 2 by nobody online", "whatever its weight");
    assert_eq!(main.arrive(3), "3 → pool by nobody online");
    assert_eq!(main.again(3), "", "the buyer writes again, and still nobody is online");
    let main_account = |settings| fenliu::domain::dispatcher::Command::Staff {
        agent: AgentNo(2),
        settings,
        post: fenliu::domain::event::Post { main: true, barred: None },
    };
    assert_eq!(main.tell(main_account(disabled())), "2 → pool by nobody online", "who may not serve keeps nobody");
    assert_eq!(main.arrive(4), "4 → pool by nobody online", "disabled");
    main.tell(main_account(settings(0, 9, &[])));
    assert_eq!(main.arrive(5), "5 → 2 by nobody online");
    main.at_work(1, settings(1, 5, &[]));
    assert_eq!(main.again(3), "3 → 1 by any agent");
    assert_eq!(main.dispatcher.view().receptions[&arrival(5, 0).conversation].1, Some(AgentNo(2)));
}
