-- Audits: who changed what, when, from where, and how it differs from before. `changes` writes one in the transaction of
-- every change; `auditbus` reads them.

-- What audits tell of a person, removed; that it changed stays.
CREATE FUNCTION public.erase_personal(difference jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        SELECT coalesce(
            jsonb_object_agg(name, CASE WHEN member -> 'personal' = 'true' THEN '{"personal": true, "erased": true}' ELSE member END),
            '{}'
        )
        FROM jsonb_each(difference) AS members (name, member)
    );

CREATE TABLE public.audits (
    -- Of version 7: it holds the time, to the millisecond, and audits are ordered by it. Their events have the same id.
    audit_id    uuid        NOT NULL,
    -- The time that the id holds.
    occurred_at timestamptz NOT NULL,
    -- Who: a user by id, the person at the command line and a part of the product by name.
    actor_kind  text        NOT NULL,
    -- No foreign key: audits outlive users.
    actor_id    uuid,
    actor_name  text,
    -- What: a row of a domain.
    entity      text        NOT NULL,
    entity_id   uuid        NOT NULL,
    action      text        NOT NULL,
    version     bigint      NOT NULL,
    -- {"year": {"before": 1999, "after": 2000}}. What says something of a person is marked, {"personal": true}, for it is
    -- removed with the person; of what nobody may see it says {"changed": true}.
    difference  jsonb       NOT NULL,
    -- From where: the trace in the telemetry, the address of the client.
    trace_id    text,
    address     inet,

    CONSTRAINT audits_pkey PRIMARY KEY (audit_id),
    CONSTRAINT audits_actor_known CHECK (
        CASE actor_kind
            WHEN 'anonymous' THEN actor_id IS NULL AND actor_name IS NULL
            WHEN 'user' THEN actor_id IS NOT NULL AND actor_name IS NULL
            WHEN 'operator' THEN actor_id IS NULL AND actor_name IS NOT NULL
            WHEN 'system' THEN actor_id IS NULL AND actor_name IS NOT NULL
            ELSE false
        END
    ),
    CONSTRAINT audits_actor_name_length CHECK (char_length(actor_name) BETWEEN 1 AND 200),
    CONSTRAINT audits_entity_length CHECK (char_length(entity) BETWEEN 1 AND 50),
    CONSTRAINT audits_action_length CHECK (char_length(action) BETWEEN 1 AND 50),
    CONSTRAINT audits_version_range CHECK (version >= 1),
    CONSTRAINT audits_difference_form CHECK (jsonb_typeof(difference) = 'object'),
    CONSTRAINT audits_trace_id_length CHECK (char_length(trace_id) = 32)
);

COMMENT ON TABLE public.audits IS 'who changed what, when, from where; append only';

-- One index for each question that is asked at night, newest first: what happened to this row, what did this person do,
-- what came with this request, what came from this address, who deletes films, what was done at the command line.
-- Every change pays for each of them, so there are no others: the order itself is the primary key's.
CREATE INDEX audits_by_entity_id ON public.audits (entity_id, audit_id);
CREATE INDEX audits_by_actor_id ON public.audits (actor_id, audit_id) WHERE actor_id IS NOT NULL;
CREATE INDEX audits_by_trace_id ON public.audits (trace_id) WHERE trace_id IS NOT NULL;
CREATE INDEX audits_by_address ON public.audits (address, audit_id) WHERE address IS NOT NULL;
CREATE INDEX audits_by_action ON public.audits (entity, action, audit_id);
CREATE INDEX audits_by_operator ON public.audits (audit_id) WHERE actor_kind = 'operator';

-- Audits are never changed and never removed. The one exception can be nothing else: what they tell of a person may be
-- erased, by whoever can write at all.
CREATE FUNCTION public.keep_audits() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        OLD.difference := public.erase_personal(OLD.difference);
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'audits are append only'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'audits_append_only', TABLE = 'audits';
END
$$;

CREATE TRIGGER audits_append_only BEFORE UPDATE OR DELETE ON public.audits FOR EACH ROW
    EXECUTE FUNCTION public.keep_audits();
CREATE TRIGGER audits_not_truncated BEFORE TRUNCATE ON public.audits FOR EACH STATEMENT
    EXECUTE FUNCTION public.keep_audits();
