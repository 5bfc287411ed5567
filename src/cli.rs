//! The command line: what can be asked, how it is told, and the exit codes. Part of the program, not of the library.
//!
//! It holds no rule of the trade and opens no store; [`fenliu::app`] does what is asked. Invariant: a failure ends with one
//! of the exit codes that `--help` lists and says on standard error what to do about it.

use clap::{Args, Parser, Subcommand, ValueEnum};
use fenliu::app::{self, Language, StartError, Whose};
use fenliu::config::{self, Config, ConfigError, Loaded, LogFormat};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

const EXIT_USAGE: u8 = 1;
const EXIT_BUG: u8 = 70;
/// Ended by a second signal: 128 + SIGINT, as shells count.
pub const EXIT_INTERRUPTED: i32 = 130;
/// The file that is read where `--config` names none.
const CONFIG_FILE: &str = "fenliu.toml";

const AFTER_HELP: &str = "\
Examples:
  fenliu serve                                       everything in ./fenliu-data, on http://127.0.0.1:8080
  fenliu serve --data-dir /var/lib/fenliu --listen 0.0.0.0:8080
  FENLIU_LIMITS__BUYER_MESSAGES_PER_S=20 fenliu serve --config /etc/fenliu.toml
  fenliu check-config --config /etc/fenliu.toml      what is in force, and where each value came from
  fenliu verify --data-dir /var/lib/fenliu           recount a stopped server's data
  fenliu new-key --data-dir /var/lib/fenliu          another key of the platform, where platform.key was lost
  fenliu why --shop tea --buyer u-17 --agent 3       why this buyer's last reception went where it went, and why (not) agent 3

The first start writes the platform's API key to <data-dir>/platform.key; with it, shops are made over HTTP.
Ready is told by one line on standard output: fenliu ready http://ADDRESS data=FOLDER key-file=FILE
SIGTERM or SIGINT stops in order; a second one ends at once. Nothing acknowledged is lost either way.

Exit codes:
  0    done, or stopped in order
  1    wrong arguments or settings, or the address is taken
  65   the data was refused: damaged, written by a newer version, or acknowledged commits are missing
  70   a bug: please report it with the log
  74   a write or sync failed; nothing more was acknowledged. Look at the disk, then start again
  130  ended by a second signal";

/// Fenliu 分流: the customer-service inbox and dispatcher that explains itself.
#[derive(Parser)]
#[command(name = "fenliu", version, after_help = AFTER_HELP, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    asked: Asked,
}

#[derive(Subcommand)]
enum Asked {
    /// Run the server.
    Serve {
        #[command(flatten)]
        settings: Settings,
        /// Start although acknowledged commits are missing from the data (after exit code 65 said so). For this start only.
        #[arg(long)]
        accept_loss: bool,
    },
    /// Print the settings in force with their sources; exit code 1 if any is wrong.
    CheckConfig {
        #[command(flatten)]
        settings: Settings,
    },
    /// Open the data of a stopped server and recount everything that can be counted in two ways.
    Verify {
        #[command(flatten)]
        settings: Settings,
    },
    /// Make a key of the platform with every scope, for a stopped server whose key was lost, and print it. Keys that were made before still hold.
    NewKey {
        #[command(flatten)]
        settings: Settings,
    },
    /// Say why a reception went where it went: every decision, in plain words. Reads only, also while the server runs.
    Why {
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        question: Question,
    },
    /// Print the OpenAPI description of every endpoint, as JSON.
    Openapi,
}

#[derive(Args)]
struct Question {
    /// The shop's name, as in its addresses.
    #[arg(long, value_name = "NAME")]
    shop: String,
    /// The platform's id of the buyer.
    #[arg(long, value_name = "ID", required_unless_present = "conversation")]
    buyer: Option<String>,
    /// The conversation's id, instead of the buyer's.
    #[arg(long, value_name = "HEX", conflicts_with = "buyer")]
    conversation: Option<String>,
    /// The number of the reception within the conversation [default: the last].
    #[arg(long, value_name = "N")]
    reception: Option<u32>,
    /// Also answer "why me?" or "why not me?" of the agent with this number.
    #[arg(long, value_name = "N")]
    agent: Option<u32>,
    #[arg(long, value_enum, default_value_t = Lang::En)]
    lang: Lang,
}

/// The language of an answer.
#[derive(Clone, Copy, ValueEnum)]
enum Lang {
    /// English
    En,
    /// 中文
    Zh,
}

