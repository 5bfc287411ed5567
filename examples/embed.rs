//! The library inside a program: no network, one process, the same rules, the same disk.
//!
//! `cargo run --release --example embed`

use fenliu::actors::clock::Clock;
use fenliu::app::Core;
use fenliu::config::Config;
use fenliu::domain::Reply;
use fenliu::domain::event::{AgentSettings, Event, Role};
use fenliu::door::{NewAccount, Send, Told, With};

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("fenliu-embed-{}", std::process::id()));
    let mut config = Config { data_dir: folder.clone(), ..Config::default() };
    config.storage.ballast_bytes = 0;

    // Open the data folder, and let entities live on this very thread.
    let core = Core::start(&config, Clock::System)?;
    let door = core.door();
    door.enter_lane();

    // The embedding program is the operator: it makes a shop with one agent.
    let platform = door.authenticate(&door.issue_operators_key().await?)?;
    door.create_shop(&platform, "tea-house".into(), "茶馆".into()).await?;
    let settings = AgentSettings { weight: 1, capacity: 5, groups: Vec::new(), enabled: true, welcome: String::new() };
    let (login, name, password) = ("mei".into(), "Mei".into(), "a good password".into());
    door.create_account(&platform, Some("tea-house"), NewAccount { login, name, password, role: Role::Agent, settings }).await?;
    let (session, ..) = door.log_in("tea-house", "mei", "a good password".into(), String::new()).await?;
    let mei = door.authenticate(&session)?;
    let mut desk = door.connect(mei.clone(), None).await?; // now she is online

    // A buyer writes: acknowledged means on disk.
    let (token, conversation, _) = door.issue_buyer_token(&platform, "tea-house", "buyer-17".into(), "小林".into(), 3_600).await?;
    let buyer = door.authenticate(&token)?;
    let message = Send { client_message_id: "my-message-1".into(), text: "龙井什么时候到货？".into(), ..Send::default() };
    let Reply::Accepted { seq, .. } = door.send(&buyer, message).await? else { anyhow::bail!("not accepted") };
    println!("the buyer's message is number {seq} of conversation {conversation}");

    // Her device is told that the reception is hers; she answers, and asks why she got it.
    let reception = loop {
        let owned = desk.next().await.map_err(|cut| anyhow::anyhow!("{cut:?}"))?.iter().find_map(|told| match told {
            Told::Feed(entry) => match &entry.event {
                Event::ReceptionOwned { reception, agent, .. } => Some((*reception, *agent)),
                _ => None,
            },
            Told::Signal(_) => None,
        });
        if let Some((reception, agent)) = owned {
            println!("reception {reception} went to agent {}", agent.0);
            break reception;
        }
    };
    door.answer(&mei, conversation, "answer-1".into(), "明天上午。".into(), With::default()).await?;
    for decided in door.why(&mei, conversation, reception)? {
        println!("because: {:?}", decided.why.step);
    }
    for message in door.history(&mei, conversation, 0, 50)? {
        println!("{:>3} {:?}: {}", message.seq, message.author, message.text);
    }

    // Whoever holds a door or a device holds the files open.
    drop((desk, door));
    core.stop().await;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
