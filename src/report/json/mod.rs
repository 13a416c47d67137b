//! `json`: the stable report, `rdsca.report/1`, described by `docs/report.schema.json`. It is written from types of its own, so that
//! no change inside the program changes it.

mod shape;

use std::io;

use self::shape::{
    JsonAnswer, JsonArtifact, JsonBuiltBy, JsonBundle, JsonBytes, JsonDockerfile, JsonFinding, JsonImage,
    JsonJudgement, JsonLayers, JsonLocation, JsonNotScanned, JsonOs, JsonPath, JsonReference, JsonReport, JsonSource,
    JsonSuppressed, JsonSuppression, JsonTarget, Summary, Tool,
};
use super::connections::JsonConnection;
use super::{Artifact, DockerfileTarget, Format, ImageTarget, NotScanned, Report, Reported, Suppressed, Target};
use crate::bundle::Judgement;
use crate::dockerfile::facts::{Base, BundleState, Os, Presence};
use crate::finding::Location;
use crate::image::{Access, Answer, PathFacts, Reading};
use crate::rules::{self, Held};
use crate::shell;
use crate::text::Place;

pub static FORMAT: Format = Format { name: "json", write, rewrite: None };

/// What the report calls itself.
pub const SCHEMA: &str = "rdsca.report/1";

/// The report as data, for formats that say no more than it does.
pub fn value(report: &Report) -> serde_json::Result<serde_json::Value> {
    serde_json::to_value(JsonReport::of(report))
}

fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &JsonReport::of(report))?;
    writeln!(out)
}

impl<'a> JsonReport<'a> {
    fn of(report: &'a Report) -> Self {
        let findings: Vec<_> = report.findings.iter().map(|reported| finding(report, reported)).collect();
        let not_scanned: Vec<_> =
            report.not_scanned.iter().map(|NotScanned { target, reason }| JsonNotScanned { target, reason }).collect();
        Self {
            schema: SCHEMA,
            tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
            at: report.at.to_string(),
            reference: JsonReference {
                publication: report.reference.first_seen.as_deref(),
                sha256: report.reference.sha256.hex(),
                authorities: report.reference.count,
                source: &report.reference.source,
            },
            targets: report.targets.iter().map(target).collect(),
            complete: not_scanned.is_empty(),
            summary: Summary {
                targets: report.targets.len(),
                findings: findings.len(),
                suppressed: report.suppressed.len(),
                not_scanned: not_scanned.len(),
                artifacts: report.artifacts.len(),
            },
            findings,
            suppressed: report.suppressed.iter().map(|found| suppressed(report, found)).collect(),
            not_scanned,
            artifacts: report.artifacts.iter().map(artifact).collect(),
        }
    }
}

fn artifact(Artifact { target, digest, kind }: &Artifact) -> JsonArtifact<'_> {
    JsonArtifact { target, digest: digest.to_string(), kind }
}

fn target(target: &Target) -> JsonTarget<'_> {
    match target {
        Target::Dockerfile(target) => JsonTarget::Dockerfile(dockerfile(target)),
        Target::Source(target) => JsonTarget::Source(JsonSource {
            name: target.file.name(),
            connections: target.connections.iter().map(JsonConnection::of).collect(),
        }),
        Target::Image(target) => JsonTarget::Image(image(target)),
    }
}

fn dockerfile(target: &DockerfileTarget) -> JsonDockerfile<'_> {
    let facts = &target.facts;
    let root = facts.target.and_then(|stage| facts.lineage(stage).pop()).and_then(|stage| facts.stages.get(stage));
    JsonDockerfile {
        name: facts.file.name(),
        context: target.built_as.context.as_deref(),
        built_by: target.built_as.named_by.files().map(|(file, names)| JsonBuiltBy { file, names }).collect(),
        stage: facts.shipped().map(|stage| stage.name.clone().unwrap_or_else(|| stage.index.to_string())),
        base: root.and_then(|root| match &root.base {
            Base::Image(reference) | Base::Unresolved { reference, .. } => Some(reference.as_str()),
            Base::Scratch => Some("scratch"),
            Base::Stage(_) => None,
        }),
        os: facts.shipped().and_then(|stage| match &stage.os {
            Os::Amazon { version } => Some(JsonOs { id: "amzn", version: version.as_deref() }),
            Os::Other | Os::Unknown => None,
        }),
        bundle: dockerfile_bundle(target),
    }
}

