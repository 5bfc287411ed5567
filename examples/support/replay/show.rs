//! Something to look at after a replay: an owner's login, and commands to paste that show receptions left open.
//!
//! It creates an account and prints its password, so it must only run when it was asked for.

use crate::floor::Floor;
use crate::support::client::Client;
use crate::support::dice::secret_hex;
use crate::support::problem::Error;
use crate::support::table::counted;

/// Receptions of the shop that stay open to be looked at.
pub const OPEN: usize = 3;

/// Creates the owner of this shop and prints what to paste.
pub async fn show(client: &Client, url: &str, key: &str, run: &str, floor: &Floor) -> Result<(), Error> {
    let (url, shop) = (url.trim_end_matches('/'), &floor.shop);
    let (login, password) = (format!("{run}-owner"), secret_hex(8));
    client.create_owner(key, shop, &login, &password).await?;
    let session = client.log_in(shop, &login, &password).await?;
    let mut open = Vec::new();
    for conversation in floor.left_open() {
        open.push(client.summary(&session.token, &conversation).await?);
    }
    println!("\nTo look at it: log in as the owner of {shop} (login {login}, password {password}).");
    println!(
        "  TOKEN=$(curl -sS {url}/v1/staff/log-in -H 'Content-Type: application/json' \\\n    -d '{{\"shop\":\"{shop}\",\"login\":\"{login}\",\"password\":\"{password}\"}}' | sed 's/.*\"token\":\"\\([^\"]*\\).*/\\1/')"
    );
    // Those that were answered stay with their agent, who is offline now; the others wait for another agent after a minute.
    let Some(one) = open.iter().find(|c| c.state == "replied").or(open.first()) else { return Ok(()) };
    let of_agent = one.owner.map(|owner| format!(" of agent {owner}")).unwrap_or_default();
    let owner = one.owner.map(|owner| format!("&owner={owner}")).unwrap_or_default();
    println!("{} left open. The {} ones{of_agent}:", counted(open.len() as u64, "conversation"), one.state);
    println!("  curl -sS -H \"Authorization: Bearer $TOKEN\" '{url}/v1/staff/inbox?state={}{owner}'", one.state);
    if one.state == "unanswered" {
        println!("  (a minute after their agent left they are among the waiting: state=waiting, without owner)");
    }
    println!("Why this agent got one of them:");
    let (conversation, reception) = (&one.conversation, one.reception);
    println!("  curl -sS -H \"Authorization: Bearer $TOKEN\" {url}/v1/staff/conversations/{conversation}/receptions/{reception}/why");
    Ok(())
}
