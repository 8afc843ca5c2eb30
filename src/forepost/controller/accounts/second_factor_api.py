"""Routes of the caller's own second factor."""

from typing import Final

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import SIGNED_IN, Caller, needs
from forepost.controller.accounts.second_factor import SecondFactors
from forepost.controller.accounts.sign_in import SignIn
from forepost.wire.rest.access import (
    NewSecondFactor,
    RecoveryCodes,
    SecondFactorCode,
    SecondFactorEnd,
    SecondFactorState,
    YourPassword,
)
from forepost.wire.rest.bodies import Done

FACTOR: Final = "/auth/me/second-factor"


def routes(sign_in: SignIn, factors: SecondFactors) -> Router:
    @get(FACTOR, opt=needs(SIGNED_IN))
    async def get_factor(caller: NamedDependency[Caller]) -> SecondFactorState:
        return await factors.state(caller.user_id)

    @post(FACTOR, opt=needs(SIGNED_IN, "accounts.begin-second-factor"), status_code=HTTP_200_OK)
    async def begin_factor(
        caller: NamedDependency[Caller], data: JSONBody[YourPassword]
    ) -> NewSecondFactor:
        """A secret for an app, shown this once; it counts when a code of it is confirmed."""
        await sign_in.check_password(caller, data.password)
        return await factors.begin(caller.user_id, caller.name)

    @post(
        FACTOR + "/confirm",
        opt=needs(SIGNED_IN, "accounts.confirm-second-factor"),
        status_code=HTTP_200_OK,
    )
    async def confirm_factor(
        caller: NamedDependency[Caller], data: JSONBody[SecondFactorCode]
    ) -> RecoveryCodes:
        """From here on each log-in asks for a code. The recovery codes are shown this once."""
        return await factors.confirm(caller.user_id, data.code)

    @post(
        FACTOR + "/disable",
        opt=needs(SIGNED_IN, "accounts.disable-second-factor"),
        status_code=HTTP_200_OK,
    )
    async def disable_factor(
        caller: NamedDependency[Caller], data: JSONBody[SecondFactorEnd]
    ) -> Done:
        """Needs the password and a code, or a recovery code."""
        await sign_in.check_password(caller, data.password)
        await factors.disable(caller.user_id, data.code)
        return Done()

    return Router(
        "/",
        route_handlers=[get_factor, begin_factor, confirm_factor, disable_factor],
        tags=["accounts"],
    )
