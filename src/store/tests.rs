//! Tests of the whole store: damage of its files, its pages, and its behaviour against a model of maps and lists.

mod damage;
mod model;
mod pages;
