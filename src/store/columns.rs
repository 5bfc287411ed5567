//! The catalogue of column families: what each holds, under which key, tuned how, and why.
//!
//! Names are `key_value`. A column is added at the end of [`CATALOGUE`], never renamed and never reused: its name is on disk.

use rocksdb::{BlockBasedOptions, Cache, DBCompressionType, Options};

/// One column family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Column {
    MetaValue,
    HeadState,
    FeedEvent,
    HistoryChunk,
    ListConversation,
    LoginAgent,
    DirectoryShop,
    TokenCredential,
    AssignmentExplanation,
    OfflineRun,
    SettingsVersion,
    AuditEntry,
    CounterValue,
    MessageMark,
    NoteConversation,
    BlacklistEntry,
    DueConversation,
    FileMeta,
    OrderList,
    NoticeEntry,
    NoticeList,
    DraftText,
    CarrierLink,
    UsageCount,
    GuardRecord,
    SentCount,
    UndertakingDue,
    Deadline,
    SuggestionConversation,
}

/// How a column is read and written, which decides its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Appended in key order, read back in ranges: a big write buffer, no bloom filter.
    Log,
    /// Overwritten often, read by whole key, often absent: a bloom filter, and a write buffer small enough to stay in the
    /// processor's cache (a quarter of the log's).
    Point,
    /// Small or seldom written: a small write buffer, so that it does not pin old WAL files.
    Small,
}

/// One line of the catalogue.
pub struct Catalogued {
    pub column: Column,
    pub name: &'static str,
    /// The key, part by part, big-endian.
    pub key: &'static str,
    pub value: &'static str,
    pub preset: Preset,
    pub why: &'static str,
}

const fn line(column: Column, name: &'static str, key: &'static str, value: &'static str, preset: Preset, why: &'static str) -> Catalogued {
    Catalogued { column, name, key, value, preset, why }
}

