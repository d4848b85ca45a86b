"""What is computed: a thin skin that names inputs, calls the domain and shows people the result."""

import warnings

import dagster as dg

# Partitioned checks and ranged runs are marked preview and beta; the version is pinned for them.
warnings.filterwarnings("ignore", category=dg.PreviewWarning)
warnings.filterwarnings("ignore", category=dg.BetaWarning)
