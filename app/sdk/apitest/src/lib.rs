//! The API under test: instances on one database, a client that checks every answer against its description.
