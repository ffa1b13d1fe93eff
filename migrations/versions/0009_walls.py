"""How a transaction says whose it is; the walls themselves are put up after every migration."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# While the walls are down these only say whose turn it is; `infrastructure.database.walls` puts
# others in their place, which enter the roles of this database.
ENTRANCES = (
    """
    CREATE FUNCTION enter_app(person bigint) RETURNS void LANGUAGE sql VOLATILE AS $$
        SELECT set_config('app.user_id', person::text, true);
    $$
    """,
    """
    CREATE FUNCTION enter_worker() RETURNS void LANGUAGE sql VOLATILE AS $$
        SELECT set_config('app.user_id', '', true);
    $$
    """,
    """
    CREATE FUNCTION enter_signer(person bigint) RETURNS void LANGUAGE sql VOLATILE AS $$
        SELECT set_config('app.user_id', person::text, true);
    $$
    """,
    """
    CREATE FUNCTION enter_rotation() RETURNS void LANGUAGE sql VOLATILE AS $$
        SELECT set_config('app.user_id', '', true);
    $$
    """,
)
# Its `''` is a person that was never said, on a connection that said one before.
PERSON = """
CREATE FUNCTION current_person() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT NULLIF(current_setting('app.user_id', true), '')::bigint;
$$
"""
# Only the worker's role may add to the audit; every other goes there for one row and comes back.
NOTE = """
CREATE FUNCTION note_audit(who text, person bigint, happening text, particulars jsonb)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    role_before text := current_setting('role');
    person_before text := coalesce(current_setting('app.user_id', true), '');
BEGIN
    PERFORM enter_worker();
    INSERT INTO audit (actor, user_id, what, details)
    VALUES (who, person, happening, particulars);
    PERFORM set_config('role', role_before, true);
    PERFORM set_config('app.user_id', person_before, true);
END $$
"""
SIGNATURES = (
    "note_audit(text, bigint, text, jsonb)",
    "current_person()",
    "enter_rotation()",
    "enter_signer(bigint)",
    "enter_worker()",
    "enter_app(bigint)",
)


def upgrade() -> None:
    for statement in (*ENTRANCES, PERSON, NOTE):
        op.execute(statement)


def downgrade() -> None:
    """Take the walls down: what is left sees everything, as before."""
    op.execute("""
        DO $$
        DECLARE
            wall record;
        BEGIN
            FOR wall IN SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public'
            LOOP
                EXECUTE format('DROP POLICY %I ON %I', wall.policyname, wall.tablename);
            END LOOP;
            FOR wall IN SELECT relname FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            LOOP
                EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', wall.relname);
                EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', wall.relname);
            END LOOP;
        END $$
    """)
    for signature in SIGNATURES:
        op.execute(f"DROP FUNCTION {signature}")
