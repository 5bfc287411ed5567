//! Puts a steady, open-loop load on a running server and measures it from outside: acknowledgements as buyers see them,
//! deliveries as agents see them.

mod support;

#[path = "support/load/figures.rs"]
mod figures;
#[path = "support/load/house.rs"]
mod house;
#[path = "support/load/pace.rs"]
mod pace;
#[path = "support/load/senders.rs"]
mod senders;

use clap::Parser;
use figures::Figures;
use futures_util::{StreamExt, TryStreamExt, stream};
use house::{House, Size};
use pace::Arrivals;
use senders::{Buyer, Senders, Text};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};
use support::client::Client;
use support::device::{Device, Side};
use support::dice::{Dice, secret_hex};
use support::problem::Error;
use support::setup::Server;

/// Sends buyers' messages at a fixed rate, whatever the server does, and shows how long acknowledgement and delivery took.
///
/// It creates its own shops, agents and buyers (named load-…). Each buyer first writes one message, so that every reception has an
/// owner; then the load begins. Times count from the instant a message was meant to be sent, so a server that stalls is charged for
/// all who would have written meanwhile. Nothing is repeated: what is refused is counted by its code. Violations become mere
/// warnings in all shops (/v1/platform/guard/conduct), because programs answer as no person does.
#[derive(Parser)]
#[command(
    name = "load",
    after_help = "Example:\n  load --key-file data/platform.key --rate 2000 --duration 30 --buyers 500 --answer-share 0.2"
)]
struct Args {
    #[command(flatten)]
    server: Server,
    /// Messages a second, of all buyers together
    #[arg(long, default_value_t = 500.0)]
    rate: f64,
    /// Measured seconds
    #[arg(long, default_value_t = 20.0, value_name = "S")]
    duration: f64,
    /// Seconds at the full rate before the measurement
    #[arg(long, default_value_t = 3.0, value_name = "S")]
    warm_up: f64,
    /// Shops
    #[arg(long, default_value_t = 4)]
    shops: usize,
    /// Agents, of all shops together; each shop has at least one
    #[arg(long, default_value_t = 24)]
    agents: usize,
    /// Buyers, of all shops together
    #[arg(long, default_value_t = 200)]
    buyers: usize,
    /// Keep-alive connections that the buyers over HTTP share
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Share of the buyers who write over a WebSocket of their own, 0 to 1
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    ws: f64,
    /// Share of the delivered messages that are answered, 0 to 1
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    answer_share: f64,
    /// The shops' time limit of a first response; without it the usual one
    #[arg(long, value_name = "S")]
    first_response_s: Option<u32>,
    /// Bytes of a message's text
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u16).range(40..=9000))]
    text_bytes: u16,
    /// How sends are spread
    #[arg(long, value_enum, default_value = "poisson")]
    arrivals: Arrivals,
    /// Decides who writes when
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Allow a server on another machine; load on a server that is not yours is an attack
    #[arg(long)]
    i_own_this_server: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    actix_rt::System::new().block_on(async {
        match run(args).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("load: {why}");
                ExitCode::from(2)
            }
        }
    })
}

fn checked(args: &Args) -> Result<(), String> {
    if !args.server.is_loopback() && !args.i_own_this_server {
        return Err(format!("{} is not on this machine; if it is yours, say --i-own-this-server", args.server.url));
    }
    let positive =
        args.shops > 0 && args.buyers > 0 && args.connections > 0 && args.rate > 0.0 && args.duration > 0.0 && args.warm_up >= 0.0;
    let finite = args.rate.is_finite() && args.duration.is_finite() && args.warm_up.is_finite();
    let shares = (0.0..=1.0).contains(&args.ws) && (0.0..=1.0).contains(&args.answer_share);
    if positive && finite && shares {
        Ok(())
    } else {
        Err("shops, buyers, connections, rate and duration are above 0; shares are from 0 to 1".into())
    }
}

