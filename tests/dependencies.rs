//! The dependencies keep to `deny.toml`: licences, sources, bans. Offline, from `cargo metadata` and the lock file.
//!
//! A check of our own, because the gate must run anywhere within a second; cargo-deny reads the same policy where it is
//! installed. What only this check can see: whether a banned crate is in the shipped program or only in the tests.

use figment::Figment;
use figment::providers::{Format, Toml};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

#[derive(Deserialize)]
struct Policy {
    licenses: Licenses,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

/// What the program itself may bring in through its wrappers; through others only its tests may.
const SHIPPED: [&str; 1] = ["chrono"];

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Ban {
    /// A name, or `name:<version` for those below it.
    #[serde(rename = "crate")]
    name: String,
    /// Allowed in the tests, as a dependency of these.
    #[serde(default)]
    wrappers: Vec<String>,
    #[serde(default)]
    deny_multiple_versions: bool,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

#[derive(Clone, Default)]
struct Package {
    name: String,
    version: String,
    licence: String,
    /// Empty for the project itself.
    source: String,
    /// Part of the program, not only of its tests.
    shipped: bool,
    wanted_by: BTreeSet<String>,
}

impl Ban {
    fn is_of(&self, package: &Package) -> bool {
        let numbers = |version: &str| version.split('.').map_while(|part| part.parse().ok()).collect::<Vec<u64>>();
        match self.name.split_once(":<") {
            Some((name, first_good)) => name == package.name && numbers(&package.version) < numbers(first_good),
            None => self.name == package.name,
        }
    }
}

fn policy() -> Policy {
    Figment::from(Toml::file_exact(concat!(env!("CARGO_MANIFEST_DIR"), "/deny.toml"))).extract().unwrap()
}

fn faults(policy: &Policy, packages: &[Package]) -> Vec<String> {
    let mut faults = Vec::new();
    for package in packages.iter().filter(|package| !package.source.is_empty()) {
        let Package { name, version, licence, source, .. } = package;
        if !licence_fits(licence, &policy.licenses.allow) {
            faults.push(format!("{name} {version}: licence {licence:?} is not covered by [licenses] allow"));
        }
        if !policy.sources.allow_registry.iter().any(|registry| *source == format!("registry+{registry}")) {
            faults.push(format!("{name} {version}: comes from {source}"));
        }
    }
    for ban in &policy.bans.deny {
        let found: Vec<_> = packages.iter().filter(|package| ban.is_of(package)).collect();
        if ban.deny_multiple_versions {
            if found.len() > 1 {
                faults.push(format!("{}: {} versions", ban.name, found.len()));
            }
            continue;
        }
        for package in found {
            let through_wrappers = !ban.wrappers.is_empty() && package.wanted_by.iter().all(|user| ban.wrappers.contains(user));
            if !through_wrappers || package.shipped && !SHIPPED.contains(&package.name.as_str()) {
                faults.push(format!("{} {}: banned: {}", package.name, package.version, ban.reason));
            }
        }
    }
    faults
}

/// Whether a licence expression (SPDX, or the old `A/B` for a choice) can be met from `allowed`.
fn licence_fits(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let fits = choice(&mut words, allowed);
    fits && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn choice(words: &mut Words, allowed: &[String]) -> bool {
    let mut fits = every(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        fits |= every(words, allowed);
    }
    fits
}

fn every(words: &mut Words, allowed: &[String]) -> bool {
    let mut fits = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        fits &= one(words, allowed);
    }
    fits
}

fn one(words: &mut Words, allowed: &[String]) -> bool {
    match words.next() {
        Some("(") => {
            let fits = choice(words, allowed);
            words.next() == Some(")") && fits
        }
        Some(licence) => {
            let exception = words.next_if_eq(&"WITH").and_then(|_| words.next());
            let whole = exception.map_or_else(|| licence.to_owned(), |exception| format!("{licence} WITH {exception}"));
            allowed.contains(&whole)
        }
        None => false,
    }
}

/// The locked packages for the one platform that is shipped.
fn packages() -> Vec<Package> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--locked", "--offline", "--format-version=1", "--filter-platform=x86_64-unknown-linux-gnu"]);
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();

    let mut packages: BTreeMap<String, Package> = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        let [name, version, licence, source] = ["name", "version", "license", "source"].map(|field| text(&package[field]));
        packages.insert(text(&package["id"]), Package { name, version, licence, source, ..Package::default() });
    }
    let nodes: BTreeMap<String, &Value> =
        metadata["resolve"]["nodes"].as_array().unwrap().iter().map(|node| (text(&node["id"]), node)).collect();
    packages.retain(|id, _| nodes.contains_key(id));

