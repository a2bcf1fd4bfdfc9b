-- Sessions, the tokens that keep them going, and the tokens that are mailed to people. Of no token more is kept than its
-- SHA-256: who reads these tables, or a backup of them, can open nothing.

-- Where somebody is signed in. A session that has ended has no row: what it was is in the audits.
CREATE TABLE public.sessions (
    session_id   uuid        NOT NULL,
    user_id      uuid        NOT NULL,
    created_at   timestamptz NOT NULL,
    -- When it was last refreshed; a session that nobody uses ends some time after that.
    last_used_at timestamptz NOT NULL,
    -- When it ends however much it is used.
    expires_at   timestamptz NOT NULL,
    -- From where it was last refreshed and with what, for its user to recognise it by.
    address      inet,
    user_agent   text,

    CONSTRAINT sessions_pkey PRIMARY KEY (session_id),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users ON DELETE CASCADE,
    CONSTRAINT sessions_expires_later CHECK (expires_at > created_at),
    CONSTRAINT sessions_user_agent_length CHECK (char_length(user_agent) BETWEEN 1 AND 256)
);

-- A user's sessions, those of most recent use first or last.
CREATE INDEX sessions_by_user ON public.sessions (user_id, last_used_at);
-- The sweep finds what has expired without reading the rest.
CREATE INDEX sessions_by_last_used_at ON public.sessions (last_used_at);
CREATE INDEX sessions_by_expires_at ON public.sessions (expires_at);

-- Each refresh spends a token and gives the next. The spent ones are kept as long as their session: one that comes again
-- was copied, and nobody can tell which of the two who hold it is the thief (RFC 9700, section 4.14.2).
CREATE TABLE public.refresh_tokens (
    token_hash bytea       NOT NULL,
    session_id uuid        NOT NULL,
    created_at timestamptz NOT NULL,
    spent_at   timestamptz,

    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (token_hash),
    CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.sessions ON DELETE CASCADE,
    CONSTRAINT refresh_tokens_token_hash_length CHECK (octet_length(token_hash) = 32)
);

-- The cascade finds the tokens of a session.
CREATE INDEX refresh_tokens_by_session ON public.refresh_tokens (session_id);
-- Whatever a program does wrong, a session has one token that works.
CREATE UNIQUE INDEX refresh_tokens_one_unspent ON public.refresh_tokens (session_id) WHERE spent_at IS NULL;

-- What is mailed to a person to show that a mailbox is theirs. Used once, then the row is gone.
CREATE TABLE public.user_tokens (
    token_hash bytea       NOT NULL,
    -- A token for one purpose opens nothing else. Text and not an enum, as with roles.
    purpose    text        NOT NULL,
    user_id    uuid        NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,

    CONSTRAINT user_tokens_pkey PRIMARY KEY (token_hash),
    CONSTRAINT user_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users ON DELETE CASCADE,
    CONSTRAINT user_tokens_token_hash_length CHECK (octet_length(token_hash) = 32),
    CONSTRAINT user_tokens_purpose_known CHECK (purpose IN ('activation', 'password_reset')),
    CONSTRAINT user_tokens_expires_later CHECK (expires_at > created_at)
);

-- What a password change, a switched-off account or a used token removes.
CREATE INDEX user_tokens_by_user ON public.user_tokens (user_id, purpose);
CREATE INDEX user_tokens_by_expires_at ON public.user_tokens (expires_at);

-- The sweep of accounts whose address was never shown to be their user's. They are few.
CREATE INDEX users_not_activated ON public.users (created_at) WHERE activated_at IS NULL;
