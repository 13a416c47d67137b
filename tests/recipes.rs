//! The recipes of sample images: every one in `testdata/` can be made, the same bytes come out each time, and a mistake in
//! one is told with its line.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail where it stands")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use fixture::layout;
use fixture::recipe::{Recipe, Step};
use rdsca::digest::Digest;
use serde_json::Value;

mod fixture;

fn testdata() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

fn recipes(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(recipes(&path));
        } else if path.extension().is_some_and(|extension| extension == "recipe") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every file of a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}

/// Makes one image from the text of a recipe.
fn made(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.recipe");
    fs::write(&file, text).unwrap();
    let image = folder.path().join("image");
    layout::write(&[Recipe::read(&file).unwrap()], &image).unwrap();
    (folder, image)
}

fn blob(image: &Path, descriptor: &Value) -> Vec<u8> {
    let digest = descriptor["digest"].as_str().unwrap();
    let bytes = fs::read(image.join("blobs/sha256").join(digest.strip_prefix("sha256:").unwrap())).unwrap();
    assert_eq!(Digest::of(&bytes).to_string(), digest);
    assert_eq!(bytes.len() as u64, descriptor["size"].as_u64().unwrap());
    bytes
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn every_recipe_can_be_made_and_every_case_says_what_it_expects() {
    let all = recipes(&testdata());
    assert!(all.len() > 20, "only {} recipes", all.len());
    for file in all {
        let recipe = Recipe::read(&file).unwrap_or_else(|error| panic!("{error}"));
        let case = file.parent().and_then(Path::parent).is_some_and(|folder| folder.ends_with("rules"));
        assert!(!case || recipe.expected.is_some(), "{}: expects nothing and no finding", file.display());
        // The big one is for measuring, and takes a minute.
        if file.file_stem().unwrap() != "gibibyte" {
            let folder = tempfile::tempdir().unwrap();
            let written = layout::write(&[recipe], &folder.path().join("image"));
            written.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
    }
}

#[test]
fn each_image_rule_has_a_case_that_goes_wrong_and_cases_that_do_not() {
    let mut counts = BTreeMap::<PathBuf, (usize, usize)>::new();
    for file in recipes(&testdata().join("rules")) {
        let rule = file.parent().unwrap().to_path_buf();
        // The cases of rules about clients are mostly sources, which tests/rules.rs counts.
        let subject = rdsca::rules::find(rule.file_name().unwrap().to_str().unwrap()).unwrap().check.subject();
        if subject != "image" {
            continue;
        }
        let expected = Recipe::read(&file).unwrap().expected.unwrap();
        let count = counts.entry(rule.clone()).or_default();
        if expected.iter().any(|expected| rule.ends_with(&expected.rule)) { count.0 += 1 } else { count.1 += 1 }
    }
    assert!(!counts.is_empty());
    for (rule, (wrong, right)) in counts {
        assert!(wrong >= 1 && right >= 1 && wrong + right >= 3, "{}: {wrong} wrong, {right} right", rule.display());
    }
}

#[test]
fn the_same_recipe_gives_the_same_bytes() {
    let file = testdata().join("images/demo.recipe");
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image");
    layout::write(&[Recipe::read(&file).unwrap()], &image).unwrap();
    let first = files(&image);
    // Over the same folder, which is made anew.
    layout::write(&[Recipe::read(&file).unwrap()], &image).unwrap();
    assert!(first == files(&image));
}

#[test]
fn a_layer_says_what_the_recipe_says() {
    let (_folder, image) = made(
        "platform linux/arm64/v8\nuser 1000:7\nenv A=b=c\nlabel x=y\nhistory USER 1000\n\
         layer zstd RUN one\ndir /d 0700 1:2\nfile /d/f 4755 3:4\n| # text\n|  indented\nlink /l -> ../d\n\
         layer none RUN two\nhardlink /h -> /d/f\nwhiteout /d/f\nopaque /d\ndevice /n char 1:3 0600\nnoise /z 2 10 1\n",
    );
    let index = json(&fs::read(image.join("index.json")).unwrap());
    let manifest = json(&blob(&image, &index["manifests"][0]));
    let config = json(&blob(&image, &manifest["config"]));
    assert_eq!(
        [
            &config["os"],
            &config["architecture"],
            &config["variant"],
            &config["config"]["User"],
            &config["config"]["Env"][0]
        ],
        ["linux", "arm64", "v8", "1000:7", "A=b=c"]
    );
    assert_eq!(config["config"]["Labels"]["x"], "y");
    assert_eq!(config["history"][0]["empty_layer"], true);
    assert_eq!(config["history"][1]["created_by"], "RUN one");

    let first = zstd::decode_all(blob(&image, &manifest["layers"][0]).as_slice()).unwrap();
    let second = blob(&image, &manifest["layers"][1]);
    let diff_ids = [Digest::of(&first).to_string(), Digest::of(&second).to_string()];
    assert_eq!(config["rootfs"]["diff_ids"], serde_json::json!(diff_ids));
    assert_eq!(
        entries(&first),
        ["d/ 5 700 1:2 ->  0", "d/f 0 4755 3:4 ->  17", "l 2 777 0:0 -> ../d 0"].map(str::to_owned)
    );
    assert_eq!(
        entries(&second),
        [
            "h 1 644 0:0 -> d/f 0",
            "d/.wh.f 0 644 0:0 ->  0",
            "d/.wh..wh..opq 0 644 0:0 ->  0",
            "n 3 600 0:0 ->  0",
            "z/000000 0 644 0:0 ->  10",
            "z/000001 0 644 0:0 ->  10",
        ]
        .map(str::to_owned)
    );
    let mut archive = tar::Archive::new(first.as_slice());
    let mut text = String::new();
    archive.entries().unwrap().nth(1).unwrap().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "# text\n indented\n");
}

/// Name, type, mode, owner, target and size of each entry.
fn entries(tar: &[u8]) -> Vec<String> {
    let mut archive = tar::Archive::new(tar);
    let mut lines = Vec::new();
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        let link = entry.link_name().unwrap().map(|link| link.display().to_string()).unwrap_or_default();
        lines.push(format!(
            "{} {} {:o} {}:{} -> {link} {}",
            entry.path().unwrap().display(),
            char::from(header.entry_type().as_byte()),
            header.mode().unwrap(),
            header.uid().unwrap(),
            header.gid().unwrap(),
            entry.size()
        ));
    }
    lines
}

