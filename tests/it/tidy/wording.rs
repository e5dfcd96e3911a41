//! Words that have no place in any text of the project.
//!
//! They are written here in two halves, so that this file passes its own guard.

/// Marks of unfinished work: it belongs into an issue.
const MARKS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Package registries: a mirror is the builder's choice, in his own configuration.
const REGISTRIES: [&str; 9] = [
    concat!("crates", ".io"),
    concat!("npmjs", ".org"),
    concat!("npmjs", ".com"),
    concat!("pypi", ".org"),
    concat!("python", "hosted.org"),
    concat!("proxy.", "golang.org"),
    concat!("ruby", "gems.org"),
    concat!("deb.", "debian.org"),
    concat!("buf", ".build"),
];

/// Folders of one machine.
const MACHINE_PATHS: [&str; 3] = [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/wo", "rk/")];

pub(super) fn findings(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        let marks = MARKS.iter().filter(|mark| has_word(content, mark));
        let names = REGISTRIES.iter().chain(&MACHINE_PATHS).filter(|name| content.contains(**name));
        found.extend(marks.chain(names).map(|word| format!("{path}:{line}: names `{word}`")));
    }
    found
}

fn has_word(content: &str, word: &str) -> bool {
    content.split(|character: char| !character.is_alphanumeric()).any(|own| own == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_forbidden_word_is_found() {
        for word in MARKS.iter().chain(&REGISTRIES).chain(&MACHINE_PATHS) {
            let found = findings("a.md", &format!("fine\nsee {word}: later"));
            assert_eq!(found, [format!("a.md:2: names `{word}`")]);
        }
    }

    #[test]
    fn a_mark_inside_of_a_word_is_none() {
        assert!(findings("a.md", &format!("A{}S", MARKS[0])).is_empty());
    }
}
