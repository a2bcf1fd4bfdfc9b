-- What the domains announce, and how far it was handed on (`events`).

-- Outbox and log in one: a row is inserted in the transaction of the change it tells of, so that there are both or
-- neither, and stays for a week for whoever wants to read on.
CREATE TABLE public.events (
    event_id    uuid        NOT NULL,
    -- The order in which the rows were written. Of two changes of one row the second waits for the first to commit, so
    -- that theirs is the order of the changes; of all others nothing is said: the higher may be seen before the lower.
    seq         bigint      GENERATED ALWAYS AS IDENTITY,
    -- All events of a row are in one of 8 parts, each of which is handed on by one process at a time.
    partition   smallint    NOT NULL,
    -- The place in the one order in which events are handed on. The relay gives it to what is committed, one batch after
    -- the other: whoever sees a position has seen, or could see, all that are lower. NULL until then.
    position    bigint,
    -- What changed, such as 'movie', and what happened to it, such as 'updated'.
    entity      text        NOT NULL,
    entity_id   uuid        NOT NULL,
    version     bigint      NOT NULL,
    action      text        NOT NULL,
    -- Whose it is, where rows have owners: who may see it may see its events.
    owner_id    uuid,
    -- The members after the change that anyone who may read the row may see, and the names of those that changed.
    -- Nothing personal: it is in other hands and copies before a person asks to be forgotten.
    data        jsonb       NOT NULL,
    -- The trace of the change (W3C Trace Context).
    traceparent text,
    occurred_at timestamptz NOT NULL,

    CONSTRAINT events_pkey PRIMARY KEY (event_id),
    CONSTRAINT events_position_key UNIQUE (position),
    CONSTRAINT events_partition_of_entity CHECK (partition = get_byte(uuid_send(entity_id), 15) % 8),
    CONSTRAINT events_entity_form CHECK (entity ~ '^[a-z][a-z_]{0,49}$'),
    CONSTRAINT events_action_form CHECK (action ~ '^[a-z][a-z_]{0,49}$'),
    CONSTRAINT events_version_range CHECK (version >= 1),
    CONSTRAINT events_traceparent_length CHECK (char_length(traceparent) <= 100)
) WITH (
    -- Every row is written twice, then deleted: vacuum long before a fifth is dead.
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000
);

-- What has no position yet: little, whatever the size of the table.
CREATE INDEX events_unplaced ON public.events (seq) WHERE position IS NULL;
-- A consumer reads on in its part from where it was.
CREATE INDEX events_by_partition ON public.events (partition, position) WHERE position IS NOT NULL;

-- One row: the last position that was given, and whether all relays sleep. Whoever gives positions locks it. Whoever
-- writes an event notifies only a relay that sleeps: notifying commits wait for each other.
CREATE TABLE public.events_relay (
    one      boolean NOT NULL DEFAULT true,
    sleeping boolean NOT NULL DEFAULT true,
    position bigint  NOT NULL DEFAULT 0,

    CONSTRAINT events_relay_pkey PRIMARY KEY (one),
    CONSTRAINT events_relay_one_row CHECK (one),
    CONSTRAINT events_relay_position_range CHECK (position >= 0)
) WITH (fillfactor = 10);

INSERT INTO public.events_relay DEFAULT VALUES;

-- The processes that hand events on, so that each knows its fair share of the parts.
CREATE TABLE public.event_relays (
    relay_id     uuid        NOT NULL,
    leased_until timestamptz NOT NULL,

    CONSTRAINT event_relays_pkey PRIMARY KEY (relay_id)
) WITH (fillfactor = 10);

-- Who hands on which part, until when by the clock of the server. The fence rises with each change of hands: who lost
-- a part, and does not know it yet, moves no cursor.
CREATE TABLE public.event_partitions (
    partition    smallint    NOT NULL,
    relay_id     uuid,
    leased_until timestamptz,
    fence        bigint      NOT NULL DEFAULT 0,

    CONSTRAINT event_partitions_pkey PRIMARY KEY (partition),
    CONSTRAINT event_partitions_range CHECK (partition BETWEEN 0 AND 7),
    CONSTRAINT event_partitions_lease CHECK ((relay_id IS NULL) = (leased_until IS NULL))
) WITH (fillfactor = 10);

INSERT INTO public.event_partitions (partition) SELECT generate_series(0, 7);

-- How far each consumer is in each part. The effect of an event and the move of the cursor are committed together.
CREATE TABLE public.event_cursors (
    consumer  text     NOT NULL,
    partition smallint NOT NULL,
    position  bigint   NOT NULL,

    CONSTRAINT event_cursors_pkey PRIMARY KEY (consumer, partition),
    CONSTRAINT event_cursors_consumer_form CHECK (consumer ~ '^[a-z][a-z_]{0,49}$'),
    CONSTRAINT event_cursors_partition_fkey FOREIGN KEY (partition) REFERENCES public.event_partitions,
    CONSTRAINT event_cursors_position_range CHECK (position >= 0)
) WITH (fillfactor = 20);

-- Events that a consumer refused, and those of the same row that wait behind them: the cursor is past them.
CREATE TABLE public.event_failures (
    consumer   text        NOT NULL,
    -- An event that somebody still has to handle is not swept.
    event_id   uuid        NOT NULL,
    partition  smallint    NOT NULL,
    entity_id  uuid        NOT NULL,
    position   bigint      NOT NULL,
    -- How often it was refused. 0: it was never tried, since it waits behind another one.
    attempts   integer     NOT NULL,
    -- When it is tried again, if nothing of the same row is before it.
    next_at    timestamptz NOT NULL,
    -- Why it was refused the last time.
    reason     text        NOT NULL,
    -- When it was given up: a dead letter, which an operator puts back or drops.
    dead_at    timestamptz,

    CONSTRAINT event_failures_pkey PRIMARY KEY (consumer, event_id),
    CONSTRAINT event_failures_event_fkey FOREIGN KEY (event_id) REFERENCES public.events,
    CONSTRAINT event_failures_attempts_range CHECK (attempts >= 0),
    CONSTRAINT event_failures_reason_length CHECK (char_length(reason) <= 500)
);

-- What waits, the oldest of a row first.
CREATE INDEX event_failures_waiting ON public.event_failures (consumer, partition, entity_id, position)
    WHERE dead_at IS NULL;
CREATE INDEX event_failures_by_event ON public.event_failures (event_id);

-- Events that a consumer has handled which come from a broker, where one may come twice and in any order.
CREATE TABLE public.event_seen (
    consumer text        NOT NULL,
    event_id uuid        NOT NULL,
    seen_at  timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT event_seen_pkey PRIMARY KEY (consumer, event_id)
);

CREATE INDEX event_seen_by_seen_at ON public.event_seen (seen_at);