fn dockerfile_bundle(target: &DockerfileTarget) -> JsonBundle<'_> {
    match &target.bundle {
        BundleState::Present(places) => match places.first() {
            Some(place) => present(place, target.judgement.as_ref()),
            None => JsonBundle { state: "unknown", ..JsonBundle::default() },
        },
        BundleState::Removed { path, .. } => {
            JsonBundle { state: "removed", path: Some(path.to_string()), ..JsonBundle::default() }
        }
        BundleState::Absent => JsonBundle { state: "absent", ..JsonBundle::default() },
        BundleState::Unknown { .. } => JsonBundle { state: "unknown", ..JsonBundle::default() },
    }
}

fn present<'a>(place: &'a Presence, judgement: Option<&'a Judgement>) -> JsonBundle<'a> {
    let judgement = match judgement {
        Some(judgement) => self::judgement(judgement),
        None => JsonJudgement { verdict: Some("unknown"), ..JsonJudgement::default() },
    };
    JsonBundle {
        state: "present",
        home: Some(place.home.as_str()),
        path: Some(place.path.to_string()),
        resolved: Some(place.resolved.to_string()),
        source: place.contents.parts.iter().find_map(|part| match &part.source {
            shell::Source::Fetch(fetch) => Some(fetch.url.as_str()),
            shell::Source::Bytes { path, .. } => path.as_deref(),
            shell::Source::Named(name) => Some(name),
            shell::Source::Image { reference, .. } => Some(reference),
        }),
        judgement,
        readable: place.readable,
    }
}

fn image(target: &ImageTarget) -> JsonImage<'_> {
    let facts = &target.facts;
    JsonImage {
        name: &target.name,
        digest: facts.manifest.to_string(),
        platform: &facts.platform,
        user: &facts.user.declared,
        os: match &facts.os {
            Reading::Known(os) => Some(JsonOs { id: &os.id, version: os.version.as_deref() }),
            Reading::Absent | Reading::Unknown(_) => None,
        },
        bundle: image_bundle(target),
        paths: facts.paths.iter().map(path).collect(),
        layers: JsonLayers { total: facts.layers.len(), not_looked_at: facts.unread },
        connections: target.connections.iter().map(JsonConnection::of).collect(),
        bytes: JsonBytes { compressed: target.compressed, read: target.read },
    }
}

fn path(path: &PathFacts) -> JsonPath {
    JsonPath {
        path: path.path.to_string(),
        overlay: answer(&path.overlay),
        applied: answer(&path.applied),
        runtime_dependent: path.runtime_dependent,
        portable: path.portable,
    }
}

fn answer(answer: &Answer) -> JsonAnswer {
    match answer {
        Answer::Present(file) => JsonAnswer {
            state: "present",
            kind: Some("file"),
            resolved: Some(file.resolved.to_string()),
            sha256: Some(file.sha256.hex()),
            size: Some(file.size),
            mode: Some(format!("{:04o}", file.attributes.mode)),
            uid: Some(file.attributes.uid),
            gid: Some(file.attributes.gid),
            layer: Some(file.origin.layer.to_string()),
            readable: readable(&file.access),
            why: None,
        },
        Answer::Removed { by } => {
            JsonAnswer { state: "removed", layer: Some(by.layer.to_string()), ..JsonAnswer::default() }
        }
        Answer::Absent => JsonAnswer { state: "absent", ..JsonAnswer::default() },
        Answer::Unusable { obstacle, at, origin } => JsonAnswer {
            state: "unusable",
            kind: Some(obstacle.kind()),
            resolved: Some(at.to_string()),
            layer: origin.as_ref().map(|origin| origin.layer.to_string()),
            ..JsonAnswer::default()
        },
        Answer::Unknown { why } => JsonAnswer { state: "unknown", why: Some(why.clone()), ..JsonAnswer::default() },
    }
}

