//! A `location` of nginx.

use std::fmt;

use serde_json::Value;

/// What passes at a path; each has a file of `zarf/gateway` that says how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A request that is read before it is handed on, and its answer.
    Request,
    /// A body of any length, handed on while it comes.
    Upload,
    /// An answer without an end (server-sent events).
    Stream,
    /// Another protocol (WebSocket).
    Socket,
}

/// Which paths, where to, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location<'a> {
    paths: Paths<'a>,
    service: &'a str,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Paths<'a> {
    Exact(&'a str),
    Below(&'a str),
    Pattern(&'a str),
}

/// What the paths of one collection begin with: `/v1/movies` of `/v1/movies/{id}`. Outside of `/v1` each path is its own.
pub(crate) fn root(path: &str) -> &str {
    let inside = path.strip_prefix("/v1/").map_or(0, |rest| path.len() - rest.len());
    match path[inside..].find('/') {
        Some(end) if inside > 0 => &path[..inside + end],
        _ => path,
    }
}

impl Kind {
    /// What passes where the document describes `item`.
    pub(crate) fn of(item: &Value) -> Self {
        let operations = || item.as_object().into_iter().flat_map(|item| item.values());
        let answers = || operations().filter_map(|operation| operation["responses"].as_object());
        let streams = |answer: &Value| answer["content"].get("text/event-stream").is_some();
        let uploads = |content: &Value| content["schema"]["format"] == "binary";
        let bodies = operations().filter_map(|operation| operation["requestBody"]["content"].as_object());
        if answers().any(|answers| answers.contains_key("101")) {
            Self::Socket
        } else if answers().any(|answers| answers.values().any(streams)) {
            Self::Stream
        } else if bodies.into_iter().any(|content| content.values().any(uploads)) {
            Self::Upload
        } else {
            Self::Request
        }
    }

    /// The file that says how it passes.
    const fn file(self) -> &'static str {
        match self {
            Self::Request => "request.conf",
            Self::Upload => "upload.conf",
            Self::Stream => "stream.conf",
            Self::Socket => "socket.conf",
        }
    }
}

impl<'a> Location<'a> {
    /// One path.
    pub(crate) const fn exact(path: &'a str, service: &'a str, kind: Kind) -> Self {
        Self { paths: Paths::Exact(path), service, kind }
    }

    /// All that begins so.
    pub(crate) const fn below(root: &'a str, service: &'a str) -> Self {
        Self { paths: Paths::Below(root), service, kind: Kind::Request }
    }

    /// A path with parameters.
    pub(crate) const fn pattern(path: &'a str, service: &'a str, kind: Kind) -> Self {
        Self { paths: Paths::Pattern(path), service, kind }
    }

    /// Whether it is of this path alone.
    pub(crate) fn is_of(&self, path: &str) -> bool {
        self.paths == Paths::Exact(path)
    }

    /// Where it comes among patterns: a segment that is named before one that may be anything.
    pub(crate) fn order(&self) -> Vec<(bool, String)> {
        let (Paths::Exact(path) | Paths::Below(path) | Paths::Pattern(path)) = self.paths;
        path.split('/').map(|segment| (segment.starts_with('{'), segment.to_owned())).collect()
    }
}

impl fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (service, how) = (self.service, self.kind.file());
        match self.paths {
            Paths::Exact(path) => write!(f, "location = {path} ")?,
            Paths::Below(root) => write!(f, "location {root}/ ")?,
            Paths::Pattern(path) => {
                f.write_str("location ~ ^")?;
                for segment in path.split('/').skip(1) {
                    match segment {
                        parameter if parameter.starts_with('{') => f.write_str("/[^/]+")?,
                        name => write!(f, "/{}", name.replace('.', "\\."))?,
                    }
                }
                f.write_str("$ ")?;
            }
        }
        write!(f, "{{ proxy_pass http://{service}; include {how}; }}")
    }
}
