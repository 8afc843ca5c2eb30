"""Joins the senders: what `build` needs of this slice besides the outbox and the routes."""

import msgspec

from forepost.controller.db.engine import Database
from forepost.controller.notify.apprise import Apprises
from forepost.controller.notify.mail import Mails
from forepost.controller.notify.outbox import Outbox
from forepost.controller.notify.post import Client
from forepost.controller.notify.store import DeliveryStore
from forepost.controller.notify.webhook import Webhooks
from forepost.controller.notify.worker import Worker
from forepost.controller.outgoing.calls import check_trusted
from forepost.controller.outgoing.route import Route
from forepost.controller.settings import Settings
from forepost.kit.clock import Clock
from forepost.kit.settings import WrongSettings


class Senders(msgspec.Struct, frozen=True):
    store: DeliveryStore
    worker: Worker

    @classmethod
    def of(
        cls,
        db: Database,
        outbox: Outbox,
        settings: Settings,
        clock: Clock,
        settled: Clock,
        route: Route,
        store_id: str,
    ) -> "Senders":
        """`settled`: by which what is old is known. `store_id`: whose controller this is; there is
        one at a time. Raises WrongSettings.
        """
        alerts, mail = settings.alerts, settings.mail
        if mail.host and "@" not in mail.from_address:
            raise WrongSettings("mail.from_address: is needed with mail.host")
        check_trusted(alerts.ca_file, "alerts.ca_file")
        ca_file = alerts.ca_file or settings.outgoing.ca_file
        client = Client(
            allow_private=alerts.allow_private_targets,
            ca_file=ca_file,
            timeout_sec=alerts.timeout_sec,
            route=route,
        )
        apprises = Apprises(
            clock, allow_private=alerts.allow_private_targets, route=route, ca_file=ca_file
        )
        store = DeliveryStore(db, store_id)
        worker = Worker(
            store,
            outbox,
            {
                "webhook": Webhooks(client, clock).send,
                "email": Mails(mail, ca_file, clock, store.attachment).send,
                "apprise": apprises.send,
            },
            clock,
            settled=settled,
            pauses=alerts.retry_pauses_sec,
            keep_days=alerts.delivery_days,
        )
        return cls(store, worker)
