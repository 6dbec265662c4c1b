//! Arbitrary bytes through `import` and, where they are a spec, through `generate`: never a panic.
#![no_main]

use connectwise_codegen::import::import;
use connectwise_codegen::inputs::Inputs;
use connectwise_codegen::render::render;
use connectwise_codegen::report::Problems;
use libfuzzer_sys::fuzz_target;

const ENTITIES: &str = include_str!("../../tests/golden/input/schema/entities.yaml");

fuzz_target!(|bytes: &[u8]| {
    let mut problems = Problems::new();
    let Some(imported) = import("fuzz.json", bytes, &mut problems) else {
        assert!(!problems.is_empty(), "refused without a reason");
        return;
    };
    let mut inputs = Inputs { spec_file: "fuzz.json".to_owned(), spec: imported.text, ..Inputs::default() };
    inputs.files.insert("schema/entities.yaml".to_owned(), ENTITIES.to_owned());
    inputs.files.insert("templates/dictionary.md.j2".to_owned(), "{{ version }}".to_owned());
    let _ = render(&inputs, &mut problems);
});
