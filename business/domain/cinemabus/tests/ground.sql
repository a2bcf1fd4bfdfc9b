-- Two cinemas that are always the same, for the tests of what refers to cinemas, with their places. It may be run twice.
INSERT INTO public.places (place_id, name, country, latitude, longitude, population, time_zone)
SELECT n, 'Ground ' || n, 'CH', n, n, 1000 * n, 'Europe/Zurich' FROM generate_series(2, 3) AS n
ON CONFLICT DO NOTHING;
INSERT INTO public.cinemas (cinema_id, name, address, place, latitude, longitude, screens, version, created_at,
    updated_at)
SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, left('X' || n, 200), left('X' || n, 300), 1 + n % 5, n % 9 + 0.5, n % 9 + 0.5, 1 + n % 5, 1, now(), now()
FROM generate_series(1, 2) AS n
ON CONFLICT DO NOTHING;
