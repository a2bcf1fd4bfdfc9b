-- Payments: money that is asked for, by whatever method, and what became of it.

CREATE TABLE public.payments (
    payment_id uuid NOT NULL,
    -- Who pays. No key refers to the user or the order: a payment is a record of the business.
    owner_id   uuid NOT NULL,
    -- What is paid for; none for money that fills the payer's wallet.
    order_id   uuid,
    method     text COLLATE "C" NOT NULL,
    -- In the minor unit of the currency; an order may cost nothing.
    amount     bigint NOT NULL,
    currency   text NOT NULL,
    status     text COLLATE "C" NOT NULL,
    -- What the provider calls the charge, once there is one.
    charge_id  text,
    -- Why it failed, as a word.
    reason     text,
    version    bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,

    CONSTRAINT payments_pkey PRIMARY KEY (payment_id),
    CONSTRAINT payments_method_known CHECK (method IN ('wallet', 'card')),
    CONSTRAINT payments_status_known CHECK (status IN ('pending', 'succeeded', 'failed', 'refunding', 'refunded')),
    -- A wallet is not filled from itself.
    CONSTRAINT payments_deposit_by_card CHECK (order_id IS NOT NULL OR method = 'card'),
    CONSTRAINT payments_amount_range CHECK (amount BETWEEN 0 AND 499999999999500),
    CONSTRAINT payments_currency CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT payments_charge_id_length CHECK (char_length(charge_id) BETWEEN 1 AND 100),
    CONSTRAINT payments_reason_word CHECK (reason ~ '^[a-z0-9_]{1,50}$'),
    CONSTRAINT payments_reason_known CHECK ((status = 'failed') <= (reason IS NOT NULL)),
    CONSTRAINT payments_version_range CHECK (version >= 1)
);

-- An order is paid for once: while one payment is under way or has succeeded, there is no other.
CREATE UNIQUE INDEX payments_one_for_an_order ON public.payments (order_id) WHERE status IN ('pending', 'succeeded');
-- A charge belongs to one payment.
CREATE UNIQUE INDEX payments_charge_key ON public.payments (charge_id);
-- The payments of an order, the last one first.
CREATE INDEX payments_by_order ON public.payments (order_id, created_at) WHERE order_id IS NOT NULL;
-- What is looked after until it is decided.
CREATE INDEX payments_pending_by_created_at ON public.payments (created_at, payment_id) WHERE status = 'pending';
-- What is compared with the provider's books.
CREATE INDEX payments_by_created_at ON public.payments (created_at, payment_id) WHERE method = 'card';
-- Orders whose time to be paid for is over.
CREATE INDEX orders_pending_by_created_at ON public.orders (created_at) WHERE status = 'pending';
