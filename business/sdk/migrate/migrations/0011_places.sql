-- Places: the cities and towns of the world, from GeoNames. They come in by an import and nobody edits them, so that a
-- row has neither a version nor an audit.

-- A name as it is compared: the words of a search with one space between them. "St.-Étienne" is "st etienne".
CREATE FUNCTION public.place_words(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN btrim(regexp_replace(public.search_words(value), '\s+', ' ', 'g'));

-- What a name is found by in one index when its beginning alone is not enough, each as a short text:
-- the two and the three letters that stand at each of the first five places ("2nd" and "2ndo" of "london"), which some
-- typed name with one typing error has as well; and the first three letters of each later word ("wyor" of "new york").
CREATE FUNCTION public.place_grams(words text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ARRAY(
        SELECT place || substr(words, place + 1, letters)
        FROM generate_series(0, 4) AS place CROSS JOIN generate_series(2, 3) AS letters
        WHERE length(words) >= place + letters
    ) || ARRAY(
        SELECT 'w' || left(word, 3)
        FROM unnest(string_to_array(words, ' ')) WITH ORDINALITY AS list (word, position)
        WHERE position > 1
    );

-- The grams of which a name has one that begins with `words`, one typing error aside. The error is either behind the
-- first `half` letters, which are right then; or among them, and the letters behind are right, one place to the left or
-- to the right when a letter is missing or too much; or it is a swap across the border.
CREATE FUNCTION public.place_typo_grams(words text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        SELECT ARRAY[
            '0' || left(words, half),
            '0' || left(words, half - 1) || substr(words, half + 1, 1),
            (half - 1) || substr(words, half + 1, half),
            half || substr(words, half + 1, half),
            (half + 1) || substr(words, half + 1, half)
        ]
        FROM (SELECT CASE WHEN length(words) < 6 THEN 2 ELSE 3 END AS half) AS cut
    );

-- What begins with `words`, one typing error aside, as patterns of LIKE: at each place a letter too much, another one, one
-- that is missing, two that are swapped. Neither of the characters that LIKE knows is left by `place_words`.
CREATE FUNCTION public.place_typos(words text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ARRAY(
        SELECT left(words, place) || rest || '%'
        FROM generate_series(0, length(words) - 1) AS place CROSS JOIN LATERAL (
            VALUES
                (substr(words, place + 2)),
                ('_' || substr(words, place + 2)),
                ('_' || substr(words, place + 1)),
                (substr(words, place + 2, 1) || substr(words, place + 1, 1) || substr(words, place + 3))
        ) AS typo (rest)
    );

-- Metres between two points, in degrees, on a sphere of the earth's mean radius (IUGG). The earth is none: it is wrong by
-- at most 0.6 %.
CREATE FUNCTION public.metres_between(
    latitude_a double precision, longitude_a double precision, latitude_b double precision, longitude_b double precision
) RETURNS double precision
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    -- The haversine; rounding can bring it beyond 1 between opposite points.
    RETURN 2 * 6371008.8 * asin(least(1, sqrt(
        power(sin(radians(latitude_b - latitude_a) / 2), 2)
        + cos(radians(latitude_a)) * cos(radians(latitude_b)) * power(sin(radians(longitude_b - longitude_a) / 2), 2)
    )));

CREATE TABLE public.places (
    -- The id of GeoNames.
    place_id    integer          NOT NULL,
    name        text             NOT NULL,
    -- ISO 3166-1, alpha-2; and XK, which GeoNames has for Kosovo.
    country     text             NOT NULL,
    -- The code of the state or province within the country; NULL: GeoNames has none.
    admin1      text,
    latitude    double precision NOT NULL,
    longitude   double precision NOT NULL,
    population  integer          NOT NULL,
    -- A name of the IANA time zone database.
    time_zone   text             NOT NULL,

    -- Kept by the database so that no writer can forget it. Collation "C": names that begin with a text are one range.
    name_folded text COLLATE "C" NOT NULL GENERATED ALWAYS AS (left(public.place_words(name), 200)) STORED,

    CONSTRAINT places_pkey PRIMARY KEY (place_id),
    CONSTRAINT places_place_id_range CHECK (place_id >= 1),
    CONSTRAINT places_name_length CHECK (char_length(name) BETWEEN 1 AND 200),
    CONSTRAINT places_country_code CHECK (country ~ '^[A-Z]{2}$'),
    CONSTRAINT places_admin1_length CHECK (char_length(admin1) BETWEEN 1 AND 20),
    CONSTRAINT places_latitude_range CHECK (latitude BETWEEN -90 AND 90),
    CONSTRAINT places_longitude_range CHECK (longitude BETWEEN -180 AND 180),
    CONSTRAINT places_population_range CHECK (population >= 0),
    CONSTRAINT places_time_zone_length CHECK (char_length(time_zone) BETWEEN 1 AND 64)
);

CREATE INDEX places_by_name ON public.places (name_folded);
CREATE INDEX places_grams ON public.places USING gin (public.place_grams(name_folded));
-- Rectangles of the map, which PostgreSQL itself has; no extension is needed.
CREATE INDEX places_by_point ON public.places USING gist (point(longitude, latitude));
