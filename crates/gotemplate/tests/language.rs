//! The language, against what Go 1.26 made of the same templates: tests/oracle/corpus.txt holds the
//! templates, recorded.txt Go's answers. Data and functions are the same as in oracle/main.go.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use muster_gotemplate::{
    Delimiters, FieldType, Fields, Function, FunctionError, Functions, Map, Method, MissingKey, NamedType, Signature,
    StructType, Template, Type, UintKind, Value, quote,
};

struct World {
    tags: Arc<NamedType>,
    level: Arc<NamedType>,
    pair: Arc<StructType>,
}

impl World {
    fn new() -> Self {
        let tags =
            Arc::new(NamedType { name: "main.Tags".into(), underlying: Type::slice(Type::String), methods: vec![] });
        let text_of_level = Method {
            name: "String".into(),
            signature: Arc::new(Signature::new([], Type::String)),
            body: Arc::new(|values| match values[0].underlying() {
                Value::Int(_, level) => Ok(Value::from(format!("level-{level}"))),
                _ => Err(FunctionError::new("no level")),
            }),
        };
        let level =
            Arc::new(NamedType { name: "main.Level".into(), underlying: Type::INT, methods: vec![text_of_level] });
        let pair = Arc::new_cyclic(|_| pair_type(&tags));
        Self { tags, level, pair }
    }

    fn tags(&self, items: &[&str]) -> Value {
        Value::named(Arc::clone(&self.tags), Value::strings(items))
    }

    fn level(&self, level: i64) -> Value {
        Value::named(Arc::clone(&self.level), Value::int(level))
    }

    fn pair(&self, name: &str, port: i64, tags: Value, meta: Value, any: Value) -> Arc<Fields> {
        let next = Value::NilOf(Arc::new(Type::Pointer(Arc::clone(&self.pair))));
        let values = vec![Value::from(name), Value::int(port), tags, meta, next, any];
        Arc::new(Fields::new(Arc::clone(&self.pair), values))
    }

    fn p1(&self) -> Arc<Fields> {
        self.pair("p1", 80, self.tags(&["a", "b"]), map(Type::String, Type::String, [("k", "v".into())]), Value::int(1))
    }

    fn data(&self) -> Value {
        let p: Arc<Fields> = self.p1();
        let nil = |of: Type| Value::NilOf(Arc::new(of));
        let strings = Type::map(Type::String, Type::String);
        let numbered = |pairs: &[(i64, &str)]| {
            let pairs = pairs.iter().map(|(key, text)| (Value::int(*key), Value::from(*text))).collect();
            Value::Map(Arc::new(Map::new(Type::INT, Type::String, pairs)))
        };
        let bytes = b"hi\xff".iter().map(|&byte| Value::Uint(UintKind::Uint8, byte.into())).collect();
        let y = map(Type::String, Type::INT, [("y", Value::int(1))]);
        let pointer = Type::Pointer(Arc::clone(&self.pair));
        let lp = vec![Value::Pointer(p.clone()), nil(pointer.clone())];
        let deep = map(Type::String, Type::Interface, [("x", "y".into())]);
        map(
            Type::String,
            Type::Interface,
            [
                ("s", "text".into()),
                ("e", "".into()),
                ("n", Value::int(3)),
                ("zero", Value::int(0)),
                ("i64", Value::Int(muster_gotemplate::IntKind::Int64, -5)),
                ("u", Value::Uint(UintKind::Uint64, 7)),
                ("u8", Value::Uint(UintKind::Uint8, 200)),
                ("f", 1.5.into()),
                ("big", 1e6.into()),
                ("t", true.into()),
                ("nil", Value::Nil),
                ("c", Value::Complex(Arc::new((1.0, -2.0)))),
                ("strs", Value::strings(["a", "b", "c"])),
                (
                    "anys",
                    Value::slice(Type::Interface, vec![Value::int(1), "x".into(), Value::Nil, 2.5.into(), true.into()]),
                ),
                ("ints", Value::slice(Type::INT, vec![Value::int(5), Value::int(6)])),
                ("m", map(Type::String, Type::String, [("b", "2".into()), ("a", "1".into())])),
                (
                    "ma",
                    map(Type::String, Type::Interface, [("a", Value::int(1)), ("none", Value::Nil), ("deep", deep)]),
                ),
                ("ms", map(Type::String, Type::Struct(Arc::clone(&self.pair)), [("one", Value::Struct(p.clone()))])),
                ("mi", numbered(&[(10, "ten"), (9, "nine")])),
                ("p", Value::Pointer(p.clone())),
                ("pn", nil(pointer.clone())),
                ("pair", Value::Struct(p)),
                ("tags", self.tags(&["x", "y"])),
                ("bytes", Value::slice(Type::Uint(UintKind::Uint8), bytes)),
                ("level", self.level(2)),
                ("levels", Value::slice(Type::Named(Arc::clone(&self.level)), vec![self.level(1), self.level(2)])),
                ("nilstrs", nil(Type::slice(Type::String))),
                ("nilmap", nil(strings)),
                ("fn", Value::Func(Arc::new(variadic_function()))),
                ("uni", "héllo, 世界".into()),
                ("html", "<a href='x'>\"&\0".into()),
                ("inf", f64::INFINITY.into()),
                ("ninf", f64::NEG_INFINITY.into()),
                ("nan", f64::NAN.into()),
                ("mm", map(Type::String, Type::map(Type::String, Type::INT), [("x", y)])),
                ("lp", Value::slice(pointer, lp)),
            ],
        )
    }

