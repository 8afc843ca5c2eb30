"""Who vouches for the root of a folder's tree: a writer, by a signature with its own key. Pure."""

from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from forepost.agent.cores.device_id import device_ids
from forepost.wire.jobs.folder import SHORT_ID, Root, SignedRoot

CONTEXT: Final = b"forepost folder root 1\0"
MOST_SIGNED: Final = 2_048
"""Bytes of a signed root."""
_ALGORITHM: Final = ec.ECDSA(hashes.SHA256())


class WrongSignature(ValueError):
    """Nobody who may write vouches for this; the text says why."""


class Vouched(msgspec.Struct, frozen=True):
    """A root whose signature holds."""

    root: Root
    device_id: str
    signed: SignedRoot


def signed(root: Root, key: ec.EllipticCurvePrivateKey) -> SignedRoot:
    data = msgspec.msgpack.encode(root)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SignedRoot(data, public, key.sign(CONTEXT + data, _ALGORITHM))


def vouched(said: SignedRoot, key: str) -> Vouched:
    """Return what a signed root says of the folder `key`, and whose it is. Raises WrongSignature.

    Whether that device may write is for the caller to know.
    """
    if len(said.root) + len(said.public) + len(said.signature) > MOST_SIGNED:
        raise WrongSignature("a root of too many bytes")
    try:
        public = load_der_public_key(said.public)
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise WrongSignature("a key of another kind")
        public.verify(said.signature, CONTEXT + said.root, _ALGORITHM)
        root = msgspec.msgpack.decode(said.root, type=Root)
    except (InvalidSignature, UnsupportedAlgorithm) as error:
        raise WrongSignature("a signature that does not hold") from error
    except (ValueError, msgspec.MsgspecError) as error:
        raise WrongSignature(f"a root that is not understood: {error}") from error
    top = root.top
    if root.key != key:
        raise WrongSignature("the root of another folder")
    counts = (root.number, top.rows, top.files, top.size, top.pieces)
    if len(root.writer) != SHORT_ID or len(top.hash) != 32 or any(one < 0 for one in counts):
        raise WrongSignature("a root that no honest writer makes")
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Vouched(root, device_ids(spki)[0], said)
