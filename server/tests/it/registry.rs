//! Every server function there is, read from the source: what a sweep walks is never written by hand.

use std::{fs, path::Path};

/// A server function and its arguments' names.
#[derive(Clone, Debug)]
pub struct Function {
    pub name: String,
    pub arguments: Vec<String>,
}

impl Function {
    pub fn takes(&self, argument: &str) -> bool {
        self.arguments.iter().any(|name| name == argument)
    }
}

/// All server functions of `app/src/api`, checked against those that Leptos registered.
pub fn functions() -> Vec<Function> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/src/api");
    let mut found = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let source = fs::read_to_string(file.unwrap().path()).unwrap();
        found.extend(source.split("#[server(prefix = \"/act\", endpoint = \"").skip(1).map(function));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let mut registered: Vec<_> = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.replace("/act/", "")).collect();
    registered.sort();
    assert_eq!(found.iter().map(|f| f.name.clone()).collect::<Vec<_>>(), registered);
    found
}

fn function(source: &str) -> Function {
    let name = source.split('"').next().unwrap().to_owned();
    let list = source.split_once("pub async fn ").unwrap().1.split_once('(').unwrap().1;
    let list = list.split_once(") ->").unwrap().0.replace("#[server(default)]", "");
    let arguments = list.split(',').filter_map(|argument| Some(argument.split_once(':')?.0.trim().to_owned()));
    Function { name, arguments: arguments.filter(|name| !name.is_empty()).collect() }
}
