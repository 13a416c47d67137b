//! The connections of an image, with what the image has to do with them.

use std::collections::BTreeMap;

use super::barrier::Barrier;
use super::ca_file::CaFile;
use super::{Settings, Site, SiteFile, image_views};
use crate::client::dialect::judge;
use crate::client::{self, Connection, Judgement, Standing, Surroundings};
use crate::finding::{Finding, ImagePlace};
use crate::image::{Answer, CaPlace, Facts, Origin, Program, Whereabouts};
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
    /// The file that it stands in; none for the image's environment.
    pub path: Option<TreePath>,
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
    let home = facts.home_barrier.as_ref().zip(facts.user.identity.as_ref().ok());
    let home = home.map(|((at, attributes), identity)| Barrier::of_image(identity, at, *attributes));
    let environment = of_environment(facts);
    let in_environment = environment.iter().flat_map(|program| joined(facts, program, settings));
    for Joined { joint, surroundings, judgement } in join(facts, settings).chain(in_environment) {
        let Joint { program, connection, .. } = joint;
        let ca = joint.ca(&judgement, settings);
        let is_file = !program.path.is_root();
        let place = ImagePlace {
            path: is_file.then(|| program.path.clone()),
            line: is_file.then_some(connection.line),
            layer: is_file.then_some(program.origin.layer),
            created_by: program.origin.created_by.clone(),
        };
        let standing = place.path.as_ref().map_or(Standing::Program, |path| Standing::of(&path.to_string()));
        let site = Site {
            connection,
            judgement: &judgement,
            surroundings: &surroundings,
            file: SiteFile::Image(place),
            standing,
            bundle: bundle.clone(),
            ca,
            home: home.clone(),
            image: Some(facts),
        };
        for finding in super::check_client(&site, settings) {
            let same = |other: &Finding| other.rule == finding.rule && other.message == finding.message;
            // Several ways to one place say the same of it.
            if !findings.iter().any(|other| same(other) && at(other) == at(&finding)) {
                findings.push(finding);
            }
        }
        let path = is_file.then(|| program.path.clone());
        judged.push(ImageConnection { path, connection: connection.clone(), judgement });
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
    facts.programs.iter().flat_map(move |program| joined(facts, program, settings))
}

fn joined<'j>(facts: &'j Facts, program: &'j Program, settings: &'j Settings) -> impl Iterator<Item = Joined<'j>> {
    program.connections.iter().map(move |connection| {
        let joint = Joint { facts, program, connection };
        let surroundings = joint.surroundings(settings);
        let judgement = judge(joint.connection, &surroundings);
        Joined { joint, surroundings, judgement }
    })
}

/// What the environment of an image's configuration connects with, as a program that lies at the root; none where it does not.
fn of_environment(facts: &Facts) -> Option<Program> {
    let pairs: Vec<_> =
        facts.environment.iter().map(|(name, value)| format!("{name}={}", value.replace('\n', " "))).collect();
    let connections = client::read(".env", pairs.join("\n").as_bytes());
    let origin = facts.layers.last().cloned()?;
    (!connections.is_empty()).then(|| Program {
        path: TreePath::ROOT,
        origin: Origin { created_by: Some("ENV".to_owned()), ..origin },
        connections,
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
        if let Some(ca) = self.ca(&judgement, settings) {
            ca.stand_around(&mut surroundings, &judgement);
        }
        surroundings
    }

    /// What is where the connection looks for authorities.
    fn ca(&self, judgement: &Judgement, settings: &Settings) -> Option<CaFile> {
        let path = self.whereabouts().path(judgement.file()?, &self.program.path)?;
        Some(CaFile::of_image(self.place(&path)?, self.facts, settings))
    }

    fn system_has_rds(&self) -> bool {
        let stores = self.facts.certificate_files.iter();
        let mut stores =
            stores.filter(|found| SYSTEM_STORES.iter().any(|store| TreePath::new(store) == found.file.resolved));
        stores.any(|found| found.contents.holds_rds())
    }
}
