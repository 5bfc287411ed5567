//! The settings: one struct, one default, then the file, the environment and the command line, the later winning.
//!
//! It never reads a setting twice, keeps none that it does not know, and starts nothing. Invariant: a `Config` that left
//! [`load`] lies within every range of [`FIELDS`], and whoever got it wrong was told every fault at once, each with its key,
//! its value, where that value came from and what would be right.

mod network;
mod notify;

pub use network::Network;
pub use notify::{Hidden, Mail, Notify, Security, Sms};

use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Error, Figment, Metadata, Profile, Provider};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

const MIB: u64 = 1024 * 1024;
const ENVIRONMENT_PREFIX: &str = "FENLIU_";
/// Variables of the scripts and tests which share the prefix and are no settings; `FENLIU_TEST_…` and `FENLIU_BENCH_…` too.
const NOT_SETTINGS: [&str; 12] =
    ["ADVISORIES", "BLESS", "CASES", "CONFIG", "CONVERSATIONS", "DAYS", "KILLS", "POWER_CUTS", "SECONDS", "SEED", "STORY", "TARGET_DIR"];

/// Everything an operator can set. `Config::default()` is a server that works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The one folder that holds everything the server keeps.
    pub data_dir: PathBuf,
    /// Where HTTP and WebSockets are served; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Threads that serve HTTP and run actors; 0 = one per core.
    pub workers: usize,
    /// Which log lines are written, in `tracing`'s filter language.
    pub log: String,
    /// How a log line looks.
    pub log_format: LogFormat,
    /// Whose word on where a request comes from is believed: the proxies before this server.
    #[serde(deserialize_with = "network::networks")]
    pub trusted_proxies: Vec<Network>,
    pub storage: Storage,
    pub limits: Limits,
    pub files: Files,
    pub mail: Mail,
    pub sms: Sms,
    pub notify: Notify,
    pub metrics: Metrics,
    /// Start although acknowledged commits are missing. Only ever said on the command line, for one start: never a setting.
    #[serde(skip)]
    pub accept_loss: bool,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

/// The store's share of disk and memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// Free bytes of the disk below which writes are refused; not set: the larger of 1 GiB and 5 % of the disk.
    pub low_water_bytes: Option<u64>,
    /// Bytes kept aside in a file, so that a full disk can still be opened; 0 = none.
    pub ballast_bytes: u64,
    /// Bytes RocksDB collects in memory before it writes a table.
    pub write_buffer_bytes: u64,
}

/// Where pictures and files of messages are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileStore {
    /// The folder `files` of the data folder.
    Local,
    /// A bucket that speaks S3.
    S3,
}

/// See [`FileStore`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    pub kind: FileStore,
    pub bucket: String,
    pub region: String,
    /// The address of the service; empty: that of AWS in the region.
    pub endpoint: String,
    /// The bucket is part of the host's name, not of the path.
    pub virtual_hosted: bool,
    /// Only ever from the environment, under the names that all tools of S3 know: never in a file, never shown.
    #[serde(skip)]
    pub keys: BucketKeys,
}

/// What opens a bucket: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct BucketKeys {
    pub id: String,
    pub secret: String,
    /// Empty: none.
    pub session: String,
}

impl fmt::Debug for BucketKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.secret.is_empty() { "none" } else { "hidden" })
    }
}

/// Which shops `/metrics` shows by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// These. None: the worst.
    pub shops: Vec<String>,
    /// How many of the worst, by each of the three rates.
    pub worst_shops: usize,
}

/// What is refused instead of queued without end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Commands in the server at once; one more is refused with 503.
    pub in_flight_max: usize,
    /// Messages a second of one buyer, sustained; 0 = unlimited. One more is refused with 429.
    pub buyer_messages_per_s: u32,
    /// Messages one buyer may send at once after a silence.
    pub buyer_messages_burst: u32,
    /// Messages a second of all buyers of one shop; 0 = unlimited.
    pub shop_messages_per_s: u32,
    /// Open connections, HTTP and WebSocket together.
    pub connections_max: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            data_dir: PathBuf::from("fenliu-data"),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            workers: 0,
            // actix-http writes a line for every malformed request, which anybody may send.
            log: "info,actix_http=off".into(),
            log_format: LogFormat::Text,
            trusted_proxies: Vec::new(),
            storage: Storage { low_water_bytes: None, ballast_bytes: 256 * MIB, write_buffer_bytes: 64 * MIB },
            limits: Limits {
                in_flight_max: crate::limits::IN_FLIGHT_MAX,
                buyer_messages_per_s: 5,
                buyer_messages_burst: 20,
                shop_messages_per_s: 0,
                connections_max: 16_384,
            },
            files: Files {
                kind: FileStore::Local,
                bucket: String::new(),
                region: "us-east-1".into(),
                endpoint: String::new(),
                virtual_hosted: false,
                keys: BucketKeys::default(),
            },
            mail: Mail::default(),
            sms: Sms::default(),
            notify: Notify::default(),
            metrics: Metrics { shops: Vec::new(), worst_shops: 10 },
            accept_loss: false,
        }
    }
}

