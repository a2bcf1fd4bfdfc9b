//! The code blocks of a Markdown file.

use std::ops::Range;
use std::path::Path;

/// The line above a command of the tour.
const MARK: &str = "<!-- tour -->";

/// The line above a command for the program with faults, which the tests of `service` run.
const OTHERS: &str = "<!-- faults -->";

/// A Markdown file, and what it has to show.
pub(crate) struct Readme {
    lines: Vec<String>,
    /// The commands of the tour, in order.
    pub(crate) tour: Vec<Stop>,
    /// The other blocks of commands.
    pub(crate) commands: Vec<Block>,
    /// What stands between single backquotes and begins with `make ` or `admin `.
    pub(crate) inline: Vec<String>,
}

/// A command of the tour, and the block after it that shows its output.
pub(crate) struct Stop {
    pub(crate) command: String,
    pub(crate) shown: Option<Block>,
}

/// A fenced block.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// `sh`, `json`, `text`.
    pub(crate) kind: String,
    pub(crate) text: String,
    /// The lines between the fences.
    pub(crate) lines: Range<usize>,
}

impl Readme {
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let blocks = blocks(&lines);
        let (mut tour, mut commands) = (Vec::new(), Vec::new());
        for (index, block) in blocks.iter().enumerate().filter(|(_, block)| block.kind == "sh") {
            // The fence is one line above the block, the mark one above the fence.
            let is = |mark| block.lines.start >= 2 && lines[block.lines.start - 2] == mark;
            if is(OTHERS) {
                continue;
            }
            if !is(MARK) {
                commands.push(block.clone());
                continue;
            }
            let next = blocks.get(index + 1).filter(|next| {
                // Nothing but blank lines between the fences.
                ["json", "text"].contains(&next.kind.as_str())
                    && lines[block.lines.end + 1..next.lines.start - 1].iter().all(String::is_empty)
            });
            tour.push(Stop { command: block.text.clone(), shown: next.cloned() });
        }
        let marks = lines.iter().filter(|line| *line == MARK).count();
        assert_eq!(tour.len(), marks, "a mark stands right above its block");
        let inline = inline(&lines, &blocks);
        Self { lines, tour, commands, inline }
    }

    /// The file with other texts in some of its blocks.
    pub(crate) fn with(&self, texts: impl DoubleEndedIterator<Item = (Range<usize>, String)>) -> Self {
        let mut lines = self.lines.clone();
        // From the end, so that the numbers of lines before stay true.
        for (range, text) in texts.rev() {
            lines.splice(range, text.lines().map(str::to_owned));
        }
        Self { lines, tour: Vec::new(), commands: Vec::new(), inline: Vec::new() }
    }

    pub(crate) fn write(&self, path: &Path) {
        std::fs::write(path, self.lines.join("\n") + "\n").unwrap();
    }
}

fn blocks(lines: &[String]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, usize)> = None;
    for (number, line) in lines.iter().enumerate() {
        let Some(kind) = line.strip_prefix("```") else { continue };
        open = match open {
            None => Some((kind.to_owned(), number + 1)),
            Some((kind, start)) => {
                blocks.push(Block { kind, text: lines[start..number].join("\n"), lines: start..number });
                None
            }
        };
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

fn inline(lines: &[String], blocks: &[Block]) -> Vec<String> {
    let is_prose = |number: &usize| !blocks.iter().any(|block| block.lines.contains(number));
    let prose: Vec<&str> =
        lines.iter().enumerate().filter(|(number, _)| is_prose(number)).map(|(_, line)| line.as_str()).collect();
    let prose = prose.join("\n").replace("```", "");
    let quoted = prose.split('`').skip(1).step_by(2);
    quoted.filter(|text| text.starts_with("make ") || text.starts_with("admin ")).map(str::to_owned).collect()
}
