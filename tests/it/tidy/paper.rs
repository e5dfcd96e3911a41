//! Documents that must agree with one another: both readmes, and the dependencies with their reasons.

use std::collections::BTreeSet;

/// What is wrong between the readme and its translation.
pub(super) fn readme_findings(one: &str, other: &str) -> Vec<String> {
    let (one, other) = (Outline::of(one), Outline::of(other));
    let mut found = Vec::new();
    if one.headings.is_empty() {
        found.push("README.md: no headings".to_owned());
    }
    if one.headings != other.headings {
        found.push(format!(
            "the readmes' headings differ: levels {:?} and {:?}",
            one.headings, other.headings
        ));
    }
    if one.blocks.len() != other.blocks.len() {
        found.push(format!("the readmes have {} and {} code blocks", one.blocks.len(), other.blocks.len()));
    }
    for (own, translated) in
        one.blocks.iter().zip(&other.blocks).filter(|(own, translated)| own != translated)
    {
        found.push(format!("a code block differs:\n{own}\n--- and\n{translated}"));
    }
    found
}

/// The levels of a document's headings, and its fenced code.
#[derive(Default)]
struct Outline {
    headings: Vec<usize>,
    blocks: Vec<String>,
}

impl Outline {
    fn of(text: &str) -> Self {
        let mut outline = Self::default();
        let mut open: Option<String> = None;
        for line in text.lines() {
            let is_fence = line.trim_start().starts_with("```");
            open = match open {
                Some(block) if is_fence => {
                    outline.blocks.push(block);
                    None
                }
                Some(block) => Some(block + "\n" + line),
                None if is_fence => Some(line.to_owned()),
                None => {
                    outline.headings.extend(heading_level(line));
                    None
                }
            };
        }
        outline
    }
}

fn heading_level(line: &str) -> Option<usize> {
    let level = line.find(|character| character != '#')?;
    (level > 0 && line[level..].starts_with(' ')).then_some(level)
}

/// Direct dependencies without a line in the table of `deny.toml`, and lines without a dependency.
pub(super) fn dependency_findings(manifest: &str, policy: &str) -> Vec<String> {
    let (used, explained) = (dependencies(manifest), explained(policy));
    let without_reason = used.difference(&explained).map(|name| format!("deny.toml: why is `{name}` there?"));
    let without_use = explained.difference(&used).map(|name| format!("deny.toml: `{name}` is no dependency"));
    without_reason.chain(without_use).collect()
}

fn dependencies(manifest: &str) -> BTreeSet<String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    ["dependencies", "build-dependencies", "dev-dependencies"]
        .iter()
        .filter_map(|section| manifest.get(*section)?.as_table())
        .flat_map(|section| section.keys().cloned())
        .collect()
}

/// The names of the table: comment lines of a name, two blanks or more, and a reason.
fn explained(policy: &str) -> BTreeSet<String> {
    let row = |line: &str| {
        let (name, reason) = line.strip_prefix("# ")?.split_once("  ")?;
        (!name.contains(' ') && !reason.trim().is_empty()).then(|| name.to_owned())
    };
    policy.lines().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "# A\n\n```sh\n# no heading\nmake\n```\n\n## B\n";

    #[test]
    fn a_translation_with_the_same_outline_passes() {
        assert!(readme_findings(README, "# А\n\n```sh\n# no heading\nmake\n```\n\n## Б\n").is_empty());
    }

    #[test]
    fn a_heading_left_out_is_found() {
        let found = readme_findings(README, "# А\n\n```sh\n# no heading\nmake\n```\n");
        assert_eq!(found, ["the readmes' headings differ: levels [1, 2] and [1]"]);
    }

    #[test]
    fn other_code_is_found() {
        let found = readme_findings(README, &README.replace("make", "make all"));
        assert_eq!(
            found,
            ["a code block differs:\n```sh\n# no heading\nmake\n--- and\n```sh\n# no heading\nmake all"]
        );
    }

    #[test]
    fn missing_code_and_an_empty_readme_are_found() {
        assert_eq!(readme_findings(README, "# А\n## Б\n"), ["the readmes have 1 and 0 code blocks"]);
        assert_eq!(readme_findings("", ""), ["README.md: no headings"]);
    }

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        let manifest = "[dependencies]\na = \"1\"\n[build-dependencies]\nb = \"1\"\n";
        assert!(dependency_findings(manifest, "# a  for this\n# b  for that\n").is_empty());
        assert_eq!(dependency_findings(manifest, "# b  for that\n"), ["deny.toml: why is `a` there?"]);
        let found = dependency_findings(manifest, "# a  for this\n# b  for that\n# c  for none\n");
        assert_eq!(found, ["deny.toml: `c` is no dependency"]);
    }
}
