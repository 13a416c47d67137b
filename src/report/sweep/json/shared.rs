//! What is read again is shared again: a hundred thousand images have few platforms, users and findings between them.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::{Base, Change, Expiry, Found, Image, Missed};
use super::shape::{JsonBase, JsonChange, JsonExpiry, JsonFound, JsonImage, JsonMissed};
use crate::finding::Kind;

/// Everything that was read before.
#[derive(Default)]
pub struct Shared {
    texts: HashSet<Arc<str>>,
    regions: HashSet<Arc<[Arc<str>]>>,
    findings: HashSet<Arc<[Found]>>,
    expiries: HashSet<Arc<Expiry>>,
}

impl Shared {
    pub fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let text: Arc<str> = Arc::from(text);
        self.texts.insert(Arc::clone(&text));
        text
    }

    fn optional(&mut self, text: Option<&str>) -> Option<Arc<str>> {
        text.map(|text| self.text(text))
    }

    pub fn change(&mut self, change: JsonChange<'_>) -> Change {
        Change {
            kind: change.change.0,
            image: change.image.into(),
            platform: self.text(&change.platform),
            from: change.from.map(|state| state.0),
            to: change.to.map(|state| state.0),
        }
    }

    pub fn base(&mut self, base: JsonBase<'_>) -> Base {
        Base {
            name: base.name.map(Into::into),
            layer: base.layer,
            layers: base.layers,
            platform: self.text(&base.platform),
            images: base.images,
            repositories: base.repositories,
            broken: base.broken,
            mends: base.mends,
            parent: base.parent,
        }
    }

    pub fn image(&mut self, image: JsonImage<'_>) -> Image {
        let regions = image.missing_regions.iter().map(|region| self.text(region)).collect();
        let findings = image.findings.iter().map(|found| self.found(found)).collect();
        Image {
            repository: self.text(&image.repository),
            tag: image.tag.map(Into::into),
            digest: image.digest,
            platform: self.text(&image.platform),
            os: self.optional(image.os.as_deref()),
            user: self.text(&image.user),
            state: image.state.0,
            publication: self.optional(image.publication.as_deref()),
            missing_regions: same(&mut self.regions, regions),
            expires: image.expires.map(|expiry| self.expiry(&expiry)),
            findings: same(&mut self.findings, findings),
            team: self.optional(image.team.as_deref()),
            base: image.base,
            first_seen: image.first_seen,
            compressed: image.compressed,
        }
    }

    fn found(&mut self, found: &JsonFound<'_>) -> Found {
        Found { rule: self.text(&found.rule), level: found.level.0, open: found.kind.0 == Kind::Open }
    }

    fn expiry(&mut self, expiry: &JsonExpiry<'_>) -> Arc<Expiry> {
        same(&mut self.expiries, Arc::new(Expiry { at: expiry.at, authority: expiry.authority.to_string() }))
    }

    pub fn missed(&mut self, missed: JsonMissed<'_>) -> Missed {
        Missed {
            repository: self.text(&missed.repository),
            target: missed.target.into(),
            team: self.optional(missed.team.as_deref()),
            reason: missed.reason.into(),
        }
    }
}

/// The one that equals it and was there before.
fn same<T: ?Sized + Eq + std::hash::Hash>(known: &mut HashSet<Arc<T>>, new: Arc<T>) -> Arc<T> {
    if let Some(known) = known.get(&new) {
        return Arc::clone(known);
    }
    known.insert(Arc::clone(&new));
    new
}