    fn functions(&self) -> Functions {
        let mut functions = Functions::new();
        let any_map = || map(Type::String, Type::Interface, [("a", Value::int(1))]);
        let pointer = Type::Pointer(Arc::clone(&self.pair));
        let empty_tags = Value::NilOf(Arc::new(Type::Named(Arc::clone(&self.tags))));
        let empty_meta = Value::NilOf(Arc::new(Type::map(Type::String, Type::String)));
        let made = Value::Pointer(self.pair("made", 0, empty_tags, empty_meta, Value::Nil));
        let mut add = |name: &str, parameters: &[Type], result: Type, body: fn(&[Value]) -> Value| {
            functions.insert(name, Function::new(Signature::new(parameters, result), move |values| Ok(body(values))));
        };
        add("str", &[Type::String], Type::String, |values| values[0].clone());
        add("add1", &[Type::INT], Type::INT, |values| Value::int(int(&values[0]) + 1));
        add("nilf", &[], Type::Interface, |_| Value::Nil);
        add("join", &[Type::String, Type::slice(Type::String)], Type::String, join);
        add("f64", &[Type::Float64], Type::String, |values| Value::from(values[0].to_string()));
        add("u64", &[Type::Uint(UintKind::Uint64)], Type::String, |values| Value::from(values[0].to_string()));
        let int64 = Type::Int(muster_gotemplate::IntKind::Int64);
        add("i64", &[int64], Type::String, |values| Value::from(values[0].to_string()));
        add("yes", &[Type::Bool], Type::Bool, |values| values[0].clone());
        add("show", &[Type::Interface], Type::String, |values| Value::from(muster_gotemplate::sprintf(b"%T", values)));
        add("name", &[Type::Struct(Arc::clone(&self.pair))], Type::String, |values| match &values[0] {
            Value::Struct(pair) => pair.field(0),
            _ => Value::Nil,
        });
        add("two", &[Type::String, Type::String], Type::String, |values| {
            Value::from([values[0].as_bytes().unwrap_or_default(), values[1].as_bytes().unwrap_or_default()].concat())
        });
        functions.insert("anyf", Function::new(Signature::new([], Type::Interface), move |_| Ok(any_map())));
        functions.insert("pairf", Function::new(Signature::new([], pointer), move |_| Ok(made.clone())));
        let strings = Type::map(Type::String, Type::String);
        functions.insert(
            "strmap",
            Function::new(Signature::new([], strings), |_| {
                Ok(map(Type::String, Type::String, [("a", Value::from("1"))]))
            }),
        );
        functions.insert(
            "sum",
            Function::new(Signature::new([Type::INT], Type::INT).variadic(), |values| {
                Ok(Value::int(values.iter().map(int).sum()))
            }),
        );
        functions.insert(
            "fail",
            Function::new(Signature::new([], Type::String).fallible(), |_| Err(FunctionError::new("it broke"))),
        );
        functions.insert(
            "atleast",
            Function::new(Signature::new([Type::String, Type::Interface], Type::String).variadic(), |values| {
                Ok(Value::from(format!("{}{}", values[0], values.len() - 1)))
            }),
        );
        functions
    }
}

