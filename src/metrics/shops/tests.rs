//! How many series there are with 10,000 shops, and who is shown.

use super::*;
use crate::limits::RATED_MIN;
use std::collections::BTreeSet;

const MINUTE: u64 = 60_000;
const BEGIN: Millis = Millis(1_800_000_000_000);

fn shop(number: u32) -> ShopScope {
    ShopScope::granted(number)
}

fn name(shop: ShopScope) -> Option<String> {
    Some(format!("shop-{}", shop.number()))
}

fn number(name: &str) -> Option<ShopScope> {
    name.strip_prefix("shop-").and_then(|number| number.parse().ok()).map(shop)
}

/// Messages of a shop, so many of 1,000 unread.
fn unread(permille: u64) -> Sums {
    Sums { received: 1_000, read: 1_000 - permille, ..Sums::default() }
}

/// Figures as a test wants them.
struct Given(Vec<Sums>);

impl ShopFigures for Given {
    fn all(&self) -> Sums {
        Sums::default()
    }
    fn of(&self, shop: ShopScope) -> Sums {
        self.0[shop.number() as usize]
    }
    fn each(&self, visit: &mut dyn FnMut(ShopScope, Sums)) {
        self.0.iter().enumerate().for_each(|(number, sums)| visit(shop(number as u32), *sums));
    }
}

fn shown(shown: &Shown) -> Vec<u32> {
    shown.shops().map(|(_, shop)| shop.number()).collect()
}

fn series(text: &str) -> BTreeSet<&str> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once(' ')).map(|(series, _)| series).collect()
}

fn scraped(rates: &ShopRates) -> String {
    let mut text = String::new();
    rates.write(&mut text);
    text
}

/// SPEC: MET-3
#[test]
fn ten_thousand_shops_make_no_more_series_than_thirty_and_the_same_at_each_scrape() {
    let rates = ShopRates::new(Watched { shops: Vec::new(), worst: 10 });
    let minute_of = |at: Millis, sums: &dyn Fn(u64) -> Sums| {
        (1..=10_000).for_each(|no| rates.add(shop(no), Quarter::of(at), sums(u64::from(no))));
        rates.beat(at, name, number)
    };
    fn draw(number: u64, by: u64) -> u64 {
        number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(by.wrapping_mul(1_442_695_040_888_963_407)) >> 33
    }
    let mut seen: Option<BTreeSet<String>> = None;
    for minute in 0..10 {
        let sums = |n: u64| Sums {
            received: 100,
            read: 100 - draw(n, 1) % 50,
            recalled: 0,
            due: 50,
            late: draw(n, 2) % 25,
            offered: 40,
            adopted_as_is: 10 + draw(n, 3) % 20,
            // A little of chance in each minute.
            adopted_edited: draw(n, 4 + minute) % 3,
            ignored: 1,
        };
        minute_of(BEGIN.plus(minute * MINUTE), &sums);
        let text = scraped(&rates);
        let now: BTreeSet<String> = series(&text).into_iter().map(str::to_owned).collect();
        assert!(now.len() <= 3 * 10 * SERIES_EACH, "{} series", now.len());
        assert!(now.len() >= 10 * SERIES_EACH);
        assert_eq!(text.matches("# TYPE").count(), SERIES_EACH);
        assert_eq!(*seen.get_or_insert_with(|| now.clone()), now, "minute {minute}");
    }
    let all = rates.beat(BEGIN.plus(10 * MINUTE), name, number);
    assert_eq!((all.received, all.due, all.offered), (10_000_000, 5_000_000, 4_000_000), "the totals count every shop");
}

#[test]
fn a_shop_keeps_its_place_until_another_is_clearly_worse_and_for_ten_minutes() {
    let mut places = Shown::new(Watched { shops: Vec::new(), worst: 2 });
    let mut figures = Given(vec![unread(0), unread(100), unread(200), unread(300), unread(50)]);
    let mut at = |minutes: u64, figures: &Given| {
        places.choose(BEGIN.plus(minutes * MINUTE), figures, name, number);
        shown(&places)
    };
    assert_eq!(at(0, &figures), [2, 3], "the two worst");
    figures.0[4] = unread(900);
    assert_eq!(at(5, &figures), [2, 3], "not before ten minutes");
    assert_eq!(at(10, &figures), [3, 4]);
    // A little worse than the holder of the place is not enough; a quarter worse is.
    figures.0[1] = unread(370);
    assert_eq!(at(20, &figures), [3, 4]);
    figures.0[1] = unread(380);
    assert_eq!(at(30, &figures), [1, 4]);
    // Who has too little to tell loses the place, and a free place is filled at once.
    figures.0[4] = Sums { received: RATED_MIN - 1, ..Sums::default() };
    assert_eq!(at(35, &figures), [1, 4]);
    assert_eq!(at(40, &figures), [1, 3]);
}

#[test]
fn few_messages_make_nobody_the_worst_and_none_are_shown_where_none_are_asked_for() {
    let figures = Given(vec![Sums::default(), Sums { received: RATED_MIN - 1, ..Sums::default() }, unread(1)]);
    for (worst, expected) in [(5, vec![0, 2]), (0, Vec::new())] {
        let mut places = Shown::new(Watched { shops: Vec::new(), worst });
        let mut figures = Given(figures.0.clone());
        figures.0[0] = unread(5);
        places.choose(BEGIN, &figures, name, number);
        assert_eq!(shown(&places), expected);
    }
}

