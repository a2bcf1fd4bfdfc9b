//! What a Markdown document says in code: blocks, words between backquotes, links.

/// A fenced block.
pub(crate) struct Block {
    /// `sh`, `json`, `text`.
    pub(crate) kind: String,
    /// The line of the document that `text` begins on.
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// A document, taken apart.
#[derive(Default)]
pub(crate) struct Document {
    pub(crate) blocks: Vec<Block>,
    /// Words between backquotes, with their lines.
    pub(crate) codes: Vec<(usize, String)>,
    /// Where links lead, with their lines.
    pub(crate) links: Vec<(usize, String)>,
}

impl Document {
    pub(crate) fn parse(text: &str) -> Self {
        let mut document = Self::default();
        let mut open: Option<Block> = None;
        for (at, line) in text.lines().enumerate() {
            let number = at + 1;
            if let Some(fence) = line.trim_start().strip_prefix("```") {
                match open.take() {
                    Some(block) => document.blocks.push(block),
                    None => {
                        open = Some(Block { kind: fence.trim().to_owned(), line: number + 1, text: String::new() });
                    }
                }
                continue;
            }
            match &mut open {
                Some(block) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                None => document.prose(number, line),
            }
        }
        document
    }

    fn prose(&mut self, number: usize, line: &str) {
        let parts: Vec<&str> = line.split('`').collect();
        // What an odd number of backquotes opens last is no code.
        let codes = parts.iter().enumerate().filter(|(at, _)| at % 2 == 1 && at + 1 < parts.len());
        self.codes.extend(codes.map(|(_, code)| (number, (*code).to_owned())));
        for (at, _) in line.match_indices("](") {
            if let Some((target, _)) = line[at + 2..].split_once(')') {
                self.links.push((number, target.split_whitespace().next().unwrap_or_default().to_owned()));
            }
        }
        for (at, _) in line.match_indices("<http") {
            if let Some((target, _)) = line[at + 1..].split_once('>') {
                self.links.push((number, target.to_owned()));
            }
        }
    }
}
