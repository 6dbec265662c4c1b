//! The pure core: inputs in, generated files out.

use crate::describe;
use crate::emit;
use crate::entities;
use crate::fabric;
use crate::files::GeneratedFiles;
use crate::inputs::Inputs;
use crate::ir::Ir;
use crate::lower;
use crate::report::Problems;
use crate::spec::Spec;

/// The IR of the inputs. `None` where there is no spec to read.
pub fn lower(inputs: &Inputs, problems: &mut Problems) -> Option<Ir> {
    let spec = Spec::parse(&inputs.spec_file, &inputs.spec, problems);
    let before = problems.len();
    let text = inputs.text(entities::FILE, problems);
    // A file that is not there has nothing wrong in it.
    let configs = if problems.len() == before { entities::read(text, problems) } else { Vec::new() };
    Some(lower::lower(&spec?, &configs, problems))
}

/// Makes every generated file. What is returned is only whole where no problem was added.
pub fn render(inputs: &Inputs, problems: &mut Problems) -> GeneratedFiles {
    let mut files = GeneratedFiles::default();
    let Some(ir) = lower(inputs, problems) else { return files };
    emit::tables::emit(&ir, &mut files);
    let models = emit::model::Models::of(&ir);
    emit::models::emit(&ir, &models, &inputs.spec_file, &mut files, problems);
    emit::client::emit(&ir, &models, &inputs.spec_file, &mut files, problems);
    let lineage = crate::gold::render(inputs, &ir, &mut files, problems);
    emit::dictionary::emit(inputs, &ir, &lineage, &mut files, problems);
    describe::emit(&mut files);
    fabric::emit(inputs, &mut files, problems);
    emit::root::emit(&ir.version, &mut files);
    files
}
