//! What the JSON of a board may hold, from the types of `@grafana/schema` 11.0.0, as far as our boards use them: keys, whether they must be
//! there (`!`), and kinds. Whoever uses more of Grafana adds the line from there.

use serde_json::Value;

/// `Name:` begins an object; then `key kind`. Kinds: text, number, truth, any, other objects, `[kind]` a list, `a|b` one of these words
/// or numbers, `null|kind`.
const SHAPES: &str = "
Dashboard:
  uid! text
  title! text
  description text
  tags [text]
  schemaVersion! number
  version number
  editable truth
  graphTooltip 0|1|2
  refresh text
  timezone text
  time! Time
  annotations Annotations
  links [Link]
  templating! Templating
  panels! [Panel]
Time:
  from! text
  to! text
Annotations:
  list [any]
Templating:
  list! [Variable]
Link:
  type! link|dashboards
  title! text
  tags! [text]
  asDropdown! truth
  includeVars! truth
  keepTime! truth
  targetBlank! truth
  icon! text
  tooltip! text
  url text
Variable:
  name! text
  label text
  type! query|adhoc|groupby|constant|datasource|interval|textbox|custom|system
  datasource DataSource
  query any
  refresh 0|1|2
  sort 0|1|2|3|4|5|6|7|8
  multi truth
  includeAll truth
  allValue text
  current Option
  options [Option]
  hide 0|1|2
Option:
  text! any
  value! any
DataSource:
  type! text
  uid! text
GridPos:
  x! number
  y! number
  w! number
  h! number
Panel.row:
  id! number
  type! text
  title text
  collapsed! truth
  gridPos! GridPos
  panels! [any]
Panel.stat:
  id! number
  type! text
  title! text
  description! text
  datasource! DataSource
  gridPos! GridPos
  fieldConfig! FieldConfig
  options! Stat
  targets! [Target]
Panel.bargauge:
  id! number
  type! text
  title! text
  description! text
  datasource! DataSource
  gridPos! GridPos
  fieldConfig! FieldConfig
  options! BarGauge
  targets! [Target]
Panel.timeseries:
  id! number
  type! text
  title! text
  description! text
  datasource! DataSource
  gridPos! GridPos
  fieldConfig! LinesConfig
  options! Lines
  targets! [Target]
Stat:
  reduceOptions! Reduce
  orientation auto|vertical|horizontal
  colorMode background|background_solid|none|value
  graphMode area|line|none
  justifyMode auto|center
  textMode auto|value|value_and_name|name|none
  wideLayout truth
  showPercentChange truth
BarGauge:
  reduceOptions! Reduce
  orientation auto|vertical|horizontal
  displayMode basic|gradient|lcd
  showUnfilled truth
  valueMode color|hidden|text
  namePlacement auto|left|top
  sizing auto|manual
Lines:
  legend! Legend
  tooltip! Tooltip
Legend:
  displayMode! hidden|list|table
  placement! bottom|right
  showLegend! truth
  calcs [text]
Tooltip:
  mode! multi|none|single
  sort! asc|desc|none
Reduce:
  calcs! [last|lastNotNull|max|mean|min|sum]
  fields text
  values truth
FieldConfig:
  defaults! Defaults
  overrides! [any]
LinesConfig:
  defaults! LinesDefaults
  overrides! [any]
Defaults:
  unit! text
  min number
  max number
  decimals number
  thresholds Thresholds
LinesDefaults:
  unit! text
  min number
  max number
  decimals number
  thresholds Thresholds
  custom! Custom
Custom:
  drawStyle bars|line|points
  lineWidth number
  fillOpacity number
  showPoints always|auto|never
  spanNulls truth
  stacking Stacking
  thresholdsStyle ThresholdsStyle
Stacking:
  mode none|normal|percent
  group text
ThresholdsStyle:
  mode! area|dashed|dashed+area|line|line+area|off|series
Thresholds:
  mode! absolute|percentage
  steps! [Step]
Step:
  color! text
  value! null|number
Target:
  refId! text
  datasource! DataSource
  expr! text
  legendFormat! text
  instant truth
  range truth
";

/// What is not as Grafana takes it.
pub fn faults(board: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    object("Dashboard", board, "", &mut faults);
    faults
}

/// Key, whether it must be there, kind.
fn fields(shape: &str) -> Option<Vec<(&'static str, bool, &'static str)>> {
    let head = format!("\n{shape}:\n");
    let body = &SHAPES[SHAPES.find(&head)? + head.len()..];
    let field = |line: &'static str| {
        let (key, kind) = line.strip_prefix("  ")?.split_once(' ')?;
        Some((key.trim_end_matches('!'), key.ends_with('!'), kind))
    };
    Some(body.lines().map_while(field).collect())
}

fn object(shape: &str, value: &Value, place: &str, faults: &mut Vec<String>) {
    let Some(object) = value.as_object() else { return faults.push(format!("{place}: {value} is no {shape}")) };
    let named;
    let shape = match (shape, value["type"].as_str()) {
        ("Panel", Some(kind)) => {
            named = format!("Panel.{kind}");
            named.as_str()
        }
        _ => shape,
    };
    let Some(fields) = fields(shape) else { return faults.push(format!("{place}: no panel of type {} is known", value["type"])) };
    for key in object.keys().filter(|key| !fields.iter().any(|(known, ..)| known == key)) {
        faults.push(format!("{place}/{key}: {shape} has no such key"));
    }
    for (key, must, kind) in fields {
        match object.get(key) {
            Some(value) => one(kind, value, &format!("{place}/{key}"), faults),
            None if must => faults.push(format!("{place}/{key} is missing")),
            None => {}
        }
    }
}

fn one(kind: &str, value: &Value, place: &str, faults: &mut Vec<String>) {
    if let Some(inner) = kind.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let Some(list) = value.as_array() else { return faults.push(format!("{place}: {value} is no list")) };
        return list.iter().enumerate().for_each(|(at, item)| one(inner, item, &format!("{place}/{at}"), faults));
    }
    let fits = match kind {
        "any" => true,
        "text" => value.is_string(),
        "number" => value.is_number(),
        "truth" => value.is_boolean(),
        "null|number" => value.is_null() || value.is_number(),
        words if words.contains('|') => {
            let written = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            words.split('|').any(|word| written == word)
        }
        shape => return object(shape, value, place, faults),
    };
    if !fits {
        faults.push(format!("{place}: {value} is no {kind}"));
    }
}
