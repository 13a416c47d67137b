//! What an expression comes to.

use std::rc::Rc;

use ruff_python_ast::{BoolOp, Expr, ExprCall, Operator, UnaryOp};
use ruff_text_size::Ranged as _;

use super::arguments::Arguments;
use super::machine::{Machine, span};
use super::object::{Dictionary, Node, Object, Thing};
use super::{contexts, library, texts};
use crate::client::Value;

impl<'a> Machine<'a> {
    /// What an expression comes to. Calls that connect are found on the way.
    pub fn expression(&mut self, expression: &'a Expr) -> Object<'a> {
        match expression {
            Expr::Name(name) => self.name(name.id.as_str()),
            Expr::StringLiteral(literal) => {
                let text = literal.value.to_str();
                self.finds.text_seen(text, span(literal.range));
                Object::text(text)
            }
            Expr::BooleanLiteral(literal) => Object::Value(Value::Bool(literal.value)),
            Expr::NoneLiteral(_) => Object::Value(Value::Null),
            Expr::NumberLiteral(literal) => Object::text(self.slice(literal.range)),
            Expr::FString(literal) => {
                let object = texts::formatted(self, literal);
                if let Some(text) = object.as_text() {
                    self.finds.text_seen(text, span(literal.range));
                }
                object
            }
            Expr::Dict(dictionary) => self.dictionary(dictionary),
            Expr::Tuple(tuple) => Object::Sequence(self.all(&tuple.elts)),
            Expr::List(list) => Object::Sequence(self.all(&list.elts)),
            Expr::Set(set) => Object::Sequence(self.all(&set.elts)),
            Expr::Attribute(attribute) => {
                let owner = self.expression(&attribute.value);
                self.attribute(owner, attribute.attr.as_str())
            }
            Expr::Subscript(subscript) => {
                let owner = self.expression(&subscript.value);
                let key = self.expression(&subscript.slice);
                self.item(&owner, &key)
            }
            Expr::Call(call) => self.call(call),
            Expr::Await(waiting) => self.expression(&waiting.value),
            Expr::Named(named) => {
                let object = self.expression(&named.value);
                self.assign(&named.target, object.clone());
                object
            }
            Expr::Starred(starred) => self.expression(&starred.value),
            Expr::If(choice) => {
                let test = self.expression(&choice.test);
                match self.decided(&choice.test, &test) {
                    Some(true) => self.expression(&choice.body),
                    Some(false) => self.expression(&choice.orelse),
                    None => {
                        let (one, other) = (self.expression(&choice.body), self.expression(&choice.orelse));
                        Object::one_of([one, other])
                    }
                }
            }
            Expr::BoolOp(both) => self.either(both.op, &both.values),
            Expr::BinOp(both) => {
                let (left, right) = (self.expression(&both.left), self.expression(&both.right));
                self.combined(left, both.op, right)
            }
            Expr::UnaryOp(one) => {
                let object = self.expression(&one.operand);
                match (one.op, object.truth()) {
                    (UnaryOp::Not, Some(truth)) => Object::Value(Value::Bool(!truth)),
                    _ => Object::unknown("it is computed"),
                }
            }
            Expr::Compare(compare) => {
                self.expression(&compare.left);
                for other in &compare.comparators {
                    self.expression(other);
                }
                Object::unknown("it is compared while the code runs")
            }
            Expr::Yield(give) => {
                if let Some(value) = &give.value {
                    let object = self.expression(value);
                    self.give_back(object);
                }
                Object::unknown("it is sent to a generator")
            }
            Expr::Lambda(lambda) => Object::Lambda(Node(lambda)),
            Expr::DictComp(comprehension) => {
                // What it takes may be a dictionary that is known; what becomes of it is not followed.
                for generator in &comprehension.generators {
                    self.expression(&generator.iter);
                }
                let why = Some("the dictionary is computed".to_owned());
                let dictionary = Dictionary { unseen: why, span: span(comprehension.range), ..Dictionary::default() };
                self.new_thing(Thing::Dictionary(dictionary))
            }
            Expr::ListComp(comprehension) => {
                for generator in &comprehension.generators {
                    let object = self.expression(&generator.iter);
                    let item = self.item_of(&object);
                    self.assign(&generator.target, item);
                }
                self.expression(&comprehension.elt);
                Object::unknown("it is computed")
            }
            _ => Object::unknown("it is computed"),
        }
    }

    fn all(&mut self, expressions: &'a [Expr]) -> Vec<Object<'a>> {
        expressions.iter().map(|expression| self.expression(expression)).collect()
    }

    fn name(&self, name: &'a str) -> Object<'a> {
        match self.state.get(name) {
            Some(object) => object.clone(),
            None => library::undefined(name),
        }
    }

    fn dictionary(&mut self, literal: &'a ruff_python_ast::ExprDict) -> Object<'a> {
        let mut dictionary = Dictionary { span: span(literal.range), ..Dictionary::default() };
        for item in &literal.items {
            let object = self.expression(&item.value);
            match &item.key {
                Some(key) => match self.expression(key).as_text() {
                    Some(key_text) => {
                        let at = span(key.range()).cover(span(item.value.range()));
                        dictionary.entries.insert(key_text.to_owned(), (object, at));
                    }
                    None => dictionary.unseen = Some("a key of the dictionary can't be told".to_owned()),
                },
                None => self.spread(&object, &mut dictionary),
            }
        }
        self.new_thing(Thing::Dictionary(dictionary))
    }

    /// Puts all entries of an object into a dictionary.
    pub fn spread(&mut self, object: &Object<'a>, into: &mut Dictionary<'a>) {
        match self.state.dictionary(object) {
            Some(other) => {
                self.finds.dictionary_taken(other.span);
                for (key, entry) in &other.entries {
                    into.entries.insert(key.clone(), entry.clone());
                }
                into.unseen = into.unseen.take().or_else(|| other.unseen.clone());
            }
            None => match object {
                Object::OneOf(all) => {
                    let mut merged: Option<Dictionary<'a>> = None;
                    for one in all {
                        let mut alone = into.clone();
                        self.spread(one, &mut alone);
                        merged = Some(match merged {
                            Some(other) => other.or(&alone),
                            None => alone,
                        });
                    }
                    if let Some(merged) = merged {
                        *into = merged;
                    }
                }
                Object::Value(Value::Null) => {}
                _ => into.unseen = Some("what `**` puts in can't be told".to_owned()),
            },
        }
    }

    fn either(&mut self, operation: BoolOp, values: &'a [Expr]) -> Object<'a> {
        let mut objects = Vec::new();
        for (at, value) in values.iter().enumerate() {
            let object = self.expression(value);
            let is_last = at + 1 == values.len();
            match (operation, object.truth()) {
                _ if is_last => objects.push(object),
                (BoolOp::Or, Some(true)) | (BoolOp::And, Some(false)) => {
                    objects.push(object);
                    break;
                }
                (BoolOp::Or, Some(false)) | (BoolOp::And, Some(true)) => {}
                (_, None) => objects.push(object),
            }
        }
        // `os.getenv("X") or "y"` is a variable with a default.
        let (first, rest) = match objects.split_first() {
            Some((Object::Value(Value::Environment { variable, default: None }), rest))
                if operation == BoolOp::Or && rest.len() == 1 =>
            {
                (variable.clone(), rest)
            }
            _ => return Object::one_of(objects),
        };
        match rest {
            [Object::Value(default)] => {
                let default = Some(Box::new(default.clone()));
                Object::Value(Value::Environment { variable: first, default })
            }
            _ => Object::one_of(objects),
        }
    }

    /// What an operator makes of two objects.
    pub fn combined(&mut self, left: Object<'a>, operator: Operator, right: Object<'a>) -> Object<'a> {
        match operator {
            Operator::Add => texts::joined(&left, &right),
            Operator::Mod => texts::percent(self, &left, &right),
            Operator::Div => texts::path_joined(&left, &right),
            Operator::BitOr => {
                let (Some(_), Some(_)) = (self.state.dictionary(&left), self.state.dictionary(&right)) else {
                    return Object::unknown("it is computed");
                };
                let mut dictionary = Dictionary::default();
                self.spread(&left, &mut dictionary);
                self.spread(&right, &mut dictionary);
                self.new_thing(Thing::Dictionary(dictionary))
            }
            _ => Object::unknown("it is computed"),
        }
    }

    /// `owner.name`.
    pub fn attribute(&mut self, owner: Object<'a>, name: &str) -> Object<'a> {
        match &owner {
            Object::Imported(whole) => Object::Imported(Rc::from(format!("{whole}.{name}"))),
            Object::Reference(id) => match self.state.thing(*id) {
                Some(Thing::Instance(instance)) => {
                    if let Some(field) = instance.fields.get(name) {
                        return field.clone();
                    }
                    let class = instance.class;
                    let Some(class) = class else { return Object::Method(Box::new(owner), Rc::from(name)) };
                    match self.method(class, name) {
                        Some(method) if self.is_property(method) => {
                            self.call_function(method, Some(*id), &Arguments::default())
                        }
                        Some(method) => Object::Function(method, Some(*id)),
                        None => Object::unknown(format!("{name} is set elsewhere")),
                    }
                }
                _ => Object::Method(Box::new(owner), Rc::from(name)),
            },
            Object::Class(class) => {
                let class = *class;
                match self.method(class, name) {
                    // A class method takes its class for its instance: fields of the class are the same.
                    Some(method) => {
                        let object = self.instance_without_init(class);
                        match object {
                            Object::Reference(id) => Object::Function(method, Some(id)),
                            _ => Object::Function(method, None),
                        }
                    }
                    None => {
                        let object = self.instance_without_init(class);
                        let field =
                            self.state.instance(&object).and_then(|instance| instance.fields.get(name)).cloned();
                        field.unwrap_or_else(|| Object::unknown(format!("{name} is set elsewhere")))
                    }
                }
            }
            Object::OneOf(all) => {
                let all: Vec<_> = all.iter().map(|one| self.attribute(one.clone(), name)).collect();
                Object::one_of(all)
            }
            _ => Object::Method(Box::new(owner), Rc::from(name)),
        }
    }

    fn is_property(&self, method: Node<'a, ruff_python_ast::StmtFunctionDef>) -> bool {
        let mut decorators = method.0.decorator_list.iter();
        decorators.any(|decorator| self.slice(decorator.expression.range()).ends_with("property"))
    }

    /// Lets `owner.name` stand for an object.
    pub fn set_attribute(&mut self, owner: Object<'a>, name: &str, object: Object<'a>) {
        match owner {
            Object::Reference(id) => match self.state.thing_mut(id) {
                Some(Thing::Context(context)) => contexts::set(context, name, &object),
                Some(Thing::Instance(instance)) => {
                    instance.fields.insert(name.to_owned(), object);
                }
                _ => {}
            },
            Object::OneOf(all) => {
                for one in all {
                    self.set_attribute(one, name, object.clone());
                }
            }
            _ => {}
        }
    }

    /// `owner[key]`.
    pub fn item(&mut self, owner: &Object<'a>, key: &Object<'a>) -> Object<'a> {
        match owner {
            Object::Reference(_) => match (self.state.dictionary(owner), key.as_text()) {
                (Some(dictionary), Some(key)) => match (dictionary.entries.get(key), &dictionary.unseen) {
                    (Some((object, _)), _) => object.clone(),
                    (None, Some(why)) => Object::unknown(why.clone()),
                    (None, None) => Object::unknown(format!("there is no {key} in the dictionary here")),
                },
                _ => Object::unknown("it is a part of something that can't be told"),
            },
            Object::Sequence(parts) => {
                let at = key.as_text().and_then(|text| text.parse::<usize>().ok());
                at.and_then(|at| parts.get(at))
                    .cloned()
                    .unwrap_or_else(|| Object::unknown("it is a part of a sequence"))
            }
            Object::Imported(name) if &**name == "os.environ" => library::variable(key, None),
            Object::OneOf(all) => {
                let all: Vec<_> = all.iter().map(|one| self.item(one, key)).collect();
                Object::one_of(all)
            }
            _ => Object::unknown("it is a part of something that can't be told"),
        }
    }

    /// What a loop over an object gives.
    pub fn item_of(&mut self, object: &Object<'a>) -> Object<'a> {
        match object {
            Object::Sequence(parts) if !parts.is_empty() => Object::one_of(parts.iter().cloned()),
            _ => Object::unknown("it is a part of something that can't be told"),
        }
    }

    fn call(&mut self, call: &'a ExprCall) -> Object<'a> {
        let function = self.expression(&call.func);
        let arguments = self.arguments(call);
        self.apply(function, arguments)
    }

    fn arguments(&mut self, call: &'a ExprCall) -> Arguments<'a> {
        let mut arguments = Arguments { span: span(call.range()), ..Arguments::default() };
        for argument in &call.arguments.args {
            let object = self.expression(argument);
            match argument {
                Expr::Starred(_) => match object {
                    Object::Sequence(parts) => {
                        let at = span(argument.range());
                        arguments.positional.extend(parts.into_iter().map(|part| (part, at)));
                    }
                    _ => arguments.unseen = Some("what `*` puts in can't be told".to_owned()),
                },
                _ => arguments.positional.push((object, span(argument.range()))),
            }
        }
        let mut spread = Dictionary::default();
        for keyword in &call.arguments.keywords {
            let object = self.expression(&keyword.value);
            match &keyword.arg {
                Some(name) => arguments.named.push((name.as_str().to_owned(), object, span(keyword.range))),
                // `**None` is an error: what stands for it is set where that was not seen.
                None => match object.but_null() {
                    Some(object) => self.spread(&object, &mut spread),
                    None => spread.unseen = Some("what `**` puts in can't be told".to_owned()),
                },
            }
        }
        self.note_hosts(&arguments);
        arguments.unseen = arguments.unseen.or(spread.unseen);
        for (name, (object, at)) in spread.entries {
            if arguments.by_name(&name).is_none() {
                arguments.named.push((name, object, at));
            }
        }
        arguments
    }

    /// Notes the host that is given beside dictionaries of settings.
    fn note_hosts(&mut self, arguments: &Arguments<'a>) {
        let Some((host, _)) = arguments.by_name("host") else { return };
        let host = self.value(host);
        for (_, object, _) in &arguments.named {
            if let Some(at) = self.state.dictionary(object).map(|dictionary| dictionary.span) {
                self.finds.host_given(at, host.clone());
            }
        }
    }

    /// Calls something.
    pub fn apply(&mut self, function: Object<'a>, arguments: Arguments<'a>) -> Object<'a> {
        match function {
            Object::Imported(name) => library::call(self, &name, &arguments),
            Object::Function(function, of) => self.call_function(function, of, &arguments),
            Object::Class(class) => self.instantiate(class, &arguments),
            Object::Lambda(lambda) => self.expression(&lambda.0.body),
            Object::Partial(function, first) => {
                let arguments = arguments.behind(&first);
                self.apply(*function, arguments)
            }
            Object::Method(owner, name) => library::method(self, &owner, &name, &arguments),
            Object::OneOf(all) => {
                let all: Vec<_> = all.into_iter().map(|one| self.apply(one, arguments.clone())).collect();
                Object::one_of(all)
            }
            _ => Object::unknown("what is called can't be told"),
        }
    }
}
