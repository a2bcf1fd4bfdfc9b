//! An image is named so that it stays the same.

use std::collections::BTreeMap;

use crate::object::{self, Pod, at};
use crate::{Finding, Overlay, Rule};

pub(crate) fn check(overlay: &Overlay, pods: &[Pod], findings: &mut Vec<Finding>) {
    for pod in pods.iter().filter(|pod| !pod.foreign) {
        for container in pod.containers() {
            let image = at(container, "/image");
            if let Some(what) = judge(image, overlay.is_production()) {
                findings.push(Finding::new(Rule::Image, overlay.place_of(pod), format!("{image}: {what}")));
            }
        }
    }
}

/// What is wrong with the name of an image.
pub(crate) fn judge(image: &str, wants_digest: bool) -> Option<&'static str> {
    let digest = image.split_once("@sha256:").map(|(_, digest)| digest);
    if let Some(digest) = digest {
        let is_one = digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        return (!is_one).then_some("the digest is none");
    }
    if wants_digest {
        return Some("outside of development an image is named by its digest");
    }
    let (_, last) = image.rsplit_once('/').unwrap_or(("", image));
    match last.split_once(':') {
        None => Some("it has no tag, which means latest"),
        Some((_, "latest")) => Some("latest is another image every day"),
        Some(_) => None,
    }
}

/// The images of an overlay, each with its tag.
pub(crate) fn versions(overlay: &Overlay) -> BTreeMap<String, String> {
    let pods = object::pods(&overlay.objects);
    let images = pods.iter().flat_map(|pod| pod.containers().map(|container| parts(at(container, "/image"))));
    images.map(|(image, tag)| (image.to_owned(), tag.to_owned())).collect()
}

/// The name of an image, and its tag.
pub(crate) fn parts(image: &str) -> (&str, &str) {
    image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((image, ""))
}
