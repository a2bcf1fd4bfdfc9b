//! Stacks, merged where they begin alike.

use std::collections::BTreeMap;

/// A function as it was called in one way.
pub(crate) struct Node<'a> {
    pub(crate) name: &'a str,
    /// What was met in it and in what it called.
    pub(crate) weight: u128,
    /// What was met in itself.
    pub(crate) own: u128,
    children: BTreeMap<&'a str, usize>,
}

/// All the stacks; the first node is the whole.
pub(crate) struct Tree<'a>(Vec<Node<'a>>);

/// Where a node is drawn.
pub(crate) struct Place<'t, 'a> {
    pub(crate) node: &'t Node<'a>,
    pub(crate) x: f64,
    pub(crate) width: f64,
    pub(crate) depth: usize,
}

impl<'a> Tree<'a> {
    /// Merges stacks; of each no more than so many frames are told apart.
    pub(crate) fn of<S, F>(stacks: S, deepest: usize) -> Self
    where
        S: IntoIterator<Item = (F, u64)>,
        F: IntoIterator<Item = &'a str>,
    {
        let mut nodes = vec![Node { name: "all", weight: 0, own: 0, children: BTreeMap::new() }];
        for (frames, weight) in stacks {
            let weight = u128::from(weight);
            let mut at = 0;
            nodes[at].weight += weight;
            for name in frames.into_iter().take(deepest) {
                let next = nodes.len();
                at = *nodes[at].children.entry(name).or_insert(next);
                if at == next {
                    nodes.push(Node { name, weight: 0, own: 0, children: BTreeMap::new() });
                }
                nodes[at].weight += weight;
            }
            nodes[at].own += weight;
        }
        Self(nodes)
    }

    pub(crate) fn total(&self) -> u128 {
        self.0[0].weight
    }

    /// The places of all nodes that are wide enough to be seen, on a line of this width.
    pub(crate) fn layout(&self, width: f64, narrowest: f64) -> Vec<Place<'_, 'a>> {
        let mut places = Vec::new();
        let mut left = vec![(0, 0.0, 0)];
        while let Some((index, x, depth)) = left.pop() {
            let node = &self.0[index];
            let wide = share(node.weight, self.total()) * width;
            if wide < narrowest && depth > 0 || self.total() == 0 {
                continue;
            }
            places.push(Place { node, x, width: wide, depth });
            // The heaviest first: it is what is looked for.
            let mut children: Vec<usize> = node.children.values().copied().collect();
            children.sort_by(|a, b| self.0[*b].weight.cmp(&self.0[*a].weight));
            let mut x = x;
            for child in children {
                left.push((child, x, depth + 1));
                x += share(self.0[child].weight, self.total()) * width;
            }
        }
        places
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share of a picture needs no more digits than a float has")]
fn share(part: u128, whole: u128) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
