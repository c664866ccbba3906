SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLE public.attempt (
    id bigint NOT NULL,
    delivery bigint NOT NULL,
    at double precision NOT NULL,
    outcome text NOT NULL,
    detail text NOT NULL
);
CREATE SEQUENCE public.attempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.attempt_id_seq OWNED BY public.attempt.id;
CREATE TABLE public.card (
    destination text NOT NULL,
    thing text NOT NULL,
    reference text NOT NULL,
    updated_at double precision NOT NULL
);
CREATE TABLE public.delivery (
    seq bigint NOT NULL,
    id text NOT NULL,
    destination text NOT NULL,
    rule text NOT NULL,
    options text NOT NULL,
    bundle text,
    why text,
    size integer NOT NULL,
    opened_at double precision NOT NULL,
    release_at double precision NOT NULL,
    state text NOT NULL,
    aside_at double precision,
    due_at double precision,
    attempts integer NOT NULL,
    failures integer NOT NULL,
    settled_at double precision,
    reason text
);
CREATE TABLE public.delivery_event (
    event bigint NOT NULL,
    destination text NOT NULL,
    delivery bigint NOT NULL
);
CREATE SEQUENCE public.delivery_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.delivery_seq_seq OWNED BY public.delivery.seq;
CREATE TABLE public.event (
    seq bigint NOT NULL,
    source text NOT NULL,
    id text NOT NULL,
    type text NOT NULL,
    owner text,
    slug text,
    username text,
    public boolean NOT NULL,
    seen_at double precision NOT NULL,
    body text NOT NULL
);
CREATE SEQUENCE public.event_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.event_seq_seq OWNED BY public.event.seq;
CREATE TABLE public.feed (
    id bigint NOT NULL,
    source text NOT NULL,
    key text NOT NULL,
    cursor text,
    ready_at double precision,
    lease text,
    not_before double precision NOT NULL,
    polled_at double precision,
    tried_at double precision,
    failures integer NOT NULL,
    error text,
    gap text,
    gap_at double precision
);
CREATE SEQUENCE public.feed_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.feed_id_seq OWNED BY public.feed.id;
CREATE TABLE public.lane (
    destination text NOT NULL,
    account text NOT NULL,
    settings text NOT NULL,
    ready_at double precision,
    not_before double precision NOT NULL,
    waits_for text,
    lease text,
    failures integer NOT NULL,
    failing_since double precision,
    suspect bigint,
    blocked_at double precision,
    reason text,
    limits text
);
CREATE TABLE public.meta (
    name text NOT NULL,
    value text NOT NULL
);
CREATE TABLE public.words (
    delivery bigint NOT NULL,
    at double precision NOT NULL,
    parts text NOT NULL
);
ALTER TABLE ONLY public.attempt ALTER COLUMN id SET DEFAULT nextval('public.attempt_id_seq'::regclass);
ALTER TABLE ONLY public.delivery ALTER COLUMN seq SET DEFAULT nextval('public.delivery_seq_seq'::regclass);
ALTER TABLE ONLY public.event ALTER COLUMN seq SET DEFAULT nextval('public.event_seq_seq'::regclass);
ALTER TABLE ONLY public.feed ALTER COLUMN id SET DEFAULT nextval('public.feed_id_seq'::regclass);
INSERT INTO public.attempt VALUES (1, 3, 1795348800, 'unavailable', 'http://sink.example answered 503 Service Unavailable: not now');
INSERT INTO public.attempt VALUES (2, 7, 1795348800, 'sent', 'C0DEV 1.000002');
INSERT INTO public.attempt VALUES (3, 6, 1795348800, 'sent', '{"ok": true, "channel": "C0DEV", "ts": "1.000001"}');
INSERT INTO public.attempt VALUES (4, 4, 1795348800, 'blocked', 'http://sink.example answered 401 Unauthorized: not now; check the credentials that it asks for');
INSERT INTO public.attempt VALUES (5, 2, 1795348800, 'refused', 'http://sink.example answered 400 Bad Request: not now');
INSERT INTO public.attempt VALUES (6, 1, 1795348800, 'sent', '{"ok": true, "channel": "C0DEV", "ts": "1.000003"}');
INSERT INTO public.attempt VALUES (7, 12, 1795348800, 'sent', '{"ok": true, "channel": "C0DEV", "ts": "1.000004"}');
INSERT INTO public.attempt VALUES (8, 9, 1795348800, 'sent', '{"ok": true, "channel": "C0DEV", "ts": "1.000005"}');
INSERT INTO public.attempt VALUES (9, 8, 1795348800, 'sent', '{"ok": true, "channel": "C0DEV", "ts": "1.000006"}');
INSERT INTO public.attempt VALUES (10, 15, 1795348800, 'sent', '{"ok": true, "channel": "C0DEV", "ts": "1.000007"}');
INSERT INTO public.attempt VALUES (11, 14, 1795348800, 'sent', '{"ok": true, "channel": "C0DEV", "ts": "1.000008"}');
INSERT INTO public.attempt VALUES (12, 20, 1795348800, 'sent', '{"ok": true, "channel": "C0DEV", "ts": "1.000009"}');
INSERT INTO public.attempt VALUES (13, 13, 1795348801, 'sent', 'C0DEV 1.000010');
INSERT INTO public.attempt VALUES (14, 19, 1795348802, 'sent', 'C0DEV 1.000011');
INSERT INTO public.attempt VALUES (15, 22, 1795349402, 'sent', '{"ok": true, "channel": "C0DEV", "ts": "1.000012"}');
INSERT INTO public.attempt VALUES (16, 21, 1795349402, 'sent', '{"ok": true, "channel": "C0DEV", "ts": "1.000013"}');
INSERT INTO public.attempt VALUES (17, 3, 1795349402, 'unavailable', 'http://sink.example answered 503 Service Unavailable: not now');
INSERT INTO public.attempt VALUES (18, 25, 1795349402, 'sent', 'C0DEV 1.000014');
INSERT INTO public.attempt VALUES (19, 27, 1795349402, 'sent', '{"ok": true, "channel": "C0DEV", "ts": "1.000015"}');
INSERT INTO public.attempt VALUES (20, 26, 1795349402, 'sent', '{"ok": true, "channel": "C0DEV", "ts": "1.000016"}');
INSERT INTO public.attempt VALUES (21, 31, 1795349402, 'sent', '{"ok": true, "channel": "C0DEV", "ts": "1.000017"}');
INSERT INTO public.attempt VALUES (22, 30, 1795349403, 'sent', 'C0DEV 1.000018');
INSERT INTO public.card VALUES ('chat', 'old/jespern/django-piston/commit/aaaaaaaaaaaa', '1.000002', 1795348800);
INSERT INTO public.card VALUES ('chat', 'old/jespern/django-piston/commit/bbbbbbbbbbbb', '1.000010', 1795348801);
INSERT INTO public.card VALUES ('chat', 'old/jespern/django-piston/commit/cccccccccccc', '1.000011', 1795348802);
INSERT INTO public.card VALUES ('chat', 'old/jespern/django-piston/commit/dddddddddddd', '1.000014', 1795349402);
INSERT INTO public.card VALUES ('chat', 'old/jespern/django-piston/commit/eeeeeeeeeeee', '1.000018', 1795349403);
INSERT INTO public.delivery VALUES (10, 'dlv_9482951fad8654f1f07c854c', 'away', 'commit', '{}', NULL, NULL, 1, 1795348800, 1795348800, 'pending', NULL, NULL, 0, 0, NULL, NULL);
INSERT INTO public.delivery VALUES (11, 'dlv_b6915aa6dba5e706eff29ae7', 'locked', 'commit', '{}', NULL, NULL, 1, 1795348800, 1795348800, 'pending', NULL, NULL, 0, 0, NULL, NULL);
INSERT INTO public.delivery VALUES (16, 'dlv_d96fd5c016f992d90600998b', 'away', 'commit', '{}', NULL, NULL, 1, 1795348800, 1795348800, 'pending', NULL, NULL, 0, 0, NULL, NULL);
INSERT INTO public.delivery VALUES (17, 'dlv_c5a81605b5d0a1c7848a061b', 'locked', 'commit', '{}', NULL, NULL, 1, 1795348800, 1795348800, 'pending', NULL, NULL, 0, 0, NULL, NULL);
INSERT INTO public.delivery VALUES (30, 'dlv_f66a4a1f2c9e972ecc16c2f0', 'chat', 'commit', '{}', NULL, NULL, 1, 1795349402, 1795349402, 'sent', NULL, NULL, 1, 0, 1795349403, NULL);
INSERT INTO public.delivery VALUES (7, 'dlv_28efb6d3e348d0a8c7986081', 'chat', 'commit', '{}', NULL, NULL, 1, 1795348800, 1795348800, 'sent', NULL, NULL, 1, 0, 1795348800, NULL);
INSERT INTO public.delivery VALUES (6, 'dlv_789b4bc3c0a91617317d060f', 'busy', 'commit', '{}', NULL, NULL, 1, 1795348800, 1795348800, 'sent', NULL, NULL, 1, 0, 1795348800, NULL);
INSERT INTO public.delivery VALUES (4, 'dlv_a2b8e5bd1647e23471a8a20a', 'locked', 'commit', '{}', NULL, NULL, 1, 1795348800, 1795348800, 'pending', NULL, NULL, 1, 0, NULL, 'http://sink.example answered 401 Unauthorized: not now; check the credentials that it asks for');
INSERT INTO public.delivery VALUES (2, 'dlv_b3f54c7091e6a19135dfeb3d', 'picky', 'commit', '{}', NULL, NULL, 1, 1795348800, 1795348800, 'dead', NULL, NULL, 1, 0, 1795348800, 'http://sink.example answered 400 Bad Request: not now');
INSERT INTO public.delivery VALUES (1, 'dlv_3d704511098ed4987af6bef4', 'lake', 'commit', '{}', NULL, NULL, 1, 1795348800, 1795348800, 'sent', NULL, NULL, 1, 0, 1795348800, NULL);
INSERT INTO public.delivery VALUES (12, 'dlv_2025d7da088904cdb50be655', 'busy', 'commit', '{}', NULL, NULL, 1, 1795348800, 1795348800, 'sent', NULL, NULL, 1, 0, 1795348800, NULL);
INSERT INTO public.delivery VALUES (9, 'dlv_012b6db5d54e9219cdda604d', 'picky', 'commit', '{}', NULL, NULL, 1, 1795348800, 1795348800, 'sent', NULL, NULL, 1, 0, 1795348800, NULL);
INSERT INTO public.delivery VALUES (8, 'dlv_eda06300a1ccb5a000dbaa29', 'lake', 'commit', '{}', NULL, NULL, 1, 1795348800, 1795348800, 'sent', NULL, NULL, 1, 0, 1795348800, NULL);
INSERT INTO public.delivery VALUES (15, 'dlv_68117cc31268b730fce53d3f', 'picky', 'commit', '{}', NULL, NULL, 1, 1795348800, 1795348800, 'sent', NULL, NULL, 1, 0, 1795348800, NULL);
INSERT INTO public.delivery VALUES (14, 'dlv_8140d4c92dfa395ece39737b', 'lake', 'commit', '{}', NULL, NULL, 1, 1795348800, 1795348800, 'sent', NULL, NULL, 1, 0, 1795348800, NULL);
INSERT INTO public.delivery VALUES (20, 'dlv_1cc5c026338ff03134fafde3', 'lake', 'pushed, report_issue', '{}', NULL, NULL, 1, 1795348800, 1795348800, 'sent', NULL, NULL, 1, 0, 1795348800, NULL);
INSERT INTO public.delivery VALUES (13, 'dlv_e0869a21ec259f2d50dcee6e', 'chat', 'commit', '{}', NULL, NULL, 1, 1795348800, 1795348800, 'sent', NULL, NULL, 1, 0, 1795348801, NULL);
INSERT INTO public.delivery VALUES (19, 'dlv_744c732bc560b2744d302bac', 'chat', 'commit', '{}', NULL, NULL, 1, 1795348800, 1795348800, 'sent', NULL, NULL, 1, 0, 1795348802, NULL);
INSERT INTO public.delivery VALUES (23, 'dlv_8259cf7c89a57a1ab62c8fa5', 'away', 'commit', '{}', NULL, NULL, 1, 1795349402, 1795349402, 'pending', NULL, NULL, 0, 0, NULL, NULL);
INSERT INTO public.delivery VALUES (24, 'dlv_b52b90317b2a9ad7368a1bc3', 'locked', 'commit', '{}', NULL, NULL, 1, 1795349402, 1795349402, 'pending', NULL, NULL, 0, 0, NULL, NULL);
INSERT INTO public.delivery VALUES (28, 'dlv_55e294421a27275a566a65af', 'away', 'commit', '{}', NULL, NULL, 1, 1795349402, 1795349402, 'pending', NULL, NULL, 0, 0, NULL, NULL);
INSERT INTO public.delivery VALUES (29, 'dlv_d6097f0727317bc9bae5c7c2', 'locked', 'commit', '{}', NULL, NULL, 1, 1795349402, 1795349402, 'pending', NULL, NULL, 0, 0, NULL, NULL);
INSERT INTO public.delivery VALUES (5, 'dlv_ec99b6e9a8cd2e58b6d26a5e', 'daily', 'commit', '{}', 'digest:2026-11-22T18:00:00Z', 'digest', 5, 1795348800, 1795370400, 'pending', NULL, NULL, 0, 0, NULL, NULL);
INSERT INTO public.delivery VALUES (18, 'dlv_11aae4a6797102e2bdbdcc06', 'busy', 'commit', '{}', 'limit:2026-11-22T13:00:00Z', 'limit', 3, 1795348800, 1795352400, 'pending', NULL, NULL, 0, 0, NULL, NULL);
INSERT INTO public.delivery VALUES (22, 'dlv_d62b156696485db37bbc2928', 'picky', 'commit', '{}', NULL, NULL, 1, 1795349402, 1795349402, 'sent', NULL, NULL, 1, 0, 1795349402, NULL);
INSERT INTO public.delivery VALUES (21, 'dlv_4fad8c60fde76d58f011f224', 'lake', 'commit', '{}', NULL, NULL, 1, 1795349402, 1795349402, 'sent', NULL, NULL, 1, 0, 1795349402, NULL);
INSERT INTO public.delivery VALUES (3, 'dlv_131d6e6ad0ee5d2e11f7c854', 'away', 'commit', '{}', NULL, NULL, 1, 1795348800, 1795348800, 'pending', NULL, NULL, 2, 2, NULL, 'http://sink.example answered 503 Service Unavailable: not now');
INSERT INTO public.delivery VALUES (25, 'dlv_fac99720a92cb6277d6e16d2', 'chat', 'commit', '{}', NULL, NULL, 1, 1795349402, 1795349402, 'sent', NULL, NULL, 1, 0, 1795349402, NULL);
INSERT INTO public.delivery VALUES (27, 'dlv_c715eaef43926ab06f5070e1', 'picky', 'commit', '{}', NULL, NULL, 1, 1795349402, 1795349402, 'sent', NULL, NULL, 1, 0, 1795349402, NULL);
INSERT INTO public.delivery VALUES (26, 'dlv_f1fa6556f190cc2b38623d99', 'lake', 'commit', '{}', NULL, NULL, 1, 1795349402, 1795349402, 'sent', NULL, NULL, 1, 0, 1795349402, NULL);
INSERT INTO public.delivery VALUES (31, 'dlv_aeecbaa48c19beeb17c53499', 'lake', 'pushed, report_issue', '{}', NULL, NULL, 1, 1795349402, 1795349402, 'sent', NULL, NULL, 1, 0, 1795349402, NULL);
INSERT INTO public.delivery_event VALUES (1, 'lake', 1);
INSERT INTO public.delivery_event VALUES (1, 'picky', 2);
INSERT INTO public.delivery_event VALUES (1, 'away', 3);
INSERT INTO public.delivery_event VALUES (1, 'locked', 4);
INSERT INTO public.delivery_event VALUES (1, 'daily', 5);
INSERT INTO public.delivery_event VALUES (1, 'busy', 6);
INSERT INTO public.delivery_event VALUES (1, 'chat', 7);
INSERT INTO public.delivery_event VALUES (2, 'lake', 8);
INSERT INTO public.delivery_event VALUES (2, 'picky', 9);
INSERT INTO public.delivery_event VALUES (2, 'away', 10);
INSERT INTO public.delivery_event VALUES (2, 'locked', 11);
INSERT INTO public.delivery_event VALUES (2, 'daily', 5);
INSERT INTO public.delivery_event VALUES (2, 'busy', 12);
INSERT INTO public.delivery_event VALUES (2, 'chat', 13);
INSERT INTO public.delivery_event VALUES (3, 'lake', 14);
INSERT INTO public.delivery_event VALUES (3, 'picky', 15);
INSERT INTO public.delivery_event VALUES (3, 'away', 16);
INSERT INTO public.delivery_event VALUES (3, 'locked', 17);
INSERT INTO public.delivery_event VALUES (3, 'daily', 5);
INSERT INTO public.delivery_event VALUES (3, 'busy', 18);
INSERT INTO public.delivery_event VALUES (3, 'chat', 19);
INSERT INTO public.delivery_event VALUES (4, 'lake', 20);
INSERT INTO public.delivery_event VALUES (8, 'lake', 21);
INSERT INTO public.delivery_event VALUES (8, 'picky', 22);
INSERT INTO public.delivery_event VALUES (8, 'away', 23);
INSERT INTO public.delivery_event VALUES (8, 'locked', 24);
INSERT INTO public.delivery_event VALUES (8, 'daily', 5);
INSERT INTO public.delivery_event VALUES (8, 'busy', 18);
INSERT INTO public.delivery_event VALUES (8, 'chat', 25);
INSERT INTO public.delivery_event VALUES (9, 'lake', 26);
INSERT INTO public.delivery_event VALUES (9, 'picky', 27);
INSERT INTO public.delivery_event VALUES (9, 'away', 28);
INSERT INTO public.delivery_event VALUES (9, 'locked', 29);
INSERT INTO public.delivery_event VALUES (9, 'daily', 5);
INSERT INTO public.delivery_event VALUES (9, 'busy', 18);
INSERT INTO public.delivery_event VALUES (9, 'chat', 30);
INSERT INTO public.delivery_event VALUES (10, 'lake', 31);
INSERT INTO public.event VALUES (1, 'old', '8b4a2fea7ae62bd644fa0e2e0e06de0e', 'commit', 'jespern', 'django-piston', 'ada', true, 1795348800, '{"id":"8b4a2fea7ae62bd644fa0e2e0e06de0e","type":"commit","source":"old","occurred_at":"2026-11-21T13:37:00Z","seen_at":"2026-11-22T12:00:00Z","repository":{"owner":"jespern","slug":"django-piston","name":"Piston","url":"https://bitbucket.org/jespern/django-piston","private":false},"actor":{"username":"ada","name":"Ada L","url":"https://bitbucket.org/ada","avatar_url":null},"title":"change a","url":"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa","number":null,"state":null,"branch":null,"target_branch":null,"commits":[{"hash":"aaaaaaaaaaaa","message":"change a","author":"Ada L","url":"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa"}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":false}');
INSERT INTO public.event VALUES (2, 'old', '0c09ff32da57bcfaaa1dfb7a393a6519', 'commit', 'jespern', 'django-piston', 'ada', true, 1795348800, '{"id":"0c09ff32da57bcfaaa1dfb7a393a6519","type":"commit","source":"old","occurred_at":"2026-11-21T13:38:00Z","seen_at":"2026-11-22T12:00:00Z","repository":{"owner":"jespern","slug":"django-piston","name":"Piston","url":"https://bitbucket.org/jespern/django-piston","private":false},"actor":{"username":"ada","name":"Ada L","url":"https://bitbucket.org/ada","avatar_url":null},"title":"change b","url":"https://bitbucket.org/jespern/django-piston/commits/bbbbbbbbbbbb","number":null,"state":null,"branch":null,"target_branch":null,"commits":[{"hash":"bbbbbbbbbbbb","message":"change b","author":"Ada L","url":"https://bitbucket.org/jespern/django-piston/commits/bbbbbbbbbbbb"}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":false}');
INSERT INTO public.event VALUES (3, 'old', '977e27b715d260254da22503ff4f8cdb', 'commit', 'jespern', 'django-piston', 'ada', true, 1795348800, '{"id":"977e27b715d260254da22503ff4f8cdb","type":"commit","source":"old","occurred_at":"2026-11-21T13:39:00Z","seen_at":"2026-11-22T12:00:00Z","repository":{"owner":"jespern","slug":"django-piston","name":"Piston","url":"https://bitbucket.org/jespern/django-piston","private":false},"actor":{"username":"ada","name":"Ada L","url":"https://bitbucket.org/ada","avatar_url":null},"title":"change c","url":"https://bitbucket.org/jespern/django-piston/commits/cccccccccccc","number":null,"state":null,"branch":null,"target_branch":null,"commits":[{"hash":"cccccccccccc","message":"change c","author":"Ada L","url":"https://bitbucket.org/jespern/django-piston/commits/cccccccccccc"}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":false}');
INSERT INTO public.event VALUES (4, 'code', 'f8b7f325ed6b10e7:push:refs/heads/main:0000000000000000000000000000000000000000..a8a34fbe654e5d03de5fa450f0d4d39305d621ed:0', 'pushed', 'acme', 'site', NULL, false, 1795348800, '{"id":"f8b7f325ed6b10e7:push:refs/heads/main:0000000000000000000000000000000000000000..a8a34fbe654e5d03de5fa450f0d4d39305d621ed:0","type":"pushed","source":"code","occurred_at":"2026-11-20T00:00:03Z","seen_at":"2026-11-22T12:00:00Z","repository":{"owner":"acme","slug":"site","name":"site","url":null,"private":null},"actor":{"username":null,"name":"Ada L","url":null,"avatar_url":null},"title":null,"url":null,"number":null,"state":null,"branch":"main","target_branch":null,"commits":[{"hash":"a8a34fbe654e5d03de5fa450f0d4d39305d621ed","message":"push c","author":"Ada L","url":null},{"hash":"795c83b046eca7ac7bc354000d6bd77055a76ea8","message":"push b","author":"Ada L","url":null},{"hash":"6a036682aea3993fe8f1e9add2251b87f92b8e0e","message":"push a","author":"Ada L","url":null}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":["actor","occurred_at"],"derived":false}');
INSERT INTO public.event VALUES (5, 'code', 'f8b7f325ed6b10e7:commit:6a036682aea3993fe8f1e9add2251b87f92b8e0e', 'commit', 'acme', 'site', NULL, false, 1795348800, '{"id":"f8b7f325ed6b10e7:commit:6a036682aea3993fe8f1e9add2251b87f92b8e0e","type":"commit","source":"code","occurred_at":"2026-11-20T00:00:01Z","seen_at":"2026-11-22T12:00:00Z","repository":{"owner":"acme","slug":"site","name":"site","url":null,"private":null},"actor":{"username":null,"name":"Ada L","url":null,"avatar_url":null},"title":null,"url":null,"number":null,"state":null,"branch":"main","target_branch":null,"commits":[{"hash":"6a036682aea3993fe8f1e9add2251b87f92b8e0e","message":"push a","author":"Ada L","url":null}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":true}');
INSERT INTO public.event VALUES (6, 'code', 'f8b7f325ed6b10e7:commit:795c83b046eca7ac7bc354000d6bd77055a76ea8', 'commit', 'acme', 'site', NULL, false, 1795348800, '{"id":"f8b7f325ed6b10e7:commit:795c83b046eca7ac7bc354000d6bd77055a76ea8","type":"commit","source":"code","occurred_at":"2026-11-20T00:00:02Z","seen_at":"2026-11-22T12:00:00Z","repository":{"owner":"acme","slug":"site","name":"site","url":null,"private":null},"actor":{"username":null,"name":"Ada L","url":null,"avatar_url":null},"title":null,"url":null,"number":null,"state":null,"branch":"main","target_branch":null,"commits":[{"hash":"795c83b046eca7ac7bc354000d6bd77055a76ea8","message":"push b","author":"Ada L","url":null}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":true}');
INSERT INTO public.event VALUES (7, 'code', 'f8b7f325ed6b10e7:commit:a8a34fbe654e5d03de5fa450f0d4d39305d621ed', 'commit', 'acme', 'site', NULL, false, 1795348800, '{"id":"f8b7f325ed6b10e7:commit:a8a34fbe654e5d03de5fa450f0d4d39305d621ed","type":"commit","source":"code","occurred_at":"2026-11-20T00:00:03Z","seen_at":"2026-11-22T12:00:00Z","repository":{"owner":"acme","slug":"site","name":"site","url":null,"private":null},"actor":{"username":null,"name":"Ada L","url":null,"avatar_url":null},"title":null,"url":null,"number":null,"state":null,"branch":"main","target_branch":null,"commits":[{"hash":"a8a34fbe654e5d03de5fa450f0d4d39305d621ed","message":"push c","author":"Ada L","url":null}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":true}');
INSERT INTO public.event VALUES (8, 'old', '4f1751c858857b9ff66c67cecabbb44c', 'commit', 'jespern', 'django-piston', 'ada', true, 1795349402, '{"id":"4f1751c858857b9ff66c67cecabbb44c","type":"commit","source":"old","occurred_at":"2026-11-21T13:40:00Z","seen_at":"2026-11-22T12:10:02Z","repository":{"owner":"jespern","slug":"django-piston","name":"Piston","url":"https://bitbucket.org/jespern/django-piston","private":false},"actor":{"username":"ada","name":"Ada L","url":"https://bitbucket.org/ada","avatar_url":null},"title":"change d","url":"https://bitbucket.org/jespern/django-piston/commits/dddddddddddd","number":null,"state":null,"branch":null,"target_branch":null,"commits":[{"hash":"dddddddddddd","message":"change d","author":"Ada L","url":"https://bitbucket.org/jespern/django-piston/commits/dddddddddddd"}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":false}');
INSERT INTO public.event VALUES (9, 'old', '24c45aa6ec9d1f0541a8f708e073cdae', 'commit', 'jespern', 'django-piston', 'ada', true, 1795349402, '{"id":"24c45aa6ec9d1f0541a8f708e073cdae","type":"commit","source":"old","occurred_at":"2026-11-21T13:41:00Z","seen_at":"2026-11-22T12:10:02Z","repository":{"owner":"jespern","slug":"django-piston","name":"Piston","url":"https://bitbucket.org/jespern/django-piston","private":false},"actor":{"username":"ada","name":"Ada L","url":"https://bitbucket.org/ada","avatar_url":null},"title":"change e","url":"https://bitbucket.org/jespern/django-piston/commits/eeeeeeeeeeee","number":null,"state":null,"branch":null,"target_branch":null,"commits":[{"hash":"eeeeeeeeeeee","message":"change e","author":"Ada L","url":"https://bitbucket.org/jespern/django-piston/commits/eeeeeeeeeeee"}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":false}');
INSERT INTO public.event VALUES (10, 'code', 'f8b7f325ed6b10e7:push:refs/heads/main:a8a34fbe654e5d03de5fa450f0d4d39305d621ed..bd39acc4a34e9d85e6329362cd386920e4c039af:0', 'pushed', 'acme', 'site', NULL, false, 1795349402, '{"id":"f8b7f325ed6b10e7:push:refs/heads/main:a8a34fbe654e5d03de5fa450f0d4d39305d621ed..bd39acc4a34e9d85e6329362cd386920e4c039af:0","type":"pushed","source":"code","occurred_at":"2026-11-20T00:00:05Z","seen_at":"2026-11-22T12:10:02Z","repository":{"owner":"acme","slug":"site","name":"site","url":null,"private":null},"actor":{"username":null,"name":"Ada L","url":null,"avatar_url":null},"title":null,"url":null,"number":null,"state":null,"branch":"main","target_branch":null,"commits":[{"hash":"bd39acc4a34e9d85e6329362cd386920e4c039af","message":"push e","author":"Ada L","url":null},{"hash":"dfd3e036281fa6319b48edf56110b55af93d5b15","message":"push d","author":"Ada L","url":null}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":["actor","occurred_at"],"derived":false}');
INSERT INTO public.event VALUES (11, 'code', 'f8b7f325ed6b10e7:commit:dfd3e036281fa6319b48edf56110b55af93d5b15', 'commit', 'acme', 'site', NULL, false, 1795349402, '{"id":"f8b7f325ed6b10e7:commit:dfd3e036281fa6319b48edf56110b55af93d5b15","type":"commit","source":"code","occurred_at":"2026-11-20T00:00:04Z","seen_at":"2026-11-22T12:10:02Z","repository":{"owner":"acme","slug":"site","name":"site","url":null,"private":null},"actor":{"username":null,"name":"Ada L","url":null,"avatar_url":null},"title":null,"url":null,"number":null,"state":null,"branch":"main","target_branch":null,"commits":[{"hash":"dfd3e036281fa6319b48edf56110b55af93d5b15","message":"push d","author":"Ada L","url":null}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":true}');
INSERT INTO public.event VALUES (12, 'code', 'f8b7f325ed6b10e7:commit:bd39acc4a34e9d85e6329362cd386920e4c039af', 'commit', 'acme', 'site', NULL, false, 1795349402, '{"id":"f8b7f325ed6b10e7:commit:bd39acc4a34e9d85e6329362cd386920e4c039af","type":"commit","source":"code","occurred_at":"2026-11-20T00:00:05Z","seen_at":"2026-11-22T12:10:02Z","repository":{"owner":"acme","slug":"site","name":"site","url":null,"private":null},"actor":{"username":null,"name":"Ada L","url":null,"avatar_url":null},"title":null,"url":null,"number":null,"state":null,"branch":"main","target_branch":null,"commits":[{"hash":"bd39acc4a34e9d85e6329362cd386920e4c039af","message":"push e","author":"Ada L","url":null}],"total_commits":null,"comment":null,"labels":[],"draft":null,"reviewers":[],"guessed":[],"derived":true}');
INSERT INTO public.feed VALUES (2, 'old', 'repositories/acme/site', '{"memory":["a6cabda44a568118","9b95df3ebcdef155","3ea71d634100ef52","d0a3ffdd5a8739fa","4b5e7199d92bfc0d"],"mark":"94930eb0c5e3a24a","body":"f2701ff86d418970","walk":"94930eb0c5e3a24a"}', 1795349463.9916334, NULL, 1795349402, 1795349402, 1795349402, 0, NULL, NULL, NULL);
INSERT INTO public.feed VALUES (1, 'code', 'http://git.example/acme/site.git', '{"refs":{"refs/heads/main":"bd39acc4a34e9d85e6329362cd386920e4c039af"},"n":{"refs/heads/main":1},"head":"refs/heads/main"}', 1795349463.427848, NULL, 1795349402, 1795349402, 1795349402, 0, NULL, NULL, NULL);
INSERT INTO public.lane VALUES ('daily', 'http://sink.example', '22e381efbb241d5afd1976bbd1166593', 1795370400, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.lane VALUES ('locked', 'http://sink.example', '619b67bbd26eafb4b32a91f093c924a1', 1795352400, 1795352400, 'blocked', NULL, 0, NULL, NULL, 1795348800, 'http://sink.example answered 401 Unauthorized: not now; check the credentials that it asks for', NULL);
INSERT INTO public.lane VALUES ('away', 'http://sink.example', '6fa0686e63273782ef3d9487bdfecf5e', 1795349429.3167198, 1795349429.3167198, 'backoff', NULL, 2, 1795348800, NULL, NULL, 'http://sink.example answered 503 Service Unavailable: not now', NULL);
INSERT INTO public.lane VALUES ('busy', 'http://sink.example', '878f9323807414e1d12a4263c25fe409', 1795352400, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL, '{"limit:2026-11-22T13:00:00Z": [5, 1795352400.0]}');
INSERT INTO public.lane VALUES ('picky', 'http://sink.example', 'b9f2dac311e9431e1295750905bce7b2', NULL, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.lane VALUES ('lake', 'http://sink.example', 'b113018b895f54b6176db62ecf9d07c3', NULL, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.lane VALUES ('chat', 'slack:66a33937da7c', '527ed62546d30faf4351e8d22078ae8c', NULL, 1795349404, 'pace', NULL, 0, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.meta VALUES ('schema', '1');
INSERT INTO public.meta VALUES ('pruned_event', '0');
INSERT INTO public.meta VALUES ('pruned_words', '1794744603.0');
INSERT INTO public.words VALUES (3, 1795348800, '{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:37:00Z\",\"summary\":\"Ada L committed aaaaaaa: change a (jespern/django-piston)\",\"data\":{\"id\":\"8b4a2fea7ae62bd644fa0e2e0e06de0e\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:37:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change a\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"aaaaaaaaaaaa\",\"message\":\"change a\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_131d6e6ad0ee5d2e11f7c854\",\"destination\":\"away\",\"rule\":\"commit\"}}"}');
INSERT INTO public.words VALUES (7, 1795348800, '{"text":"Ada L committed aaaaaaa: change a (jespern/django-piston), on Sat 21 Nov at 13:37","blocks":"[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"*Ada L* committed <https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa|`aaaaaaa`>: change a\"}},{\"type\":\"context\",\"elements\":[{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"on Sat 21 Nov at 13:37\"},{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"<https://bitbucket.org/jespern/django-piston|jespern/django-piston>\"}]}]"}');
INSERT INTO public.words VALUES (6, 1795348800, '{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:37:00Z\",\"summary\":\"Ada L committed aaaaaaa: change a (jespern/django-piston)\",\"data\":{\"id\":\"8b4a2fea7ae62bd644fa0e2e0e06de0e\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:37:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change a\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"aaaaaaaaaaaa\",\"message\":\"change a\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_789b4bc3c0a91617317d060f\",\"destination\":\"busy\",\"rule\":\"commit\"}}"}');
INSERT INTO public.words VALUES (4, 1795348800, '{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:37:00Z\",\"summary\":\"Ada L committed aaaaaaa: change a (jespern/django-piston)\",\"data\":{\"id\":\"8b4a2fea7ae62bd644fa0e2e0e06de0e\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:37:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change a\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"aaaaaaaaaaaa\",\"message\":\"change a\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_a2b8e5bd1647e23471a8a20a\",\"destination\":\"locked\",\"rule\":\"commit\"}}"}');
INSERT INTO public.words VALUES (2, 1795348800, '{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:37:00Z\",\"summary\":\"Ada L committed aaaaaaa: change a (jespern/django-piston)\",\"data\":{\"id\":\"8b4a2fea7ae62bd644fa0e2e0e06de0e\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:37:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change a\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"aaaaaaaaaaaa\",\"message\":\"change a\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_b3f54c7091e6a19135dfeb3d\",\"destination\":\"picky\",\"rule\":\"commit\"}}"}');
INSERT INTO public.words VALUES (1, 1795348800, '{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:37:00Z\",\"summary\":\"Ada L committed aaaaaaa: change a (jespern/django-piston)\",\"data\":{\"id\":\"8b4a2fea7ae62bd644fa0e2e0e06de0e\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:37:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change a\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"aaaaaaaaaaaa\",\"message\":\"change a\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/aaaaaaaaaaaa\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_3d704511098ed4987af6bef4\",\"destination\":\"lake\",\"rule\":\"commit\"}}"}');
INSERT INTO public.words VALUES (12, 1795348800, '{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:38:00Z\",\"summary\":\"Ada L committed bbbbbbb: change b (jespern/django-piston)\",\"data\":{\"id\":\"0c09ff32da57bcfaaa1dfb7a393a6519\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:38:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change b\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/bbbbbbbbbbbb\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"bbbbbbbbbbbb\",\"message\":\"change b\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/bbbbbbbbbbbb\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_2025d7da088904cdb50be655\",\"destination\":\"busy\",\"rule\":\"commit\"}}"}');
INSERT INTO public.words VALUES (9, 1795348800, '{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:38:00Z\",\"summary\":\"Ada L committed bbbbbbb: change b (jespern/django-piston)\",\"data\":{\"id\":\"0c09ff32da57bcfaaa1dfb7a393a6519\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:38:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change b\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/bbbbbbbbbbbb\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"bbbbbbbbbbbb\",\"message\":\"change b\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/bbbbbbbbbbbb\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_012b6db5d54e9219cdda604d\",\"destination\":\"picky\",\"rule\":\"commit\"}}"}');
INSERT INTO public.words VALUES (8, 1795348800, '{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:38:00Z\",\"summary\":\"Ada L committed bbbbbbb: change b (jespern/django-piston)\",\"data\":{\"id\":\"0c09ff32da57bcfaaa1dfb7a393a6519\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:38:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change b\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/bbbbbbbbbbbb\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"bbbbbbbbbbbb\",\"message\":\"change b\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/bbbbbbbbbbbb\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_eda06300a1ccb5a000dbaa29\",\"destination\":\"lake\",\"rule\":\"commit\"}}"}');
INSERT INTO public.words VALUES (15, 1795348800, '{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:39:00Z\",\"summary\":\"Ada L committed ccccccc: change c (jespern/django-piston)\",\"data\":{\"id\":\"977e27b715d260254da22503ff4f8cdb\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:39:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change c\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/cccccccccccc\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"cccccccccccc\",\"message\":\"change c\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/cccccccccccc\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_68117cc31268b730fce53d3f\",\"destination\":\"picky\",\"rule\":\"commit\"}}"}');
INSERT INTO public.words VALUES (14, 1795348800, '{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:39:00Z\",\"summary\":\"Ada L committed ccccccc: change c (jespern/django-piston)\",\"data\":{\"id\":\"977e27b715d260254da22503ff4f8cdb\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:39:00Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change c\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/cccccccccccc\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"cccccccccccc\",\"message\":\"change c\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/cccccccccccc\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_8140d4c92dfa395ece39737b\",\"destination\":\"lake\",\"rule\":\"commit\"}}"}');
INSERT INTO public.words VALUES (20, 1795348800, '{"body":"{\"type\":\"pushed\",\"timestamp\":\"2026-11-20T00:00:03Z\",\"summary\":\"3 commits were pushed to main (acme/site)\",\"data\":{\"id\":\"f8b7f325ed6b10e7:push:refs/heads/main:0000000000000000000000000000000000000000..a8a34fbe654e5d03de5fa450f0d4d39305d621ed:0\",\"type\":\"pushed\",\"source\":\"code\",\"occurred_at\":\"2026-11-20T00:00:03Z\",\"seen_at\":\"2026-11-22T12:00:00Z\",\"repository\":{\"owner\":\"acme\",\"slug\":\"site\",\"name\":\"site\",\"url\":null,\"private\":null},\"actor\":{\"username\":null,\"name\":\"Ada L\",\"url\":null,\"avatar_url\":null},\"title\":null,\"url\":null,\"number\":null,\"state\":null,\"branch\":\"main\",\"target_branch\":null,\"commits\":[{\"hash\":\"a8a34fbe654e5d03de5fa450f0d4d39305d621ed\",\"message\":\"push c\",\"author\":\"Ada L\",\"url\":null},{\"hash\":\"795c83b046eca7ac7bc354000d6bd77055a76ea8\",\"message\":\"push b\",\"author\":\"Ada L\",\"url\":null},{\"hash\":\"6a036682aea3993fe8f1e9add2251b87f92b8e0e\",\"message\":\"push a\",\"author\":\"Ada L\",\"url\":null}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[\"actor\",\"occurred_at\"],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_1cc5c026338ff03134fafde3\",\"destination\":\"lake\",\"rule\":\"pushed, report_issue\"}}"}');
INSERT INTO public.words VALUES (13, 1795348801, '{"text":"Ada L committed bbbbbbb: change b (jespern/django-piston), on Sat 21 Nov at 13:38","blocks":"[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"*Ada L* committed <https://bitbucket.org/jespern/django-piston/commits/bbbbbbbbbbbb|`bbbbbbb`>: change b\"}},{\"type\":\"context\",\"elements\":[{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"on Sat 21 Nov at 13:38\"},{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"<https://bitbucket.org/jespern/django-piston|jespern/django-piston>\"}]}]"}');
INSERT INTO public.words VALUES (19, 1795348802, '{"text":"Ada L committed ccccccc: change c (jespern/django-piston), on Sat 21 Nov at 13:39","blocks":"[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"*Ada L* committed <https://bitbucket.org/jespern/django-piston/commits/cccccccccccc|`ccccccc`>: change c\"}},{\"type\":\"context\",\"elements\":[{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"on Sat 21 Nov at 13:39\"},{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"<https://bitbucket.org/jespern/django-piston|jespern/django-piston>\"}]}]"}');
INSERT INTO public.words VALUES (22, 1795349402, '{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:40:00Z\",\"summary\":\"Ada L committed ddddddd: change d (jespern/django-piston)\",\"data\":{\"id\":\"4f1751c858857b9ff66c67cecabbb44c\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:40:00Z\",\"seen_at\":\"2026-11-22T12:10:02Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change d\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/dddddddddddd\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"dddddddddddd\",\"message\":\"change d\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/dddddddddddd\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_d62b156696485db37bbc2928\",\"destination\":\"picky\",\"rule\":\"commit\"}}"}');
INSERT INTO public.words VALUES (21, 1795349402, '{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:40:00Z\",\"summary\":\"Ada L committed ddddddd: change d (jespern/django-piston)\",\"data\":{\"id\":\"4f1751c858857b9ff66c67cecabbb44c\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:40:00Z\",\"seen_at\":\"2026-11-22T12:10:02Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change d\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/dddddddddddd\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"dddddddddddd\",\"message\":\"change d\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/dddddddddddd\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_4fad8c60fde76d58f011f224\",\"destination\":\"lake\",\"rule\":\"commit\"}}"}');
INSERT INTO public.words VALUES (25, 1795349402, '{"text":"Ada L committed ddddddd: change d (jespern/django-piston), on Sat 21 Nov at 13:40","blocks":"[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"*Ada L* committed <https://bitbucket.org/jespern/django-piston/commits/dddddddddddd|`ddddddd`>: change d\"}},{\"type\":\"context\",\"elements\":[{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"on Sat 21 Nov at 13:40\"},{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"<https://bitbucket.org/jespern/django-piston|jespern/django-piston>\"}]}]"}');
INSERT INTO public.words VALUES (27, 1795349402, '{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:41:00Z\",\"summary\":\"Ada L committed eeeeeee: change e (jespern/django-piston)\",\"data\":{\"id\":\"24c45aa6ec9d1f0541a8f708e073cdae\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:41:00Z\",\"seen_at\":\"2026-11-22T12:10:02Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change e\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/eeeeeeeeeeee\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"eeeeeeeeeeee\",\"message\":\"change e\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/eeeeeeeeeeee\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_c715eaef43926ab06f5070e1\",\"destination\":\"picky\",\"rule\":\"commit\"}}"}');
INSERT INTO public.words VALUES (26, 1795349402, '{"body":"{\"type\":\"commit\",\"timestamp\":\"2026-11-21T13:41:00Z\",\"summary\":\"Ada L committed eeeeeee: change e (jespern/django-piston)\",\"data\":{\"id\":\"24c45aa6ec9d1f0541a8f708e073cdae\",\"type\":\"commit\",\"source\":\"old\",\"occurred_at\":\"2026-11-21T13:41:00Z\",\"seen_at\":\"2026-11-22T12:10:02Z\",\"repository\":{\"owner\":\"jespern\",\"slug\":\"django-piston\",\"name\":\"Piston\",\"url\":\"https://bitbucket.org/jespern/django-piston\",\"private\":false},\"actor\":{\"username\":\"ada\",\"name\":\"Ada L\",\"url\":\"https://bitbucket.org/ada\",\"avatar_url\":null},\"title\":\"change e\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/eeeeeeeeeeee\",\"number\":null,\"state\":null,\"branch\":null,\"target_branch\":null,\"commits\":[{\"hash\":\"eeeeeeeeeeee\",\"message\":\"change e\",\"author\":\"Ada L\",\"url\":\"https://bitbucket.org/jespern/django-piston/commits/eeeeeeeeeeee\"}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_f1fa6556f190cc2b38623d99\",\"destination\":\"lake\",\"rule\":\"commit\"}}"}');
INSERT INTO public.words VALUES (31, 1795349402, '{"body":"{\"type\":\"pushed\",\"timestamp\":\"2026-11-20T00:00:05Z\",\"summary\":\"2 commits were pushed to main (acme/site)\",\"data\":{\"id\":\"f8b7f325ed6b10e7:push:refs/heads/main:a8a34fbe654e5d03de5fa450f0d4d39305d621ed..bd39acc4a34e9d85e6329362cd386920e4c039af:0\",\"type\":\"pushed\",\"source\":\"code\",\"occurred_at\":\"2026-11-20T00:00:05Z\",\"seen_at\":\"2026-11-22T12:10:02Z\",\"repository\":{\"owner\":\"acme\",\"slug\":\"site\",\"name\":\"site\",\"url\":null,\"private\":null},\"actor\":{\"username\":null,\"name\":\"Ada L\",\"url\":null,\"avatar_url\":null},\"title\":null,\"url\":null,\"number\":null,\"state\":null,\"branch\":\"main\",\"target_branch\":null,\"commits\":[{\"hash\":\"bd39acc4a34e9d85e6329362cd386920e4c039af\",\"message\":\"push e\",\"author\":\"Ada L\",\"url\":null},{\"hash\":\"dfd3e036281fa6319b48edf56110b55af93d5b15\",\"message\":\"push d\",\"author\":\"Ada L\",\"url\":null}],\"total_commits\":null,\"comment\":null,\"labels\":[],\"draft\":null,\"reviewers\":[],\"guessed\":[\"actor\",\"occurred_at\"],\"derived\":false},\"relay\":{\"version\":1,\"delivery\":\"dlv_aeecbaa48c19beeb17c53499\",\"destination\":\"lake\",\"rule\":\"pushed, report_issue\"}}"}');
INSERT INTO public.words VALUES (30, 1795349403, '{"text":"Ada L committed eeeeeee: change e (jespern/django-piston), on Sat 21 Nov at 13:41","blocks":"[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"*Ada L* committed <https://bitbucket.org/jespern/django-piston/commits/eeeeeeeeeeee|`eeeeeee`>: change e\"}},{\"type\":\"context\",\"elements\":[{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"on Sat 21 Nov at 13:41\"},{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":\"<https://bitbucket.org/jespern/django-piston|jespern/django-piston>\"}]}]"}');
SELECT pg_catalog.setval('public.attempt_id_seq', 22, true);
SELECT pg_catalog.setval('public.delivery_seq_seq', 31, true);
SELECT pg_catalog.setval('public.event_seq_seq', 12, true);
SELECT pg_catalog.setval('public.feed_id_seq', 2, true);
ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT attempt_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.card
    ADD CONSTRAINT card_pkey PRIMARY KEY (destination, thing);
ALTER TABLE ONLY public.delivery_event
    ADD CONSTRAINT delivery_event_pkey PRIMARY KEY (event, destination);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_id_key UNIQUE (id);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_source_id_key UNIQUE (source, id);
ALTER TABLE ONLY public.feed
    ADD CONSTRAINT feed_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.feed
    ADD CONSTRAINT feed_source_key_key UNIQUE (source, key);
ALTER TABLE ONLY public.lane
    ADD CONSTRAINT lane_pkey PRIMARY KEY (destination);
ALTER TABLE ONLY public.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.words
    ADD CONSTRAINT words_pkey PRIMARY KEY (delivery);
CREATE INDEX attempt_delivery ON public.attempt USING btree (delivery);
CREATE INDEX card_updated ON public.card USING btree (updated_at);
CREATE INDEX delivery_aside ON public.delivery USING btree (destination, due_at) WHERE ((state = 'pending'::text) AND (aside_at IS NOT NULL));
CREATE INDEX delivery_bundle ON public.delivery USING btree (destination, bundle) WHERE ((state = 'pending'::text) AND (bundle IS NOT NULL));
CREATE INDEX delivery_dead ON public.delivery USING btree (seq) WHERE (state = 'dead'::text);
CREATE INDEX delivery_event_delivery ON public.delivery_event USING btree (delivery, event);
CREATE INDEX delivery_settled ON public.delivery USING btree (settled_at) WHERE (settled_at IS NOT NULL);
CREATE INDEX delivery_waiting ON public.delivery USING btree (destination, release_at, seq) WHERE ((state = 'pending'::text) AND (aside_at IS NULL));
CREATE INDEX event_repository ON public.event USING btree (owner, slug, seq, public, type);
CREATE INDEX event_user ON public.event USING btree (username, seq, public, type) WHERE (username IS NOT NULL);
CREATE INDEX feed_ready ON public.feed USING btree (ready_at) WHERE (ready_at IS NOT NULL);
CREATE INDEX lane_ready ON public.lane USING btree (ready_at) WHERE (ready_at IS NOT NULL);
ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT attempt_delivery_fkey FOREIGN KEY (delivery) REFERENCES public.delivery(seq) ON DELETE CASCADE;
ALTER TABLE ONLY public.delivery_event
    ADD CONSTRAINT delivery_event_delivery_fkey FOREIGN KEY (delivery) REFERENCES public.delivery(seq) ON DELETE CASCADE;
ALTER TABLE ONLY public.words
    ADD CONSTRAINT words_delivery_fkey FOREIGN KEY (delivery) REFERENCES public.delivery(seq) ON DELETE CASCADE;
