-- Films. The rules of `moviebus` that must hold for ever are constraints here too; `moviebus` knows them by name.

-- Several values of one row in the form in which they are compared: `fold_text` of each.
CREATE FUNCTION public.fold_texts(texts text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        SELECT array_agg(public.fold_text(item) ORDER BY place) FROM unnest(texts) WITH ORDINALITY AS list (item, place)
    );

-- A text as the words that search compares: folded, with punctuation taken for spaces. PostgreSQL's own parser
-- would take "AC/DC" for a path. An apostrophe is punctuation too: "d'Amélie" has the word "amelie".
CREATE FUNCTION public.search_words(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN translate(
        public.fold_text(value),
        '-/.,:;!?&+_@#()[]{}<>|\*~^=%$"''`',
        '                                '
    );

-- What a person typed, as a query: each of its words begins a word of the row. NULL when there is no word in it.
CREATE FUNCTION public.prefix_query(typed text) RETURNS tsquery
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        replace(nullif(plainto_tsquery('simple', public.search_words(typed))::text, ''), ''' &', ''':* &') || ':*'
    )::tsquery;

CREATE TABLE public.movies (
    movie_id        uuid        NOT NULL,
    title           text        NOT NULL,
    year            integer     NOT NULL,
    -- NULL: not known.
    runtime_minutes integer,
    genres          text[]      NOT NULL,
    -- NULL: not known.
    director        text,
    -- NULL: not rated.
    rating          text,
    -- In the minor unit of the currency.
    price_amount    bigint      NOT NULL,
    price_currency  text        NOT NULL,
    stock           integer     NOT NULL,
    version         bigint      NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    -- Names the row in the source it was imported from, so that an import can be repeated. A column and not a table of
    -- its own: a film that was deleted may be imported again, and nothing is left to clean up.
    import_key      text,

    -- Derived columns, kept by the database so that no writer can forget them.
    -- Collation "C" orders by code point, the same on every host and after every upgrade; the folding makes that the
    -- order of the alphabet. Cut to what an index entry can hold; what follows has no part in order and uniqueness.
    title_folded    text COLLATE "C" NOT NULL GENERATED ALWAYS AS (left(public.fold_text(title), 200)) STORED,
    director_folded text COLLATE "C" NOT NULL GENERATED ALWAYS AS (left(coalesce(public.fold_text(director), ''), 200)) STORED,
    genres_folded   text[]      NOT NULL GENERATED ALWAYS AS (coalesce(public.fold_texts(genres), '{}')) STORED,
    search_text     text        NOT NULL GENERATED ALWAYS AS (public.search_words(title || coalesce(' ' || director, ''))) STORED,
    search_vector   tsvector    NOT NULL
        GENERATED ALWAYS AS (to_tsvector('simple', public.search_words(title || coalesce(' ' || director, '')))) STORED,

    CONSTRAINT movies_pkey PRIMARY KEY (movie_id),
    CONSTRAINT movies_title_length CHECK (char_length(title) BETWEEN 1 AND 500),
    -- The first film was shot in 1888. "Not beyond next year" moves with the calendar and is a rule of the code.
    CONSTRAINT movies_year_range CHECK (year BETWEEN 1888 AND 9999),
    CONSTRAINT movies_runtime_range CHECK (runtime_minutes BETWEEN 1 AND 1440),
    CONSTRAINT movies_genres_count CHECK (cardinality(genres) <= 5 AND array_position(genres, NULL) IS NULL),
    CONSTRAINT movies_director_length CHECK (char_length(director) BETWEEN 1 AND 200),
    CONSTRAINT movies_rating_known CHECK (rating IN ('G', 'PG', 'PG-13', 'R', 'NC-17')),
    CONSTRAINT movies_price_range CHECK (price_amount BETWEEN 0 AND 999999999999),
    CONSTRAINT movies_price_currency CHECK (price_currency ~ '^[A-Z]{3}$'),
    CONSTRAINT movies_stock_range CHECK (stock >= 0),
    CONSTRAINT movies_version_range CHECK (version >= 1),
    CONSTRAINT movies_import_key_length CHECK (char_length(import_key) BETWEEN 1 AND 200),
    CONSTRAINT movies_import_key_key UNIQUE (import_key),
    -- One film is there once. The year and the director belong to it: films are made again under an old title, and in
    -- 2022 three films were called Pinocchio.
    CONSTRAINT movies_title_year_director_key UNIQUE (title_folded, year, director_folded)
);

-- One index for each order of the list, with the id that breaks ties: a page is read from where the last one ended, at
-- the same cost wherever that is. The expressions are those of `moviebus`'s store, to the letter.
CREATE INDEX movies_by_title ON public.movies (title_folded, movie_id);
CREATE INDEX movies_by_year ON public.movies (year, movie_id);
-- A film without a known running time comes last in both directions, which one index can't give.
CREATE INDEX movies_by_runtime_ascending ON public.movies ((coalesce(runtime_minutes, 32767)), movie_id);
CREATE INDEX movies_by_runtime_descending ON public.movies ((coalesce(runtime_minutes, 0)), movie_id);
CREATE INDEX movies_by_price ON public.movies (price_amount, movie_id);
CREATE INDEX movies_by_created_at ON public.movies (created_at, movie_id);

CREATE INDEX movies_genres ON public.movies USING gin (genres_folded);
CREATE INDEX movies_search_vector ON public.movies USING gin (search_vector);
CREATE INDEX movies_search_text ON public.movies USING gin (search_text gin_trgm_ops);

-- The films whose text resembles what a person typed, for queries with typing errors.
-- `<%` compares with a setting of the session. The function brings its own value, so that the answer doesn't depend on
-- the connection. Over 3,000 real films, 0.4 finds "godfahter", "shawshenk" and "lrd of the rings"; PostgreSQL's 0.6
-- misses the first, and below 0.4 the films that have nothing to do with the words outnumber the others.
CREATE FUNCTION public.movies_resembling(typed text) RETURNS SETOF uuid
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 100
    SET pg_trgm.word_similarity_threshold = 0.4
BEGIN ATOMIC
    SELECT movie_id FROM public.movies WHERE public.search_words(typed) OPERATOR(public.<%) search_text;
END;
