//! What an input is taken for, and the one clear message for each that is no image.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use fixture::layout_builder::{LayoutBuilder, tar};
use fixture::nothing_passes;
use rdsca::digest::{Digest, HashingReader};
use rdsca::oci::manifest::Descriptor;
use rdsca::oci::source::{Source, SourceError};
use rdsca::registry::{Expected, KINDS, Opener, Sources};
use serde_json::{Value, json};
use tempfile::TempDir;

fn open(input: &str) -> Result<Vec<Box<dyn Source>>, SourceError> {
    Opener::default().open(input, &mut nothing_passes)
}

fn message(input: &str) -> String {
    let opened = open(input);
    assert!(opened.is_err(), "{input} was opened");
    opened.err().unwrap().to_string()
}

fn names(sources: &[Box<dyn Source>]) -> Vec<String> {
    sources.iter().map(|source| source.name().to_owned()).collect()
}

/// A folder with files in it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file and gives its path as a user writes it.
    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn descriptor(value: &Value) -> Descriptor {
    Descriptor {
        media_type: value["mediaType"].as_str().unwrap().to_owned(),
        digest: value["digest"].as_str().unwrap().parse().unwrap(),
        size: value["size"].as_u64().unwrap(),
    }
}

/// The layers of an image, each read and checked against its descriptor.
fn layers(source: &dyn Source) -> Vec<Vec<u8>> {
    let (_, manifest) = source.verified_root().unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    source.verified_config(&descriptor(&manifest["config"])).unwrap();
    let read = |layer: &Value| {
        let (layer, mut bytes) = (descriptor(layer), Vec::new());
        source.blob(&layer).unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!((Digest::of(&bytes), bytes.len() as u64), (layer.digest, layer.size));
        bytes
    };
    manifest["layers"].as_array().unwrap().iter().map(read).collect()
}

/// The only layer of an image.
fn layer(source: &dyn Source) -> Vec<u8> {
    let mut layers = layers(source);
    assert_eq!(layers.len(), 1);
    layers.remove(0)
}

