//! The format from outside: what is printed is read back, and what is wrong is named.

mod arbitrary;

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use arbitrary::objects;

use super::{Bundle, Encoding, Format, Lines, PrintError, Printer, ReadError};
use crate::domain::{Kind, Object};

fn print(encoding: Encoding, objects: &[Object]) -> String {
    let mut printer = Printer::new(encoding, Vec::new());
    for object in objects {
        printer.put(object).unwrap();
    }
    String::from_utf8(printer.finish().unwrap()).unwrap()
}

fn read(encoding: Encoding, text: &str) -> Result<Vec<Object>, String> {
    let bundle = Bundle::read("f", encoding, text.as_bytes()).map_err(|error| error.to_string())?;
    Ok(bundle.into_objects().collect())
}

/// What is wrong with a YAML text, a line each.
fn problems(text: &str) -> Vec<String> {
    problems_in(Encoding::Yaml, text)
}

fn problems_in(encoding: Encoding, text: &str) -> Vec<String> {
    match Bundle::read("f", encoding, text.as_bytes()) {
        Ok(_) => vec![],
        Err(ReadError::Problems(problems)) => problems.iter().map(ToString::to_string).collect(),
        Err(error) => panic!("{error}"),
    }
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_the_same_in_every_encoding(objects in objects()) {
        for encoding in [Encoding::Yaml, Encoding::Json, Encoding::Lines] {
            let text = print(encoding, &objects);
            let back = read(encoding, &text);
            prop_assert_eq!(back.as_ref(), Ok(&objects), "{}", text);
        }
    }

    #[test]
    fn lines_one_by_one_are_the_same_as_all_at_once(objects in objects()) {
        let text = print(Encoding::Lines, &objects);
        let lines: Vec<_> = Lines::new("f", text.as_bytes()).map(|line| line.unwrap()).collect();
        prop_assert_eq!(Bundle::read("f", Encoding::Lines, text.as_bytes()).unwrap().objects, lines);
    }

    #[test]
    fn no_text_makes_a_reader_fall_over(text in "[\\[\\]{}:,\"'&*!|>%@`#\\-? \n\ta1]{0,60}") {
        for encoding in [Encoding::Yaml, Encoding::Json, Encoding::Lines] {
            drop(Bundle::read("f", encoding, text.as_bytes()));
        }
    }
}

#[test]
fn packed_files_read_as_their_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("company.yaml.gz");
    let mut packer = GzEncoder::new(std::fs::File::create(&path).unwrap(), Compression::fast());
    packer.write_all(b"users: [{id: u1}]").unwrap();
    packer.finish().unwrap();
    let bundle = Bundle::open(&path).unwrap();
    assert_eq!(bundle.objects.len(), 1);
    assert!(bundle.file.ends_with("company.yaml.gz"));
    let error = Lines::open(&path).err().unwrap();
    assert!(error.to_string().contains("is one document, not JSON Lines"), "{error}");
}

#[test]
fn the_ending_tells_the_format_and_others_are_refused() {
    let encodings = ["a.yaml", "a.yml", "a.json", "a.jsonl.gz", "a.txt", "yaml"]
        .map(|name| Format::of_name(name).map(|format| format.encoding));
    let (yaml, json, lines) = (Some(Encoding::Yaml), Some(Encoding::Json), Some(Encoding::Lines));
    assert_eq!(encodings, [yaml, yaml, json, lines, None, None]);
    let error = Bundle::open(std::path::Path::new("a.txt")).unwrap_err();
    assert_eq!(error.to_string(), "a.txt ends in none of .yaml, .yml, .json, .jsonl, each also with .gz");
}

