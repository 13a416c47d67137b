//! The same images by repository, by team, by region and by the day on which their bundles begin to end.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Counts, Expiry, Image, State, SweepReport};

/// How many images of a repository or a team come to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The repository or the team; none for what belongs to no team.
    pub name: Option<Arc<str>>,
    /// How many come to what.
    pub counts: Counts,
}

/// Repositories by name.
pub fn by_repository(report: &SweepReport) -> Vec<Group> {
    grouped(report, |image| Some(&image.repository), |missed| Some(&missed.repository))
}

/// Teams by name, and last what belongs to none; empty where there are no teams.
pub fn by_team(report: &SweepReport) -> Vec<Group> {
    let mut groups = grouped(report, |image| image.team.as_ref(), |missed| missed.team.as_ref());
    if groups.iter().all(|group| group.name.is_none()) {
        return Vec::new();
    }
    if groups.first().is_some_and(|group| group.name.is_none()) {
        groups.rotate_left(1);
    }
    groups
}

fn grouped<'r>(
    report: &'r SweepReport,
    of_image: impl Fn(&'r Image) -> Option<&'r Arc<str>>,
    of_missed: impl Fn(&'r super::Missed) -> Option<&'r Arc<str>>,
) -> Vec<Group> {
    let mut groups: BTreeMap<Option<&Arc<str>>, Counts> = BTreeMap::new();
    for image in &report.images {
        groups.entry(of_image(image)).or_default().add(image.state);
    }
    for missed in &report.not_scanned {
        groups.entry(of_missed(missed)).or_default().not_scanned += 1;
    }
    groups.into_iter().map(|(name, counts)| Group { name: name.cloned(), counts }).collect()
}

/// A region and the images whose bundle lacks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// `eu-central-2`.
    pub name: Arc<str>,
    /// Images that have a bundle, and can't verify databases there with it.
    pub images: u64,
    /// The repositories of those images.
    pub repositories: u64,
}

/// Regions that break with bundles of today, the one that concerns most images first.
pub fn by_region(report: &SweepReport) -> Vec<Region> {
    let mut regions: BTreeMap<&Arc<str>, (u64, std::collections::BTreeSet<&str>)> = BTreeMap::new();
    for image in report.images.iter().filter(|image| image.state != State::NotRequired) {
        for region in image.missing_regions.iter() {
            let (images, repositories) = regions.entry(region).or_default();
            *images += 1;
            repositories.insert(&image.repository);
        }
    }
    let mut regions: Vec<_> = regions
        .into_iter()
        .map(|(name, (images, repositories))| Region {
            name: Arc::clone(name),
            images,
            repositories: repositories.len() as u64,
        })
        .collect();
    regions.sort_by(|one, other| other.images.cmp(&one.images).then_with(|| one.name.cmp(&other.name)));
    regions
}

/// An authority, and the images of whose bundle it is the next to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiring {
    /// When, and which.
    pub expiry: Arc<Expiry>,
    /// How many images.
    pub images: u64,
}

/// What ends when, the nearest first.
pub fn expiring(report: &SweepReport) -> Vec<Expiring> {
    let mut expiring: BTreeMap<&Arc<Expiry>, u64> = BTreeMap::new();
    for expiry in report.images.iter().filter_map(|image| image.expires.as_ref()) {
        *expiring.entry(expiry).or_default() += 1;
    }
    expiring.into_iter().map(|(expiry, images)| Expiring { expiry: Arc::clone(expiry), images }).collect()
}
