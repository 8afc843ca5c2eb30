"""Host names as they are sent: the A-labels of IDNA 2008 (RFC 5891), mapped by UTS 46. Pure."""

import idna


class WrongName(UnicodeError):
    """The text says what is wrong with a name that cannot be one."""


def a_labels(name: str) -> str:
    """Write a name in ASCII: what is ASCII already stays as it is, underscores and case too.

    Raises WrongName.
    """
    if name.isascii():
        return name
    try:
        mapped = idna.uts46_remap(name, std3_rules=False)
        labels = [
            label if label.isascii() else idna.alabel(label).decode() for label in mapped.split(".")
        ]
    except idna.IDNAError as error:
        raise WrongName(f"{name!r} is no host name: {error}") from None
    return ".".join(labels)


def presented(host: str) -> str:
    """Write a host as it is said to a server (SNI, RFC 6066; Host) and compared with the names of
    its certificate (RFC 9525): A-labels in small letters, without a final dot, without the zone of
    a link-local address. What cannot be a name stays as it is.
    """
    bare = host.partition("%")[0] if ":" in host else host.rstrip(".")
    try:
        return a_labels(bare).lower()
    except WrongName:
        return bare.lower()