async fn run(args: Args) -> Result<(), String> {
    checked(&args)?;
    let key = args.server.key()?;
    let told = |e: Error| e.to_string();
    let client = Client::new(&args.server.url, Duration::from_secs(30)).map_err(told)?;
    let run = secret_hex(3);
    let Args { shops, agents, buyers, answer_share, first_response_s, seed, .. } = args;
    let size = Size { shops, agents, buyers, answer_share, first_response_s, seed };
    let text = Text::new(&format!("load-{run}"), args.text_bytes.into(), Instant::now());
    println!("setting up {} shops, {} agents, {} buyers (run {run})", args.shops, args.agents.max(args.shops), args.buyers);

    // Measured from the far future until the set-up is done: the first messages of the buyers are in no figure.
    let figures = Rc::new(Figures::new(Instant::now() + Duration::from_secs(365 * 86_400)));
    let house = House::open(&client, &key, &run, &size, &text, &figures).await.map_err(told)?;
    let buyers = admit(&args, &client, &house, &text, &run).await.map_err(told)?;
    wait_for_owners(&house, args.buyers as u64).await;

    let start = Instant::now() + Duration::from_millis(50);
    let (warm_up, duration) = (Duration::from_secs_f64(args.warm_up), Duration::from_secs_f64(args.duration));
    figures.measure_from(start + warm_up);
    let senders = Senders::new(buyers, text, figures.clone(), args.server.address(), run);
    senders.open(args.connections);
    println!("{} messages a second for {:.0} s after {:.0} s of warm-up", args.rate, args.duration, args.warm_up);
    let mut due = pace::start(args.rate, args.arrivals, args.seed, start, warm_up + duration);
    let mut dice = Dice::new(args.seed, u64::MAX);
    let mut n = 0;
    loop {
        tokio::select! {
            next = due.recv() => match next {
                Some(intended) => {
                    senders.send(dice.below(args.buyers), n, intended);
                    n += 1;
                }
                None => break,
            },
            _ = actix_rt::signal::ctrl_c() => {
                println!("stopped before the end");
                break;
            }
        }
    }
    drop(due);
    senders.finish(Duration::from_secs(15)).await;
    wait_for_deliveries(&figures).await;
    let measured = duration.min(Instant::now().saturating_duration_since(start + warm_up));
    figures.print(args.rate, measured);
    let (reconnects, disordered) = house.trouble();
    if reconnects + disordered > 0 {
        println!("WARNING: agents' sockets connected again {reconnects} times; {disordered} frames were repeated or out of order");
    }
    Ok(())
}

/// Gives each buyer a credential and lets it write its first message.
async fn admit(args: &Args, client: &Client, house: &House, text: &Text, run: &str) -> Result<Vec<Buyer>, Error> {
    let host = args.server.address();
    let sockets = (args.buyers as f64 * args.ws).round() as usize;
    let admitted = stream::iter(0..args.buyers).map(|i| {
        let host = &host;
        async move {
            let token = house.admit(i, args.shops).await?.token;
            client.send(&token, &format!("{run}-hello-{i}"), "您好，有人在吗？", "").await?;
            // Spread over the shops: buyer i belongs to shop i mod shops.
            if i < sockets {
                Ok(Buyer::Socket(Device::open(client, Side::Buyer, &token, |_, _| ()).await?))
            } else {
                Ok(Buyer::http(host, &token, text))
            }
        }
    });
    admitted.buffered(32).try_collect().await
}

async fn wait_for_owners(house: &House, buyers: u64) {
    let end = Instant::now() + Duration::from_secs(30);
    while house.owned.get() < buyers && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    if house.owned.get() < buyers {
        println!(
            "WARNING: only {} of {buyers} receptions have an owner; messages of the others are delivered to nobody",
            house.owned.get()
        );
    }
}

async fn wait_for_deliveries(figures: &Figures) {
    let end = Instant::now() + Duration::from_secs(5);
    while figures.delivered.get() < figures.acknowledged.get() && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
