//! The commands of a text for a shell, as far as it can be told without running it.

/// A command: its words, and the line of the text it begins on, from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) line: usize,
    pub(crate) words: Vec<String>,
}

/// Words that stand before a command.
const BEFORE: &[&str] = &["do", "then", "else", "until", "while", "if", "!", "{", "time", "exec", "sudo"];

/// Every simple command of the text, those within `$(..)` too. Loops and conditions are passed over word by word.
pub(crate) fn commands(text: &str) -> Vec<Command> {
    let mut reader = Reader { rest: text.chars().collect(), at: 0, line: 0, found: Vec::new() };
    reader.list();
    reader.found
}

struct Reader {
    rest: Vec<char>,
    at: usize,
    line: usize,
    found: Vec<Command>,
}

impl Reader {
    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += 1;
        self.line += usize::from(next == '\n');
        Some(next)
    }

    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    /// Commands up to the `)` that ends them, or the end.
    fn list(&mut self) {
        let (mut command, mut word) = (Command::default(), None::<String>);
        command.line = self.line;
        while let Some(next) = self.next() {
            match next {
                '\\' => match self.next() {
                    // A line that goes on; what the command is told by is where it began.
                    Some('\n') | None => {}
                    Some(escaped) => word.get_or_insert_default().push(escaped),
                },
                '\'' => {
                    let word = word.get_or_insert_default();
                    while let Some(inside) = self.next().filter(|inside| *inside != '\'') {
                        word.push(inside);
                    }
                }
                '"' => self.quoted(word.get_or_insert_default()),
                '$' if self.peek() == Some('(') => {
                    self.next();
                    self.list();
                    word.get_or_insert_default().push_str("$()");
                }
                '#' if word.is_none() => {
                    while self.peek().is_some_and(|next| next != '\n') {
                        self.next();
                    }
                }
                ')' => {
                    end(&mut command, &mut word);
                    self.keep(command);
                    return;
                }
                '(' if word.is_some() && self.peek() == Some(')') => {
                    // A function of the reader's own: what follows is what it does.
                    self.next();
                    (command, word) = (Command { line: self.line, ..Command::default() }, None);
                }
                '\n' | ';' | '|' | '&' | '(' => {
                    end(&mut command, &mut word);
                    self.keep(std::mem::take(&mut command));
                    command.line = self.line;
                }
                '<' | '>' => {
                    // In `2>` the number names what is led elsewhere.
                    word = word.filter(|word| !word.chars().all(|c| c.is_ascii_digit()));
                    end(&mut command, &mut word);
                    command.words.push(next.to_string());
                }
                blank if blank.is_whitespace() => end(&mut command, &mut word),
                other => word.get_or_insert_default().push(other),
            }
        }
        end(&mut command, &mut word);
        self.keep(command);
    }

    /// The rest of what stands between double quotes.
    fn quoted(&mut self, word: &mut String) {
        while let Some(next) = self.next() {
            match next {
                '"' => return,
                '\\' => word.extend(self.next()),
                '$' if self.peek() == Some('(') => {
                    self.next();
                    self.list();
                    word.push_str("$()");
                }
                other => word.push(other),
            }
        }
    }

    fn keep(&mut self, mut command: Command) {
        let is_set = |word: &str| {
            word.split_once('=').is_some_and(|(name, _)| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            })
        };
        let before = command.words.iter().take_while(|word| BEFORE.contains(&word.as_str()) || is_set(word)).count();
        command.words.drain(..before);
        // What a redirection names is a file, no word of the command.
        while let Some(at) = command.words.iter().position(|word| word == "<" || word == ">") {
            let end = (at + 2).min(command.words.len());
            command.words.drain(at..end);
        }
        if !command.words.is_empty() {
            self.found.push(command);
        }
    }
}

fn end(command: &mut Command, word: &mut Option<String>) {
    command.words.extend(word.take());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        commands(text).into_iter().map(|command| command.words).collect()
    }

    #[test]
    fn commands_within_others_and_behind_words_of_the_shell_are_found() {
        let text =
            "for i in 1 2; do\n  curl -H \"Bearer $(make -s token)\" \\\n  -d '{\"a\": 1}' | grep x > file\ndone\n";
        let expected = [
            vec!["for", "i", "in", "1", "2"],
            vec!["make", "-s", "token"],
            vec!["curl", "-H", "Bearer $()", "-d", "{\"a\": 1}"],
            vec!["grep", "x"],
            vec!["done"],
        ];
        assert_eq!(words(text), expected);
        assert_eq!(commands("a\nb \\\n c\n\nd").iter().map(|one| one.line).collect::<Vec<_>>(), [0, 1, 4]);
    }

    #[test]
    fn functions_and_redirections_are_no_commands() {
        let text = "admin() { cargo run -- \"$@\"; }\nmake run >log 2>&1 &\nadmin routes 2>/dev/null";
        let expected =
            [vec!["cargo", "run", "--", "$@"], vec!["}"], vec!["make", "run"], vec!["1"], vec!["admin", "routes"]];
        assert_eq!(words(text), expected);
    }

    #[test]
    fn what_is_set_before_a_command_and_remarks_are_no_words_of_it() {
        assert_eq!(
            words("A__B=1 admin config show # all\nTOKEN=$(admin token)"),
            [vec!["admin", "config", "show"], vec!["admin", "token"],]
        );
    }
}