    // An optional dependency that only a test asks for appears below the shipped packages too: cargo resolves features for
    // all targets at once. `cargo tree` tells the shipped ones apart.
    let tree = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
        .args(["tree", "--locked", "--offline", "--edges=no-dev", "--prefix=none", "--format={p}", "--target=x86_64-unknown-linux-gnu"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let shipped: BTreeSet<String> = String::from_utf8(tree.stdout).unwrap().lines().map(first_two_words).collect();
    for (id, node) in nodes {
        let user = packages[&id].name.clone();
        for dependency in node["dependencies"].as_array().unwrap() {
            packages.get_mut(dependency.as_str().unwrap()).unwrap().wanted_by.insert(user.clone());
        }
        let package = packages.get_mut(&id).unwrap();
        package.shipped = shipped.contains(&format!("{} v{}", package.name, package.version));
    }
    packages.into_values().collect()
}

fn first_two_words(line: &str) -> String {
    line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_dependency_keeps_to_the_policy() {
    let packages = packages();
    assert!(packages.len() > 100 && packages.iter().filter(|package| package.shipped).count() > 100);
    let faults = faults(&policy(), &packages);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn planted_breaches_are_caught() {
    let policy = policy();
    let good = Package {
        name: "good".into(),
        version: "1.0.0".into(),
        licence: "MIT OR GPL-3.0".into(),
        source: format!("registry+{}", policy.sources.allow_registry[0]),
        shipped: true,
        wanted_by: BTreeSet::from(["awc".into()]),
    };
    let told = |change: fn(&mut Package)| {
        let mut package = good.clone();
        change(&mut package);
        faults(&policy, &[package])
    };
    assert_eq!(told(|_| ()), Vec::<String>::new());
    assert!(told(|p| p.licence = "GPL-3.0".into())[0].contains("licence"));
    assert!(told(|p| p.licence = String::new())[0].contains("licence"));
    assert!(told(|p| p.source = "git+https://example.org/good".into())[0].contains("comes from"));
    assert!(told(|p| p.name = "openssl-sys".into())[0].contains("banned"));
    let h2 = |version: &str, shipped| Package { name: "h2".into(), version: version.into(), shipped, ..good.clone() };
    assert!(faults(&policy, &[h2("0.3.27", true)])[0].contains("banned"));
    assert_eq!(faults(&policy, &[h2("0.3.27", false), h2("0.4.2", true)]), Vec::<String>::new());
    assert!(told(|p| p.name = "chrono".into())[0].contains("banned"));
    assert_eq!(
        told(|p| {
            p.name = "chrono".into();
            p.wanted_by = BTreeSet::from(["object_store".into()]);
        }),
        Vec::<String>::new()
    );
    let twice = ["1.0.0", "2.0.0"].map(|version| Package { name: "tokio".into(), version: version.into(), ..good.clone() });
    assert_eq!(faults(&policy, &twice), ["tokio: 2 versions"]);
}

#[test]
fn licence_expressions_are_understood() {
    let allowed = ["MIT".to_owned(), "Apache-2.0".to_owned(), "Unicode-3.0".to_owned()];
    for fits in
        ["MIT", "MIT/GPL-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0", "Apache-2.0 WITH LLVM-exception OR MIT", "GPL-2.0 OR MIT AND MIT"]
    {
        assert!(licence_fits(fits, &allowed), "{fits}");
    }
    for not in ["", "GPL-2.0", "MIT AND GPL-2.0", "Apache-2.0 WITH LLVM-exception", "(MIT", "MIT MIT"] {
        assert!(!licence_fits(not, &allowed), "{not}");
    }
}
