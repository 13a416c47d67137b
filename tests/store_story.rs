//! The contract of every store of sweeps, told as one story: two workers, one registry, a lost lease, a growing watch set, a second sweep.
//! Another implementation adds one line to `every_store`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail where it stands")]

mod fixture;

use std::sync::Arc;

use fixture::layout_builder::{LAYER, tar};
use jiff::Timestamp;
use rdsca::digest::Digest;
use rdsca::image::{self, LayerFacts};
use rdsca::oci::layer::{Expected, Watch};
use rdsca::store::sweep::{
    Claim, Ended, Id, LayerWork, Lease, ListEnd, Listing, NewImage, NewLayer, NewRoot, NewTag, Pointed, RepositoryWork,
    Sighting, SqliteStore, Step, SweepStore, TagWork, Verdict, VerdictFinding, Work,
};
use rdsca::tree::TreePath;

/// A moment of the story: so many seconds after its beginning.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn lease(second: i64) -> Lease {
    Lease { now: at(second), until: at(second + 60), largest: u64::MAX, most: 1 }
}

/// A layer's bytes, and as an image has it.
fn layer(name: &str) -> (Vec<u8>, NewLayer) {
    let bytes = tar(&[(name, name.as_bytes()), ("etc/os-release", b"ID=amzn\nVERSION_ID=2023\n")]);
    let digest = Digest::of(&bytes);
    let layer = NewLayer {
        digest,
        size: bytes.len() as u64,
        media_type: LAYER.to_owned(),
        diff_id: digest,
        instruction: Some(format!("COPY {name} /")),
    };
    (bytes, layer)
}

fn read(bytes: &[u8], watch: &Watch) -> LayerFacts {
    let expected = Expected { size: bytes.len() as u64, digest: None, diff_id: None };
    image::read_layer(bytes, expected, watch).unwrap()
}

fn image_of(layers: &[&NewLayer]) -> NewImage {
    let names: Vec<_> = layers.iter().map(|layer| layer.digest.to_string()).collect();
    NewImage {
        digest: Digest::of(names.join(" ")),
        platform: "linux/amd64".to_owned(),
        settings: r#"{"user":"1000","platform":["linux","amd64",null]}"#.to_owned(),
        watch: Watch::default(),
        layers: layers.iter().map(|layer| (*layer).clone()).collect(),
        failure: None,
    }
}

fn root_of(image: &NewImage) -> NewRoot {
    NewRoot { digest: image.digest, platforms: String::new(), images: vec![image.clone()] }
}

fn tag(name: &str) -> NewTag {
    NewTag { name: name.to_owned(), digest: None, pushed: None }
}

/// The one piece of work that is claimed.
fn claim_one(store: &dyn SweepStore, sweep: Id, step: Step, second: i64) -> Work {
    match store.claim(sweep, step, lease(second)).unwrap() {
        Claim::Work(mut works) if works.len() == 1 => works.remove(0),
        other => panic!("{other:?}"),
    }
}

fn claim_repository(store: &dyn SweepStore, sweep: Id, second: i64) -> RepositoryWork {
    let Work::Repository(work) = claim_one(store, sweep, Step::Repository, second) else { panic!() };
    work
}

fn claim_tag(store: &dyn SweepStore, sweep: Id, second: i64) -> TagWork {
    let Work::Tag(work) = claim_one(store, sweep, Step::Tag, second) else { panic!() };
    work
}

fn claim_layer(store: &dyn SweepStore, sweep: Id, second: i64) -> LayerWork {
    let Work::Layer(work) = claim_one(store, sweep, Step::Layer, second) else { panic!() };
    work
}

/// Lists repositories of the registry `r`, all with these tags.
fn list(store: &dyn SweepStore, sweep: Id, repositories: &[&str], tags: &[&str]) {
    let names: Vec<_> = repositories.iter().map(|name| (*name).to_owned()).collect();
    store.add_repositories(sweep, "r", &names, &Listing { done: true, ..Listing::default() }).unwrap();
    for _ in repositories {
        let work = claim_repository(store, sweep, 0);
        let tags: Vec<_> = tags.iter().map(|name| tag(name)).collect();
        let end = ListEnd { ticket: work.pending.ticket, last: tags, dropped: Vec::new() };
        assert_eq!(store.end_lists(&[end]).unwrap(), [true]);
    }
    assert_eq!(store.claim(sweep, Step::Repository, lease(0)).unwrap(), Claim::Nothing);
}

