//! Which route a path belongs to.

use std::borrow::Cow;

/// A tree of path segments; a leaf is the index of a route.
///
/// A segment is literal, `{name}` for exactly one, or `{name*}` for all that remain. A literal segment is preferred to
/// a parameter. The whole path is matched; a trailing slash is another path.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    leaf: Option<usize>,
    literals: Vec<(&'static str, Tree)>,
    parameter: Option<(&'static str, Box<Tree>)>,
    rest: Option<(&'static str, usize)>,
}

/// The parameters of a path, in its order, percent-decoded.
pub(crate) type Parameters<'p> = Vec<(&'static str, Cow<'p, str>)>;

/// Why a path leads to no route.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Miss {
    /// No route has this path.
    Unknown,
    /// The path is no valid percent-encoded UTF-8, or holds U+0000.
    Malformed,
}

impl Tree {
    /// Puts `index` at the end of `path`; the index that stood there before, if any, is given back and kept.
    pub(crate) fn insert(&mut self, path: &'static str, index: usize) -> Option<usize> {
        let mut node = self;
        for segment in path.trim_start_matches('/').split('/') {
            if let Some(name) = rest_name(segment) {
                let taken = node.rest.map(|(_, index)| index);
                node.rest.get_or_insert((name, index));
                return taken;
            }
            node = match parameter_name(segment) {
                Some(name) => &mut *node.parameter.get_or_insert_with(|| (name, Box::default())).1,
                None => node.literal(segment),
            };
        }
        let taken = node.leaf;
        node.leaf.get_or_insert(index);
        taken
    }

    /// The route of the percent-encoded `path`.
    pub(crate) fn find<'p>(&self, path: &'p str) -> Result<(usize, Parameters<'p>), Miss> {
        let mut raw = Vec::new();
        let found = self.walk(path.strip_prefix('/').unwrap_or(path), &mut raw);
        if path.contains('%') && !well_encoded(path) {
            return Err(Miss::Malformed);
        }
        let index = found.ok_or(Miss::Unknown)?;
        let mut parameters = Vec::with_capacity(raw.len());
        for (name, value) in raw.into_iter().rev() {
            parameters.push((name, decode(value).ok_or(Miss::Malformed)?));
        }
        Ok((index, parameters))
    }

    /// Collects the parameters from the last to the first, on the way back from the leaf.
    fn walk<'p>(&self, path: &'p str, found: &mut Vec<(&'static str, &'p str)>) -> Option<usize> {
        let (segment, remaining) = match path.split_once('/') {
            Some((segment, remaining)) => (segment, Some(remaining)),
            None => (path, None),
        };
        let below = |node: &Self, found: &mut Vec<_>| match remaining {
            Some(remaining) => node.walk(remaining, found),
            None => node.leaf,
        };
        if let Some((_, node)) = self.literals.iter().find(|(literal, _)| *literal == segment)
            && let Some(index) = below(node, found)
        {
            return Some(index);
        }
        if let Some((name, node)) = &self.parameter
            && !segment.is_empty()
            && let Some(index) = below(node, found)
        {
            found.push((name, segment));
            return Some(index);
        }
        let (name, index) = self.rest?;
        found.push((name, path));
        Some(index)
    }

    fn literal(&mut self, segment: &'static str) -> &mut Self {
        let at = match self.literals.iter().position(|(literal, _)| *literal == segment) {
            Some(at) => at,
            None => {
                self.literals.push((segment, Self::default()));
                self.literals.len() - 1
            }
        };
        &mut self.literals[at].1
    }
}

/// The names of the parameters in a route's path.
pub(crate) fn parameter_names(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter_map(|segment| parameter_name(segment).or_else(|| rest_name(segment)))
}

fn parameter_name(segment: &'static str) -> Option<&'static str> {
    segment.strip_prefix('{')?.strip_suffix('}').filter(|name| !name.ends_with('*'))
}

fn rest_name(segment: &'static str) -> Option<&'static str> {
    segment.strip_prefix('{')?.strip_suffix("*}")
}

/// Every `%` is followed by two hexadecimal digits (RFC 3986, section 2.1) and the whole decodes to UTF-8.
fn well_encoded(path: &str) -> bool {
    decode(path).is_some()
}

fn decode(text: &str) -> Option<Cow<'_, str>> {
    let Some(first) = text.find('%') else {
        return Some(Cow::Borrowed(text));
    };
    let bytes = text.as_bytes();
    let mut decoded = bytes[..first].to_vec();
    let mut at = first;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let high = char::from(*bytes.get(at + 1)?).to_digit(16)?;
            let low = char::from(*bytes.get(at + 2)?).to_digit(16)?;
            decoded.push(u8::try_from(high * 16 + low).ok().filter(|byte| *byte != 0)?);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(paths: &[&'static str]) -> Tree {
        let mut tree = Tree::default();
        for (index, path) in paths.iter().enumerate() {
            assert_eq!(tree.insert(path, index), None);
        }
        tree
    }

    #[test]
    fn a_literal_segment_wins_over_a_parameter_and_gives_way_when_it_leads_nowhere() {
        let tree = tree(&["/users/{id}", "/users/me", "/users/{id}/roles", "/users/me/sessions"]);
        assert_eq!(tree.find("/users/me").unwrap().0, 1);
        assert_eq!(tree.find("/users/7"), Ok((0, vec![("id", "7".into())])));
        assert_eq!(tree.find("/users/me/roles"), Ok((2, vec![("id", "me".into())])));
    }

    #[test]
    fn parameters_come_in_the_order_of_the_path() {
        let tree = tree(&["/a/{one}/b/{two}"]);
        let (_, parameters) = tree.find("/a/1/b/x%20y").unwrap();
        assert_eq!(parameters, [("one", Cow::from("1")), ("two", Cow::from("x y"))]);
    }

    #[test]
    fn the_rest_of_a_path_is_one_parameter() {
        let tree = tree(&["/docs/{file*}"]);
        assert_eq!(tree.find("/docs/css/a.css").unwrap().1, [("file", Cow::from("css/a.css"))]);
        assert_eq!(tree.find("/docs/").unwrap().1, [("file", Cow::from(""))]);
        assert_eq!(tree.find("/docs"), Err(Miss::Unknown));
    }

    #[test]
    fn an_encoded_slash_does_not_part_segments() {
        let tree = tree(&["/a/{one}"]);
        assert_eq!(tree.find("/a/x%2Fy").unwrap().1, [("one", Cow::from("x/y"))]);
    }

    #[test]
    fn other_paths_are_unknown() {
        let tree = tree(&["/a/{one}"]);
        for path in ["/", "", "/a", "/a/", "/a/1/", "/a/1/b", "//a/1", "/A/1", "*"] {
            assert_eq!(tree.find(path), Err(Miss::Unknown), "{path}");
        }
    }

    #[test]
    fn bad_percent_encoding_is_malformed_whether_or_not_a_route_matches() {
        let tree = tree(&["/a/{one}"]);
        for path in ["/a/%", "/a/%4", "/a/%zz", "/a/%ff", "/a/%00", "/nowhere/%c3"] {
            assert_eq!(tree.find(path), Err(Miss::Malformed), "{path}");
        }
    }

    #[test]
    fn a_path_taken_twice_is_told() {
        let mut tree = tree(&["/a/{one}"]);
        assert_eq!(tree.insert("/a/{other}", 9), Some(0));
    }
}
