//! Commands that download: curl, wget, aria2c, `aws s3 cp`.

use crate::shell::arguments::Arguments;
use crate::shell::condition::CERTIFICATE_ENDINGS;
use crate::shell::holding::{Contents, Fetch, Part, Reach, Source};
use crate::shell::machine::{Flow, Machine, Outcome, Status};
use crate::shell::variables::is_unknown;

use super::{Call, Command};

pub(super) const COMMANDS: &[Command] = &[
    Command { names: &["curl"], run: curl },
    Command { names: &["wget", "wget2"], run: wget },
    Command { names: &["aria2c"], run: aria },
    Command { names: &["aws"], run: aws },
];

/// How a program fetches.
pub(super) struct Manner {
    pub certificate_checked: bool,
    pub fails_on_http_error: bool,
}

/// Notes a download and gives what it brings.
pub(super) fn fetch(machine: &mut Machine, call: &Call<'_>, url: &str, manner: &Manner) -> Contents {
    let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let fetch = machine.fetched(Fetch {
        url,
        by: call.base_name().to_owned(),
        span: call.span,
        certificate_checked: manner.certificate_checked,
        fails_on_http_error: manner.fails_on_http_error,
        failure_ignored: machine.lenient > machine.answered,
        content_checked: false,
        pinned: false,
    });
    Contents::of(Source::Fetch(fetch))
}

/// The last component of a URL's path, by which programs name what they save.
pub(super) fn remote_name(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    match path.rsplit_once('/') {
        Some((_, name)) if !name.is_empty() => name,
        _ => "index.html",
    }
}

/// curl(1): the short flags that take a value.
const CURL_SHORT: &str = "AbcCdDeEFhHKmoPQrtTuUwxXyYz";
/// curl(1): the long flags that take a value, as far as they are seen in Dockerfiles.
const CURL_LONG: &[&str] = &[
    "abstract-unix-socket",
    "cacert",
    "capath",
    "cert",
    "cert-type",
    "ciphers",
    "config",
    "connect-timeout",
    "connect-to",
    "continue-at",
    "cookie",
    "cookie-jar",
    "data",
    "data-ascii",
    "data-binary",
    "data-raw",
    "data-urlencode",
    "dns-servers",
    "dump-header",
    "form",
    "header",
    "interface",
    "json",
    "key",
    "limit-rate",
    "max-filesize",
    "max-redirs",
    "max-time",
    "netrc-file",
    "noproxy",
    "output",
    "output-dir",
    "pass",
    "pinnedpubkey",
    "proto",
    "proto-default",
    "proto-redir",
    "proxy",
    "proxy-user",
    "range",
    "rate",
    "referer",
    "request",
    "request-target",
    "resolve",
    "retry",
    "retry-delay",
    "retry-max-time",
    "speed-limit",
    "speed-time",
    "stderr",
    "tls-max",
    "trace",
    "upload-file",
    "url",
    "user",
    "user-agent",
    "write-out",
];

fn curl(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(call.arguments, CURL_SHORT, CURL_LONG);
    let manner = Manner {
        certificate_checked: !arguments.has(&["k", "insecure"]),
        fails_on_http_error: arguments.has(&["f", "fail", "fail-with-body"]),
    };
    if arguments.has(&["V", "version", "help"]) {
        return Outcome::chatter();
    }
    let head = arguments.has(&["I", "head"]);
    let folder = arguments.value(&["output-dir"]).map(str::to_owned);
    // Each -o and each -O belongs to the next URL.
    let mut saves = arguments.flags.iter().filter_map(|(name, value)| match name.as_str() {
        "o" | "output" => Some(value.clone()),
        "O" | "remote-name" => Some(None),
        _ => None,
    });
    let all_remote = arguments.has(&["remote-name-all"]);
    let urls = arguments.values(&["url"]).into_iter().chain(arguments.operands.iter().map(String::as_str));
    let mut output = Contents::default();
    let globbed = !arguments.has(&["g", "globoff"]);
    let urls = urls.flat_map(|url| {
        let save = saves.next();
        let urls = if globbed { expanded(url) } else { vec![(url.to_owned(), Vec::new())] };
        urls.into_iter().map(move |(url, choices)| (url, choices, save.clone()))
    });
    for (url, choices, saved) in urls {
        let contents = if head { Contents::other() } else { fetch(machine, call, &url, &manner) };
        let name = match saved {
            Some(Some(name)) => {
                // `#1` is what was chosen from the first braces.
                let choices = choices.iter().enumerate();
                Some(choices.fold(name, |name, (at, choice)| name.replace(&format!("#{}", at + 1), choice)))
            }
            Some(None) => Some(remote_name(&url).to_owned()),
            None if all_remote => Some(remote_name(&url).to_owned()),
            None => None,
        };
        match name.as_deref() {
            None | Some("-") => output.append(contents),
            Some(name) => {
                let name = folder.as_ref().map_or_else(|| name.to_owned(), |folder| format!("{folder}/{name}"));
                save(machine, call, &name, contents);
            }
        }
    }
    if arguments.value(&["w", "write-out"]).is_some() {
        output.open = true;
    }
    Outcome { flow: Flow::On(Status::Success), output }
}

