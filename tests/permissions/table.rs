//! The table of the routes and who may call them, and what follows from it for one call. Knows nothing of a server.

use std::collections::BTreeSet;

/// Whom a route is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needs {
    Open,
    Buyer,
    /// All permissions of any of these sets; of no set: any session.
    Staff(Vec<Vec<String>>),
    /// A key with this scope.
    Platform(String),
    /// Whoever shows no credential, or a key with this scope.
    OpenOr(String),
}

/// One route.
#[derive(Clone, Debug)]
pub struct Line {
    pub needs: Needs,
    pub method: String,
    /// With its query, and its parameters as `{…}`.
    pub path: String,
    /// For one who oversees, and for one who does not.
    pub ok: (u16, u16),
    /// Where the object is not the caller's shop's. None: there is no object, or it may be anything.
    pub missing: Option<u16>,
    pub body: String,
}

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    pub name: String,
    pub token: String,
    pub is: Is,
}

/// What a credential is worth.
#[derive(Clone, Debug)]
pub enum Is {
    /// No credential.
    Anonymous,
    /// One that ended, or never was.
    Nobody,
    Buyer,
    Staff {
        /// Of the shop that has the objects.
        here: bool,
        permissions: BTreeSet<String>,
    },
    Platform {
        scope: String,
    },
}

/// Whose the object of a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    Own,
    Foreign,
    Missing,
    /// The shop itself does not exist.
    NoShop,
}

/// One call and its answer.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub line: usize,
    pub caller: usize,
    pub object: Object,
    pub status: u16,
}

const STAFFS_SHOP: &str = "/v1/staff/shop/";
const PLATFORMS_SHOP: &str = "/v1/platform/shops/{shop}/";

/// The lines of the table; a line for both realms becomes two.
pub fn read(text: &str) -> Vec<Line> {
    text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).flat_map(lines).collect()
}

fn lines(text: &str) -> Vec<Line> {
    let mut rest = text;
    let mut column = || {
        let (column, after) = rest.trim_start().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
        rest = after;
        column.to_owned()
    };
    let (needs, method, path, ok, missing) = (column(), column(), column(), column(), column());
    let number = |text: &str| text.parse::<u16>().unwrap_or_else(|_| panic!("a status, not {text}: {rest}"));
    let ok = ok.split_once('/').map_or_else(|| (number(&ok), number(&ok)), |(most, few)| (number(most), number(few)));
    let missing = (missing != "-").then(|| number(&missing));
    let line = |needs, path| Line { needs, method: method.clone(), path, ok, missing, body: rest.trim().to_owned() };
    let all_of = |list: &str| list.split('&').map(str::to_owned).collect();
    let any_of = |list: &str| Needs::Staff(list.split('|').map(all_of).collect());
    match needs.split_once(':') {
        Some(("both", list)) => {
            let platform = Needs::Platform("accounts".into());
            vec![line(any_of(list), format!("{STAFFS_SHOP}{path}")), line(platform, format!("{PLATFORMS_SHOP}{path}"))]
        }
        Some(("guard", list)) => {
            let platform = Needs::Platform("guard".into());
            vec![line(any_of(list), format!("{STAFFS_SHOP}{path}")), line(platform, format!("{PLATFORMS_SHOP}{path}"))]
        }
        Some(("open|platform", scope)) => vec![line(Needs::OpenOr(scope.into()), path)],
        Some(("platform", scope)) => vec![line(Needs::Platform(scope.into()), path)],
        _ => {
            let needs = match needs.as_str() {
                "open" => Needs::Open,
                "buyer" => Needs::Buyer,
                "staff" => Needs::Staff(Vec::new()),
                list => any_of(list),
            };
            vec![line(needs, path)]
        }
    }
}

impl Line {
    /// As the description of the interface names it.
    pub fn operation(&self) -> (String, String) {
        let method = if self.method == "WS" { "GET" } else { &self.method };
        let path = self.path.split('?').next().unwrap_or_default();
        let parts = path.split('/').map(|part| match part.strip_prefix('{').and_then(|part| part.split(['=', '!', '}']).next()) {
            Some(parameter) => format!("{{{parameter}}}"),
            None => part.to_owned(),
        });
        (method.to_lowercase(), parts.collect::<Vec<_>>().join("/"))
    }

    /// What this call is to be answered.
    pub fn expected(&self, caller: &Is, object: Object) -> u16 {
        let absent = self.missing.unwrap_or(self.ok.0);
        match (&self.needs, caller) {
            (Needs::Open, _) | (Needs::OpenOr(_), Is::Anonymous) => self.ok.0,
            (_, Is::Nobody | Is::Anonymous) => 401,
            (Needs::OpenOr(needed), Is::Platform { scope }) if needed == scope => self.ok.0,
            (Needs::Buyer, Is::Buyer) => {
                if object == Object::Own {
                    self.ok.0
                } else {
                    absent
                }
            }
            (Needs::Staff(any), Is::Staff { here, permissions }) => {
                let may = any.is_empty() || any.iter().any(|all| all.iter().all(|needed| permissions.contains(needed)));
                let there = self.missing.is_none() || matches!((here, object), (true, Object::Own) | (false, Object::Foreign));
                let ok = if permissions.contains("oversee") { self.ok.0 } else { self.ok.1 };
                match (may, there) {
                    (false, _) => 403,
                    (true, true) => ok,
                    (true, false) => absent,
                }
            }
            (Needs::Platform(needed), Is::Platform { scope }) if needed == scope => match object {
                Object::Own => self.ok.0,
                Object::NoShop => 404,
                Object::Foreign | Object::Missing => absent,
            },
            _ => 403,
        }
    }
}

/// Every answer that is not as the table has it.
pub fn judge(table: &[Line], callers: &[Caller], cells: &[Cell]) -> Vec<String> {
    let wrong = |cell: &Cell| {
        let (line, caller) = (&table[cell.line], &callers[cell.caller]);
        let expected = line.expected(&caller.is, cell.object);
        let told =
            || format!("{} {} by {} ({:?}): {} where {expected} was due", line.method, line.path, caller.name, cell.object, cell.status);
        (cell.status != expected).then(told)
    };
    cells.iter().filter_map(wrong).collect()
}
