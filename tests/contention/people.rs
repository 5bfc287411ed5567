//! What the clients do, all at once, until time is up: buyers who write, agents who answer, close, pass on, pause and drop
//! their connection, and an owner who raises limits, moves people between groups, sets priorities and assigns by hand.

use crate::dice::Dice;
use crate::house::Device;
use crate::stage::{AGENTS, Account, Buyer, ENTRIES, GROUP_CAPACITY, Stage, WRITERS, conversations, group_settings, text};
use serde_json::{Value, json};
use std::rc::Rc;

/// Limits of accounts that one client raises during a run.
const RAISES: u32 = 40;
/// Limits of groups that are raised during a run.
const GROUP_RAISES: u32 = 15;
/// Clients that change settings or look after the pool, beside the writers and the agents.
const OVERSEERS: usize = 8;

/// Clients at once.
pub const CLIENTS: usize = WRITERS + AGENTS + OVERSEERS;

/// Lets the others go first, so many times at the most: who does what before whom is drawn, not timed.
async fn pause(dice: &mut Dice, turns_max: usize) {
    for _ in 0..=dice.below(turns_max) {
        tokio::task::yield_now().await;
    }
}

/// Everybody, until time is up.
pub async fn all(stage: &Rc<Stage>) {
    let mut clients = Vec::new();
    for client in 0..CLIENTS {
        let stage = stage.clone();
        clients.push(actix_rt::spawn(async move {
            let other = client.saturating_sub(WRITERS + AGENTS);
            match client {
                _ if client < WRITERS => write(&stage, client).await,
                _ if client < WRITERS + AGENTS => serve(&stage, client).await,
                _ if other < 2 => raise(&stage, client, other).await,
                _ if other == 2 => raise_groups(&stage, client).await,
                _ if other == 3 => prefer(&stage, client).await,
                _ if other < 6 => give_out(&stage, client).await,
                _ => close_others(&stage, client).await,
            }
        }));
    }
    for client in clients {
        client.await.expect("a client that did not give up");
    }
}

/// One message; over the socket where there is one. A broken connection is replaced, and the message repeated.
async fn say(stage: &Stage, client: usize, buyer: &Buyer, device: &mut Option<Device>, body: &Value) -> Value {
    loop {
        let answer = match device {
            Some(device) => {
                let mut frame = body.clone();
                frame["type"] = "send".into();
                device.ask(&frame).await
            }
            None => Some(stage.house.call("POST", "/v1/buyer/messages", &buyer.token, body).await),
        };
        match answer {
            Some(answer) => {
                let answer = answer.unwrap_or_else(|refused| panic!("a buyer's message was refused: {refused:?}"));
                stage.accepted(client, &buyer.conversation, body["text"].as_str().expect("a text"), &answer);
                return answer;
            }
            None => *device = stage.house.connect("buyer", &buyer.token).await,
        }
    }
}

async fn write(stage: &Stage, client: usize) {
    let mut dice = stage.dice(client);
    let buyers = &stage.buyers[client];
    // The first buyer of every fourth writer has a device.
    let mut device = if client.is_multiple_of(4) { stage.house.connect("buyer", &buyers[0].token).await } else { None };
    while stage.goes_on() {
        let n = dice.below(buyers.len());
        let (buyer, words) = (&buyers[n], stage.unique(client));
        let body = json!({"client_message_id": words, "text": words, "entry": ENTRIES[dice.below(3)], "ask_person": dice.below(20) == 0});
        let mut nobody = None;
        let via = if n == 0 { &mut device } else { &mut nobody };
        let first = say(stage, client, buyer, via, &body).await;
        stage.count(if via.is_some() { "sent by socket" } else { "sent" });
        if dice.below(10) == 0 {
            let again = say(stage, client, buyer, via, &body).await;
            assert_eq!((&again["seq"], &again["repeated"]), (&first["seq"], &json!(true)), "a retry is the message it repeats");
            stage.count("repeated");
        }
        if let Some(connected) = &mut device
            && !connected.catch_up().await
        {
            device = stage.house.connect("buyer", &buyers[0].token).await;
        }
        pause(&mut dice, 40).await;
    }
}

