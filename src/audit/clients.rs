//! Files that connect to a database: judged, and checked.

use super::neighbours::Neighbours;
use super::texts::ClientFile;
use crate::client::dialect::judge;
use crate::finding::Finding;
use crate::report::{JudgedConnection, SourceTarget};
use crate::rules::{self, Settings, Site, SiteFile};

/// Checks the connections of a file, with all that stands beside it.
pub fn check(mut client: ClientFile, neighbours: &Neighbours, settings: &Settings) -> (SourceTarget, Vec<Finding>) {
    let beside = neighbours.beside(&client.path);
    let building = beside.without_images();
    let mut findings = Vec::new();
    let mut judged = Vec::new();
    for connection in std::mem::take(&mut client.connections) {
        let beside = if client.is_of_build(&connection) { &building } else { &beside };
        let mut surroundings = beside.surroundings(&connection);
        let mut judgement = judge(&connection, &surroundings);
        // What is where it looks may decide what it comes to.
        if let Some(ca) = beside.ca(&judgement) {
            ca.stand_around(&mut surroundings, &judgement);
            judgement = judge(&connection, &surroundings);
        }
        let site = Site {
            connection: &connection,
            judgement: &judgement,
            surroundings: &surroundings,
            file: SiteFile::Source(&client.file),
            standing: client.standing,
            bundle: beside.bundle.clone(),
            ca: beside.ca(&judgement),
            home: beside.home(),
            image: None,
        };
        findings.extend(rules::check_client(&site, settings));
        judged.push(JudgedConnection { connection, judgement, path: None });
    }
    // Several ways to one place say the same of it.
    let key = |finding: &Finding| (finding.rule, finding.start(), finding.message.clone());
    findings.sort_by_key(key);
    findings.dedup_by_key(|finding| key(finding));
    findings.sort_by_key(Finding::start);
    (SourceTarget { file: client.file, connections: judged }, findings)
}
