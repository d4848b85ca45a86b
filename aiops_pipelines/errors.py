"""Errors that a user can act on: each names what is wrong, where, and what to do."""


class AiopsError(Exception):
    """Base of every error this product raises on purpose; its text is meant for the user."""


class PortfolioError(AiopsError):
    """The portfolio's YAML is wrong; the text names file, line and field, one problem a line."""


class FeedError(AiopsError):
    """A feed can't be read at all; the text names the system, the file and the rule."""


class LakeError(AiopsError):
    """A table in the lake is missing or damaged; the text names table, system and day."""


class IncidentError(AiopsError):
    """The incident desk refuses a change; the text says which rule it breaks."""


class ConfigurationError(AiopsError):
    """A setting or secret is missing; the text names it and says how to provide it."""


class DeliveryError(AiopsError):
    """A message can't be delivered; the text says which channel or file, and why."""


class ConflictError(IncidentError):
    """Somebody else was first; the text says who did what, and what the incident is now."""