#[test]
fn several_recipes_make_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let recipes = ["linux/amd64", "linux/arm64"].map(|platform| {
        let file = folder.path().join("a.recipe");
        fs::write(&file, format!("platform {platform}\nlayer gzip RUN a\nfile /a\n| {platform}\n")).unwrap();
        Recipe::read(&file).unwrap()
    });
    let image = folder.path().join("image");
    layout::write(&recipes, &image).unwrap();
    let root = json(&fs::read(image.join("index.json")).unwrap());
    assert_eq!(root["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"], layout::TAG);
    let index = json(&blob(&image, &root["manifests"][0]));
    let platforms = [0, 1].map(|at| index["manifests"][at]["platform"]["architecture"].clone());
    assert_eq!(platforms, ["amd64", "arm64"]);
}

#[test]
fn a_folder_that_is_no_layout_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("precious"), "x").unwrap();
    let error = layout::write(&[], folder.path()).unwrap_err();
    assert!(error.to_string().contains("not an OCI layout"), "{error}");
    assert!(folder.path().join("precious").exists());
}

#[test]
fn a_mistake_is_told_with_its_line() {
    let cases = [
        ("layer gzip RUN a\nfile a\n", "a.recipe:2: \"a\" is not a path of the image: it begins with / and goes on"),
        ("\nfile /a\n", "a.recipe:2: an entry stands in a layer: begin one with `layer gzip|zstd|none INSTRUCTION`"),
        ("layer lzma RUN a\n", "a.recipe:1: \"lzma\" is no compression: layer gzip|zstd|none INSTRUCTION"),
        ("layer gzip\n", "a.recipe:1: something is missing: layer gzip|zstd|none INSTRUCTION"),
        ("layer gzip RUN a\ndir /a\n| text\n", "a.recipe:3: contents follow a `file` line"),
        ("layer gzip RUN a\nfile /a 0888\n", "a.recipe:2: \"0888\" is not a mode in octal"),
        ("layer gzip RUN a\nfile /a 0644 root\n", "a.recipe:2: \"root\" is not UID:GID"),
        ("layer gzip RUN a\nlink /a /b\n", "a.recipe:2: not understood: link PATH -> TARGET"),
        ("layer gzip RUN a\nwhiteout /\n", "a.recipe:2: \"/\" cannot be removed: a path of the image is needed"),
        (
            "expect nothing\nexpect a-rule\n",
            "a.recipe:2: `expect nothing` and an expected finding contradict each other",
        ),
        (
            "expect a-rule\nexpect nothing\n",
            "a.recipe:2: `expect nothing` and an expected finding contradict each other",
        ),
        (
            "with speed 3\n",
            "a.recipe:1: \"speed\" is no option of a case, these are: at, bundle, bundle-path, rds-regions",
        ),
        ("chmod /a\n", "a.recipe:1: \"chmod\" begins no line of a recipe"),
        ("include a.recipe\n", "a.recipe: recipes include each other more than 8 deep"),
    ];
    for (text, message) in cases {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.recipe");
        fs::write(&file, text).unwrap();
        let error = Recipe::read(&file).unwrap_err().to_string();
        assert!(error.ends_with(message), "{text:?}\n  {error}\n  {message}");
    }
}