/// What the story is told to.
type Told = fn(&dyn SweepStore);

/// Tells a story to a fresh store of every kind.
fn every_store(story: Told) {
    let folder = tempfile::tempdir().unwrap();
    story(&SqliteStore::open_alone(&folder.path().join("new/sweep.db")).unwrap());
}

#[test]
fn a_sweep_goes_through_its_steps_and_the_next_one_finds_what_it_left() {
    every_store(|store| {
        let begun = store.begin("scope", at(0), at(-100)).unwrap();
        let sweep = begun.sweep;
        assert!(!begun.resumed && begun.at == at(0));
        assert_eq!(store.listing(sweep, "r").unwrap(), Listing::default());
        list(store, sweep, &["a", "b"], &["1"]);
        assert!(store.listing(sweep, "r").unwrap().done);

        // Two images share their lowest layer: it is wanted once.
        let ((base_bytes, base), (own_bytes, own)) = (layer("base"), layer("own"));
        let (one, other) = (image_of(&[&base]), image_of(&[&base, &own]));
        let first = claim_tag(store, sweep, 1);
        assert_eq!(
            (first.pending.registry.as_str(), first.pending.repository.as_str(), first.name.as_str()),
            ("r", "a", "1")
        );
        assert_eq!(first.known, None);
        assert_eq!(store.point(&[(first.pending.ticket, one.digest)], "").unwrap(), [Pointed::Unknown]);
        assert!(store.resolve(first.pending.ticket, &root_of(&one)).unwrap());
        let second = claim_tag(store, sweep, 1);
        assert!(store.resolve(second.pending.ticket, &root_of(&other)).unwrap());
        assert_eq!(store.claim(sweep, Step::Tag, lease(1)).unwrap(), Claim::Nothing);
        let left = store.remaining(sweep).unwrap();
        assert_eq!((left.tags, left.tags_left, left.layers_left, left.bytes_left), (2, 0, 2, base.size + own.size));

        // Nothing is judged before its layers are known.
        let images = store.images(sweep, "rules 1", 0, 10).unwrap();
        assert!(images.iter().all(|image| image.layers.iter().all(|layer| layer.watch.is_none())));
        for bytes in [&base_bytes, &own_bytes] {
            let work = claim_layer(store, sweep, 2);
            assert_eq!((work.digest, work.size), (Digest::of(bytes), bytes.len() as u64));
            let facts = read(bytes, &work.watch);
            assert!(store.keep(work.pending.ticket, &facts).unwrap());
        }
        assert_eq!(store.claim(sweep, Step::Layer, lease(2)).unwrap(), Claim::Nothing);
        let images = store.images(sweep, "rules 1", 0, 10).unwrap();
        let layers: Vec<_> = images.iter().map(|image| image.layers.len()).collect();
        assert_eq!(layers, [1, 2]);
        let known = &images[1].layers[1];
        assert_eq!((&known.layer, store.facts(known.id).unwrap()), (&own, Some(read(&own_bytes, &Watch::default()))));

        // Verdicts are kept, and by what they were reached.
        let finding =
            VerdictFinding { rule: "image-bundle-missing".to_owned(), level: "error".to_owned(), open: false };
        let verdict =
            Verdict { findings: vec![finding], os: Some("Amazon Linux 2023".to_owned()), ..Verdict::default() };
        let all: Vec<_> = images.iter().map(|image| (image.id, verdict.clone())).collect();
        store.judge("rules 1", &all).unwrap();
        assert_eq!(store.images(sweep, "rules 1", 0, 10).unwrap(), []);
        assert_eq!(store.images(sweep, "rules 2", 0, 10).unwrap().len(), 2);
        assert_eq!(store.images(sweep, "rules 2", images[0].id, 10).unwrap().len(), 1);

        let tags = store.tags(sweep, 0, 10).unwrap();
        assert_eq!(tags.len(), 2);
        assert!(tags.iter().all(|tag| tag.resolved && tag.images[0].first_seen.is_none()));
        assert_eq!(tags[1].images[0].layers, [(base.digest, base.size), (own.digest, own.size)]);
        assert_eq!(tags[1].images[0].verdict, Some((Arc::new(verdict), "rules 1".into())));
        let see = |sweep, state: &str| {
            let sightings: Vec<_> = store
                .tags(sweep, 0, 10)
                .unwrap()
                .iter()
                .map(|tag| Sighting { tag: tag.id, image: tag.images[0].id, state: state.to_owned() })
                .collect();
            store.see(sweep, &sightings).unwrap();
        };
        see(sweep, "missing");
        let end = |sweep, second| {
            store
                .end(sweep, &Ended { at: at(second), complete: true, counts: format!("{{\"at\":{second}}}") })
                .unwrap();
        };
        end(sweep, 9);
        let seen = ("r/a:1".to_owned(), "linux/amd64".to_owned(), "missing".to_owned());
        assert!(store.seen(sweep).unwrap().contains(&seen));

        // The next day: the digest of each tag is known, so nothing but that is asked, and no layer is wanted.
        let next = store.begin("scope", at(90_000), at(0)).unwrap();
        assert!(!next.resumed && next.sweep != sweep);
        list(store, next.sweep, &["a", "b"], &["1"]);
        let lost = claim_tag(store, next.sweep, 90_001).pending.ticket;
        store.end_leases().unwrap();
        // As many as there are, where so many are wanted at once.
        let Claim::Work(works) = store.claim(next.sweep, Step::Tag, Lease { most: 9, ..lease(90_001) }).unwrap() else {
            panic!()
        };
        let mut found = Vec::new();
        for (work, image) in works.iter().zip([&one, &other]) {
            let Work::Tag(work) = work else { panic!() };
            assert_eq!(work.known, Some(image.digest));
            found.push((work.pending.ticket, image.digest));
        }
        assert_eq!(store.point(&[(lost, one.digest)], "").unwrap(), [Pointed::Lost], "that claim has ended");
        let others = [(found[0].0, base.digest), found[1]];
        assert_eq!(store.point(&others, "linux/arm64").unwrap(), [Pointed::Unknown; 2], "not looked through for that");
        assert_eq!(store.point(&others, "").unwrap(), [Pointed::Unknown, Pointed::There]);
        assert_eq!(store.point(&found, "").unwrap(), [Pointed::There, Pointed::Lost], "the second is done");
        assert_eq!(store.claim(next.sweep, Step::Tag, lease(90_001)).unwrap(), Claim::Nothing);
        assert_eq!(store.claim(next.sweep, Step::Layer, lease(90_001)).unwrap(), Claim::Nothing);
        assert_eq!(store.tags(next.sweep, 0, 10).unwrap()[0].images[0].first_seen, Some(at(0)));
        see(next.sweep, "missing");
        end(next.sweep, 90_009);
        assert_eq!(store.seen(next.sweep).unwrap().len(), 2);
        let sweeps = store.sweeps().unwrap();
        assert_eq!(sweeps.iter().map(|row| row.ended).collect::<Vec<_>>(), [Some(at(9)), Some(at(90_009))]);
        assert_eq!((sweeps[1].counts.as_deref(), sweeps[1].scope.as_str()), (Some("{\"at\":90009}"), "scope"));

        // Judged again without a request: all that was seen is there.
        let again = store.begin("scope", at(90_100), Timestamp::MIN).unwrap();
        store.carry_over(next.sweep, again.sweep).unwrap();
        assert_eq!(store.claim(again.sweep, Step::Tag, lease(90_100)).unwrap(), Claim::Nothing);
        assert_eq!(store.images(again.sweep, "rules 2", 0, 10).unwrap().len(), 2);
    });
}

