"""What this site lets a manifest ask for, whoever wrote it: a controller that was taken over is not
root at every site. Pure, but for where links of the host lead to, and who its users are.
"""

import os.path
import pwd
from collections.abc import Callable
from typing import Final, Literal

from forepost.agent.cores.container_body import HOST_NETWORK, NO_NETWORK, USUAL_NETWORK
from forepost.agent.settings import WorkloadsSection
from forepost.wire.workloads.manifest import Microservice

USUAL_CAPABILITIES: Final = frozenset(
    {
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
        "NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    }
)  # fmt: skip
"""What containers have where nothing is said (Docker's list)."""
NOBODYS_NETWORKS: Final = ("", USUAL_NETWORK, NO_NETWORK, HOST_NETWORK)
"""For the last there is a setting of its own."""
ANY: Final = "*"
Engine = Literal["docker", "process"]


class SiteRules:
    """`real`: follows the links of a path on this host."""

    def __init__(
        self,
        section: WorkloadsSection,
        mounts: str,
        engine: Engine,
        *,
        is_root: bool,
        real: Callable[[str], str] = os.path.realpath,
    ) -> None:
        """`mounts`: a folder of the agent's own that microservices may read."""
        self._section, self._engine, self._is_root, self._real = section, engine, is_root, real
        self._mounts = mounts

    def refusal(self, wanted: Microservice) -> str:
        """Return why this may not run here, naming the field; "" where it may."""
        if self._engine == "process":
            return self._as_process(wanted)
        if not wanted.image:
            return "image: is missing"
        if wanted.privileged and not self._section.allow_privileged:
            return "privileged: this site does not allow it (workloads.allow_privileged)"
        if wanted.network == HOST_NETWORK and not self._section.allow_host_network:
            return "network: this site does not allow host (workloads.allow_host_network)"
        if not self._may_join(wanted.network):
            return f"network: this site does not allow {wanted.network} (workloads.allow_networks)"
        return self._capabilities(wanted) or self._volumes(wanted)

    def _may_join(self, network: str) -> bool:
        """The engine makes none by itself: each that has a name is somebody's."""
        allowed = self._section.allow_networks
        return network in NOBODYS_NETWORKS or network in allowed or ANY in allowed

    def _as_process(self, wanted: Microservice) -> str:
        """A process has what its user has: all that restrains a container is not there."""
        if not wanted.cmd:
            return "cmd: is missing, and the engine of this site runs commands"
        if self._is_root and not self._section.allow_privileged:
            user = wanted.user.partition(":")[0]
            if _is_root(user):
                return "user: this site runs none as root (workloads.allow_privileged)"
            if not self._may_be(user):
                return f"user: this site does not allow {user} (workloads.allow_users)"
        for field in ("image", "volumes", "ports", "extra_hosts", "network", "cap_add"):
            if getattr(wanted, field):
                return f"{field}: the engine of this site runs processes, which have none"
        return ""

    def _may_be(self, user: str) -> bool:
        """Whoever becomes another user has all that is this user's: groups, keys, `sudo`."""
        try:
            found = pwd.getpwuid(int(user)) if user.isdecimal() else pwd.getpwnam(user)
        except (KeyError, OverflowError):
            return True  # who begins it says that there is none
        return found.pw_name in self._section.allow_users

    def _capabilities(self, wanted: Microservice) -> str:
        allowed = USUAL_CAPABILITIES | set(self._section.allow_capabilities)
        for one in wanted.cap_add:
            if one not in allowed and not self._section.allow_privileged:
                return f"cap_add: this site does not allow {one} (workloads.allow_capabilities)"
        return ""

    def _volumes(self, wanted: Microservice) -> str:
        for volume in wanted.volumes:
            if volume.type == "volume":
                if not volume.source.replace("_", "").replace("-", "").replace(".", "").isalnum():
                    return f"volumes: {volume.source}: is no name of a volume"
            elif not self._may_have(volume.source, read_only=volume.read_only):
                return (
                    f"volumes: this site does not allow the path {volume.source}"
                    " (workloads.allow_host_paths)"
                )
        return ""

    def _may_have(self, source: str, *, read_only: bool) -> bool:
        """What is below a path that is allowed is not: a container that has that one could put a
        link there, which leads anywhere at the next start.
        """
        if not source.startswith("/"):
            return False
        path = self._real(source)
        if read_only and path.startswith(self._real(self._mounts) + "/"):
            return True
        return path in map(self._real, self._section.allow_host_paths)


def _is_root(user: str) -> bool:
    """However it is written: "00" is root's number, and more than one name may have that."""
    if not user or user.isdecimal():
        return not user or int(user) == 0
    try:
        return pwd.getpwnam(user).pw_uid == 0
    except KeyError:
        return False  # who begins it says that there is none
