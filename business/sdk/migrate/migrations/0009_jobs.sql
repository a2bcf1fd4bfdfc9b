-- Work that is done later (`jobs`). A row is inserted in the transaction that wants the work, and deleted when it is
-- done: the table holds what is still to do, and what was given up.
CREATE TABLE public.jobs (
    job_id      uuid        NOT NULL,
    -- What is to be done, such as 'users.activation_mail': the handler of that name takes it.
    name        text        NOT NULL,
    -- Jobs of one lane wait for each other only: a mail server that hangs holds up no sweep.
    lane        text        NOT NULL,
    -- Ids and addresses, never a secret: the row is shown to operators and lies in every backup.
    payload     jsonb       NOT NULL,
    -- Of jobs with one name and one key, one is to be done at a time.
    unique_key  text,
    -- The trace of whoever wanted it (W3C Trace Context).
    traceparent text,
    enqueued_at timestamptz NOT NULL DEFAULT now(),
    -- While it waits: when it may run. While it runs: when its runner is taken for dead, unless that renews it.
    due_at      timestamptz NOT NULL DEFAULT now(),
    -- How often it was begun, and how often it may be.
    attempt     smallint    NOT NULL DEFAULT 0,
    attempts    smallint    NOT NULL,
    -- The process that runs it now.
    runner      uuid,
    -- When it was given up; a person retries it or drops it.
    dead_at     timestamptz,
    -- Why the last attempt failed.
    last_error  text,

    CONSTRAINT jobs_pkey PRIMARY KEY (job_id),
    CONSTRAINT jobs_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
    CONSTRAINT jobs_lane_length CHECK (char_length(lane) BETWEEN 1 AND 50),
    CONSTRAINT jobs_unique_key_length CHECK (char_length(unique_key) BETWEEN 1 AND 300),
    CONSTRAINT jobs_attempt_range CHECK (attempt >= 0),
    CONSTRAINT jobs_attempts_range CHECK (attempts >= 1),
    CONSTRAINT jobs_dead_do_not_run CHECK (dead_at IS NULL OR runner IS NULL)
) WITH (
    -- Rows live for seconds: room for the new version of a row on its page, and a vacuum long before a fifth is dead.
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500
);

-- A runner takes what is due in a lane, the longest due first.
CREATE INDEX jobs_due ON public.jobs (lane, due_at) WHERE dead_at IS NULL;
CREATE UNIQUE INDEX jobs_unique_key ON public.jobs (name, unique_key) WHERE unique_key IS NOT NULL AND dead_at IS NULL;
CREATE INDEX jobs_dead ON public.jobs (dead_at) WHERE dead_at IS NOT NULL;

-- When each periodic job is next. Every replica looks; the one that moves `next_at` on enqueues the job, in the same
-- statement.
CREATE TABLE public.job_schedules (
    name       text        NOT NULL,
    -- As cron writes it, in UTC.
    pattern    text        NOT NULL,
    next_at    timestamptz NOT NULL,

    CONSTRAINT job_schedules_pkey PRIMARY KEY (name),
    CONSTRAINT job_schedules_name_length CHECK (char_length(name) BETWEEN 1 AND 100)
);