#[test]
fn a_lease_keeps_others_away_until_it_ends_and_its_fence_after_that() {
    every_store(|store| {
        let sweep = store.begin("scope", at(0), at(-100)).unwrap().sweep;
        list(store, sweep, &["a"], &["1"]);
        let work = claim_tag(store, sweep, 0);
        assert_eq!(store.claim(sweep, Step::Tag, lease(30)).unwrap(), Claim::Wait(at(60)));
        assert!(store.renew(work.pending.ticket, at(90)).unwrap());
        assert_eq!(store.claim(sweep, Step::Tag, lease(70)).unwrap(), Claim::Wait(at(90)));
        // The first worker is gone; a second one takes over, and then the first comes back.
        let later = claim_tag(store, sweep, 100);
        assert_eq!(later.pending.ticket.id, work.pending.ticket.id);
        assert!(later.pending.ticket.fence > work.pending.ticket.fence);
        let (bytes, own) = layer("own");
        let root = root_of(&image_of(&[&own]));
        assert!(!store.renew(work.pending.ticket, at(999)).unwrap());
        assert!(!store.resolve(work.pending.ticket, &root).unwrap());
        assert!(!store.fail(work.pending.ticket, "no").unwrap());
        assert!(store.resolve(later.pending.ticket, &root).unwrap());
        assert!(!store.postpone(later.pending.ticket, at(0), true).unwrap(), "what is done is done");

        let layer = claim_layer(store, sweep, 100);
        let second = claim_layer(store, sweep, 200);
        assert!(!store.keep(layer.pending.ticket, &read(&bytes, &layer.watch)).unwrap());
        assert!(store.keep(second.pending.ticket, &read(&bytes, &second.watch)).unwrap());
    });
}

