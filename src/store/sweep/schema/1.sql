-- The store of `rdsca sweep`, described in docs/store.md. Times are seconds since 1970 in UTC, those of `due` milliseconds.

-- Texts and documents that many rows share, by the first 16 bytes of their SHA-256.
CREATE TABLE texts (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    text TEXT NOT NULL
);

CREATE TABLE sweeps (
    id INTEGER PRIMARY KEY,
    scope INTEGER NOT NULL REFERENCES texts (id),
    began INTEGER NOT NULL,
    ended INTEGER,
    complete INTEGER NOT NULL DEFAULT 0,
    stop INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    requests INTEGER NOT NULL DEFAULT 0,
    counts TEXT
);

-- How far the list of a registry's repositories has come.
CREATE TABLE listings (
    sweep INTEGER NOT NULL REFERENCES sweeps (id),
    registry TEXT NOT NULL,
    cursor TEXT,
    done INTEGER NOT NULL DEFAULT 0,
    failure TEXT,
    PRIMARY KEY (sweep, registry)
) WITHOUT ROWID;

CREATE TABLE hosts (
    host TEXT PRIMARY KEY,
    blocked_until INTEGER NOT NULL
) WITHOUT ROWID;

-- `sweep` is the last one that saw a row. `pending` says whether that sweep has still to do something about it: list it, look it
-- up, read it; not before `due`. `fence` grows with every claim.
CREATE TABLE repositories (
    id INTEGER PRIMARY KEY,
    registry TEXT NOT NULL,
    name TEXT NOT NULL,
    sweep INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    due INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    cursor TEXT,
    failure TEXT,
    UNIQUE (registry, name)
);
CREATE INDEX repositories_due ON repositories (sweep, due) WHERE pending;

-- `name` is a tag, or a digest for an image that was named by it. `root` is what it points at.
CREATE TABLE tags (
    id INTEGER PRIMARY KEY,
    repository INTEGER NOT NULL REFERENCES repositories (id),
    name TEXT NOT NULL,
    sweep INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    due INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    listed BLOB,
    pushed INTEGER,
    root INTEGER REFERENCES manifests (id),
    failure TEXT,
    UNIQUE (repository, name)
);
CREATE INDEX tags_due ON tags (sweep, due) WHERE pending;

-- Manifests of images and indexes. Only images have a platform; `platforms` is what an index or image was looked through for.
CREATE TABLE manifests (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    platforms INTEGER REFERENCES texts (id),
    platform INTEGER REFERENCES texts (id),
    settings INTEGER REFERENCES texts (id),
    watch INTEGER REFERENCES texts (id),
    failure TEXT
);

-- The images behind a manifest: itself, or those of an index.
CREATE TABLE roots (
    root INTEGER NOT NULL REFERENCES manifests (id),
    image INTEGER NOT NULL REFERENCES manifests (id),
    PRIMARY KEY (root, image)
) WITHOUT ROWID;

-- `facts` is JSON compressed with zstd; `watch` is what it goes over, `wanted` what it has to go over;
-- `checked` says whether the digest of the uncompressed bytes was computed.
CREATE TABLE layers (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    media_type INTEGER NOT NULL REFERENCES texts (id),
    diff_id BLOB NOT NULL,
    repository INTEGER NOT NULL REFERENCES repositories (id),
    sweep INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    due INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    wanted INTEGER NOT NULL REFERENCES texts (id),
    watch INTEGER REFERENCES texts (id),
    meaning INTEGER,
    checked INTEGER,
    facts BLOB,
    failure TEXT
);
CREATE INDEX layers_due ON layers (sweep, due) WHERE pending;

CREATE TABLE image_layers (
    image INTEGER NOT NULL REFERENCES manifests (id),
    position INTEGER NOT NULL,
    layer INTEGER NOT NULL REFERENCES layers (id),
    instruction INTEGER REFERENCES texts (id),
    PRIMARY KEY (image, position)
) WITHOUT ROWID;

-- What rules say of an image: `verdict` is JSON, `judged_by` the reference bundle, the rules and the settings.
CREATE TABLE verdicts (
    image INTEGER PRIMARY KEY REFERENCES manifests (id),
    judged_by INTEGER NOT NULL REFERENCES texts (id),
    verdict INTEGER NOT NULL REFERENCES texts (id)
);

-- A tag pointed at an image from the sweep `first` to the sweep `last`, and that is what came of it.
CREATE TABLE sightings (
    tag INTEGER NOT NULL REFERENCES tags (id),
    image INTEGER NOT NULL REFERENCES manifests (id),
    first INTEGER NOT NULL REFERENCES sweeps (id),
    last INTEGER NOT NULL REFERENCES sweeps (id),
    state TEXT NOT NULL,
    PRIMARY KEY (tag, image, first)
) WITHOUT ROWID;

-- For people: one line for each name and platform that the last sweep of it saw.
CREATE VIEW images AS
SELECT
    r.registry || '/' || r.name || CASE WHEN instr(t.name, ':') THEN '@' ELSE ':' END || t.name AS image,
    p.text AS platform,
    s.state AS state,
    v.text AS verdict,
    'sha256:' || lower(hex(m.digest)) AS digest,
    s.last AS sweep
FROM sightings s
JOIN tags t ON t.id = s.tag AND t.sweep = s.last
JOIN repositories r ON r.id = t.repository
JOIN manifests m ON m.id = s.image
LEFT JOIN texts p ON p.id = m.platform
LEFT JOIN verdicts j ON j.image = m.id
LEFT JOIN texts v ON v.id = j.verdict;