fn pair_type(tags: &Arc<NamedType>) -> StructType {
    // Types are equal by name, so the pointer's target need not be the very same.
    let target = Arc::new(StructType {
        name: "main.Pair".into(),
        fields: ["Name", "Port", "Tags", "Meta", "Next", "Any"]
            .map(|name| FieldType { name: name.into(), of: Type::Interface })
            .to_vec(),
        methods: vec![],
    });
    let types = [
        Type::String,
        Type::INT,
        Type::Named(Arc::clone(tags)),
        Type::map(Type::String, Type::String),
        Type::Pointer(target),
        Type::Interface,
    ];
    let names = ["Name", "Port", "Tags", "Meta", "Next", "Any"];
    let fields = names.iter().zip(types).map(|(name, of)| FieldType { name: (*name).into(), of }).collect();
    let label = Method {
        name: "Label".into(),
        signature: Arc::new(Signature::new([Type::String], Type::String)),
        body: Arc::new(|values| match &values[0] {
            Value::Struct(pair) | Value::Pointer(pair) => Ok(Value::from(format!("{}{}", values[1], pair.field(0)))),
            _ => Err(FunctionError::new("value method main.Pair.Label called using nil *Pair pointer")),
        }),
    };
    StructType { name: "main.Pair".into(), fields, methods: vec![label] }
}

fn variadic_function() -> Function {
    Function::new(Signature::new([Type::INT, Type::String], Type::String).variadic(), |values| {
        let rest = values[1..].iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        Ok(Value::from(format!("{} [{rest}]", values[0])))
    })
}

fn map<const N: usize>(key: Type, element: Type, pairs: [(&str, Value); N]) -> Value {
    let pairs = pairs.into_iter().map(|(key, value)| (Value::from(key), value)).collect();
    Value::Map(Arc::new(Map::new(key, element, pairs)))
}

fn int(value: &Value) -> i64 {
    match value.underlying() {
        Value::Int(_, value) => *value,
        _ => 0,
    }
}

fn join(values: &[Value]) -> Value {
    let Value::Slice(items) = &values[1] else {
        return Value::from("");
    };
    let items: Vec<&[u8]> = items.items().iter().map(|item| item.as_bytes().unwrap_or_default()).collect();
    Value::from(items.join(values[0].as_bytes().unwrap_or_default()))
}

fn oracle() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle")
}

/// What came of one line of the corpus, in the form of recorded.txt.
fn answer(world: &World, line: &str) -> String {
    let (mut line, mut missing_key, mut delimiters) = (line, MissingKey::Default, Delimiters::default());
    for (prefix, other) in [("@zero ", MissingKey::Zero), ("@error ", MissingKey::Error)] {
        if let Some(rest) = line.strip_prefix(prefix) {
            (line, missing_key) = (rest, other);
        }
    }
    if let Some(rest) = line.strip_prefix("@<< ") {
        (line, delimiters) = (rest, Delimiters::new("<<", ">>"));
    }
    let mut text = line.replace('⏎', "\n").replace('⇥', "\t").replace('␀', "\0").into_bytes();
    while let Some(at) = text.windows(3).position(|window| window == "␛".as_bytes()) {
        text.splice(at..at + 3, [0xff]);
    }
    let template = match Template::parse("t", &text, &delimiters, &world.functions()) {
        Ok(template) => template.missing_key(missing_key),
        Err(error) => return format!("parse {}", quote(error.to_string().as_bytes())),
    };
    let mut out = Vec::new();
    match template.execute(&mut out, &world.data()) {
        Ok(()) => format!("ok {}", quote(&out)),
        Err(error) => format!("exec {}", quote(error.to_string().as_bytes())),
    }
}

#[test]
fn says_what_go_said() {
    let world = World::new();
    let corpus = std::fs::read_to_string(oracle().join("corpus.txt")).unwrap();
    let recorded = std::fs::read_to_string(oracle().join("recorded.txt")).unwrap();
    assert_eq!(corpus.lines().count(), recorded.lines().count(), "every template has an answer");
    let mut wrong = Vec::new();
    for (line, expected) in corpus.lines().zip(recorded.lines()) {
        let got = answer(&world, line);
        if got != expected {
            wrong.push(format!("template {line}\n  go     {expected}\n  muster {got}"));
        }
    }
    assert!(wrong.is_empty(), "{} templates differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
#[ignore = "needs Go"]
fn go_still_says_what_was_recorded() {
    let output =
        Command::new("go").args(["run", ".", "corpus.txt"]).current_dir(oracle()).output().expect("go can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let recorded = std::fs::read_to_string(oracle().join("recorded.txt")).unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), recorded);
}