#[test]
fn what_failed_comes_again_later_and_what_is_hopeless_does_not() {
    every_store(|store| {
        let sweep = store.begin("scope", at(0), at(-100)).unwrap().sweep;
        list(store, sweep, &["a"], &["1"]);
        let work = claim_tag(store, sweep, 0);
        assert!(store.postpone(work.pending.ticket, at(10), true).unwrap());
        assert_eq!(store.claim(sweep, Step::Tag, lease(5)).unwrap(), Claim::Wait(at(10)));
        let work = claim_tag(store, sweep, 10);
        assert_eq!(work.pending.attempts, 1);
        // A refusal is no failure; the host is left alone, and all that is there with it.
        assert!(store.postpone(work.pending.ticket, at(11), false).unwrap());
        store.block("r", at(50)).unwrap();
        store.block("r", at(40)).unwrap();
        assert_eq!(store.blocked(at(20)).unwrap(), [("r".to_owned(), at(50))]);
        assert_eq!(store.blocked(at(50)).unwrap(), []);
        assert_eq!(store.claim(sweep, Step::Tag, lease(20)).unwrap(), Claim::Wait(at(50)));
        store.add_images(sweep, "elsewhere", &[("x".to_owned(), "2".to_owned())]).unwrap();
        let other = claim_tag(store, sweep, 20);
        assert_eq!(other.pending.registry, "elsewhere");
        assert!(store.fail(other.pending.ticket, "there is no such thing").unwrap());
        let work = claim_tag(store, sweep, 50);
        assert_eq!((work.pending.registry.as_str(), work.pending.attempts), ("r", 1));
        store.end_leases().unwrap();
        assert_eq!(claim_tag(store, sweep, 50).pending.ticket.id, work.pending.ticket.id);
        let rows = store.tags(sweep, 0, 10).unwrap();
        let failed: Vec<_> = rows.iter().filter_map(|tag| tag.failure.as_deref()).collect();
        assert_eq!(failed, ["there is no such thing"]);

        store.add_repositories(sweep, "r", &["c".to_owned()], &Listing::default()).unwrap();
        let work = claim_repository(store, sweep, 60);
        assert!(store.add_tags(work.pending.ticket, &[tag("1")], Some("next")).unwrap());
        assert!(store.postpone(work.pending.ticket, at(61), true).unwrap());
        let work = claim_repository(store, sweep, 61);
        assert_eq!(work.cursor.as_deref(), Some("next"), "a list goes on where it was");
        assert_eq!(store.tags_of(sweep, work.pending.ticket.id).unwrap().len(), 1);
        assert!(store.fail(work.pending.ticket, "refused").unwrap());
        assert_eq!(store.unlisted(sweep).unwrap(), [("r".to_owned(), "c".to_owned(), "refused".to_owned())]);
    });
}

