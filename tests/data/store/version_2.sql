-- A store as version 2 wrote it. Never edited: it shows that old stores open.
BEGIN TRANSACTION;
CREATE TABLE portfolio_versions (
        portfolio_id TEXT NOT NULL REFERENCES portfolios (id), version INTEGER NOT NULL, kind TEXT NOT NULL,
        positions TEXT NOT NULL, details TEXT NOT NULL, note TEXT NOT NULL, author TEXT NOT NULL,
        saved_at TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (portfolio_id, version));
INSERT INTO "portfolio_versions" VALUES('ac65b16064554250947e5d68179c84a7',1,'weights','{"SPY": 0.6, "BND": 0.4}','{}','n','Ann','2026-11-21T11:23:12.583200+00:00','15ec3a9d54f296d9c5aa5c1a7d7323a0');
CREATE TABLE portfolios (
        id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, created_at TEXT NOT NULL, deleted_at TEXT,
        digest TEXT NOT NULL);
INSERT INTO "portfolios" VALUES('ac65b16064554250947e5d68179c84a7','Mine','2026-11-21T11:23:12.582655+00:00',NULL,'d7e2e1f01482878ffda83e41fe1cd718');
CREATE TABLE price_contents (digest TEXT NOT NULL PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE price_set_versions (
        key TEXT NOT NULL REFERENCES price_sets (key), version INTEGER NOT NULL, fingerprint TEXT NOT NULL,
        content TEXT NOT NULL REFERENCES price_contents (digest), about TEXT NOT NULL, recipe TEXT NOT NULL,
        source TEXT NOT NULL, fetched_at TEXT, note TEXT NOT NULL, author TEXT NOT NULL,
        saved_at TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (key, version));
CREATE TABLE price_sets (
        key TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, created_at TEXT NOT NULL, deleted_at TEXT,
        digest TEXT NOT NULL);
CREATE TABLE riskcore_schema (part TEXT PRIMARY KEY, version INTEGER NOT NULL);
INSERT INTO "riskcore_schema" VALUES('user',2);
CREATE TABLE snapshots (
        id TEXT NOT NULL PRIMARY KEY, title TEXT NOT NULL, schema_version INTEGER NOT NULL,
        content TEXT NOT NULL, note TEXT NOT NULL, author TEXT NOT NULL, frozen_at TEXT NOT NULL,
        digest TEXT NOT NULL);
INSERT INTO "snapshots" VALUES('3de796c9f4c14922aef87f3d62443d53','Committee',1,'{"weights": {"SPY": 0.3333333333333333}, "words": ["\u00e9", null, 2]}','passed','Ann','2026-11-21T11:23:12.585385+00:00','78cf459c47544d1daef2a4962935c930');
CREATE UNIQUE INDEX one_portfolio_of_a_name ON portfolios (name) WHERE deleted_at IS NULL;
COMMIT;
