-- Mails of a development machine, kept here in place of being sent. Elsewhere the table is empty.
CREATE TABLE public.mails (
    mail_id    uuid        NOT NULL,
    to_address text        NOT NULL,
    to_name    text,
    subject    text        NOT NULL,
    text       text        NOT NULL,
    html       text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT mails_pkey PRIMARY KEY (mail_id)
);

-- The newest first, and the oldest to go.
CREATE INDEX mails_by_created_at ON public.mails (created_at, mail_id);
