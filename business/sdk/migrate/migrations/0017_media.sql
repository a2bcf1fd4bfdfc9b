-- Media: posters and trailers of films. What they consist of lies in stores; here is what they are, and who has them.
-- The rules of `mediabus` that must hold for ever are constraints here too; `mediabus` knows some by name.

CREATE TABLE public.media (
    medium_id    uuid NOT NULL,
    -- NULL: the film is gone, and what is left of the medium is to go as well.
    movie_id     uuid,
    kind         text COLLATE "C" NOT NULL,
    content_type text COLLATE "C" NOT NULL,
    -- arriving: nobody sees it yet; stored: a store has it; removing: nobody sees it any more.
    status       text COLLATE "C" NOT NULL,
    -- Of one that is arriving: when its upload is taken for dead, unless it says before that it lives.
    leased_until timestamptz,
    -- Known when all of it has come.
    size         bigint,
    sha256       bytea,
    created_at   timestamptz NOT NULL,

    CONSTRAINT media_pkey PRIMARY KEY (medium_id),
    -- A film can go while it has media: they are removed afterwards, from the stores as well.
    CONSTRAINT media_movie_id_fkey FOREIGN KEY (movie_id) REFERENCES public.movies ON DELETE SET NULL,
    CONSTRAINT media_kind_known CHECK (kind IN ('poster', 'trailer')),
    CONSTRAINT media_content_type_length CHECK (char_length(content_type) BETWEEN 1 AND 100),
    CONSTRAINT media_status_known CHECK (status IN ('arriving', 'stored', 'removing')),
    CONSTRAINT media_arriving_leased CHECK (status <> 'arriving' OR leased_until IS NOT NULL),
    CONSTRAINT media_stored_known CHECK (status <> 'stored' OR (size IS NOT NULL AND sha256 IS NOT NULL)),
    CONSTRAINT media_size_range CHECK (size >= 1),
    CONSTRAINT media_sha256_length CHECK (octet_length(sha256) = 32)
);

-- The list of a film's media, newest first, with the id that breaks ties; and what is met when a film goes.
CREATE INDEX media_by_movie_id ON public.media (movie_id, created_at, medium_id);
-- What is to be looked after: little at any time.
CREATE INDEX media_unsettled ON public.media (leased_until) WHERE status <> 'stored' OR movie_id IS NULL;

-- What each store has of a medium.
CREATE TABLE public.media_copies (
    medium_id  uuid NOT NULL,
    -- The address of the store, without credentials.
    store      text COLLATE "C" NOT NULL,
    -- writing: an upload writes it, or wrote it when it died; stored: it is there; missing: it is to be copied there.
    status     text COLLATE "C" NOT NULL,
    -- The name under which the store keeps the parts of an unfinished copy, which is needed to remove them.
    parts      text,
    updated_at timestamptz NOT NULL,

    CONSTRAINT media_copies_pkey PRIMARY KEY (medium_id, store),
    CONSTRAINT media_copies_medium_id_fkey FOREIGN KEY (medium_id) REFERENCES public.media,
    CONSTRAINT media_copies_store_length CHECK (char_length(store) BETWEEN 1 AND 2000),
    CONSTRAINT media_copies_status_known CHECK (status IN ('writing', 'stored', 'missing')),
    CONSTRAINT media_copies_parts_length CHECK (char_length(parts) BETWEEN 1 AND 4000)
);

-- What is to be looked after: little at any time.
CREATE INDEX media_copies_unsettled ON public.media_copies (updated_at) WHERE status <> 'stored';

-- What links to media are signed with. Two UUIDs of the server's strong random source are 32 bytes.
INSERT INTO public.secrets (name, value)
VALUES ('media', decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