/// One image of a `docker save` of before Docker 25: its config and the folders of its layers.
fn config(layers: &[&[u8]]) -> Vec<u8> {
    let diff_ids: Vec<_> = layers.iter().map(|layer| Digest::of(layer).to_string()).collect();
    json!({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": diff_ids}})
        .to_string()
        .into()
}

fn docker_save(images: &[(&[&str], &[&[u8]])]) -> Vec<u8> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut entries = Vec::new();
    for (tags, layers) in images {
        let config = config(layers);
        let config_name = format!("{}.json", Digest::of(&config).hex());
        let mut names = Vec::new();
        for layer in *layers {
            names.push(format!("{}/layer.tar", Digest::of([layer, b"id".as_slice()].concat()).hex()));
            files.push((names[names.len() - 1].clone(), layer.to_vec()));
        }
        entries.push(json!({"Config": config_name, "RepoTags": tags, "Layers": names}));
        files.push((config_name, config));
    }
    files.push(("manifest.json".to_owned(), Value::from(entries).to_string().into()));
    tar(&files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect::<Vec<_>>())
}

#[test]
fn what_is_no_image_is_told_apart() {
    let place = Place::new();
    let folder = place.0.path().to_str().unwrap().to_owned();
    let gzip = place.write("a.tar.gz", [0x1f, 0x8b, 8, 0, 0]);
    let zstd = place.write("zstd", [0x28, 0xb5, 0x2f, 0xfd, 0]);
    let other = place.write("other.tar", tar(&[("readme", b"x")]));
    for (input, words) in [
        (String::new(), "without a name"),
        ("./absent".into(), "./absent: no such file or folder"),
        ("/absent/image".into(), "no such file"),
        ("absent.tar".into(), "absent.tar: no such file"),
        ("docker-archive:absent.tar:a:1".into(), "absent.tar: no such file"),
        ("oci:absent".into(), "absent: no such folder"),
        ("oci-archive:absent".into(), "absent: no such file"),
        (folder.clone(), "not an OCI layout"),
        (format!("docker-archive:{folder}"), "is a folder, not an archive"),
        (format!("oci:{folder}"), "it has no index.json"),
        (format!("oci:{other}"), "is not a folder"),
        (place.write("empty", ""), "is empty"),
        (place.write("binary", [0x7f, b'E', b'L', b'F', 2, 1, 1].repeat(300)), "not a tar archive"),
        (place.write("short", "x"), "not a tar archive"),
        (gzip.clone(), "compressed with gzip, and an archive is not read in order; use: gzip -dc"),
        (zstd, "compressed with zstd"),
        (other, "neither manifest.json"),
        ("docker-daemon:app:1".into(), "use: docker save app:1 | rdsca scan -"),
        ("containers-storage:app".into(), "use: podman save app | rdsca scan -"),
        ("dir:copy".into(), "use: skopeo copy dir:copy oci:NEW"),
        ("https://example.com/a".into(), "write docker://"),
        ("docker://Team/App".into(), "lower case"),
        ("team/app:".into(), "does not name an image"),
        ("a\u{1b}[31m".into(), "\\u{1b}"),
    ] {
        let message = message(&input);
        assert!(message.contains(words), "{input:?}: {message}");
        assert!(!message.contains('\n') && !message.contains('\u{1b}'), "{message}");
    }
}

#[test]
fn a_name_is_a_reference_and_touches_no_network_yet() {
    for (input, name) in [
        ("alpine", "docker.io/library/alpine:latest"),
        ("docker://team/app:1", "docker.io/team/app:1"),
        ("registry.example.com/app", "registry.example.com/app:latest"),
        ("localhost:5000/a/b:c", "localhost:5000/a/b:c"),
    ] {
        assert_eq!(names(&open(input).unwrap()), [name]);
    }
}

#[test]
fn every_kind_says_how_it_is_written() {
    for kind in KINDS {
        assert!(kind.form.starts_with(kind.prefix), "{}", kind.form);
        assert!(!kind.summary.is_empty());
    }
}

#[test]
fn a_docker_save_is_read_with_a_manifest_made_for_it() {
    let (one, two) = (tar(&[("etc/os-release", b"ID=amzn\n")]), tar(&[("large", &vec![7; 600_000])]));
    let place = Place::new();
    let path = place.write("save.tar", docker_save(&[(&["app:1", "app:latest"], &[&one, &two])]));
    for input in [
        path.clone(),
        format!("docker-archive:{path}"),
        format!("docker-archive:{path}:app"),
        format!("docker-archive:{path}:@0"),
    ] {
        let sources = open(&input).unwrap();
        assert_eq!(names(&sources), [input.as_str()]);
        assert_eq!(layers(&*sources[0]), [one.clone(), two.clone()], "{input}");
    }
    let message = message(&format!("docker-archive:{path}:other:2"));
    assert!(message.contains("no image \"other:2\" in it; it holds app:1, app:latest"), "{message}");
}

#[test]
fn each_image_of_a_docker_save_is_an_image_of_its_own() {
    let (one, two) = (tar(&[("a", b"1")]), tar(&[("a", b"2")]));
    let place = Place::new();
    let path = place.write("save.tar", docker_save(&[(&["a:1"], &[&one]), (&[], &[&one, &two])]));
    let sources = open(&path).unwrap();
    assert_eq!(names(&sources), [format!("{path}:a:1"), format!("{path}:@1")]);
    assert_eq!(layer(&*sources[0]), one);
    assert_eq!(layers(&*sources[1]), [one, two.clone()]);
    assert_eq!(layers(&*open(&format!("docker-archive:{path}:@1")).unwrap()[0])[1], two);
}

#[test]
fn layers_that_link_to_one_another_are_found() {
    let layer = tar(&[("a", b"1")]);
    let config = config(&[&layer, &layer, &layer]);
    let entries = json!([{"Config": "c.json", "RepoTags": null, "Layers": ["one/layer.tar", "two/layer.tar", "three/layer.tar"]}]);
    let mut builder = ::tar::Builder::new(tar_without_end(&[
        ("one/layer.tar", &layer),
        ("c.json", &config),
        ("manifest.json", entries.to_string().as_bytes()),
    ]));
    for (path, target, kind) in [
        ("two/layer.tar", "../one/layer.tar", ::tar::EntryType::Symlink),
        ("three/layer.tar", "one/layer.tar", ::tar::EntryType::Link),
    ] {
        let mut header = ::tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        builder.append_link(&mut header, path, target).unwrap();
    }
    let place = Place::new();
    let path = place.write("save.tar", builder.into_inner().unwrap());
    assert_eq!(layers(&*open(&path).unwrap()[0]), [layer.clone(), layer.clone(), layer]);
}

fn tar_without_end(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = tar(files);
    bytes.truncate(bytes.len() - 1024);
    bytes
}

#[test]
fn a_compressed_layer_of_a_docker_save_is_named_by_its_stored_bytes() {
    use std::io::Write as _;
    let layer = tar(&[("a", b"1")]);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&layer).unwrap();
    let stored = encoder.finish().unwrap();
    let entries = json!([{"Config": "c.json", "Layers": ["l"]}]).to_string();
    let place = Place::new();
    let files = [("l", stored.as_slice()), ("c.json", &config(&[&layer])), ("manifest.json", entries.as_bytes())];
    let path = place.write("save.tar", tar(&files));
    assert_eq!(layers(&*open(&path).unwrap()[0]), [stored]);
}