impl Config {
    /// The threads [`Config::workers`] stands for: at least 1.
    pub fn workers_effective(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        }
    }

    /// Checks a `Config` that code made, as [`load`] checks one that an operator wrote.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let faults = faults_of(&Figment::from(Serialized::defaults(self)));
        if faults.is_empty() { Ok(()) } else { Err(ConfigError { faults }) }
    }
}

/// One setting: its key, what would be right, and whether what it has is right.
struct Field {
    key: &'static str,
    expected: &'static str,
    fits: fn(&Figment, &str) -> bool,
}

/// Every setting once; a test compares it with [`Config`].
fn fields() -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().chain(&notify::FIELDS)
}

/// All but those of notifications.
const FIELDS: [Field; 21] = [
    Field { key: "data_dir", expected: "the path of a folder", fits: |f, k| text(f, k).is_some_and(|t| !t.is_empty()) },
    Field {
        key: "listen",
        expected: "an address and a port, such as \"127.0.0.1:8080\" (port 0 takes a free one)",
        fits: |f, k| f.extract_inner::<SocketAddr>(k).is_ok(),
    },
    Field { key: "workers", expected: "a number of threads from 0 (one per core) to 512", fits: |f, k| within(f, k, 0..=512) },
    Field {
        key: "log",
        expected: "a log filter, such as \"info\" or \"warn,fenliu=debug\"",
        fits: |f, k| text(f, k).is_some_and(|t| t.parse::<tracing_subscriber::EnvFilter>().is_ok()),
    },
    Field { key: "log_format", expected: "\"text\" or \"json\"", fits: |f, k| f.extract_inner::<LogFormat>(k).is_ok() },
    Field {
        key: "trusted_proxies",
        expected: "networks such as [\"10.0.0.0/8\", \"::1\"], each with zeros behind its prefix",
        fits: |f, k| f.find_value(k).is_ok_and(|networks| network::networks(&networks).is_ok()),
    },
    Field {
        key: "storage.low_water_bytes",
        expected: "a number of bytes up to 2^50, or no such line (the larger of 1 GiB and 5 % of the disk)",
        fits: |f, k| f.extract_inner::<Option<u64>>(k).is_ok_and(|bytes| bytes.is_none_or(|b| b <= 1 << 50)),
    },
    Field { key: "storage.ballast_bytes", expected: "a number of bytes from 0 (none) to 2^40", fits: |f, k| within(f, k, 0..=1 << 40) },
    Field {
        key: "storage.write_buffer_bytes",
        expected: "a number of bytes from 1048576 (1 MiB) to 4294967296 (4 GiB)",
        fits: |f, k| within(f, k, MIB..=4096 * MIB),
    },
    Field { key: "limits.in_flight_max", expected: "a number of commands from 1 to 1000000", fits: |f, k| within(f, k, 1..=1_000_000) },
    Field {
        key: "limits.buyer_messages_per_s",
        expected: "messages a second from 0 (unlimited) to 1000000",
        fits: |f, k| within(f, k, 0..=1_000_000),
    },
    Field { key: "limits.buyer_messages_burst", expected: "messages from 1 to 1000000", fits: |f, k| within(f, k, 1..=1_000_000) },
    Field {
        key: "limits.shop_messages_per_s",
        expected: "messages a second from 0 (unlimited) to 10000000",
        fits: |f, k| within(f, k, 0..=10_000_000),
    },
    Field {
        key: "limits.connections_max",
        expected: "a number of connections from 1 to 10000000",
        fits: |f, k| within(f, k, 1..=10_000_000),
    },
    Field { key: "files.kind", expected: "\"local\" or \"s3\"", fits: |f, k| f.extract_inner::<FileStore>(k).is_ok() },
    Field {
        key: "files.bucket",
        expected: "the name of a bucket, with files.kind = \"s3\"",
        fits: |f, k| text(f, k).is_some_and(|t| !t.is_empty() || !in_bucket(f)),
    },
    Field {
        key: "files.region",
        expected: "the region of the bucket",
        fits: |f, k| text(f, k).is_some_and(|t| !t.is_empty() || !in_bucket(f)),
    },
    Field {
        key: "files.endpoint",
        expected: "an address such as \"https://s3.example.com\", or \"\" for that of AWS",
        fits: |f, k| text(f, k).is_some_and(|t| t.is_empty() || t.starts_with("https://") || t.starts_with("http://")),
    },
    Field {
        key: "metrics.shops",
        expected: "a list of at most 100 names of shops, such as [\"tea-house\"], or [] for the worst",
        fits: |f, k| f.extract_inner::<Vec<String>>(k).is_ok_and(|names| names.len() <= crate::limits::SHOPS_SHOWN_MAX),
    },
    Field {
        key: "metrics.worst_shops",
        expected: "a number of shops from 0 (none) to 100",
        fits: |f, k| within(f, k, 0..=crate::limits::SHOPS_SHOWN_MAX as u64),
    },
    Field { key: "files.virtual_hosted", expected: "true or false", fits: |f, k| f.extract_inner::<bool>(k).is_ok() },
];

