"""Tables of the embedded store, and the connections to them.

Per UTC day a narrow metrics table `m_`, the payloads `p_` apart from it (a chart never reads
them) and the roll-ups `r_`, so that retention is dropping tables. Rows whose time cannot be true
are in `m_skewed` and `p_skewed`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

import apsw

SECOND_US: Final = 1_000_000
MINUTE_SEC: Final = 60
HOUR_SEC: Final = 3_600
HOUR_US: Final = HOUR_SEC * SECOND_US
DAY_US: Final = 24 * HOUR_US
SKEWED: Final = -1
"""The partition of rows whose time cannot be true; every other partition is a day since 1970."""
FUTURE_US: Final = DAY_US
PAST_US: Final = 400 * DAY_US
LAST_US: Final = 250_000_000_000 * SECOND_US
"""Late in the year 9892: what a date can name."""

VERSION: Final = 2
APPLICATION: Final = 0x66707374
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_WRITER_CACHE_KIB, _READER_CACHE_KIB = 24_576, 4_096
_PAGE_BYTES, _CHECKPOINT_PAGES = 8_192, 2_000
_BUSY_MS = 10_000

_COUNTS = "  sent INTEGER, received INTEGER, rtts BLOB,\n"
_METRICS = f"""
CREATE TABLE m_@ (
  line INTEGER NOT NULL, created_us INTEGER NOT NULL, identity INTEGER NOT NULL,
  payload INTEGER NOT NULL, delay_us INTEGER NOT NULL, triggered INTEGER NOT NULL,
  reason TEXT, own TEXT,
  rtt_ms REAL, rtt_min_ms REAL, rtt_max_ms REAL, jitter_ms REAL, loss_pct REAL, mos REAL,
{_COUNTS}  PRIMARY KEY (line, created_us, identity)
) STRICT, WITHOUT ROWID;
CREATE INDEX t_@ ON m_@ (created_us, identity) WHERE triggered = 1;
CREATE TABLE p_@ (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
"""
_SUMS = """  counted INTEGER NOT NULL DEFAULT 0, answered INTEGER NOT NULL DEFAULT 0,
  sent INTEGER NOT NULL DEFAULT 0, received INTEGER NOT NULL DEFAULT 0,
  packets INTEGER NOT NULL DEFAULT 0, packet_sum REAL NOT NULL DEFAULT 0,
  packet_squares REAL NOT NULL DEFAULT 0, packet_histogram BLOB,
  jitters INTEGER NOT NULL DEFAULT 0, jitter_sum REAL NOT NULL DEFAULT 0, jitter_max REAL,
  scores INTEGER NOT NULL DEFAULT 0, mos_sum REAL NOT NULL DEFAULT 0, mos_min REAL,
"""
_ROLLUPS = f"""
CREATE TABLE r_@ (
  line INTEGER NOT NULL, step INTEGER NOT NULL, start INTEGER NOT NULL,
  results INTEGER NOT NULL, rtts INTEGER NOT NULL, rtt_sum REAL NOT NULL,
  rtt_min REAL, rtt_max REAL, losses INTEGER NOT NULL, loss_sum REAL NOT NULL, histogram BLOB,
{_SUMS}  PRIMARY KEY (line, step, start)
) STRICT, WITHOUT ROWID;
"""
_SHARED = """
CREATE TABLE lines (
  line INTEGER PRIMARY KEY, stream INTEGER NOT NULL, agent_id INTEGER NOT NULL,
  probe_agent_id INTEGER NOT NULL, type TEXT NOT NULL, target TEXT NOT NULL,
  target_agent INTEGER NOT NULL, shared INTEGER NOT NULL
) STRICT;
CREATE TABLE days (day INTEGER PRIMARY KEY) STRICT;
CREATE TABLE dictionaries (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE rolled (one INTEGER PRIMARY KEY, hour INTEGER NOT NULL, line INTEGER NOT NULL) STRICT;
INSERT INTO rolled VALUES (1, 0, 0);
CREATE TABLE dirty (
  line INTEGER NOT NULL, hour INTEGER NOT NULL, PRIMARY KEY (line, hour)
) STRICT, WITHOUT ROWID;
"""

_MARK = """
CREATE TABLE IF NOT EXISTS mark (one INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
"""
_PACKETS_SINCE = """
CREATE TABLE packets_since (one INTEGER PRIMARY KEY, us INTEGER NOT NULL) STRICT;
"""
_ARRIVALS = """
CREATE TABLE late (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, day INTEGER NOT NULL, line INTEGER NOT NULL,
  created_us INTEGER NOT NULL, identity INTEGER NOT NULL, on_time INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX late_rows ON late (line, created_us, identity);
CREATE INDEX late_stragglers ON late (on_time) WHERE on_time = 1;
CREATE TABLE arrived (
  one INTEGER PRIMARY KEY, us INTEGER NOT NULL, since_us INTEGER NOT NULL
) STRICT;
"""
_ADD_COLUMNS = (
    "UPDATE sqlite_schema SET sql = replace(sql, '  PRIMARY KEY (', ? || '  PRIMARY KEY (')"
    " WHERE type = 'table' AND name GLOB ?"
)
_WITHOUT = (
    "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name GLOB ? AND instr(sql, ?) = 0"
)

POINTS: Final = (
    "SELECT created_us, rtt_ms, rtt_min_ms, rtt_max_ms, jitter_ms, loss_pct, mos,"
    " sent, received, rtts FROM m_@"
    " WHERE line = ? AND created_us >= ? AND created_us < ?"
)
NEXT_LINE: Final = "SELECT line FROM m_@ WHERE line > ? ORDER BY line LIMIT 1"
"""A seek for each line, where DISTINCT walks over all rows."""


class UnknownFile(Exception):
    """The file is no series store, or one of a newer forepost."""


@lru_cache(maxsize=2_048)
def suffix(partition: int) -> str:
    """What a partition's tables are named by: `20250131`, or `skewed`."""
    if partition == SKEWED:
        return "skewed"
    return date.fromordinal(_EPOCH_ORDINAL + partition).strftime("%Y%m%d")


@lru_cache(maxsize=2_048)
def on(partition: int, sql: str) -> str:
    """The statement on one partition's tables, which it calls `m_@`, `p_@` and `r_@`.

    A table's name cannot be bound; it is made here, of a number, and nowhere else.
    """
    return sql.replace("@", suffix(partition))


def make_day(connection: apsw.Connection, day: int) -> None:
    connection.execute(on(day, _METRICS + _ROLLUPS))
    connection.execute("INSERT INTO days VALUES (?)", (day,))


def drop_day(connection: apsw.Connection, day: int) -> None:
    for kind in "mpr":
        connection.execute(on(day, f"DROP TABLE {kind}_@"))
    connection.execute("DELETE FROM days WHERE day = ?", (day,))
    connection.execute("DELETE FROM late WHERE day = ?", (day,))
    connection.execute("DELETE FROM dirty WHERE hour >= ? AND hour < ?", (day * 24, day * 24 + 24))


def days_of(connection: apsw.Connection, first: int, last: int) -> list[int]:
    """Days that have tables, ascending, both ends included."""
    found = connection.execute(
        "SELECT day FROM days WHERE day BETWEEN ? AND ? ORDER BY day", (first, last)
    )
    return [int(day) for (day,) in found]


def open_writer(path: Path, now_us: int) -> apsw.Connection:
    """The one connection that writes. Makes the file where there is none, and brings one of
    version 1 to what it is now.

    Raises `UnknownFile`, and `apsw.Error` where the file cannot be read.
    """
    # Made here, and not by SQLite, so that it has its mode from the first byte; SQLite gives the
    # files beside it the same one.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = apsw.Connection(str(path))
    try:
        connection.set_busy_timeout(_BUSY_MS)
        _check(connection, path)
        connection.execute(
            f"PRAGMA page_size = {_PAGE_BYTES};"
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            f"PRAGMA cache_size = -{_WRITER_CACHE_KIB};"
            f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES};"
            f"PRAGMA journal_size_limit = {2 * _CHECKPOINT_PAGES * _PAGE_BYTES};"
        )
        with transaction(connection):
            connection.execute(_MARK)
            version = connection.pragma("user_version")
            if version == 0:
                connection.execute(_SHARED + _PACKETS_SINCE + _ARRIVALS + on(SKEWED, _METRICS))
                connection.execute("INSERT INTO arrived VALUES (1, 0, 0)")
                connection.pragma("application_id", APPLICATION)
                connection.pragma("user_version", VERSION)
            elif version == 1:
                _add_packets(connection, path, now_us)
    except BaseException:
        connection.close()
        raise
    return connection


def _add_packets(connection: apsw.Connection, path: Path, now_us: int) -> None:
    """Version 2: rows and roll-ups have columns for their packets, at first without a value.

    `ALTER TABLE` would walk over all rows of each table, as it checks STRICT ones anew. Columns at
    the end that may be missing from a row change the text of a table and nothing else, whatever it
    has in it; so the texts are changed, all in this one transaction.
    """
    connection.execute("PRAGMA writable_schema = ON")
    for tables, columns in (("m_*", _COUNTS), ("r_*", _SUMS)):
        connection.execute(_ADD_COLUMNS, (columns, tables))
        if connection.execute(_WITHOUT, (tables, columns)).get:
            raise UnknownFile(f"{path} has tables that no forepost made")
    connection.pragma("schema_version", connection.pragma("schema_version") + 1)
    connection.execute("PRAGMA writable_schema = RESET")
    connection.execute(_PACKETS_SINCE + _ARRIVALS)
    connection.execute("INSERT INTO arrived VALUES (1, ?, ?)", (now_us, now_us))
    connection.execute("INSERT INTO packets_since VALUES (1, ?)", (now_us,))
    connection.pragma("user_version", VERSION)


def _check(connection: apsw.Connection, path: Path) -> None:
    version = connection.pragma("user_version")
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").get
    if version == 0 and tables == 0:
        return
    if connection.pragma("application_id") != APPLICATION:
        raise UnknownFile(f"{path} is a database of something else")
    if version > VERSION:
        raise UnknownFile(f"{path} was made by a newer forepost (version {version}, not {VERSION})")


def open_reader(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(_BUSY_MS)
    connection.execute(f"PRAGMA cache_size = -{_READER_CACHE_KIB}")
    return connection


@contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk makes SQLite roll back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def snapshot(connection: apsw.Connection) -> Iterator[None]:
    """What is read inside is of one moment: no day is dropped under a reader's feet."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
