-- Cinemas. The rules of `cinemabus` that must hold for ever are constraints here too.

CREATE TABLE public.cinemas (
    cinema_id     uuid NOT NULL,
    name          text NOT NULL,
    address       text NOT NULL,
    place         integer NOT NULL,
    latitude      double precision NOT NULL,
    longitude     double precision NOT NULL,
    screens       integer NOT NULL,
    version       bigint NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,

    -- Derived columns, kept by the database so that no writer can forget them: cut to what an index entry can hold.
    name_folded   text COLLATE "C" NOT NULL GENERATED ALWAYS AS (left(public.fold_text(name), 200)) STORED,
    search_text   text NOT NULL GENERATED ALWAYS AS (public.search_words(name)) STORED,
    search_vector tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('simple', public.search_words(name))) STORED,

    CONSTRAINT cinemas_pkey PRIMARY KEY (cinema_id),
    CONSTRAINT cinemas_name_length CHECK (char_length(name) BETWEEN 1 AND 200),
    CONSTRAINT cinemas_address_length CHECK (char_length(address) BETWEEN 1 AND 300),
    CONSTRAINT cinemas_place_fkey FOREIGN KEY (place) REFERENCES public.places (place_id),
    CONSTRAINT cinemas_latitude_range CHECK (latitude BETWEEN -90 AND 90),
    CONSTRAINT cinemas_longitude_range CHECK (longitude BETWEEN -180 AND 180),
    CONSTRAINT cinemas_screens_range CHECK (screens BETWEEN 1 AND 100),
    CONSTRAINT cinemas_version_range CHECK (version >= 1)
);

-- One index for each order of the list, with the id that breaks ties: a page is read from where the last one ended, at
-- the same cost wherever that is. The expressions are those of `cinemabus`'s store, to the letter.
CREATE INDEX cinemas_by_name ON public.cinemas (name_folded, cinema_id);
CREATE INDEX cinemas_by_screens ON public.cinemas (screens, cinema_id);
CREATE INDEX cinemas_by_created_at ON public.cinemas (created_at, cinema_id);

-- The cinemas of a place; and a place that goes is looked for among them.
CREATE INDEX cinemas_place ON public.cinemas (place);

CREATE INDEX cinemas_search_vector ON public.cinemas USING gin (search_vector);
CREATE INDEX cinemas_search_text ON public.cinemas USING gin (search_text gin_trgm_ops);

-- The cinemas whose text resembles what a person typed, for queries with typing errors.
-- `<%` compares with a setting of the session. The function brings its own value, so that the answer doesn't depend on
-- the connection: that of films.
CREATE FUNCTION public.cinemas_resembling(typed text) RETURNS SETOF uuid
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 100
    SET pg_trgm.word_similarity_threshold = 0.4
BEGIN ATOMIC
    SELECT cinema_id FROM public.cinemas WHERE public.search_words(typed) OPERATOR(public.<%) search_text;
END;