async fn serve(stage: &Stage, client: usize) {
    let (mut dice, me) = (stage.dice(client), &stage.agents[client - WRITERS]);
    let mut device = None;
    while stage.goes_on() {
        let connected = match &mut device {
            Some(device) => Device::catch_up(device).await,
            None => false,
        };
        if !connected {
            device = stage.house.connect("staff", &me.token).await;
            device.iter().for_each(|_| stage.count("came back"));
        }
        let presence = |presence: &str| json!({"presence": presence});
        match dice.below(100) {
            0..=2 => drop(stage.try_to("suspended", "PUT", "/v1/staff/presence", &me.token, presence("suspended")).await),
            3..=8 => drop(stage.try_to("resumed", "PUT", "/v1/staff/presence", &me.token, presence("online")).await),
            9..=11 => {
                device = None;
                stage.count("dropped the connection");
                // Shorter and longer than the grace.
                pause(&mut dice, 700).await;
            }
            _ => work(stage, client, &mut dice, &mut device).await,
        }
        pause(&mut dice, 25).await;
    }
}

/// An agent looks at what is there and does something about some of it.
async fn work(stage: &Stage, client: usize, dice: &mut Dice, device: &mut Option<Device>) {
    let me = &stage.agents[client - WRITERS];
    let state = if dice.below(4) == 0 { "replied" } else { "unanswered" };
    let page = stage.house.must("GET", &format!("/v1/staff/inbox?state={state}&limit=5"), &me.token, Value::Null).await;
    for conversation in conversations(&page).into_iter().take(2) {
        let path = |rest: &str| format!("/v1/staff/conversations/{conversation}/{rest}");
        match dice.below(100) {
            0..=44 => answer(stage, client, dice, device, &conversation).await,
            45..=84 => drop(stage.try_to("closed", "POST", &path("close"), &me.token, json!({})).await),
            85..=94 => drop(stage.try_to("transferred", "POST", &path("transfer"), &me.token, somebody(stage, dice)).await),
            _ => match device {
                Some(device) => device.read(&conversation, u64::MAX >> 12).await,
                None => drop(stage.try_to("read", "POST", &path("read"), &me.token, json!({"seq": 1})).await),
            },
        }
    }
}

async fn answer(stage: &Stage, client: usize, dice: &mut Dice, device: &mut Option<Device>, conversation: &str) {
    let (me, words) = (&stage.agents[client - WRITERS], stage.unique(client));
    let body = json!({"client_message_id": words, "text": words});
    let by_socket = match device {
        Some(device) if dice.below(3) == 0 => {
            let mut frame = body.clone();
            (frame["type"], frame["conversation"]) = ("answer".into(), conversation.into());
            device.ask(&frame).await
        }
        _ => None,
    };
    let answer = match by_socket {
        Some(answer) => answer,
        // Also where the connection broke and nobody knows: the same words again.
        None => stage.house.call("POST", &format!("/v1/staff/conversations/{conversation}/messages"), &me.token, &body).await,
    };
    if let Some(answer) = stage.told("answered", answer) {
        stage.accepted(client, conversation, &words, &answer);
    }
}

/// An agent or a group.
fn somebody(stage: &Stage, dice: &mut Dice) -> Value {
    match dice.below(2) {
        0 => json!({"agent": stage.agents[dice.below(AGENTS)].number, "reason": "请帮忙"}),
        _ => json!({"group": 1 + dice.below(3)}),
    }
}

/// Raises limits of every second account, and changes its groups. Nobody else changes these accounts.
async fn raise(stage: &Stage, client: usize, parity: usize) {
    let mut dice = stage.dice(client);
    let mut accounts: Vec<Account> = (0..AGENTS).map(Account::first).collect();
    let mut raised = 0;
    while stage.goes_on() {
        let n = dice.below(AGENTS / 2) * 2 + parity;
        let (account, group) = (&mut accounts[n], dice.below(3));
        let what = if raised < stage.due(RAISES) {
            raised += 1;
            match (&mut account.groups[group].1, dice.below(3)) {
                (Some(limit), 0..=1) => *limit += 1,
                _ => account.capacity += 1,
            }
            "raised"
        } else if dice.below(3) == 0 {
            account.groups[group].0 ^= true;
            "changed groups"
        } else {
            "set again"
        };
        let path = format!("/v1/staff/shop/accounts/{}", stage.agents[n].number);
        stage.try_to(what, "PUT", &path, &stage.boss, account.settings()).await;
        pause(&mut dice, 60).await;
    }
}

