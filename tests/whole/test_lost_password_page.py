"""A lost password in the browser: from the log-in by a mail to another password."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.fakes.inbox import Inbox, inbox
from tests.lab.net import Namespace, namespace
from tests.running import ControllerProcess, until
from tests.whole.browser import log_out, page_in

EMAIL, OLD, NEW = "forgetful@example.com", "a good password", "another password"


@pytest.fixture
def site() -> Iterator[Namespace]:
    with namespace() as here, here.inside():
        yield here


@pytest.fixture
def mails(site: Namespace) -> Iterator[Inbox]:
    with inbox() as kept:
        yield kept


@pytest.fixture
def controller(site: Namespace, mails: Inbox, tmp_path: Path) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path / "controller")
    process.env |= mails.settings | {"FOREPOST_HTTP__PUBLIC_URL": process.url}
    yield process.start()
    process.end()


@pytest.mark.timeout(240)
def test_a_lost_password_is_replaced_by_a_mail(
    controller: ControllerProcess, mails: Inbox, site: Namespace, tmp_path: Path
) -> None:
    controller.person(EMAIL, OLD)
    with page_in(site, tmp_path, width=390, refusals=(400,)) as page:
        page.goto(controller.url)
        page.get_by_test_id("email").fill(EMAIL)
        page.get_by_role("button", name="Lost the password?").click()
        form = page.get_by_role("form", name="Lost password")
        expect(form.get_by_label("Email")).to_have_value(EMAIL)
        form.get_by_role("button", name="Mail me a link").click()
        expect(page.get_by_role("status")).to_contain_text("a mail with a link is on its way")
        until(lambda: mails.to(EMAIL), 10)
        link = f"{controller.url}/#/reset/{mails.token(EMAIL, 'reset')}"

        page.goto(link)
        form = page.get_by_role("form", name="New password")
        form.get_by_label("A new password").fill(NEW)
        form.get_by_label("Once more").fill("something else")
        form.get_by_role("button").click()
        expect(form.get_by_role("alert")).to_contain_text("not the same")
        form.get_by_label("Once more").fill(NEW)
        form.get_by_role("button").click()
        expect(page.get_by_role("status")).to_contain_text("The password is changed")
        page.get_by_role("link", name="To the log-in").click()
        page.get_by_test_id("email").fill(EMAIL)
        page.get_by_test_id("password").fill(NEW)
        page.get_by_test_id("login").click()
        expect(page.get_by_test_id("account")).to_be_visible()
        log_out(page)

        page.goto(link)  # once
        form.get_by_label("A new password").fill("and once more")
        form.get_by_label("Once more").fill("and once more")
        form.get_by_role("button").click()
        expect(form.get_by_role("alert")).to_contain_text("ask for another mail")


@pytest.mark.timeout(240)
def test_an_address_is_proven_by_a_mail(
    controller: ControllerProcess, mails: Inbox, site: Namespace, tmp_path: Path
) -> None:
    person = controller.person(EMAIL, OLD)
    account = f"{controller.url}/w/{person.workspace('w')}/account"
    with page_in(site, tmp_path, width=390, refusals=(400,)) as page:
        page.goto(account)
        page.get_by_test_id("email").fill(EMAIL)
        page.get_by_test_id("password").fill(OLD)
        page.get_by_test_id("login").click()
        page.get_by_role("button", name="Mail me the link").click()
        expect(page.get_by_role("status")).to_contain_text("a mail is on its way")
        until(lambda: mails.to(EMAIL), 10)
        page.goto(f"{controller.url}/#/prove/{mails.token(EMAIL, 'prove')}")
        page.get_by_role("button", name="It is mine").click()
        expect(page.get_by_role("status")).to_contain_text("Your address is proven")
        assert person.call("GET", "/auth/me")["verified"] is True
        page.goto(f"{controller.url}/#/prove/no-such")
        page.get_by_role("button", name="It is mine").click()
        expect(page.get_by_role("alert")).to_contain_text("ask for another mail")
