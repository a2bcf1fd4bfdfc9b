-- Users. The rules of `userbus` that must hold for ever are constraints here too; `userbus` knows them by name.

CREATE TABLE public.users (
    user_id       uuid        NOT NULL,
    name          text        NOT NULL,
    -- In lower case: one mailbox has one spelling. Collation "C" orders by code point, the same on every host.
    email         text COLLATE "C" NOT NULL,
    -- A PHC string, which holds algorithm, cost and salt; a stronger one replaces it at the next sign-in.
    password_hash text        NOT NULL,
    -- In the order of `Role::ALL`, each once, so that equal sets are equal arrays. Text and not an enum: a release can
    -- add a role while the previous one, which grants nothing for names it does not know, still serves.
    roles         text[]      NOT NULL,
    -- Switched off by an admin; the account stays, since orders and audits name it.
    enabled       boolean     NOT NULL,
    -- When the address was shown to be the user's; NULL until then.
    activated_at  timestamptz,
    version       bigint      NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,

    -- Derived: the name as lists order and search it.
    name_folded   text COLLATE "C" NOT NULL GENERATED ALWAYS AS (public.fold_text(name)) STORED,

    CONSTRAINT users_pkey PRIMARY KEY (user_id),
    CONSTRAINT users_email_key UNIQUE (email),
    CONSTRAINT users_email_lower_case CHECK (email = lower(email)),
    CONSTRAINT users_email_length CHECK (octet_length(email) BETWEEN 3 AND 254),
    CONSTRAINT users_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
    -- Whatever a program does wrong, a password as it was typed can't be stored.
    CONSTRAINT users_password_hash_form CHECK (password_hash LIKE '$argon2id$%'),
    CONSTRAINT users_roles_known CHECK (roles <@ ARRAY['admin', 'editor', 'support', 'customer']),
    CONSTRAINT users_version_range CHECK (version >= 1)
);

-- One index for each order of the list, with the id that breaks ties; the order by address has `users_email_key`.
CREATE INDEX users_by_name ON public.users (name_folded, user_id);
CREATE INDEX users_by_created_at ON public.users (created_at, user_id);

-- Filters: a part of a name or of an address, a role. Few accounts are switched off, and who looks for them wants few.
CREATE INDEX users_name_parts ON public.users USING gin (name_folded gin_trgm_ops);
CREATE INDEX users_email_parts ON public.users USING gin (email gin_trgm_ops);
CREATE INDEX users_roles ON public.users USING gin (roles);
CREATE INDEX users_disabled ON public.users (user_id) WHERE NOT enabled;

-- At least one admin who can sign in always remains, or nobody could give the role back.
--
-- No constraint can say so of a table, and a program that counts before it writes is wrong when two admins take the
-- role from each other at the same moment: each counts the other. So whoever takes an admin away waits here for
-- whoever else does until that transaction has ended, and looks after that. The look is a statement of its own and
-- sees what was committed meanwhile, in READ COMMITTED, which is what the product runs in; in REPEATABLE READ it
-- would look at the past, and is refused.
CREATE FUNCTION public.check_admin_remains() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'an admin can be removed in READ COMMITTED only' USING ERRCODE = 'feature_not_supported';
    END IF;
    -- Two keys: the first is this purpose, "admn" in ASCII.
    PERFORM pg_advisory_xact_lock(1633971566, 0);
    IF NOT EXISTS (
        SELECT FROM public.users WHERE 'admin' = ANY (roles) AND enabled AND activated_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'no admin would remain'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'users_admin_remains', TABLE = 'users';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER users_admin_remains_after_update AFTER UPDATE ON public.users FOR EACH ROW
    WHEN ('admin' = ANY (OLD.roles) AND OLD.enabled AND OLD.activated_at IS NOT NULL
        AND NOT ('admin' = ANY (NEW.roles) AND NEW.enabled AND NEW.activated_at IS NOT NULL))
    EXECUTE FUNCTION public.check_admin_remains();

CREATE TRIGGER users_admin_remains_after_delete AFTER DELETE ON public.users FOR EACH ROW
    WHEN ('admin' = ANY (OLD.roles) AND OLD.enabled AND OLD.activated_at IS NOT NULL)
    EXECUTE FUNCTION public.check_admin_remains();
