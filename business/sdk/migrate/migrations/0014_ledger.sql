-- The ledger: money that moves between accounts by double entry, and is never changed afterwards.
--
-- What must hold for ever holds here, whatever program writes: the entries of a transfer sum to zero in one currency, and
-- so does the whole ledger; no entry is changed or removed; nobody's balance is below zero.

CREATE TABLE public.ledger_accounts (
    account_id uuid NOT NULL,
    -- wallet: what a user can spend. held: what is reserved of it. card: the money that the provider of card payments has
    -- for us, below zero like any asset. sales: what was earned. refunds: what is owed to cards.
    kind       text COLLATE "C" NOT NULL,
    -- Whose it is; none for an account of the house. No key refers to the user: books stay when an account goes.
    owner_id   uuid,
    -- An account has one currency.
    currency   text NOT NULL,
    -- What the entries of an account with an owner sum to. An account of the house has none: every payment would wait for
    -- the one before it to update that row. Its balance is the sum of its entries.
    balance    bigint,

    CONSTRAINT ledger_accounts_pkey PRIMARY KEY (account_id),
    CONSTRAINT ledger_accounts_owner_key UNIQUE NULLS NOT DISTINCT (owner_id, kind, currency),
    CONSTRAINT ledger_accounts_kind_known CHECK (kind IN ('wallet', 'held', 'card', 'sales', 'refunds')),
    CONSTRAINT ledger_accounts_currency CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT ledger_accounts_owned CHECK ((kind IN ('wallet', 'held')) = (owner_id IS NOT NULL)),
    CONSTRAINT ledger_accounts_balanced CHECK ((owner_id IS NULL) = (balance IS NULL)),
    -- Up to what is exact as a JSON number, which many readers take for a double (RFC 8259, section 6).
    CONSTRAINT ledger_accounts_balance_range CHECK (balance BETWEEN 0 AND 9007199254740991)
);

CREATE TABLE public.ledger_transfers (
    transfer_id uuid NOT NULL,
    kind        text COLLATE "C" NOT NULL,
    -- The payment that it is part of; none when a user sends money to another.
    payment_id  uuid,
    amount      bigint NOT NULL,
    currency    text NOT NULL,
    created_at  timestamptz NOT NULL,

    CONSTRAINT ledger_transfers_pkey PRIMARY KEY (transfer_id),
    -- One deposit, one capture, one refund for each payment, however often they are asked for.
    CONSTRAINT ledger_transfers_payment_key UNIQUE (payment_id, kind),
    CONSTRAINT ledger_transfers_kind_known CHECK (kind IN
        ('deposit', 'transfer', 'hold', 'release', 'capture', 'sale', 'refund', 'card_refund', 'card_return', 'stray')),
    CONSTRAINT ledger_transfers_payment_known CHECK ((kind = 'transfer') = (payment_id IS NULL)),
    CONSTRAINT ledger_transfers_amount_range CHECK (amount BETWEEN 1 AND 9007199254740991),
    CONSTRAINT ledger_transfers_currency CHECK (currency ~ '^[A-Z]{3}$')
);

-- A hold ends once: what was released is not captured.
CREATE UNIQUE INDEX ledger_transfers_hold_ends_once ON public.ledger_transfers (payment_id)
    WHERE kind IN ('release', 'capture');

CREATE TABLE public.ledger_entries (
    entry_id      uuid NOT NULL,
    transfer_id   uuid NOT NULL,
    account_id    uuid NOT NULL,
    -- In the minor unit of the account's currency: above zero for what comes in, below for what goes out.
    amount        bigint NOT NULL,
    -- The balance of an account with an owner after it.
    balance_after bigint,
    -- Whose wallet it is, so that the list of one's entries is read from one index; none for all other accounts.
    wallet_owner_id uuid,
    created_at    timestamptz NOT NULL,

    CONSTRAINT ledger_entries_pkey PRIMARY KEY (entry_id),
    CONSTRAINT ledger_entries_transfer_key UNIQUE (transfer_id, account_id),
    CONSTRAINT ledger_entries_transfer_id_fkey FOREIGN KEY (transfer_id) REFERENCES public.ledger_transfers,
    CONSTRAINT ledger_entries_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.ledger_accounts,
    CONSTRAINT ledger_entries_amount_not_zero CHECK (amount <> 0)
);

-- One's entries, newest first; the sums of an account.
CREATE INDEX ledger_entries_by_owner_created_at ON public.ledger_entries (wallet_owner_id, created_at, entry_id)
    WHERE wallet_owner_id IS NOT NULL;
CREATE INDEX ledger_entries_by_account ON public.ledger_entries (account_id) INCLUDE (amount);

-- Every statement adds whole transfers: their entries sum to zero, in the currency of the transfer, and none is added to a
-- transfer that was there. It is checked at the statement and not at the commit, so that nothing is ever seen unbalanced.
CREATE FUNCTION public.ledger_entries_balance() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added
            JOIN public.ledger_accounts USING (account_id)
            JOIN public.ledger_transfers USING (transfer_id)
        GROUP BY ledger_transfers.transfer_id
        HAVING sum(added.amount) <> 0
            OR bool_or(ledger_accounts.currency <> ledger_transfers.currency)
            OR sum(added.amount) FILTER (WHERE added.amount > 0) IS DISTINCT FROM min(ledger_transfers.amount)
            OR count(*) <> (
                SELECT count(*) FROM public.ledger_entries AS stored WHERE stored.transfer_id = ledger_transfers.transfer_id
            )
    ) THEN
        RAISE EXCEPTION 'the entries of a transfer do not sum to zero'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entries_balance', TABLE = 'ledger_entries';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER ledger_entries_balance
    AFTER INSERT ON public.ledger_entries
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_entries_balance();

-- What was booked stays: a mistake is mended by a transfer back.
CREATE FUNCTION public.ledger_append_only() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append only'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_append_only', TABLE = TG_TABLE_NAME;
END
$$;

CREATE TRIGGER ledger_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON public.ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_append_only();

CREATE TRIGGER ledger_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON public.ledger_transfers
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_append_only();

-- Nobody's account changes hands or currency, or goes; only its balance moves.
CREATE FUNCTION public.ledger_accounts_stay() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.account_id, NEW.kind, NEW.owner_id, NEW.currency)
        IS NOT DISTINCT FROM (OLD.account_id, OLD.kind, OLD.owner_id, OLD.currency) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an account stays what it is'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_accounts_stay', TABLE = 'ledger_accounts';
END
$$;

CREATE TRIGGER ledger_accounts_stay
    BEFORE UPDATE OR DELETE ON public.ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION public.ledger_accounts_stay();
