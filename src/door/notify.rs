//! Where a shop's people are told outside the system (NTF-1 … NTF-3): channels and their proof, routes, and what became of each
//! notification. Draws codes and secrets; a secret that was drawn is told once, to whoever asked for the channel.

use super::{Door, check_name};
use crate::domain::id::ShopScope;
use crate::domain::notify::channel::{Channel, ChannelNo, Kind, Language, Secret, Target, literal_address, webhook_secret};
use crate::domain::notify::courier::{Command, Courier};
use crate::domain::notify::record::{Listed, Record};
use crate::domain::notify::route::Route;
use crate::domain::permission::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::view::{Page, Principal};
use crate::domain::{Effect, Reply};
use crate::limits;

/// A new channel. The secret of a webhook may be left empty: then it is drawn.
#[derive(Clone, Debug)]
pub struct NewChannel {
    pub name: String,
    pub target: Target,
    pub language: Language,
}

/// `count` random bytes are not to be had, or these.
fn random<const N: usize>() -> Result<[u8; N], Refusal> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gives no random numbers");
        Refusal::Internal
    })?;
    Ok(bytes)
}

/// Six digits, each number as likely as any other.
fn six_digits() -> Result<Secret, Refusal> {
    loop {
        let drawn = u32::from_be_bytes(random::<4>()?);
        if drawn < u32::MAX / 1_000_000 * 1_000_000 {
            return Ok(Secret(format!("{:06}", drawn % 1_000_000)));
        }
    }
}

impl Door {
    pub(super) fn courier(&self, scope: ShopScope) -> Result<Courier, Refusal> {
        Ok(self.read(|store| store.courier(scope))?.unwrap_or_else(|| Courier::new(scope)))
    }

    async fn ask_courier(&self, scope: ShopScope, command: Command) -> Result<Reply, Refusal> {
        self.submit(Effect::Courier(scope, command)).await
    }

    /// Refuses a channel that this server could never reach.
    fn reachable(&self, target: &Target) -> Result<(), Refusal> {
        let reach = self.inner.registry.reach.get();
        let invalid = |field, problem| Err(Refusal::Invalid { field, problem });
        let unable = |what: &str| invalid("kind", format!("this server sends no {what}: its operator has to set that up"));
        target.check(reach.is_some_and(|reach| reach.http)).map_err(|(field, problem)| Refusal::Invalid { field, problem })?;
        let Some(reach) = reach else { return Ok(()) };
        match target.kind() {
            Kind::Mail if !reach.mail => unable("mail"),
            Kind::Phone if !reach.sms => unable("text messages"),
            _ => match target.url().and_then(literal_address).map(&reach.open) {
                Some(Err(problem)) => invalid("url", problem),
                _ => Ok(()),
            },
        }
    }

    /// The channels of a shop; their secrets are for the courier alone.
    pub fn channels(&self, who: &Principal, shop: Option<&str>) -> Result<Vec<Channel>, Refusal> {
        let (scope, _) = self.shop_as(who, shop, false)?;
        Ok(self.courier(scope)?.channels)
    }

    /// Adds a channel, which is used once it is proved: its number, and its secret where one was drawn.
    pub async fn add_channel(&self, who: &Principal, shop: Option<&str>, new: NewChannel) -> Result<(ChannelNo, Option<Secret>), Refusal> {
        let (scope, by) = self.shop_as(who, shop, true)?;
        let NewChannel { name, mut target, language } = new;
        if !name.is_empty() {
            check_name("name", &name)?;
        }
        let mut drawn = None;
        if let Target::Webhook { secret, .. } = &mut target
            && secret.0.is_empty()
        {
            *secret = webhook_secret(&random::<32>()?);
            drawn = Some(secret.clone());
        }
        self.reachable(&target)?;
        match self.ask_courier(scope, Command::AddChannel { name, target, language, by }).await? {
            Reply::Numbered { no } => Ok((ChannelNo(no as u32), drawn)),
            _ => Err(Refusal::Internal),
        }
    }

    pub async fn remove_channel(&self, who: &Principal, shop: Option<&str>, no: ChannelNo) -> Result<(), Refusal> {
        let (scope, by) = self.shop_as(who, shop, true)?;
        self.ask_courier(scope, Command::RemoveChannel { no, by }).await.map(drop)
    }

    /// Sends a test: the number of its notification.
    pub async fn test_channel(&self, who: &Principal, shop: Option<&str>, no: ChannelNo) -> Result<u64, Refusal> {
        let (scope, _) = self.shop_as(who, shop, true)?;
        let digits = six_digits()?;
        match self.ask_courier(scope, Command::SendTest { no, digits }).await? {
            Reply::Numbered { no } => Ok(no),
            _ => Err(Refusal::Internal),
        }
    }

    /// Proves a channel with the code that came through it (NTF-2).
    pub async fn verify_channel(&self, who: &Principal, shop: Option<&str>, no: ChannelNo, code: String) -> Result<(), Refusal> {
        let (scope, by) = self.shop_as(who, shop, true)?;
        let wrong = |problem: String| Err(Refusal::Invalid { field: "code", problem });
        if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
            return wrong("the six digits that were sent".into());
        }
        match self.ask_courier(scope, Command::Verify { no, digits: Secret(code), by }).await? {
            Reply::Done => Ok(()),
            Reply::CodeRefused { tries_left: 0 } => wrong("wrong; send another test, which brings a new code".into()),
            Reply::CodeRefused { tries_left } => wrong(format!("wrong; {tries_left} tries are left")),
            _ => Err(Refusal::Internal),
        }
    }

    /// The routes that the shop has set.
    pub fn channel_routes(&self, who: &Principal, shop: Option<&str>) -> Result<Vec<Route>, Refusal> {
        let (scope, _) = self.shop_as(who, shop, false)?;
        Ok(self.courier(scope)?.routes)
    }

    pub async fn set_channel_routes(&self, who: &Principal, shop: Option<&str>, routes: Vec<Route>) -> Result<(), Refusal> {
        let (scope, by) = self.shop_as(who, shop, true)?;
        self.ask_courier(scope, Command::SetRoutes { routes, by }).await.map(drop)
    }

    /// Notifications before number `before`, the newest first; the cursor is the last one's number.
    pub fn notifications(
        &self,
        who: &Principal,
        shop: Option<&str>,
        of: Listed,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Page<Record, u64>, Refusal> {
        let (scope, _) = self.shop_who_may(who, shop, Permission::Review)?;
        self.read(|store| store.notifications(scope, of, before, limit.min(limits::PAGE_ROWS_MAX)))
    }

    pub fn notification(&self, who: &Principal, shop: Option<&str>, no: u64) -> Result<Record, Refusal> {
        let (scope, _) = self.shop_who_may(who, shop, Permission::Review)?;
        self.read(|store| store.notification(scope, no))?.ok_or(Refusal::NotFound { what: "notification" })
    }
}