/// URLs that one gives at most.
const MAX_URLS: usize = 256;

/// The URLs that one with braces stands for (curl(1), "GLOBBING"), each with what was chosen from them.
fn expanded(url: &str) -> Vec<(String, Vec<String>)> {
    let mut done = vec![(String::new(), Vec::new())];
    let mut rest = url;
    while let Some((before, choices, behind)) = rest.split_once('{').and_then(|(before, rest)| {
        let (choices, behind) = rest.split_once('}')?;
        Some((before, choices, behind))
    }) {
        let longer = |(start, chosen): (String, Vec<String>)| {
            choices.split(',').map(move |choice| {
                let chosen = chosen.iter().cloned().chain([choice.to_owned()]).collect();
                (format!("{start}{before}{choice}"), chosen)
            })
        };
        done = done.into_iter().flat_map(longer).take(MAX_URLS).collect();
        rest = behind;
    }
    done.into_iter().map(|(start, chosen)| (start + rest, chosen)).collect()
}

/// Writes what was downloaded to a file. What came from an address that could not be told may be the bundle, if the file's name is
/// one of a certificate.
fn save(machine: &mut Machine, call: &Call<'_>, name: &str, contents: Contents) {
    let path = machine.path(name);
    let from_unknown = |part: &Part| match &part.source {
        Source::Fetch(fetch) => fetch.host().is_some_and(is_unknown),
        _ => false,
    };
    if CERTIFICATE_ENDINGS.iter().any(|ending| name.ends_with(ending)) && contents.parts.iter().any(from_unknown) {
        machine.gap(
            call.span,
            format!("from where {name} is downloaded could not be told"),
            Reach::Below(path.clone()),
        );
    }
    machine.write(&path, contents, call.span, false);
}

/// wget(1): the short flags that take a value.
const WGET_SHORT: &str = "aAbBDeGhiIlmoOPQRTtUwX";
const WGET_LONG: &[&str] = &[
    "append-output",
    "base",
    "bind-address",
    "ca-certificate",
    "ca-directory",
    "certificate",
    "config",
    "connect-timeout",
    "cut-dirs",
    "directory-prefix",
    "execute",
    "header",
    "input-file",
    "limit-rate",
    "load-cookies",
    "output-document",
    "output-file",
    "password",
    "post-data",
    "progress",
    "quota",
    "read-timeout",
    "referer",
    "secure-protocol",
    "timeout",
    "tries",
    "user",
    "user-agent",
    "wait",
    "waitretry",
];

