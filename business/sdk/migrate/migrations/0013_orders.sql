-- Orders. The rules of `orderbus` that must hold for ever are constraints here too.

CREATE TABLE public.orders (
    order_id       uuid NOT NULL,
    -- Who ordered. No key refers to the user: an order is a record of the business, and stays when the account goes.
    owner_id       uuid NOT NULL,
    status         text COLLATE "C" NOT NULL,
    -- In the minor unit of the currency: what all items cost together.
    total_amount   bigint NOT NULL,
    total_currency text NOT NULL,
    version        bigint NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,

    CONSTRAINT orders_pkey PRIMARY KEY (order_id),
    CONSTRAINT orders_status_known CHECK (status IN ('pending', 'paid', 'cancelled', 'refunded')),
    -- 50 items of 10 copies at the highest price of a film.
    CONSTRAINT orders_total_range CHECK (total_amount BETWEEN 0 AND 499999999999500),
    CONSTRAINT orders_total_currency CHECK (total_currency ~ '^[A-Z]{3}$'),
    CONSTRAINT orders_version_range CHECK (version >= 1)
);

-- What was ordered, as it was then. No key refers to the film, which may change or go.
CREATE TABLE public.order_items (
    order_id       uuid NOT NULL,
    -- The place within the order, from 1.
    place          smallint NOT NULL,
    movie_id       uuid NOT NULL,
    title          text NOT NULL,
    quantity       smallint NOT NULL,
    -- Of one copy, in the minor unit of the currency.
    price_amount   bigint NOT NULL,
    price_currency text NOT NULL,

    CONSTRAINT order_items_pkey PRIMARY KEY (order_id, place),
    CONSTRAINT order_items_movie_key UNIQUE (order_id, movie_id),
    CONSTRAINT order_items_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders ON DELETE CASCADE,
    CONSTRAINT order_items_place_range CHECK (place BETWEEN 1 AND 50),
    CONSTRAINT order_items_title_length CHECK (char_length(title) BETWEEN 1 AND 500),
    CONSTRAINT order_items_quantity_range CHECK (quantity BETWEEN 1 AND 10),
    CONSTRAINT order_items_price_range CHECK (price_amount BETWEEN 0 AND 999999999999),
    CONSTRAINT order_items_price_currency CHECK (price_currency ~ '^[A-Z]{3}$')
);

-- One index for each order of the list, with the id that breaks ties: a page is read from where the last one ended, at
-- the same cost wherever that is. The expressions are those of `orderbus`'s store, to the letter.
CREATE INDEX orders_by_total ON public.orders (total_amount, order_id);
CREATE INDEX orders_by_owner_total ON public.orders (owner_id, total_amount, order_id);
CREATE INDEX orders_by_created_at ON public.orders (created_at, order_id);
CREATE INDEX orders_by_owner_created_at ON public.orders (owner_id, created_at, order_id);
-- Who ordered a film.
CREATE INDEX order_items_by_movie ON public.order_items (movie_id);
