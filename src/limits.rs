//! Every bound of the system, with its unit in its name and the reason beside it.

/// Characters of a message text (INB-7).
pub const MESSAGE_CHARS_MAX: usize = 4_000;
/// Bytes of a JSON body or a WebSocket frame: 4,000 four-byte characters, escaped, and room for the other fields.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a client message id (RELIABILITY P3): long enough to be unique, short enough to keep.
pub const CLIENT_ID_BYTES_MIN: usize = 8;
/// See [`CLIENT_ID_BYTES_MIN`]. A UUID has 36.
pub const CLIENT_ID_BYTES_MAX: usize = 64;
/// How long a repeated client message id is recognised (OPS-2: at least 24 h), and therefore remembered.
pub const RETRY_WINDOW_MS: u64 = 24 * 3_600_000;
/// Messages of one conversation within [`RETRY_WINDOW_MS`]; bounds the memory of its retry window (24 bytes each).
pub const RETRY_KEYS_MAX: usize = 1_000_000;
/// Characters of names of shops, accounts, groups, rules, buyers.
pub const NAME_CHARS_MAX: usize = 64;
/// Characters of a transfer's reason (DIV-8).
pub const REASON_CHARS_MAX: usize = 50;
/// Bytes of a password: argon2 is given nothing longer.
pub const PASSWORD_BYTES_MAX: usize = 256;
/// Bytes of a password, the fewest.
pub const PASSWORD_BYTES_MIN: usize = 8;
/// Failed log-ins in a row before an account is locked (ACC-1).
pub const LOG_IN_FAILURES_MAX: u32 = 5;
/// Log-ins that wait for one of the two password comparisons: about a second of work; one more is refused with 503, so that
/// a flood of log-ins, which anybody may send, costs others no more than that second.
pub const COMPARISONS_WAITING_MAX: usize = 64;
/// How long it stays locked.
pub const LOCK_OUT_MS: u64 = 15 * 60_000;
/// Life of a staff session.
pub const SESSION_MS: u64 = 12 * 3_600_000;
/// Sessions of one account at once: its devices. The oldest ends when one more is opened.
pub const SESSIONS_MAX: usize = 20;
/// Longest life of a buyer's token.
pub const BUYER_TOKEN_MS_MAX: u64 = 30 * 24 * 3_600_000;
/// Accounts of a shop.
pub const AGENTS_MAX: u64 = 20_000;
/// Groups of a shop.
pub const GROUPS_MAX: u64 = 1_000;
/// Groups an account may belong to.
pub const GROUPS_PER_AGENT_MAX: usize = 50;
/// Labels of a shop (INB-5).
pub const LABELS_MAX: usize = 200;
/// Roles of a shop's own making (ACC-1).
pub const OWN_ROLES_MAX: usize = 50;
/// Priority rules of a shop (INB-2).
pub const PRIORITY_RULES_MAX: usize = 100;
/// Kinds, keywords and tags of all priority rules of a shop together: bounds what looking at one message costs.
pub const PRIORITY_WORDS_MAX: usize = 2_000;
/// Longest wait that a priority rule asks for: a week.
pub const WAITED_MIN_MAX: u32 = 7 * 24 * 60;
/// Days until a conversation is archived, and that it is kept (INB-12): ten years.
pub const ARCHIVE_DAYS_MAX: u16 = 3_650;
/// Diversion rules of a shop.
pub const RULES_MAX: usize = 500;
/// Largest weight (DIV-3): keeps load ÷ weight exact in 64 bits.
pub const WEIGHT_MAX: u32 = 1_000_000;
/// Largest reception limit (DIV-4).
pub const CAPACITY_MAX: u32 = 100_000;
/// Agents listed in one explanation (DIV-9); the others are counted.
pub const EXPLAINED_AGENTS_MAX: usize = 64;
/// Items of an order, and its parcels.
pub const ORDER_ITEMS_MAX: usize = 200;
/// Characters of the title of an item.
pub const TITLE_CHARS_MAX: usize = 300;
/// Characters of an address that people are led to: a picture, a carrier's page.
pub const ADDRESS_CHARS_MAX: usize = 1_000;
/// Characters of one piece of news of a parcel.
pub const NEWS_CHARS_MAX: usize = 500;
/// News of one order that are recognised when they are reported again: more than a parcel's whole way.
pub const ORDER_NEWS_KEPT: usize = 50;
/// States of an order that its history shows.
pub const ORDER_STATES_KEPT: usize = 20;
/// Messages of fulfilment that a conversation recognises when they are tried again. Nearly always one is under way.
pub const FULFILMENTS_KEPT: usize = 16;
/// Orders read for one page, though few fit the filter; then the page is short and has a next one.
pub const ORDERS_SCANNED_MAX: usize = 1_000;
/// Carriers the platform may add or override.
pub const CARRIERS_MAX: u64 = 500;
/// Rows of a page of any list.
pub const PAGE_ROWS_MAX: usize = 200;
/// Rows of a page where the client names no number.
pub const PAGE_ROWS: usize = 50;
/// Bytes of text after which a page of messages ends, full or not: it is held in memory until its reader has taken it.
pub const PAGE_BYTES_MAX: usize = 256 * 1024;
/// How long a connection may take nothing of what it is sent before the system cuts it: ends a client that never reads.
pub const UNREAD_MS_MAX: u32 = 30_000;
/// File descriptors that connections must leave: the store's tables (1,000), its logs, and our own.
pub const DESCRIPTORS_KEPT: usize = 1_100;
/// Commands in the server at once, acknowledged or not (OPS-3); one more is refused with 503.
pub const IN_FLIGHT_MAX: usize = 16_384;
/// Unanswered sends of one WebSocket at once; the socket is not read further until one is answered.
pub const SOCKET_IN_FLIGHT_MAX: usize = 64;
/// Entries that may wait for a slow device before it is cut (RELIABILITY P6); it resumes from its cursor.
pub const OUTBOX_ENTRIES_MAX: usize = 256;
/// WebSockets of one account or buyer at once.
pub const SOCKETS_PER_PRINCIPAL_MAX: usize = 20;
/// WebSockets of all owners and supervisors of a shop at once: each is told everything.
pub const OVERSEER_SOCKETS_MAX: usize = 200;
/// How often a socket is pinged, and how long it may be silent.
pub const HEARTBEAT_MS: u64 = 15_000;
/// See [`HEARTBEAT_MS`]: two beats missed, and a little.
pub const HEARTBEAT_SILENCE_MS_MAX: u64 = 40_000;
/// Commands in one commit group: bounds the time to a slow disk's first acknowledgement.
pub const GROUP_COMMANDS_MAX: usize = 1_024;
/// Messages in one row of a conversation's history index.
pub const HISTORY_CHUNK: u64 = 16;
/// How long a conversation without work stays in memory.
pub const IDLE_MS: u64 = 60_000;
/// Between two syncs of the high-water mark (RELIABILITY 3.2): the undetected window.
pub const HIGH_WATER_INTERVAL_MS: u64 = 50;
/// How long an orderly stop waits for work in flight (RELIABILITY P8).
pub const DRAIN_MS_MAX: u64 = 10_000;
/// Pool receptions one run of the automatic assignment looks at (OFF-4, fixed).
pub const RUN_TAKES_MAX: u32 = 5_000;
/// How far back the automatic assignment reaches (OFF-3, fixed).
pub const POOL_AGE_MS_MAX: u64 = 24 * 3_600_000;
/// How long an order that succeeded still routes as such (INB-9).
pub const ORDER_SUCCEEDED_MS: u64 = 3 * 24 * 3_600_000;
/// Characters of a message that may count as asking for a person.
pub const ASKS_FOR_PERSON_CHARS_MAX: usize = 40;
/// Buyer tags of one buyer.
pub const TAGS_MAX: usize = 50;
/// Values in one list of a scope or a condition.
pub const RULE_VALUES_MAX: usize = 1_000;
/// Depth of a condition: bounds recursion over what a client sent.
pub const CONDITION_DEPTH_MAX: usize = 8;
/// Keywords of all scopes and rules of a shop.
pub const KEYWORDS_MAX: usize = 10_000;
/// Missed slots recorded one by one: a day of the shortest slots; older ones share one record.
pub const MISSED_SLOTS_MAX: usize = 288;
/// Receptions assigned by hand in one request.
pub const ASSIGNED_BY_HAND_MAX: usize = 200;
/// Messages before a buyer's cursor among which those recalled since are looked for: more than are written in [`RECALL_MS`].
pub const RECALLED_LOOKED_BACK_MAX: u64 = 1_000;
/// Conversations of one batch (INB-6).
pub const BATCH_MAX: usize = 200;
/// Of those, how many at once: a batch never takes more of the server than a busy device.
pub const BATCH_AT_ONCE_MAX: usize = 16;
/// Characters of the reason for the blacklist (INB-8).
pub const BLOCK_REASON_CHARS_MAX: usize = 200;
/// Exports at once: each reads one page after the other, and holds one.
pub const EXPORTS_AT_ONCE_MAX: usize = 16;
/// Exports of one shop at once.
pub const EXPORTS_EACH_MAX: usize = 4;
/// Entries of the feed looked at for one piece of an export.
pub const EXPORT_ENTRIES_MAX: usize = 2_000;
/// Stamps of neighbours in a feed cross by less than this: it bounds what a command takes.
pub const FEED_CROSSING_MS_MAX: u64 = 60_000;
/// Files of erased conversations that wait to be removed: as many as a few hundred conversations have, 4 MB.
pub const LOST_FILES_MAX: usize = 100_000;
/// How long a store of files that failed is left alone before the next try to remove one.
pub const LOST_FILES_RETRY_MS: u64 = 60_000;
/// Moves of one reception after no answer (DIV-7).
pub const MOVES_MAX: u32 = 10;
/// Characters of the off-hours text.
pub const OFF_HOURS_CHARS_MAX: usize = 500;
/// Dispatchers woken in a millisecond after a start.
pub const SHOPS_LOOKED_AT_PER_MS: u64 = 4;
/// How far before the newest record of the assignment others are compared with their conversations after a start: longer than a
/// decision can be under way to them.
pub const RECORDS_LOOKED_BACK_MS: u64 = 10_000;
/// Decisions about one reception that are told, the newest: it can bounce without end.
pub const EXPLANATIONS_MAX: usize = 200;
/// Rows of a page of versions or of the audit, each of which may carry a whole document.
pub const DOCUMENT_ROWS_MAX: usize = 20;
/// Conditions in one, itself counted.
pub const CONDITION_PARTS_MAX: usize = 200;
/// Scopes, conditions and values of all scopes and rules of a shop together: bounds what one decision can cost.
pub const SETTINGS_SIZE_MAX: usize = 50_000;
/// Faults listed of one draft.
pub const FAULTS_MAX: usize = 100;
/// Characters of a notice's title.
pub const NOTICE_TITLE_CHARS_MAX: usize = 200;
/// Ids of notices by which a repeated report is recognised, for each stream of a shop, within [`RETRY_WINDOW_MS`] (40 bytes each).
pub const NOTICE_IDS_MAX: usize = 10_000;
/// Notices of a stream an account may have read while an older one is unread: they stand one by one in its head (9 bytes each).
pub const NOTICES_READ_APART_MAX: usize = 1_000;
/// Up to here unread notices of a priority are counted: a few milliseconds for an account that never reads any.
pub const NOTICES_COUNTED_MAX: u64 = 10_000;
/// Rows of a filtered list that one request looks at; then it ends with a cursor, full or not.
pub const NOTICES_SCANNED_MAX: usize = 2_000;
/// Drafts of one account at once: more than anybody writes side by side.
pub const DRAFTS_MAX: usize = 200;
/// Changes of drafts a second of one account, lasting: each is an entry of the feed for ever. A client waits for a pause in typing.
pub const DRAFTS_PER_S: u32 = 2;
/// See [`DRAFTS_PER_S`]: changes at once before that rate binds.
pub const DRAFTS_BURST: u32 = 40;
/// Signals (typing, looking) a second of one device; each costs a read and tells others.
pub const SIGNALS_PER_S_MAX: u32 = 10;
/// A device with more entries waiting than this is slow, and is told no signals.
pub const SIGNALS_WAITING_MAX: usize = OUTBOX_ENTRIES_MAX / 4;
/// Devices that look at one conversation at once: each is told of the others.
pub const LOOKERS_MAX: usize = 50;
/// How long "is typing" holds; whoever goes on typing says so again.
pub const TYPING_MS: u64 = 6_000;
/// How long "looks at it" holds; whoever goes on looking says so again.
pub const LOOKING_MS: u64 = 60_000;
/// Steps taken to prove that rules are never reached, for a whole draft.
pub const PROOF_STEPS_MAX: u32 = 1_000_000;
/// Quick phrases of one list (TXT-1).
pub const PHRASES_MAX: usize = 50;
/// Characters of one (TXT-1).
pub const PHRASE_CHARS_MAX: usize = 200;
/// Products one is bound to: a list stays one small row.
pub const PHRASE_PRODUCTS_MAX: usize = 20;
/// Templates of a shop: sixteen of each standard category and of the shop's own; a list is one row.
pub const TEMPLATES_MAX: usize = 200;
/// Characters of one: room for what fills it, within a message.
pub const TEMPLATE_CHARS_MAX: usize = 1_000;
/// Characters of a welcome text (TXT-4): a greeting, not a page.
pub const WELCOME_CHARS_MAX: usize = 200;
/// Bytes of a picture in a message (INB-7): what a phone's camera makes.
pub const PICTURE_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// Bytes of a video: half a minute of a phone's.
pub const VIDEO_BYTES_MAX: u64 = 50 * 1024 * 1024;
/// Bytes of a PDF: a scanned contract.
pub const PDF_BYTES_MAX: u64 = 20 * 1024 * 1024;
/// Bytes of a text file: all of it is looked at in memory.
pub const TEXT_FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes of any file, before its kind is known.
pub const FILE_BYTES_MAX: u64 = VIDEO_BYTES_MAX;
/// Bytes at the beginning of a file in which its kind, and a picture's size, must be found.
pub const FILE_HEAD_BYTES: u64 = 1024 * 1024;
/// Pixels of a picture: four bytes each where it is shown, however few bytes it has on the way.
pub const PICTURE_PIXELS_MAX: u64 = 50_000_000;
/// Pixels of one side of a picture: what JPEG can say.
pub const PICTURE_SIDE_PX_MAX: u64 = 65_535;
/// Characters of a file's name, its ending included.
pub const FILE_NAME_CHARS_MAX: usize = 100;
/// Files of one message: three rows of three.
pub const FILES_PER_MESSAGE_MAX: usize = 9;
/// Files of one conversation: a buyer cannot fill the disk alone.
pub const FILES_PER_CONVERSATION_MAX: usize = 2_000;
/// Uploads in pieces of one account or buyer at once.
pub const UPLOADS_EACH_MAX: usize = 5;
/// Bytes of disk that uploads may take together before they are kept or given up; one more is refused with 503.
pub const UPLOADS_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Of these, bytes that the uploads in pieces of one shop may take: the others find room, however much one shop announces.
pub const UPLOADS_SHOP_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// How long an upload in pieces may take.
pub const UPLOAD_MS_MAX: u64 = 3_600_000;
/// Files on their way from the uploads to where they are kept at once: each holds a part in memory.
pub const FILES_KEPT_AT_ONCE: usize = 8;
/// Bytes of such a part: S3 takes no smaller ones than 5 MiB.
pub const FILE_PART_BYTES: u64 = 8 * 1024 * 1024;
/// Characters of a product's title on a card.
pub const CARD_TITLE_CHARS_MAX: usize = 200;
/// Counters that the commit thread keeps in memory (about 150 bytes each); beyond that it starts afresh.
pub const COUNTERS_KEPT_MAX: usize = 100_000;
/// Figures of quarter hours that the commit thread keeps in memory (about 350 bytes each): a few for every shop and agent at work.
pub const TALLIES_KEPT_MAX: usize = 50_000;
/// Health reports missed while the server was down that are made after the start: a month of days.
pub const REPORTS_MISSED_MAX: usize = 31;
/// After its time a health report waits so long for what was stamped before that time and is still on its way to the disk.
pub const REPORT_WAITS_MS: u64 = 5_000;
/// Days of figures in one request: a quarter of a year.
pub const FIGURES_DAYS_MAX: usize = 92;
/// The same hour by hour: a month.
pub const FIGURES_HOURLY_DAYS_MAX: usize = 31;
/// Conversations whose rows a list sorts itself; where there are more it walks the feed.
pub const LIST_SORTED_MAX: usize = 1_000;
/// Conversations that one page of a list looks at, however few of them it wants: about 5 ms.
pub const LIST_LOOKED_AT_MAX: usize = 1_000;
/// The same where a keyword is looked for, in [`LIST_MESSAGES_SEARCHED`] messages of each.
pub const LIST_SEARCHED_MAX: usize = 200;
/// The newest messages of a conversation that a keyword is looked for in.
pub const LIST_MESSAGES_SEARCHED: usize = 20;
/// Entries of the feed that one page reads.
pub const LIST_ENTRIES_READ_MAX: usize = 4_096;
/// Values of one filter of a list.
pub const LIST_VALUES_MAX: usize = 20;
/// How long a message can be recalled (INB-7, fixed).
pub const RECALL_MS: u64 = 2 * 60_000;
/// Answers that one suggestion offers (ROB-1, fixed).
pub const SUGGESTION_ITEMS_MAX: usize = 3;
/// Bytes of a body with suggestions: as many as so many messages have.
pub const SUGGESTION_BYTES_MAX: usize = SUGGESTION_ITEMS_MAX * BODY_BYTES_MAX;
/// Suggestions of one conversation within [`RETRY_WINDOW_MS`] that are recognised when they are made again (24 bytes each, in its head).
pub const SUGGESTIONS_KEPT: usize = 16;
/// Suggestions a second in one conversation, lasting: each is an entry of the feed; nobody reads faster.
pub const SUGGESTIONS_PER_S: u32 = 1;
/// See [`SUGGESTIONS_PER_S`]: at once, before that rate binds.
pub const SUGGESTIONS_BURST: u32 = 20;
/// Messages of the buyer that a conversation knows, the newest: where the last is taken back, the one before is the last.
pub const ASKED_KEPT: usize = 4;
/// Labels of one conversation, or of one message (INB-5).
pub const LABELS_EACH_MAX: usize = 20;
/// Characters of a private note (INB-13).
pub const NOTE_CHARS_MAX: usize = 1_000;
/// Accounts mentioned in one note; and those mentioned last in a conversation, who may look at it.
pub const MENTIONS_MAX: usize = 20;
/// How long a conversation is at least done with before a rule archives it: also where the sweep saw it a moment ago.
pub const ARCHIVABLE_MS_MIN: u64 = 24 * 3_600_000;
/// A day.
pub const DAY_MS: u64 = 24 * HOUR_MS;
/// An hour.
pub const HOUR_MS: u64 = 3_600_000;
/// Messages deleted in one write at the end of an archive: bounds its size.
pub const ERASED_AT_ONCE_MAX: u64 = 10_000;
/// Conversations of one shop and one kind that a visit of the sweep tells something: the rest waits for the next one.
pub const SWEPT_AT_ONCE_MAX: usize = 100;
/// For how long an answered conversation is looked at again: it no longer waits, so a rule on waiting no longer holds.
pub const ANSWERED_SWEPT_MS: u64 = 10 * 60_000;
/// Rows that a page passes over, by their values, before it looks where the rare are kept apart: about 0.5 ms.
pub const LIST_SIFTED_MAX: usize = 1_500;
/// Records of the guard that a filtered page looks at; then it ends with a cursor, full or not.
pub const GUARD_RECORDS_SCANNED_MAX: usize = 2_000;
/// Bytes of a list of banned words: its 10,000 words of 64 three-byte characters would be 2 MB; words have 2 to 10.
pub const WORDS_BYTES_MAX: usize = 1024 * 1024;
/// Words of a change that the audit shows; more are counted.
pub const WORDS_SHOWN_MAX: usize = 50;
/// Instants of answers kept of one account for its rhythm and its rate (8 bytes each): more than the settings may look at.
pub const HABIT_TIMES_MAX: usize = 300;
/// Texts kept of one account within an hour, as digests (32 bytes each): one every seven seconds.
pub const HABIT_TEXTS_MAX: usize = 500;
/// Tests an account may draw within 24 hours: a bank of twenty questions is not to be tried through.
pub const TESTS_A_DAY_MAX: usize = 5;
/// Questions of a test (GRD-8, fixed).
pub const TEST_QUESTIONS: usize = 10;
/// Characters of an undertaking: a sentence at least.
pub const UNDERTAKING_CHARS_MIN: usize = 10;
/// See [`UNDERTAKING_CHARS_MIN`].
pub const UNDERTAKING_CHARS_MAX: usize = 2_000;
/// How far back the records go that a review looks at (GRD-8).
pub const REVIEWED_RECORDS_MS: u64 = 30 * DAY_MS;
/// Coupons tried on buyers who had not written that a shop remembers (about 40 bytes each, in its head).
pub const COUPONS_TRIED_MAX: usize = 500;
/// The longest window in which they count (GRD-5).
pub const COUPON_WINDOW_MS_MAX: u64 = DAY_MS;
/// Steps of the ladder.
pub const LADDER_STEPS_MAX: usize = 10;
/// The longest freeze and the longest slowness: a year.
pub const PENALTY_MS_MAX: u64 = 365 * DAY_MS;
/// Credit points that one step takes.
pub const PENALTY_POINTS_MAX: u32 = 1_000;
/// Messages a minute of a slowed account: those of a minute stand in its head (20 bytes each).
pub const THROTTLED_PER_MIN_MAX: u32 = 100;
/// Working days of a review.
pub const REVIEW_DAYS_MAX: u32 = 30;
/// Questions of a bank: all of them are one entry of the feed.
pub const QUESTIONS_MAX: usize = 500;
/// Answers to choose from.
pub const QUESTION_ANSWERS_MAX: usize = 6;
/// Characters of a question, or of an answer.
pub const QUESTION_CHARS_MAX: usize = 500;
/// Findings told of one text; whoever mends these sees the rest.
pub const FINDINGS_MAX: usize = 20;
/// Places in one text that are looked at for findings, overlapping ones counted: bounds what a text of nothing else costs.
pub const MARKS_MAX: usize = 400;
/// Banned words of a shop (GRD-2).
pub const WORDS_MAX: usize = 10_000;
/// Characters of one.
pub const WORD_CHARS_MAX: usize = 50;
/// Hosts, platforms, phrases, prefixes or clients that a shop names in its guard, each.
pub const GUARD_NAMES_MAX: usize = 200;
/// Campaign approvals 报备 of a shop at once, and phrases of one.
pub const APPROVALS_MAX: usize = 200;
/// See [`APPROVALS_MAX`].
pub const APPROVAL_PHRASES_MAX: usize = 50;
/// Messages, responses or offers of 24 hours from which a shop's rate is compared with those of others (MET-3): below that one more or
/// less would move it by more than a twentieth.
pub const RATED_MIN: u64 = 20;
/// Shops shown by name, at most: each has nine series.
pub const SHOPS_SHOWN_MAX: usize = 100;
/// Reports of violations that an account remembers by their ids: more than any ladder has steps.
pub const REPORTS_KEPT: usize = 20;
/// Channels of a shop (NTF-1).
pub const CHANNELS_MAX: usize = 50;
/// Routes of a shop: one for each class and priority.
pub const NOTIFICATION_ROUTES_MAX: usize = 28;
/// Bytes of a mail address, by the standard.
pub const MAIL_ADDRESS_BYTES_MAX: usize = 254;
/// Bytes of a robot's signing secret.
pub const CHANNEL_SECRET_BYTES_MAX: usize = 128;
/// Notifications of a shop that wait to be accepted: they stand in the courier's head, which is written with each attempt.
pub const NOTIFICATIONS_PENDING_MAX: usize = 200;
/// So many may wait when one of short life comes: reminders never take the last places.
pub const BRIEF_NOTIFICATIONS_PENDING_MAX: usize = 100;
/// Notifications that a filtered page looks at, each with all its attempts; then it ends with a cursor, full or not.
pub const NOTIFICATIONS_LOOKED_AT_MAX: usize = 500;
/// How long a notification is tried.
pub const NOTIFICATION_LIFE_MS: u64 = DAY_MS;
/// How long one is tried that nobody wants later: reminders, codes.
pub const NOTIFICATION_SHORT_LIFE_MS: u64 = 10 * 60_000;
/// Bytes of a key that a sender gives a notification.
pub const NOTIFICATION_KEY_BYTES_MAX: usize = 128;
/// Keys by which a repeated notification is recognised; more than a shop sends in a day.
pub const NOTIFICATION_KEYS_KEPT: usize = 2_000;
/// Within this an attempt is reported, or counts as failed.
pub const DELIVERY_MS_MAX: u64 = 60_000;
/// The longest wait that the other side may ask for.
pub const RETRY_AFTER_MS_MAX: u64 = 6 * 3_600_000;
/// Characters of the other side's words that are kept.
pub const OUTCOME_CHARS_MAX: usize = 200;
/// How long a code holds (NTF-2).
pub const CODE_MS: u64 = 10 * 60_000;
/// Wrong codes before a new one is needed: a millionth's chance each.
pub const CODE_TRIES_MAX: u32 = 5;
/// Between two tests to one place.
pub const TEST_PAUSE_MS: u64 = 60_000;
/// Tests to one place in a day: messages cost money, and a number may be somebody else's.
pub const TESTS_PER_DAY_MAX: usize = 10;
/// Tests of a shop in a day, to whatever places.
pub const SHOP_TESTS_PER_DAY_MAX: usize = 100;
/// Attempts to deliver notifications at once.
pub const DELIVERIES_AT_ONCE: usize = 64;
/// Of them to one place (a host, the mail server, the provider of text messages): a slow one holds up nobody else.
pub const DELIVERIES_AT_A_PLACE: usize = 8;
/// Of those, of one shop: it leaves turns for the others.
pub const DELIVERIES_OF_A_SHOP_AT_A_PLACE: usize = 4;
/// Of those, to one channel: it leaves turns for the shop's others.
pub const DELIVERIES_OF_A_CHANNEL: usize = 2;
/// Attempts that may wait for their turn; beyond them they are dropped, and made again by the courier.
pub const DELIVERIES_WAITING_MAX: usize = 2_000;
/// How long an attempt waits for its turn: together with a mail exchange less than [`DELIVERY_MS_MAX`].
pub const DELIVERY_WAIT_MS_MAX: u64 = 20_000;
/// How long a robot or webhook may take to answer.
pub const ANSWER_MS_MAX: u64 = 5_000;
/// Bytes that are read of its answer.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// A first response, a warning or a reminder is a matter of a day at most.
pub const TIME_LIMIT_S_MAX: u32 = 86_400;
/// Escalations: two months; what is unread for longer is no longer news.
pub const ESCALATION_H_MAX: u32 = 1_440;
/// Intervals of business hours in a week, and in a day that is otherwise.
pub const HOURS_INTERVALS_MAX: usize = 50;
/// Holidays, and days worked in their stead: several years of them.
pub const HOLIDAYS_MAX: usize = 200;

