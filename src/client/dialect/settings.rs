//! A connection's settings as its driver sees them: one value for each name, alternatives apart, the environment filled in.

use std::collections::BTreeMap;

use super::{Answer, FileState, Judgement, Outcome, Surroundings, Trap};
use crate::client::{Connection, Host, TlsMode, Value};

/// The most ways through a text that are judged each for itself; more are "can't be told".
const MAX_WAYS: usize = 32;

/// The settings of a connection on one way through the text.
pub struct Settings<'c> {
    connection: &'c Connection,
    surroundings: &'c Surroundings,
    /// Of each name the value that counts.
    values: BTreeMap<&'c str, Value>,
}

/// What is given for a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Given<'s> {
    /// This.
    Value(&'s Value),
    /// Nothing.
    Absent,
    /// Can't be told, since …
    Unknown(String),
}

impl Settings<'_> {
    /// What is given for the setting of that name. `None` and its like are given values; most drivers take them as absent.
    pub fn get(&self, name: &str) -> Given<'_> {
        match self.values.get(name) {
            Some(value) => match value.why_unknown() {
                Some(why) => Given::Unknown(why),
                None => Given::Value(value),
            },
            None => match &self.connection.unseen {
                Some(why) => Given::Unknown(why.clone()),
                None => Given::Absent,
            },
        }
    }

    /// The value that was given, whether or not it can be told what it comes to; for paths, which need not be known.
    pub fn raw(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| !matches!(value, Value::Null))
    }

    /// Whether anything is set under that name.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// A variable of the environment, where that is known.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.surroundings.variable(name)
    }

    /// What is around.
    pub fn surroundings(&self) -> &Surroundings {
        self.surroundings
    }

    /// Why there may be settings that were not seen.
    pub fn unseen(&self) -> Option<&str> {
        self.connection.unseen.as_deref()
    }

    /// Whom it talks to.
    pub fn host(&self) -> Host {
        self.connection.host()
    }

    /// What is known of a file.
    pub fn file(&self, path: &Value) -> Option<FileState> {
        let path = path.as_text()?;
        self.surroundings.files.get(path).copied()
    }
}

impl Given<'_> {
    /// The same, with `None` and its like as not given.
    #[must_use]
    pub fn or_absent(self) -> Self {
        match self {
            Given::Value(Value::Null) => Given::Absent,
            other => other,
        }
    }
}

/// What a connection does where it is made.
pub fn judge(connection: &Connection, surroundings: &Surroundings) -> Judgement {
    if matches!(connection.host(), Host::Socket) {
        return Judgement::of(Outcome::Local);
    }
    if let Some(why) = &connection.refused {
        return Judgement::refuses(why.clone());
    }
    let mut values = BTreeMap::new();
    for parameter in &connection.parameters {
        values.entry(parameter.name.as_str()).or_insert_with(|| filled(&parameter.value, surroundings));
    }
    let Some(ways) = ways(&values, false) else {
        return Judgement::undetermined("there are too many ways to it through the code");
    };
    let judge_way = |connection: &Connection, values: BTreeMap<&str, Value>| {
        (connection.driver.judge)(&Settings { connection, surroundings, values })
    };
    let mut judged: Vec<_> = ways.iter().map(|values| judge_way(connection, values.clone())).collect();
    if judged.iter().any(|one| one.answer() == Answer::NotVerified) {
        // Beside a way that does not verify, whatever else is said, one that is left to what can't be seen does what this text makes it do.
        let alone = Connection { unseen: None, ..connection.clone() };
        for (values, one) in ways.into_iter().zip(&mut judged) {
            if matches!(one.outcome, Outcome::Undetermined(_)) {
                *one = judge_way(&alone, values);
            }
        }
    }
    let mut judgement = merged(judged);
    if matches!(judgement.outcome, Outcome::Undetermined(_))
        && let Some(defaults) = self::ways(&values, true)
    {
        judgement.by_default =
            merged(defaults.into_iter().map(|values| judge_way(connection, values)).collect()).mode();
    }
    let ignored = connection.ignored.iter().map(|parameter| Trap::Ignored { parameter: parameter.name.clone() });
    judgement.traps.extend(ignored);
    judgement
}

