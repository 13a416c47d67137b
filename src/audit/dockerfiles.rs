//! Dockerfiles: read with their contexts, and checked, on all cores.

use std::borrow::Cow;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use super::context::{BuildContext, FolderContext, Surroundings};
use super::files::{folder, name};
use super::neighbours::Built;
use super::plan::{Job, Plan};
use super::pool;
use super::repository::LocalBuild;
use super::source_tree::Request;
use super::texts::Texts;
use crate::bundle::{Contents, Judgement, judge};
use crate::dockerfile::facts::BundleState;
use crate::dockerfile::instruction::Dockerfile;
use crate::dockerfile::{self, Options};
use crate::finding::Finding;
use crate::report::{BuiltAs, DockerfileTarget, NotScanned, Report, Target};
use crate::rules;
use crate::shell::{Extent, Part, Scripts, Source};
use crate::text::SourceFile;

/// Checks every Dockerfile of a plan, once for each different build of it, and adds the outcome to a report. Returns the images that
/// they make, where somebody asks what connects in them.
pub fn check(plan: &Plan, texts: &Texts<'_>, request: &Request<'_>, jobs: usize, report: &mut Report) -> Vec<Built> {
    let around = request.around(plan);
    let outcomes = pool::map_with(&plan.jobs, jobs, Rc::default, |job, scripts| {
        Build::of(job, texts, around, request, scripts)?.check(request, texts)
    });
    let mut images = Vec::new();
    for (job, outcome) in plan.jobs.iter().zip(outcomes) {
        match outcome {
            Ok((target, findings, built)) => {
                images.extend(built);
                report.add(Target::Dockerfile(Box::new(target)), findings);
            }
            Err(reason) => {
                let target = match job {
                    Job::Alone { path, .. } => path.display().to_string(),
                    Job::Build { index, .. } => {
                        plan.repository.builds.get(*index).map(LocalBuild::recipe_name).unwrap_or_default()
                    }
                };
                report.not_scanned.push(NotScanned { target, reason });
            }
        }
    }
    images
}

/// A Dockerfile, and how it is built.
struct Build<'a> {
    file: Arc<SourceFile>,
    dockerfile: Dockerfile,
    context: BuildContext<'a>,
    options: Cow<'a, Options>,
    built_as: BuiltAs,
}

impl<'a> Build<'a> {
    /// What a job asks for.
    ///
    /// # Errors
    /// Why its Dockerfile cannot be read.
    fn of(
        job: &Job,
        texts: &Texts<'_>,
        around: Surroundings<'a>,
        request: &'a Request<'_>,
        scripts: &Rc<Scripts>,
    ) -> Result<Self, String> {
        match job {
            Job::Alone { path, within } => {
                let file = texts.dockerfile(path)?;
                let dockerfile = dockerfile::parse(file.text());
                let (context, inferred) =
                    BuildContext::alone(path, within.as_deref(), &dockerfile, request.context, around, scripts);
                let folder = context.folder.as_ref().map(FolderContext::folder);
                let built_as = BuiltAs { context: folder.map(name), inferred, ..BuiltAs::default() };
                Ok(Self { file, dockerfile, context, options: Cow::Borrowed(request.options), built_as })
            }
            Job::Build { index, named_by, one_of_several } => {
                let Some(local) = around.repository.builds.get(*index) else {
                    return Err("nobody builds it".to_owned());
                };
                let file = SourceFile::new(local.recipe_name(), local.text()?);
                let dockerfile = dockerfile::parse(file.text());
                let context = BuildContext::of_build(*index, Vec::new(), around, scripts);
                let built_as = BuiltAs {
                    context: Some(name(&local.context)),
                    inferred: false,
                    named_by: named_by.clone(),
                    written_in: local.dockerfile.is_none().then(|| local.file.clone()),
                    one_of_several: *one_of_several,
                };
                let options = Cow::Owned(local.options(request.options));
                Ok(Self { file, dockerfile, context, options, built_as })
            }
        }
    }

    /// What rules say of it, and of the image what decides with the clients that may run in it.
    ///
    /// # Errors
    /// Why it does not build.
    fn check(
        self,
        request: &Request<'_>,
        texts: &Texts<'_>,
    ) -> Result<(DockerfileTarget, Vec<Finding>, Option<Built>), String> {
        let Self { file, dockerfile, context, options, built_as } = self;
        let mut facts = dockerfile::read_parsed(file, dockerfile, &context, &options);
        facts.buildable()?;
        let findings = rules::check_dockerfile(&facts, request.settings);
        let bundle = facts.shipped().map_or(BundleState::Absent, |stage| stage.bundle().clone());
        let judgement = judgement(&bundle, request);
        // The image is asked now: its files are let go of before the next is read.
        let built = request.clients.then(|| {
            let context = built_as.context.as_deref().map(Path::new);
            let folder = context.unwrap_or_else(|| folder(Path::new(facts.file.name())));
            Built::new(&facts, folder, texts, request.settings)
        });
        facts.release_trees();
        Ok((DockerfileTarget { facts, bundle, judgement, built_as }, findings, built.flatten()))
    }
}

/// Judges the best of the places, where its bytes are known or were read in an image.
fn judgement(bundle: &BundleState, request: &Request<'_>) -> Option<Judgement> {
    let BundleState::Present(places) = bundle else { return None };
    let contents = &places.first()?.contents;
    let read = match (contents.exact(), contents.parts.as_slice()) {
        (Some(bytes), _) => Contents::read(&bytes),
        (None, [Part { source: Source::Image { reference, path }, extent: Extent::Whole }]) => {
            request.bases?.contents(reference, path)?
        }
        _ => return None,
    };
    Some(judge(&read, &request.settings.reference, request.settings.at))
}
