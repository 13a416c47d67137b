-- What sweeps could not look at, and why: from the sweep `first` to the sweep `last`. What an interrupted sweep has not come to is not here.
CREATE TABLE missed (
    target TEXT NOT NULL,
    first INTEGER NOT NULL REFERENCES sweeps (id),
    last INTEGER NOT NULL REFERENCES sweeps (id),
    reason INTEGER NOT NULL REFERENCES texts (id),
    PRIMARY KEY (target, first)
) WITHOUT ROWID;
