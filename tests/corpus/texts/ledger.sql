-- Tables of a ledger, and what is asked of them.
CREATE TABLE account (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    opened  DATE NOT NULL,
    closed  DATE
);

CREATE TABLE entry (
    id       INTEGER PRIMARY KEY,
    account  INTEGER NOT NULL REFERENCES account (id),
    day      DATE NOT NULL,
    cents    BIGINT NOT NULL CHECK (cents <> 0),
    note     TEXT DEFAULT ''
);

CREATE INDEX entry_by_day ON entry (account, day);

-- The balance of every open account.
CREATE VIEW balance AS
SELECT a.name,
       COALESCE(SUM(e.cents), 0) AS cents
FROM account AS a
LEFT JOIN entry AS e ON e.account = a.id
WHERE a.closed IS NULL
GROUP BY a.name
ORDER BY a.name;

-- What moved in one month.
CREATE VIEW month AS
SELECT a.name,
       SUM(CASE WHEN e.cents > 0 THEN e.cents ELSE 0 END) AS received,
       SUM(CASE WHEN e.cents < 0 THEN e.cents ELSE 0 END) AS spent
FROM account AS a
JOIN entry AS e ON e.account = a.id
WHERE e.day >= DATE('now', 'start of month')
GROUP BY a.name;

INSERT INTO account (id, name, opened) VALUES
    (1, 'house', '2019-04-01'),
    (2, 'garden', '2020-09-15'),
    (3, 'savings', '2021-01-01');

INSERT INTO entry (account, day, cents, note) VALUES
    (1, '2024-02-03', -120000, 'rent'),
    (1, '2024-02-05', 250000, 'wages'),
    (2, '2024-02-11', -4590, 'seeds; and a spade');
