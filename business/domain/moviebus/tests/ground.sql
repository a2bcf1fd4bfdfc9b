-- Two films that are always the same, for the tests of what refers to films. It may be run twice.
INSERT INTO public.movies (movie_id, title, year, genres, price_amount, price_currency, stock, version, created_at, updated_at)
VALUES
    ('00000000-0000-7000-8000-000000000001', 'The First Ground', 1979, '{}', 999, 'USD', 7, 1, now(), now()),
    ('00000000-0000-7000-8000-000000000002', 'The Second Ground', 1986, '{}', 799, 'USD', 3, 1, now(), now())
ON CONFLICT DO NOTHING;