async fn raise_groups(stage: &Stage, client: usize) {
    let mut dice = stage.dice(client);
    let (mut capacities, mut raised) = ([GROUP_CAPACITY; 3], 0);
    while stage.goes_on() {
        let group = dice.below(3);
        if raised < stage.due(GROUP_RAISES) {
            (raised, capacities[group]) = (raised + 1, capacities[group] + 1);
            let (path, number) = (format!("/v1/staff/shop/groups/{}", group + 1), group as u32 + 1);
            let settings = group_settings(number, Some(capacities[group]));
            stage.try_to("raised a group", "PUT", &path, &stage.boss, settings).await;
        }
        pause(&mut dice, 100).await;
    }
}

/// Sets priorities and dedicated agents of buyers.
async fn prefer(stage: &Stage, client: usize) {
    let mut dice = stage.dice(client);
    while stage.goes_on() {
        let buyers = &stage.buyers[dice.below(WRITERS)];
        let buyer = &buyers[dice.below(buyers.len())];
        let priority = ["urgent", "high", "normal", "low"][dice.below(4)];
        let mut profile = json!({"priority": priority});
        if dice.below(10) == 0 {
            profile["dedicated"] = stage.agents[dice.below(AGENTS)].number.into();
        }
        stage.try_to("set a priority", "PUT", &format!("/v1/staff/shop/buyers/{}", buyer.name), &stage.boss, profile).await;
        pause(&mut dice, 30).await;
    }
}

/// Assigns by hand out of the pool, and now and then out of the queue.
async fn give_out(stage: &Stage, client: usize) {
    let mut dice = stage.dice(client);
    while stage.goes_on() {
        let pool = stage.house.must("GET", "/v1/staff/shop/pool?limit=4", &stage.boss, Value::Null).await;
        let pooled = conversations(&pool);
        if !pooled.is_empty() && dice.below(3) > 0 {
            let mut body = somebody(stage, &mut dice);
            body["conversations"] = pooled.into();
            if let Some(results) = stage.try_to("gave out the pool", "POST", "/v1/staff/shop/pool/assign", &stage.boss, body).await {
                let items = results["items"].as_array().expect("a list");
                items.iter().filter(|item| item["agent"].is_number()).for_each(|_| stage.count("assigned by hand"));
            }
        } else {
            let waiting = stage.house.must("GET", "/v1/staff/inbox?state=waiting&limit=20", &stage.boss, Value::Null).await;
            let waiting = conversations(&waiting);
            if !waiting.is_empty() {
                let path = format!("/v1/staff/conversations/{}/transfer", waiting[dice.below(waiting.len())]);
                stage.try_to("transferred", "POST", &path, &stage.boss, somebody(stage, &mut dice)).await;
            }
        }
        pause(&mut dice, 80).await;
    }
}

/// The owner closes what others have, or nobody has.
async fn close_others(stage: &Stage, client: usize) {
    let mut dice = stage.dice(client);
    while stage.goes_on() {
        let state = ["unanswered", "replied", "waiting", "pooled"][dice.below(4)];
        let page = stage.house.must("GET", &format!("/v1/staff/inbox?state={state}&limit=20"), &stage.boss, Value::Null).await;
        let rows = page["conversations"].as_array().expect("a list");
        if !rows.is_empty() {
            let path = format!("/v1/staff/conversations/{}/close", text(&rows[dice.below(rows.len())], "conversation"));
            stage.try_to("closed by the owner", "POST", &path, &stage.boss, json!({})).await;
        }
        pause(&mut dice, 80).await;
    }
}
