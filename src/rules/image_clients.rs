//! The connections of an image, with what the image has to do with them.

use std::collections::BTreeMap;

use super::site::ImageSide;
use super::{Settings, Site, SiteFile, image_views};
use crate::bundle::{Judgement as BundleJudgement, Verdict};
use crate::client::dialect::{FileState, judge};
use crate::client::{Authorities, Connection, Judgement, Surroundings, Value};
use crate::finding::{Finding, ImagePlace};
use crate::image::{Access, Answer, CaPlace, Facts, Program, Whereabouts};
use crate::tree::TreePath;

/// Where systems keep the authorities that their programs trust.
const SYSTEM_STORES: &[&str] = &[
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/etc/ssl/certs/ca-bundle.crt",
    "/etc/ssl/certs/ca-certificates.crt",
];

/// A connection of an image, judged.
pub struct ImageConnection {
    /// The file that it stands in.
    pub path: TreePath,
    /// The connection.
    pub connection: Connection,
    /// What it comes to there.
    pub judgement: Judgement,
}

/// Judges all connections of an image, and says what is wrong with them.
pub fn check_image_clients(facts: &Facts, settings: &Settings) -> (Vec<ImageConnection>, Vec<Finding>) {
    let mut findings: Vec<Finding> = Vec::new();
    let mut judged = Vec::new();
    let bundle = bundle(facts);
    for Joined { joint, surroundings, judgement } in join(facts, settings) {
        let Joint { program, connection, .. } = joint;
        let ca = joint.ca(&judgement);
        let place = ImagePlace {
            path: Some(program.path.clone()),
            line: Some(connection.line),
            layer: Some(program.origin.layer),
            created_by: program.origin.created_by.clone(),
        };
        let site = Site {
            connection,
            judgement: &judgement,
            surroundings: &surroundings,
            file: SiteFile::Image(place),
            bundle: bundle.clone(),
            image: Some(ImageSide { facts, ca }),
        };
        for finding in super::check_client(&site, settings) {
            let same = |other: &Finding| other.rule == finding.rule && other.message == finding.message;
            // Several ways to one place say the same of it.
            if !findings.iter().any(|other| same(other) && at(other) == at(&finding)) {
                findings.push(finding);
            }
        }
        judged.push(ImageConnection { path: program.path.clone(), connection: connection.clone(), judgement });
    }
    (judged, findings)
}

fn at(finding: &Finding) -> Option<&ImagePlace> {
    match &finding.location {
        crate::finding::Location::Image(place) => Some(place),
        _ => None,
    }
}

/// Where an image has the bundle: at a declared path, or else anywhere.
pub fn bundle(facts: &Facts) -> Option<TreePath> {
    let declared = facts.paths.iter().find(|path| matches!(path.overlay, Answer::Present(_)));
    let declared = declared.map(|path| path.path.clone());
    declared.or_else(|| image_views::elsewhere(facts).first().map(|found| found.file.resolved.clone()))
}

/// A connection and its image.
pub struct Joint<'j> {
    facts: &'j Facts,
    program: &'j Program,
    /// The connection.
    pub connection: &'j Connection,
}

/// A connection, joined with what its image has to do with it.
pub struct Joined<'j> {
    /// The connection and its image.
    pub joint: Joint<'j>,
    surroundings: Surroundings,
    /// What it comes to there.
    pub judgement: Judgement,
}

/// Joins every connection of an image with what the image has to do with it, and judges it.
pub fn join<'j>(facts: &'j Facts, settings: &'j Settings) -> impl Iterator<Item = Joined<'j>> {
    let joints = facts.programs.iter().flat_map(move |program| {
        program.connections.iter().map(move |connection| Joint { facts, program, connection })
    });
    joints.map(move |joint| {
        let surroundings = joint.surroundings(settings);
        let judgement = judge(joint.connection, &surroundings);
        Joined { joint, surroundings, judgement }
    })
}

impl<'j> Joint<'j> {
    fn whereabouts(&self) -> Whereabouts<'j> {
        Whereabouts {
            environment: &self.facts.environment,
            working_directory: &self.facts.working_directory,
            user: &self.facts.user.declared,
        }
    }

    fn place(&self, path: &TreePath) -> Option<&'j CaPlace> {
        self.facts.program_files.iter().find(|place| place.facts.path == *path)
    }

    fn surroundings(&self, settings: &Settings) -> Surroundings {
        let home = self.whereabouts().home_root().and_then(|path| self.place(&path));
        let packages = self.facts.packages.iter();
        let installed = packages
            .filter(|package| self.connection.driver.packages.contains(&package.name.as_str()))
            .find_map(|package| package.version.clone());
        let mut surroundings = Surroundings {
            version: installed,
            environment: self.facts.environment.clone(),
            files: BTreeMap::new(),
            home_root: home.and_then(|place| match place.facts.overlay {
                Answer::Present(_) => Some(true),
                Answer::Absent | Answer::Removed { .. } if place.mount.is_none() => Some(false),
                _ => None,
            }),
            system_has_rds: self.system_has_rds().then_some(true),
            ca_has_amazon_roots: None,
        };
        // What is where it looks may decide what it comes to.
        let judgement = judge(self.connection, &surroundings);
        if let (Some(Authorities::File(value)), Some(place)) = (&judgement.authorities, self.ca(&judgement)) {
            if let (Value::Text(text), Some(state)) = (value, state(place)) {
                surroundings.files.insert(text.clone(), state);
            }
            surroundings.ca_has_amazon_roots =
                judged(place, settings).map(|judged| judged.verdict == Verdict::Extended);
        }
        surroundings
    }

    /// What is where the connection looks for authorities.
    fn ca(&self, judgement: &Judgement) -> Option<&'j CaPlace> {
        let Some(Authorities::File(value)) = &judgement.authorities else { return None };
        let path = self.whereabouts().path(value, &self.program.path)?;
        self.place(&path)
    }

    fn system_has_rds(&self) -> bool {
        let stores = self.facts.certificate_files.iter();
        let mut stores =
            stores.filter(|found| SYSTEM_STORES.iter().any(|store| TreePath::new(store) == found.file.resolved));
        stores.any(|found| found.contents.holds_rds())
    }
}

/// What a client finds at a place; none where that can't be told.
pub fn state(place: &CaPlace) -> Option<FileState> {
    match &place.facts.overlay {
        Answer::Present(file) => match file.access {
            Access::Granted => Some(FileState::Readable),
            Access::Denied { .. } => Some(FileState::Unreadable),
            Access::Unknown => None,
        },
        Answer::Unknown { .. } => None,
        // Something may be mounted there.
        _ if place.mount.is_some() => None,
        Answer::Absent | Answer::Removed { .. } | Answer::Unusable { .. } => Some(FileState::Missing),
    }
}

/// What the file at a place is worth as a bundle; none where there is none, or it was not read.
pub fn judged(place: &CaPlace, settings: &Settings) -> Option<BundleJudgement> {
    match &place.facts.overlay {
        Answer::Present(file) => image_views::judged(file, settings),
        _ => None,
    }
}
