//! What a run needs before its first message: the platform key, and names that the server accepts.

use clap::Args;
use std::path::PathBuf;

/// Where the server is and how the platform identifies itself.
#[derive(Args, Clone, Debug)]
pub struct Server {
    /// The server's address
    #[arg(long, default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub url: String,
    /// The platform's API key (flk_…); needs the scopes shops, accounts, buyer_tokens and guard
    #[arg(long, env = "FENLIU_KEY", hide_env_values = true, value_name = "KEY")]
    key: Option<String>,
    /// A file whose first line is the platform's API key
    #[arg(long, env = "FENLIU_KEY_FILE", conflicts_with = "key", value_name = "FILE")]
    key_file: Option<PathBuf>,
}

impl Server {
    /// The platform's key.
    pub fn key(&self) -> Result<String, String> {
        let key = match (&self.key, &self.key_file) {
            (Some(key), _) => key.clone(),
            (None, Some(path)) => std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?,
            (None, None) => return Err("a platform key is needed: --key-file FILE, --key KEY or FENLIU_KEY".into()),
        };
        let key = key.lines().next().unwrap_or_default().trim().to_owned();
        if key.starts_with("flk_") { Ok(key) } else { Err("the platform's key begins with flk_".into()) }
    }

    /// `host:port`, as sockets and the `Host` header want it.
    pub fn address(&self) -> String {
        let uri = self.url.parse::<awc::http::Uri>().unwrap_or_default();
        format!("{}:{}", uri.host().unwrap_or("127.0.0.1"), uri.port_u16().unwrap_or(80))
    }

    /// Whether the server is on this machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.url.parse::<awc::http::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

/// A shop's name in addresses: at most 64 of `[a-z0-9-]`.
pub fn slug(domain: &str) -> String {
    let mut slug = String::new();
    for c in domain.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            c if c.is_ascii() => {
                if !slug.ends_with('-') {
                    slug.push('-');
                }
            }
            // Different names must stay different where nothing of them is ASCII.
            c => slug += &format!("u{:x}", c as u32),
        }
    }
    slug.truncate(64);
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "shop".into() } else { slug.into() }
}
