//! The fourth step: what each image comes to, from what is known of its layers. Nothing is asked of a registry here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::documents::Kept;
use super::{Run, SweepError};
use crate::audit::pool;
use crate::bundle::Catalog;
use crate::digest::Digest;
use crate::finding::{Finding, Kind, Location};
use crate::image::{self, Answer, Facts, Image, LayerFacts, OperatingSystem, Reading};
use crate::oci::layer::Watch;
use crate::oci::manifest::{Descriptor, Manifest};
use crate::rules::{self, Settings};
use crate::store::sweep::{Id, ImageRow, MEANING, StoreError, Verdict, VerdictExpiry, VerdictFinding};

/// Images that are judged before their verdicts are written down.
const BATCH: usize = 256;

/// Bytes of facts that are kept in memory, by estimate.
const KEPT: usize = 48 << 20;

/// What becomes of an image of whose layers more would have to be known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanting {
    /// They are read again.
    Read,
    /// It is not judged.
    Leave,
    /// It is judged all the same: what could not be told is unknown in the verdict.
    Judge,
}

/// What an image comes to.
enum Judged {
    Verdict(Verdict),
    /// More of its layers has to be known.
    Grow(Watch),
    /// No runtime takes it.
    Refused(String),
    /// Not all of its layers are known.
    Unread,
}

impl Run<'_> {
    /// What verdicts depend on besides the facts, in words.
    pub(super) fn judged_by(&self) -> String {
        judged_by(self.sweeper.settings, self.sweeper.options.check_diff_ids)
    }

    /// Judges every image that can be judged and is not. Says for how many images layers are to be read again.
    pub(super) fn judge_all(&self, wanting: Wanting) -> Result<usize, SweepError> {
        let (store, by) = (self.sweeper.store, self.judged_by());
        let layers = LayerMemory::default();
        let (mut after, mut grown) = (0, 0);
        loop {
            let images = store.images(self.sweep(), &by, after, BATCH)?;
            let Some(end) = images.last() else { return Ok(grown) };
            after = end.id;
            self.sweeper.progress.tick();
            let judged = pool::map(&images, self.sweeper.options.jobs, |image| self.judge(image, wanting, &layers));
            let mut verdicts = Vec::new();
            for (image, judged) in images.iter().zip(judged) {
                match judged? {
                    Judged::Verdict(verdict) => verdicts.push((image.id, verdict)),
                    Judged::Grow(watch) => grown += usize::from(store.grow(self.sweep(), image.id, &watch)? > 0),
                    Judged::Refused(reason) => store.refuse(image.id, &reason)?,
                    Judged::Unread => {}
                }
            }
            store.judge(&by, &verdicts)?;
        }
    }

    fn judge(&self, row: &ImageRow, wanting: Wanting, memory: &LayerMemory) -> Result<Judged, StoreError> {
        if row.failure.is_some() || row.layers.iter().any(|layer| layer.watch.is_none()) {
            return Ok(Judged::Unread);
        }
        let settings = self.sweeper.settings;
        let least = Watch::new(settings.bundle_paths.iter().cloned());
        let mut layers = Vec::with_capacity(row.layers.len());
        for layer in &row.layers {
            let Some(facts) = memory.facts(layer.id, |id| self.sweeper.store.facts(id))? else {
                return Ok(Judged::Unread);
            };
            // The image's config says something else than that of the image for which it was read.
            let (said, digest) = (layer.layer.diff_id, layer.layer.digest);
            if let Some(found) = facts.diff_id.filter(|found| *found != said) {
                return Ok(Judged::Refused(format!(
                    "layer {digest}: its contents have the digest {found}, and the image's config says {said}"
                )));
            }
            layers.push(facts);
        }
        let Some(kept) = Kept::read(&row.settings) else { return Ok(Judged::Unread) };
        let config = kept.config(row.layers.iter().map(|row| (row.layer.diff_id, row.layer.instruction.clone())));
        let mut wanted = least.clone();
        for path in image::ca_paths(&config) {
            wanted.add_single(path);
        }
        wanted.extend(&row.watch);
        let is_known = |watch: &Watch| {
            row.layers.iter().all(|layer| layer.watch.as_ref().is_some_and(|known| known.includes(watch)))
        };
        // A layer that was read for other images before may have been read with less. Often that is enough: where it has nothing at a path,
        // that is known of it in any case.
        let watch = match (is_known(&wanted), is_known(&least)) {
            (true, _) => &wanted,
            (false, true) => &least,
            (false, false) if wanting == Wanting::Read => return Ok(Judged::Grow(wanted)),
            (false, false) => return Ok(Judged::Unread),
        };
        let descriptors = row.layers.iter().map(|row| Descriptor {
            media_type: row.layer.media_type.clone(),
            digest: row.layer.digest,
            size: row.layer.size,
        });
        let manifest = Manifest {
            config: Descriptor { media_type: String::new(), digest: Digest::from_bytes([0; 32]), size: 0 },
            layers: descriptors.collect(),
        };
        let image = Image { digest: row.digest, manifest: &manifest, config: &config, layers: &layers, unread: 0 };
        let assembled = image::assemble(&image, &settings.bundle_paths, watch);
        match assembled.grown {
            Some(grown) if wanting == Wanting::Read => {
                wanted.extend(&grown);
                Ok(Judged::Grow(wanted))
            }
            Some(_) if wanting == Wanting::Leave => Ok(Judged::Unread),
            _ => Ok(Judged::Verdict(verdict(&assembled.facts, settings))),
        }
    }
}