#[test]
fn too_few_bytes_are_not_padded() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("short"), "abc").unwrap();
    let file = folder.path().join("a.recipe");
    fs::write(&file, "layer gzip RUN a\nfile /a\n< short first 4\n").unwrap();
    let error = layout::write(&[Recipe::read(&file).unwrap()], &folder.path().join("image")).unwrap_err();
    assert!(error.to_string().ends_with("short has only 3 bytes"), "{error}");
}

#[test]
fn noise_compresses_to_about_half() {
    let (_folder, image) = made("layer gzip RUN a\nnoise /a 1 4000000 1\n");
    let index = json(&fs::read(image.join("index.json")).unwrap());
    let manifest = json(&blob(&image, &index["manifests"][0]));
    let size = manifest["layers"][0]["size"].as_u64().unwrap();
    assert!((1_600_000..2_400_000).contains(&size), "{size}");
}

/// The one who reads what we write is not ourselves.
#[test]
fn skopeo_and_umoci_read_what_is_written() {
    for program in ["skopeo", "umoci"] {
        if Command::new(program).arg("--version").output().is_err() {
            println!("skipped: {program} is not installed");
            return;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image");
    let recipe = Recipe::read(&testdata().join("images/demo.recipe")).unwrap();
    let layers = recipe.steps.iter().filter(|step| matches!(step, Step::Layer(_))).count();
    layout::write(&[recipe], &image).unwrap();

    let name = format!("oci:{}:{}", image.display(), layout::TAG);
    let seen = Command::new("skopeo").args(["inspect", &name]).output().unwrap();
    assert!(seen.status.success(), "{}", String::from_utf8_lossy(&seen.stderr));
    assert_eq!(json(&seen.stdout)["Layers"].as_array().unwrap().len(), layers);

    let bundle = folder.path().join("bundle");
    let name = format!("{}:{}", image.display(), layout::TAG);
    let unpacked =
        Command::new("umoci").args(["unpack", "--rootless", "--image", &name]).arg(&bundle).output().unwrap();
    assert!(unpacked.status.success(), "{}", String::from_utf8_lossy(&unpacked.stderr));
    let directory = bundle.join("rootfs/etc/pki/ca-trust/extracted/pem/directory-hash");
    assert_eq!(
        fs::read_link(bundle.join("rootfs/etc/ssl/certs")).unwrap(),
        Path::new("/etc/pki/ca-trust/extracted/pem/directory-hash")
    );
    let expected = fs::read(testdata().join("bundles/global-2023-03.pem")).unwrap();
    assert!(fs::read(directory.join("rds-ca.pem")).unwrap() == expected);
}
