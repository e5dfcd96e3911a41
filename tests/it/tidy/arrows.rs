//! Which module may use which, and which crates belong to one module alone.
//!
//! Paths are read from the tokens: `crate::a`, `crate::{a, b}`, `dopusk::a` and a chain of `super` that ends at the
//! crate's root. Macros of other crates that write paths are not seen.

use super::code::{Token, test_parts, tokens};

/// A module and what it may use, from the bottom up: a module names only those above its own line here, so that no
/// circle can be written down.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("clock", &[]),
    ("task", &[]),
    ("config", &[]),
    ("memory", &[]),
    ("telemetry", &["config"]),
    ("caller", &["domain"]),
    ("sql", &["domain"]),
    ("table", &["domain"]),
    ("bundle", &["domain"]),
    ("company", &["domain", "bundle"]),
    ("directory", &["domain", "table"]),
    ("rights", &["domain", "table", "directory"]),
    ("review", &["domain", "directory", "rights"]),
    ("visibility", &["domain", "table", "directory", "rights"]),
    ("snapshot", &["domain", "table", "directory", "rights", "visibility"]),
    ("difference", &["domain", "directory", "rights", "visibility", "snapshot"]),
    ("proposal", &["domain", "directory", "rights"]),
    ("store", &["domain", "clock", "config", "task", "telemetry"]),
    ("cache", &["domain", "config", "telemetry", "directory", "rights"]),
    ("watch", &["domain", "clock", "config", "task", "telemetry"]),
    ("engine", &ENGINE),
    ("metric", &["domain", "telemetry", "engine"]),
    ("text", &["domain", "engine"]),
    (
        "api",
        &[
            "domain",
            "sql",
            "clock",
            "config",
            "task",
            "telemetry",
            "memory",
            "caller",
            "engine",
            "metric",
            "text",
        ],
    ),
    ("http", &["domain", "clock", "config", "task", "telemetry", "engine"]),
    (
        "server",
        &[
            "domain",
            "clock",
            "config",
            "task",
            "telemetry",
            "memory",
            "caller",
            "engine",
            "metric",
            "api",
            "http",
        ],
    ),
    ("client", &["domain", "sql", "bundle", "engine", "api"]),
    ("cli", &CLI),
    ("main", &["config", "telemetry", "cli"]),
    (
        "testing",
        &[
            "domain",
            "clock",
            "config",
            "memory",
            "table",
            "bundle",
            "company",
            "directory",
            "snapshot",
            "store",
            "engine",
        ],
    ),
];

const CLI: [&str; 16] = [
    "domain",
    "memory",
    "sql",
    "clock",
    "config",
    "task",
    "telemetry",
    "caller",
    "bundle",
    "company",
    "snapshot",
    "store",
    "engine",
    "api",
    "client",
    "server",
];

const ENGINE: [&str; 17] = [
    "domain",
    "memory",
    "clock",
    "config",
    "task",
    "telemetry",
    "table",
    "directory",
    "rights",
    "review",
    "visibility",
    "snapshot",
    "difference",
    "proposal",
    "store",
    "cache",
    "watch",
];

/// A name outside of ours, and the modules that may say it: the wire has two sides, and the load generator in `cli` sends
/// and answers raw messages.
const OWNERS: [(&str, &[&str]); 3] =
    [("sled", &["store"]), ("dashmap", &["cache"]), ("pb", &["api", "client", "cli"])];

/// Builders that the tests of any module may use.
const FOR_TESTS: &str = "testing";

pub(super) fn findings(path: &str, text: &str) -> Vec<String> {
    let place = Place::of(path);
    let tokens = tokens(text);
    let tests = test_parts(&tokens);
    let mut found = Vec::new();
    for (at, target) in uses(&tokens, place.depth) {
        let is_test = path.ends_with("/tests.rs") || tests.iter().any(|part| part.contains(&at));
        if is_test && target == FOR_TESTS {
            continue;
        }
        if let Some(why) = place.refusal(target) {
            found.push(format!("{path}:{}: {why}", tokens[at].line));
        }
    }
    for token in &tokens {
        let is_stray =
            |(name, owners): &&(&str, &[&str])| *name == token.text && !owners.contains(&place.module);
        if let Some((name, owners)) = OWNERS.iter().find(is_stray) {
            let owners = owners.join("` and `");
            found.push(format!("{path}:{}: only `{owners}` may name `{name}`", token.line));
        }
    }
    found
}