/// What verdicts depend on besides the facts, in words. The day counts as far as an authority has ended since.
fn judged_by(settings: &Settings, diff_ids: bool) -> String {
    let ended = Catalog::builtin().authorities().iter().filter(|authority| authority.not_after <= settings.at).count();
    let paths: Vec<_> = settings.bundle_paths.iter().map(ToString::to_string).collect();
    let reference = &settings.reference;
    serde_json::json!({
        "rdsca": env!("CARGO_PKG_VERSION"),
        "rules": env!("RDSCA_RULES_VERSION"),
        "facts": MEANING,
        "reference": reference.sha256.to_string(),
        "source": reference.source,
        "diffIds": diff_ids,
        "ended": ended,
        "bundlePaths": paths,
        "rdsRegions": settings.rds_regions,
        "requireBundle": settings.require_bundle.as_str(),
    })
    .to_string()
}

/// What the rules say of an image.
fn verdict(facts: &Facts, settings: &Settings) -> Verdict {
    let findings = rules::check_image(facts, settings);
    let present = facts.paths.iter().find_map(|path| match &path.overlay {
        Answer::Present(file) => Some(file),
        _ => None,
    });
    // Where no declared path leads to a file, what stores hold counts.
    let held = rules::held(facts, settings);
    let has_bundle = present.is_some() || held.is_some();
    let judgement = match present {
        Some(file) => rules::judged(file, settings),
        None => held.and_then(|held| held.judgement),
    };
    let expires = judgement.as_ref().and_then(|judgement| judgement.expires_next);
    Verdict {
        has_bundle,
        os: match &facts.os {
            Reading::Known(os) => Some(title(os)),
            Reading::Absent | Reading::Unknown(_) => None,
        },
        publication: judgement
            .as_ref()
            .and_then(|judgement| judgement.publication)
            .map(|publication| publication.date().to_string()),
        missing_regions: judgement.as_ref().map(|judgement| judgement.missing_regions.clone()).unwrap_or_default(),
        expires: expires.map(|authority| VerdictExpiry {
            at: Timestamp::as_second(authority.not_after),
            authority: authority.common_name.to_string(),
        }),
        decided_by: findings.iter().find_map(|finding| decided_by(finding, facts)),
        findings: findings
            .iter()
            .map(|finding| VerdictFinding {
                rule: finding.rule.to_owned(),
                level: finding.level.as_str().to_owned(),
                open: finding.kind == Kind::Open,
            })
            .collect(),
    }
}

