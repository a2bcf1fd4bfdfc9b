-- Sales: orders, their items and their buyers joined, as `salesview` reads them. No table: what was sold is in orders.

-- Each line of a sale by what it came to. The expression is that of `salesview`'s store, to the letter; the place comes before
-- the order, as there.
-- check: allow index: no release has orders yet
CREATE INDEX order_items_by_amount ON public.order_items ((quantity * price_amount), place, order_id);

-- What is paid, refunded, still open: the newest first. A change of the status has to be written here, too.
-- check: allow index: no release has orders yet
CREATE INDEX orders_by_status_created_at ON public.orders (status, created_at, order_id);
