"""Alembic's environment: runs on the connection that the desk hands over."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=None,
    version_table=context.config.attributes["version_table"],
    transactional_ddl=False,
)
context.run_migrations()
