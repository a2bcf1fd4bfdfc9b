//! Requests decoded strictly, from the description that also documents them.
