"""Payloads as zstd frames: a dictionary, trained on the first payloads, halves small JSON.

A frame names its dictionary, so frames from before the training, and of any dictionary since,
stay readable.
"""

import logging
from collections.abc import Iterable
from typing import Final

import apsw
import zstandard

_log = logging.getLogger(__name__)

DICTIONARY_BYTES: Final = 32_768
TRAIN_ON: Final = 3_000
"""Payloads to learn from; training on them takes about 40 ms, once in the life of a store."""
_LEAST_BYTES, _SAMPLE_BYTES = 64, 4_096
"""Of one payload: what is smaller teaches nothing, what is longer is cut."""
_ENOUGH_BYTES, _PLENTY_BYTES = 16 * DICTIONARY_BYTES, 128 * DICTIONARY_BYTES
_LEVEL = 1
# Given, so that zstd does not search for better ones: a tenth of the time, the same size.
_SEGMENT_BYTES, _DMER_BYTES = 1_000, 8


class Packer:
    """For the writer's thread."""

    def __init__(self, dictionary: tuple[int, bytes] | None = None) -> None:
        self._samples: list[bytes] = []
        self._sampled_bytes = 0
        self._id = 0
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL)
        if dictionary is not None:
            self._use(*dictionary)

    def pack(self, payloads: Iterable[bytes]) -> list[bytes]:
        compress = self._compressor.compress
        return [compress(payload) for payload in payloads]

    def learn(self, payloads: Iterable[bytes]) -> tuple[int, bytes] | None:
        """Keep samples while there is no dictionary; return one (id, body) when it is time.

        It is used from `adopt` on: the caller must have stored it by then.
        """
        if self._id:
            return None
        for payload in payloads:
            if len(payload) >= _LEAST_BYTES:
                self._samples.append(payload[:_SAMPLE_BYTES])
                self._sampled_bytes += len(self._samples[-1])
        many = len(self._samples) >= TRAIN_ON and self._sampled_bytes >= _ENOUGH_BYTES
        if not many and self._sampled_bytes < _PLENTY_BYTES:
            return None
        samples: list[bytes | bytearray | memoryview[int]] = [*self._samples]
        self._samples.clear()
        self._sampled_bytes = 0
        try:
            trained = zstandard.train_dictionary(
                DICTIONARY_BYTES, samples, k=_SEGMENT_BYTES, d=_DMER_BYTES, dict_id=1
            )
        except zstandard.ZstdError as error:
            # Payloads too small or too equal: there is little to win, and later ones may do.
            _log.debug("no dictionary from %d payloads: %s", len(samples), error)
            return None
        return 1, trained.as_bytes()

    def adopt(self, dictionary: tuple[int, bytes]) -> None:
        self._use(*dictionary)

    def _use(self, id_: int, body: bytes) -> None:
        dictionary = zstandard.ZstdCompressionDict(body)
        dictionary.precompute_compress(level=_LEVEL)
        self._id = id_
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=dictionary)


class Unpacker:
    """For one reading connection, in one thread at a time."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._decompressors = {0: zstandard.ZstdDecompressor()}

    def unpack(self, frame: bytes) -> bytes:
        id_ = zstandard.get_frame_parameters(frame).dict_id
        decompressor = self._decompressors.get(id_)
        if decompressor is None:
            body = self._connection.execute(
                "SELECT body FROM dictionaries WHERE id = ?", (id_,)
            ).get
            if body is None:
                raise LookupError(f"a payload needs dictionary {id_}, which is not in the store")
            decompressor = zstandard.ZstdDecompressor(dict_data=zstandard.ZstdCompressionDict(body))
            self._decompressors[id_] = decompressor
        return decompressor.decompress(frame)


def load(connection: apsw.Connection) -> Packer:
    newest = connection.execute("SELECT id, body FROM dictionaries ORDER BY id DESC LIMIT 1").get
    return Packer(newest)


def save(connection: apsw.Connection, dictionary: tuple[int, bytes]) -> None:
    connection.execute("INSERT INTO dictionaries VALUES (?, ?)", dictionary)
