"""What `forepost ms`, `provision`, `deprovision` and `prune` have this agent do."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec

from forepost.agent.edges.local.control_socket import Say, Verb
from forepost.agent.slices import EnrolmentRefused
from forepost.agent.workloads.local_manifests import LocalManifests, read_manifest
from forepost.agent.workloads.log_pieces import in_pieces
from forepost.agent.workloads.microservices import Microservices, NoSuchMicroservice, NotNow
from forepost.kit.errors import Invalid
from forepost.wire.local import workloads as local
from forepost.wire.workloads.manifest import Microservice

UUID_BYTES: Final = 16


class WorkloadVerbs:
    """The verbs, by the names under which the command asks for them."""

    def __init__(
        self,
        microservices: Microservices,
        manifests: LocalManifests,
        refusal: Callable[[Microservice], str],
        look: Callable[[], None],
        provision: Callable[[str, str], Awaitable[str]],
        deprovision: Callable[[], Awaitable[None]],
    ) -> None:
        """`look`: has the folder of manifests read at once. `provision`: takes key and URL, and
        raises EnrolmentRefused, as `deprovision` does.
        """
        self._microservices, self._manifests = microservices, manifests
        self._refusal, self._look = refusal, look
        self._provision, self._deprovision = provision, deprovision

    @property
    def verbs(self) -> Mapping[str, Verb[Any]]:
        return {
            local.LIST: Verb(local.Nothing, self._list),
            local.LOGS: Verb(local.LogsOf, self._logs),
            local.RESTART: Verb(local.NamedMicroservice, self._restart),
            local.DEPLOY: Verb(local.DeployedManifest, self._deploy),
            local.REMOVE: Verb(local.NamedMicroservice, self._remove),
            local.PRUNE: Verb(local.Nothing, self._prune),
            local.PROVISION: Verb(local.ProvisionBy, self._be_provisioned),
            local.DEPROVISION: Verb(local.Nothing, self._leave),
        }

    async def _list(self, _: local.Nothing, _say: Say) -> local.MicroserviceList:
        return local.MicroserviceList(
            engine=self._microservices.engine(),
            microservices=list(self._microservices.statuses()),
            problems=self._manifests.found.problems,
        )

    async def _logs(self, asked: local.LogsOf, say: Say) -> local.Nothing:
        try:
            lines = self._microservices.logs(asked.name, asked.tail, follow=asked.follow)
            await in_pieces(lines, say)
        except (NoSuchMicroservice, NotNow) as error:
            raise Invalid(str(error)) from None
        return local.Nothing()

    async def _restart(self, asked: local.NamedMicroservice, _say: Say) -> local.Nothing:
        try:
            await self._microservices.restart(asked.name)
        except (NoSuchMicroservice, NotNow) as error:
            raise Invalid(str(error)) from None
        return local.Nothing()

    async def _deploy(self, asked: local.DeployedManifest, _say: Say) -> local.DeployedAs:
        said = msgspec.json.decode(asked.manifest)
        if isinstance(said, dict) and "uuid" not in said:
            said = {"uuid": self._uuid_for(said.get("name")), **said}
        data = msgspec.json.format(msgspec.json.encode(said), indent=2) + b"\n"
        one = read_manifest(data)
        try:
            self._manifests.put(one, data)
        except OSError as error:
            raise Invalid(f"the manifest cannot be kept: {error}") from None
        self._look()
        return local.DeployedAs(uuid=one.uuid, refused=self._refusal(one))

    def _uuid_for(self, name: object) -> str:
        """Of a manifest without: that of the one with its name, and of a new name always the same,
        so that a file that is deployed twice runs once. Raises Invalid.
        """
        if not isinstance(name, str) or not name:
            return secrets.token_hex(UUID_BYTES)
        made = sha256(name.encode()).hexdigest()[: 2 * UUID_BYTES]
        return self._named(name) or made

    async def _remove(self, asked: local.NamedMicroservice, _say: Say) -> local.Nothing:
        uuid = self._uuid(asked.name)
        try:
            if not self._manifests.remove(uuid):
                raise Invalid(f"{asked.name}: is none of this host's own folder; remove it there")
        except OSError as error:
            raise Invalid(f"the manifest cannot be removed: {error}") from None
        self._look()
        return local.Nothing()

    def _uuid(self, name: str) -> str:
        """Raises Invalid."""
        wanted = self._manifests.found.understood.values()
        if any(one.uuid == name for one in wanted):
            return name
        return self._named(name) or name

    def _named(self, name: str) -> str:
        """The uuid of the only one of that name; "": there is none. Raises Invalid."""
        wanted = self._manifests.found.understood.values()
        named = [one.uuid for one in wanted if one.label == name]
        if len(named) > 1:
            raise Invalid(f"{name}: {len(named)} have this name: say which by its uuid")
        return named[0] if named else ""

    async def _prune(self, _: local.Nothing, _say: Say) -> local.PrunedImages:
        try:
            pruned = await self._microservices.prune()
        except NotNow as error:
            raise Invalid(str(error)) from None
        return local.PrunedImages(images=pruned.images, bytes=pruned.bytes)

    async def _be_provisioned(self, asked: local.ProvisionBy, _say: Say) -> local.ProvisionedAs:
        try:
            return local.ProvisionedAs(uuid=await self._provision(asked.key, asked.url))
        except EnrolmentRefused as error:
            raise Invalid(str(error)) from None

    async def _leave(self, _: local.Nothing, _say: Say) -> local.Nothing:
        try:
            await self._deprovision()
        except EnrolmentRefused as error:
            raise Invalid(str(error)) from None
        return local.Nothing()