#[test]
fn a_docker_save_that_does_not_fit_together_is_refused() {
    let layer = tar(&[("a", b"1")]);
    let good = config(&[&layer]);
    let save = |manifest: Value, config: &[u8]| {
        tar(&[("l", &layer), ("c.json", config), ("manifest.json", manifest.to_string().as_bytes())])
    };
    let place = Place::new();
    for (bytes, words) in [
        (
            save(json!([{"Config": "c.json", "Layers": ["l", "l"]}]), &good),
            "2 layers in manifest.json, but 1 in its config",
        ),
        (save(json!([{"Config": "c.json", "Layers": ["absent"]}]), &good), "absent is missing"),
        (save(json!([{"Config": "absent.json", "Layers": ["l"]}]), &good), "absent.json is missing"),
        (save(json!([{"Config": "c.json", "Layers": ["l"]}]), b"{"), "cannot be read"),
        (save(json!([]), &good), "lists none"),
        (save(json!({}), &good), "manifest.json cannot be read"),
    ] {
        let message = message(&place.write("bad.tar", bytes));
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn a_changed_layer_does_not_pass_for_the_one_of_the_config() {
    let layer = tar(&[("a", b"1")]);
    let mut bytes = docker_save(&[(&["a:1"], &[&layer])]);
    let at = bytes.windows(layer.len()).position(|window| window == layer).unwrap();
    bytes[at + 512] = b'2';
    let place = Place::new();
    let source = open(&place.write("save.tar", bytes)).unwrap().remove(0);
    let (_, manifest) = source.verified_root().unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let descriptor = descriptor(&manifest["layers"][0]);
    let mut stored = Vec::new();
    source.blob(&descriptor).unwrap().read_to_end(&mut stored).unwrap();
    assert_ne!(Digest::of(&stored), descriptor.digest);
}

#[test]
fn an_archive_that_is_cut_off_is_not_read() {
    let layer = tar(&[("a", &vec![1; 900_000])]);
    let bytes = docker_save(&[(&["a:1"], &[&layer])]);
    let place = Place::new();
    for length in [700_000, 300_000, 600] {
        let message = message(&place.write("cut.tar", &bytes[..length]));
        assert!(message.contains("is cut off"), "{length}: {message}");
    }
}

/// A tar of everything in a folder, in the order of names.
fn tar_of(folder: &Path) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    builder.append_dir_all(".", folder).unwrap();
    builder.into_inner().unwrap()
}

#[test]
fn the_images_of_a_layout_are_chosen_by_tag() {
    let place = Place::new();
    let folder = place.path("layout");
    let mut layout = LayoutBuilder::new(&folder);
    let (first, second) = (tar(&[("a", b"1")]), tar(&[("a", b"2")]));
    let (one, two) = (layout.image("amd64", &[&first]), layout.image("amd64", &[&second]));
    layout.list(&one, Some("1"));
    layout.list(&one, Some("latest"));
    layout.list(&two, None);
    let archive = place.write("layout.tar", tar_of(&folder));
    let folder = folder.to_str().unwrap();
    for (kind, path) in [("oci", folder), ("oci-archive", archive.as_str())] {
        let sources = open(path).unwrap();
        assert_eq!(names(&sources), [format!("{path}:1"), format!("{path}@{}", two.digest)]);
        assert_eq!(layer(&*sources[1]), second);
        for tag in ["1", "latest"] {
            assert_eq!(layer(&*open(&format!("{kind}:{path}:{tag}")).unwrap()[0]), first);
        }
        for named in [format!("{kind}:{path}@{}", two.digest), format!("{kind}:{path}:@{}", two.digest)] {
            assert_eq!(layer(&*open(&named).unwrap()[0]), second, "{named}");
        }
        let message = message(&format!("{kind}:{path}:2"));
        assert!(message.contains("no image \"2\" in it; it holds 1, latest"), "{message}");
    }
}

#[test]
fn a_docker_save_with_a_layout_inside_is_read_as_the_layout() {
    let place = Place::new();
    let folder = place.path("layout");
    let mut layout = LayoutBuilder::new(&folder);
    let wanted = tar(&[("a", b"1")]);
    let image = layout.image("amd64", &[&wanted]);
    layout.list(&image, Some("1"));
    // The older description is there too, and would lead nowhere.
    fs::write(folder.join("manifest.json"), json!([{"Config": "absent", "Layers": []}]).to_string()).unwrap();
    let source = open(&place.write("save.tar", tar_of(&folder))).unwrap().remove(0);
    assert_eq!(source.root().unwrap().0.digest, image.digest);
    assert_eq!(layer(&*source), wanted);
}

#[test]
fn an_incomplete_layout_says_what_is_missing() {
    let place = Place::new();
    let mut layout = LayoutBuilder::new(place.0.path());
    let image = layout.image("amd64", &[b""]);
    layout.list(&image, None);
    let blob = place.path(&format!("blobs/sha256/{}", image.digest.hex()));
    fs::remove_file(&blob).unwrap();
    let input = place.0.path().to_str().unwrap().to_owned();
    let error = open(&input).unwrap()[0].root().unwrap_err();
    assert!(matches!(&error, SourceError::NotFound(message) if message.contains("is the image complete")), "{error}");
    fs::write(blob, "{}").unwrap();
    let error = open(&input).unwrap()[0].verified_root().unwrap_err();
    assert!(matches!(&error, SourceError::Invalid(message) if message.contains("2 bytes came")), "{error}");
    fs::write(place.path("index.json"), r#"{"manifests": [{"digest": "sha256:../../x", "size": 1}]}"#).unwrap();
    assert!(message(&input).contains("names a manifest wrongly"));
    fs::write(place.path("index.json"), r#"{"manifests": []}"#).unwrap();
    assert!(message(&input).contains("lists none"));
}

// --- streams

/// Opens a stream; layers are hashed while they pass. Gives the images and the layers that passed.
fn stream(bytes: &[u8]) -> Result<(Sources, Vec<Digest>), SourceError> {
    let mut passed = Vec::new();
    let mut pass = |expected: Expected, body: &mut (dyn std::io::Read + Send)| {
        let mut reader = HashingReader::new(body);
        std::io::copy(&mut reader, &mut std::io::sink()).map_err(|error| error.to_string())?;
        let (digest, size) = reader.finish();
        assert_eq!(size, expected.size);
        if expected.digest.is_some_and(|expected| expected != digest) {
            return Err("other bytes than its name says".to_owned());
        }
        passed.push(digest);
        Ok(digest)
    };
    let sources = Opener::default().open_stream(bytes, &mut pass)?;
    Ok((sources, passed))
}

/// The digests of an image's layers, from its verified manifest; the config is verified too.
fn layer_digests(source: &dyn Source) -> Vec<Digest> {
    let (_, manifest) = source.verified_root().unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    source.verified_config(&descriptor(&manifest["config"])).unwrap();
    manifest["layers"].as_array().unwrap().iter().map(|layer| descriptor(layer).digest).collect()
}

#[test]
fn a_stream_is_read_in_passing_and_only_once() {
    let (one, two) = (tar(&[("a", b"1")]), tar(&[("large", &vec![7; 600_000])]));
    let (sources, passed) = stream(&docker_save(&[(&["a:1"], &[&one, &two]), (&["b:1"], &[&two])])).unwrap();
    assert_eq!(names(&sources), ["-:a:1", "-:b:1"]);
    assert_eq!(layer_digests(&*sources[0]), [Digest::of(&one), Digest::of(&two)]);
    assert_eq!(layer_digests(&*sources[1]), [Digest::of(&two)]);
    assert_eq!(passed, [Digest::of(&one), Digest::of(&two), Digest::of(&two)]);
    let again = Descriptor { media_type: String::new(), digest: Digest::of(&two), size: two.len() as u64 };
    let error = sources[0].blob(&again).err().unwrap();
    assert!(error.to_string().contains("can be read only once"), "{error}");
}

#[test]
fn a_stream_may_hold_a_layout() {
    let place = Place::new();
    let folder = place.path("layout");
    let mut layout = LayoutBuilder::new(&folder);
    let wanted = tar(&[("a", b"1")]);
    let image = layout.image("amd64", &[&wanted]);
    layout.list(&image, Some("1"));
    let (sources, passed) = stream(&tar_of(&folder)).unwrap();
    assert_eq!(sources[0].root().unwrap().0.digest, image.digest);
    assert_eq!(layer_digests(&*sources[0]), passed);

    // Bytes that are not those of their name: told for the layer that it is.
    let blob = folder.join("blobs/sha256").join(Digest::of(&wanted).hex());
    fs::write(&blob, tar(&[("a", b"2")])).unwrap();
    let (sources, passed) = stream(&tar_of(&folder)).unwrap();
    assert!(passed.is_empty());
    let layer = Descriptor { media_type: String::new(), digest: Digest::of(&wanted), size: wanted.len() as u64 };
    let error = sources[0].blob(&layer).err().unwrap();
    assert!(error.to_string().contains("other bytes than its name says"), "{error}");
}

#[test]
fn a_stream_that_is_no_image_is_one_message() {
    let cut = docker_save(&[(&["a:1"], &[&tar(&[("a", &vec![1; 900_000])])])]);
    for (bytes, words) in [
        (&b""[..], "standard input is empty"),
        (&[0x1f, 0x8b, 8, 0, 0, 0], "put this before it: gzip -dc |"),
        (&[7; 2000], "not a tar archive"),
        (&tar(&[("readme", b"x")]), "neither manifest.json"),
        (&cut[..700_000], "standard input is cut off"),
    ] {
        let error = stream(bytes).err().unwrap().to_string();
        assert!(error.contains(words), "{error}");
    }
}
