//! What `rdsca.report/1` says, in the order in which it says it.

use serde::Serialize;

use crate::report::connections::JsonConnection;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JsonReport<'a> {
    pub schema: &'static str,
    pub tool: Tool,
    pub at: String,
    pub reference: JsonReference<'a>,
    pub targets: Vec<JsonTarget<'a>>,
    pub findings: Vec<JsonFinding<'a>>,
    pub suppressed: Vec<JsonSuppressed<'a>>,
    pub not_scanned: Vec<JsonNotScanned<'a>>,
    pub artifacts: Vec<JsonArtifact<'a>>,
    pub complete: bool,
    pub summary: Summary,
}

#[derive(Serialize)]
pub struct Tool {
    pub name: &'static str,
    pub version: &'static str,
}

#[derive(Serialize)]
pub struct JsonReference<'a> {
    pub publication: Option<&'a str>,
    pub sha256: String,
    pub authorities: usize,
    pub source: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum JsonTarget<'a> {
    Dockerfile(JsonDockerfile<'a>),
    Source(JsonSource<'a>),
    Image(JsonImage<'a>),
}

#[derive(Serialize)]
pub struct JsonDockerfile<'a> {
    pub name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<&'a str>,
    #[serde(rename = "builtBy", skip_serializing_if = "Vec::is_empty")]
    pub built_by: Vec<JsonBuiltBy<'a>>,
    pub stage: Option<String>,
    pub base: Option<&'a str>,
    pub os: Option<JsonOs<'a>>,
    pub bundle: JsonBundle<'a>,
}

/// A compose or bake file, and the services or targets in it that are this build.
#[derive(Serialize)]
pub struct JsonBuiltBy<'a> {
    pub file: &'a str,
    pub names: &'a [String],
}

#[derive(Serialize)]
pub struct JsonSource<'a> {
    pub name: &'a str,
    pub connections: Vec<JsonConnection<'a>>,
}

#[derive(Serialize)]
pub struct JsonImage<'a> {
    pub name: &'a str,
    pub digest: String,
    pub platform: &'a str,
    pub user: &'a str,
    pub os: Option<JsonOs<'a>>,
    pub bundle: JsonBundle<'a>,
    pub paths: Vec<JsonPath>,
    pub layers: JsonLayers,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<JsonConnection<'a>>,
    pub bytes: JsonBytes,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JsonPath {
    pub path: String,
    pub overlay: JsonAnswer,
    pub applied: JsonAnswer,
    pub runtime_dependent: bool,
    pub portable: bool,
}

#[derive(Serialize, Default)]
pub struct JsonAnswer {
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JsonLayers {
    pub total: usize,
    pub not_looked_at: usize,
}

#[derive(Serialize)]
pub struct JsonBytes {
    pub compressed: u64,
    pub read: u64,
}

#[derive(Serialize)]
pub struct JsonOs<'a> {
    pub id: &'a str,
    pub version: Option<&'a str>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct JsonBundle<'a> {
    pub state: &'static str,
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub home: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'a str>,
    #[serde(flatten)]
    pub judgement: JsonJudgement<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readable: Option<bool>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct JsonJudgement<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publication: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_regions: Option<&'a [String]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JsonFinding<'a> {
    pub rule: &'a str,
    pub kind: &'static str,
    pub level: &'static str,
    pub message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<&'a str>,
    /// None for what is about the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<JsonLocation<'a>>,
    pub fingerprint: String,
}

#[derive(Serialize)]
pub struct JsonSuppressed<'a> {
    #[serde(flatten)]
    pub finding: JsonFinding<'a>,
    pub suppression: JsonSuppression<'a>,
}

#[derive(Serialize)]
pub struct JsonSuppression<'a> {
    pub kind: &'static str,
    pub justification: &'a str,
    pub location: JsonLocation<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum JsonLocation<'a> {
    #[serde(rename_all = "camelCase")]
    Text { path: &'a str, start_line: usize, start_column: usize, end_line: usize, end_column: usize },
    #[serde(rename_all = "camelCase")]
    Image {
        path: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        start_line: Option<usize>,
        #[serde(skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        created_by: Option<&'a str>,
    },
}

#[derive(Serialize)]
pub struct JsonNotScanned<'a> {
    pub target: &'a str,
    pub reason: &'a str,
}

#[derive(Serialize)]
pub struct JsonArtifact<'a> {
    pub target: &'a str,
    pub digest: String,
    pub kind: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    pub targets: usize,
    pub findings: usize,
    pub suppressed: usize,
    pub not_scanned: usize,
    pub artifacts: usize,
}
