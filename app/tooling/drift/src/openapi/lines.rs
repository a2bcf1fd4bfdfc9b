//! The line of a value in the text of a JSON document.

/// The line on which the key stands that these keys lead to; of the last one that is there, where one is missing.
pub(super) fn line_of(text: &str, place: &[String]) -> Option<usize> {
    let mut best = (0, None);
    // The key or the index that leads into each open object or array; an array begins at its first element.
    let mut path: Vec<Step> = Vec::new();
    let (mut line, mut chars) = (1, text.chars().peekable());
    while let Some(next) = chars.next() {
        match next {
            '\n' => line += 1,
            '{' => path.push(Step::Key(None)),
            '[' => path.push(Step::Index(0)),
            '}' | ']' => {
                path.pop();
            }
            ',' => match path.last_mut() {
                Some(Step::Index(index)) => *index += 1,
                Some(Step::Key(key)) => *key = None,
                None => {}
            },
            '"' => {
                let mut string = String::new();
                while let Some(inside) = chars.next().filter(|inside| *inside != '"') {
                    string.push(inside);
                    if inside == '\\' {
                        string.extend(chars.next());
                    }
                }
                if let Some(Step::Key(key @ None)) = path.last_mut() {
                    *key = Some(string);
                    let depth = shared(&path, place);
                    if depth > best.0 && depth == path.len() {
                        best = (depth, Some(line));
                    }
                }
            }
            _ => {}
        }
    }
    best.1
}

enum Step {
    Key(Option<String>),
    Index(usize),
}

/// How many steps the two have in common from the start.
fn shared(path: &[Step], place: &[String]) -> usize {
    let is_same = |(step, key): &(&Step, &String)| match step {
        Step::Key(name) => name.as_ref() == Some(*key),
        Step::Index(index) => index.to_string() == **key,
    };
    path.iter().zip(place).take_while(is_same).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_that_of_the_key_or_of_the_nearest_above_it() {
        let text = "{\n  \"a\": {\n    \"b\": [\n      {\n        \"c\": 1\n      },\n      {\n        \"c\": 2\n      }\n    ]\n  }\n}\n";
        let line = |keys: &[&str]| line_of(text, &keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>());
        assert_eq!(line(&["a"]), Some(2));
        assert_eq!(line(&["a", "b", "1", "c"]), Some(8));
        assert_eq!(line(&["a", "x"]), Some(2));
        assert_eq!(line(&["x"]), None);
    }
}
