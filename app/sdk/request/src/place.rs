//! Where in a request a value stands.

use problem::FieldError;

use crate::uri;

/// A place, as a chain towards the root: it costs nothing until an error is written.
#[derive(Clone, Copy)]
pub(crate) enum Place<'p> {
    /// The body as a whole.
    Body,
    /// A parameter of the query, with all its values.
    Parameter(&'p str),
    /// A member of the object at a place.
    Member(&'p Place<'p>, &'p str),
    /// An item of the list at a place.
    Item(&'p Place<'p>, usize),
}

impl Place<'_> {
    /// A refusal of the value at this place.
    pub(crate) fn error(&self, detail: impl Into<String>) -> FieldError {
        let mut text = String::new();
        if self.write(&mut text) { FieldError::pointer(text, detail) } else { FieldError::parameter(text, detail) }
    }

    /// Writes the place; false when it is a parameter, of which items have no names of their own.
    fn write(&self, out: &mut String) -> bool {
        match self {
            Self::Body => {
                out.push('#');
                true
            }
            Self::Parameter(name) => {
                out.push_str(name);
                false
            }
            Self::Member(parent, name) => {
                let pointer = parent.write(out);
                if pointer {
                    uri::push_token(out, name);
                }
                pointer
            }
            Self::Item(parent, index) => {
                let pointer = parent.write(out);
                if pointer {
                    uri::push_token(out, &index.to_string());
                }
                pointer
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_named_by_escaped_pointers_and_parameters_by_name() {
        let error = |place: Place<'_>| place.error("x");
        assert_eq!(error(Place::Body), FieldError::pointer("#", "x"));
        let genres = Place::Member(&Place::Body, "genres");
        assert_eq!(error(Place::Item(&genres, 2)), FieldError::pointer("#/genres/2", "x"));
        let odd = Place::Member(&Place::Body, "a/b~c é\0");
        assert_eq!(error(odd), FieldError::pointer("#/a~1b~0c%20%C3%A9%00", "x"));
        let genre = Place::Parameter("genre");
        assert_eq!(error(Place::Item(&genre, 2)), FieldError::parameter("genre", "x"));
    }
}