fn readable(access: &Access) -> Option<bool> {
    match access {
        Access::Granted => Some(true),
        Access::Denied { .. } => Some(false),
        Access::Unknown => None,
    }
}

/// The best of the declared paths: one with a file, else one that says why there is none.
fn image_bundle(target: &ImageTarget) -> JsonBundle<'_> {
    let paths = || target.facts.paths.iter().zip(&target.judgements);
    let present = paths().find_map(|(path, judged)| match &path.overlay {
        Answer::Present(file) => Some((path, file, judged)),
        _ => None,
    });
    if let Some((path, file, judged)) = present {
        // A keystore that can't be opened may hold anything.
        let is_locked = file.contents.as_ref().is_some_and(|contents| contents.locked().is_some());
        let unjudged = if is_locked { "unknown" } else { "invalid" };
        let unjudged = JsonJudgement { verdict: Some(unjudged), ..JsonJudgement::default() };
        return JsonBundle {
            state: "present",
            home: Some(rules::home_of(file).as_str()),
            path: Some(path.path.to_string()),
            resolved: Some(file.resolved.to_string()),
            source: file.origin.created_by.as_deref(),
            judgement: judged.as_ref().map_or(unjudged, judgement),
            readable: readable(&file.access),
        };
    }
    if let Some(Held { home, file, judgement: judged }) = &target.held {
        return JsonBundle {
            state: "present",
            home: Some(home.as_str()),
            path: Some(file.resolved.to_string()),
            resolved: Some(file.resolved.to_string()),
            source: file.origin.created_by.as_deref(),
            judgement: judged.as_ref().map_or(JsonJudgement::default(), judgement),
            readable: readable(&file.access),
        };
    }
    // What could not be told outweighs what is known not to be there.
    let rank = |answer: &Answer| match answer {
        Answer::Unknown { .. } => 0,
        Answer::Removed { .. } => 1,
        Answer::Unusable { .. } => 2,
        Answer::Absent | Answer::Present(_) => 3,
    };
    match paths().map(|(path, _)| path).min_by_key(|path| rank(&path.overlay)) {
        Some(path) => JsonBundle {
            state: answer(&path.overlay).state,
            path: Some(path.path.to_string()),
            ..JsonBundle::default()
        },
        None => JsonBundle { state: "unknown", ..JsonBundle::default() },
    }
}

fn judgement(judgement: &Judgement) -> JsonJudgement<'_> {
    JsonJudgement {
        verdict: Some(judgement.verdict.as_str()),
        publication: judgement.publication.and_then(|publication| publication.first_seen.as_deref()),
        missing_regions: Some(&judgement.missing_regions),
    }
}

fn finding<'a>(report: &'a Report, reported: &'a Reported) -> JsonFinding<'a> {
    let finding = &reported.finding;
    JsonFinding {
        rule: finding.rule,
        kind: finding.kind.as_str(),
        level: finding.level.as_str(),
        message: &finding.message,
        help: finding.help.as_deref(),
        target: reported.target,
        location: match &finding.location {
            Location::Text(place) => Some(text_location(place)),
            Location::Image(place) => Some(JsonLocation::Image {
                path: place.path.as_ref().map(ToString::to_string),
                start_line: place.line,
                layer: place.layer.map(|layer| layer.to_string()),
                created_by: place.created_by.as_deref(),
            }),
            Location::Whole => None,
        },
        fingerprint: report.fingerprint(reported).hex(),
    }
}

fn text_location(place: &Place) -> JsonLocation<'_> {
    let (start, end) = (place.start(), place.end());
    JsonLocation::Text {
        path: place.file.name(),
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

fn suppressed<'a>(report: &'a Report, found: &'a Suppressed) -> JsonSuppressed<'a> {
    let Suppressed { reported, suppression } = found;
    JsonSuppressed {
        finding: finding(report, reported),
        suppression: JsonSuppression {
            kind: suppression.kind.as_str(),
            justification: &suppression.justification,
            location: text_location(&suppression.place),
        },
    }
}