/// The layer that put there or removed what a finding is about.
fn decided_by(finding: &Finding, facts: &Facts) -> Option<u32> {
    let Location::Image(place) = &finding.location else { return None };
    let layer = place.layer?;
    let index = facts.layers.iter().rposition(|origin| origin.layer == layer)?;
    u32::try_from(index).ok()
}

/// An operating system for people.
fn title(os: &OperatingSystem) -> String {
    let name = if os.is_amazon() { "Amazon Linux" } else { os.id.as_str() };
    match &os.version {
        Some(version) => format!("{name} {version}"),
        None => name.to_owned(),
    }
}

/// Facts of layers that were read lately.
#[derive(Default)]
struct LayerMemory(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    layers: HashMap<Id, Remembered>,
    weight: usize,
    clock: u64,
}

struct Remembered {
    facts: Arc<LayerFacts>,
    weight: usize,
    used: u64,
}

impl LayerMemory {
    fn facts(
        &self,
        id: Id,
        load: impl FnOnce(Id) -> Result<Option<LayerFacts>, StoreError>,
    ) -> Result<Option<Arc<LayerFacts>>, StoreError> {
        {
            let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            memory.clock += 1;
            let clock = memory.clock;
            if let Some(found) = memory.layers.get_mut(&id) {
                found.used = clock;
                return Ok(Some(Arc::clone(&found.facts)));
            }
        }
        let Some(facts) = load(id)? else { return Ok(None) };
        let facts = Arc::new(facts);
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.add(id, &facts);
        Ok(Some(facts))
    }
}

impl Memory {
    fn add(&mut self, id: Id, facts: &Arc<LayerFacts>) {
        let weight = weight(facts);
        let remembered = Remembered { facts: Arc::clone(facts), weight, used: self.clock };
        if let Some(before) = self.layers.insert(id, remembered) {
            self.weight -= before.weight;
        }
        self.weight += weight;
        if self.weight <= KEPT {
            return;
        }
        // The half that was not used for the longest time goes at once, so that it is looked for seldom.
        let mut used: Vec<_> = self.layers.values().map(|remembered| remembered.used).collect();
        used.sort_unstable();
        let middle = used.get(used.len() / 2).copied().unwrap_or(u64::MAX);
        self.layers.retain(|_, remembered| remembered.used > middle);
        self.weight = self.layers.values().map(|remembered| remembered.weight).sum();
    }
}

/// About how many bytes facts take: an entry some hundreds with its path, a bundle of a hundred certificates 30 KB.
fn weight(facts: &LayerFacts) -> usize {
    let certificates = |file: &crate::oci::layer::FileFacts<image::Contents>| {
        300 * file.contents.as_ref().map_or(0, |contents| contents.certificates.len())
            + file.text.as_ref().map_or(0, Vec::len)
    };
    let entries = facts.entries.iter().map(|entry| match &entry.kind {
        crate::oci::layer::Kind::File(file) => certificates(file),
        _ => 0,
    });
    let strays = facts.strays.iter().map(|stray| certificates(&stray.file));
    2_000
        + 300 * (facts.entries.len() + facts.strays.len() + facts.aliases.len())
        + 4 * facts.unwatched.len()
        + entries.chain(strays).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::layer::Expected;

    #[test]
    fn what_is_remembered_is_bounded_and_what_was_used_lately_stays() {
        let bytes = vec![0; 1024];
        let expected = Expected { size: 1024, digest: None, diff_id: None };
        let facts = image::read_layer(bytes.as_slice(), expected, &Watch::default()).unwrap();
        let each = weight(&facts);
        let memory = LayerMemory::default();
        let many = (KEPT / each + 100) as Id;
        for id in 0..many {
            memory.facts(id, |_| Ok(Some(facts.clone()))).unwrap();
            memory.facts(0, |_| panic!("the first is used all the time")).unwrap();
        }
        let held = memory.0.lock().unwrap();
        assert!(held.weight <= KEPT && held.layers.len() as Id > many / 4, "{} of {many}", held.layers.len());
        assert_eq!(held.weight, held.layers.len() * each);
    }
}