impl Question {
    /// The parser saw to it that one of buyer and conversation is given.
    fn asked(self) -> app::Question {
        let whose = match (self.conversation, self.buyer) {
            (Some(digits), _) => Whose::Conversation(digits),
            (None, buyer) => Whose::Buyer(buyer.unwrap_or_default()),
        };
        let language = match self.lang {
            Lang::En => Language::English,
            Lang::Zh => Language::Chinese,
        };
        app::Question { shop: self.shop, whose, reception: self.reception, agent: self.agent, language }
    }
}

#[derive(Args)]
struct Settings {
    /// The configuration file [default: ./fenliu.toml, if there is one].
    #[arg(long, value_name = "FILE", env = "FENLIU_CONFIG")]
    config: Option<PathBuf>,
    /// The folder that holds everything the server keeps.
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// Address and port to serve on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
}

impl Settings {
    fn load(self) -> Result<Loaded, ConfigError> {
        let default = PathBuf::from(CONFIG_FILE);
        let file = self.config.or_else(|| default.exists().then_some(default));
        let text = |part: std::ffi::OsString| part.to_string_lossy().into_owned();
        let environment = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
        let options = [("data_dir", self.data_dir), ("listen", self.listen)];
        let given: Vec<_> = options.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        config::load(file.as_deref(), environment, &given)
    }

    /// The settings of a data folder that is there: what only reads must not make one, and find it sound.
    fn load_existing(self) -> Result<Config, Failure> {
        let config = self.load()?.config;
        if ["HIGHWATER", "db"].iter().any(|part| config.data_dir.join(part).exists()) {
            return Ok(config);
        }
        let told = format!("there is no data folder {} (set by --data-dir, FENLIU_DATA_DIR or the file)", config.data_dir.display());
        Err(Failure { code: EXIT_USAGE, told })
    }
}

impl Cli {
    /// Does what was asked; `serve` runs the server.
    pub fn run(self, serve: fn(Config) -> Result<(), Failure>) -> Result<(), Failure> {
        match self.asked {
            Asked::Serve { settings, accept_loss } => serve(Config { accept_loss, ..settings.load()?.config }),
            Asked::CheckConfig { settings } => {
                let lines = settings.load()?.lines;
                let width = lines.iter().map(|(line, _)| line.len()).max().unwrap_or(0);
                print(&lines.iter().map(|(line, source)| format!("{line:width$}  # {source}\n")).collect::<String>());
                Ok(())
            }
            Asked::Verify { settings } => {
                let config = settings.load_existing()?;
                let report = app::verify(&config)?;
                print(&format!("{}\n", report.trim_end()));
                Ok(())
            }
            Asked::NewKey { settings } => {
                let config = settings.load_existing()?;
                start_log(&config);
                print(&format!("{}\n", app::new_key(&config)?));
                Ok(())
            }
            Asked::Why { settings, question } => {
                let config = settings.load_existing()?;
                print(&format!("{}\n", app::why(&config, &question.asked())?));
                Ok(())
            }
            Asked::Openapi => {
                print(&format!("{}\n", app::openapi().trim_end()));
                Ok(())
            }
        }
    }
}

/// Prints help, the version, or what is wrong with the arguments: 1, not the parser's own 2, so that the table in the help holds.
pub fn told_by_parser(answer: &clap::Error) -> ExitCode {
    let _ = answer.print();
    if answer.use_stderr() { ExitCode::from(EXIT_USAGE) } else { ExitCode::SUCCESS }
}

/// Why the program ends, and with which code.
pub struct Failure {
    code: u8,
    told: String,
}

impl Failure {
    /// The panic has been printed already.
    pub fn bug() -> Failure {
        Failure { code: EXIT_BUG, told: "this is a bug in fenliu; please report it with the lines above".into() }
    }
    /// The operating system refused something that every start needs.
    pub fn system(error: std::io::Error) -> Failure {
        Failure { code: EXIT_USAGE, told: error.to_string() }
    }
    /// Prints the failure, one line a fault.
    pub fn told(self) -> ExitCode {
        for line in self.told.lines() {
            let _ = writeln!(std::io::stderr(), "fenliu: {line}");
        }
        ExitCode::from(self.code)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Failure {
        Failure { code: EXIT_USAGE, told: error.to_string() }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Failure {
        Failure { code: error.exit_code(), told: error.to_string() }
    }
}

/// Starts the log on standard error; standard output belongs to the answer.
pub fn start_log(config: &Config) {
    // Its grammar was checked when the settings were loaded.
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(&config.log)).with_ansi(colours).with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}

/// Prints without minding a reader that has gone (`fenliu openapi | head`).
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
