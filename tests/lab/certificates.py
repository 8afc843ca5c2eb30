"""Certificates of every kind of wrong, from an authority that a test trusts or does not."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Authority:
    """Files go into `folder`."""

    def __init__(self, folder: Path) -> None:
        self.ca = trustme.CA(organization_name="Lab authority")
        self.folder = folder

    def trusted(self, patch: pytest.MonkeyPatch) -> None:
        """This process's TLS contexts that are made from now on trust it, and nobody else."""
        path = self.folder / "authority.pem"
        self.ca.cert_pem.write_to_path(path)
        patch.setenv("SSL_CERT_FILE", str(path))
        patch.setenv("SSL_CERT_DIR", str(self.folder / "none"))

    def file(
        self,
        *names: str,
        not_after: datetime | None = None,
        intermediate: bool = False,
        complete: bool = True,
    ) -> Path:
        """Key and chain. `complete`: with the intermediate certificate, where there is one."""
        issuer = self.ca.create_child_ca() if intermediate else self.ca
        leaf = issuer.issue_cert(
            *names,
            common_name=names[0],
            not_before=LONG_AGO if not_after else None,
            not_after=not_after,
        )
        pems = leaf.cert_chain_pems if complete else leaf.cert_chain_pems[:1]
        path = self.folder / f"{names[0]}-{id(leaf)}.pem"
        path.write_bytes(leaf.private_key_pem.bytes() + b"".join(pem.bytes() for pem in pems))
        return path

    def server(
        self,
        *names: str,
        not_after: datetime | None = None,
        intermediate: bool = False,
        complete: bool = True,
    ) -> ssl.SSLContext:
        """As `file`, for a server in this process."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(
            self.file(*names, not_after=not_after, intermediate=intermediate, complete=complete)
        )
        return context


def in_days(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server whose certificate is signed by nobody but itself."""
    path = folder / "self-signed.pem"
    alone = trustme.CA(organization_name="Nobody")
    path.write_bytes(alone.private_key_pem.bytes() + alone.cert_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
