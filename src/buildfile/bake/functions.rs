//! The functions of bake's standard library that decide about names and arguments (bake standard library functions).
//!
//! What calls another one (`timestamp`, `uuidv4`, `regex_replace`, …) is unknown.

use std::collections::BTreeSet;

use hcl::Value;
use hcl::eval::FuncArgs;

use super::evaluation::text;

type Function = fn(FuncArgs) -> Result<Value, String>;

/// Names, numbers of parameters (0 for any), and what they come to.
pub(super) const FUNCTIONS: &[(&str, usize, Function)] = &[
    ("add", 2, |arguments| count(&arguments, i64::checked_add)),
    ("and", 2, |arguments| both(&arguments, |one, other| one && other)),
    ("basename", 1, |arguments| Ok(word(&arguments, 0)?.rsplit('/').next().unwrap_or_default().into())),
    ("chomp", 1, |arguments| Ok(word(&arguments, 0)?.trim_end_matches(['\n', '\r']).into())),
    ("coalesce", 0, |arguments| {
        let given = arguments.iter().find(|value| !matches!(value, Value::Null) && value.as_str() != Some(""));
        given.cloned().ok_or_else(|| "no value".to_owned())
    }),
    ("compact", 1, |arguments| {
        let kept = list(&arguments, 0)?.iter().filter(|value| value.as_str() != Some("") && !value.is_null());
        Ok(Value::Array(kept.cloned().collect()))
    }),
    ("concat", 0, |arguments| {
        let lists = (0..arguments.len()).map(|index| Ok(list(&arguments, index)?.to_vec()));
        Ok(Value::Array(lists.collect::<Result<Vec<_>, String>>()?.concat()))
    }),
    ("contains", 2, |arguments| {
        let wanted = arguments.get(1);
        Ok(list(&arguments, 0)?.iter().any(|value| Some(value) == wanted).into())
    }),
    ("distinct", 1, |arguments| {
        let mut kept: Vec<Value> = Vec::new();
        for value in list(&arguments, 0)? {
            if !kept.contains(value) {
                kept.push(value.clone());
            }
        }
        Ok(Value::Array(kept))
    }),
    ("element", 2, |arguments| {
        let values = list(&arguments, 0)?;
        let index = usize::try_from(number(&arguments, 1)?).map_err(|error| error.to_string())?;
        // Behind the last comes the first again.
        let index = index.checked_rem(values.len()).ok_or("an empty list")?;
        values.get(index).cloned().ok_or_else(|| "no such element".to_owned())
    }),
    ("equal", 2, |arguments| Ok((arguments.first() == arguments.get(1)).into())),
    ("flatten", 1, |arguments| {
        let mut flat = Vec::new();
        for value in list(&arguments, 0)? {
            match value {
                Value::Array(inner) => flat.extend(inner.clone()),
                other => flat.push(other.clone()),
            }
        }
        Ok(Value::Array(flat))
    }),
    ("format", 0, formatted),
    ("greaterthan", 2, |arguments| Ok((number(&arguments, 0)? > number(&arguments, 1)?).into())),
    ("join", 2, |arguments| {
        let parts = list(&arguments, 1)?.iter().filter_map(text).collect::<Vec<_>>();
        Ok(parts.join(&word(&arguments, 0)?).into())
    }),
    ("keys", 1, |arguments| {
        let entries = arguments.first().and_then(Value::as_object).ok_or("no map")?;
        let names: BTreeSet<String> = entries.keys().cloned().collect();
        Ok(Value::Array(names.into_iter().map(Value::from).collect()))
    }),
    ("length", 1, |arguments| match arguments.first() {
        Some(Value::Array(values)) => Ok(values.len().into()),
        Some(Value::Object(entries)) => Ok(entries.len().into()),
        _ => Err("no list and no map".to_owned()),
    }),
    ("lessthan", 2, |arguments| Ok((number(&arguments, 0)? < number(&arguments, 1)?).into())),
    ("lookup", 3, |arguments| {
        let entries = arguments.first().and_then(Value::as_object).ok_or("no map")?;
        let found = entries.get(&word(&arguments, 1)?).or(arguments.get(2));
        found.cloned().ok_or_else(|| "no value".to_owned())
    }),
    ("lower", 1, |arguments| Ok(word(&arguments, 0)?.to_lowercase().into())),
    ("merge", 0, |arguments| {
        let mut all = hcl::Map::new();
        for value in arguments.iter() {
            all.extend(value.as_object().ok_or("no map")?.clone());
        }
        Ok(Value::Object(all))
    }),
    ("multiply", 2, |arguments| count(&arguments, i64::checked_mul)),
    ("not", 1, |arguments| {
        let value = arguments.first().and_then(Value::as_bool).ok_or("no truth value")?;
        Ok((!value).into())
    }),
    ("notequal", 2, |arguments| Ok((arguments.first() != arguments.get(1)).into())),
    ("or", 2, |arguments| both(&arguments, |one, other| one || other)),
    ("replace", 3, |arguments| Ok(word(&arguments, 0)?.replace(&word(&arguments, 1)?, &word(&arguments, 2)?).into())),
    ("sanitize", 1, |arguments| {
        let is_kept = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
        Ok(word(&arguments, 0)?.replace(|character| !is_kept(character), "_").into())
    }),
    ("sort", 1, |arguments| {
        let mut words: Vec<String> = list(&arguments, 0)?.iter().filter_map(text).collect();
        words.sort();
        Ok(Value::Array(words.into_iter().map(Value::from).collect()))
    }),
    ("split", 2, |arguments| {
        let separator = word(&arguments, 0)?;
        let text = word(&arguments, 1)?;
        Ok(Value::Array(text.split(separator.as_str()).map(Value::from).collect()))
    }),
    ("strlen", 1, |arguments| Ok(word(&arguments, 0)?.chars().count().into())),
    ("substr", 3, |arguments| {
        let text = word(&arguments, 0)?;
        let start = usize::try_from(number(&arguments, 1)?).map_err(|_| "from the end")?;
        let taken = text.chars().skip(start);
        // A negative length is all that is left.
        Ok(match usize::try_from(number(&arguments, 2)?) {
            Ok(length) => taken.take(length).collect::<String>(),
            Err(_) => taken.collect(),
        }
        .into())
    }),
    ("subtract", 2, |arguments| count(&arguments, i64::checked_sub)),
    ("trim", 2, |arguments| {
        let letters: Vec<char> = word(&arguments, 1)?.chars().collect();
        Ok(word(&arguments, 0)?.trim_matches(letters.as_slice()).into())
    }),
    ("trimprefix", 2, |arguments| {
        let text = word(&arguments, 0)?;
        Ok(text.strip_prefix(word(&arguments, 1)?.as_str()).unwrap_or(&text).into())
    }),
    ("trimspace", 1, |arguments| Ok(word(&arguments, 0)?.trim().into())),
    ("trimsuffix", 2, |arguments| {
        let text = word(&arguments, 0)?;
        Ok(text.strip_suffix(word(&arguments, 1)?.as_str()).unwrap_or(&text).into())
    }),
    ("upper", 1, |arguments| Ok(word(&arguments, 0)?.to_uppercase().into())),
    ("values", 1, |arguments| {
        let entries = arguments.first().and_then(Value::as_object).ok_or("no map")?;
        // In the order of the keys.
        let names: BTreeSet<&String> = entries.keys().collect();
        Ok(Value::Array(names.into_iter().filter_map(|name| entries.get(name)).cloned().collect()))
    }),
];

