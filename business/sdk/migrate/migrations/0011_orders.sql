-- Orders. The rules of `orderbus` that must hold for ever are constraints here too; `orderbus` knows some by name.

CREATE TABLE public.orders (
    order_id       uuid NOT NULL,
    owner_id       uuid NOT NULL,
    status         text COLLATE "C" NOT NULL,
    worth_amount   bigint NOT NULL,
    worth_currency text NOT NULL,
    version        bigint NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,

    CONSTRAINT orders_pkey PRIMARY KEY (order_id),
    CONSTRAINT orders_status_known CHECK (status IN ('pending', 'paid', 'cancelled', 'refunded')),
    CONSTRAINT orders_worth_range CHECK (worth_amount BETWEEN 0 AND 999999999999),
    CONSTRAINT orders_worth_currency CHECK (worth_currency ~ '^[A-Z]{3}$'),
    CONSTRAINT orders_version_range CHECK (version >= 1),
    -- What belongs to a user goes with the user. The audit of that says whose it was.
    CONSTRAINT orders_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.users ON DELETE CASCADE
);

-- One index for each order of the list, with the id that breaks ties: a page is read from where the last one ended, at
-- the same cost wherever that is. The expressions are those of `orderbus`'s store, to the letter.
CREATE INDEX orders_by_worth ON public.orders (worth_amount, order_id);
CREATE INDEX orders_by_owner_worth ON public.orders (owner_id, worth_amount, order_id);
CREATE INDEX orders_by_created_at ON public.orders (created_at, order_id);
CREATE INDEX orders_by_owner_created_at ON public.orders (owner_id, created_at, order_id);
