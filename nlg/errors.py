"""What can go wrong in a room of models.

NlgError
├── DataError          a line of a data file is not what the schema says
├── RecipeError        a recipe asks for something that does not exist
├── CheckpointError    a checkpoint cannot be trusted or read
├── TrainingError      training cannot go on
└── FusionError        these models cannot be fused so
"""


class NlgError(Exception):
    """Base of all errors raised here. The message says what is wrong and what to do next."""


class DataError(NlgError):
    """A line of a data file is not what the schema says. The message names file and line."""


class RecipeError(NlgError):
    """A recipe or a configuration asks for something that does not exist."""


class CheckpointError(NlgError):
    """A checkpoint cannot be trusted or read."""


class TrainingError(NlgError):
    """Training cannot go on. What was learnt so far is kept."""


class FusionError(NlgError):
    """These models cannot be fused in the way that was asked for."""