fn wget(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    // `-nv`, `-nc` and their like are flags of two letters, the second of which would take a value.
    let words: Vec<String> =
        call.arguments.iter().filter(|word| !matches!(word.as_str(), "-nH" | "-nd" | "-nc" | "-nv")).cloned().collect();
    let arguments = Arguments::read(&words, WGET_SHORT, WGET_LONG);
    let manner = Manner { certificate_checked: !arguments.has(&["no-check-certificate"]), fails_on_http_error: true };
    let spider = arguments.has(&["spider", "version", "help"]);
    let folder = arguments.value(&["P", "directory-prefix"]);
    let mut together = Contents::default();
    let one = arguments.value(&["O", "output-document"]);
    let listed = arguments.value(&["i", "input-file"]).map(|list| {
        if list == "-" {
            call.input.clone()
        } else {
            let path = machine.path(list);
            machine.read(&path).cloned().unwrap_or_else(Contents::other)
        }
    });
    let listed = listed
        .and_then(|list| list.exact())
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default();
    let mut urls: Vec<&str> = arguments.operands.iter().map(String::as_str).collect();
    urls.extend(listed.split_whitespace());
    for url in urls {
        let contents = if spider { Contents::other() } else { fetch(machine, call, url, &manner) };
        match one {
            Some(_) => together.append(contents),
            None => {
                let name = remote_name(url);
                let name = folder.map_or_else(|| name.to_owned(), |folder| format!("{folder}/{name}"));
                if !spider {
                    save(machine, call, &name, contents);
                }
            }
        }
    }
    match one {
        Some("-" | "/dev/stdout") => Outcome::output(together),
        Some(name) => {
            save(machine, call, name, together);
            Outcome::silent(Status::Success)
        }
        None => Outcome::silent(Status::Success),
    }
}

fn aria(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(
        call.arguments,
        "dijklmosxT",
        &["dir", "out", "max-connection-per-server", "split", "checksum", "header"],
    );
    let manner = Manner {
        certificate_checked: arguments.value(&["check-certificate"]) != Some("false"),
        fails_on_http_error: true,
    };
    let folder = arguments.value(&["d", "dir"]).unwrap_or(".");
    for url in arguments.operands.clone() {
        let contents = fetch(machine, call, &url, &manner);
        let name = arguments.value(&["o", "out"]).unwrap_or_else(|| remote_name(&url));
        save(machine, call, &format!("{folder}/{name}"), contents);
    }
    Outcome::chatter()
}

/// `aws s3 cp|sync|mv` and `aws s3api get-object`; all else changes nothing here.
fn aws(machine: &mut Machine, call: &Call<'_>) -> Outcome {
    let arguments = Arguments::read(
        call.arguments,
        "",
        &[
            "region",
            "profile",
            "endpoint-url",
            "bucket",
            "key",
            "exclude",
            "include",
            "output",
            "query",
            "cli-connect-timeout",
        ],
    );
    let manner = Manner { certificate_checked: !arguments.has(&["no-verify-ssl"]), fails_on_http_error: true };
    let words: Vec<&str> = arguments.operands.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["s3", "cp" | "mv", from, to] if from.starts_with("s3://") => {
            let contents = fetch(machine, call, from, &manner);
            if *to == "-" {
                return Outcome::output(contents);
            }
            let name =
                if machine.means_directory(to) { format!("{to}/{}", remote_name(from)) } else { (*to).to_owned() };
            let path = machine.path(&name);
            machine.write(&path, contents, call.span, false);
        }
        ["s3", "cp" | "mv" | "sync", from, to] if from.starts_with("s3://") => {
            let path = machine.path(to);
            machine.make_opaque(path, crate::shell::machine::Origin::Context);
        }
        ["s3api", "get-object", file] => {
            let bucket = arguments.value(&["bucket"]).unwrap_or_default();
            let key = arguments.value(&["key"]).unwrap_or_default();
            let contents = fetch(machine, call, &format!("s3://{bucket}/{key}"), &manner);
            let path = machine.path(file);
            machine.write(&path, contents, call.span, false);
        }
        _ => {}
    }
    Outcome::chatter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_of_a_url_are_chosen_from() {
        let urls = |url| expanded(url).into_iter().map(|(url, chosen)| format!("{url} {}", chosen.join(" "))).collect();
        let all: Vec<String> = urls("https://h/{a,b}/{c,d}.pem");
        assert_eq!(
            all,
            ["https://h/a/c.pem a c", "https://h/a/d.pem a d", "https://h/b/c.pem b c", "https://h/b/d.pem b d"]
        );
        assert_eq!(expanded("https://h/{a"), [("https://h/{a".to_owned(), Vec::new())]);
    }

    #[test]
    fn the_remote_name_is_the_last_component() {
        assert_eq!(remote_name("https://h/global/global-bundle.pem?x=1"), "global-bundle.pem");
        assert_eq!(remote_name("https://h/"), "index.html");
        assert_eq!(remote_name("h/a.pem"), "a.pem");
    }
}
