"""Alembic's environment: runs on the connection that the desk hands over."""

from alembic import context

from aiops_pipelines.incidents.tables import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, transactional_ddl=False)
context.run_migrations()