/// Every column family there is.
pub const CATALOGUE: [Catalogued; 29] = [
    line(Column::MetaValue, "meta_value", "name", "u32 or u64", Preset::Small, "format stamp; number of the last commit"),
    line(
        Column::HeadState,
        "head_state",
        "shop u32 | kind u8 | conversation 16, agent u32, order 16, list of texts u8 and u32, or nothing",
        "state of one entity, a conversation's followed by its history tail",
        Preset::Point,
        "activation is one point read",
    ),
    line(
        Column::FeedEvent,
        "feed_event",
        "shop u32 | seq u64",
        "Event",
        Preset::Log,
        "the one big put per message, in sequence order; devices, audit and recovery read it in ranges",
    ),
    line(
        Column::HistoryChunk,
        "history_chunk",
        "shop u32 | conversation 16 | chunk u32",
        "16 history entries",
        Preset::Log,
        "message seq to feed seq, a sixteenth of a put per message",
    ),
    line(
        Column::ListConversation,
        "list_conversation",
        "shop u32 | lane kind u8 | lane u32 | state, unread u8 | order u8 | priority u8 | time u64 | conversation 16",
        "unread u8 | order u8 | group u32, or empty",
        Preset::Small,
        "a row among all, of its group, owner and each label: a page is a few ranges at any number of conversations",
    ),
    line(Column::LoginAgent, "login_agent", "shop u32 | login", "agent u32", Preset::Small, "log-in; names are unique in a shop"),
    line(Column::DirectoryShop, "directory_shop", "name", "shop u32", Preset::Small, "a shop's number by its name"),
    line(Column::TokenCredential, "token_credential", "hash 32", "Credential", Preset::Point, "authentication is one point read"),
    line(
        Column::AssignmentExplanation,
        "assignment_explanation",
        "shop u32 | conversation 16 | reception u32 | feed seq u64",
        "empty",
        Preset::Small,
        "`why`: one range per reception, oldest decision first; the explanation itself stands in the feed",
    ),
    line(
        Column::OfflineRun,
        "offline_run",
        "shop u32 | at u64 | feed seq u64",
        "empty",
        Preset::Small,
        "records of the automatic assignment by time; the record itself stands in the feed",
    ),
    line(
        Column::SettingsVersion,
        "settings_version",
        "shop u32 | document u8 | version u32 | feed seq u64",
        "empty",
        Preset::Small,
        "versions of the diversion document and of the desk's settings, which stand in the feed",
    ),
    line(
        Column::AuditEntry,
        "audit_entry",
        "shop u32 | feed seq u64",
        "empty",
        Preset::Small,
        "who changed what; the change stands in the feed",
    ),
    line(
        Column::CounterValue,
        "counter_value",
        "shop u32 | lane kind u8 | lane u32 | what u8",
        "u64",
        Preset::Small,
        "unread, unanswered, waiting of shop, group and account; written once per group of commits",
    ),
    line(
        Column::MessageMark,
        "message_mark",
        "shop u32 | conversation 16 | message seq u64 | what u8",
        "MessageMark, that part of it",
        Preset::Point,
        "what was later done to a message: recalled, labelled; few messages have one",
    ),
    line(
        Column::NoteConversation,
        "note_conversation",
        "shop u32 | conversation 16 | feed seq u64",
        "empty",
        Preset::Small,
        "private notes; apart from the messages, so that no way to a buyer leads past them",
    ),
    line(
        Column::BlacklistEntry,
        "blacklist_entry",
        "shop u32 | at u64 | conversation 16",
        "empty",
        Preset::Small,
        "the blacklist by time; the rest stands in the conversation's head",
    ),
    line(
        Column::DueConversation,
        "due_conversation",
        "shop u32 | kind u8 | since u64 | conversation 16",
        "empty",
        Preset::Small,
        "what time alone will change: deadlines are a range, also after a change of the settings",
    ),
    line(
        Column::FileMeta,
        "file_meta",
        "shop u32 | 0 u8 | hash 32 | conversation 16, shop u32 | 1 u8 | conversation 16 | feed seq u64, and \
         shop u32 | 2 u8 | conversation 16 | hash 32 | feed seq u64",
        "Attachment, empty, and Naming",
        Preset::Point,
        "who may be shown a file, whether anybody still needs it, and which files go with a conversation",
    ),
    line(
        Column::OrderList,
        "order_list",
        "shop u32 | lane u8 | nothing, state u8 or conversation 16 | changed at u64 | order 16",
        "empty",
        Preset::Small,
        "all orders, those of a status and those of a buyer, by last change; the order itself is a head",
    ),
    line(Column::NoticeEntry, "notice_entry", "shop u32 | stream u8 | no u64", "Notice", Preset::Small, "notices as they came"),
    line(
        Column::NoticeList,
        "notice_list",
        "shop u32 | stream u8 | priority u8 | no u64",
        "empty",
        Preset::Small,
        "where a notice stands now: pages and counts by priority, which is all that changes of it",
    ),
    line(
        Column::DraftText,
        "draft_text",
        "shop u32 | agent u32 | conversation 16",
        "Draft",
        Preset::Small,
        "unsent texts of an account, for all its devices",
    ),
    line(Column::CarrierLink, "carrier_link", "code", "Carrier", Preset::Small, "where tracking numbers are followed"),
    line(
        Column::UsageCount,
        "usage_count",
        "shop u32 | hour u32 | text 9",
        "u64",
        Preset::Small,
        "replies an hour, and those made with each text; written once per group of commits",
    ),
    line(
        Column::GuardRecord,
        "guard_record",
        "shop u32 | agent u32, 0: all of the shop | feed seq u64",
        "kind u8",
        Preset::Small,
        "what the guard caught and what followed, of a shop and of an account, newest last; the record itself stands in the feed",
    ),
    line(
        Column::SentCount,
        "sent_count",
        "shop u32 | agent u32 | day u32",
        "u64",
        Preset::Small,
        "messages of an account: what a reviewer compares its records with; written once per group of commits",
    ),
    line(
        Column::UndertakingDue,
        "undertaking_due",
        "due u64 | shop u32 | agent u32",
        "empty",
        Preset::Small,
        "undertakings that wait for their review, of all shops, the first due first; the rest stands in the account's head",
    ),
    line(
        Column::Deadline,
        "deadline",
        "at u64 | key of the head",
        "empty",
        Preset::Log,
        "whom the clock wakes next, of all shops: found also where it is not in memory, and after a restart only what is near is read",
    ),
    line(
        Column::SuggestionConversation,
        "suggestion_conversation",
        "shop u32 | conversation 16 | feed seq u64",
        "empty",
        Preset::Small,
        "suggestions of assistants, whose texts go with the archive; they stand in the feed",
    ),
];

impl Column {
    /// Its line of the catalogue.
    pub fn catalogued(self) -> &'static Catalogued {
        &CATALOGUE[self as usize]
    }
}

impl Preset {
    /// The options of a column of this preset.
    pub(super) fn options(self, cache: &Cache, write_buffer_bytes: usize) -> Result<Options, rocksdb::Error> {
        // What has no setter is set first: the string replaces the whole table factory.
        let mut options =
            Options::default().get_options_from_string("memtable_protection_bytes_per_key=8;block_protection_bytes_per_key=8")?;
        let mut table = BlockBasedOptions::default();
        table.set_block_cache(cache);
        table.set_format_version(5);
        let write_buffer_bytes = match self {
            Preset::Log => write_buffer_bytes,
            Preset::Point => {
                table.set_bloom_filter(10.0, false);
                options.set_memtable_whole_key_filtering(true);
                options.set_memtable_prefix_bloom_ratio(0.02);
                write_buffer_bytes / 4
            }
            Preset::Small => write_buffer_bytes / 4,
        };
        options.set_write_buffer_size(write_buffer_bytes);
        options.set_compression_type(DBCompressionType::Lz4);
        options.set_block_based_table_factory(&table);
        Ok(options)
    }
}