#[test]
fn a_budget_a_stop_and_a_longer_watch_set() {
    every_store(|store| {
        let sweep = store.begin("scope", at(0), at(-100)).unwrap().sweep;
        list(store, sweep, &["a", "b"], &["1"]);
        let (bytes, own) = layer("opt/own.pem");
        let image = image_of(&[&own]);
        for _ in 0..2 {
            let ticket = claim_tag(store, sweep, 0).pending.ticket;
            assert!(store.resolve(ticket, &root_of(&image)).unwrap());
        }
        let small = Lease { largest: own.size - 1, ..lease(0) };
        assert_eq!(store.claim(sweep, Step::Layer, small).unwrap(), Claim::TooLarge);
        // The repository that it is pulled from has it no more, the other one has.
        let work = claim_layer(store, sweep, 0);
        assert_eq!(work.pending.repository, "a");
        assert!(store.pull_from_elsewhere(work.pending.ticket).unwrap());
        let work = claim_layer(store, sweep, 1);
        assert_eq!(work.pending.repository, "b");
        assert!(!store.pull_from_elsewhere(work.pending.ticket).unwrap());
        assert!(store.keep(work.pending.ticket, &read(&bytes, &work.watch)).unwrap());

        let row = store.images(sweep, "rules", 0, 10).unwrap().remove(0);
        let mut more = Watch::default();
        more.add(TreePath::new("/opt"));
        assert_eq!(store.grow(sweep, row.id, &Watch::default()).unwrap(), 0);
        assert_eq!(store.grow(sweep, row.id, &more).unwrap(), 1);
        let work = claim_layer(store, sweep, 2);
        assert!(work.watch.includes(&more));
        assert_eq!(
            store.facts(row.layers[0].id).unwrap(),
            Some(read(&bytes, &Watch::default())),
            "the old ones hold until then"
        );
        assert!(store.keep(work.pending.ticket, &read(&bytes, &work.watch)).unwrap());
        let row = store.images(sweep, "rules", 0, 10).unwrap().remove(0);
        assert!(row.watch.includes(&more) && row.layers[0].watch.as_ref().unwrap().includes(&more));
        store.refuse(row.id, "no runtime takes it").unwrap();
        assert_eq!(store.tags(sweep, 0, 1).unwrap()[0].images[0].failure.as_deref(), Some("no runtime takes it"));
        store.add_images(sweep, "r", &[("a".to_owned(), "again".to_owned())]).unwrap();
        let again = claim_tag(store, sweep, 2).pending.ticket;
        assert_eq!(
            store.point(&[(again, image.digest)], "").unwrap(),
            [Pointed::Unknown],
            "what was wrong is read again"
        );

        store.account(sweep, 100, 3).unwrap();
        assert_eq!(store.stop().unwrap(), 1);
        assert_eq!(store.claim(sweep, Step::Layer, lease(3)).unwrap(), Claim::Stopping);
        store.end(sweep, &Ended { at: at(4), complete: false, counts: "{}".to_owned() }).unwrap();
        let last = store.sweeps().unwrap().pop().unwrap();
        assert_eq!((last.id, last.complete, last.ended), (sweep, false, Some(at(4))));
        assert_eq!(store.stop().unwrap(), 0);
        let on = store.begin("scope", at(5), at(-100)).unwrap();
        assert_eq!((on.sweep, on.resumed, on.bytes, on.at), (sweep, true, 100, at(0)));
        assert_eq!(store.claim(sweep, Step::Layer, lease(5)).unwrap(), Claim::Nothing);
        // Too old to go on with; or another scope.
        store.end(sweep, &Ended { at: at(6), complete: false, counts: "{}".to_owned() }).unwrap();
        assert!(!store.begin("scope", at(7), at(1)).unwrap().resumed);
        assert!(!store.begin("another", at(8), at(-100)).unwrap().resumed);
        assert!(!store.begin("scope", at(9), at(-100)).unwrap().resumed);
    });
}
