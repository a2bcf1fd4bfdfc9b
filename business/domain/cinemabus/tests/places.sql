-- Places that are always the same, for the tests of what refers to places: nine, and those that the seed's cinemas are in.
-- It may be run twice.
INSERT INTO public.places (place_id, name, country, admin1, latitude, longitude, population, time_zone)
SELECT n, 'Ground ' || n, 'CH', NULL, n, n, 1000 * n, 'Europe/Zurich' FROM generate_series(1, 9) AS n
UNION ALL
VALUES
    (2657896, 'Zürich', 'CH', 'ZH', 47.36667, 8.55, 341730, 'Europe/Zurich'),
    (2950159, 'Berlin', 'DE', '16', 52.52437, 13.41053, 3426354, 'Europe/Berlin'),
    (2643743, 'London', 'GB', 'ENG', 51.50853, -0.12574, 8961989, 'Europe/London')
ON CONFLICT DO NOTHING;