fn in_bucket(figment: &Figment) -> bool {
    figment.extract_inner::<FileStore>("files.kind").is_ok_and(|kind| kind == FileStore::S3)
}

fn within(figment: &Figment, key: &str, range: RangeInclusive<u64>) -> bool {
    figment.extract_inner::<u64>(key).is_ok_and(|number| range.contains(&number))
}

fn text(figment: &Figment, key: &str) -> Option<String> {
    figment.extract_inner::<String>(key).ok()
}

/// Everything that is wrong with the settings, one line each.
#[derive(Debug)]
pub struct ConfigError {
    pub faults: Vec<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.faults.join("\n"))
    }
}

impl std::error::Error for ConfigError {}

/// The settings with where each came from.
pub struct Loaded {
    pub config: Config,
    /// `key = value` and its source, in the order of the documentation.
    pub lines: Vec<(String, String)>,
}

/// Reads the settings: defaults, then `file`, then those of `environment` that begin with `FENLIU_` (`__` between section and
/// key), then `options` of the command line, as (key, value).
pub fn load(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    options: &[(&'static str, String)],
) -> Result<Loaded, ConfigError> {
    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if let Some(path) = file {
        let fault =
            |what: &str, why: String| ConfigError { faults: vec![format!("the configuration file {} {what}: {why}", path.display())] };
        // Read here, because figment takes a file that is not there for an empty one, and does not name a file that is no TOML.
        let text = std::fs::read_to_string(path).map_err(|error| fault("cannot be read", error.to_string()))?;
        Toml::from_str::<Dict>(&text).map_err(|error| fault("is not TOML", error.to_string().trim_end().into()))?;
        figment = figment.merge(Toml::file_exact(path));
    }
    let mut keys = BucketKeys::default();
    for (name, value) in environment {
        match name.as_str() {
            "AWS_ACCESS_KEY_ID" => keys.id = value.clone(),
            "AWS_SECRET_ACCESS_KEY" => keys.secret = value.clone(),
            "AWS_SESSION_TOKEN" => keys.session = value.clone(),
            _ => {}
        }
        let Some(key) = setting_of(&name) else { continue };
        let parse = |value: String| value.parse::<Value>().unwrap_or_else(|never| match never {});
        let value = if notify::is_text(&key) { Value::from(value) } else { parse(value) };
        figment = figment.merge(Layer { source: format!("environment variable {name}"), key, value });
    }
    for (key, value) in options {
        let source = format!("option --{}", key.replace('_', "-"));
        figment = figment.merge(Layer { source, key: (*key).into(), value: value.clone().into() });
    }
    let faults = faults_of(&figment);
    if !faults.is_empty() {
        return Err(ConfigError { faults });
    }
    let mut config: Config = figment.extract().map_err(|error| ConfigError { faults: vec![error.to_string()] })?;
    if config.files.kind == FileStore::S3 {
        if keys.id.is_empty() || keys.secret.is_empty() {
            let fault = "files.kind = \"s3\": expected the environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
            return Err(ConfigError { faults: vec![fault.into()] });
        }
        config.files.keys = keys;
    }
    let line = |field: &Field| {
        (format!("{} = {}", field.key, shown_of(field.key, figment.find_value(field.key).ok().as_ref())), source(&figment, field.key))
    };
    Ok(Loaded { config, lines: fields().map(line).collect() })
}

/// The key an environment variable sets, if it is one of ours.
fn setting_of(name: &str) -> Option<String> {
    let rest = name.strip_prefix(ENVIRONMENT_PREFIX)?;
    let ours = !NOT_SETTINGS.contains(&rest) && !rest.starts_with("TEST_") && !rest.starts_with("BENCH_");
    ours.then(|| rest.to_lowercase().replace("__", "."))
}

/// One setting from one place outside the file.
struct Layer {
    source: String,
    key: String,
    value: Value,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.source.clone())
    }
    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let nested = figment::util::nest(&self.key, self.value.clone());
        Ok(nested.into_dict().map(|dict| Profile::Default.collect(dict)).unwrap_or_default())
    }
}

