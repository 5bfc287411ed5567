//! Figures, the marketplaces' figures and the health report, over what real conversations and a real shop write down.

use crate::health_world::{AGENT, OTHER, World, at, local};
use fenliu::domain::desk::time::HealthRule;
use fenliu::domain::event::Event;
use fenliu::domain::health::letter::Tongue;
use fenliu::domain::health::marketplace::{self, Marketplace};
use fenliu::domain::health::rates::{Share, Warning};
use fenliu::domain::health::report::{due, period, period_after};
use fenliu::domain::health::{Figures, Lane};
use fenliu::domain::id::{AgentNo, GroupNo, Millis};
use fenliu::domain::schedule::{Day, Zone};

const SHANGHAI: &str = "Asia/Shanghai";

fn shanghai() -> World {
    World::new(SHANGHAI)
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn in_three_minutes(figures: &Marketplace) -> (u64, u64) {
    (figures.answered_soon, figures.rounds)
}

/// What one conversation comes to; each moment is a clock time of a day in Shanghai.
fn soon(moments: &[(&str, char)]) -> (u64, u64) {
    let mut world = shanghai();
    world.talk(1, moments);
    in_three_minutes(&world.marketplace(Lane::Shop))
}

#[test]
fn the_three_vectors_of_the_three_minute_rate() {
    // SPEC: MET-4
    let first = [("10:10:15", 'Q'), ("10:15:20", 'Q'), ("10:18:10", 'A')];
    assert_eq!(soon(&first), (0, 1), "a further question opens no round, and 7:55 is too long");
    assert_eq!(soon(&[&first[..], &[("10:18:30", 'Q'), ("10:19:00", 'A')]].concat()), (1, 2));
    let questions: Vec<(String, char)> = (0..10).map(|n| (format!("11:0{n}:00"), 'Q')).collect();
    let questions: Vec<(&str, char)> = questions.iter().map(|(time, who)| (time.as_str(), *who)).collect();
    assert_eq!(soon(&questions), (0, 1), "ten questions never answered are one round");
}

#[test]
fn three_minutes_are_180_seconds_to_the_millisecond() {
    // SPEC: MET-4
    assert_eq!(soon(&[("10:00:00", 'Q'), ("10:03:00", 'A')]), (1, 1));
    assert_eq!(soon(&[("10:00:00", 'Q'), ("10:03:00.001", 'A')]), (0, 1));
}

#[test]
fn a_round_counts_by_the_minute_it_began_from_eight_to_eleven_in_the_evening() {
    // SPEC: MET-4
    for (began, counts) in [("07:59:59.999", 0), ("08:00:00", 1), ("22:59:59.999", 1), ("23:00:00", 0)] {
        assert_eq!(soon(&[(began, 'Q')]), (0, counts), "{began}");
    }
    // Answered the next hour it stays where it began.
    assert_eq!(soon(&[("22:59:00", 'Q'), ("23:01:59", 'A')]), (1, 1));
    assert_eq!(soon(&[("07:59:00", 'Q'), ("08:01:00", 'A')]), (0, 0));
}

#[test]
fn the_hours_are_exact_in_zones_a_quarter_off_and_on_days_when_clocks_change() {
    // SPEC: MET-4
    for (zone, on) in [
        ("Asia/Kathmandu", "2026-03-02"),
        ("Asia/Kolkata", "2026-03-02"),
        ("Australia/Eucla", "2026-03-02"),
        ("Europe/Berlin", "2026-03-29"),
        ("Europe/Berlin", "2026-10-25"),
        ("Australia/Lord_Howe", "2026-10-04"),
        ("America/New_York", "2026-11-01"),
    ] {
        let named = Zone::named(zone).unwrap();
        let (from, to) = marketplace::hours(&named, day(on));
        assert_eq!((to.0 - from.0, from.begins()), (60, named.instant(day(on), 480)), "{zone}");
        for (began, counts) in [("07:59:59.999", 0), ("08:00:00", 1), ("22:59:59.999", 1), ("23:00:00", 0)] {
            let mut world = World::on(zone, on);
            world.talk(1, &[(began, 'Q')]);
            assert_eq!(in_three_minutes(&world.marketplace(Lane::Shop)), (0, counts), "{zone} {began}");
        }
    }
}

#[test]
fn thirty_days_are_looked_back_on() {
    // SPEC: MET-4
    let days = marketplace::days(day("2026-03-01"));
    assert_eq!((days.len(), days[0], days[29]), (30, day("2026-01-31"), day("2026-03-01")));
    for (on, counts) in [("2026-01-30", 0), ("2026-01-31", 1), ("2026-03-01", 1)] {
        let mut world = World::on(SHANGHAI, on);
        world.talk(1, &[("10:00:00", 'Q')]);
        let figures = world.marketplace_up_to(Lane::Shop, day("2026-03-01"));
        assert_eq!(figures.rounds, counts, "{on}");
    }
}

#[test]
fn the_mean_human_response_caps_each_round_and_counts_one_without_an_answer_in_full() {
    // SPEC: MET-4
    let mut world = shanghai();
    world.talk(1, &[("10:00:00", 'Q'), ("10:01:00", 'A')]);
    assert_eq!(world.marketplace(Lane::Shop).mean_response_ms, Some(60_000));
    world.talk(2, &[("10:10:00", 'Q'), ("10:20:00", 'A')]);
    assert_eq!(world.marketplace(Lane::Shop).mean_response_ms, Some(330_000), "600 s are 600 s");
    world.talk(3, &[("10:30:00", 'Q'), ("12:30:00", 'A')]);
    assert_eq!(world.marketplace(Lane::Shop).mean_response_ms, Some(420_000), "two hours are 600 s");
    world.talk(4, &[("13:00:00", 'Q'), ("13:00:10", 'C')]);
    assert_eq!(world.marketplace(Lane::Shop).mean_response_ms, Some(465_000), "closed without an answer is 600 s");
    world.talk(5, &[("14:00:00", 'Q')]);
    let figures = world.marketplace(Lane::Account(AGENT));
    assert_eq!((figures.open, figures.unanswered, figures.mean_response_ms), (1, 1, Some(492_000)), "so is one that is still open");
    assert_eq!(world.marketplace(Lane::Shop), figures, "all of them were this agent's");
    assert_eq!(world.sum_of_all(Lane::Shop).mean_response_ms(), Some((60 + 600 + 7_200) * 1_000 / 3), "the plain mean caps nothing");
}

#[test]
fn whoever_passes_a_buyer_on_without_a_reply_keeps_the_round() {
    // SPEC: DIV-8 MET-4
    let mut world = shanghai();
    world.talk(1, &[("10:00:00", 'Q'), ("10:01:00", 'T'), ("10:02:00", 'a')]);
    let [giver, receiver] = [AGENT, OTHER].map(|agent| world.marketplace(Lane::Account(agent)));
    assert_eq!((in_three_minutes(&giver), giver.mean_response_ms), ((1, 1), Some(120_000)));
    assert_eq!((in_three_minutes(&receiver), receiver.mean_response_ms), ((0, 0), None), "the answer was for a round of another");
    // The next round is the receiver's own.
    world.talk(1, &[("10:05:00", 'Q'), ("10:05:30", 'a')]);
    assert_eq!(in_three_minutes(&world.marketplace(Lane::Account(OTHER))), (1, 1));
    // Passed on, and never answered: open first, closed then.
    world.talk(2, &[("11:00:00", 'Q'), ("11:01:00", 'T')]);
    assert_eq!(world.marketplace(Lane::Account(AGENT)).open, 1);
    assert_eq!(world.marketplace(Lane::Account(OTHER)).open, 0);
    world.talk(2, &[("11:30:00", 'c')]);
    let giver = world.marketplace(Lane::Account(AGENT));
    assert_eq!((giver.open, giver.unanswered, giver.mean_response_ms), (0, 1, Some(360_000)));
    // After a reply nothing stays.
    world.talk(3, &[("12:00:00", 'Q'), ("12:00:10", 'A'), ("12:01:00", 'T'), ("12:02:00", 'Q'), ("12:02:20", 'a')]);
    assert_eq!(world.marketplace(Lane::Account(OTHER)).answered, 2);
}

#[test]
fn what_needs_no_answer_is_in_neither_number() {
    // SPEC: MET-4 INB-4 INB-7 INB-8
    assert_eq!(soon(&[("10:00:00", 'Q'), ("10:00:30", 'R')]), (0, 0), "taken back");
    assert_eq!(soon(&[("10:00:00", 'Q'), ("10:00:30", 'N')]), (0, 0), "marked as needing no reply");
    assert_eq!(soon(&[("10:00:00", 'Q'), ("10:00:30", 'N'), ("10:05:00", 'U'), ("10:06:00", 'A')]), (1, 1), "marked the other way");
    assert_eq!(soon(&[("10:00:00", 'Q'), ("10:00:30", 'B')]), (0, 0), "blacklisted");
    assert_eq!(soon(&[("10:00:00", 'Q'), ("10:00:05", 'A'), ("10:01:00", 'B'), ("10:02:00", 'Q'), ("10:09:00", 'X')]), (1, 1), "unseen");
    assert_eq!(soon(&[("10:00:00", 'Q'), ("10:00:20", '.'), ("10:04:00", 'A')]), (0, 1), "a reply without content is none");
}

fn unread(world: &World) -> (u64, u64) {
    let Share { part, whole } = world.sum_of_all(Lane::Shop).unread();
    (part, whole)
}

#[test]
fn messages_nobody_has_read_are_counted_to_the_last_one() {
    // SPEC: MET-1 INB-8
    let mut world = shanghai();
    world.talk(1, &[("10:00:00", 'Q'), ("10:20:00", 'Q'), ("10:40:00", 'Q')]);
    assert_eq!(unread(&world), (3, 3));
    world.talk(1, &[("10:41:00", '1')]);
    assert_eq!(unread(&world), (2, 3), "one was read");
    world.talk(1, &[("10:41:30", 'R')]);
    assert_eq!(unread(&world), (1, 2), "who takes a message back unread has sent none");
    world.talk(1, &[("10:50:00", 'A'), ("10:51:00", 'Q'), ("10:51:10", '9'), ("10:51:20", 'R')]);
    assert_eq!(unread(&world), (0, 3), "one that was read was received");
    // Marked as needing no reply it is still unread, until whoever answers reads it.
    world.talk(2, &[("11:00:00", 'Q'), ("11:01:00", 'N')]);
    assert_eq!(unread(&world), (1, 4));
    world.talk(2, &[("11:02:00", 'A')]);
    assert_eq!(unread(&world), (0, 4));
    // What a blacklisted buyer writes counts once it appears, at that time.
    world.talk(3, &[("12:00:00", 'Q'), ("12:01:00", 'A'), ("12:02:00", 'B'), ("12:03:00", 'Q'), ("12:04:00", 'Q')]);
    assert_eq!(unread(&world), (0, 5));
    world.talk(3, &[("13:30:00", 'X')]);
    assert_eq!(unread(&world), (2, 7));
    assert_eq!(world.sum_between(Lane::Shop, "13:30:00", "13:45:00").received, 2);
    world.talk(3, &[("13:31:00", 'Q'), ("13:32:00", 'A')]);
    assert_eq!(unread(&world), (0, 8));
}

#[test]
fn a_response_is_due_once_and_late_or_missing_is_a_time_out() {
    // SPEC: SLA-1 MET-1
    let time_outs = |moments: &[(&str, char)]| {
        let mut world = shanghai();
        world.talk(1, moments);
        world.until("23:59:00");
        let figures = world.sum_of_all(Lane::Shop);
        assert_eq!(world.sum_of_all(Lane::Account(AGENT)).time_outs(), figures.time_outs(), "all this agent's");
        assert_eq!(world.sum_of_all(Lane::Group(GroupNo(1))).time_outs(), figures.time_outs(), "and of its group");
        (figures.late, figures.due)
    };
    assert_eq!(time_outs(&[("10:00:00", 'Q'), ("10:03:00", 'A')]), (0, 1));
    assert_eq!(time_outs(&[("10:00:00", 'Q'), ("10:03:00.001", 'A')]), (1, 1), "late, once");
    assert_eq!(time_outs(&[("10:00:00", 'Q')]), (1, 1), "missing");
    assert_eq!(time_outs(&[("10:00:00", 'Q'), ("10:01:00", 'C')]), (1, 1), "closed in the face of it");
    assert_eq!(time_outs(&[("10:00:00", 'Q'), ("10:05:00", 'C')]), (1, 1), "late already");
    assert_eq!(time_outs(&[("10:00:00", 'Q'), ("10:01:00", 'N')]), (0, 0), "nothing was due");
    assert_eq!(time_outs(&[("10:00:00", 'Q'), ("10:01:00", 'R')]), (0, 0));
}

#[test]
fn receptions_replies_and_templates_are_counted_by_lane() {
    // SPEC: MET-1 TXT-5
    let mut world = shanghai();
    world.talk(1, &[("10:00:00", 'Q'), ("10:00:10", 'A'), ("10:00:20", 'M'), ("10:01:00", 'T'), ("10:02:00", 'a'), ("10:03:00", 'c')]);
    let shop = world.sum_of_all(Lane::Shop);
    assert_eq!((shop.opened, shop.given, shop.closed, shop.sent, shop.with_text), (1, 2, 1, 3, 1));
    let giver = world.sum_of_all(Lane::Account(AGENT));
    assert_eq!((giver.given, giver.closed, giver.sent, giver.with_text), (1, 0, 2, 1));
    assert_eq!(world.sum_of_all(Lane::Account(OTHER)).closed, 1);
    assert_eq!(world.sum_of_all(Lane::Group(GroupNo(1))).given, 2);
}

#[test]
fn an_offer_counts_when_it_was_made_whatever_becomes_of_it() {
    // SPEC: MET-1 ROB-7
    let mut world = shanghai();
    world.talk(1, &[("10:14:00", 'Q'), ("10:14:30", 'S'), ("10:16:00", 'P')]);
    world.talk(2, &[("11:00:00", 'Q'), ("11:00:10", 'S'), ("11:01:00", 'E')]);
    world.talk(3, &[("12:00:00", 'Q'), ("12:00:10", 'S'), ("12:01:00", 'A')]);
    world.talk(4, &[("13:00:00", 'Q'), ("13:00:10", 'S'), ("13:00:20", 'S')]);
    let shop = world.sum_of_all(Lane::Shop);
    assert_eq!((shop.offered, shop.adopted, shop.edited, shop.ignored), (5, 1, 1, 2));
    assert_eq!(shop.adoption(), Share { part: 2, whole: 5 }, "one is still open");
    assert_eq!(world.sum_between(Lane::Shop, "10:00:00", "10:15:00").adoption(), Share { part: 1, whole: 1 });
    assert_eq!(world.sum_of_all(Lane::Account(AGENT)).adoption(), Share { part: 2, whole: 4 }, "to an account it counts once settled");
}

#[test]
fn the_yellow_warning_needs_more_than_the_baseline_and_something_to_count() {
    // SPEC: MET-2
    let rule = HealthRule::default();
    let figures =
        |received, read, due, late, offered, adopted| Figures { received, read, due, late, offered, adopted, ..Figures::default() };
    assert_eq!(Figures::default().warnings(&rule), []);
    assert_eq!(figures(20, 19, 25, 2, 10, 7).warnings(&rule), [], "5 %, 8 % and 70 % are within");
    assert_eq!(figures(1_000, 949, 0, 0, 0, 0).warnings(&rule), [Warning::Unread]);
    assert_eq!(figures(0, 0, 1_000, 81, 1_000, 699).warnings(&rule), [Warning::TimeOuts, Warning::Adoption]);
    let edited = Figures { edited: 1, ..figures(0, 0, 0, 0, 1_000, 699) };
    assert_eq!(edited.warnings(&rule), [], "edited is adopted, too");
    assert_eq!(figures(0, 0, 200, 3, 0, 0).chat_score(), Some(98.5));
    assert_eq!(Figures::default().chat_score(), None);
}

#[test]
fn a_report_is_of_the_day_before_its_time_whatever_the_clocks_do() {
    // SPEC: MET-2
    let (rule, hour) = (HealthRule::default(), 3_600_000);
    for (zone, on, hours) in [
        (SHANGHAI, "2026-03-29", 24),
        ("Asia/Kathmandu", "2026-03-29", 24),
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
    ] {
        let zone = Zone::named(zone).unwrap();
        let (from, to) = period(&zone, &rule, day(on));
        assert_eq!((to.since(from), to), (hours * hour, zone.instant(day(on), 600)));
        assert_eq!(period(&zone, &rule, day(on).before()).1, from, "days follow one another");
    }
}

#[test]
fn reports_are_due_once_a_day_in_order_and_a_month_of_missed_ones_at_most() {
    // SPEC: MET-2
    let (zone, rule) = (Zone::named(SHANGHAI).unwrap(), HealthRule::default());
    let begun = local(SHANGHAI, "2026-03-01", "09:00:00");
    let now = |on: &str, time| local(SHANGHAI, on, time);
    let due = |last: Option<&str>, now| due(&zone, &rule, last.map(day), begun, now, 31).iter().map(Day::to_string).collect::<Vec<_>>();
    assert_eq!(due(None, now("2026-03-01", "09:59:59.999")), [""; 0]);
    assert_eq!(due(None, now("2026-03-01", "10:00:00")), ["2026-03-01"], "of the hour in which there was a shop");
    assert_eq!(due(None, now("2026-03-03", "12:00:00")), ["2026-03-01", "2026-03-02", "2026-03-03"]);
    assert_eq!(due(Some("2026-03-02"), now("2026-03-03", "12:00:00")), ["2026-03-03"]);
    assert_eq!(due(Some("2026-03-03"), now("2026-03-03", "12:00:00")), [""; 0], "once");
    assert_eq!(due(Some("2026-03-03"), now("2026-03-03", "09:30:00")), [""; 0], "the clock went back");
    assert_eq!(due(Some("2026-03-04"), now("2026-03-03", "12:00:00")), [""; 0], "the clock had been ahead");
    let missed = due(Some("2026-03-03"), now("2026-05-10", "12:00:00"));
    assert_eq!((missed.len(), missed[0].as_str(), missed[30].as_str()), (31, "2026-04-10", "2026-05-10"));
}

#[test]
fn a_shop_keeps_one_report_a_day_and_warns_with_a_notice() {
    // SPEC: MET-2
    let mut world = shanghai();
    world.talk(1, &[("10:30:00", 'Q')]);
    world.until("10:40:00");
    let events = world.report(day("2026-03-03"));
    let [Event::HealthReported { report, .. }, Event::NoticeAdded { notice }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(report.warnings(), [Warning::Unread, Warning::TimeOuts]);
    assert_eq!((notice.kind.as_str(), notice.title.as_str()), ("health_warning", "黄色预警 / Yellow warning: 2026-03-03"));
    assert!(notice.text.contains("未读率高于基准 5 %:100 %(1 / 1)"), "{}", notice.text);
    assert_eq!(world.report(day("2026-03-03")), [], "the same day again");
    assert_eq!(world.report(day("2026-03-02")), [], "a day before");
    let events = world.report(day("2026-03-04"));
    assert!(matches!(events.as_slice(), [Event::HealthReported { .. }]), "nothing happened, so nothing is warned of: {events:?}");
}

#[test]
fn where_the_time_of_the_report_is_moved_no_hour_is_left_out_and_none_counts_twice() {
    // SPEC: MET-2
    let zone = Zone::named(SHANGHAI).unwrap();
    let at = |report_min| HealthRule { report_min, ..HealthRule::default() };
    let (ten, noon) = (at(600), at(720));
    let first = period_after(&zone, &ten, day("2026-03-24"), None);
    assert_eq!(first, period(&zone, &ten, day("2026-03-24")), "the first of all");
    let second = period_after(&zone, &noon, day("2026-03-25"), Some(first.1));
    let third = period_after(&zone, &ten, day("2026-03-26"), Some(second.1));
    assert_eq!((second.0, third.0), (first.1, second.1), "each begins where the one before ended");
    assert_eq!((second.1.since(second.0), third.1.since(third.0)), (26 * crate::HOUR, 22 * crate::HOUR));
    // After days without a report it is a day again; and never less than nothing.
    assert_eq!(period_after(&zone, &ten, day("2026-04-02"), Some(third.1)), period(&zone, &ten, day("2026-04-02")));
    assert_eq!(period_after(&zone, &ten, day("2026-03-26"), Some(third.1)), period(&zone, &ten, day("2026-03-26")));
}

#[test]
fn the_letter_says_it_in_both_languages_and_a_name_is_no_markup() {
    // SPEC: MET-2
    let mut world = shanghai();
    world.talk(1, &[("10:30:00", 'Q'), ("10:31:05", 'A')]);
    world.talk(2, &[("11:00:00", 'Q'), ("11:10:00", 'A')]);
    let report = world.count(day("2026-03-03"));
    let calm = World::new(SHANGHAI).count(day("2026-03-03"));
    let letter = fenliu::domain::health::letter::letter("<b>茶 & \"馆\"</b>\n", &report, Some(&calm), Tongue::Chinese);
    assert_eq!(letter.subject, "【黄色预警】<b>茶 & \"馆\"</b> 健康日报 2026-03-03");
    for said in [
        "超时率高于基准 8 %:50 %(1 / 2)",
        "first responses late or missing, more than 8 %: 50 % (1 of 2)",
        "平均首次响应:5 分 33 秒",
        "超时率:50 %(1 / 2),上一日 –",
        "Receptions opened: 2; the day before: 0",
    ] {
        assert!(letter.text.contains(said), "{}", letter.text);
    }
    assert!(!letter.html.contains("<b>茶") && letter.html.contains("&lt;b&gt;茶 &amp; &quot;馆&quot;&lt;/b&gt;"), "{}", letter.html);
    let letter = fenliu::domain::health::letter::letter("茶", &calm, Some(&report), Tongue::English);
    assert_eq!(letter.subject, "茶, health report 2026-03-03", "the reader's language first");
    assert!(letter.text.contains("Time-outs: nothing to count; the day before: 50 %\n"), "{}", letter.text);
    assert!(letter.html.contains("the day before") && letter.html.contains(">50 %</td>"), "{}", letter.html);
    let first = fenliu::domain::health::letter::letter("茶", &report, None, Tongue::English);
    assert!(!first.text.contains("the day before") && !first.html.contains("上一日"), "{}", first.text);
    assert!(
        letter.text.starts_with("Health report")
            && !letter.subject.contains("预警")
            && !letter.text.contains("黄色预警")
            && letter.text.contains("无数据"),
        "{}",
        letter.text
    );
}

/// A month of days as they come, in a zone and from a day on.
fn month(zone: &str, from: &str, seed: u64) {
    let (mut world, rule) = (World::on(zone, from), HealthRule::default());
    world.seed(seed);
    let named = Zone::named(zone).unwrap();
    let mut reports = Vec::new();
    let mut on = day(from);
    for _ in 0..31 {
        let (begins, ends) = period(&named, &rule, on);
        world.live_until(ends);
        // What quarter hours hold at this moment, and what following every conversation comes to.
        assert_eq!(world.sum_from(Lane::Shop, begins, ends), world.count(on).figures, "{zone}, seed {seed}, {on}");
        world.lanes_add_up();
        world.report(on);
        reports.push(world.count(on));
        on = on.next();
    }
    let stored: Vec<_> =
        world.log.iter().filter_map(|e| if let Event::HealthReported { report, .. } = e { Some(report) } else { None }).collect();
    assert_eq!(stored.len(), 31);
    for (stored, counted) in stored.into_iter().zip(reports) {
        // Long after, with all that happened since in the log.
        assert_eq!((&world.count(stored.day), &counted), (stored.as_ref(), stored.as_ref()), "{zone}, seed {seed}, {}", stored.day);
    }
    let all = world.sum_of_all(Lane::Shop);
    assert!(all.adopted > 20 && all.edited > 20 && all.ignored > 20, "too little was suggested: {all:?}");
    assert!(all.received > 3_000 && all.recalled > 10 && all.answered > 500 && all.withdrawn > 50, "too little happened: {all:?}");
}

#[test]
fn a_month_of_days_counts_the_same_both_ways_and_any_day_again_later() {
    // SPEC: MET-1 MET-2
    for seed in 1..=2 {
        month(SHANGHAI, "2026-03-02", seed);
    }
    month("Asia/Kathmandu", "2026-05-01", 4);
    month("Europe/Berlin", "2026-03-15", 5);
    month("America/New_York", "2026-10-20", 6);
}

#[test]
fn times_of_this_test_are_what_they_seem() {
    assert_eq!(at("00:00:01.002"), 1_002);
    assert_eq!(local(SHANGHAI, "1970-01-01", "08:00:00"), Millis(0));
    assert_eq!(AgentNo(1), AGENT);
}
