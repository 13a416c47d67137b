//! A source tree: what is to be checked in it is planned, each file is read once, and rules judge what the files say.

use std::path::Path;

use super::bases::Bases;
use super::clients;
use super::context::Surroundings;
use super::dockerfiles;
use super::neighbours::Neighbours;
use super::plan::{self, Input, Plan};
use super::texts::Texts;
use crate::dockerfile::Options;
use crate::report::{Report, Target};
use crate::rules::Settings;

/// How Dockerfiles are built, as far as the user says so, and what is asked of them.
pub struct Request<'a> {
    /// `--build-arg`, `--target`, and the day.
    pub options: &'a Options,
    /// `--context`: the context of every Dockerfile. No compose or bake file is asked then.
    pub context: Option<&'a Path>,
    /// Where base images are looked up; none where nobody asked for that.
    pub bases: Option<&'a Bases<'a>>,
    /// What is expected.
    pub settings: &'a Settings,
    /// Whether what connects to databases is checked, too.
    pub clients: bool,
}

impl Request<'_> {
    /// What builds may ask for beyond their own contexts.
    pub(super) fn around<'s>(&'s self, plan: &'s Plan) -> Surroundings<'s> {
        Surroundings { repository: &plan.repository, folders: &plan.folders, bases: self.bases, options: self.options }
    }
}

/// Checks every Dockerfile that the inputs name or hold, once for each different build of it, and what connects to databases, and adds
/// the outcome to a report: in the order of the inputs and, below a folder, of the paths. Returns how many checks that were, those that
/// could not be made included.
pub fn check(inputs: &[Input], request: &Request<'_>, jobs: usize, report: &mut Report) -> usize {
    let plan = plan::plan(inputs, request.context.is_some(), jobs);
    let texts = Texts::read(&plan, request.clients, jobs);
    let images = dockerfiles::check(&plan, &texts, request, jobs, report);
    let Texts { clients, not_scanned, .. } = texts;
    if request.clients {
        let neighbours = Neighbours::new(&plan.locks, images);
        for client in clients {
            let (target, findings) = clients::check(client, &neighbours, request.settings);
            report.add(Target::Source(Box::new(target)), findings);
        }
        report.sources = plan.sources.len();
    }
    let count = plan.jobs.len() + report.sources + plan.not_scanned.len();
    report.not_scanned.extend(not_scanned);
    report.not_scanned.extend(plan.not_scanned);
    count
}
