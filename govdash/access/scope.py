"""The one maker of `EventQuery`: what was chosen, inside what the viewer may see."""

from collections.abc import Iterable

from govdash.access.users import User
from govdash.core.errors import Refused
from govdash.core.filters import EventFilter, EventQuery, Scope
from govdash.core.permissions import Permission


def kept_scope(areas: Iterable[str], units: Iterable[str], *, whole_city: bool) -> Scope:
    """Return a scope as it was written down: what a request was made in, not who may see what."""
    return Scope(tuple(areas), tuple(units), whole_city=whole_city)


def query_for(
    user: User, chosen: EventFilter, *, needs: Permission = Permission.EVENT_READ
) -> EventQuery:
    """Join a filter with the viewer's scope.

    Raises
    ------
    Refused
        When the user may not read events at all.
    """
    if not user.holds(needs):
        raise Refused(f"{user.name}没有查看权限（{needs.value}）；请联系管理员授权。")
    return EventQuery(chosen, user.scope)
