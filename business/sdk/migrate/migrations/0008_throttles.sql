-- Brakes on guessing, shared by all replicas: how often something was tried of late, and from where an account is used.

-- One row for each bucket that is not whole, by the generic cell rate algorithm: a bucket is told by one moment, from
-- which on it is whole again. A row whose moment has passed says as little as no row, and is swept.
--
-- Unlogged: every failed sign-in writes here and waits for no disk, replication carries none of it, and what a crash
-- of the server loses are brakes that begin anew, each whole again within minutes anyway.
CREATE UNLOGGED TABLE public.throttles (
    -- SHA-256 of the rule's name and of what it counts: no address, no mailbox can be read here.
    key      bytea       NOT NULL,
    -- When the bucket is whole again, by the server's clock.
    whole_at timestamptz NOT NULL,

    CONSTRAINT throttles_pkey PRIMARY KEY (key),
    CONSTRAINT throttles_key_length CHECK (octet_length(key) = 32)
)
-- Rows are changed in place, over and over; no index on `whole_at`, so that a change touches no index at all.
WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

-- Who was here before: an account together with an address from which it signed in. Whoever guesses at the account from
-- elsewhere does not use up what its owner may try from there. Logged: to lose it would lock owners out.
CREATE TABLE public.acquaintances (
    -- SHA-256 of the account and of the address.
    key     bytea       NOT NULL,
    -- When it last proved itself, to the day.
    seen_at timestamptz NOT NULL,

    CONSTRAINT acquaintances_pkey PRIMARY KEY (key),
    CONSTRAINT acquaintances_key_length CHECK (octet_length(key) = 32)
);

-- The sweep finds what has expired without reading the rest.
CREATE INDEX acquaintances_by_seen_at ON public.acquaintances (seen_at);
