//! The settings as an operator meets them. (OPS-1)

use super::*;

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn from_file(toml: &str, environment: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fenliu.toml");
    std::fs::write(&path, toml).unwrap();
    load(Some(&path), variables(environment), &[])
}

fn faults(toml: &str, environment: &[(&str, &str)]) -> Vec<String> {
    from_file(toml, environment).err().expect("a fault").faults
}

#[test]
fn nothing_set_gives_the_default() {
    let loaded = load(None, variables(&[("PATH", "/bin"), ("FENLIU_KILLS", "3"), ("FENLIU_TEST_X", "1")]), &[]).unwrap();
    assert_eq!(loaded.config, Config::default());
    assert!(loaded.lines.iter().all(|(_, source)| source == "default"), "{:?}", loaded.lines);
    Config::default().validate().unwrap();
}

#[test]
fn the_table_names_every_setting() {
    let figment = Figment::from(Serialized::defaults(Config::default()));
    let mut keys = Vec::new();
    for (name, value) in &figment.data().unwrap()[&Profile::Default] {
        match value {
            Value::Dict(_, inner) => keys.extend(inner.keys().map(|key| format!("{name}.{key}"))),
            _ => keys.push(name.clone()),
        }
    }
    let mut named: Vec<_> = fields().map(|field| field.key.to_owned()).collect();
    keys.sort();
    named.sort();
    assert_eq!(keys, named);
}

/// SPEC: OPS-1
#[test]
fn the_later_source_wins_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.toml");
    std::fs::write(&path, "workers = 2\nlisten = \"127.0.0.1:1\"\n[limits]\nconnections_max = 7\n").unwrap();
    let environment = variables(&[("FENLIU_LISTEN", "127.0.0.1:2"), ("FENLIU_LIMITS__CONNECTIONS_MAX", "8")]);
    let loaded = load(Some(&path), environment, &[("listen", "127.0.0.1:3".into())]).unwrap();
    assert_eq!((loaded.config.workers, loaded.config.listen.port(), loaded.config.limits.connections_max), (2, 3, 8));
    let source = |key: &str| &loaded.lines.iter().find(|(line, _)| line.starts_with(key)).unwrap().1;
    assert_eq!(source("workers"), &format!("file {}", path.display()));
    assert_eq!(source("listen"), "option --listen");
    assert_eq!(source("limits.connections_max"), "environment variable FENLIU_LIMITS__CONNECTIONS_MAX");
    assert_eq!(source("storage.ballast_bytes"), "default");
}

#[test]
fn every_fault_is_told_at_once_with_key_value_source_and_cure() {
    let toml = "workers = \"many\"\nlog_format = \"xml\"\n[storage]\nbalast_bytes = 1\nlow_water_bytes = -1\n[limits]\nin_flight_max = 0\n";
    let faults = faults(toml, &[("FENLIU_LISTEN", "8080"), ("FENLIU_LIMITS__BURST", "1")]);
    let expect = [
        ["workers = \"many\"", "fenliu.toml", "from 0 (one per core) to 512"],
        ["log_format = \"xml\"", "fenliu.toml", "\"text\" or \"json\""],
        ["storage.balast_bytes = 1", "fenliu.toml", "did you mean storage.ballast_bytes?"],
        ["storage.low_water_bytes = -1", "fenliu.toml", "a number of bytes"],
        ["limits.in_flight_max = 0", "fenliu.toml", "from 1 to 1000000"],
        ["listen = 8080", "environment variable FENLIU_LISTEN", "127.0.0.1:8080"],
        ["limits.burst = 1", "environment variable FENLIU_LIMITS__BURST", "no such setting"],
    ];
    assert_eq!(faults.len(), expect.len(), "{faults:#?}");
    for parts in expect {
        assert!(faults.iter().any(|fault| parts.iter().all(|part| fault.contains(part))), "{parts:?} in {faults:#?}");
    }
}

#[test]
fn a_section_that_is_no_table_and_a_file_that_is_no_toml() {
    let section = faults("limits = 5\n", &[]);
    assert!(section.len() == 1 && section[0].contains("limits = 5") && section[0].contains("[limits]"), "{section:?}");
    let broken = faults("listen = = 1\n", &[]);
    assert!(broken.len() == 1 && broken[0].contains("line 1") && broken[0].contains("fenliu.toml"), "{broken:?}");
    let absent = load(Some(Path::new("/nowhere/fenliu.toml")), [], &[]).err().unwrap().faults;
    assert!(absent[0].contains("/nowhere/fenliu.toml"), "{absent:?}");
}

