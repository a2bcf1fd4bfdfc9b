-- Answers to requests that carry an idempotency key, so that a repeated request gets the first one's answer
-- (draft-ietf-httpapi-idempotency-key-header). A row is committed in the transaction of the effect it answers for.
CREATE TABLE public.idempotency_keys (
    -- Who asked: two callers never share a key.
    scope       text        NOT NULL,
    -- What was asked for, such as 'POST /v1/movies'.
    route       text        NOT NULL,
    -- The key that the client chose.
    key         text        NOT NULL,
    -- SHA-256 of the payload: the same key with another payload is an error of the client.
    fingerprint bytea       NOT NULL,
    status      integer     NOT NULL,
    -- An array of [name, value].
    headers     jsonb       NOT NULL,
    body        bytea       NOT NULL,
    created_at  timestamptz NOT NULL,

    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (scope, route, key),
    CONSTRAINT idempotency_keys_scope_length CHECK (char_length(scope) BETWEEN 1 AND 200),
    CONSTRAINT idempotency_keys_route_length CHECK (char_length(route) BETWEEN 1 AND 200),
    CONSTRAINT idempotency_keys_key_length CHECK (char_length(key) BETWEEN 1 AND 255),
    CONSTRAINT idempotency_keys_fingerprint_length CHECK (octet_length(fingerprint) = 32),
    CONSTRAINT idempotency_keys_status_range CHECK (status BETWEEN 200 AND 599)
);

-- The sweep finds what has expired without reading the rest.
CREATE INDEX idempotency_keys_by_created_at ON public.idempotency_keys (created_at);