#[test]
fn a_list_shows_those_and_no_others_once_they_exist() {
    let watched = Watched { shops: vec!["shop-2".into(), "shop-9".into(), "later".into()], worst: 10 };
    let mut places = Shown::new(watched);
    let figures = Given((0..20).map(unread).collect());
    places.choose(BEGIN, &figures, name, number);
    assert_eq!(shown(&places), [2, 9]);
    let later = |name: &str| if name == "later" { Some(shop(5)) } else { number(name) };
    places.choose(BEGIN.plus(MINUTE), &figures, name, later);
    assert_eq!(shown(&places), [2, 5, 9]);
}

/// SPEC: MET-1
#[test]
fn the_day_forgets_what_is_older_and_reading_counts_when_the_message_came() {
    let (one, other) = (shop(1), shop(7));
    let hours = |hours: u64| BEGIN.plus(hours * 60 * MINUTE);
    let quarter = |at: Millis| Quarter::of(at);
    let mut day = LastDay::default();
    // Before the first beat, too.
    day.add(one, quarter(BEGIN), Sums { received: 3, ..Sums::default() });
    day.roll(hours(0));
    day.add(one, quarter(BEGIN), Sums { received: 1, ..Sums::default() });
    day.roll(hours(1));
    day.add(other, quarter(hours(1)), Sums { received: 10, due: 2, late: 1, ..Sums::default() });
    assert_eq!((day.of(one).received, day.of(other).received, day.all().received), (4, 10, 14));
    // Two of the first hour's are read in the third, and one that came a day before.
    day.roll(hours(3));
    day.add(one, quarter(BEGIN), Sums { read: 2, ..Sums::default() });
    day.add(one, quarter(Millis(BEGIN.0 - 30 * 3_600_000)), Sums { read: 1, ..Sums::default() });
    assert_eq!(day.of(one).unread_ratio(), Some(0.5), "two of four; the one of the day before is not among them");
    assert_eq!(day.since_start(one).read, 3, "a counter counts all of them");
    // A day after the first quarter it is gone, with what was read of it.
    day.roll(hours(24).plus(15 * MINUTE));
    assert_eq!((day.of(one), day.of(one).unread_ratio()), (Sums::default(), None));
    assert_eq!((day.of(other).received, day.all().received, day.all().timeout_ratio()), (10, 10, Some(0.5)));
    day.roll(hours(48));
    assert_eq!(day.all(), Sums::default());
    assert_eq!(day.since_start(other).received, 10);
}

/// SPEC: MET-1 MET-3
#[test]
fn what_was_kept_makes_the_rates_right_after_a_restart() {
    let begun = Quarter::of(BEGIN);
    let sums = |received: u64, read: u64| Sums { received, read, due: received, late: 1, ..Sums::default() };
    let (mut without, mut with) = (LastDay::default(), LastDay::default());
    without.roll(begun.begins());
    for (back, number) in [(95, 1), (40, 2), (1, 1)] {
        let quarter = Quarter(begun.0 - back);
        with.restore(shop(number), quarter, sums(10, 4));
    }
    // One that is too old to count is forgotten at the first beat.
    with.restore(shop(1), Quarter(begun.0 - 97), sums(1_000, 0));
    with.roll(begun.begins());
    assert_eq!((with.all().received, with.of(shop(1)).received, with.since_start(shop(1)).received), (30, 20, 0));
    // Read after the restart, of what came before it.
    with.add(shop(1), Quarter(begun.0 - 1), Sums { read: 6, ..Sums::default() });
    assert_eq!(with.of(shop(1)).unread_ratio(), Some(6.0 / 20.0));
    assert_eq!(without.all().unread_ratio(), None);
    let hours = |hours: u64| Millis(begun.begins().0 + hours * 3_600_000);
    with.roll(hours(13));
    assert_eq!((with.all().received, with.of(shop(1)).unread_ratio()), (20, Some(0.0)), "the oldest of shop 1 is gone");
    with.roll(hours(25));
    assert_eq!(with.all(), Sums::default());
}

/// SPEC: MET-1
#[test]
fn what_was_taken_back_unread_is_in_neither_number() {
    let mut day = LastDay::default();
    let now = Quarter::of(BEGIN);
    (0..25).for_each(|_| day.add(shop(1), now, Sums::of(What::Received(1))));
    (0..15).for_each(|_| day.add(shop(1), now, Sums::of(What::Recalled)));
    assert_eq!(day.of(shop(1)).unread_ratio(), Some(1.0), "ten of ten");
    day.add(shop(1), now, Sums::of(What::Read(4)));
    assert_eq!(day.of(shop(1)).unread_ratio(), Some(0.6));
    let kept = Figures { received: 25, recalled: 15, read: 4, ..Figures::default() };
    assert_eq!(Sums::from(&kept).unread_ratio(), kept.unread().value(), "as the shop's own figures say it");
}
