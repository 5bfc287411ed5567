//! A network of IP addresses as an operator writes it: `10.0.0.0/8`, or one address.

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(IpNet);

impl Network {
    /// Whether an address is one of it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Network, String> {
        let text = text.trim();
        let network = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        let network = network.ok_or_else(|| format!("{text:?} is no network such as \"10.0.0.0/8\", and no address"))?;
        // `10.1.2.3/8` is a slip of the pen: which of the two was meant?
        match network.trunc() == network {
            true => Ok(Network(network)),
            false => Err(format!("{text:?} has digits behind its prefix: {} or {}?", network.trunc(), network.addr())),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Network, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A list, or, as the environment has it, one text with commas.
pub fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Network>, D::Error> {
    struct Networks;
    impl<'de> de::Visitor<'de> for Networks {
        type Value = Vec<Network>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of networks")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<Network>, E> {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            parts.map(|part| part.parse().map_err(E::custom)).collect()
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Network>, A::Error> {
            let mut networks = Vec::new();
            while let Some(network) = list.next_element()? {
                networks.push(network);
            }
            Ok(networks)
        }
    }
    deserializer.deserialize_any(Networks)
}