/// Deadlines are held in memory so long before their time; the others stand on disk only.
pub const DEADLINES_NEAR_MS: u64 = 60_000;
/// How often the rows of deadlines are read: what was set while they were read is found the next time, long before it is due.
pub const DEADLINES_READ_EVERY_MS: u64 = 10_000;
/// How often the rows of deadlines are read from the very first: crossing what has fired since the last compaction takes some 30 ms.
pub const DEADLINES_READ_ALL_EVERY_MS: u64 = 5 * 60_000;
/// Rows of deadlines read in one beat: a million that came due while the server was down are woken in order, a few at a time.
pub const DEADLINES_READ_MAX: usize = 1_000;
/// Buyers that one warning of long waits names: more than anybody can answer at once.
pub const WAITING_LISTED_MAX: usize = 50;
/// How long a stop waits for attempts that are under way: what was accepted is then on record. The others are made again.
pub const DELIVERY_DRAIN_MS_MAX: u64 = 2_000;

/// News of so long before the last event of a shop are told once more at a start: effects follow their commit within moments.
pub const NEWS_TOLD_AGAIN_MS: u64 = 10_000;
/// And at most so many events are looked at for it.
pub const NEWS_TOLD_AGAIN_MAX: usize = 2_000;
/// Entries of a feed, one after the other, that lie beyond a period before its count ends: a clock that was wrong for a moment hides
/// nothing.
pub const RECOUNT_ASTRAY_MAX: u64 = 10_000;