#[test]
fn all_problems_are_named_at_once_with_line_and_field() {
    let text = "\
users:
  - {id: u1, nme: Anna, departments: d1}
  - id: 42
    active: no
resources:
  - {type: deal, id: \"1\"}
  - type: deal
    stage: [NEW]
    sort_key: 1.5
tickets: []
";
    assert_eq!(
        problems(text),
        [
            "f:10: tickets: is unknown; known are entity_types, departments, users, workgroups, support_groups, \
             roles, role_bindings, resources",
            "f:2: users[0].nme: is unknown; known are id, name, departments, active, admin, support_role",
            "f:2: users[0].departments: is the text \"d1\"; a list is needed",
            "f:3: users[1].id: is the number 42; a text is needed, quote it: \"42\"",
            "f:4: users[1].active: is no, which some readers of YAML take for a flag; true or false is needed",
            "f:7: resources[1]: lacks the field id",
            "f:8: resources[1].stage: is a list; a text is needed",
            "f:9: resources[1].sort_key: is the number 1.5; a whole number of 64 bits is needed",
        ]
    );
}

#[test]
fn json_problems_have_their_lines_too() {
    let text = "{\n \"users\": [\n  {\"id\": \"u1\"},\n  {\"id\": 42,\n   \"admin\": 1, \"admin\": true,\n   \"support_role\": \"boss\"}\n ]\n}";
    assert_eq!(
        problems_in(Encoding::Json, text),
        [
            "f:5: users[1].admin: is given a second time; give it once",
            "f:4: users[1].id: is the number 42; a text is needed, quote it: \"42\"",
            "f:5: users[1].admin: is the number 1; true or false is needed",
            "f:6: users[1].support_role: is the text \"boss\"; it is one of none, client, staff, demo, admin",
        ]
    );
    assert_eq!(
        problems_in(Encoding::Json, "{\n\"users\": [,]}"),
        ["f:2: is not JSON: expected value, at column 11"]
    );
}

#[test]
fn a_line_is_named_by_its_number() {
    let text = "{\"users\":{\"id\":\"u1\"}}\n\n{\"users\":{\"id\":\"u2\",\"departments\":7}}\n{\"users\":\n";
    let named: Vec<_> = Lines::new("f", text.as_bytes())
        .map(|line| line.map_or_else(|problem| problem.to_string(), |object| object.value.key().to_string()))
        .collect();
    assert_eq!(
        named,
        [
            "user u1",
            "f:3: users.departments: is the number 7; a list is needed",
            "f:4: is not JSON: EOF while parsing a value, at column 9",
        ]
    );
    assert_eq!(problems_in(Encoding::Lines, text), named[1..]);
}

#[test]
fn a_key_that_comes_again_is_refused() {
    let text = "role_bindings:\n- {role: r, subject: {user: u}}\n\
                - {role: r, subject: {user: u, include_managers: false}}\n";
    assert_eq!(
        problems(text),
        [
            "f:3: role_bindings[1]: the binding of role r to user u is there a second time; the first is on line 2"
        ]
    );
    let text = "{\"users\":{\"id\":\"u1\"}}\n{\"users\":{\"id\":\"u1\"}}\n";
    assert_eq!(
        Lines::new("f", text.as_bytes()).last().unwrap().unwrap_err().to_string(),
        "f:2: users: the user u1 is there a second time"
    );
}

#[test]
fn what_is_wrong_with_one_object_is_named_where_it_stands() {
    let text = "\
entity_types:
  - name: deal
    model: crm
    actions: [add]
roles:
  - id: r
    grants:
      - {entity_type: deal, action: add}
      - {entity_type: deal, action: add, level: all}
";
    assert_eq!(
        problems(text),
        [
            "f:4: entity_types[0].actions: lacks read; every entity type has it (rule 1.6)",
            "f:9: roles[0].grants[1]: is a second grant of add on deal; a role has one, put both into it \
             (rule 3.8)",
        ]
    );
}

#[test]
fn levels_are_names_or_lists_of_scopes() {
    let text = "\
roles:
  - id: r
    grants:
      - {entity_type: deal, action: read, level: most, stages: {NEW: [none], NEW: all, 7: all}}
";
    assert_eq!(
        problems(text),
        [
            "f:4: a name is the number 7; quote it: \"7\"",
            "f:4: roles[0].grants[0].level: is the text \"most\"; a level is one of none, self, department, \
             subdepartments, open, all, or a list of scopes",
            "f:4: roles[0].grants[0].stages.NEW[0]: is the text \"none\"; it is one of self, department, \
             subdepartments, open, all",
            "f:4: roles[0].grants[0].stages.NEW: is given a second time; give it once",
        ]
    );
}

#[test]
fn a_binding_names_one_subject() {
    let text = "\
role_bindings:
  - {role: r, subject: {user: u, department: d}}
  - {role: r, subject: {}}
  - {role: r, subject: {everyone: false}}
  - {role: r, subject: {department: d, min_role: owner}}
";
    assert_eq!(
        problems(text),
        [
            "f:2: role_bindings[0].subject: has user and department; one of them is needed",
            "f:3: role_bindings[1].subject: needs one of user, department, workgroup, everyone",
            "f:4: role_bindings[2].subject.everyone: is false; write true, or name a user, department or \
             workgroup instead",
            "f:5: role_bindings[3].subject.min_role: goes with workgroup alone",
        ]
    );
}

#[test]
fn what_yaml_readers_disagree_about_is_refused() {
    let refused = [
        ("users: &a []", "f:1: has an anchor; write each value where it is needed"),
        ("users: *a", "f:1: is an alias; write each value where it is needed"),
        ("users: !!seq []", "f:1: has a tag; write the value alone"),
        ("users: []\n---\nusers: []", "f:2: begins a second document; a file holds one"),
        ("? [a]\n: b", "f:1: a name is a list; a name is a text"),
        ("", "f:1: is empty; an empty bundle is written {}"),
        ("users: [{id: ~}]", "f:1: users[0].id: is empty; a text is needed"),
        ("users:", "f:1: users: is empty; a list is needed"),
    ];
    for (text, problem) in refused {
        assert_eq!(problems(text), [problem], "{text}");
    }
    for id in ["42", "0x2A", "1_000", "1e3", "12:30:00", "2024-01-01", "no", "On", "true", ".5", "-7"] {
        let found = problems(&format!("users: [{{id: {id}}}]"));
        assert_eq!(found.len(), 1, "{id}");
        assert!(found[0].contains(&format!("quote it: \"{id}\"")), "{found:?}");
        assert_eq!(problems(&format!("users: [{{id: '{id}'}}]")), Vec::<String>::new());
    }
}

#[test]
fn depth_is_bounded() {
    for text in [format!("users: {}", "[".repeat(100_000)), "- ".repeat(100_000), "{a: ".repeat(100_000)] {
        assert_eq!(problems(&text).len(), 1);
    }
    assert_eq!(problems_in(Encoding::Json, &"[".repeat(100_000)).len(), 1);
}

#[test]
fn more_problems_than_the_limit_are_counted_out() {
    let text = format!("{{\"users\": [{}1]}}", "1,".repeat(5_000));
    let found = problems_in(Encoding::Json, &text);
    assert_eq!(found.len(), super::PROBLEMS_MAX + 1);
    assert_eq!(found.last().unwrap(), "f: there are more than 1000 problems; the rest are left out");
}

#[test]
fn a_line_that_is_too_long_is_passed_over() {
    let text =
        format!("{{\"users\":\"{}\"}}\n{{\"users\":{{\"id\":\"u1\"}}}}", "x".repeat(super::LINE_BYTES_MAX));
    let lines: Vec<_> = Lines::new("f", text.as_bytes()).collect();
    assert_eq!(
        lines[0].as_ref().unwrap_err().to_string(),
        "f:1: has more than 4194304 bytes, the limit LINE_BYTES_MAX"
    );
    assert_eq!(lines[1].as_ref().unwrap().place.line, 2);
}

#[test]
fn a_byte_order_mark_and_carriage_returns_do_no_harm() {
    assert_eq!(read(Encoding::Yaml, "\u{feff}users:\r\n  - id: u1\r\n").unwrap().len(), 1);
    assert_eq!(read(Encoding::Json, "\u{feff}{\"users\":\r\n[{\"id\":\"u1\"}]}").unwrap().len(), 1);
    assert_eq!(read(Encoding::Lines, "\u{feff}{\"users\":{\"id\":\"u1\"}}\r\n").unwrap().len(), 1);
}

#[test]
fn bytes_that_are_not_utf8_are_named_by_their_line() {
    let found = Bundle::read("f", Encoding::Yaml, &b"users:\n - {id: \xff}"[..]).unwrap_err();
    assert_eq!(found.to_string(), "f:2: is not UTF-8");
}

#[test]
fn a_document_takes_the_objects_of_a_kind_together() {
    let objects = read(Encoding::Yaml, "users: [{id: u1}, {id: u2}]\ndepartments: [{id: d1}]").unwrap();
    let mut printer = Printer::new(Encoding::Yaml, Vec::new());
    printer.put(&objects[0]).unwrap();
    printer.put(&objects[2]).unwrap();
    assert!(matches!(printer.put(&objects[1]), Err(PrintError::Scattered(Kind::User))));
}

#[test]
fn yaml_is_printed_for_people() {
    let text = "\
entity_types:
  - {name: deal, model: crm, stages: [NEW, \"C1:WON\"], actions: [read, add]}
users:
  - {id: u1, name: Anna Orlova, departments: [d1]}
  - {id: \"42\", active: false}
roles:
  - id: sales
    name: Sales
    grants:
      - {entity_type: deal, action: read, level: all, stages: {\"C1:WON\": [self, open], NEW: none}}
      - {entity_type: deal, action: add}
role_bindings:
  - {role: sales, subject: {workgroup: w1, min_role: owner}}
";
    assert_eq!(print(Encoding::Yaml, &read(Encoding::Yaml, text).unwrap()), text);
}

#[test]
fn the_sample_company_reads() {
    let text = include_str!("../../deploy/sample/company.yaml");
    assert_eq!(problems(text), Vec::<String>::new());
    let objects = read(Encoding::Yaml, text).unwrap();
    assert_eq!(read(Encoding::Yaml, &print(Encoding::Yaml, &objects)).unwrap(), objects);
}
