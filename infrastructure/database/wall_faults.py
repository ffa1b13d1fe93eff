"""What Postgres's catalogue says of the walls: every gap, by the name of its table."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database.roles import Roles
from infrastructure.database.wall_plan import Wall, policies, wall_of

_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")

_FLAGS = sa.text("""
    SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
""")
_POLICIES = sa.text("""
    SELECT tablename, policyname, cmd, roles::text[], permissive, with_check IS NOT NULL
    FROM pg_policies WHERE schemaname = 'public'
""")
_PUBLIC = sa.text("""
    SELECT 'table ' || relname FROM pg_class, aclexplode(relacl) AS granted
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
      AND granted.grantee = 0
    UNION ALL
    SELECT 'function ' || proname FROM pg_proc,
        aclexplode(coalesce(proacl, acldefault('f', proowner))) AS granted
    WHERE pronamespace = 'public'::regnamespace AND granted.grantee = 0
      AND prorettype <> 'trigger'::regtype AND pg_get_userbyid(proowner) = session_user
      AND NOT EXISTS (
          SELECT FROM pg_depend
          WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e'
      )
""")  # functions of an extension are its own affair
_MIGHTY_FUNCTIONS = sa.text("""
    SELECT proname FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prosecdef
      AND pg_get_userbyid(proowner) = session_user
""")
_VIEWS = sa.text("""
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'
      AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)
""")
_RIGHTS_OF = sa.text("""
    SELECT relname, pg_get_userbyid(granted.grantee), granted.privilege_type
    FROM pg_class, aclexplode(relacl) AS granted
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND granted.grantee <> 0
""")


async def catalogue_faults(
    connection: AsyncConnection, roles: Roles, tables: Mapping[str, Sequence[str]]
) -> list[str]:
    """A sentence for each gap in the walls around `tables`, which come with their columns."""
    walls = {table: wall_of(table, columns) for table, columns in tables.items()}
    return [
        *await _unforced(connection, walls),
        *await _other_policies(connection, walls, roles),
        *await _other_rights(connection, walls, roles),
        *await _open_to_all(connection),
    ]


async def _unforced(connection: AsyncConnection, walls: Mapping[str, Wall]) -> list[str]:
    forced = {table for table, is_forced in await connection.execute(_FLAGS) if is_forced}
    return [
        f"row-level security is not forced on table {table}"
        for table in walls
        if table not in forced
    ]


async def _other_policies(
    connection: AsyncConnection, walls: Mapping[str, Wall], roles: Roles
) -> list[str]:
    found: dict[str, set[tuple[str, str, str, bool]]] = {table: set() for table in walls}
    for table, name, command, to, permissive, checks in await connection.execute(_POLICIES):
        if table in found:
            grantees = ",".join(to) if permissive == "PERMISSIVE" else "restrictive"
            found[table].add((name, command, grantees, checks))
    faults = []
    for table, wall in walls.items():
        wanted = {
            (policy.name, policy.command, policy.role, policy.command == "ALL")
            for policy in policies(wall, roles)
        }
        if wanted != found[table]:
            faults.append(f"the policies of table {table} are not those of this release")
    return faults


async def _other_rights(
    connection: AsyncConnection, walls: Mapping[str, Wall], roles: Roles
) -> list[str]:
    found: dict[tuple[str, str], set[str]] = {}
    for table, role, privilege in await connection.execute(_RIGHTS_OF):
        found.setdefault((table, role), set()).add(privilege)
    faults = []
    for table, wall in walls.items():
        for role, said in zip(roles.entered, (wall.app, wall.worker, wall.signer), strict=True):
            wanted = set(said.split(", ")) if said else set()
            if found.get((table, role), set()) & set(_RIGHTS) != wanted:
                faults.append(f"role {role} has other rights on table {table} than this release's")
    return faults


async def _open_to_all(connection: AsyncConnection) -> list[str]:
    open_to_all = await connection.scalars(_PUBLIC)
    mighty = await connection.scalars(_MIGHTY_FUNCTIONS)
    views = await connection.scalars(_VIEWS)
    return [
        *(f"everybody may use {thing}" for thing in open_to_all),
        *(f"function {name} runs with its owner's rights" for name in mighty),
        *(f"view {name} shows what its owner sees" for name in views),
    ]
