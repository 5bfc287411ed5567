//! Notifications in their list.

use super::*;
use fenliu::domain::event::Couriered;
use fenliu::domain::notify::record::{Listed, State as Fate};
use fenliu::domain::notify::{Class, Notification, Topic};
use fenliu::limits;

#[test]
fn a_page_of_few_among_many_looks_at_a_bounded_number_and_goes_on() {
    // SPEC: NTF-3
    let folder = TempDir::new().expect("a folder");
    let bench = Bench::open(folder.path());
    let mut events = Events::new();
    let count = 2 * limits::NOTIFICATIONS_LOOKED_AT_MAX as u64 + 100;
    for no in 1..=count {
        // The first and the last are rare.
        let class = if no == 1 || no == count { Class::Guard } else { Class::Archive };
        let (topic, key) = (Topic::Archive { conversations: 1 }, String::new());
        let notification = Notification { no, class, priority: Priority::Normal, topic, key, channel: None, at: START };
        let what = Couriered::Queued { notification: Box::new(notification), ended: None };
        events.push(Event::Courier { at: START, what });
    }
    bench.commit(Commit::new(SHOP, events, 0));
    let of = Listed { class: Some(Class::Guard), ..Listed::default() };
    let (mut seen, mut pages, mut before) = (Vec::new(), 0, None);
    loop {
        let page = bench.store.notifications(SHOP, of, before, 10).expect("read");
        seen.extend(page.rows.iter().map(|record| record.notification.no));
        pages += 1;
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!((seen, pages), (vec![count, 1], 3));
    // A full page ends where the next begins, whatever it looked at beyond.
    let all = Listed { state: Some(Fate::NoChannel), ..Listed::default() };
    let page = bench.store.notifications(SHOP, all, Some(21), 10).expect("read");
    assert_eq!((page.rows.len(), page.next), (10, Some(11)));
    assert_eq!(bench.store.notifications(SHOP, all, Some(11), 10).expect("read").next, None);
    assert_eq!(bench.store.notifications(SHOP, Listed::default(), Some(11), 10).expect("read").next, None);
}
