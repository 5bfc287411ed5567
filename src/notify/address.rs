//! Which addresses the server may connect to for a shop: those of the public internet, and networks that the operator allows. The
//! addresses that were looked at are the ones that are connected to: a name that changes its mind in between changes nothing.

use crate::config::Notify;
use crate::domain::notify::address::why_not;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

/// Where a name leads is no place to ask.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Closed(pub String);

/// What the operator allows.
#[derive(Clone)]
pub struct Rule(Arc<Notify>);

impl Rule {
    /// From the settings.
    pub fn new(settings: Notify) -> Rule {
        Rule(Arc::new(settings))
    }

    /// Whether addresses without TLS are asked.
    pub fn http(&self) -> bool {
        self.0.allow_http
    }

    /// Refuses an address that a shop may not make this server ask.
    pub fn check(&self, address: IpAddr) -> Result<(), Closed> {
        // As the operator would write it: `::ffff:10.0.0.1` is `10.0.0.1`.
        let address = address.to_canonical();
        match why_not(address).filter(|_| !self.0.allow.iter().any(|network| network.contains(address))) {
            Some(why) => Err(Closed(format!("the host leads to {why}, which this server does not ask"))),
            None => Ok(()),
        }
    }
}

impl Resolve for Rule {
    fn resolve(&self, name: Name) -> Resolving {
        let rule = self.clone();
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let looked_up = tokio::task::spawn_blocking(move || (host.as_str(), 0).to_socket_addrs().map(Iterator::collect::<Vec<_>>));
            let found: Vec<SocketAddr> = looked_up.await??;
            // One closed address among them is enough: whoever mixes them tries something.
            for address in &found {
                rule.check(address.ip())?;
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // SPEC: NTF-1
    #[test]
    fn a_name_that_leads_to_this_machine_is_not_asked() {
        let looked_up = |allow: &str| {
            let rule = Rule::new(Notify { allow_http: false, allow: allow.split(' ').filter_map(|one| one.parse().ok()).collect() });
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(rule.resolve("localhost".parse().unwrap()))
        };
        let refused = looked_up("").err().expect("it is closed");
        assert!(refused.downcast_ref::<Closed>().unwrap().0.contains("this machine"), "{refused}");
        assert!(looked_up("127.0.0.0/8 ::1").is_ok_and(|mut found| found.next().is_some()));
    }

    // SPEC: NTF-1
    #[test]
    fn what_the_operator_allows_is_asked_in_whatever_form_it_comes() {
        let rule =
            |allow: &[&str]| Rule::new(Notify { allow_http: false, allow: allow.iter().map(|network| network.parse().unwrap()).collect() });
        let open = |rule: &Rule, address: &str| rule.check(address.parse().unwrap()).is_ok();
        let (none, ten) = (rule(&[]), rule(&["10.0.0.0/8"]));
        assert!(open(&none, "8.8.8.8") && open(&none, "::ffff:8.8.8.8"));
        assert!(!open(&none, "10.1.2.3") && !open(&none, "::ffff:10.1.2.3") && !open(&none, "::ffff:127.0.0.1"));
        assert!(open(&ten, "10.1.2.3") && open(&ten, "::ffff:10.1.2.3") && !open(&ten, "127.0.0.1"));
    }
}
