//! Builds the stages of a Dockerfile, one instruction after the other, without building anything.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::shell::Scripts;
use crate::text::{SourceFile, Span};

use super::argument::platform;
use super::context::Context;
use super::facts::{Facts, Need};
use super::foundation::Foundation;
use super::instruction::{Dockerfile, Escape, Instruction, Keyword, Problem};
use super::need;
use super::options::Options;
use super::stage::{Site, Workshop};

/// Reads the facts of a Dockerfile.
pub fn read(file: Arc<SourceFile>, context: &dyn Context, options: &Options) -> Facts {
    let dockerfile = super::parse(file.text());
    read_parsed(file, dockerfile, context, options)
}

/// The same of one that is parsed already.
pub fn read_parsed(file: Arc<SourceFile>, dockerfile: Dockerfile, context: &dyn Context, options: &Options) -> Facts {
    let (workshops, target, problems) = build(&dockerfile, context, options);
    let stages = workshops.into_iter().map(Workshop::finish).collect();
    let mut facts = Facts { file, dockerfile, stages, target, problems, need: Need::NotLooked };
    if options.look_for_need {
        facts.need = need::look(&facts, context);
    }
    facts
}

/// What images are built upon that name this Dockerfile's image in their `FROM`.
///
/// # Errors
/// Why it does not build, with the line.
pub fn foundation(file: &SourceFile, context: &dyn Context, options: &Options) -> Result<Foundation, String> {
    let dockerfile = super::parse(file.text());
    let (mut workshops, target, problems) = build(&dockerfile, context, options);
    if let Some(problem) = problems.first() {
        let line = file.position(problem.span.start).line;
        return Err(format!("line {line} of {}: {}", file.name(), problem.message));
    }
    match target.filter(|target| *target < workshops.len()) {
        Some(target) => Ok(workshops.swap_remove(target).into_foundation()),
        None => Err(format!("{} builds nothing", file.name())),
    }
}

/// Builds every stage; with the index of the one that ships, and why it does not build.
fn build(
    dockerfile: &Dockerfile,
    context: &dyn Context,
    options: &Options,
) -> (Vec<Workshop>, Option<usize>, Vec<Problem>) {
    let mut problems = dockerfile.problems.clone();
    let mut build = Build {
        context,
        options,
        escape: dockerfile.escape,
        globals: BTreeMap::new(),
        platform: platform(&options.platform),
        scripts: context.scripts(),
        stages: Vec::new(),
    };
    build.run(dockerfile);
    let stages = build.stages;
    let target = match &options.target {
        None => stages.len().checked_sub(1),
        Some(name) => {
            let found = find(&stages, name);
            if found.is_none() {
                let message = format!("there is no stage {name:?} to be the target");
                problems.push(Problem { span: Span::default(), message });
            }
            found
        }
    };
    (stages, target, problems)
}

/// The index of a stage by name (the last of that name, as BuildKit's map of names has it), or else by number.
pub(super) fn find(stages: &[Workshop], name: &str) -> Option<usize> {
    let lower = name.to_ascii_lowercase();
    let named = stages.iter().rposition(|workshop| workshop.stage.name.as_deref() == Some(lower.as_str()));
    named.or_else(|| lower.parse().ok().filter(|index| *index < stages.len()))
}

/// One run over a Dockerfile.
pub(super) struct Build<'b> {
    pub(super) context: &'b dyn Context,
    pub(super) options: &'b Options,
    pub(super) escape: Escape,
    /// `ARG`s before the first `FROM`; none where there is neither default nor value.
    pub(super) globals: BTreeMap<String, Option<String>>,
    pub(super) platform: BTreeMap<String, String>,
    pub(super) scripts: Rc<Scripts>,
    pub(super) stages: Vec<Workshop>,
}

impl Build<'_> {
    fn run(&mut self, dockerfile: &Dockerfile) {
        let mut current: Option<Workshop> = None;
        for instruction in &dockerfile.instructions {
            match (instruction.keyword, &mut current) {
                (Keyword::From, _) => {
                    self.stages.extend(current.take());
                    current = Some(self.begin(instruction));
                }
                (Keyword::Arg, None) => self.global(instruction),
                (_, Some(workshop)) => self.carry_out(workshop, instruction),
                (_, None) => {}
            }
        }
        self.stages.extend(current);
    }

    /// Carries an instruction out in a stage.
    pub(super) fn carry_out(&self, workshop: &mut Workshop, instruction: &Instruction) {
        let site = Site { context: self.context, options: self.options, stages: &self.stages };
        if instruction.keyword == Keyword::Arg {
            self.argument(workshop, instruction);
        } else {
            workshop.carry_out(instruction, &site);
        }
    }
}
