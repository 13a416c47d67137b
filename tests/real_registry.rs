//! Reads what the real `skopeo` has pushed to the real `docker-registry`, and what it has written into archives.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::fs;
use std::io::Read as _;
use std::thread;

use base64::Engine as _;
use fixture::layout_builder::{LayoutBuilder, tar};
use fixture::nothing_passes;
use fixture::registry::{PASSWORD, RealRegistry, USER, available, skopeo};
use rdsca::digest::{Digest, HashingReader};
use rdsca::oci::manifest::Descriptor;
use rdsca::oci::source::{Source, SourceError};
use rdsca::registry::{Opener, Options};

/// Layers of a few sizes: empty, small, and large enough to come in many pieces.
fn layers() -> Vec<Vec<u8>> {
    let large: Vec<u8> = (0..3_000_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    vec![tar(&[]), tar(&[("etc/os-release", b"ID=amzn\n")]), tar(&[("large", &large)])]
}

fn field<'a>(value: &'a serde_json::Value, name: &str) -> &'a [serde_json::Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn descriptor(value: &serde_json::Value) -> Descriptor {
    Descriptor {
        media_type: value["mediaType"].as_str().unwrap().to_owned(),
        digest: value["digest"].as_str().unwrap().parse().unwrap(),
        size: value["size"].as_u64().unwrap(),
    }
}

/// Reads everything that hangs on the root, blobs side by side, and checks each digest. Gives the layers' digests.
fn read_all(source: &dyn Source) -> Vec<Digest> {
    let (_, root) = source.verified_root().unwrap();
    let root: serde_json::Value = serde_json::from_slice(&root).unwrap();
    let children = field(&root, "manifests");
    let manifests: Vec<serde_json::Value> = if children.is_empty() {
        vec![root]
    } else {
        let read = |child| serde_json::from_slice(&source.verified_manifest(&descriptor(child)).unwrap()).unwrap();
        children.iter().map(read).collect()
    };
    let mut digests = Vec::new();
    for manifest in manifests {
        let config = source.verified_config(&descriptor(&manifest["config"])).unwrap();
        let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
        assert_eq!(field(&config["rootfs"], "diff_ids").len(), field(&manifest, "layers").len());
        thread::scope(|scope| {
            let read = |layer: Descriptor| {
                let mut reader = HashingReader::new(source.blob(&layer).unwrap());
                std::io::copy(&mut reader, &mut std::io::sink()).unwrap();
                assert_eq!(reader.finish(), (layer.digest, layer.size));
                layer.digest
            };
            let threads: Vec<_> = field(&manifest, "layers")
                .iter()
                .map(descriptor)
                .map(|layer| scope.spawn(move || read(layer)))
                .collect();
            digests.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
        });
    }
    digests
}

fn open_one(opener: &Opener, input: &str) -> Box<dyn Source> {
    let mut sources = opener.open(input, &mut nothing_passes).unwrap();
    assert_eq!(sources.len(), 1, "{input}");
    sources.remove(0)
}

#[test]
fn an_open_registry_gives_what_was_pushed() {
    let Some(registry) = RealRegistry::open() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut layout = LayoutBuilder::new(folder.path());
    let image = layout.image("amd64", &layers());
    layout.list(&image, Some("one"));
    let other = layout.image("arm64", &layers()[..2]);
    layout.list(&layout.index(&[("amd64", &image), ("arm64", &other)]).clone(), Some("both"));
    registry.push(folder.path(), "one", "team/app:1");
    registry.push(folder.path(), "both", "team/app:all");

    let opener = Opener::default();
    // skopeo compresses layers on their way into a registry, so only their number is that of the layout.
    assert_eq!(read_all(&*open_one(&opener, &format!("{}/team/app:1", registry.host()))).len(), 3);
    let both = open_one(&opener, &format!("docker://{}/team/app:all", registry.host()));
    assert_eq!(read_all(&*both).len(), 5);
    let digest = both.root().unwrap().0.digest;
    assert_eq!(read_all(&*open_one(&opener, &format!("{}/team/app@{digest}", registry.host()))).len(), 5);

    let absent = open_one(&opener, &format!("{}/team/app:2", registry.host()));
    assert!(matches!(absent.root().unwrap_err(), SourceError::NotFound(message) if message.contains("team/app:2")));
}

#[test]
fn a_closed_registry_wants_the_users_credentials() {
    let Some(registry) = RealRegistry::closed() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut layout = LayoutBuilder::new(&folder.path().join("layout"));
    let image = layout.image("amd64", &layers());
    layout.list(&image, Some("one"));
    registry.push_as_user(&folder.path().join("layout"), "one", "app:1");
    let input = format!("{}/app:1", registry.host());

    let SourceError::Denied(message) = open_one(&Opener::default(), &input).root().unwrap_err() else { unreachable!() };
    assert!(message.contains(&format!("docker login {}", registry.host())), "{message}");

    let with = |password: &str| {
        let file = folder.path().join("config.json");
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{password}"));
        fs::write(&file, serde_json::json!({"auths": {registry.host(): {"auth": auth}}}).to_string()).unwrap();
        open_one(&Opener::new(Options { credential_files: vec![file], ..Options::default() }), &input)
    };
    assert_eq!(read_all(&*with(PASSWORD)).len(), 3);
    let SourceError::Denied(message) = with("wrong").root().unwrap_err() else { unreachable!() };
    assert!(message.contains("config.json") && message.contains(USER) && !message.contains("wrong"), "{message}");
}

#[test]
fn a_layout_in_a_folder_gives_its_own_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let mut layout = LayoutBuilder::new(folder.path());
    let image = layout.image("amd64", &layers());
    layout.list(&image, Some("one"));
    let wanted: Vec<_> = layers().iter().map(Digest::of).collect();
    let opener = Opener::default();
    for input in [folder.path().display().to_string(), format!("oci:{}:one", folder.path().display())] {
        assert_eq!(read_all(&*open_one(&opener, &input)), wanted, "{input}");
    }
    let mut bytes = Vec::new();
    let source = open_one(&opener, &format!("oci:{}", folder.path().display()));
    source.blob(&image).unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(Digest::of(&bytes), image.digest);
}

#[test]
fn archives_of_skopeo_give_what_was_put_in() {
    if !available() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let layout_path = folder.path().join("layout");
    let mut layout = LayoutBuilder::new(&layout_path);
    let image = layout.image("amd64", &layers());
    layout.list(&image, Some("one"));
    let from = format!("oci:{}:one", layout_path.display());
    skopeo(&["copy", &from, &format!("docker-archive:{}:team/app:1", path("docker.tar"))]);
    skopeo(&["copy", &from, &format!("oci-archive:{}:one", path("oci.tar"))]);

    let opener = Opener::default();
    let wanted: Vec<_> = layers().iter().map(Digest::of).collect();
    // A docker archive has its layers uncompressed, so each is named by its DiffID, which is that of the layout.
    for input in [path("docker.tar"), format!("docker-archive:{}:team/app:1", path("docker.tar"))] {
        assert_eq!(read_all(&*open_one(&opener, &input)), wanted, "{input}");
    }
    for input in [path("oci.tar"), format!("oci-archive:{}:one", path("oci.tar"))] {
        assert_eq!(read_all(&*open_one(&opener, &input)).len(), 3, "{input}");
    }
}
