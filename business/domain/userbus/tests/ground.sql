-- Two users who are always the same, for the tests of what belongs to users. It may be run twice.
INSERT INTO public.users (user_id, name, email, password_hash, roles, enabled, activated_at, version, created_at, updated_at)
VALUES
    ('00000000-0000-7000-8000-000000000001', 'The First', 'first@ground.example', '$argon2id$ground', '{customer}', true, now(), 1, now(), now()),
    ('00000000-0000-7000-8000-000000000002', 'The Second', 'second@ground.example', '$argon2id$ground', '{customer}', true, now(), 1, now(), now())
ON CONFLICT DO NOTHING;
