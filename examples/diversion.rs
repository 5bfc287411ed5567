//! A rule set tried by hand: reads groups, agents, rules and a stream of buyers from a TOML file, lets the real server decide, and
//! prints who received each buyer, and why.
//!
//! `cargo run --release --example diversion [-- FILE] [--lang zh]`; without a file, `examples/diversion.toml`.

use anyhow::Context;
use clap::Parser;
use fenliu::actors::clock::Clock;
use fenliu::app::Core;
use fenliu::config::Config;
use fenliu::domain::Reply;
use fenliu::domain::diversion::Group;
use fenliu::domain::event::{AgentSettings, Presence, Role};
use fenliu::domain::explain::Outcome;
use fenliu::domain::facts::{Profile, Visit};
use fenliu::domain::id::{AgentNo, ConversationId, GroupNo};
use fenliu::domain::order::Report;
use fenliu::domain::refusal::Refusal;
use fenliu::domain::view::{Decided, Principal};
use fenliu::door::{Device, Door, NewAccount, Send};
use fenliu::web;
use figment::Figment;
use figment::providers::{Format, Toml};
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const SHOP: &str = "tea-house";

#[derive(Parser)]
#[command(about = "Tries a rule set on a stream of buyers and explains each decision")]
struct Args {
    /// Groups, agents, rules and buyers; see examples/diversion.toml
    #[arg(default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/diversion.toml"))]
    file: PathBuf,
    /// The language of the explanations
    #[arg(long, default_value = "en", value_parser = ["en", "zh"])]
    lang: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trial {
    groups: Vec<String>,
    agents: Vec<Agent>,
    diversion: serde_json::Value,
    buyers: Vec<Buyer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Agent {
    name: String,
    groups: Vec<u32>,
    #[serde(default = "one")]
    weight: u32,
    #[serde(default = "five")]
    capacity: u32,
    presence: Option<String>,
}

fn one() -> u32 {
    1
}

fn five() -> u32 {
    5
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Buyer {
    name: String,
    text: String,
    entry: String,
    product: String,
    channel: String,
    tags: Vec<String>,
    level: String,
    order: Option<String>,
    closes: Option<usize>,
}

fn main() -> anyhow::Result<()> {
    actix_rt::System::new().block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let args = Args::parse();
    let trial: Trial =
        Figment::from(Toml::file_exact(&args.file)).extract().with_context(|| format!("{} cannot be used", args.file.display()))?;
    let folder = tempfile::tempdir()?;
    let mut config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
    config.storage.ballast_bytes = 0;
    let core = Core::start(&config, Clock::System)?;
    let door = core.door();
    door.enter_lane();
    let tried = try_out(&door, &trial, args.lang == "zh").await;
    core.stop().await;
    tried
}

async fn try_out(door: &Door, trial: &Trial, chinese: bool) -> anyhow::Result<()> {
    let platform = door.authenticate(&door.issue_operators_key().await?)?;
    door.create_shop(&platform, SHOP.into(), SHOP.into()).await?;
    for name in &trial.groups {
        door.create_group(&platform, Some(SHOP), Group { name: name.clone(), capacity: None, welcome: String::new() }).await?;
    }
    let mut desks = Vec::new();
    for agent in &trial.agents {
        desks.push(hire(door, &platform, agent).await.with_context(|| format!("agent `{}`", agent.name))?);
    }
    let settings = web::read_diversion(trial.diversion.clone()).map_err(|problem| anyhow::anyhow!("diversion: {problem}"))?;
    door.set_diversion(&platform, Some(SHOP), settings, None).await.map_err(listed)?;
    let owner = overseer(door, &platform).await?;
    println!("| # | buyer | says | goes to | why |\n| --- | --- | --- | --- | --- |");
    let mut came: Vec<ConversationId> = Vec::new();
    for (index, buyer) in trial.buyers.iter().enumerate() {
        if let Some(n) = buyer.closes {
            let earlier = came.get(n.wrapping_sub(1)).with_context(|| format!("buyer {}: `closes` names no earlier buyer", index + 1))?;
            door.close(&owner, *earlier).await.with_context(|| format!("buyer {}: `closes`", index + 1))?;
        }
        let (conversation, decided) = arrive(door, &platform, &owner, buyer).await.with_context(|| format!("buyer {}", index + 1))?;
        came.push(conversation);
        let why = &decided.why;
        let sentences = web::explain::decision(why);
        let text = if chinese { sentences.chinese } else { sentences.english };
        let name = |agent: AgentNo| {
            trial.agents.get(agent.0 as usize - 1).map_or_else(|| agent.0.to_string(), |a| format!("{} {}", agent.0, a.name))
        };
        let goes_to = match why.outcome {
            Outcome::Owned(agent) => name(agent),
            Outcome::Queued => "the queue 排队".into(),
            Outcome::Pooled => "the pool 离线消息池".into(),
        };
        println!("| {} | {} | {} | {goes_to} | {text} |", index + 1, buyer.name, buyer.text);
    }
    Ok(())
}

/// An agent at work: its device must be kept.
async fn hire(door: &Door, platform: &Principal, agent: &Agent) -> anyhow::Result<Option<Device>> {
    let groups = agent.groups.iter().map(|g| (GroupNo(*g), None)).collect();
    let settings = AgentSettings { weight: agent.weight, capacity: agent.capacity, groups, enabled: true, welcome: String::new() };
    let session = account(door, platform, &agent.name, Role::Agent, settings).await?;
    let presence = match agent.presence.as_deref().unwrap_or("online") {
        "online" => Presence::Online,
        "suspended" => Presence::Suspended,
        "offline" => return Ok(None),
        other => anyhow::bail!("presence `{other}` is none of online, suspended, offline"),
    };
    let device = door.connect(session.clone(), None).await?;
    door.set_presence(&session, presence).await?;
    Ok(Some(device))
}

async fn overseer(door: &Door, platform: &Principal) -> anyhow::Result<Arc<Principal>> {
    account(
        door,
        platform,
        "owner",
        Role::Owner,
        AgentSettings { weight: 0, capacity: 0, groups: Vec::new(), enabled: true, welcome: String::new() },
    )
    .await
}

async fn account(door: &Door, platform: &Principal, name: &str, role: Role, settings: AgentSettings) -> anyhow::Result<Arc<Principal>> {
    let password = String::from("only for this trial");
    let new = NewAccount { login: name.into(), name: name.into(), password: password.clone(), role, settings };
    door.create_account(platform, Some(SHOP), new).await?;
    let (session, ..) = door.log_in(SHOP, name, password, String::new()).await?;
    Ok(door.authenticate(&session)?)
}

/// The buyer comes; the decision about it.
async fn arrive(door: &Door, platform: &Principal, owner: &Principal, buyer: &Buyer) -> anyhow::Result<(ConversationId, Decided)> {
    let profile = Profile { tags: buyer.tags.clone(), level: buyer.level.clone(), ..Profile::default() };
    door.set_profile(platform, Some(SHOP), buyer.name.clone(), profile).await?;
    if let Some(status) = &buyer.order {
        let (order, name, status) = (format!("O-{}", buyer.name), buyer.name.clone(), status.clone());
        door.report_order(platform, SHOP, Report { order, buyer: name, status, ..Report::default() }).await?;
    }
    let (token, conversation, _) = door.issue_buyer_token(platform, SHOP, buyer.name.clone(), buyer.name.clone(), 3_600).await?;
    let (entry, product, channel) = (buyer.entry.clone(), buyer.product.clone(), buyer.channel.clone());
    let visit = Visit { entry, product, channel, ..Visit::default() };
    let client_message_id = format!("{:08x}", crc32fast::hash(buyer.text.as_bytes()));
    let send = Send { client_message_id, text: buyer.text.clone(), visit, ask_person: false, ..Send::default() };
    let writes = door.authenticate(&token)?;
    let sent = door.send(&writes, send).await?;
    anyhow::ensure!(matches!(sent, Reply::Accepted { .. }), "not accepted");
    // The acknowledgement never waits for routing: the decision is a commit of its own.
    loop {
        let summary = door.conversation(owner, conversation)?;
        match door.why(owner, conversation, summary.reception) {
            Ok(decisions) => return Ok((conversation, decisions.into_iter().next_back().context("no decision")?)),
            Err(Refusal::NotFound { .. }) => tokio::time::sleep(Duration::from_millis(2)).await,
            Err(refusal) => return Err(refusal.into()),
        }
    }
}

/// Every fault of a draft on its own line.
fn listed(refusal: Refusal) -> anyhow::Error {
    match &refusal {
        Refusal::Faulty { faults } => {
            let lines: Vec<String> = faults.iter().map(|f| format!("  diversion.{}: {}", f.field, f.problem)).collect();
            anyhow::anyhow!("the rule set was refused as a whole:\n{}", lines.join("\n"))
        }
        _ => refusal.into(),
    }
}
