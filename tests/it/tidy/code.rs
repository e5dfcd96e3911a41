//! Rust source as tokens: enough to find functions, test parts and paths, without the text of comments and literals.
//!
//! Not a parser: it relies on the source being one that compiles.

use std::ops::Range;

/// An identifier, `::`, or one other character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    /// Counted from 1.
    pub(super) line: usize,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    pub(super) line: usize,
    /// From `fn` to the closing brace, both counted.
    pub(super) length: usize,
}

/// The tokens of `source`; comments, strings and characters leave none.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let (mut rest, mut line) = (source, 1);
    while let Some(first) = rest.chars().next() {
        let (length, is_token) = step(rest, first);
        let (text, behind) = rest.split_at(length);
        if is_token {
            found.push(Token { text, line });
        }
        line += text.matches('\n').count();
        rest = behind;
    }
    found
}

/// How many bytes the next piece has, and whether it is a token.
fn step(rest: &str, first: char) -> (usize, bool) {
    if let Some(length) = comment(rest).or_else(|| literal(rest)) {
        return (length, false);
    }
    if is_word(first) {
        return (word(rest), true);
    }
    if rest.starts_with("::") {
        return (2, true);
    }
    (first.len_utf8(), !first.is_whitespace())
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn word(rest: &str) -> usize {
    rest.find(|character| !is_word(character)).unwrap_or(rest.len())
}

fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if !rest.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(behind) = rest.get(at..) {
        let (change, length) = match behind.as_bytes() {
            [b'/', b'*', ..] => (1, 2),
            [b'*', b'/', ..] => (-1, 2),
            [] => return Some(rest.len()),
            _ => (0, behind.chars().next()?.len_utf8()),
        };
        depth = depth.checked_add_signed(change)?;
        at += length;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// A string of any kind, or a character; a lifetime is neither.
fn literal(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        let behind = rest.strip_prefix(*prefix).unwrap_or_default();
        behind.starts_with('"') || (prefix.ends_with('r') && raw_fence(behind).is_some())
    });
    match prefix {
        Some(prefix) if prefix.ends_with('r') => {
            let fence = format!("\"{}", raw_fence(&rest[prefix.len()..])?);
            let body = prefix.len() + fence.len();
            Some(rest[body..].find(&fence).map_or(rest.len(), |at| body + at + fence.len()))
        }
        Some(prefix) => Some(quoted(rest, prefix.len() + 1, '"')),
        None => character(rest),
    }
}

/// The `#`s before the quote of a raw string.
fn raw_fence(behind: &str) -> Option<&str> {
    let length = behind.find(|character| character != '#')?;
    behind[length..].starts_with('"').then(|| &behind[..length])
}

fn character(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix("b'").or_else(|| rest.strip_prefix('\''))?;
    let start = rest.len() - body.len();
    let mut characters = body.chars();
    let first = characters.next()?;
    (first == '\\' || characters.next() == Some('\'')).then(|| quoted(rest, start, '\''))
}

/// Where the literal that is open at `start` ends.
fn quoted(rest: &str, start: usize, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in rest[start..].char_indices() {
        if !escaped && character == quote {
            return start + at + 1;
        }
        escaped = !escaped && character == '\\';
    }
    rest.len()
}

/// The tokens of each item under `#[cfg(test)]`, the attribute included.
pub(super) fn test_parts(tokens: &[Token<'_>]) -> Vec<Range<usize>> {
    let attribute = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut parts: Vec<Range<usize>> = Vec::new();
    for start in 0..tokens.len() {
        let is_inside = parts.last().is_some_and(|part| part.contains(&start));
        let is_here = tokens[start..].iter().map(|token| token.text).take(attribute.len()).eq(attribute);
        if is_here && !is_inside {
            parts.push(start..end_of_item(tokens, start + attribute.len()));
        }
    }
    parts
}

/// The functions with a body; those of a trait without one, and types of functions, are not among them.
pub(super) fn functions<'a>(tokens: &[Token<'a>]) -> Vec<Function<'a>> {
    let mut found = Vec::new();
    for (start, pair) in tokens.windows(2).enumerate() {
        if pair[0].text != "fn" || !pair[1].text.starts_with(is_word) {
            continue;
        }
        let last = tokens[end_of_item(tokens, start) - 1];
        if last.text == "}" {
            found.push(Function {
                name: pair[1].text,
                line: pair[0].line,
                length: last.line - pair[0].line + 1,
            });
        }
    }
    found
}

/// Behind the item's closing brace, or behind its semicolon when it has no body.
fn end_of_item(tokens: &[Token<'_>], start: usize) -> usize {
    let (mut round, mut curly) = (0_i32, 0_i32);
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token.text {
            "(" | "[" => round += 1,
            ")" | "]" => round -= 1,
            "{" => curly += 1,
            "}" => curly -= 1,
            _ => {}
        }
        if matches!(token.text, ";" | "}") && round == 0 && curly == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokens(source).iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_and_literals_leave_no_token() {
        let source = "a // b\n/* c /* d */ e */ f \"g \\\" h\" r#\"i \" j\"# b'k' '\\'' '\"' l";
        assert_eq!(texts(source), ["a", "f", "l"]);
    }

    #[test]
    fn lifetimes_and_raw_names_are_no_literals() {
        assert_eq!(texts("&'a str, r#type"), ["&", "'", "a", "str", ",", "r", "#", "type"]);
        assert_eq!(texts("a::b : c"), ["a", "::", "b", ":", "c"]);
    }

    #[test]
    fn lines_count_on_through_literals() {
        assert_eq!(tokens("\"a\nb\"\n/*\n*/ c"), [Token { text: "c", line: 4 }]);
    }

    #[test]
    fn functions_have_their_length_and_declarations_none() {
        let source = "trait T { fn a(&self) -> [u8; 4]; }\nfn b(f: fn(u8)) {\n  {}\n}\n";
        assert_eq!(functions(&tokens(source)), [Function { name: "b", line: 2, length: 3 }]);
    }

    #[test]
    fn a_test_part_ends_with_its_item() {
        let source = "#[cfg(test)]\nmod a;\nfn b() {}\n#[cfg(test)]\nmod c { fn d() {} }\nfn e() {}";
        let tokens = tokens(source);
        let parts: Vec<&str> = test_parts(&tokens).into_iter().map(|part| tokens[part.end].text).collect();
        assert_eq!(parts, ["fn", "fn"]);
        assert_eq!(test_parts(&tokens).len(), 2);
    }
}