/// A value with what the environment says in it.
fn filled(value: &Value, surroundings: &Surroundings) -> Value {
    match value {
        Value::Environment { variable, default } => match surroundings.variable(variable) {
            Some(set) => Value::text(set),
            None => Value::Environment {
                variable: variable.clone(),
                default: default.as_ref().map(|default| Box::new(filled(default, surroundings))),
            },
        },
        Value::Map(map) => {
            Value::Map(map.iter().map(|(key, value)| (key.clone(), filled(value, surroundings))).collect())
        }
        Value::OneOf(values) => Value::one_of(values.iter().map(|value| filled(value, surroundings))),
        other => other.clone(),
    }
}

/// Every way of taking one of each; none where there are too many. `by_default` takes defaults for what the environment decides.
fn ways<'c>(values: &BTreeMap<&'c str, Value>, by_default: bool) -> Option<Vec<BTreeMap<&'c str, Value>>> {
    // What is given and not given on the same ways came together: `{"sslmode": …, "sslrootcert": …}` of one branch.
    let mut together: BTreeMap<Vec<bool>, Vec<(&'c str, Vec<Value>)>> = BTreeMap::new();
    let mut apart: Vec<Vec<(&'c str, Vec<Value>)>> = Vec::new();
    for (name, value) in values {
        let alternatives = alternatives(value, by_default);
        let given: Vec<bool> = alternatives.iter().map(|value| !matches!(value, Value::Null)).collect();
        match given.contains(&true) && given.contains(&false) {
            true => together.entry(given).or_default().push((name, alternatives)),
            false => apart.push(vec![(name, alternatives)]),
        }
    }
    let mut all = vec![BTreeMap::new()];
    for group in together.into_values().chain(apart) {
        let count = group.first().map_or(0, |(_, alternatives)| alternatives.len());
        if all.len() * count > MAX_WAYS {
            return None;
        }
        let taken = |way: &BTreeMap<&'c str, Value>, index: usize| {
            let mut way = way.clone();
            way.extend(group.iter().filter_map(|(name, all)| Some((*name, all.get(index)?.clone()))));
            way
        };
        all = all.iter().flat_map(|way| (0..count).map(|index| taken(way, index)).collect::<Vec<_>>()).collect();
    }
    Some(all)
}

fn alternatives(value: &Value, by_default: bool) -> Vec<Value> {
    match value {
        Value::OneOf(values) => values.iter().flat_map(|value| alternatives(value, by_default)).collect(),
        Value::Environment { default: Some(default), .. } if by_default => alternatives(default, by_default),
        other => vec![other.clone()],
    }
}

/// What several ways come to together: what they agree on, and the least of it.
fn merged(judgements: Vec<Judgement>) -> Judgement {
    let mut all = judgements.into_iter();
    let Some(mut merged) = all.next() else { return Judgement::undetermined("nothing is known of it") };
    let mut modes: Vec<Option<TlsMode>> = vec![merged.mode()];
    for judgement in all {
        modes.push(judgement.mode());
        let agree = merged.answer() == judgement.answer();
        for trap in judgement.traps {
            if !merged.traps.contains(&trap) {
                merged.traps.push(trap);
            }
        }
        merged.authorities = merged.authorities.or(judgement.authorities);
        merged.outcome = match (merged.outcome, judgement.outcome) {
            (Outcome::Known { mode, strippable }, Outcome::Known { mode: other, strippable: also }) if agree => {
                Outcome::Known { mode: mode.min(other), strippable: strippable || also }
            }
            (Outcome::Refuses(_), known @ Outcome::Known { .. }) if agree => known,
            (known, Outcome::Refuses(_)) if agree => known,
            (unknown @ Outcome::Undetermined(_), _) | (_, unknown @ Outcome::Undetermined(_)) => unknown,
            (Outcome::Local, other) | (other, Outcome::Local) => other,
            _ => Outcome::Undetermined(String::new()),
        };
    }
    if let Outcome::Undetermined(why) = &mut merged.outcome
        && why.is_empty()
    {
        let mut words: Vec<_> = modes.into_iter().flatten().collect();
        words.sort();
        words.dedup();
        let words: Vec<_> = words.into_iter().map(TlsMode::as_str).collect();
        *why = format!("the code decides while it runs between {}", words.join(" and "));
    }
    merged
}