/// Where a file stands.
struct Place<'a> {
    module: &'a str,
    /// How many `super` lead from the file's top to the crate's root.
    depth: usize,
}

impl<'a> Place<'a> {
    fn of(path: &'a str) -> Self {
        let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
        let module = inner.split('/').next().unwrap_or(inner);
        let depth = if inner == "lib" || inner == "main" { 0 } else { inner.split('/').count() };
        Self { module, depth }
    }

    fn refusal(&self, target: &str) -> Option<String> {
        let module = self.module;
        let is_own = target == module || (target == "*" && self.depth == 0);
        if module == "lib" || is_own {
            return None;
        }
        match LAYERS.iter().find(|(name, _)| *name == module) {
            None => Some(format!("`{module}` has no place in the table of tests/it/tidy/arrows.rs")),
            Some((_, allowed)) if allowed.contains(&target) => None,
            Some(_) => Some(format!("`{module}` may not use `{target}`")),
        }
    }
}

/// What the file names at the crate's root: the index of the token, and the module.
fn uses<'a>(tokens: &[Token<'a>], depth: usize) -> Vec<(usize, &'a str)> {
    let mut found = Vec::new();
    let mut modules = InlineModules::default();
    let mut at = 0;
    while at < tokens.len() {
        modules.see(tokens, at);
        let behind = match tokens[at].text {
            "crate" | "dopusk" if at == 0 || tokens[at - 1].text != "::" => Some(at + 1),
            "super" => climb(tokens, at, depth + modules.open.len()),
            _ => None,
        };
        match behind {
            Some(next) if text(tokens, next) == "::" => {
                found.extend(heads(tokens, next + 1));
                at = next + 1;
            }
            _ => at += 1,
        }
    }
    found
}

/// Behind the last `super` of a chain that ends at the crate's root.
fn climb(tokens: &[Token<'_>], start: usize, depth: usize) -> Option<usize> {
    let is_middle = start > 1 && text(tokens, start - 1) == "::" && text(tokens, start - 2) == "super";
    let is_step = |pair: &&[Token<'_>]| pair[0].text == "super" && text(pair, 1) == "::";
    let steps = tokens[start..].chunks(2).take_while(is_step).count();
    (!is_middle && steps == depth).then_some(start + 2 * steps - 1)
}

/// The first names of a path or of a list of paths.
fn heads<'a>(tokens: &[Token<'a>], start: usize) -> Vec<(usize, &'a str)> {
    if text(tokens, start) != "{" {
        return tokens.get(start).map(|token| (start, token.text)).into_iter().collect();
    }
    let mut found = Vec::new();
    let mut depth = 0_usize;
    for at in start..tokens.len() {
        match text(tokens, at) {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        let is_first = depth == 1 && matches!(text(tokens, at), "{" | ",");
        let next = text(tokens, at + 1);
        if is_first && next != "}" {
            found.push((at + 1, tokens[at + 1].text));
        }
    }
    found
}

fn text<'a>(tokens: &[Token<'a>], at: usize) -> &'a str {
    tokens.get(at).map_or("", |token| token.text)
}

/// The `mod name { … }` that are open.
#[derive(Default)]
struct InlineModules {
    braces: usize,
    /// How many braces were open before each of them.
    open: Vec<usize>,
}

