"""SMTP (a type of ours): does a mail server take a client, inside TLS or not, and let it log in."""

from typing import Annotated, Final

from msgspec import Meta

from forepost.wire.probes import secure
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.secure import SecureOptions
from forepost.wire.probes.service import ServiceResult, service_cost


class SmtpOptions(SecureOptions, frozen=True, kw_only=True):
    """No mail is sent. The port of a target that names none is 25, or 465 with `tls`."""

    starttls: bool = False
    """Go on inside TLS (RFC 3207); a server that does not offer it has failed."""
    helo: Annotated[str, Meta(pattern=r"^[!-~]*\Z", max_length=253)] = ""
    """As whom the agent greets; empty: forepost.invalid."""
    username: Annotated[str, Meta(max_length=500)] = ""
    """Log in (AUTH PLAIN), inside TLS only."""
    password: Annotated[str, Meta(max_length=1_000)] = ""

    @property
    def comes_to_tls(self) -> bool:
        return self.tls or self.starttls

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.tls and self.starttls:
            raise ValueError("starttls: tls has it inside TLS already")
        if bool(self.username) != bool(self.password):
            missing = "password" if self.username else "username"
            raise ValueError(f"{missing}: the other one is given")
        if self.username and not self.comes_to_tls:
            raise ValueError("username: a password is said inside TLS only: tls or starttls")


class SmtpResult(ServiceResult, frozen=True, kw_only=True):
    greeting: str = ""
    """The first line that the server says."""
    extensions: list[str] = []
    """What it offers to EHLO, at last: SIZE 10240000, STARTTLS, ..."""
    logged_in: bool = False


KIND: Final = Kind(
    name="SMTP",
    options=SmtpOptions,
    result=SmtpResult,
    cost=service_cost,
    most_open=500,
    target="endpoint",
    public=secure.PUBLIC | {"starttls", "helo"},
    secret=secure.SECRET | {"username", "password"},
)
