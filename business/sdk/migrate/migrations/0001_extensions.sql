-- What every other migration builds on: text search without accents and with typing errors, and the server's secrets.
--
-- Migrations are applied once, in order, each in a transaction of its own, while the previous release still serves:
-- expand first, contract in a later release. A file that was applied is never edited; its checksum is compared.

-- Trigrams find "godfater" (similarity, word_similarity) and make LIKE '%..%' use an index. Both extensions are
-- trusted: the owner of a database may create them without being superuser.
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;

-- "Amélie" and "AMELIE" are the same word to whoever searches.
--
-- unaccent() is only STABLE, since its dictionary is looked up along search_path and can be edited; an index needs
-- IMMUTABLE. The dictionary is named here with its schema and is the one shipped with the server, so the promise
-- holds until a major upgrade of the server changes its rules: then REINDEX what is built on this function.
-- The body is parsed once, here: no search_path of a caller can put another function in its place.
CREATE FUNCTION public.fold_text(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN pg_catalog.lower(public.unaccent('public.unaccent'::regdictionary, value));

COMMENT ON FUNCTION public.fold_text(text) IS 'a text as it is compared in searches: lower case, without accents';

-- Keys that all replicas have to share and nobody has to choose, such as the one that signs page cursors.
CREATE TABLE public.secrets (
    name       text        NOT NULL,
    value      bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT secrets_pkey PRIMARY KEY (name),
    CONSTRAINT secrets_name_not_empty CHECK (name <> ''),
    -- 128 bits: a shorter key could be guessed.
    CONSTRAINT secrets_value_long_enough CHECK (octet_length(value) >= 16)
);

COMMENT ON TABLE public.secrets IS 'keys made by the server itself and shared by all replicas';

-- gen_random_uuid() draws on the server's strong random source; two of them are 32 bytes with 244 random bits.
INSERT INTO public.secrets (name, value)
VALUES ('cursor', decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