fn faults_of(figment: &Figment) -> Vec<String> {
    let written = match figment.data() {
        Ok(mut profiles) => profiles.remove(&Profile::Default).unwrap_or_default(),
        Err(error) => return error.into_iter().map(|fault| fault.to_string()).collect(),
    };
    let mut faults = Vec::new();
    strangers(figment, &written, "", &mut faults);
    for field in fields() {
        // A section that is no table was reported by `strangers`; its keys are not there.
        let Ok(value) = figment.find_value(field.key) else { continue };
        if !(field.fits)(figment, field.key) {
            let (key, value, expected) = (field.key, shown_of(field.key, Some(&value)), field.expected);
            faults.push(format!("{key} = {value} ({}): expected {expected}", source(figment, key)));
        }
    }
    faults
}

/// Reports keys that are no settings, and sections that are no tables.
fn strangers(figment: &Figment, table: &Dict, section: &str, faults: &mut Vec<String>) {
    for (name, value) in table {
        let key = if section.is_empty() { name.clone() } else { format!("{section}.{name}") };
        let is_section = fields().any(|field| field.key.strip_prefix(&key).is_some_and(|rest| rest.starts_with('.')));
        match value {
            Value::Dict(_, inner) if is_section => strangers(figment, inner, &key, faults),
            _ if is_section => faults.push(format!("{key} = {} ({}): expected a table [{key}]", shown(Some(value)), source(figment, &key))),
            _ if fields().any(|field| field.key == key) => {}
            _ => {
                let hint = closest(&key).map_or_else(String::new, |near| format!("; did you mean {near}?"));
                faults.push(format!("{key} = {} ({}): no such setting{hint}", shown(Some(value)), source(figment, &key)));
            }
        }
    }
}

/// Where the value of `key` came from, in an operator's words.
fn source(figment: &Figment, key: &str) -> String {
    let Some(metadata) = figment.find_metadata(key) else { return "default".into() };
    match metadata.source.as_ref().and_then(figment::Source::file_path) {
        Some(path) => format!("file {}", path.display()),
        None if metadata.source.is_none() => metadata.name.to_string(),
        None => "default".into(),
    }
}

/// As [`shown`], of a password only that there is one.
fn shown_of(key: &str, value: Option<&Value>) -> String {
    let set = value.is_some_and(|value| value.as_str() != Some(""));
    if set && notify::is_secret(key) { "(hidden)".into() } else { shown(value) }
}

/// A value as it would be written in the file.
fn shown(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(_, text)) => format!("{text:?}"),
        Some(Value::Empty(..)) | None => "(not set)".into(),
        Some(Value::Bool(_, truth)) => truth.to_string(),
        Some(Value::Num(_, number)) => {
            let whole = number.to_u128().map(|n| n.to_string()).or_else(|| number.to_i128().map(|n| n.to_string()));
            whole.unwrap_or_else(|| number.to_f64().unwrap_or(f64::NAN).to_string())
        }
        Some(Value::Char(_, letter)) => format!("{letter:?}"),
        Some(Value::Dict(..)) => "a table".into(),
        Some(Value::Array(_, list)) => format!("[{}]", list.iter().map(|value| shown(Some(value))).collect::<Vec<_>>().join(", ")),
    }
}

/// The setting most like `key`, if one is at most three letters away or has the same last name.
fn closest(key: &str) -> Option<&'static str> {
    let last = |key: &str| key.rsplit('.').next().map(str::to_owned);
    let distance = |field: &&Field| if last(field.key) == last(key) { 0 } else { letters_between(field.key, key) };
    fields().min_by_key(distance).filter(|field| distance(field) <= 3).map(|field| field.key)
}

/// Letters to change, add or remove to make one of the other.
fn letters_between(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests;
