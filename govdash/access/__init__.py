"""Who is acting and what they may see: users, scope, and the making of every `EventQuery`."""

from govdash.access import acts
from govdash.access.scope import kept_scope, query_for
from govdash.access.users import SYSTEM, User, load_user, seed_local_operator

__all__ = ["SYSTEM", "User", "acts", "kept_scope", "load_user", "query_for", "seed_local_operator"]
