-- Two orders that are always the same, for the tests of what refers to orders. It may be run twice.
INSERT INTO public.orders (order_id, owner_id, status, worth_amount, worth_currency, version, created_at, updated_at)
SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, ('00000000-0000-7000-8000-00000000000' || n)::uuid, (ARRAY['pending', 'paid', 'cancelled', 'refunded'])[1 + n % 4], n % 1000, 'USD', 1, now(), now()
FROM generate_series(1, 2) AS n
ON CONFLICT DO NOTHING;
