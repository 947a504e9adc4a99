//! `--format`: a Go template over JSON.

use std::sync::Arc;

use anyhow::Result;
use muster_gotemplate::{
    Delimiters, Function, FunctionError, Functions, Map, MissingKey, Signature, Template, Type, Value,
};
use serde_json::Value as Json;

/// A template that was read.
pub struct Format(Template);

impl Format {
    /// Reads a template; `json` and `prettyjson` are docker-machine's functions.
    pub fn parse(text: &str) -> Result<Self> {
        let mut functions = Functions::new();
        for (name, indented) in [("json", false), ("prettyjson", true)] {
            functions.insert(name, json_function(indented));
        }
        let template = Template::parse("", text.as_bytes(), &Delimiters::default(), &functions)?;
        Ok(Self(template.missing_key(MissingKey::Default)))
    }

    /// What it makes of a value.
    pub fn render(&self, value: &Json) -> Result<String> {
        let mut out = Vec::new();
        self.0.execute(&mut out, &go_value(value))?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }
}

fn json_function(indented: bool) -> Function {
    let signature = Signature::new([Type::Interface], Type::String).fallible();
    Function::new(signature, move |values| {
        let value = json_value(values.first().unwrap_or(&Value::Nil));
        let text = if indented { super::pretty(&value) } else { Ok(value.to_string()) };
        text.map(Value::from).map_err(|error| FunctionError::new(error.to_string()))
    })
}

/// As Go's encoding/json reads it into an interface{}.
fn go_value(value: &Json) -> Value {
    match value {
        Json::Null => Value::Nil,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => Value::Float(number.as_f64().unwrap_or_default()),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::slice(Type::Interface, items.iter().map(go_value).collect()),
        Json::Object(fields) => {
            let pairs = fields.iter().map(|(name, value)| (Value::from(name.as_str()), go_value(value))).collect();
            Value::Map(Arc::new(Map::new(Type::String, Type::Interface, pairs)))
        }
    }
}

fn json_value(value: &Value) -> Json {
    match value.underlying() {
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Float(number) if number.fract() == 0.0 => Json::from(*number as i64),
        Value::Float(number) => Json::from(*number),
        Value::Int(_, number) => Json::from(*number),
        Value::String(text) => Json::String(String::from_utf8_lossy(text).into_owned()),
        Value::Slice(slice) => Json::Array(slice.items().iter().map(json_value).collect()),
        Value::Map(map) => {
            let field = |(name, value): &(Value, Value)| {
                let name = String::from_utf8_lossy(name.as_bytes().unwrap_or_default()).into_owned();
                (name, json_value(value))
            };
            Json::Object(map.pairs().iter().map(field).collect())
        }
        _ => Json::Null,
    }
}