/// `format`: `%s`, `%v`, `%d` and `%%`; others are not known here.
fn formatted(arguments: FuncArgs) -> Result<Value, String> {
    let pattern = word(&arguments, 0)?;
    let mut values = arguments.iter().skip(1);
    let mut out = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match (character, if character == '%' { characters.next() } else { None }) {
            ('%', Some('%')) => out.push('%'),
            ('%', Some('s' | 'v' | 'd')) => out.push_str(&values.next().and_then(text).ok_or("too few values")?),
            ('%', other) => return Err(format!("the verb {other:?} is not known here")),
            (plain, _) => out.push(plain),
        }
    }
    Ok(out.into())
}

fn word(arguments: &FuncArgs, index: usize) -> Result<String, String> {
    arguments.get(index).and_then(text).ok_or_else(|| "no text".to_owned())
}

fn list(arguments: &FuncArgs, index: usize) -> Result<&[Value], String> {
    arguments.get(index).and_then(Value::as_array).map(Vec::as_slice).ok_or_else(|| "no list".to_owned())
}

fn number(arguments: &FuncArgs, index: usize) -> Result<i64, String> {
    let number = arguments.get(index).and_then(Value::as_number);
    number.and_then(hcl::Number::as_i64).ok_or_else(|| "no whole number".to_owned())
}

fn count(arguments: &FuncArgs, combine: fn(i64, i64) -> Option<i64>) -> Result<Value, String> {
    let value = combine(number(arguments, 0)?, number(arguments, 1)?);
    value.map(Value::from).ok_or_else(|| "out of range".to_owned())
}

fn both(arguments: &FuncArgs, decide: fn(bool, bool) -> bool) -> Result<Value, String> {
    let value = |index: usize| arguments.get(index).and_then(Value::as_bool).ok_or_else(|| "no truth value".to_owned());
    Ok(decide(value(0)?, value(1)?).into())
}