#[test]
fn a_log_filter_is_checked_and_zero_means_every_core() {
    assert!(faults("log = \"fenliu=loudly\"\n", &[])[0].contains("log filter"));
    assert_eq!(from_file("log = \"warn,fenliu=debug\"\nworkers = 3", &[]).unwrap().config.workers_effective(), 3);
    assert!(Config::default().workers_effective() >= 1);
}

#[test]
fn a_config_made_by_code_is_checked_too() {
    let mut config = Config::default();
    config.limits.connections_max = 0;
    assert!(config.validate().unwrap_err().to_string().contains("limits.connections_max = 0"));
}

/// The example in the repository shows every setting, and each with its default.
#[test]
fn the_example_file_shows_the_defaults() {
    let example = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fenliu.toml")).unwrap();
    let shown = example.lines().map(|line| line.strip_prefix("#= ").unwrap_or(line)).collect::<Vec<_>>().join("\n");
    let loaded = from_file(&shown, &[]).map_err(|error| error.to_string()).unwrap();
    assert_eq!(
        loaded.config,
        Config { storage: Storage { low_water_bytes: Some(1 << 30), ..Config::default().storage }, ..Config::default() }
    );
    assert!(loaded.lines.iter().all(|(_, source)| source.starts_with("file")), "{:?}", loaded.lines);
    assert_eq!(from_file(&example, &[]).map_err(|error| error.to_string()).unwrap().config, Config::default());
}

/// SPEC: GRD-5
#[test]
fn networks_of_proxies_come_as_a_list_or_as_one_text_and_a_slip_is_told() {
    let of = |toml: &str, environment: &[(&str, &str)]| {
        let loaded = from_file(toml, environment).map_err(|error| error.to_string()).unwrap();
        let shown = loaded.lines.iter().find(|(line, _)| line.starts_with("trusted_proxies")).unwrap().0.clone();
        (loaded.config.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>(), shown)
    };
    assert_eq!(of("", &[]), (vec![], "trusted_proxies = []".into()));
    let (networks, shown) = of("trusted_proxies = [\"10.0.0.0/8\", \"::1\"]", &[]);
    assert_eq!((networks, shown.as_str()), (vec!["10.0.0.0/8".into(), "::1/128".into()], "trusted_proxies = [\"10.0.0.0/8\", \"::1\"]"));
    for text in ["10.0.0.0/8, 192.0.2.1", "[10.0.0.0/8, 192.0.2.1]", "[\"10.0.0.0/8\", \"192.0.2.1\"]"] {
        assert_eq!(of("", &[("FENLIU_TRUSTED_PROXIES", text)]).0, ["10.0.0.0/8", "192.0.2.1/32"], "{text}");
    }
    for bad in ["10.1.2.3/8", "10.0.0.0/33", "proxy.example", "*", "[1, 2]", "true"] {
        let faults = faults("", &[("FENLIU_TRUSTED_PROXIES", bad)]);
        assert!(faults.len() == 1 && faults[0].starts_with("trusted_proxies = ") && faults[0].contains("10.0.0.0/8"), "{bad}: {faults:?}");
        assert!(faults[0].contains("environment variable FENLIU_TRUSTED_PROXIES"), "{faults:?}");
    }
}

/// SPEC: NTF-1
#[test]
fn passwords_are_never_shown_and_are_text_whatever_they_look_like() {
    let environment = [("FENLIU_MAIL__PASSWORD", "007"), ("FENLIU_SMS__ACCESS_KEY_SECRET", "s3cret")];
    let loaded =
        from_file("[mail]\nhost = \"mail.example\"\nfrom = \"shop@mail.example\"\n", &environment).map_err(|e| e.to_string()).unwrap();
    assert_eq!(loaded.config.mail.password.0, "007");
    let told = format!("{:?} {:?}", loaded.lines, loaded.config);
    assert!(!told.contains("007") && !told.contains("s3cret"), "{told}");
    assert!(loaded.lines.iter().any(|(line, _)| line == "mail.password = (hidden)"));
    let wrong = faults("[mail]\nhost = \"mail.example\"\npassword = [1234]\n[notify]\nallow = [\"10.0.0.1/8\"]\n", &[]);
    assert!(wrong.len() == 3 && !wrong.join(" ").contains("1234"), "{wrong:?}");
}