impl InlineModules {
    fn see(&mut self, tokens: &[Token<'_>], at: usize) {
        match tokens[at].text {
            "{" => {
                if at > 1 && text(tokens, at - 2) == "mod" {
                    self.open.push(self.braces);
                }
                self.braces += 1;
            }
            "}" => {
                self.braces = self.braces.saturating_sub(1);
                self.open.retain(|before| *before < self.braces);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_points_down() {
        for (at, (module, allowed)) in LAYERS.iter().enumerate() {
            for target in *allowed {
                let is_below = LAYERS[..at].iter().any(|(name, _)| name == target);
                assert!(is_below, "`{module}` → `{target}` does not point down");
            }
        }
    }

    #[test]
    fn an_arrow_that_points_up_is_found() {
        let text = "//! A.\nuse crate::domain::Id;\nuse crate::engine::Engine;\n";
        assert_eq!(
            findings("src/store/codec.rs", text),
            ["src/store/codec.rs:3: `store` may not use `engine`"]
        );
    }

    #[test]
    fn store_cache_and_watch_do_not_know_one_another() {
        for module in ["store", "cache", "watch"] {
            for target in ["store", "cache", "watch"].into_iter().filter(|target| *target != module) {
                let found = findings(&format!("src/{module}.rs"), &format!("use crate::{target}::A;"));
                assert_eq!(found, [format!("src/{module}.rs:1: `{module}` may not use `{target}`")]);
            }
        }
    }

    #[test]
    fn an_arrow_in_a_list_is_found() {
        let text = "use crate::{domain::{Id, Level}, cache, watch::Feed};";
        let found = findings("src/store.rs", text);
        assert_eq!(
            found,
            ["src/store.rs:1: `store` may not use `cache`", "src/store.rs:1: `store` may not use `watch`",]
        );
    }

    #[test]
    fn an_arrow_by_super_is_found() {
        let text = "mod a { use super::b; use super::super::super::cache::C; }\nuse super::super::watch::W;";
        let found = findings("src/store/codec.rs", text);
        assert_eq!(
            found,
            [
                "src/store/codec.rs:1: `store` may not use `cache`",
                "src/store/codec.rs:2: `store` may not use `watch`",
            ]
        );
    }

    #[test]
    fn an_arrow_in_the_middle_of_a_function_is_found() {
        let found = findings("src/rights.rs", "fn a() { crate::engine::now(); }");
        assert_eq!(found, ["src/rights.rs:1: `rights` may not use `engine`"]);
    }

    #[test]
    fn main_knows_the_command_line_and_not_the_engine() {
        assert!(findings("src/main.rs", "use dopusk::cli;\nmod tests { use super::*; }").is_empty());
        assert_eq!(
            findings("src/main.rs", "use dopusk::engine;"),
            ["src/main.rs:1: `main` may not use `engine`"]
        );
    }

    #[test]
    fn a_module_without_a_place_is_found() {
        let found = findings("src/helper.rs", "use crate::domain;");
        assert_eq!(found, ["src/helper.rs:1: `helper` has no place in the table of tests/it/tidy/arrows.rs"]);
    }

    #[test]
    fn builders_are_for_tests_alone() {
        let in_tests = "#[cfg(test)]\nmod tests { use crate::testing::user; use super::*; }";
        assert!(findings("src/rights.rs", in_tests).is_empty());
        let found = findings("src/rights.rs", "use crate::testing::user;");
        assert_eq!(found, ["src/rights.rs:1: `rights` may not use `testing`"]);
    }

    #[test]
    fn a_crate_outside_of_its_owner_is_found() {
        assert!(findings("src/store/codec.rs", "use sled::Tree;").is_empty());
        assert_eq!(
            findings("src/cache.rs", "fn a(db: &sled::Db) {}"),
            ["src/cache.rs:1: only `store` may name `sled`"]
        );
        let found = findings("src/engine.rs", "use dashmap::DashMap;");
        assert_eq!(found, ["src/engine.rs:1: only `cache` may name `dashmap`"]);
        let found = findings("src/http.rs", "fn a(b: pb::Check) {}");
        assert_eq!(found, ["src/http.rs:1: only `api` and `client` and `cli` may name `pb`"]);
    }

    #[test]
    fn comments_and_strings_make_no_arrow() {
        assert!(
            findings("src/cache.rs", "// crate::store\nconst A: &str = \"crate::store, sled\";").is_empty()
        );
    }
}
